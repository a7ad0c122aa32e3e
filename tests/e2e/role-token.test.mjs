// SPDX-License-Identifier: ISC
// Role tokens: made on request, verified by a stranger with /jwks.json alone,
// through a change of keys, and never taken back as a bearer token.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { send } from './lib/http.mjs';
import { CLIENT_ID } from './lib/idp.mjs';
import { startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';

const AUDIENCE = 'my-gateway';
let site, ana;

const keys = async () => (await send(site.url('/jwks.json'))).json();

async function verify(token, set) {
  const { payload } = await jwtVerify(token, createLocalJWKSet(set ?? await keys()),
    { issuer: site.publicUrl, audience: AUDIENCE, algorithms: ['ES256'] });
  return payload;
}

async function roleToken(who = ana) {
  const res = await site.whoami(who, '?token=1');
  assert.equal(res.status, 200, res.body);
  return res.json().token;
}

before(async () => {
  site = await startSite({ config: {
    'provider.entra': { audiences: `${CLIENT_ID} ${AUDIENCE}` },
    role_token: { audience: AUDIENCE, lifetime: '2m' } } });
  ana = await site.signIn('ana');
});
after(() => site?.close());

test('without a key there is no token, and the answer says so', async () => {
  assert.equal((await site.whoami(ana, '?token=1')).status, 503);
  assert.equal((await site.whoami(ana)).status, 200);
  assert.deepEqual(await keys(), { keys: [] });
});

test('a gateway verifies it with the public key', async () => {
  await site.ctl('key', 'rotate', '--now');
  const me = (await site.whoami(ana)).json();
  assert.equal(me.token, undefined, 'only on request');
  const payload = await verify(await roleToken());
  assert.equal(payload.sub, me.subject.id);
  assert.deepEqual(payload.roles, ['analyst']);
  assert.deepEqual(payload.permissions, ['reports.read']);
  assert.equal(payload.is_admin, false);
  assert.equal(payload.exp - payload.iat, 120);
  assert.notEqual(payload.jti, (await verify(await roleToken())).jti);
  for (const jwk of (await keys()).keys) assert.equal(jwk.d, undefined);
  assert.match((await send(site.url('/jwks.json'))).headers['cache-control'],
    /max-age=300/);
});

test('it never outlives the session', async () => {
  const { id } = (await site.whoami(ana)).json().session;
  await sql(site.config.rolegate.database, `UPDATE sessions SET
    expires_at = unixepoch() + 40, dies_at = unixepoch() + 40
    WHERE public_id = '${id}'`);
  const payload = await verify(await roleToken());
  assert.ok(payload.exp - payload.iat <= 40);
});

test('nobody without a role gets one', async () => {
  const res = await site.whoami(await site.signIn('noa'), '?token=1');
  assert.equal(res.status, 403);
  assert.ok(!res.body.includes('eyJ'));
});

test('rolegate does not take it as a bearer token', async () => {
  const res = await send(site.url('/whoami'),
    { headers: { authorization: `Bearer ${await roleToken()}` } });
  assert.equal(res.status, 401);
  assert.match(res.headers['www-authenticate'], /error="invalid_token"/);
});

test('the next key is published before it signs, the old one stays', async () => {
  const old = await roleToken();
  const { kid } = await site.ctlJson('key', 'rotate');
  const both = await keys();
  assert.equal(both.keys.length, 2);
  assert.equal(decodeProtectedHeader(await roleToken()).kid,
    decodeProtectedHeader(old).kid, 'the new one does not sign yet');
  // Ten minutes later
  await sql(site.config.rolegate.database, `UPDATE role_keys SET
    created_at = created_at - 700, signs_from = signs_from - 700`);
  const fresh = await roleToken();
  assert.equal(decodeProtectedHeader(fresh).kid, kid);
  await verify(fresh, both); // by whoever has kept the set
  await verify(old);
  // When the last token of the old key is dead, it is gone.
  await sql(site.config.rolegate.database, `UPDATE role_keys SET
    created_at = created_at - 4000, signs_from = signs_from - 4000`);
  assert.deepEqual((await keys()).keys.map((jwk) => jwk.kid), [kid]);
  await assert.rejects(verify(old));
  assert.equal((await site.audit('--event', 'key.rotated')).length, 2);
});
