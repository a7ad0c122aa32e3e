// SPDX-License-Identifier: ISC
// Sign-outs that the provider asks for: front channel, as Entra does it, and
// back channel with every negative module of the OpenID Foundation's plan
// (oidcc-client-back-channel-logout-rp-basic).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CLIENT_ID } from './lib/idp.mjs';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
let site;
let plain;
before(async () => {
  site = await startSite({ idp: 'hostile' });
  const { issuer, client_id: id, client_secret_file: file } =
    site.config['provider.entra'];
  plain = { type: 'oidc', issuer, client_id: id, client_secret_file: file };
  await site.restartRolegate({ 'provider.plain': plain });
  await site.ctl('map', 'add', '--provider', 'plain', '--kind', 'group',
    '--value', 'a0000000-0000-4000-8000-000000000001', '--role', 'admin');
});
after(() => site?.close());

async function signIn(provider, sid, more = {}) {
  await site.idp.behave('ok', { claims: { sid, ...more } });
  const client = site.client();
  const back = await site.begin(undefined, { client, query: { provider } });
  assert.equal((await deliver(client, back)).status, 303);
  return client;
}
const status = async (client) => (await site.whoami(client)).status;

test('front channel: the sid ends its sessions at Entra, without a cookie',
  async () => {
    const one = await signIn('entra', 'sid-1');
    const other = await signIn('entra', 'sid-2');
    const elsewhere = await signIn('plain', 'sid-1');
    const res = await site.client().get(site.url('/logout?sid=sid-1'),
      { headers: { 'sec-fetch-site': 'cross-site' } });
    assert.equal(res.status, 200);
    assert.equal(res.headers['cache-control'], 'no-cache, no-store');
    assert.equal(res.headers['x-frame-options'], undefined);
    assert.match(res.headers['content-security-policy'],
      new RegExp(`frame-ancestors ${new URL(plain.issuer).origin} `));
    assert.equal(res.headers['set-cookie'], undefined);
    assert.equal(await status(one), 401);
    assert.equal(await status(other), 200);
    assert.equal(await status(elsewhere), 200, 'another provider');
    // The cookie of who asks does not matter, and again is the same.
    const again = await other.get(site.url('/logout?sid=sid-1'));
    assert.equal(again.status, 200);
    assert.equal(await status(other), 200);
    const rows = await site.audit('--event', 'sign_out.front_channel');
    assert.equal(rows.length, 1);
    // With iss it must be that of the session.
    await other.get(site.url('/logout?sid=sid-2&iss=https://wrong.example'));
    assert.equal(await status(other), 200);
    await other.get(site.url(`/logout?sid=sid-2&iss=${
      encodeURIComponent(plain.issuer)}`));
    assert.equal(await status(other), 401);
    for (const bad of ['sid=', 'sid=a&sid=b', `sid=${'x'.repeat(256)}`]) {
      assert.equal((await other.get(site.url(`/logout?${bad}`))).status, 400, bad);
    }
  });

/* A logout token of the provider, with changes (null removes). */
const mint = (change = {}, header = {}, behaviour = 'ok') => site.idp.control(
  'POST', '/logout-token', { claims: { sub: 'nobody', sid: 'sid-b',
    jti: `j-${Math.random()}`, events: { [EVENT]: {} }, ...change }, header,
  name: behaviour });
const send = (token) => site.client().post(site.url('/logout'),
  { logout_token: token }, { headers: { accept: 'application/json' } });

test('back channel: by sid and by sub, once (bug 30)', async () => {
  const one = await signIn('plain', 'sid-b');
  const entra = await signIn('entra', 'sid-b');
  const { sub } = (await site.whoami(one)).json().subject.id
    .match(/^plain:(?<sub>.*)$/).groups;
  const good = await mint({ sub });
  const res = await send(good.token);
  assert.equal(res.status, 200, res.body);
  assert.match(res.headers['cache-control'], /no-store/);
  assert.equal(await status(one), 401);
  assert.equal(await status(entra), 200, 'Entra sends none');
  assert.equal((await send(good.token)).status, 400, 'the same token again');
  const two = await signIn('plain', 'sid-c');
  await send((await mint({ sub: 'another', sid: 'sid-c' })).token);
  assert.equal(await status(two), 200, 'sid of another person');
  assert.equal((await send((await mint({ sub, sid: null })).token)).status, 200);
  assert.equal(await status(two), 401);
  assert.ok((await site.audit('--event', 'sign_out.back_channel')).length >= 2);
});

const NEGATIVE = {
  'alg-none': [{}, { alg: 'none' }],
  'wrong-alg': [{}, { alg: 'HS256' }],
  'no-event': [{ events: null }],
  'wrong-event': [{ events: { 'http://schemas.openid.net/event/other': {} } }],
  'with-nonce': [{ nonce: 'n' }],
  'wrong-aud': [{ aud: 'other' }],
  'wrong-iss': [{ iss: 'https://wrong.example' }],
  'no-sub-no-sid': [{ sub: null, sid: null }],
  'no-jti': [{ jti: null }],
  'no-iat': [{ iat: null }],
  'old-iat': [{ iat: { now: -3600 } }],
  'other-typ': [{}, { typ: 'at+jwt' }],
  'rogue-key': [{}, {}, 'sig-rogue-key'],
};
for (const [name, [claims, header, behaviour]] of Object.entries(NEGATIVE)) {
  test(`back channel: ${name} is refused`, async () => {
    const person = await signIn('plain', 'sid-b');
    const { token } = await mint({ sub: null, ...claims }, header, behaviour);
    assert.equal((await send(token)).status, 400);
    assert.equal(await status(person), 200);
  });
}

test('back channel: typ logout+jwt is taken', async () => {
  const person = await signIn('plain', 'sid-b');
  const { token } = await mint({ sub: null }, { typ: 'logout+jwt' });
  assert.equal((await send(token)).status, 200);
  assert.equal(await status(person), 401);
});

test('back channel: nonsense is refused', async () => {
  for (const token of ['', 'x', 'a.b.c', `${'x'.repeat(20_000)}`]) {
    assert.equal((await send(token)).status, 400);
  }
});

test('sign-out hints who, by the claim that is made for it', async () => {
  const person = await signIn('entra', 'sid-h', { login_hint: 'O.opaque' });
  const res = await person.get(site.url('/logout'));
  const url = new URL(res.headers.location);
  assert.equal(url.searchParams.get('logout_hint'), 'O.opaque');
  assert.equal(url.searchParams.get('client_id'), CLIENT_ID);
});
