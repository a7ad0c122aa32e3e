// SPDX-License-Identifier: ISC
// People of several tenants, personal accounts and guests: who signs in, and
// whose mappings are theirs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertRefusalAudited, assertRefusalPage } from './lib/refusal.mjs';
import { deliver } from './lib/signin.mjs';
import { GROUPS, startSite } from './lib/site.mjs';

const HOME = '7e4a4700-0000-4000-8000-00000000c0de';
const PARTNER = '9a27e400-0000-4000-8000-00000000cafe';
const STRANGER = 'badbad00-0000-4000-8000-000000000bad';
const PERSONAL = '9188040d-6c67-4c5b-b112-36a304b66dad';
const map = (kind, value, role, ...more) => ['map', 'add', '--provider',
  'entra', '--kind', kind, '--value', value, '--role', role, ...more];

async function refused(site, login, cause, path = '/deep') {
  const client = site.client();
  const back = await site.begin(login, { client, returnTo: path });
  const res = await deliver(client, back);
  assertRefusalPage(res, cause, { jar: client.jar });
  await assertRefusalAudited(site, res, cause);
  assert.equal((await site.whoami(client)).status, 401);
}

describe('organizations', () => {
  let site;
  before(async () => {
    site = await startSite({
      idpArgs: ['--several', 'organizations'],
      config: { 'provider.entra': { tenant: 'organizations',
        allowed_tenants: `${HOME} ${PARTNER}` } },
      setup: [['role', 'add', 'user'], ['role', 'add', 'auditor'],
        map('group', GROUPS.developers, 'user'),
        map('app_role', 'auditor', 'auditor', '--tenant', HOME),
        map('app_role', 'auditor', 'user', '--tenant', PARTNER)],
    });
    await site.idp.person('noa', { roles: ['auditor'], tenant: PARTNER });
    await site.idp.person('ana', { tenant: STRANGER });
    await site.idp.person('ada', { tenant: PERSONAL });
  });
  after(() => site?.close());

  test('each signs in as one of the own tenant', async () => {
    const rob = (await site.whoami(await site.signIn('rob'))).json();
    const noa = (await site.whoami(await site.signIn('noa'))).json();
    const base = new URL(site.idp.issuer).origin;
    assert.equal(rob.subject.tenant, HOME);
    assert.equal(noa.subject.tenant, PARTNER);
    assert.equal(rob.subject.issuer, `${base}/${HOME}/v2.0`);
    assert.equal(noa.subject.issuer, `${base}/${PARTNER}/v2.0`);
    assert.match(noa.subject.id, new RegExp(`^entra:${PARTNER}:`));
  });

  test('the same app role is another role in another tenant', async () => {
    const rob = (await site.whoami(await site.signIn('rob'))).json();
    const noa = (await site.whoami(await site.signIn('noa'))).json();
    assert.deepEqual(rob.roles, ['auditor']);
    assert.deepEqual(noa.roles, ['user']);
  });

  test('one oid in two tenants is two people', async () => {
    const before = (await site.whoami(await site.signIn('dev'))).json();
    await site.idp.person('dev', { tenant: PARTNER });
    const after = (await site.whoami(await site.signIn('dev'))).json();
    await site.idp.person('dev', { tenant: HOME });
    assert.notEqual(before.subject.id, after.subject.id);
    assert.deepEqual(before.roles, ['user']);
  });

  test('a mapping that each tenant could use must name its tenant', async () => {
    for (const [kind, value] of [['app_role', 'boss'],
      ['directory_role', '62e90394-69f5-4237-9190-012177145e10'],
      ['app', GROUPS.admins]]) {
      const res = await site.ctlRaw(map(kind, value, 'admin'));
      assert.notEqual(res.status, 0, kind);
      assert.match(res.stderr, /several tenants/);
    }
    const other = await site.ctlRaw(
      map('group', GROUPS.admins, 'admin', '--tenant', STRANGER));
    assert.notEqual(other.status, 0);
    assert.match(other.stderr, /can sign in/);
  });

  test('other tenants are refused', () => refused(site, 'ana', 'RG_E_TENANT'));

  test('personal accounts are refused', () => refused(
    site, 'ada', 'RG_E_TENANT_PERSONAL'));

  test('a session ends when its tenant is taken off the list', async () => {
    const noa = await site.signIn('noa');
    const rob = await site.signIn('rob');
    assert.equal((await site.whoami(noa)).status, 200);
    await site.restartRolegate({ 'provider.entra': { allowed_tenants: HOME } });
    assert.equal((await site.whoami(noa)).status, 401);
    assert.equal((await site.whoami(rob)).status, 200);
    await refused(site, 'noa', 'RG_E_TENANT');
    await site.restartRolegate({ 'provider.entra': {
      allowed_tenants: `${HOME} ${PARTNER}` } });
  });

  test('clients are told the issuer of each tenant, not a template', async () => {
    const meta = async () => (await site.client().json(
      site.url('/.well-known/oauth-protected-resource'))).json();
    const base = new URL(site.idp.issuer).origin;
    assert.equal((await meta()).authorization_servers, undefined);
    const entra = site.config['provider.entra'];
    const { client_id: id, client_secret_file: file, issuer } = entra;
    const other = { type: 'entra', issuer, client_id: id, tenant: entra.tenant,
      client_secret_file: file, audiences: 'api://other', allowed_tenants: HOME };
    await site.restartRolegate({ 'provider.entra': { audiences: 'api://x' },
      'provider.other': other });
    assert.deepEqual((await meta()).authorization_servers,
      [`${base}/${HOME}/v2.0`, `${base}/${PARTNER}/v2.0`]);
    // Of any organization: there is nothing but the template's address.
    await site.restartRolegate({ 'provider.other': { allowed_tenants: '*' } });
    assert.deepEqual((await meta()).authorization_servers,
      [`${base}/${HOME}/v2.0`, `${base}/${PARTNER}/v2.0`, issuer]);
    await site.restartRolegate({ 'provider.entra': { audiences: undefined },
      'provider.other': null });
  });

  test('a person of any tenant can be signed out by the subject', async () => {
    const noa = await site.signIn('noa');
    const { id } = (await site.whoami(noa)).json().subject;
    await site.ctl('session', 'revoke', '--subject', id);
    assert.equal((await site.whoami(noa)).status, 401);
  });
});

test('common: personal accounts where they are listed, "*" or not', async () => {
  const site = await startSite({
    idpArgs: ['--several', 'common'],
    config: { 'provider.entra': { tenant: 'common', allowed_tenants: '*' } },
  });
  try {
    await site.idp.person('dev', { tenant: STRANGER });
    await site.idp.person('ada', { tenant: PERSONAL });
    await site.signIn('dev');
    await refused(site, 'ada', 'RG_E_TENANT_PERSONAL');
    await site.restartRolegate({ 'provider.entra': {
      allowed_tenants: `* ${PERSONAL}` } });
    const ada = (await site.whoami(await site.signIn('ada'))).json();
    assert.equal(ada.subject.tenant, PERSONAL);
  } finally {
    await site.close();
  }
});

test('guests, where they may not sign in', async () => {
  const site = await startSite({
    config: { 'provider.entra': { guests: 'no' } },
  });
  try {
    await site.idp.person('dev', { claims: { acct: 0 } });
    await site.idp.person('ana', { claims: { acct: 1 } });
    await site.idp.person('rob', { claims: { idp: 'https://sts.windows.net/x/' } });
    await site.signIn('dev');
    await refused(site, 'ana', 'RG_E_GUEST');
    await refused(site, 'rob', 'RG_E_GUEST');
    // Without acct nobody can tell: the setting would be a no-op.
    await refused(site, 'noa', 'RG_E_GUEST_UNKNOWN');
    await site.restartRolegate({ 'provider.entra': { guests: 'yes' } });
    await site.signIn('ana');
  } finally {
    await site.close();
  }
});

test('names of groups are believed only where that is switched on', async () => {
  const site = await startSite({ setup: [['role', 'add', 'user']] });
  try {
    const off = await site.ctlRaw(map('group_name', 'devs', 'user'));
    assert.notEqual(off.status, 0);
    await site.idp.person('dev', { claims: { team_names: ['devs'] } });
    await site.restartRolegate({ 'provider.entra': { group_names: 'yes',
      group_names_claim: 'team_names' } });
    await site.ctl(...map('group_name', 'devs', 'user'));
    const dev = await site.signIn('dev');
    assert.deepEqual((await site.whoami(dev)).json().roles, ['user']);
    await site.restartRolegate({ 'provider.entra': { group_names: 'no',
      group_names_claim: undefined } });
    const none = await site.whoami(dev);
    assert.deepEqual(none.json().roles ?? [], []);
  } finally {
    await site.close();
  }
});
