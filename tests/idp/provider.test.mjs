// SPDX-License-Identifier: ISC
// The provider tested by itself: are its answers what Entra's would be?
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ask, control, getJson, Jar, Rp } from './rp.mjs';
import { startProvider } from './provider.mjs';

const options = {
  clientId: 'c11e0000-0000-4000-8000-000000000001',
  clientSecret: 'not a secret: + % &~',
  redirectUris: ['http://127.0.0.1:1/callback', 'http://127.0.0.1:2/callback'],
  postLogoutUris: ['http://127.0.0.1:1/bye'],
  port: 0,
  rfc9207: false,
  quiet: true,
};
const ADMINS = 'a0000000-0000-4000-8000-000000000001';
let idp;
let ready;

const newRp = async (more = {}) => {
  const rp = new Rp({
    issuer: ready.issuer, clientId: options.clientId,
    clientSecret: options.clientSecret, redirectUri: options.redirectUris[0],
    ...more,
  });
  await rp.discover();
  return rp;
};

before(async () => {
  idp = await startProvider(options);
  ready = idp.ready;
});
after(() => idp.close());

test('discovery has Entra\'s shape', async () => {
  const { metadata } = await newRp();
  assert.equal(metadata.issuer, ready.issuer);
  assert.equal(ready.issuer,
    `http://127.0.0.1:${ready.port}/${ready.tenant}/v2.0`);
  assert.match(metadata.token_endpoint, /\/oauth2\/v2\.0\/token$/);
  assert.match(metadata.jwks_uri, /\/discovery\/v2\.0\/keys$/);
  assert.ok(!('code_challenge_methods_supported' in metadata));
  assert.ok(!('authorization_response_iss_parameter_supported' in metadata));
  const root = new URL('/.well-known/openid-configuration', ready.issuer);
  assert.equal((await fetch(root)).status, 404);
});

test('a sign-in gives the claims of an Entra ID token', async () => {
  const rp = await newRp();
  const { answer, body, header, claims, keys } = await rp.signIn(
    new Jar(), { login: 'ada' },
  );
  assert.equal(answer.state, rp.state);
  assert.ok(!('iss' in answer));
  assert.equal(header.alg, 'RS256');
  assert.equal(header.typ, 'JWT');
  assert.ok(keys.length >= 2);
  for (const key of keys) {
    assert.ok(!('alg' in key) && !('d' in key));
    assert.equal(key.use, 'sig');
    assert.equal(key.issuer.replace('{tenantid}', ready.tenant), ready.issuer);
  }
  const { iat, nbf, exp, uti, sid, sub, at_hash: atHash, ...rest } = claims;
  assert.deepEqual(rest, {
    iss: ready.issuer,
    aud: options.clientId,
    ver: '2.0',
    tid: ready.tenant,
    oid: 'ada00000-0000-4000-8000-000000000011',
    name: 'Ada Admin',
    preferred_username: 'ada@contoso.example',
    email: 'ada@contoso.example',
    groups: [ADMINS],
    wids: ['b79fbf4d-3ef9-4689-8143-76b194e85509'],
    nonce: rp.nonce,
  });
  assert.ok(iat <= exp && nbf <= iat + 1 && exp - iat === 3600);
  assert.match(sub, /^[\w-]{43}$/);
  assert.match(sid, /^[0-9a-f-]{36}$/);
  assert.ok(uti && atHash);
  assert.equal(body.token_type, 'Bearer');
  const { body: info } = await getJson(rp.metadata.userinfo_endpoint, {
    headers: { authorization: `Bearer ${body.access_token}` },
  });
  assert.deepEqual(info,
    { sub, name: 'Ada Admin', email: 'ada@contoso.example' });
});

test('no groups means no claim; roles and own claims come through', async () => {
  const rp = await newRp();
  const noa = (await rp.signIn(new Jar(), { login: 'noa' })).claims;
  assert.ok(!('groups' in noa) && !('roles' in noa));
  const rob = (await rp.signIn(new Jar(), { login: 'rob' })).claims;
  assert.ok(!('groups' in rob));
  assert.deepEqual(rob.roles, ['auditor']);
  const ana = (await rp.signIn(new Jar(), { login: 'ana' })).claims;
  assert.deepEqual(ana.group_names, ['data-analysts']);
  assert.deepEqual(ana.realm_access, { roles: ['reporting'] });
});

test('form_post, and client_secret_post by the second client', async () => {
  const rp = await newRp({ post: true, redirectUri: options.redirectUris[1] });
  const { answer, claims } = await rp.signIn(
    new Jar(), { login: 'dev', response_mode: 'form_post' },
  );
  assert.equal(answer.state, rp.state);
  assert.ok(!('iss' in answer) && answer.session_state);
  assert.equal(claims.aud, `${options.clientId}-post`);
});

test('PKCE is required, and the verifier is checked', async () => {
  const rp = await newRp();
  const bare = await rp.authorize(new Jar(), {
    login: 'ada', code_challenge: undefined, code_challenge_method: undefined,
  });
  assert.equal(bare.error, 'invalid_request');
  assert.ok(!('iss' in bare));
  const { code } = await rp.authorize(new Jar(), { login: 'ada' });
  const wrong = await rp.redeem(code, { code_verifier: 'x'.repeat(43) });
  assert.equal(wrong.body.error, 'invalid_grant');
});

test('a code works once', async () => {
  const rp = await newRp();
  const { code } = await rp.authorize(new Jar(), { login: 'ada' });
  assert.equal((await rp.redeem(code)).status, 200);
  assert.equal((await rp.redeem(code)).body.error, 'invalid_grant');
});

test('a session at the provider, prompts, hints and logout', async () => {
  const rp = await newRp();
  const jar = new Jar();
  const none = await rp.authorize(jar, { prompt: 'none' });
  assert.equal(none.error, 'login_required');
  const { page } = await rp.authorize(jar, { login_hint: 'dev' });
  assert.match(page, /<button[^>]*value="dev" class="hint"/);
  assert.doesNotMatch(page, /<script/);
  const first = await rp.signIn(jar, { login: 'ana' });
  const again = await rp.signIn(jar, { prompt: 'none' });
  assert.equal(again.claims.oid, first.claims.oid);
  assert.equal(again.claims.sid, first.claims.sid);
  assert.match((await rp.authorize(jar, { prompt: 'login' })).page, /Ana Lindt/);
  const other = await rp.signIn(jar, { prompt: 'select_account', login: 'dev' });
  assert.equal(other.claims.name, 'Dev Dobrev');

  const out = new URL(rp.metadata.end_session_endpoint);
  out.searchParams.set('post_logout_redirect_uri', options.postLogoutUris[0]);
  out.searchParams.set('state', 'x y');
  const res = await ask(jar, out.href);
  assert.equal(res.status, 303);
  assert.equal(res.headers.get('location'),
    `${options.postLogoutUris[0]}?state=x+y`);
  const after = await rp.authorize(jar, { prompt: 'none' });
  assert.equal(after.error, 'login_required');
  out.searchParams.set('post_logout_redirect_uri', 'http://evil.example/');
  const plain = await ask(jar, out.href);
  assert.equal(plain.status, 200);
  assert.match(await plain.text(), /signed out/);
});

test('cancel is access_denied', async () => {
  const rp = await newRp();
  const answer = await rp.authorize(new Jar(), { login: '' });
  assert.equal(answer.error, 'access_denied');
  assert.equal(answer.state, rp.state);
});

test('control: people change at the next sign-in', async () => {
  const rp = await newRp();
  const put = (body) => control(ready.control, 'PUT', '/people/noa', body);
  await put({
    groups: ['developers', '0f000000-0000-4000-8000-0000000000ff'],
    roles: ['auditor'],
    claims: { department: { code: 7 } },
  });
  const { claims } = await rp.signIn(new Jar(), { login: 'noa' });
  assert.equal(claims.groups.length, 2);
  assert.deepEqual(claims.roles, ['auditor']);
  assert.deepEqual(claims.department, { code: 7 });
  await put({ groups: [], roles: [], claims: {} });
  const back = (await rp.signIn(new Jar(), { login: 'noa' })).claims;
  assert.ok(!('groups' in back) && !('department' in back));
  await assert.rejects(put({ groups: ['nonsense'] }), /unknown group/);
  await assert.rejects(put({ claims: { iss: 'x' } }), /belongs/);
});

test('control: keys rotate in the middle of a sign-in', async () => {
  const rp = await newRp();
  const { code } = await rp.authorize(new Jar(), { login: 'ada' });
  const { kid } = await control(ready.control, 'POST', '/keys/rotate');
  const { body } = await rp.redeem(code);
  const opened = await rp.open(body.id_token);
  assert.equal(opened.header.kid, kid);
  await control(ready.control, 'POST', '/keys/rotate?keep=1');
  await rp.open(body.id_token);
  await control(ready.control, 'POST', '/keys/rotate');
  const { keys } = (await rp.signIn(new Jar(), { login: 'ada' }));
  assert.ok(keys.length >= 2);
});

test('control: counts and faults', async () => {
  const rp = await newRp();
  const on = (body) => control(ready.control, 'POST', '/fault', body);
  const off = () => control(ready.control, 'POST', '/fault/clear');
  const keys = (ms = 300) => fetch(rp.metadata.jwks_uri, {
    signal: AbortSignal.timeout(ms),
  });
  await control(ready.control, 'POST', '/counts/reset');
  await (await keys()).text();
  const counts = await control(ready.control, 'GET', '/counts');
  assert.equal(counts.keys, 1);
  assert.equal(counts.token, 0);

  await on({ endpoint: 'keys', mode: '500' });
  assert.equal((await keys()).status, 500);
  assert.equal((await newRp()).metadata.issuer, ready.issuer);
  await on({ endpoint: 'keys', mode: 'garbage' });
  await assert.rejects((await keys()).json());
  await on({ endpoint: 'keys', mode: 'slow', ms: 50 });
  assert.equal((await keys(5000)).status, 200);
  await on({ endpoint: 'keys', mode: 'hang' });
  await assert.rejects(keys(50));
  await on({ endpoint: 'keys', mode: 'close' });
  await assert.rejects(keys(5000).then((res) => res.text()));
  await on({ endpoint: 'keys', mode: 'down' });
  await assert.rejects(keys(5000));
  await on({ endpoint: 'all', mode: 'down' });
  await assert.rejects(keys(5000), (err) => err.cause.code === 'ECONNREFUSED');
  await off();
  assert.equal((await keys(5000)).status, 200);
  await assert.rejects(on({ endpoint: 'nowhere', mode: '500' }), /unknown/);
});

test('the program prints one line and ends with its stdin', async () => {
  const file = fileURLToPath(new URL('provider.mjs', import.meta.url));
  const child = spawn(process.execPath, [file, '--client-id', 'a',
    '--client-secret', 'b', '--redirect-uri', 'http://127.0.0.1:1/c',
    '--rfc9207', '--exit-with-stdin'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  child.stdout.on('data', (chunk) => { out += chunk; });
  while (!out.includes('\n')) await once(child.stdout, 'data');
  const line = JSON.parse(out);
  assert.deepEqual(Object.keys(line), ['issuer', 'port', 'tenant', 'control']);

  const rp = await newRp({
    issuer: line.issuer, clientId: 'a', clientSecret: 'b',
    redirectUri: 'http://127.0.0.1:1/c',
  });
  assert.equal(
    rp.metadata.authorization_response_iss_parameter_supported, true,
  );
  const { answer } = await rp.signIn(new Jar(), { login: 'ada' });
  assert.equal(answer.iss, line.issuer);

  child.stdin.end();
  const [status] = await once(child, 'exit');
  assert.equal(status, 0);
  assert.equal(out.trim().split('\n').length, 1);
});

test('the lock file names no download address', () => {
  const text = readFileSync(
    new URL('../package-lock.json', import.meta.url), 'utf8',
  );
  assert.ok(!text.includes('"resolved"'));
  for (const [path, entry] of Object.entries(JSON.parse(text).packages)) {
    if (path !== '') assert.match(entry.integrity, /^sha512-/);
  }
});
