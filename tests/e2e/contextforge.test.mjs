// SPDX-License-Identifier: ISC
// Roles pushed to a ContextForge gateway (lib/contextforge.mjs): who gets what,
// that only our own is taken away, that what is not known changes nothing, and
// that a broken gateway keeps nobody from signing in.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { TOKEN, startContextForge } from './lib/contextforge.mjs';
import { startSite } from './lib/site.mjs';

const TEAM = '3f2a0000-0000-4000-8000-000000000001';
const ana = 'ana@contoso.example';
const dev = 'dev@contoso.example';
const ada = 'ada@contoso.example';
const ADA_SHOUTED = 'ADA@contoso.example';

let site;
let gateway;

const rules = {
  'contextforge.analysts': { role: 'analyst', gateway_role: 'developer',
    scope: 'team', scope_id: TEAM },
  'contextforge.users': { role: 'user', gateway_role: 'tinkerer', scope: 'personal' },
  'contextforge.admins': { role: 'admin', gateway_role: 'platform_admin',
    scope: 'global' },
};

before(async () => {
  gateway = await startContextForge();
  site = await startSite({ server: 'lighttpd' });
  const token = site.work.write('gateway-token', TOKEN, 0o600);
  site.configure({
    contextforge: { url: gateway.url, token_file: token, create_users: 'yes' },
    ...rules,
  });
});
after(async () => {
  await site?.close();
  await gateway?.close();
});

/* Steps of a run, as --json has them. */
async function sync(...args) {
  const { status, stdout, stderr } =
    await site.ctlRaw(['--json', 'contextforge', 'sync', ...args]);
  const steps = stdout.split('\n').filter(Boolean).map((l) => JSON.parse(l));
  return { status, stderr, steps };
}
const done = (steps, verb) => steps.filter((s) => s.do === verb).map((s) =>
  `${s.email} ${s.role} ${s.scope}${s.scope_id ? `:${s.scope_id}` : ''}`);
async function synced(...args) {
  const run = await sync(...args);
  assert.equal(run.status, 0, run.stderr);
  return run.steps;
}
const overage = { groups: [], claims: {
  _claim_names: { groups: 'src1' },
  _claim_sources: { src1: { endpoint: 'https://graph.windows.net/x' } } } };
const groupsOf = { ana: ['data-analysts'], dev: ['developers'], ada: ['admins'] };
const wellAgain = (login) => site.idp.person(login,
  { groups: groupsOf[login], claims: {}, email: `${login}@contoso.example` });

describe('sync', { concurrency: false }, () => {
  before(async () => {
    for (const login of ['ana', 'dev', 'ada', 'noa']) await site.signIn(login);
  });
  afterEach(() => gateway.heal());

  test('--dry-run says what it would do and does nothing', async () => {
    gateway.seen();
    const steps = await synced('--dry-run');
    assert.deepEqual(done(steps, 'grant').sort(), [
      `${ada} platform_admin global`, `${ana} developer team:${TEAM}`,
      `${dev} tinkerer personal`]);
    assert.equal(steps.filter((s) => s.do === 'create').length, 3);
    assert.deepEqual(gateway.seen().filter((c) => !c.startsWith('GET ')), []);
    assert.deepEqual(await site.audit('--event', 'contextforge.'), []);
  });

  test('makes people and gives them roles in the right scope', async () => {
    await synced();
    assert.deepEqual(gateway.rolesOf(ana), [`developer team:${TEAM}`]);
    assert.deepEqual(gateway.rolesOf(dev), ['tinkerer personal']);
    assert.deepEqual(gateway.rolesOf(ada), ['platform_admin global']);
    assert.equal(gateway.users.get(ada).is_admin, false,
      'an administrator who is made one could never be demoted');
    assert.ok(!gateway.users.has('noa@contoso.example'), 'nothing due, not made');
  });

  test('audits each change, old and new', async () => {
    const rows = await site.audit('--event', 'contextforge.grant');
    assert.equal(rows.length, 3);
    const row = rows.find((r) => r.detail.new[0].startsWith('developer '));
    assert.deepEqual([row.detail.old, row.detail.new],
      [[], [`developer team:${TEAM}`]]);
    // Whose addresses they are is not told (audit_email), only which are equal.
    const users = await site.audit('--event', 'contextforge.user');
    assert.match(row.detail.email, /^hash:[0-9a-f]{32}$/);
    assert.deepEqual(users.filter((r) => r.subject === row.subject)
      .map((r) => r.detail.email), [row.detail.email]);
    assert.equal(new Set(users.map((r) => r.detail.email)).size, 3);
    const exported = await site.ctl('audit', 'export');
    for (const email of [ana, dev, ada]) assert.ok(!exported.includes(email));
    assert.match(row.subject, /^entra:/);
    assert.match(row.actor, /^cli:/);
    assert.equal((await site.audit('--event', 'contextforge.user')).length, 3);
    await site.ctl('audit', 'verify');
  });

  test('a second run changes nothing', async () => {
    gateway.seen();
    assert.deepEqual((await synced()).filter((s) => s.do !== 'skip'), []);
    assert.deepEqual(gateway.seen().filter((c) => !c.startsWith('GET ')), []);
  });

  test('what somebody was given by hand is left alone', async () => {
    gateway.grant(ana, 'viewer', 'team', TEAM);
    gateway.grant(dev, 'platform_admin', 'global');
    await synced();
    assert.deepEqual(gateway.rolesOf(ana),
      [`developer team:${TEAM}`, `viewer team:${TEAM}`]);
    assert.deepEqual(gateway.rolesOf(dev),
      ['platform_admin global', 'tinkerer personal']);
  });

  test('what is due, but was given by hand, is not taken for ours', async () => {
    await site.idp.person('dev', { groups: ['developers', 'admins'] });
    await site.signIn('dev');
    assert.deepEqual(done(await synced(), 'leave'), [`${dev} platform_admin global`]);
    await wellAgain('dev');
    await site.signIn('dev');
    await synced();
    assert.deepEqual(gateway.rolesOf(dev),
      ['platform_admin global', 'tinkerer personal']);
    gateway.revoke(dev, 'platform_admin');
  });

  test('groups unknown or stale: nothing is given and nothing taken', async () => {
    for (const [mode, reason] of [['last_known', 'groups_stale'],
      ['deny', 'groups_unknown']]) {
      await site.restartRolegate({ 'provider.entra': { on_unknown_groups: mode } });
      await site.idp.person('ana', overage);
      await site.signIn('ana');
      await wellAgain('ana');
      gateway.seen();
      const steps = await synced('--subject', `entra:${site.idp.tenant}:${
        'a4a00000-0000-4000-8000-000000000013'}`);
      assert.deepEqual(steps.map((s) => [s.do, s.reason]), [['skip', reason]]);
      assert.deepEqual(gateway.seen(), ['GET /v1/rbac/roles']);
      assert.ok(gateway.rolesOf(ana).includes(`developer team:${TEAM}`));
    }
  });

  test('a lost group takes our role, and no other', async () => {
    await site.idp.person('ana', { groups: [] });
    await site.signIn('ana');
    assert.deepEqual(done(await synced(), 'revoke'), [`${ana} developer team:${TEAM}`]);
    assert.deepEqual(gateway.rolesOf(ana), [`viewer team:${TEAM}`]);
    const [row] = await site.audit('--event', 'contextforge.revoke');
    assert.deepEqual([row.detail.old, row.detail.new],
      [[`developer team:${TEAM}`], []]);
    await wellAgain('ana');
    await site.signIn('ana');
    await synced();
    assert.ok(gateway.rolesOf(ana).includes(`developer team:${TEAM}`));
  });

  test('an administrator who was made by us is demoted', async () => {
    await site.idp.person('ada', { groups: ['developers'] });
    await site.signIn('ada');
    await synced();
    assert.deepEqual(gateway.rolesOf(ada), ['tinkerer personal']);
    assert.equal(gateway.users.get(ada).is_admin, false);
    await wellAgain('ada');
    await site.signIn('ada');
    await synced();
    assert.deepEqual(gateway.rolesOf(ada), ['platform_admin global']);
  });

  test('a mapping that is removed counts without a new sign-in', async () => {
    const map = (await site.ctlJson('map', 'list')).find((m) => m.role === 'user');
    await site.ctl('map', 'remove', String(map.id));
    assert.deepEqual(done(await synced(), 'revoke'), [`${dev} tinkerer personal`]);
    await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'group',
      '--value', map.value, '--role', 'user');
    assert.deepEqual(done(await synced(), 'grant'), [`${dev} tinkerer personal`]);
  });

  test('what was taken away there by hand is given again while it is due', async () => {
    gateway.revoke(dev, 'tinkerer');
    assert.deepEqual(done(await synced(), 'grant'), [`${dev} tinkerer personal`]);
  });

  test('what is gone there already is only forgotten', async () => {
    await site.idp.person('dev', { groups: [] });
    await site.signIn('dev');
    gateway.revoke(dev, 'tinkerer');
    assert.deepEqual(done(await synced(), 'forget'), [`${dev} tinkerer personal`]);
    await wellAgain('dev');
    await site.signIn('dev');
    await synced();
  });

  test('another address: roles move, and letters of either case are one', async () => {
    await site.idp.person('dev', { email: 'Dev.New@Contoso.Example' });
    await site.signIn('dev');
    await synced();
    assert.deepEqual(gateway.rolesOf('dev.new@contoso.example'), ['tinkerer personal']);
    assert.deepEqual(gateway.rolesOf(dev), []);
    await wellAgain('dev');
    await site.signIn('dev');
    await synced();
    assert.deepEqual(gateway.rolesOf(dev), ['tinkerer personal']);
  });

  test('an address that two people have is nobody\'s', async () => {
    await site.idp.person('noa', { email: ADA_SHOUTED, groups: ['developers'] });
    await site.signIn('noa');
    const steps = await synced();
    assert.equal(steps.filter((s) => s.reason === 'address_shared').length, 2);
    assert.deepEqual(gateway.rolesOf(ada), ['platform_admin global']);
    await site.idp.person('noa', { email: 'noa@contoso.example', groups: [] });
    await site.signIn('noa');
  });

  test('an address that the provider calls unverified is not used', async () => {
    for (const claims of [{ email_verified: false }, { xms_edov: false },
      { xms_edov: '0' }]) {
      await site.idp.person('noa', { claims, groups: ['developers'] });
      await site.signIn('noa');
      assert.ok((await synced()).some((s) => s.reason === 'address_unverified'));
      assert.ok(!gateway.users.has('noa@contoso.example'));
    }
    await site.idp.person('noa', { claims: {}, groups: [] });
    await site.signIn('noa');
  });

  test('the platform administrator\'s address is only an administrator\'s', async () => {
    site.configure({ contextforge: { platform_admin_email: 'NOA@contoso.example' } });
    await site.idp.person('noa', { groups: ['developers'] });
    await site.signIn('noa');
    assert.ok((await synced()).some((s) => s.reason === 'platform_admin_address'));
    assert.ok(!gateway.users.has('noa@contoso.example'));
    await site.idp.person('noa', { groups: ['admins'] });
    await site.signIn('noa');
    await synced();
    assert.deepEqual(gateway.rolesOf('noa@contoso.example'), ['platform_admin global']);
    await site.idp.person('noa', { groups: [] });
    await site.signIn('noa');
    await synced();
    assert.deepEqual(gateway.rolesOf('noa@contoso.example'), []);
    site.configure({ contextforge: { platform_admin_email: undefined } });
  });

  test('without create_users nobody is made', async () => {
    site.configure({ contextforge: { create_users: 'no' } });
    await site.idp.person('rob', { groups: ['developers'] });
    await site.signIn('rob');
    assert.ok((await synced()).some((s) => s.reason === 'no_such_user'));
    assert.ok(!gateway.users.has('rob@contoso.example'));
    await site.idp.person('rob', { groups: [] });
    await site.signIn('rob');
    site.configure({ contextforge: { create_users: 'yes' } });
  });
});

describe('a gateway that fails', { concurrency: false }, () => {
  beforeEach(async () => {
    gateway.revoke(dev, 'tinkerer');
  });
  afterEach(() => gateway.heal());

  test('500, 502 and 429 are asked again', async () => {
    for (const status of [500, 502, 429]) {
      gateway.revoke(dev, 'tinkerer');
      gateway.fail({ status, times: 2, method: 'POST', retryAfter: '0' });
      assert.deepEqual(done(await synced(), 'grant'), [`${dev} tinkerer personal`]);
    }
  });

  test('a grant whose answer was lost is known as ours', async () => {
    gateway.fail({ status: 500, late: true, times: 1, method: 'POST' });
    await synced();
    assert.deepEqual(gateway.rolesOf(dev), ['tinkerer personal']);
    await site.idp.person('dev', { groups: [] });
    await site.signIn('dev');
    assert.deepEqual(done(await synced(), 'revoke'), [`${dev} tinkerer personal`]);
    await wellAgain('dev');
    await site.signIn('dev');
  });

  test('a run that was cut off is made up for by the next', async () => {
    gateway.fail({ status: 500, late: true, method: 'POST' });
    const run = await sync();
    assert.equal(run.status, 1);
    assert.match(run.stderr, /RG_E_CF_UNAVAILABLE/);
    gateway.heal();
    assert.deepEqual(done(await synced(), 'adopt'), [`${dev} tinkerer personal`]);
    assert.deepEqual(await synced().then((s) => s.filter((x) => x.do !== 'skip')), []);
  });

  test('our token refused: named, audited, nothing done', async () => {
    const token = site.config.contextforge.token_file;
    for (const text of ['wrong', gateway.othersToken]) {
      site.configure({ contextforge: {
        token_file: site.work.write('other-token', text, 0o600) } });
      const run = await sync();
      assert.equal(run.status, 1);
      assert.match(run.stderr, /RG_E_CF_AUTH/);
    }
    const rows = await site.audit('--event', 'contextforge.failed');
    assert.equal(rows.at(-1).detail.error, 'RG_E_CF_AUTH');
    assert.ok(!JSON.stringify(rows).includes(gateway.othersToken));
    site.configure({ contextforge: { token_file: token } });
  });

  test('a rule for a role that is not there stops the run', async () => {
    site.configure({ 'contextforge.users': { gateway_role: 'developer' } });
    gateway.seen();
    const run = await sync();
    assert.equal(run.status, 1);
    assert.match(run.stderr, /no role "developer" of scope personal.*RG_E_CF_RULE/);
    assert.deepEqual(gateway.seen(), ['GET /v1/rbac/roles']);
    site.configure({ 'contextforge.users': { gateway_role: 'tinkerer' } });
  });

  test('an answer that is no answer', async () => {
    for (const body of ['<html>', '{}', '[{"id":1}]', '']) {
      gateway.fail({ status: 200, body, path: '/rbac/roles', times: 1 });
      const run = await sync();
      assert.equal(run.status, 1);
      assert.match(run.stderr, /RG_E_CF_ANSWER/, body);
    }
    assert.deepEqual(done(await synced(), 'grant'), [`${dev} tinkerer personal`]);
  });
});

describe('at sign-in', { concurrency: false }, () => {
  before(async () => {
    await site.restartRolegate({ contextforge: { at_sign_in: 'yes',
      sign_in_timeout: '1s', expire: 'session' } });
  });
  afterEach(() => gateway.heal());

  test('gives the role before the browser is sent on, until the session ends', async () => {
    gateway.revoke(ana, 'developer');
    const client = await site.signIn('ana');
    const { session } = (await site.whoami(client)).json();
    assert.equal(Date.parse(gateway.assignment(ana, 'developer').expires_at) / 1000,
      session.expires_at);
    const rows = await site.audit('--event', 'contextforge.grant');
    assert.equal(rows.at(-1).actor, rows.at(-1).subject);
  });

  test('a later session moves the end', async () => {
    const { expires_at: first } = gateway.assignment(ana, 'developer');
    await new Promise((r) => { setTimeout(r, 1100); });
    await site.signIn('ana');
    assert.ok(gateway.assignment(ana, 'developer').expires_at > first);
  });

  test('without a session the next run takes the role', async () => {
    await site.ctl('session', 'revoke', '--subject', `entra:${site.idp.tenant}:${
      'a4a00000-0000-4000-8000-000000000013'}`);
    assert.ok(done(await synced(), 'revoke').includes(`${ana} developer team:${TEAM}`));
  });

  test('a gateway that is down, slow or broken delays nobody for long', async () => {
    for (const fault of [{ status: 500 }, { delay: 8000 }, { status: 200, body: 'x' }]) {
      gateway.fail(fault);
      const from = performance.now();
      const client = await site.signIn('ana');
      assert.ok(performance.now() - from < 4000, 'waited too long');
      assert.equal((await site.whoami(client)).status, 200);
      gateway.heal();
      const rows = await site.audit('--event', 'contextforge.failed');
      assert.ok(rows.length > 0);
    }
    await synced();
    assert.ok(gateway.rolesOf(ana).includes(`developer team:${TEAM}`));
  });
});

describe('the configuration', () => {
  const refused = async (change, field) => {
    const config = { ...site.config };
    site.configure(change);
    const { status, stderr } = await site.ctlRaw(['config', 'check']);
    site.config = config;
    site.configure({});
    assert.equal(status, 1);
    assert.match(stderr, field);
  };

  test('what the gateway would refuse is refused at once', async () => {
    await refused({ 'contextforge.analysts': { scope_id: undefined } }, /scope_id/);
    await refused({ 'contextforge.users': { scope_id: TEAM } }, /scope_id/);
    await refused({ 'contextforge.users': { scope: 'galaxy' } }, /scope/);
    await refused({ contextforge: { url: 'http://gateway.example.com' } }, /url/);
    await refused({ contextforge: { token_file: '/nowhere' } }, /token_file/);
    await refused({ contextforge: { provider: 'nobody' } }, /provider/);
    await refused({ contextforge: { url: undefined } }, /nothing is given/);
    await refused({ 'contextforge.again': rules['contextforge.users'] }, /another section/);
  });
});
