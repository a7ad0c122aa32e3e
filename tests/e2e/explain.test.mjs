// SPDX-License-Identifier: ISC
// Why somebody has which roles: the same reasons at /whoami?explain=1, in the
// API and in rolegatectl, near misses included.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Api } from './lib/api.mjs';
import { sql } from './lib/sqlite.mjs';
import { GROUPS, startSite } from './lib/site.mjs';
import { until } from './lib/wait.mjs';

let site;
let api;
before(async () => {
  site = await startSite();
  api = new Api(site, await site.signIn('ada'));
});
after(() => site?.close());

const map = (...args) => site.ctlJson('map', 'add', '--provider', 'entra',
  ...args).then(({ id }) => id);
const bare = (r) => [r.outcome, r.via, r.role, (r.mapping ?? r.grant)?.id];

test('every role leads back to a claim and a mapping, or to a grant',
  async () => {
    const ana = await site.signIn('ana');
    const off = await map('--kind', 'group', '--value', GROUPS.analysts,
      '--role', 'user');
    await site.ctl('map', 'set', String(off), '--disable');
    const kind = await map('--kind', 'app_role', '--value', GROUPS.analysts,
      '--role', 'user');
    const spelt = await map('--kind', 'claim', '--claim', 'realm_access.roles',
      '--value', 'Reporting', '--role', 'user');
    const other = await map('--kind', 'group', '--value', GROUPS.admins,
      '--role', 'user');
    const { body: { items: [{ id, subject }] } } = await api.get(
      '/principals?search=ana%40');
    await site.ctl('grant', 'add', subject, '--role', 'user', '--reason',
      'ticket 9', '--expires', '1d');
    const { roles, explain, permissions } = (await site.whoami(ana,
      '?explain=1')).json();
    assert.deepEqual(roles, ['analyst', 'user']);
    const given = explain.filter((r) => r.outcome === 'gives');
    assert.deepEqual([...new Set(given.map((r) => r.role))].sort(), roles);
    assert.deepEqual(given.flatMap((r) => r.permissions), permissions);
    const [why] = given.filter((r) => r.role === 'analyst');
    assert.equal(why.source, 'token');
    assert.equal(why.mapping.claim, 'groups');
    assert.equal(why.mapping.value, GROUPS.analysts);
    assert.equal(why.mapping.label, 'data-analysts');
    assert.deepEqual(given.map(bare).filter(([, via]) => via === 'grant'),
      [['gives', 'grant', 'user', 1]]);
    const outcome = (of) => explain.find((r) => r.mapping?.id === of)?.outcome;
    assert.equal(outcome(off), 'disabled');
    assert.equal(outcome(kind), 'other_kind');
    assert.equal(outcome(spelt), 'other_case');
    assert.equal(outcome(other), undefined, 'nothing to do with her');
    // One function: everywhere the same.
    const full = (await api.get(`/principals/${id}/explain`)).body;
    assert.deepEqual(full.reasons, explain);
    assert.deepEqual(full.roles, roles);
    assert.deepEqual(await site.ctlJson('explain', subject), full);
    const text = await site.ctl('explain', subject);
    assert.match(text, /^roles: analyst user$/m);
    assert.match(text, /^ {2}gives +analyst: mapping \d+ \(group .*, data-analysts\) in groups from token$/m);
    assert.match(text, /^ {2}gives +user: grant 1 by cli:.*, ticket 9$/m);
    assert.match(text, /^ {2}disabled +user: mapping/m);
    // Without being asked there is no explanation.
    assert.ok(!('explain' in (await site.whoami(ana)).json()));
    assert.ok(!('explain' in (await site.whoami(ana, '?explain=0')).json()));
  });

test('who is refused learns what nearly gave a role, and of nobody else',
  async () => {
    const noa = await site.signIn('noa');
    const id = await map('--kind', 'claim', '--claim', 'preferred_username',
      '--value', 'NOA@contoso.example', '--role', 'user');
    const res = await site.whoami(noa, '?explain=1');
    assert.equal(res.status, 403);
    const { error, explain } = res.json();
    assert.equal(error, 'no_role');
    assert.deepEqual(explain.map(bare), [['other_case', 'mapping', 'user', id]]);
    assert.ok(!('explain' in (await site.whoami(noa)).json()));
    const anonymous = await site.whoami(site.client(), '?explain=1');
    assert.equal(anonymous.status, 401);
    assert.ok(!('explain' in anonymous.json()));
  });

test('mapped, granted and by default: none takes the other away', async () => {
  await site.restartRolegate({ 'provider.entra': { default_role: 'analyst' } });
  const dev = await site.signIn('dev');
  const { subject } = (await site.whoami(dev)).json();
  const given = async () => {
    const { roles, explain } = (await site.whoami(dev, '?explain=1')).json();
    assert.equal(roles.length, 1);
    return explain.filter((r) => r.outcome === 'gives')
      .map((r) => [r.via, r.role]);
  };
  const [mapping] = (await site.ctlJson('map', 'list'))
    .filter((m) => m.label === 'developers');
  assert.deepEqual(await given(), [['mapping', 'user']]);
  const { id } = await site.ctlJson('grant', 'add', subject.id, '--role', 'user');
  assert.deepEqual(await given(), [['mapping', 'user'], ['grant', 'user']]);
  await site.ctl('map', 'set', String(mapping.id), '--disable');
  assert.deepEqual(await given(), [['grant', 'user']]);
  // It ends by itself, and is told as a near miss then.
  await site.ctl('grant', 'set', String(id), '--expires', '1s');
  await until('the end of the grant', async () => (
    (await given())[0][0] !== 'grant'));
  assert.deepEqual(await given(), [['default_role', 'analyst']]);
  const { explain } = (await site.whoami(dev, '?explain=1')).json();
  assert.deepEqual(explain.map(bare).filter(([outcome]) => outcome !== 'gives'), [
    ['disabled', 'mapping', 'user', mapping.id],
    ['expired', 'grant', 'user', id]]);
  await site.ctl('map', 'set', String(mapping.id), '--enable');
  assert.deepEqual(await given(), [['mapping', 'user']]);
  await site.ctl('grant', 'remove', String(id));
  await site.restartRolegate({ 'provider.entra': { default_role: undefined } });
});

test('groups that are not known are told as that', async () => {
  await site.signIn('rob');
  const { body: { items: [{ id, subject }] } } = await api.get(
    '/principals?search=rob%40');
  await sql(site.config.rolegate.database, `UPDATE principals SET groups = '{}',
    claims = '{"_claim_names":{"groups":"src1"}}' WHERE id = ${id}`);
  const { body } = await api.get(`/principals/${id}/explain`);
  assert.deepEqual([body.groups.state, body.groups.reason, body.roles],
    ['unknown', 'overage', []]);
  const groups = body.reasons.filter((r) => r.mapping.kind === 'group');
  assert.ok(groups.length >= 3);
  assert.ok(groups.every((r) => ['unknown', 'disabled'].includes(r.outcome)));
  assert.match(await site.ctl('explain', subject),
    /^groups: unknown, from none \(overage\)$/m);
});

test('a deny mapping overrules, and is named', async () => {
  const dev = await site.signIn('dev');
  const id = await map('--kind', 'group', '--value', GROUPS.developers, '--deny',
    '--label', 'on leave');
  const res = await site.whoami(dev, '?explain=1');
  assert.equal(res.status, 403);
  assert.equal(res.json().error, 'denied');
  assert.deepEqual(res.json().explain.map((r) => [r.outcome, r.role]).sort(),
    [['denies', null], ['overruled', 'user']]);
  await site.ctl('map', 'remove', String(id));
});

test('asking why does not open what ?role= closes', async () => {
  const dev = await site.signIn('dev');
  assert.equal((await site.whoami(dev, '?explain=1&role=admin')).status, 403);
  assert.equal((await site.whoami(dev, '?explain=1&role=user')).status, 200);
});
