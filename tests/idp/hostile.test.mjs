// SPDX-License-Identifier: ISC
// The hostile provider tested by itself: "ok" is really all right, so that a
// refusal elsewhere has one cause; and the wrongs are the wrongs they claim.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { ask, control, getJson, Jar, Rp } from './rp.mjs';
import { startHostile } from './hostile.mjs';

const options = {
  clientId: 'c11e0000-0000-4000-8000-000000000001',
  clientSecret: 'not a secret: + % &~',
  redirectUris: ['http://127.0.0.1:1/callback'],
  postLogoutUris: ['http://127.0.0.1:1/bye'],
  port: 0,
  rfc9207: false,
  quiet: true,
};
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
const behave = (name, more) => control(
  ready.control, 'POST', '/behave', { name, ...more },
);
const seen = () => control(ready.control, 'GET', '/seen');

before(async () => {
  idp = await startHostile(options);
  ready = idp.ready;
});
after(() => idp.close());
beforeEach(async () => {
  await behave('ok');
  await control(ready.control, 'POST', '/seen/reset');
});

test('ok signs in, and what was done is seen', async () => {
  const rp = await newRp();
  const { claims, header, answer } = await rp.signIn(new Jar());
  assert.equal(answer.state, rp.state);
  assert.equal(header.alg, 'RS256');
  assert.equal(claims.iss, ready.issuer);
  assert.equal(claims.aud, options.clientId);
  assert.equal(claims.nonce, rp.nonce);
  assert.equal(claims.name, 'Ada Admin');
  const { counts, token, authorize } = await seen();
  assert.equal(counts.token, 1);
  assert.equal(counts.trap, 0);
  assert.equal(authorize[0].nonce, rp.nonce);
  assert.deepEqual(
    [token[0].method, token[0].client, token[0].code, token[0].pkce],
    ['client_secret_basic', true, 'fresh', 'ok'],
  );
  const again = await rp.redeem(answer.code);
  assert.equal(again.body.error, 'invalid_grant');
  assert.equal((await seen()).token[1].code, 'reused');
});

test('wrong secrets and verifiers are refused and seen', async () => {
  const rp = await newRp({ clientSecret: 'wrong' });
  const first = await rp.authorize(new Jar());
  assert.equal((await rp.redeem(first.code)).body.error, 'invalid_client');
  const good = await newRp();
  const { code } = await good.authorize(new Jar());
  const res = await good.redeem(code, { code_verifier: 'x'.repeat(43) });
  assert.equal(res.body.error, 'invalid_grant');
  assert.equal((await seen()).token[1].pkce, 'wrong');
  const bare = await good.authorize(new Jar(), { code_challenge: undefined });
  assert.equal(bare.error, 'invalid_request');
});

test('form_post, login_hint and client_secret_post', async () => {
  const rp = await newRp({ post: true });
  rp.clientId = options.clientId;
  const { claims } = await rp.signIn(new Jar(), {
    response_mode: 'form_post', login_hint: 'noa@contoso.example',
  });
  assert.equal(claims.name, 'Noa Nobody');
  assert.equal((await seen()).token[0].method, 'client_secret_post');
});

test('every behaviour is listed, and none but the good ones is harmless',
  async () => {
    const list = await control(ready.control, 'GET', '/behaviours');
    assert.ok(list.length > 90);
    for (const { name, expect, cause, does } of list) {
      assert.ok(['sign-in', 'refuse', 'either'].includes(expect), name);
      assert.ok(cause === null || /^RG_E_[A-Z_0-9]+$/.test(cause), name);
      assert.ok(does, name);
      assert.equal((await behave(name)).name, name);
    }
    await assert.rejects(behave('nonsense'), /unknown/);
  });

// One sign-in per behaviour, as far as it goes; the token as text.
async function idTokenOf(name) {
  await behave(name);
  const rp = await newRp();
  const { code } = await rp.authorize(new Jar());
  const { body } = await rp.redeem(code);
  return { rp, token: body.id_token, parts: body.id_token.split('.') };
}
const read = (part) => JSON.parse(Buffer.from(part, 'base64url'));

test('wrong claims are wrong, under a good signature', async () => {
  const { rp, token } = await idTokenOf('invalid-aud');
  assert.notEqual((await rp.open(token)).claims.aud, options.clientId);
  const huge = await idTokenOf('exp-huge');
  assert.match(Buffer.from(huge.parts[1], 'base64url').toString(),
    /"exp":1e300[,}]/);
  await huge.rp.open(huge.token);
  const dup = await idTokenOf('dup-claim');
  assert.equal(Buffer.from(dup.parts[1], 'base64url').toString()
    .match(/"sub":/g).length, 2);
  await dup.rp.open(dup.token);
});

test('wrong signatures are wrong, over good claims', async () => {
  for (const name of ['invalid-sig', 'sig-rogue-key', 'payload-swapped']) {
    const { rp, token, parts } = await idTokenOf(name);
    assert.equal(read(parts[1]).aud, options.clientId, name);
    await assert.rejects(rp.open(token), /bad signature/, name);
  }
  const none = await idTokenOf('sig-none');
  assert.equal(read(none.parts[0]).alg, 'none');
  assert.equal(none.parts[2], '');
  const weak = await idTokenOf('jwks-weak-rsa');
  await weak.rp.open(weak.token);
  const single = await idTokenOf('kid-absent-single');
  assert.ok(!('kid' in read(single.parts[0])));
});

test('claims can be set one by one', async () => {
  await behave('ok', {
    claims: { exp: { now: -30 }, nonce: null, hello: [1] }, header: { x: 1 },
  });
  const { claims, header } = await (await newRp()).signIn(new Jar());
  assert.equal(claims.exp, claims.iat - 30);
  assert.ok(!('nonce' in claims));
  assert.deepEqual(claims.hello, [1]);
  assert.equal(header.x, 1);
});

test('keys move and rotate', async () => {
  const old = await newRp();
  await behave('jwks-uri-changes');
  const rp = await newRp();
  assert.notEqual(rp.metadata.jwks_uri, old.metadata.jwks_uri);
  const { claims, body } = await rp.signIn(new Jar());
  assert.ok(claims);
  await assert.rejects(old.open(body.id_token), /no such key/);
  await behave('key-rotation-between');
  const first = await rp.signIn(new Jar());
  const second = await rp.signIn(new Jar());
  assert.notEqual(first.header.kid, second.header.kid);
});

test('wrong ways back', async () => {
  const rp = await newRp();
  const url = async (name) => {
    await behave(name);
    const res = await ask(new Jar(), rp.start());
    return new URL(res.headers.get('location')).searchParams;
  };
  assert.notEqual((await url('state-wrong')).get('state'), rp.state);
  assert.equal((await url('state-twice')).getAll('state').length, 2);
  assert.equal((await url('code-twice')).getAll('code').length, 2);
  assert.ok(!(await url('code-missing')).has('code'));
  const both = await url('error-and-code');
  assert.ok(both.has('error') && both.has('code'));
  assert.match((await url('error-with-crlf-description'))
    .get('error_description'), /\r\n/);
  await behave('form-post-error');
  assert.equal((await rp.authorize(new Jar())).error, 'login_required');
  const out = await ask(new Jar(), `${rp.metadata.end_session_endpoint}?${
    new URLSearchParams({
      post_logout_redirect_uri: options.postLogoutUris[0], state: 's',
    })}`);
  assert.equal(out.headers.get('location'),
    `${options.postLogoutUris[0]}?state=s`);
});

test('wrong answers of the token endpoint', async () => {
  const answer = async (name, ms = 3000) => {
    await behave(name);
    const rp = await newRp();
    const { code } = await rp.authorize(new Jar());
    return fetch(rp.metadata.token_endpoint, {
      method: 'POST', redirect: 'manual', signal: AbortSignal.timeout(ms),
      headers: { authorization: `Basic ${btoa([rp.clientId, rp.clientSecret]
        .map(encodeURIComponent).join(':'))}` },
      body: new URLSearchParams({
        grant_type: 'authorization_code', code, code_verifier: rp.verifier,
        redirect_uri: rp.redirectUri,
      }),
    });
  };
  assert.equal((await (await answer('token-huge')).text()).length > 1e7, true);
  assert.equal((await answer('token-redirect')).status, 307);
  assert.equal((await answer('token-500')).status, 500);
  await assert.rejects(answer('token-hang', 100));
  await assert.rejects((await answer('token-close')).text());
  const drip = await answer('token-slow-drip', 500);
  await assert.rejects(drip.text());
  const twice = await (await answer('token-dup-keys')).text();
  assert.equal(twice.match(/"id_token":/g).length, 2);
});

test('traps serve what would be believed, and tell', async () => {
  await behave('discovery-redirect');
  const url = `${ready.issuer}/.well-known/openid-configuration`;
  const { body } = await getJson(url);
  assert.equal(body.issuer, ready.issuer);
  const { counts, trap } = await seen();
  assert.equal(counts.trap, 1);
  assert.equal(trap[0].path, '/trap/discovery');
});
