// SPDX-License-Identifier: ISC
// claims_from = userinfo: what the ID token lacks comes from there, and while
// it does not answer, that is unknown. That another sub is refused, and that by
// default no role comes from there, is in hostile.test.mjs.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FOUNDING, GROUPS, startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';

const CLIENT = 'shop.example.com';
let site;

const person = (userinfo, more = {}) => site.idp.person('noa', {
  groups: [], roles: [], claims: {}, userinfo, ...more });

async function signIn() {
  const client = await site.signIn('noa');
  return { client, ...await roles(client) };
}

async function roles(client) {
  const res = await site.whoami(client);
  return { status: res.status, ...res.json() };
}

async function renew() {
  await sql(site.work.path('data/rolegate.db'),
    'UPDATE refreshes SET due_at = 0');
  return site.ctlRaw(['--json', 'maintain']);
}

before(async () => {
  // Nothing but the command renews, so that a test sees what it caused.
  site = await startSite({ server: 'lighttpd-spawn', setup: [...FOUNDING,
    ['map', 'add', '--provider', 'entra', '--kind', 'app_role', '--value',
      'auditor', '--role', 'analyst']] });
  await site.restartWeb({ 'provider.entra': { type: 'oidc', tenant: null,
    claims_from: 'userinfo', refresh: 'on', timeout: 2,
    roles_claim: `resource_access.${CLIENT.replaceAll('.', '\\.')}.roles` } });
});
after(() => site?.close());

describe('userinfo answers', () => {
  it('its groups and roles count, also below a client with dots', async () => {
    await person({ groups: [GROUPS.developers],
      resource_access: { [CLIENT]: { roles: ['auditor'] } } });
    const { roles: held, groups } = await signIn();
    assert.deepEqual(held, ['analyst', 'user']);
    assert.equal(groups.state, 'complete');
  });

  it('the ID token is never replaced', async () => {
    await person({ groups: [GROUPS.admins], acct: 1, oid: GROUPS.admins },
      { groups: ['developers'] });
    assert.deepEqual((await signIn()).roles, ['user']);
  });

  it('what it does not tell is absent, not unknown', async () => {
    await person({});
    assert.equal((await signIn()).error, 'no_role');
  });
});

describe('userinfo does not answer', () => {
  for (const mode of ['500', 'garbage', 'down']) {
    it(`${mode}: no role for who is new, and the reason`, async () => {
      await sql(site.work.path('data/rolegate.db'),
        "UPDATE principals SET groups = '{}'");
      await person({ groups: [GROUPS.developers] });
      await site.idp.fault('userinfo', mode);
      const { status, error, client } = await signIn();
      assert.equal(status, 403);
      assert.equal(error, 'groups_unknown');
      const { detail } = (await site.audit('--event', 'sign_in.ok')).at(-1);
      assert.equal(detail.groups, 'unknown');
      assert.equal(detail.groups_reason, 'userinfo_unavailable');
      assert.equal(detail.groups_error, 'RG_E_USERINFO');
      const page = await client.get(site.url('/me'), { headers: {
        accept: 'text/html' } });
      assert.match(page.body, /could not be asked for them just now/);
      await site.idp.wellAgain();
    });
  }

  it('groups that were known stand in; roles give nothing', async () => {
    await person({ groups: [GROUPS.developers],
      resource_access: { [CLIENT]: { roles: ['auditor'] } } });
    const { client } = await signIn();
    await site.idp.fault('userinfo', '500');
    const again = await signIn();
    assert.deepEqual(again.roles, ['user']);
    assert.notEqual(again.groups.state, 'complete');
    // The session of before is not touched.
    assert.deepEqual((await roles(client)).roles, ['analyst', 'user']);
    await site.idp.wellAgain();
  });

  it('a renewal takes nothing away, and is made up for', async () => {
    await person({ groups: [GROUPS.developers],
      resource_access: { [CLIENT]: { roles: ['auditor'] } } });
    const { client } = await signIn();
    await site.idp.fault('userinfo', '500');
    assert.notEqual((await renew()).status, 0);
    // Twice: a refresh token is good once, and the new one must be kept.
    assert.notEqual((await renew()).status, 0);
    assert.deepEqual((await roles(client)).roles, ['analyst', 'user']);
    await site.idp.wellAgain();
    await person({ groups: [GROUPS.developers] });
    assert.equal((await renew()).status, 0);
    assert.deepEqual((await roles(client)).roles, ['user']);
  });
});
