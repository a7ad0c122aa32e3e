// SPDX-License-Identifier: ISC
// Every operation that www/openapi.json describes, by everybody who may and who
// may not. It is made from the document, so a new operation can't be forgotten;
// and the document is held against the table in cgi/api.c.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Api } from './lib/api.mjs';
import { Client } from './lib/http.mjs';
import { CLIENT_ID } from './lib/idp.mjs';
import { Description } from './lib/openapi.mjs';
import { sql } from './lib/sqlite.mjs';
import { FOUNDING, GROUPS, startSite } from './lib/site.mjs';

const NONE = '4711';
const FREE = '0e000000-0000-4000-8000-000000000009';
const API = `api://${CLIENT_ID}`;
const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url),
  'utf8');

/*
 * A request for each operation that changes nothing that others need: `path`
 * fills the holes, `body` is sent.
 */
const SAMPLES = {
  getDescription: {}, listMySessions: {}, revokeMySessions: { ends: true },
  revokeMySession: { path: NONE }, listRoles: {},
  addRole: { body: { name: 'admin' } }, getRole: { path: 'user' },
  changeRole: { path: 'none', body: {} }, removeRole: { path: 'none' },
  listMappings: {},
  addMapping: { body: { provider: 'none', kind: 'group', value: FREE,
    role: 'user' } },
  getMapping: { path: '1' }, changeMapping: { path: NONE, body: {} },
  removeMapping: { path: NONE }, listGrants: {},
  addGrant: { body: { principal: 4711, role: 'probe' } },
  getGrant: { path: NONE }, changeGrant: { path: NONE, body: {} },
  removeGrant: { path: NONE }, listSessions: {},
  revokeSessions: { ends: true }, revokeSession: { path: NONE },
  listPrincipals: {}, getPrincipal: { path: '1' },
  changePrincipal: { path: NONE, body: { disabled: false } },
  explainPrincipal: { path: '1' }, revokePrincipalSessions: { path: NONE },
  listAudit: {}, getPolicy: {}, getHealth: {}, getStats: {},
  verifyAudit: {},
  whatIf: { body: { schema: 'rolegate.mappings.v1' } },
};

let site;
let ada;
let about;
const people = {};

const HOME = '7e4a4700-0000-4000-8000-00000000c0de';
const PARTNER = '9a27e400-0000-4000-8000-00000000cafe';

/* Who signs in as whom; each is signed in anew when the session was ended. */
const LOGINS = { admin: ['ada'], user: ['dev'], analyst: ['ana'],
  noRole: ['noa'], probe: ['rob'], elsewhere: ['ada', 'other'],
  otherTenant: ['max'] };
async function signIn(name) {
  const [login, provider = 'entra'] = LOGINS[name];
  people[name] = await site.signIn(login, { query: { provider } });
}

before(async () => {
  const setup = [...FOUNDING, ['role', 'add', 'probe'],
    ['map', 'add', '--provider', 'entra', '--kind', 'app_role', '--value',
      'auditor', '--role', 'probe']];
  site = await startSite({
    idpArgs: ['--several', 'organizations'],
    config: { 'provider.entra': { tenant: 'organizations',
      allowed_tenants: `${HOME} ${PARTNER}` } },
    setup: setup.map((args) => (args[0] === 'map'
      ? [...args, '--tenant', HOME] : args)),
  });
  /* An admin of a partner's tenant, who may sign in; not one of ours. */
  await site.idp.person('max', { tenant: PARTNER, groups: ['admins'],
    roles: ['auditor'] });
  /* Another application of the same directory: its admins are not ours. */
  await site.restartRolegate({ 'provider.other': site.config['provider.entra'],
    'provider.entra': { audiences: API } });
  for (const name of Object.keys(LOGINS)) {
    await signIn(name);
    if (name === 'admin') ada = new Api(site, people.admin);
  }
  const expired = await site.signIn('ada', { query: { provider: 'entra' } });
  const { session } = (await site.whoami(expired)).json();
  await sql(site.config.rolegate.database, `UPDATE sessions SET dies_at = 1
    WHERE public_id = '${session.id}'`);
  people.expired = expired;
  people.anonymous = new Client();
  about = new Description((await ada.get('/openapi.json')).body);
});
after(() => site?.close());

async function ask(client, operation, { headers, ...more } = {}) {
  const { path = '', body } = SAMPLES[operation.id];
  const matched = operation.parameters.some((p) => p.name === 'If-Match');
  const res = await new Api(site, client).call(operation.method,
    operation.path.replace(/\{\w+\}/, path), { body,
      headers: { ...(matched ? { 'if-match': '*' } : {}), ...headers }, ...more });
  about.check(operation, res);
  return res;
}

describe('the document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const res = await new Validator().validate(structuredClone(about.document));
    assert.ok(res.valid, JSON.stringify(res.errors));
    assert.match(about.document.openapi, /^3\.1\./);
  });

  test('has the operations and permissions of the program', () => {
    const table = [...read('cgi/api.c').matchAll(
      /\{METHOD_(\w+),\s*"([^"]+)",\s*(\w+),([^{]*),\s*\{([^}]*)\},\s*\{([^}]*)\}\}/g)]
      .map(([, method, path, fn, flags, permissions, query]) => {
        const words = (text) => [...text.matchAll(/"([^"]+)"/g)]
          .map(([, word]) => word).sort();
        return { method, path, open: flags.includes('OPEN'),
          match: flags.includes('MATCH'), body: flags.includes('BODY'),
          permissions: words(permissions), query: words(query) };
      });
    assert.ok(table.length > 20, 'the table was found');
    const described = about.operations.map((o) => ({ method: o.method,
      path: o.path.replace(/\{\w+\}/, '{}'), open: o.permissions === null,
      match: o.parameters.some((p) => p.name === 'If-Match'),
      body: o.body !== undefined, permissions: [...(o.permissions ?? [])].sort(),
      query: o.parameters.filter((p) => p.in === 'query').map((p) => p.name)
        .sort() }));
    const key = (o) => `${o.path} ${o.method}`;
    const sort = (list) => list.sort((a, b) => (key(a) < key(b) ? -1 : 1));
    assert.deepEqual(sort(described), sort(table));
  });

  test('there is a request for each operation here', () => {
    assert.deepEqual(about.operations.map((o) => o.id).sort(),
      Object.keys(SAMPLES).sort());
  });
});

describe('who may what', () => {
  const each = async (fn) => {
    for (const operation of about.operations) await fn(operation);
  };
  const isOpen = (o) => o.permissions === null;
  const isOwn = (o) => o.permissions?.length === 0;

  for (const name of ['anonymous', 'expired']) {
    test(`${name}: the document, and nothing else`, () => each(async (o) => {
      const res = await ask(people[name], o);
      assert.equal(res.status, isOpen(o) ? 200 : 401, o.id);
      if (!isOpen(o)) {
        assert.equal(res.body.error, 'unauthenticated');
        assert.match(res.headers['www-authenticate'], /^Bearer /);
      }
    }));
  }

  for (const [name, error] of [['user', 'insufficient_role'],
    ['analyst', 'insufficient_role'], ['noRole', 'no_role'],
    ['elsewhere', 'no_role'], ['otherTenant', 'no_role']]) {
    test(`${name}: what is their own`, () => each(async (o) => {
      if (SAMPLES[o.id].ends && isOwn(o)) return;
      const res = await ask(people[name], o);
      if (isOpen(o) || isOwn(o)) assert.ok(![401, 403].includes(res.status), o.id);
      else assert.deepEqual([res.status, res.body.error], [403, error], o.id);
    }));
  }

  const cross = {
    'another site': { 'sec-fetch-site': 'cross-site' },
    'a sister site': { 'sec-fetch-site': 'same-site' },
    'another site, with our Origin': { 'sec-fetch-site': 'cross-site',
      origin: undefined },
  };
  for (const [name, headers] of Object.entries(cross)) {
    test(`an admin sent by ${name}: nothing`, () => each(async (o) => {
      if (isOpen(o)) return;
      const res = await ask(people.admin, o, { headers });
      assert.deepEqual([res.status, res.body.error], [403, 'cross_site'], o.id);
    }));
  }

  const forged = {
    'no CSRF header': { 'x-rolegate-csrf': undefined },
    'a CSRF header with another value': { 'x-rolegate-csrf': 'true' },
    'neither Origin nor Sec-Fetch-Site': { origin: undefined },
    'the Origin of another site': { origin: 'https://evil.example' },
    'an opaque Origin': { origin: 'null' },
    'an Origin that only begins like ours': (o) => ({ origin: `${o}.evil.example` }),
    'the Origin of another port': (o) => ({ origin: o.replace(/:\d+$/, ':1') }),
    'an address typed by a person': { 'sec-fetch-site': 'none' },
    'our Fetch Metadata and a foreign Origin': {
      'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
  };
  for (const [name, headers] of Object.entries(forged)) {
    test(`an admin with ${name}: reads, but edits nothing`, () =>
      each(async (o) => {
        if (isOpen(o) || o.method === 'GET') return;
        const sent = typeof headers === 'function'
          ? headers(new URL(site.publicUrl).origin) : headers;
        const res = await ask(people.admin, o, { headers: sent });
        assert.deepEqual([res.status, res.body.error], [403, 'cross_site'], o.id);
        assert.match(res.body.message,
          /X-Rolegate-CSRF: 1 and the Origin of this site, or Sec-Fetch-Site/);
      }));
  }

  test('a token beside an admin\'s cookie decides, and is refused', () =>
    each(async (o) => {
      if (isOpen(o)) return;
      const res = await ask(people.admin, o,
        { headers: { authorization: 'Bearer x.y.z' } });
      assert.deepEqual([res.status, res.body.error], [401, 'invalid_token'], o.id);
    }));

  const admin = { login: 'ada', audience: API, groups: true };
  for (const [name, token] of Object.entries({
    'has expired': { ...admin, claims: { exp: { now: -1000 } } },
    'is for another application': { ...admin, audience: 'api://other' },
    'was signed by a stranger': { ...admin, key: 'stranger' },
  })) {
    test(`an admin's access token that ${name}: nothing`, async () => {
      const sent = await site.idp.control('POST', '/access-token', token);
      await each(async (o) => {
        if (isOpen(o)) return;
        const res = await ask(new Client(), o,
          { headers: { authorization: `Bearer ${sent.token}` } });
        assert.deepEqual([res.status, res.body.error], [401, 'invalid_token'],
          o.id);
      });
    });
  }

  for (const [name, login, error] of [['an admin', 'ada'],
    ['a user', 'dev', 'insufficient_role'],
    ['an admin of another tenant', 'max', 'no_role']]) {
    test(`${name} with an access token: the same, and without the header`,
      async () => {
        const base = new URL(site.idp.issuer).origin;
        const { token } = await site.idp.control('POST', '/access-token', {
          login, audience: API, groups: true, claims: error === 'no_role'
            ? { tid: PARTNER, iss: `${base}/${PARTNER}/v2.0` } : {} });
        for (const o of about.operations) {
          if (isOpen(o) || SAMPLES[o.id].ends) continue;
          const res = await ask(new Client(), o, { headers: {
            authorization: `Bearer ${token}`, origin: undefined,
            'x-rolegate-csrf': undefined } });
          if (!error || isOwn(o)) {
            assert.ok(![401, 403].includes(res.status), `${o.id} ${res.status}`);
          } else {
            assert.deepEqual([res.status, res.body.error], [403, error], o.id);
          }
        }
      });
  }

  test('who has exactly the permissions may, and with one less may not',
    () => each(async (o) => {
      if (isOpen(o) || isOwn(o)) return;
      const all = [...new Set(about.operations.flatMap(
        (p) => p.permissions ?? []))];
      const put = async (permissions) => ada.patch('/roles/probe',
        { permissions }, '*');
      for (const missing of o.permissions) {
        await put(all.filter((p) => p !== missing));
        const res = await ask(people.probe, o);
        assert.deepEqual([res.status, res.body.error],
          [403, 'insufficient_role'], `${o.id} without ${missing}`);
      }
      await put(o.permissions);
      const res = await ask(people.probe, o);
      assert.ok(res.status !== 401
        && (res.status !== 403 || res.body.error === 'beyond_authority'),
      `${o.id}: ${res.status}`);
      if (!SAMPLES[o.id].ends) return;
      for (const name of Object.keys(LOGINS)) await signIn(name);
      ada = new Api(site, people.admin);
    }));

  test('an admin may everything', () => each(async (o) => {
    const res = await ask(people.admin, o);
    assert.ok(![401, 403].includes(res.status), `${o.id}: ${res.status}`);
    if (!SAMPLES[o.id].ends) return;
    await signIn('admin');
    ada = new Api(site, people.admin);
  }));
});

test('what succeeds is answered as described', async () => {
  const done = new Set();
  const good = async (id, path, { body, match } = {}) => {
    const operation = about.operation(id);
    if (body) about.checkBody(operation, body);
    const res = await ada.call(operation.method, path, { body, match });
    assert.ok(res.status < 300, `${id}: ${JSON.stringify(res.body)}`);
    about.check(operation, res);
    done.add(id);
    return res;
  };
  await signIn('user');
  await good('getDescription', '/openapi.json');
  const role = await good('addRole', '/roles', { body: { name: 'described',
    description: 'a', permissions: ['b'], is_admin: false } });
  await good('getRole', '/roles/described');
  await good('listRoles', '/roles?limit=2');
  const changed = await good('changeRole', '/roles/described',
    { body: { description: 'c' }, match: role.etag });
  const mapping = await good('addMapping', '/mappings', { body: {
    provider: 'entra', kind: 'group', value: GROUPS.developers,
    role: 'described', label: 'x', tenant: null, expires_at: 0 } });
  const at = `/mappings/${mapping.body.id}`;
  await good('getMapping', at);
  await good('listMappings', '/mappings?role=described');
  await good('changeMapping', at, { body: { note: 'y' }, match: mapping.etag });
  const { body: { items: [dev] } } = await good('listPrincipals',
    '/principals?search=dev%40&limit=1');
  const grant = await good('addGrant', '/grants', { body: { principal: dev.id,
    role: 'described', reason: 'z' } });
  await good('getGrant', `/grants/${grant.body.id}`);
  await good('listGrants', `/grants?principal=${dev.id}`);
  await good('changeGrant', `/grants/${grant.body.id}`,
    { body: { reason: 'z' }, match: grant.etag });
  const why = await good('explainPrincipal', `/principals/${dev.id}/explain`);
  assert.ok(why.body.reasons.length >= 3);
  const person = await good('getPrincipal', `/principals/${dev.id}`);
  await good('changePrincipal', `/principals/${dev.id}`,
    { body: { disabled: false }, match: person.etag });
  const policy = await good('getPolicy', '/policy');
  await good('whatIf', '/what-if', { body: { ...policy.body, mappings: [] } });
  await good('removeGrant', `/grants/${grant.body.id}`, { match: grant.etag });
  await good('removeMapping', at, { match: '*' });
  await good('removeRole', '/roles/described', { match: changed.etag });
  await good('getHealth', '/health');
  await good('getStats', '/stats?hours=2');
  await good('listAudit', '/audit?event=role.&limit=5');
  await good('verifyAudit', '/audit/verify');
  const { body: { items: [session] } } = await good('listSessions',
    `/sessions?principal=${dev.id}`);
  await good('revokeSession', `/sessions/${session.id}`);
  await good('revokePrincipalSessions', `/principals/${dev.id}/sessions`);
  await site.signIn('ada', { query: { provider: 'entra' } });
  const mine = await good('listMySessions', '/me/sessions');
  const { session: own } = (await site.whoami(people.admin)).json();
  const spare = mine.body.items.find((s) => s.id !== own.id);
  await good('revokeMySession', `/me/sessions/${spare.id}`);
  await good('revokeMySessions', '/me/sessions');
  await signIn('admin');
  ada = new Api(site, people.admin);
  await good('revokeSessions', '/sessions');
  assert.deepEqual([...done].sort(), about.operations.map((o) => o.id).sort());
});
