// SPDX-License-Identifier: ISC
// What was given can be taken away, and at what moment it is gone: an edit of
// the mappings at the next request, a change at the provider at the next
// sign-in, a revoked session at once. Each change is on record.
import assert from 'node:assert/strict';
import { after, beforeEach, afterEach, before, test } from 'node:test';
import { GROUPS, startSite } from './lib/site.mjs';

let site;
before(async () => { site = await startSite(); });
after(() => site?.close());

let mark = 0;
beforeEach(async () => { mark = (await site.audit()).length; });
const since = async (event) => (await site.audit()).slice(mark)
  .filter((row) => row.event === event);
afterEach(() => site.ctl('audit', 'verify'));

const add = (...args) => site.ctlJson('map', 'add', '--provider', 'entra',
  ...args).then(({ id }) => String(id));
const mappingOf = async (role) => String((await site.ctlJson('map', 'list'))
  .find((m) => m.role === role).id);
const rolesOf = async (client) => {
  const res = await site.whoami(client);
  return res.status === 200 ? res.json().roles : res.json().error;
};

test('a mapping removed counts at the next request, and so does one added',
  async () => {
    const ana = await site.signIn('ana');
    const id = (await site.whoami(ana)).json().subject.id;
    assert.deepEqual(await rolesOf(ana), ['analyst']);
    await site.ctl('map', 'remove', await mappingOf('analyst'));
    assert.equal(await rolesOf(ana), 'no_role');
    const res = await site.whoami(ana, '?permission=reports.read');
    assert.equal(res.status, 403);
    await add('--kind', 'group', '--value', GROUPS.analysts, '--role', 'analyst');
    assert.deepEqual(await rolesOf(ana), ['analyst']);
    assert.deepEqual(await rolesOf(ana), ['analyst']);

    const changes = await since('roles.changed');
    assert.deepEqual(changes.map((row) => [row.subject, row.detail.old,
      row.detail.new, row.detail.cause]), [
      [id, ['analyst'], [], 'policy'], [id, [], ['analyst'], 'policy'],
    ]);
    const [removed] = await since('mapping.remove');
    assert.match(removed.actor, /^cli:./);
    assert.equal(removed.detail.old.value, GROUPS.analysts);
    assert.equal(removed.detail.new, null);
    const [added] = await since('mapping.add');
    assert.equal(added.detail.old, null);
    assert.equal(added.detail.new.role, 'analyst');
  });

test('a second role is added to the first, also for those signed in',
  async () => {
    const ana = await site.signIn('ana');
    const map = await add('--kind', 'claim', '--claim', 'realm_access.roles',
      '--value', 'reporting', '--role', 'user');
    assert.deepEqual(await rolesOf(ana), ['analyst', 'user']);
    await site.ctl('map', 'remove', map);
    assert.deepEqual(await rolesOf(ana), ['analyst']);
  });

test('a mapping with an end ends by itself', async () => {
  const ana = await site.signIn('ana');
  const map = await add('--kind', 'claim', '--claim', 'group_names', '--value',
    'data-analysts', '--role', 'user', '--expires', '1s');
  const deadline = Date.now() + 5000;
  while ((await rolesOf(ana)).includes('user')) {
    assert.ok(Date.now() < deadline, 'the role is still there');
  }
  assert.deepEqual(await rolesOf(ana), ['analyst']);
  await site.ctl('map', 'remove', map);
});

test('a group taken away at the provider is gone at the next sign-in',
  async () => {
    const dev = await site.signIn('dev');
    await site.idp.person('dev', { groups: [] });
    assert.deepEqual(await rolesOf(dev), ['user'], 'the token is older');
    const again = await site.signIn('dev', { client: dev });
    assert.equal(await rolesOf(again), 'no_role');
    const [change] = await since('roles.changed');
    assert.deepEqual([change.detail.old, change.detail.new, change.detail.cause],
      [['user'], [], 'sign_in']);
    await site.idp.person('dev', { groups: ['developers', 'data-analysts'] });
    const more = await site.signIn('dev', { client: dev });
    assert.deepEqual(await rolesOf(more), ['analyst', 'user']);
    await site.idp.person('dev', { groups: ['developers'] });
  });

test('a group named like an app role or a role gives nothing', async () => {
  const map = await add('--kind', 'app_role', '--value', 'auditor',
    '--role', 'analyst');
  // As if somebody had made groups of these names, which Entra can emit too.
  await site.idp.person('noa', { claims: { group_names: ['auditor', 'admin'] } });
  assert.equal(await rolesOf(await site.signIn('noa')), 'no_role');
  await site.idp.person('noa', { roles: ['admin', 'admins', GROUPS.admins] });
  assert.equal(await rolesOf(await site.signIn('noa')), 'no_role');
  await site.idp.person('noa', { roles: ['AUDITOR'] });
  assert.equal(await rolesOf(await site.signIn('noa')), 'no_role', 'case counts');
  await site.idp.person('noa', { roles: ['auditor'] });
  assert.deepEqual(await rolesOf(await site.signIn('noa')), ['analyst']);
  await site.idp.person('noa', { roles: [], claims: {} });
  await site.ctl('map', 'remove', map);
});

test('a revoked session is dead on the next request', async () => {
  const one = await site.signIn('ada');
  const two = await site.signIn('ada');
  const id = (await site.whoami(one)).json().session.id;
  await site.ctl('session', 'revoke', id);
  assert.equal(await rolesOf(one), 'unauthenticated');
  assert.deepEqual(await rolesOf(two), ['admin'], 'the other one lives');
  const again = await site.ctlRaw(['session', 'revoke', id]);
  assert.equal(again.status, 1);
  const [row] = await since('session.revoke');
  assert.equal(row.detail.session, id);
});

test('all sessions of a person can be revoked, and nobody else\'s', async () => {
  const sessions = [await site.signIn('ada'), await site.signIn('ada')];
  const other = await site.signIn('dev');
  const { subject } = (await site.whoami(sessions[0])).json();
  const { revoked } = await site.ctlJson('session', 'revoke', '--subject',
    subject.id);
  assert.ok(revoked >= 2);
  for (const s of sessions) assert.equal(await rolesOf(s), 'unauthenticated');
  assert.deepEqual(await rolesOf(other), ['user']);
  const list = await site.ctlJson('session', 'list');
  assert.ok(list.every((s) => s.username !== 'ada@contoso.example'));
});

test('a role in use is not removed; without its mapping it is', async () => {
  await site.ctl('role', 'add', 'brief', '--permission', 'p');
  const map = await add('--kind', 'group', '--value', GROUPS.developers,
    '--role', 'brief');
  const refused = await site.ctlRaw(['role', 'remove', 'brief']);
  assert.equal(refused.status, 1);
  await site.ctl('map', 'remove', map);
  await site.ctl('role', 'remove', 'brief');
  assert.deepEqual((await since('role.remove')).map((r) => r.subject), ['brief']);
});
