// SPDX-License-Identifier: ISC
// How a session ends: by signing out, by not being used, by its age.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';
import { until } from './lib/wait.mjs';

let site;
before(async () => { site = await startSite(); });
after(() => site?.close());

test('sign-out ends the session here and at the provider', async () => {
  const dev = await site.signIn('dev');
  const before = dev.jar.copy();
  const res = await dev.get(site.url('/logout'),
    { headers: { 'sec-fetch-site': 'same-origin' } });
  assert.equal(res.status, 303);
  const to = new URL(res.headers.location);
  assert.equal(to.origin, new URL(site.idp.issuer).origin);
  assert.equal(to.searchParams.get('post_logout_redirect_uri'),
    site.url('/signed-out'));
  const idp = await dev.get(to.href);
  assert.equal(idp.headers.location.split('?')[0], site.url('/signed-out'));
  const bye = await dev.get(idp.headers.location);
  assert.equal(bye.status, 200);
  assert.match(bye.body, /signed out/i);
  assert.equal((await site.whoami(dev)).status, 401);
  // Not only forgotten by the browser: the cookie's value is worth nothing.
  assert.equal((await site.whoami(site.client({ jar: before }))).status, 401);
  const [row] = (await site.audit('--event', 'sign_out')).slice(-1);
  assert.match(row.subject, /^entra:/);
  // The provider asks again who it is.
  const back = await site.begin(undefined, { client: dev });
  assert.match(back.res.body, /Who are you/);
});

test('another site can not sign anybody out', async () => {
  const dev = await site.signIn('dev');
  for (const method of ['GET', 'POST']) {
    const res = await dev.ask(site.url('/logout'), { method,
      headers: { 'sec-fetch-site': 'cross-site' } });
    assert.equal(res.headers.location, new URL(site.url('/me')).pathname);
    assert.equal((await site.whoami(dev)).status, 200);
  }
  const post = await dev.post(site.url('/logout'), {},
    { headers: { 'sec-fetch-site': 'same-origin' } });
  assert.equal(post.status, 303);
  assert.equal((await site.whoami(dev)).status, 401);
});

/*
 * Workers give the same answer again within a second, but never one that
 * somebody's edit has overtaken. What counts are the rounds that were over
 * within one second: in the others no answer would have been given again.
 */
test('what is taken away is gone on the very next request', async () => {
  const dev = await site.signIn('dev');
  const disable = (on) => sql(site.config.rolegate.database,
    `UPDATE principals SET disabled = ${on} WHERE username LIKE 'dev%'`);
  const statuses = async () => (await Promise.all([1, 2, 3, 4, 5, 6].map(
    () => site.whoami(dev)))).map((res) => res.status);
  const second = () => Math.floor(Date.now() / 1000);
  let within = 0;
  for (let i = 0; i < 50 && within < 3; i += 1) {
    const began = second();
    assert.deepEqual(await statuses(), Array(6).fill(200));
    await disable(1);
    assert.deepEqual(await statuses(), Array(6).fill(401));
    if (second() === began) within += 1;
    await disable(0);
  }
  assert.ok(within > 0, 'no round was over within a second');
});

test('signing out without a session is no error', async () => {
  const res = await site.client().get(site.url('/logout'));
  assert.equal(res.status, 303);
  assert.equal(res.headers.location, new URL(site.url('/signed-out')).pathname);
});

test('idle and absolute end of a session', async () => {
  const site = await startSite({ config: {
    session: { idle: '2s', lifetime: '4s' } } });
  try {
    const idle = await site.signIn('dev');
    const busy = await site.signIn('dev');
    const born = Date.now();
    let idleDied = 0;
    const alive = async (who) => (await site.whoami(who)).status === 200;
    await until('the absolute end', async () => {
      const ok = await alive(busy);
      if (!idleDied && Date.now() - born > 2500) {
        idleDied = 1;
        assert.equal(await alive(idle), false, 'unused for longer than idle');
        assert.equal(ok, true, 'in use');
      }
      return !ok;
    }, { every: 200 });
    assert.ok(Date.now() - born > 2900, 'not before its time');
  } finally {
    await site.close();
  }
});
