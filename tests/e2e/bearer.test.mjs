// SPDX-License-Identifier: ISC
// Access tokens in place of a session: what is accepted, what is refused and
// how that is said, and that neither has anything to do with a session.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Client, send } from './lib/http.mjs';
import { CLIENT_ID } from './lib/idp.mjs';
import { startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';

const API = `api://${CLIENT_ID}`;
const GRAPH = '00000003-0000-0000-c000-000000000000';
let site;

/* A token of the provider; see POST /access-token in tests/idp/README.md. */
async function token(what) {
  const made = await site.idp.control('POST', '/access-token',
    { audience: API, ...what });
  return made.token;
}

const log = () => readFileSync(site.rolegate.log, 'utf8');

function ask(bearer, query = '', headers = {}) {
  return send(site.url(`/whoami${query}`),
    { headers: { authorization: `Bearer ${bearer}`, ...headers } });
}

/* Refused: the status, the error of the challenge, and the cause in the log. */
async function refused(bearer, { status = 401, error = 'invalid_token', cause,
  query, headers } = {}) {
  const since = log().length;
  const res = await ask(bearer, query, headers);
  assert.equal(res.status, status, res.body);
  assert.match(res.headers['www-authenticate'],
    new RegExp(`^Bearer error="${error}", resource_metadata="`));
  assert.equal(res.json().error, error);
  assert.ok(!res.body.includes('subject'));
  if (cause) assert.match(log().slice(since), new RegExp(`error=${cause}\\b`));
  return res;
}

before(async () => {
  site = await startSite({ config: { 'provider.entra': {
    audiences: `${API} ${CLIENT_ID}` } } });
  await site.signIn('noa'); // so that keys are at hand
});
after(() => site?.close());

describe('accepted', () => {
  for (const version of [1, 2]) {
    test(`a person's token, v${version}.0`, async () => {
      const res = await ask(await token({ login: 'ana', version, groups: true }));
      assert.equal(res.status, 200, res.body);
      const me = res.json();
      assert.deepEqual(me.roles, ['analyst']);
      assert.equal(me.subject.kind, 'user');
      assert.equal(me.session.via, 'bearer');
      assert.equal(me.session.id, '');
      assert.match(me.session.client, /^[0-9a-f-]{36}$/);
      assert.equal(me.groups.state, 'complete');
      assert.equal(me.subject.username, 'ana@contoso.example');
      assert.equal(res.headers['x-auth-request-roles'], 'analyst');
      // The same person as in the browser, by whichever issuer.
      const browser = await site.whoami(await site.signIn('ana'));
      assert.equal(browser.json().subject.id, me.subject.id);
      assert.equal(browser.json().subject.issuer, me.subject.issuer);
    });
  }

  test('a scheme in any case, an audience of several, required roles', async () => {
    const ana = await token({ login: 'ana', groups: true, claims: { aud: ['x', API] } });
    const res = await send(site.url('/whoami?role=analyst'),
      { headers: { authorization: `bEARER   ${ana}` } });
    assert.equal(res.status, 200);
    assert.equal((await ask(ana, '?role=admin')).status, 403);
    assert.equal((await ask(ana, '?permission=reports.read')).status, 200);
  });

  test("an application's own token", async () => {
    const { token: job, claims } = await site.idp.control('POST', '/access-token',
      { app: 'job', audience: API, claims: { roles: ['auditor'] } });
    assert.equal((await ask(job)).json().error, 'groups_unknown');
    await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'app',
      '--value', claims.azp, '--role', 'analyst');
    const me = (await ask(job)).json();
    assert.deepEqual(me.roles, ['analyst']);
    assert.equal(me.subject.kind, 'app');
    assert.equal(me.groups.state, 'unknown');
    assert.equal(me.groups.reason, 'application');
    await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'app_role',
      '--value', 'auditor', '--role', 'user');
    // At once, though the token was seen before.
    assert.deepEqual((await ask(job)).json().roles, ['analyst', 'user']);
    // A person who uses that application is not the application.
    const person = await token({ login: 'noa', claims: { azp: claims.azp } });
    assert.equal((await ask(person)).status, 403);
    const seen = await site.audit('--event', 'bearer.first_seen');
    const apps = seen.filter((row) => row.detail.kind === 'app');
    assert.equal(apps.length, 1, 'once, not with each request');
    assert.equal(apps[0].subject, me.subject.id);
  });
});

test('who is disabled is out at once, whether person or application',
  async () => {
    for (const who of [{ login: 'ana', groups: true }, { app: 'robot',
      claims: { roles: ['auditor'] } }]) {
      const sent = await token(who);
      const before_ = await ask(sent);
      assert.ok([200, 403].includes(before_.status));
      const rows = await site.ctlJson('principal', 'list');
      const [{ subject }] = who.login
        ? rows.filter((p) => p.username === 'ana@contoso.example')
        : rows.filter((p) => p.kind === 'app').slice(-1);
      await site.ctl('principal', 'disable', subject);
      await refused(sent, { cause: 'RG_E_DISABLED' });
      await site.ctl('principal', 'enable', subject);
      assert.equal((await ask(sent)).status, before_.status);
    }
  });

test('the API takes it too, for those who may', async () => {
  const list = (bearer) => send(site.url('/api/mappings'), { headers: {
    accept: 'application/json', authorization: `Bearer ${bearer}` } });
  assert.equal((await list(await token({ login: 'ada', groups: true }))).status, 200);
  assert.equal((await list(await token({ login: 'ana', groups: true }))).status, 403);
  assert.equal((await list('a.b.c')).status, 401);
});

describe('refused, by name', () => {
  const bad = (name, what, cause, more) => test(name, async () => {
    await refused(typeof what === 'function' ? await what()
      : await token({ login: 'ada', groups: true, ...what }), { cause, ...more });
  });

  bad('expired', { claims: { exp: { now: -61 }, iat: { now: -900 }, nbf: { now: -900 } } },
    'RG_E_EXPIRED');
  bad('not valid yet', { claims: { nbf: { now: 300 } } }, 'RG_E_NOT_YET');
  bad('for another API', { audience: 'api://other' }, 'RG_E_AUD');
  bad('for Graph', { audience: GRAPH, header: { nonce: 'x' } }, 'RG_E_BEARER_GRAPH');
  bad('for Graph, by its URL', { audience: 'https://graph.microsoft.com' },
    'RG_E_BEARER_GRAPH');
  bad('an ID token', { audience: CLIENT_ID, scope: undefined,
    claims: { scp: null, nonce: 'n' } }, 'RG_E_BEARER_ID_TOKEN');
  bad('an ID token without nonce', { audience: CLIENT_ID, claims: { scp: null } },
    'RG_E_BEARER_ID_TOKEN');
  bad('neither a person nor an application', { claims: { scp: null } },
    'RG_E_BEARER_KIND');
  bad('with scopes, though an application', { claims: { idtyp: 'app' } },
    'RG_E_BEARER_KIND');
  bad('of another tenant', { claims: { tid: '99999999-0000-4000-8000-000000000000' } },
    'RG_E_ISS_TENANT');
  bad('of another issuer', { claims: { iss: 'https://evil.example/v2.0' } }, 'RG_E_ISS');
  bad('v1.0 in the name of v2.0', { claims: { ver: '1.0' } }, 'RG_E_TOKEN_VERSION');
  bad('signed by a stranger', { key: 'stranger' }, 'RG_E_SIGNATURE');
  bad('with an unknown key', { header: { kid: 'nobody' } }, 'RG_E_KID_UNKNOWN');
  bad('unsigned', { header: { alg: 'none' } }, 'RG_E_ALG_NONE');
  bad('with a MAC', { header: { alg: 'HS256' } }, 'RG_E_ALG_UNSUPPORTED');
  bad('with an embedded key', { key: 'stranger', header: { jwk: { kty: 'RSA' } } },
    'RG_E_SIGNATURE');
  bad('a logout token', { header: { typ: 'logout+jwt' } }, 'RG_E_TYP');
  bad('opaque', () => 'c2VjcmV0', 'RG_E_TOKEN_PARTS');

  test('changed in one character, also when the good one is remembered', async () => {
    const good = await token({ login: 'ada', groups: true });
    for (let i = 0; i < 3; i += 1) assert.equal((await ask(good)).status, 200);
    const [h, p, s] = good.split('.');
    const flip = (x, at) => x.slice(0, at) + (x[at] === 'A' ? 'B' : 'A') + x.slice(at + 1);
    await refused(`${h}.${p}.${flip(s, 20)}`, { cause: 'RG_E_SIGNATURE' });
    await refused(`${h}.${flip(p, 30)}.${s}`);
    assert.equal((await ask(good)).status, 200);
  });

  test('expired after it was remembered', async () => {
    const short = await token({ login: 'ada', groups: true,
      claims: { exp: { now: -58 }, iat: { now: -900 }, nbf: { now: -900 } } });
    assert.equal((await ask(short)).status, 200); // within the skew
    await new Promise((resolve) => { setTimeout(resolve, 3000); });
    await refused(short, { cause: 'RG_E_EXPIRED' });
  });

  test('in the wrong form: invalid_request', async () => {
    const good = await token({ login: 'ada', groups: true });
    const form = { status: 400, error: 'invalid_request', cause: 'RG_E_BEARER_FORM' };
    for (const text of ['', '@', `${good} x`, `${good},`, '=']) await refused(text, form);
    await refused(good, { ...form, query: `?access_token=${good}` });
    const inQuery = await send(site.url(`/whoami?access_token=${good}`));
    assert.equal(inQuery.status, 400);
    assert.match(inQuery.headers['www-authenticate'], /^Bearer error="invalid_request"/);
    // Also beside a good session.
    const ada = await site.signIn('ada');
    assert.equal((await site.whoami(ada, `?access_token=${good}`)).status, 400);
  });

  test('nothing of a token is in the log', async () => {
    const good = await token({ login: 'ada', groups: true });
    await ask(good);
    await refused(`${good}A`);
    const text = log();
    for (const part of good.split('.')) assert.ok(!text.includes(part));
    for (const row of await site.audit()) {
      assert.ok(!JSON.stringify(row).includes(good.split('.')[1]));
    }
  });
});

describe('beside a session', () => {
  test('the token decides, good or bad', async () => {
    const ada = await site.signIn('ada');
    const cookie = ada.jar.header(site.publicUrl);
    const ana = await token({ login: 'ana', groups: true });
    const both = await ask(ana, '', { cookie });
    assert.deepEqual(both.json().roles, ['analyst']);
    await refused('a.b.c', { headers: { cookie } });
    await refused('', { headers: { cookie }, status: 400, error: 'invalid_request' });
    // Another scheme is not ours.
    const basic = await send(site.url('/whoami'),
      { headers: { cookie, authorization: 'Basic eDp5' } });
    assert.deepEqual(basic.json().roles, ['admin']);
  });

  test('groups that a token does not tell stay with the session', async () => {
    const ada = await site.signIn('ada');
    const poor = await ask(await token({ login: 'ada' }));
    assert.equal(poor.status, 403);
    assert.equal(poor.json().error, 'groups_unknown');
    assert.deepEqual((await site.whoami(ada)).json().roles, ['admin']);
    assert.equal((await site.audit('--event', 'roles.changed')).length, 0);
    const over = await ask(await token({ login: 'ada', claims: {
      _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint:
        'https://graph.windows.net/x/users/y/getMemberObjects' } } } }));
    assert.equal(over.json().error, 'groups_unknown');
    assert.deepEqual((await site.whoami(ada)).json().roles, ['admin']);
  });

  test('a change of a mapping counts at once', async () => {
    const noa = await token({ login: 'noa' });
    assert.equal((await ask(noa)).status, 403);
    await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'claim',
      '--claim', 'scp', '--value', 'mcp.read', '--role', 'user');
    assert.deepEqual((await ask(noa)).json().roles, ['user']);
  });
});

describe('keys', () => {
  test('a new one is fetched once, a withdrawn one counts no more', async () => {
    const old = await token({ login: 'ada', groups: true });
    assert.equal((await ask(old)).status, 200);
    // As if no token had caused a fetch within the last minute.
    await sql(site.config.rolegate.database,
      "DELETE FROM documents WHERE kind = 'bearer'");
    await site.restartRolegate();
    await site.idp.control('POST', '/keys/rotate');
    const before = (await site.idp.counts()).keys;
    const fresh = await token({ login: 'ada', groups: true });
    const all = await Promise.all(Array.from({ length: 12 }, () => ask(fresh)));
    assert.ok(all.some((res) => res.status === 200));
    assert.ok((await site.idp.counts()).keys - before <= 1);
    // The other processes look for what one has fetched once in a second.
    await new Promise((resolve) => { setTimeout(resolve, 2100); });
    for (let i = 0; i < 30; i += 1) {
      assert.equal((await ask(fresh)).status, 200);
      await refused(old, { cause: 'RG_E_KID_UNKNOWN' });
    }
  });

  test('strangers can neither slow /whoami down nor stop sign-ins', async () => {
    const noa = await site.signIn('noa');
    const strange = await token({ login: 'ada', header: { kid: 'nobody' } });
    await site.idp.fault('keys', 'hang');
    try {
      const counts = await site.idp.counts();
      const flood = Array.from({ length: 60 }, () => ask(strange));
      const begun = Date.now();
      assert.equal((await site.whoami(noa)).status, 403);
      assert.ok(Date.now() - begun < 2000, 'a session waits for nobody');
      for (const res of await Promise.all(flood)) {
        assert.ok([401, 503].includes(res.status), res.status);
      }
      assert.ok((await site.idp.counts()).keys - counts.keys <= 1);
    } finally {
      await site.idp.wellAgain();
    }
    assert.ok(await site.signIn('dev'));
  });
});

describe('scopes', () => {
  test('a token without them is answered 403, and what to ask for', async () => {
    await site.restartRolegate({ 'provider.entra': {
      required_scopes: 'mcp.read mcp.call' } });
    const res = await refused(await token({ login: 'ada', groups: true }),
      { status: 403, error: 'insufficient_scope', cause: 'RG_E_SCOPE' });
    assert.match(res.headers['www-authenticate'], /, scope="mcp\.read mcp\.call"$/);
    const good = await token({ login: 'ada', groups: true, scope: 'mcp.call x mcp.read' });
    assert.equal((await ask(good)).status, 200);
    const nobody = await send(site.url('/whoami'));
    assert.match(nobody.headers['www-authenticate'],
      /^Bearer resource_metadata="[^"]*", scope="mcp\.read mcp\.call"$/);
  });

  test('without audiences no bearer token is accepted at all', async () => {
    await site.restartRolegate({ 'provider.entra': {
      required_scopes: undefined, audiences: undefined } });
    await refused(await token({ login: 'ada' }), { cause: 'RG_E_BEARER_OFF' });
    const doc = await new Client().json(site.url('/.well-known/oauth-protected-resource'));
    assert.deepEqual(doc.json().bearer_methods_supported, []);
  });
});
