// SPDX-License-Identifier: ISC
// Access tokens of people with more groups than a token carries: Graph tells
// them to an application that may ask, within bounds, and no session learns or
// loses anything by it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { send } from './lib/http.mjs';
import { CLIENT_ID } from './lib/idp.mjs';
import { GROUPS, startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';

const API = `api://${CLIENT_ID}`;
const WORKERS = 3;
const OVERAGE = {
  _claim_names: { groups: 'src1' },
  _claim_sources: { src1: { endpoint:
    'https://graph.windows.net/x/users/y/getMemberObjects' } },
};
let site;

const graph = (how = {}) => site.idp.control('POST', '/graph', how);
const calls = async () => {
  const { check, list } = await site.idp.control('GET', '/graph');
  return check + list;
};

/* A new token of somebody with too many groups. */
async function token(login = 'olga', what = {}) {
  const made = await site.idp.control('POST', '/access-token',
    { audience: API, login, claims: OVERAGE, ...what });
  return made.token;
}
const ask = (bearer, query = '') => send(site.url(`/whoami${query}`),
  { headers: { authorization: `Bearer ${bearer}` } });

/* What Graph knows of no worker: each remembers for itself. */
const forget = () => site.restartRolegate();

before(async () => {
  site = await startSite({ config: { rolegate: { workers: WORKERS,
    sign_in_workers: 1 } } });
  await site.restartRolegate({ 'provider.entra': { audiences: API, graph: 'app',
    graph_url: new URL(site.idp.issuer).origin, graph_time: 3, timeout: 2,
    on_unknown_groups: 'deny' } });
  await site.signIn('noa'); // so that keys are at hand
});
after(() => site?.close());

test('Graph tells, once for a token', async () => {
  await graph();
  const olga = await token();
  for (let i = 0; i < 10; i += 1) {
    const res = await ask(olga, '?explain=1');
    assert.equal(res.status, 200, res.body);
    const me = res.json();
    assert.deepEqual(me.roles, ['analyst']);
    assert.equal(me.groups.state, 'complete');
    assert.equal(me.groups.source, 'graph');
    assert.deepEqual(me.groups.matched.map(({ id }) => id), [GROUPS.analysts]);
  }
  const asked = await calls();
  assert.ok(asked >= 1 && asked <= WORKERS, `asked ${asked} times`);
  // Nobody is asked about whose groups the token has, nor about an application.
  await graph();
  assert.deepEqual((await ask(await token('ana', { groups: true, claims: {} })))
    .json().roles, ['analyst']);
  const app = await ask((await site.idp.control('POST', '/access-token',
    { audience: API, app: 'job', claims: OVERAGE })).token);
  assert.equal(app.json().error, 'groups_unknown');
  assert.equal(await calls(), 0);
});

test('a mapping made later counts at once', async () => {
  // Of a group that nobody asked about before.
  const rows = await site.ctlJson('map', 'list');
  const { id } = (rows.mappings ?? rows).find((m) => m.label === 'developers');
  await site.ctl('map', 'remove', String(id));
  await site.idp.person('olga', { groups: ['data-analysts', 'developers'],
    others: 250 });
  await graph();
  const olga = await token();
  for (let i = 0; i < 2 * WORKERS; i += 1) {
    assert.deepEqual((await ask(olga)).json().roles, ['analyst']);
  }
  await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'group',
    '--value', GROUPS.developers, '--role', 'user', '--label', 'developers');
  for (let i = 0; i < 2 * WORKERS; i += 1) {
    assert.deepEqual((await ask(olga)).json().roles, ['analyst', 'user']);
  }
  await site.idp.person('olga', { groups: ['data-analysts'], others: 250 });
});

test('what Graph does not tell is unknown', async () => {
  await graph({ consent: false });
  const res = await ask(await token());
  assert.equal(res.status, 403);
  assert.equal(res.json().error, 'groups_unknown');
  // And is asked for again, though not with each request.
  const olga = await token();
  await graph({ consent: false });
  for (let i = 0; i < 10; i += 1) assert.equal((await ask(olga)).status, 403);
  const { refused } = await site.idp.control('GET', '/graph');
  assert.ok(refused <= WORKERS, `refused ${refused} times`);
  await graph();
});

test('while Graph hangs, sessions wait for nothing', async () => {
  await forget();
  const noa = await site.signIn('noa');
  const tokens = await Promise.all(Array.from({ length: 8 }, () => token()));
  await site.idp.fault('graph', 'hang');
  try {
    const before = (await site.idp.counts()).graph;
    const flood = Promise.all(tokens.map((t) => ask(t)));
    for (let i = 0; i < 5; i += 1) {
      assert.equal((await site.whoami(noa)).status, 403);
    }
    for (const res of await flood) {
      assert.equal(res.status, 403);
      assert.equal(res.json().error, 'groups_unknown');
    }
    // One slot: the other processes were there for sessions all the time.
    assert.ok((await site.idp.counts()).graph - before < WORKERS);
  } finally {
    await site.idp.wellAgain();
  }
  // Where there was no slot, nothing was remembered.
  assert.equal((await ask(await token())).status, 200);
});

test('a session of the same person has its own groups', async () => {
  await graph();
  const session = await site.signIn('olga');
  const known = () => sql(site.config.rolegate.database, `SELECT p.groups AS p,
    p.claims AS c, s.groups AS s FROM principals p JOIN sessions s ON
    s.principal = p.id WHERE p.username LIKE 'olga@%' ORDER BY
    s.public_id`);
  const before = await known();
  assert.ok(before.length > 0);
  await site.idp.person('olga', { groups: ['developers'] });
  await graph({ consent: false });
  assert.equal((await ask(await token())).status, 403);
  assert.deepEqual((await site.whoami(session)).json().roles, ['analyst']);
  assert.deepEqual(await known(), before);
  assert.equal((await site.audit('--event', 'roles.changed')).length, 0);
});
