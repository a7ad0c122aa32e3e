// SPDX-License-Identifier: ISC
// claims_from = userinfo: what the ID token lacks comes from there, and while
// it does not answer, that is unknown. That another sub is refused, and that by
// default no role comes from there, is in hostile.test.mjs.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { TOKEN, startContextForge } from './lib/contextforge.mjs';
import { send } from './lib/http.mjs';
import { CLIENT_ID } from './lib/idp.mjs';
import { FOUNDING, GROUPS, startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';

const CLIENT = 'shop.example.com';
let gateway;
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
  gateway = await startContextForge();
  site = await startSite({ server: 'lighttpd-spawn', setup: [...FOUNDING,
    ['map', 'add', '--provider', 'entra', '--kind', 'app_role', '--value',
      'auditor', '--role', 'analyst']] });
  await site.restartWeb({ 'provider.entra': { type: 'oidc', tenant: null,
    claims_from: 'userinfo', refresh: 'on', timeout: 2, audiences: CLIENT_ID,
    roles_claim: `resource_access.${CLIENT.replaceAll('.', '\\.')}.roles` },
  contextforge: { url: gateway.url, create_users: 'yes',
    token_file: site.work.write('gateway-token', TOKEN, 0o600) },
  'contextforge.analysts': { role: 'analyst', gateway_role: 'developer',
    scope: 'team', scope_id: 't1' } });
});
after(async () => {
  await site?.close();
  await gateway?.close();
});

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

// [ID token, userinfo, whether the address is given to a gateway]
const ADDRESSES = [
  [{ email: 'noa@x.example', email_verified: true }, {}, true],
  [{ email: 'noa@x.example', email_verified: 'true' }, {}, true],
  [{ email: 'noa@x.example', email_verified: false }, {}, false],
  [{ email: 'noa@x.example' }, {}, false],
  [{ email: 'noa@x.example' }, { email: 'noa@x.example', email_verified: true },
    false],
  [{ email: 'noa@x.example', email_verified: false },
    { email: 'noa@x.example', email_verified: true }, false],
  [{}, { email: 'noa@x.example', email_verified: true }, true],
  [{}, { email: 'noa@x.example', email_verified: false }, false],
  [{}, { email: 'noa@x.example' }, false],
  [{ email_verified: true }, { email: 'noa@x.example' }, false],
  [{ email_verified: true, xms_edov: true }, { email: 'noa@x.example' }, false],
];

/* Which of them arrive in the header for the gateway. */
async function assertAddresses() {
  for (const [claims, userinfo, given] of ADDRESSES) {
    await person({ email: null, ...userinfo }, { email: null, claims,
      groups: ['developers'] });
    const { client, status } = await signIn();
    const res = await site.whoami(client);
    assert.equal(status, 200);
    assert.equal(res.headers['x-authenticated-user'] ?? '',
      given ? 'noa@x.example' : '', JSON.stringify([claims, userinfo]));
  }
  await person({}, { email: 'noa@contoso.example' });
}

describe('the e-mail address and whether it was verified', () => {
  it('are one statement, of one document', assertAddresses);

  it('are not lent to the address of a later sign-in', async () => {
    await person({}, { email: 'noa@x.example', groups: ['developers'],
      claims: { email_verified: true } });
    const { client } = await signIn();
    const header = async (who) => (await site.whoami(who))
      .headers['x-authenticated-user'] ?? '';
    assert.equal(await header(client), 'noa@x.example');
    await person({}, { email: 'ada@x.example', groups: ['developers'],
      claims: { email_verified: false } });
    assert.equal(await header((await signIn()).client), '');
    assert.equal(await header(client), '', 'the session of before');
    await person({}, { email: 'noa@contoso.example' });
  });

  it('what is not Entra\'s has no upn for a user name', async () => {
    await person({ upn: 'ada@contoso.example' }, { username: null,
      groups: ['developers'], claims: { unique_name: 'ada@contoso.example' } });
    const { subject } = await signIn();
    assert.equal(subject.username, '');
    await person({}, { username: 'noa@contoso.example' });
  });
});

describe('a bearer token', () => {
  it('does not get past a deny that only userinfo knows', async () => {
    const ask = async () => {
      const { token } = await site.idp.control('POST', '/access-token',
        { login: 'dev', audience: CLIENT_ID, groups: true });
      const res = await send(site.url('/whoami'),
        { headers: { authorization: `Bearer ${token}` } });
      return { status: res.status, ...res.json() };
    };
    assert.deepEqual((await ask()).roles, ['user']);
    const { id } = await site.ctlJson('map', 'add', '--provider', 'entra',
      '--kind', 'claim', '--claim', 'suspended', '--value', 'true', '--deny');
    const { status, error } = await ask();
    assert.deepEqual([status, error], [403, 'groups_unknown']);
    await site.ctl('map', 'remove', String(id));
    assert.deepEqual((await ask()).roles, ['user']);
  });
});

describe('userinfo does not answer', () => {
  it('a gateway is told nothing new of who had a role from there', async () => {
    const sync = async () => (await site.ctl('--json', 'contextforge', 'sync'))
      .split('\n').filter(Boolean).map((line) => JSON.parse(line));
    const mail = 'noa@contoso.example';
    await person({ resource_access: { [CLIENT]: { roles: ['auditor'] } } },
      { groups: ['developers'], claims: { email_verified: true } });
    assert.deepEqual((await signIn()).roles, ['analyst', 'user']);
    await sync();
    assert.deepEqual(gateway.rolesOf(mail), ['developer team:t1']);
    await site.idp.fault('userinfo', '500');
    assert.deepEqual((await signIn()).roles, ['user']);
    assert.ok((await sync()).some((s) => s.reason === 'claims_missing'));
    assert.deepEqual(gateway.rolesOf(mail), ['developer team:t1']);
    await site.idp.wellAgain();
    await person({}, { groups: [], claims: { email_verified: true } });
  });

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

describe('userinfo = yes: for display alone', () => {
  before(() => site.restartWeb({ 'provider.entra': { userinfo: 'yes',
    claims_from: null } }));

  it('an address is believed as above', assertAddresses);

  it('no mapping sees what it tells', async () => {
    const made = [];
    for (const [claim, value] of [['email', 'noa@x.example'], ['name', 'Noa'],
      ['_userinfo.email', 'noa@x.example']]) {
      made.push((await site.ctlJson('map', 'add', '--provider', 'entra',
        '--kind', 'claim', '--claim', claim, '--value', value, '--role',
        'analyst')).id);
    }
    const told = { email: 'noa@x.example', email_verified: true, name: 'Noa' };
    await person(told, { email: null, name: null });
    assert.equal((await signIn()).error, 'no_role');
    await person({}, { email: 'noa@x.example' });
    assert.deepEqual((await signIn()).roles, ['analyst'], 'the ID token tells it');
    for (const id of made) await site.ctl('map', 'remove', String(id));
  });

  for (const mode of ['500', 'down']) {
    it(`${mode}: who signs in keeps roles, name and address`, async () => {
      await person({ name: 'Noa N.', email: 'noa@x.example',
        email_verified: true }, { name: null, email: null,
        groups: ['developers'] });
      await signIn();
      await site.idp.fault('userinfo', mode);
      await person({}, { name: null, email: null, groups: ['data-analysts'] });
      const { client, roles: held, groups, subject } = await signIn();
      assert.deepEqual(held, ['analyst']);
      assert.equal(groups.state, 'complete');
      assert.deepEqual([subject.name, subject.email],
        ['Noa N.', 'noa@x.example']);
      assert.equal((await site.whoami(client)).headers['x-authenticated-user'],
        'noa@x.example');
      // Who is new comes in without a name.
      await site.idp.person('gus', { name: null, email: null, claims: {},
        groups: ['developers'] });
      const gus = await roles(await site.signIn('gus'));
      assert.deepEqual([gus.roles, gus.subject.name], [['user'], '']);
      await sql(site.work.path('data/rolegate.db'),
        "UPDATE principals SET subject = 'gone' || id WHERE username LIKE 'gus%'");
      await site.idp.wellAgain();
    });
  }

  it('a renewal without it keeps the session, its roles and the name', async () => {
    await person({ email: 'noa@x.example', email_verified: true },
      { email: null, groups: ['developers'] });
    const { client } = await signIn();
    await site.idp.fault('userinfo', '500');
    // Twice: a refresh token is good once, and the new one must be kept.
    assert.equal((await renew()).status, 0);
    await person({}, { email: null, groups: ['data-analysts'] });
    assert.equal((await renew()).status, 0);
    const res = await site.whoami(client);
    assert.deepEqual(res.json().roles, ['analyst']);
    assert.equal(res.json().subject.email, 'noa@x.example');
    assert.equal(res.headers['x-authenticated-user'], 'noa@x.example');
    await site.idp.wellAgain();
    await person({ email: 'new@x.example' }, { email: null,
      groups: ['data-analysts'] });
    assert.equal((await renew()).status, 0);
    assert.equal((await roles(client)).subject.email, 'new@x.example');
  });
});
