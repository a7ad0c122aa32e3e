// SPDX-License-Identifier: ISC
// What was proven last stands in for groups that nobody can tell: so long, so
// much, and no more. And Graph asked as the application, about many groups.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GROUPS, startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';

const HOUR = 3600;
let site;

const graph = (how = {}) => site.idp.control('POST', '/graph', how);
const seen = () => site.idp.control('GET', '/graph');
const database = () => site.work.path('data/rolegate.db');
const settings = (more) => ({ 'provider.entra': {
  graph: 'delegated', graph_url: new URL(site.idp.issuer).origin,
  graph_time: 3, ...more,
} });

async function who(login) {
  const client = await site.signIn(login);
  const res = await site.whoami(client);
  return { status: res.status, client, body: res.json(), size: res.body.length };
}

const html = async (client) => (await client.get(site.url('/me'),
  { headers: { accept: 'text/html' } })).body;

/* Makes everything that is on record of a person so much older. */
function age(login, seconds) {
  return sql(database(), `UPDATE principals SET groups = json_set(groups,
    '$.as_of', json_extract(groups, '$.as_of') - ${seconds})
    WHERE username LIKE '${login}@%'`);
}

const lastSignIn = async () => (await site.audit('--event', 'sign_in.ok'))
  .at(-1).detail;

before(async () => {
  site = await startSite({});
  await site.restartRolegate(settings());
});
after(() => site?.close());

describe('last known groups', () => {
  it('nobody who was never known gets a role', async () => {
    await graph({ consent: false });
    const { status, body } = await who('max');
    assert.equal(status, 403);
    assert.equal(body.error, 'groups_unknown');
  });

  it('stand in while Graph is down, and say so', async () => {
    await graph();
    assert.deepEqual((await who('olga')).body.groups.state, 'complete');
    await site.idp.fault('graph', 'down');
    const { body, client } = await who('olga');
    assert.deepEqual(body.roles, ['analyst']);
    assert.equal(body.groups.state, 'stale');
    assert.equal(body.groups.source, 'cache');
    assert.equal(body.groups.reason, 'graph_unreachable');
    assert.ok(Math.abs(body.groups.as_of - Date.now() / 1000) < 60);
    const detail = await lastSignIn();
    assert.equal(detail.groups, 'stale');
    assert.equal(detail.groups_as_of, body.groups.as_of);
    assert.equal(detail.groups_error, 'RG_E_NET');
    // The person is told since when, until when, and what to do.
    const { as_of: from } = body.groups;
    const iso = (at) => new Date(at * 1000).toISOString().slice(0, 19);
    const page = await html(client);
    assert.match(page, new RegExp(`told at <time datetime="${iso(from)}`));
    assert.match(page, new RegExp(
      `count until <time datetime="${iso(from + 8 * HOUR)}`));
    assert.match(page, /When you sign in again they are asked for anew/);
    // Who has no role by them is not told to be in no group.
    await sql(database(), `UPDATE sessions SET groups = json_set(groups,
      '$.ids', json('[]')) WHERE json_extract(groups, '$.state') = 'stale'`);
    assert.match(await html(client), /what was last known counts for now/);
  });

  it('do not get younger by being used', async () => {
    await age('olga', 7 * HOUR);
    const first = (await who('olga')).body.groups;
    assert.equal(first.state, 'stale');
    await age('olga', HOUR / 2);
    const again = (await who('olga')).body.groups;
    assert.equal(again.state, 'stale');
    assert.equal(again.as_of, first.as_of - HOUR / 2);
  });

  it('end with last_known_max_age', async () => {
    await age('olga', HOUR);
    const { status, body } = await who('olga');
    assert.equal(status, 403);
    assert.equal(body.error, 'groups_unknown');
    await site.idp.wellAgain();
    assert.deepEqual((await who('olga')).body.roles, ['analyst']);
  });

  it('end in the middle of a session, too', async () => {
    await site.idp.fault('graph', 'down');
    const { client, status } = await who('olga');
    assert.equal(status, 200);
    await sql(database(), `UPDATE sessions SET groups = json_set(groups,
      '$.valid_until', unixepoch() - 1)
      WHERE json_extract(groups, '$.state') = 'stale'`);
    const res = await site.whoami(client);
    assert.equal(res.status, 403);
    assert.equal(res.json().error, 'groups_unknown');
    assert.match(await html(client), /what was last known is too old to count/);
    await site.idp.wellAgain();
  });

  it('come from a token as well: 150 groups became 250', async () => {
    await site.idp.person('dev', { groups: ['developers'] });
    await who('dev');
    await site.idp.person('dev', { groups: ['developers'], others: 250 });
    await site.idp.fault('graph', 'hang');
    const { body } = await who('dev');
    assert.deepEqual(body.roles, ['user']);
    assert.equal(body.groups.state, 'stale');
    await site.idp.wellAgain();
    await site.idp.person('dev', { groups: ['developers'] });
  });

  it('prove nothing that was not known: a group joined since', async () => {
    await graph();
    await who('olga');
    await site.idp.person('olga', { groups: ['data-analysts', 'admins'],
      others: 250 });
    await site.idp.fault('graph', 'down');
    assert.deepEqual((await who('olga')).body.roles, ['analyst']);
    await site.idp.wellAgain();
    assert.deepEqual((await who('olga')).body.roles, ['admin', 'analyst']);
    await site.idp.person('olga', { groups: ['data-analysts'], others: 250 });
    assert.deepEqual((await who('olga')).body.roles, ['analyst']);
  });

  it('what nobody can read does not stand in', async () => {
    await sql(database(), `UPDATE principals SET groups = '{"state":"complete"}'
      WHERE username LIKE 'olga@%'`);
    await site.idp.fault('graph', 'down');
    assert.equal((await who('olga')).status, 403);
    await site.idp.wellAgain();
  });

  it('are no object ids if they were names: anybody may name a group', async () => {
    await site.restartRolegate(settings({ group_names: 'yes' }));
    await site.idp.person('noa', { claims: { groups: [GROUPS.admins] } });
    assert.equal((await who('noa')).body.error, 'no_role');
    await site.idp.person('noa', { claims: {}, groups: [], others: 250 });
    await site.idp.fault('graph', 'down');
    const { status, body } = await who('noa');
    assert.deepEqual([status, body.error], [403, 'groups_unknown']);
    await site.idp.wellAgain();
    await site.restartRolegate(settings({ group_names: undefined }));
  });

  it('are no one\'s with on_unknown_groups = deny', async () => {
    await graph();
    assert.equal((await who('olga')).status, 200);
    await site.restartRolegate(settings({ on_unknown_groups: 'deny' }));
    await site.idp.fault('graph', 'down');
    assert.equal((await who('olga')).status, 403);
    await site.idp.wellAgain();
    await site.restartRolegate(settings({ on_unknown_groups: undefined }));
  });
});

describe('a group that is denied', () => {
  it('keeps out whose groups are unknown, whatever else they have', async () => {
    await sql(database(), `INSERT INTO mappings (provider, kind, value, effect,
      label, note, enabled, expires_at, created_by, created_at) VALUES ('entra',
      'group', 'dead0000-0000-4000-8000-000000000001', 'deny', '', '', 1, 0,
      'test', 1)`);
    await site.idp.person('rob', { groups: [], others: 250,
      roles: ['auditor'] });
    await site.ctl('role', 'add', 'auditor');
    await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'app_role',
      '--value', 'auditor', '--role', 'auditor');
    await graph();
    assert.deepEqual((await who('rob')).body.roles, ['auditor']);
    await sql(database(), "UPDATE principals SET groups = '{}'");
    await site.idp.fault('graph', 'down');
    const { status, body } = await who('rob');
    assert.equal(status, 403);
    assert.equal(body.error, 'groups_unknown');
    await site.idp.wellAgain();
  });
});

describe('graph = off', () => {
  it('says that nobody was asked', async () => {
    await site.restartRolegate(settings({ graph: 'off', graph_url: undefined,
      graph_time: undefined, on_unknown_groups: 'deny' }));
    await graph();
    assert.equal((await who('olga')).status, 403);
    assert.equal((await lastSignIn()).groups_reason, 'graph_not_configured');
    assert.deepEqual((await seen()).check, 0);
  });
});

describe('graph = app', () => {
  before(async () => {
    await site.restartRolegate(settings({ graph: 'app',
      on_unknown_groups: 'deny' }));
  });

  it('asks as itself, with one token for many sign-ins', async () => {
    await graph();
    await site.idp.control('POST', '/counts/reset');
    for (let i = 0; i < 10; i += 1) {
      assert.deepEqual((await who('olga')).body.roles, ['analyst']);
    }
    const { token, graph: calls } = await site.idp.counts();
    assert.equal(calls, 10);
    // Ten codes, and one token for each of the four workers at most.
    assert.ok(token >= 11 && token <= 14, `${token}`);
  });

  it('no token, no role', async () => {
    await site.restartRolegate();
    await site.idp.person('max', { groups: ['admins'], others: 5000 });
    await graph({ consent: false });
    assert.equal((await who('max')).status, 403);
    assert.equal((await lastSignIn()).groups_reason, 'graph_refused');
  });
});

describe('5000 groups and 200 mapped ones', () => {
  it('take at most 12 calls, and /whoami does not grow', async () => {
    await site.restartRolegate(settings({ graph: 'delegated',
      on_unknown_groups: undefined }));
    const lines = Array.from({ length: 197 }, (_, i) => ['map', 'add',
      '--provider', 'entra', '--kind', 'group', '--value',
      `cccc0000-0000-4000-8000-${String(i).padStart(12, '0')}`,
      '--role', 'user']);
    for (const line of lines) await site.ctl(...line);
    for (const others of [250, 5000, 15000]) {
      await site.idp.person('max', { groups: ['admins'], others });
      await graph();
      const { body, size } = await who('max');
      const { check, list } = await seen();
      assert.deepEqual(body.roles, ['admin']);
      assert.equal(body.groups.matched.length, 1);
      assert.ok(check + list <= 12, `${check} + ${list} calls`);
      assert.ok(size < 1500, `${size} bytes`);
    }
    const [{ bytes }] = await sql(database(),
      'SELECT max(length(groups)) AS bytes FROM sessions');
    assert.ok(bytes < 1000, `${bytes} bytes in the session`);
  });

  for (const [lie, error] of [['endless', 'RG_E_GRAPH_TOO_LARGE'],
    ['repeated-link', 'RG_E_GRAPH_LOOP'], ['foreign-link', 'RG_E_GRAPH_LINK'],
    ['million', 'RG_E_NET_SIZE'], ['half', 'RG_E_GRAPH_ERROR'],
    ['not-guid', 'RG_E_GRAPH_ID']]) {
    it(`a list that lies: ${lie}`, async () => {
      await site.idp.person('noa', { groups: ['admins'], others: 5000 });
      await graph({ lie });
      assert.equal((await who('noa')).status, 403);
      assert.equal((await lastSignIn()).groups_error, error);
      const { list, foreign } = await seen();
      assert.ok(list <= 40 && foreign === 0, `${list} pages, ${foreign}`);
    });
  }
});
