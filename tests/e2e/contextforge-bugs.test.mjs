// SPDX-License-Identifier: ISC
// Faults that were found in ContextForge's own single sign-on, each as it would
// show here. The numbers are those of the list that the tests were written
// from; the title says what goes wrong there. Elsewhere, with the number in the
// title: 2, 3, 15, 17, 18 and 29 in contextforge-scenarios.test.mjs, 22 in
// signin.test.mjs, 25 in contextforge-proxy.test.mjs, 27 in aadsts.test.mjs, 30
// in signout.test.mjs and refresh.test.mjs. 26 is about a plugin that rolegate
// has none of.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertRefusalAudited, assertRefusalPage } from './lib/refusal.mjs';
import { send } from './lib/http.mjs';
import { CLIENT_ID } from './lib/idp.mjs';
import { deliver } from './lib/signin.mjs';
import { GROUPS, startSite } from './lib/site.mjs';

const HOME = '7e4a4700-0000-4000-8000-00000000c0de';
const PARTNER = '9a27e400-0000-4000-8000-00000000cafe';
const GLOBAL_ADMIN = '62e90394-69f5-4237-9190-012177145e10';
const map = (kind, value, role, ...more) => ['map', 'add', '--provider',
  'entra', '--kind', kind, '--value', value, '--role', role, ...more];

async function refused(site, login, cause) {
  const client = site.client();
  const res = await deliver(client, await site.begin(login, { client }));
  assertRefusalPage(res, cause, { jar: client.jar });
  await assertRefusalAudited(site, res, cause);
}

describe('claims and identity', () => {
  let site;
  before(async () => {
    site = await startSite({
      config: { 'provider.entra': { groups_claim: 'https://app.example/groups' } },
      setup: [['role', 'add', 'user'], ['role', 'add', 'auditor'],
        map('group', GROUPS.developers, 'user'),
        map('app_role', 'Admin', 'admin'),
        map('directory_role', GLOBAL_ADMIN, 'auditor')],
    });
  });
  after(() => site?.close());
  const rolesOf = async (login, change) => {
    await site.idp.person(login, { groups: [], roles: [], claims: {}, ...change });
    return (await site.whoami(await site.signIn(login))).json();
  };

  test('bug 6: a group named like an app role is that app role', async () => {
    const named = { groups: ['Admin'], 'https://app.example/groups': ['Admin'] };
    const who = await rolesOf('dev', { claims: named });
    assert.deepEqual(who.roles ?? [], []);
    const real = await rolesOf('dev', { roles: ['Admin'] });
    assert.deepEqual(real.roles, ['admin']);
    // Nor is an object id among the app roles a group.
    const id = await rolesOf('dev', { roles: [GROUPS.developers] });
    assert.deepEqual(id.roles ?? [], []);
  });

  test('bug 7: another groups claim is not read from the ID token; wids are not'
    + ' supported', async () => {
    const own = await rolesOf('ana', {
      claims: { 'https://app.example/groups': [GROUPS.developers] } });
    assert.deepEqual(own.roles, ['user']);
    const wids = await rolesOf('ana', { wids: [GLOBAL_ADMIN] });
    assert.deepEqual(wids.roles, ['auditor']);
    // The usual claim counts no more when another one is configured.
    const usual = await rolesOf('ana', { groups: ['developers'], wids: [] });
    assert.deepEqual(usual.roles ?? [], []);
  });

  test('bug 8: the e-mail address is the key, and unverified', async () => {
    const mail = 'ada@contoso.example';
    await rolesOf('ada', { roles: ['Admin'], email: mail, username: mail });
    const ada = (await site.whoami(await site.signIn('ada'))).json();
    assert.deepEqual(ada.roles, ['admin']);
    // Somebody else comes with all of her names: still somebody else.
    const noa = await rolesOf('noa', { name: 'Ada Admin', email: mail,
      username: mail, claims: { upn: mail, email_verified: true } });
    assert.equal(noa.error, 'no_role');
    // And she stays herself under another address.
    const moved = await rolesOf('ada', { roles: ['Admin'],
      email: 'ada@new.example', username: 'ada@new.example' });
    assert.equal(moved.subject.id, ada.subject.id);
  });

  test('bug 9: addresses in verified_primary_email refuse the sign-in',
    async () => {
      const who = await rolesOf('rob', { roles: ['Admin'], claims: {
        verified_primary_email: ['rob@contoso.example'],
        verified_secondary_email: 'rob@other.example', xms_edov: false } });
      assert.deepEqual(who.roles, ['admin']);
    });
});

test('bug 11: nobody signs in while userinfo is down', async () => {
  const site = await startSite({ setup: [['role', 'add', 'user'],
    map('group', GROUPS.developers, 'user')] });
  try {
    await site.idp.fault('userinfo', '500');
    const who = (await site.whoami(await site.signIn('dev'))).json();
    assert.deepEqual(who.roles, ['user']);
    assert.equal((await site.idp.counts()).userinfo, 0, 'nor is it asked');
  } finally {
    await site.close();
  }
});

describe('what must be in a token', () => {
  let site;
  before(async () => {
    site = await startSite({ idp: 'hostile',
      config: { 'provider.entra': { userinfo: 'yes' } } });
  });
  after(() => site?.close());

  test('bug 10: exp, iat and sub are not required, azp is not looked at',
    async () => {
      for (const [name, cause] of [['missing-exp', 'RG_E_EXP_MISSING'],
        ['missing-iat', 'RG_E_IAT_MISSING'], ['missing-sub', 'RG_E_SUB'],
        ['wrong-azp', 'RG_E_AZP']]) {
        await site.idp.behave(name);
        await refused(site, 'ada', cause);
      }
      // A clock that is a little off is no reason.
      await site.idp.behave('ok', { claims: { exp: { now: -30 } } });
      await site.signIn('ada');
    });

  test('bug 11: userinfo may be about somebody else',
    async () => {
      await site.idp.behave('userinfo-invalid-sub');
      await refused(site, 'ada', 'RG_E_USERINFO_SUB');
    });
});

describe('roles and records', () => {
  const api = `api://${CLIENT_ID}`;
  let site;
  before(async () => {
    site = await startSite();
    await site.restartRolegate({ 'provider.entra': { audiences: api,
      graph: 'delegated', graph_url: new URL(site.idp.issuer).origin } });
  });
  after(() => site?.close());
  const roles = async (client) => (await site.whoami(client)).json().roles ?? [];
  const ask = async (what) => {
    const { token } = await site.idp.control('POST', '/access-token',
      { audience: api, ...what });
    return send(site.url('/whoami'),
      { headers: { authorization: `Bearer ${token}` } });
  };

  test('bug 1: mappings as they are documented do nothing', async () => {
    assert.deepEqual(await roles(await site.signIn('dev')), ['user']);
  });

  test('bugs 4 and 5: a bearer token without groups takes roles away, and is'
    + ' good for few routes', async () => {
    const dev = await site.signIn('dev');
    const poor = await ask({ login: 'dev' });
    assert.equal(poor.json().error, 'groups_unknown');
    assert.deepEqual(await roles(dev), ['user']);
    assert.deepEqual(await roles(await site.signIn('dev')), ['user']);
    assert.deepEqual((await site.audit('--event', 'roles.changed')), []);
    assert.deepEqual((await ask({ login: 'dev', groups: true })).json().roles,
      ['user']);
  });

  test('bugs 13 and 14: a setting counts only at the first start, admin only'
    + ' at the second sign-in', async () => {
    await site.signIn('ada'); // stays an admin, whoever else is one no more
    const rob = await site.signIn('rob');
    assert.deepEqual(await roles(rob), []);
    const { id } = await site.ctlJson(...map('app_role', 'auditor', 'admin'));
    const now = (await site.whoami(rob)).json();
    assert.equal(now.is_admin, true);
    await site.ctl('map', 'remove', String(id));
    assert.deepEqual(await roles(rob), []);
  });

  test('bug 16: what an administrator gives is taken away with the group',
    async () => {
      const ana = await site.signIn('ana');
      const { subject } = (await site.whoami(ana)).json();
      await site.ctl('grant', 'add', subject.id, '--role', 'analyst',
        '--reason', 'asked for');
      await site.idp.person('ana', { groups: [] });
      assert.deepEqual(await roles(await site.signIn('ana')), ['analyst']);
      await site.idp.person('ana', { groups: ['data-analysts'] });
    });

  test('bug 19: with too many groups for a token other groups count',
    async () => {
      for (const others of [0, 199, 200, 250]) {
        await site.idp.person('noa', { groups: ['developers'], others });
        assert.deepEqual(await roles(await site.signIn('noa')), ['user']);
      }
    });

  test('bug 23: a sign-in that failed can be tried again with the same state',
    async () => {
      const client = site.client();
      const back = await site.begin('dev', { client });
      await site.idp.fault('token', '500');
      const first = await deliver(client, back);
      assert.notEqual(first.status, 303);
      await site.idp.wellAgain();
      const again = await deliver(client, back);
      assert.notEqual(again.status, 303);
      assert.equal((await site.whoami(client)).status, 401);
    });

  test('bugs 20 and 21: nothing is on record, and all refusals look alike',
    async () => {
      await site.idp.person('dev', { groups: ['data-analysts'] });
      await site.signIn('dev');
      const change = (await site.audit('--event', 'roles.changed')).at(-1);
      assert.deepEqual([change.detail.old, change.detail.new],
        [['user'], ['analyst']]);
      await site.idp.person('dev', { groups: ['developers'] });
      await refused(site, 'nora', 'RG_E_OID');
      await refused(site, 'bot', 'RG_E_APP_ONLY');
    });

  test('bug 24: roles of an access token that nobody verified count',
    async () => {
      const res = await ask({ login: 'dev', groups: true, key: 'stranger' });
      assert.equal(res.status, 401);
      assert.equal(res.json().error, 'invalid_token');
    });
});

test('bug 12: several tenants and national clouds can not work', async () => {
  const site = await startSite({ idpArgs: ['--several', 'organizations'],
    config: { 'provider.entra': { tenant: 'organizations',
      allowed_tenants: HOME },
    contextforge: { platform_admin_email: 'ada@contoso.example' } } });
  try {
    // Bug 8 again: in many tenants, an address is what somebody wrote there,
    // unless Entra says that the domain is the tenant's own.
    for (const [claims, address] of [[{}, ''], [{ xms_edov: false }, ''],
      [{ xms_edov: true }, 'dev@contoso.example'],
      [{ xms_edov: '1' }, 'dev@contoso.example'],
      [{ xms_edov: 1, email_verified: false }, '']]) {
      await site.idp.person('dev', { claims });
      const who = await site.whoami(await site.signIn('dev'));
      assert.equal(who.status, 200);
      assert.equal(who.headers['x-authenticated-user'] ?? '', address,
        JSON.stringify(claims));
    }
    await site.idp.person('ana', { tenant: PARTNER });
    await site.signIn('dev');
    await refused(site, 'ana', 'RG_E_TENANT');
    site.configure({ 'provider.entra': { tenant: HOME, cloud: 'usgov',
      allowed_tenants: undefined, issuer: undefined } });
    await site.ctl('config', 'check');
    site.configure({ 'provider.entra': { tenant: 'organizations' } });
    const { status, stderr } = await site.ctlRaw(['config', 'check']);
    assert.notEqual(status, 0);
    assert.match(stderr, /allowed_tenants: is required/);
  } finally {
    await site.close();
  }
});

test('bug 28: guests and tokens of applications are like anybody', async () => {
  const site = await startSite({
    config: { 'provider.entra': { guests: 'no' } } });
  try {
    await site.idp.person('ana', { claims: { acct: 1 } });
    await site.idp.person('dev', { claims: { acct: 0 } });
    await site.idp.person('rob', { claims: { acct: 0, idtyp: 'app' } });
    await refused(site, 'ana', 'RG_E_GUEST');
    await refused(site, 'rob', 'RG_E_APP_ONLY');
    await site.signIn('dev');
  } finally {
    await site.close();
  }
});
