// SPDX-License-Identifier: ISC
// Role tokens: made on request, verified by a stranger with /jwks.json alone,
// through a change of keys, and never taken back as a bearer token.
import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import {
  SignJWT, calculateJwkThumbprint, createLocalJWKSet, decodeProtectedHeader,
  exportJWK, generateKeyPair, jwtVerify,
} from 'jose';
import { send } from './lib/http.mjs';
import { CLIENT_ID } from './lib/idp.mjs';
import { TOP } from './lib/programs.mjs';
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
  const endIn = (seconds) => sql(site.config.rolegate.database, `UPDATE sessions
    SET expires_at = unixepoch() + ${seconds}, dies_at = min(last_used +
    idle_seconds, unixepoch() + ${seconds}) WHERE public_id = '${id}'`);
  await endIn(60);
  const payload = await verify(await roleToken());
  assert.ok(payload.exp - payload.iat <= 60);
  await endIn(3600); // the tests below need her
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

describe('the programs of README.md', () => {
  // Debian's own: its packages have the modules.
  const RUN = { mjs: process.execPath, py: '/usr/bin/python3', pl: '/usr/bin/perl' };
  const programs = [...readFileSync(`${TOP}/README.md`, 'utf8').matchAll(
    /<!-- role-token: (\S+) -->\n```[a-z]*\n([\s\S]*?)```/g)]
    .map(([, file, text]) => ({ file, text }));
  const tokens = {};

  /*
   * A key whose private half the test has. rolegate publishes it and never
   * signs with it, so that a token can be wrong in one thing alone.
   */
  async function publishedKey() {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(jwk);
    Object.assign(jwk, { kid, use: 'sig', alg: 'ES256' });
    await sql(site.config.rolegate.database, `INSERT INTO role_keys
      (kid, alg, public, sealed, created_at, signs_from) VALUES ('${kid}',
      'ES256', '${JSON.stringify(jwk)}', 'x', unixepoch(), unixepoch() + 9000)`);
    return { kid, jwk, privateKey };
  }

  const encode = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');

  before(async () => {
    ana = await site.signIn('ana');
    const good = await roleToken();
    const right = (await keys()).keys.map((jwk) => jwk.kid);
    const { kid, jwk, privateKey } = await publishedKey();
    const stranger = await generateKeyPair('ES256');
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: site.publicUrl, aud: AUDIENCE, sub: 'entra:a:b',
      roles: ['analyst'], iat: now, exp: now + 600 };
    const header = { alg: 'ES256', typ: 'JWT', kid };
    const make = (claim = {}, head = {}, key = privateKey) => new SignJWT(
      { ...claims, ...claim }).setProtectedHeader({ ...header, ...head }).sign(key);
    Object.assign(tokens, {
      good,
      'good, of the published key': await make(),
      expired: await make({ iat: now - 700, exp: now - 100 }),
      'without an end': await make({ exp: undefined }),
      'for another audience': await make({ aud: 'another' }),
      'for no audience': await make({ aud: undefined }),
      'of another issuer': await make({ iss: `${site.publicUrl}x` }),
      'of another type': await make({}, { typ: 'logout+jwt' }),
      'signed by a stranger': await make({}, { kid: right[0] }, stranger.privateKey),
      'of an unknown key': await make({}, { kid: 'nobody' }, stranger.privateKey),
      'with a MAC': await make({}, { alg: 'HS256' },
        Buffer.from(JSON.stringify(jwk))),
      unsigned: `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`,
      changed: good.replace(/\..*\./, `.${encode({ ...claims, roles: ['admin'] })}.`),
      nothing: '',
    });
    symlinkSync(`${TOP}/tests/node_modules`, site.work.path('node_modules'));
  });

  test('are in three languages', () => {
    assert.deepEqual(programs.map(({ file }) => file),
      ['verify.mjs', 'verify.py', 'verify.pl']);
  });

  for (const { file, text } of programs) {
    test(`${file} believes a good token and no other`, async () => {
      const own = text.replace('https://app.example.com/auth', site.publicUrl);
      assert.notEqual(own, text);
      const path = site.work.write(file, own);
      const verdicts = await Promise.all(Object.entries(tokens).map(
        async ([name, token]) => ({ name, ...await site.work.run(
          RUN[file.split('.')[1]], [path], { input: `${token}\n` }) })));
      for (const { name, status, stdout, stderr } of verdicts) {
        if (name.startsWith('good')) {
          assert.equal(status, 0, `${name}: ${stderr}`);
          assert.match(stdout, /^entra:\S+ analyst\n$/);
        } else {
          assert.notEqual(status, 0, name);
          assert.equal(stdout, '', name);
        }
      }
    });
  }
});
