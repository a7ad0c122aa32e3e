// SPDX-License-Identifier: ISC
// Sign-ins that somebody tampers with: planted, stolen, replayed, mixed up,
// too late, too many. Each is refused and on record, and nobody is signed in.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';
import { sleep } from './lib/wait.mjs';

let site;
let apart;
before(async () => {
  site = await startSite();
  apart = await startSite({ config: { session: { sign_in: '10s' } } });
});
after(() => Promise.all([site?.close(), apart?.close()]));

const refusals = (at = site) => at.audit('--event', 'sign_in.refused');
const lastRefusal = async (at) => (await refusals(at)).at(-1);
const sessions = async (at = site) => (await at.ctlJson('session', 'list')).length;
const login = (client, path = '/login') => client.get(site.url(path));
const stateOf = (res) => new URL(res.headers.location).searchParams.get('state');
const transactions = (client) => client.jar.all()
  .filter((c) => c.name.startsWith('rolegate-tx-'));

/* What a refused callback must be: an error page, no cookie, no session. */
async function assertRefused(client, back, { status, code, error }) {
  const count = await sessions();
  const had = client.jar.get('rolegate');
  const res = await deliver(client, back);
  assert.equal(res.status, status, res.body);
  assert.ok(res.body.includes(code), res.body);
  assert.equal(client.jar.get('rolegate'), had);
  assert.equal(await sessions(), count);
  const row = await lastRefusal();
  assert.equal(row.detail.error, error);
  assert.ok(res.body.includes(row.request_id));
}

describe('a session', () => {
  test('gets a new id at every sign-in, and the old one is dead', async () => {
    const dev = await site.signIn('dev');
    const old = dev.jar.copy();
    const first = (await site.whoami(dev)).json().session.id;
    await site.signIn('dev', { client: dev });
    assert.notEqual(dev.jar.get('rolegate'), old.get('rolegate'));
    assert.notEqual((await site.whoami(dev)).json().session.id, first);
    assert.equal((await site.whoami(site.client({ jar: old }))).status, 401);
  });

  test('is never one that somebody planted', async () => {
    for (const planted of ['A'.repeat(43), 'x', 'B'.repeat(5000)]) {
      const client = site.client();
      client.jar.set(site.publicUrl, 'rolegate', planted);
      assert.equal((await site.whoami(client)).status, 401);
      await site.signIn('dev', { client });
      assert.notEqual(client.jar.get('rolegate'), planted);
      const thief = site.client();
      thief.jar.set(site.publicUrl, 'rolegate', planted);
      assert.equal((await site.whoami(thief)).status, 401);
    }
  });

  test('of which there are two cookies is none', async () => {
    const dev = await site.signIn('dev');
    const ada = await site.signIn('ada');
    const both = [dev, ada].map((c) => `rolegate=${c.jar.get('rolegate')}`);
    for (const cookie of [both.join('; '), both.reverse().join('; ')]) {
      const res = await site.whoami(site.client(), '', { headers: { cookie } });
      assert.equal(res.status, 401);
    }
  });
});

describe('the callback', () => {
  test('in another browser is refused (login CSRF)', async () => {
    const attacker = site.client();
    const back = await site.begin('ada', { client: attacker });
    await assertRefused(site.client(), back, { status: 400,
      code: 'sign_in_not_started', error: 'RG_E_STATE_UNKNOWN' });
    // A victim with a session of their own, and a sign-in under way.
    const victim = await site.signIn('dev');
    await login(victim);
    await assertRefused(victim, back, { status: 400,
      code: 'sign_in_not_started', error: 'RG_E_STATE_UNKNOWN' });
    assert.deepEqual((await site.whoami(victim)).json().roles, ['user']);
  });

  test('with the code of another sign-in is refused (PKCE, nonce)', async () => {
    const attacker = await site.begin('ada');
    const victim = site.client();
    const state = stateOf(await login(victim));
    const url = new URL(attacker.url);
    url.searchParams.set('state', state);
    await assertRefused(victim, { url: url.href }, { status: 403,
      code: 'provider_refused', error: 'RG_E_GRANT' });
  });

  test('a second time is refused', async () => {
    const dev = site.client();
    const back = await site.begin('dev', { client: dev });
    const before = dev.jar.copy();
    assert.equal((await deliver(dev, back)).status, 303);
    assert.equal(transactions(dev).length, 0, 'the transaction is forgotten');
    await assertRefused(dev, back, { status: 400,
      code: 'sign_in_not_started', error: 'RG_E_STATE_UNKNOWN' });
    // Even for who kept the cookie.
    await assertRefused(site.client({ jar: before }), back, { status: 400,
      code: 'sign_in_replayed', error: 'RG_E_LOGIN_REPLAYED' });
    assert.equal((await site.whoami(dev)).status, 200);
  });

  test('with a changed transaction cookie is refused', async () => {
    const dev = site.client();
    const back = await site.begin('dev', { client: dev });
    const [cookie] = transactions(dev);
    const flip = cookie.value.at(20) === 'A' ? 'B' : 'A';
    for (const value of [
      cookie.value.slice(0, 20) + flip + cookie.value.slice(21),
      cookie.value.slice(0, -4), `${cookie.value}AAAA`, 'A', 'A'.repeat(300),
    ]) {
      const copy = dev.jar.copy();
      copy.set(site.publicUrl, cookie.name, value);
      await assertRefused(site.client({ jar: copy }), back, { status: 400,
        code: 'sign_in_not_started', error: 'RG_E_STATE_UNKNOWN' });
    }
    assert.equal((await deliver(dev, back)).status, 303, 'the true one works');
  });

  test('with a cookie that another installation sealed is refused', async () => {
    const dev = site.client();
    const back = await site.begin('dev', { client: dev });
    const [cookie] = transactions(dev);
    const other = apart.client();
    await other.get(apart.url('/login'));
    const [foreign] = transactions(other);
    dev.jar.set(site.publicUrl, cookie.name, foreign.value);
    await assertRefused(dev, back, { status: 400,
      code: 'sign_in_not_started', error: 'RG_E_STATE_UNKNOWN' });
  });

  test('with a parameter twice, or without one, is refused', async () => {
    const dev = site.client();
    const { url } = await site.begin('dev', { client: dev });
    const { searchParams: q } = new URL(url);
    for (const name of ['code', 'state', 'iss', 'error']) {
      const twice = `${url}&${name}=${q.get(name) ?? 'x'}${
        q.has(name) ? '' : `&${name}=x`}`;
      await assertRefused(dev, { url: twice }, { status: 400,
        code: 'bad_request', error: 'RG_E_REQ_DUPLICATE' });
    }
    const cases = [
      [{ code: q.get('code') }, 'RG_E_STATE_MISSING'],
      [{ state: q.get('state') }, 'RG_E_CODE_MISSING'],
      [{ code: '', state: '' }, 'RG_E_STATE_MISSING'],
      [{ code: 'x', error: 'y', state: q.get('state') }, 'RG_E_CODE_MISSING'],
      [{}, 'RG_E_STATE_MISSING'],
    ];
    for (const [params, error] of cases) {
      await assertRefused(dev, { url: site.url(`/callback?${
        new URLSearchParams(params)}`) }, { status: 400,
        code: 'bad_request', error });
    }
    // In the query and in the body: two readers could differ.
    await assertRefused(dev, { url, fields: { state: q.get('state') } },
      { status: 400, code: 'bad_request', error: 'RG_E_REQ_DUPLICATE' });
    assert.equal((await deliver(dev, { url })).status, 303);
  });

  test('too late is refused', async () => {
    const dev = apart.client();
    const back = await apart.begin('dev', { client: dev });
    const jar = dev.jar.copy();
    const [{ name, value, ends }] = transactions(dev);
    assert.ok(ends <= Date.now() + 10_000, 'the browser forgets it too');
    await sleep(Math.max(0, ends - Date.now()) + 1100);
    jar.set(apart.publicUrl, name, value);
    const res = await deliver(apart.client({ jar }), back);
    assert.equal(res.status, 400);
    assert.match(res.body, /sign_in_expired/);
    assert.equal((await lastRefusal(apart)).detail.error, 'RG_E_LOGIN_EXPIRED');
    assert.equal(await sessions(apart), 0);
  });
});

test('eight tabs can sign in at once; a ninth makes the oldest give way',
  async () => {
    const dev = site.client();
    const tabs = [];
    for (let i = 0; i < 8; i += 1) {
      tabs.push(await site.begin('dev', { client: dev, returnTo: `/tab/${i}` }));
      if (i === 0) await sleep(1100); // the oldest, by the second
    }
    assert.equal(transactions(dev).length, 8);
    tabs.push(await site.begin('dev', { client: dev, returnTo: '/tab/8' }));
    assert.equal(transactions(dev).length, 8);
    await assertRefused(dev, tabs[0], { status: 400,
      code: 'sign_in_not_started', error: 'RG_E_STATE_UNKNOWN' });
    for (const i of [8, 3, 1]) {
      const res = await deliver(dev, tabs[i]);
      assert.equal(res.status, 303, res.body);
      assert.equal(res.headers.location, `/tab/${i}`);
    }
  });

test('a flood of refusals is counted, not written row by row', async () => {
  const few = await startSite({ config: { rolegate: { audit_refusals: 5 } } });
  try {
    for (let i = 0; i < 30; i += 1) {
      const res = await few.client().get(few.url('/callback?state=x&code=y'));
      assert.equal(res.status, 400);
    }
    assert.equal((await refusals(few)).length, 5);
    await few.ctl('audit', 'verify');
  } finally {
    await few.close();
  }
});
