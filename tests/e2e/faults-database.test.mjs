// SPDX-License-Identifier: ISC
// A database that is locked, full or read-only while rolegate runs. Nobody is
// let in without a record, those who are signed in are answered as long as the
// database can be read, and all is well again without a restart.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Mounts } from './lib/mounts.mjs';
import { childrenOf } from './lib/processes.mjs';
import { assertRefusalPage } from './lib/refusal.mjs';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';
import { assertConsistent, lockDatabase } from './lib/sqlite.mjs';
import { sleep, until } from './lib/wait.mjs';

const LOCK_MS = 10_000;
const logOf = (site, from = 0) => site.work.read('rolegate.log').slice(from);

/* A sign-in that must fail for this cause: 503, no session, named in the log. */
async function assertNoSignIn(site, cause) {
  const from = logOf(site).length;
  const client = site.client();
  const back = await site.begin('dev', { client });
  assert.ok(back.url, `beginning needs no writing: ${back.res?.body}`);
  const res = await deliver(client, back);
  assertRefusalPage(res, cause, { jar: client.jar });
  assert.equal((await site.whoami(client)).status, 401);
  await until('the cause in the log',
    () => logOf(site, from).includes(`error=${cause}`));
  assert.match(logOf(site, from), /audit\.lost/);
}

describe('locked by somebody else', () => {
  let site;
  before(async () => {
    site = await startSite({ config: { rolegate: { workers: 4 },
      session: { idle: '24s' } } }); // use is noted every 6 s
  });
  after(() => site?.close());
  const lock = () => lockDatabase(site.work, site.config.rolegate.database);

  test('for a moment: everybody waits and gets in', async () => {
    const client = site.client();
    const back = await site.begin('dev', { client });
    const unlock = await lock();
    const coming = deliver(client, back);
    await sleep(800);
    await unlock();
    assert.equal((await coming).status, 303);
  });

  test('for 10 s: 503, /whoami goes on, nothing is half done', async () => {
    const dev = await site.signIn('dev');
    const leaving = await site.signIn('ada');
    const unlock = await lock();
    const end = performance.now() + LOCK_MS;
    const slow = [];
    const people = (async () => {
      while (performance.now() < end) {
        const start = performance.now();
        const res = await site.whoami(dev);
        assert.equal(res.status, 200);
        slow.push(performance.now() - start);
        assert.equal((await site.client().json(site.url('/whoami'))).status, 401);
        await sleep(250);
      }
    })();
    const newcomers = (async () => {
      await assertNoSignIn(site, 'RG_E_STORE_BUSY');
      const ready = await site.client().json(site.url('/readyz'));
      assert.equal(ready.status, 503);
      // Not signed out must not look like signed out.
      const out = await leaving.get(site.url('/logout'),
        { headers: { 'sec-fetch-site': 'same-origin' } });
      assert.equal(out.status, 503, out.body);
      assert.ok(leaving.jar.get('rolegate'), 'the cookie is kept');
    })();
    await Promise.all([people, newcomers]);
    await unlock();
    assert.ok(Math.max(...slow) < 1000,
      `/whoami took up to ${Math.max(...slow)} ms`);
    await site.signIn('dev');
    const out = await leaving.get(site.url('/logout'),
      { headers: { 'sec-fetch-site': 'same-origin' } });
    assert.equal(out.status, 303);
    assert.equal((await site.whoami(leaving)).status, 401);
    assert.equal((await site.client().json(site.url('/readyz'))).status, 200);
    await site.ctl('audit', 'verify');
    // What could not be written then is at least counted.
    const [row] = (await site.audit('--event', 'sign_in.refused')).slice(-1);
    assert.ok(row === undefined || row.detail.suppressed_before >= 1);
  });
});

describe('on a disk of its own', () => {
  let site;
  let mounts;
  let data;
  let ada;
  before(async () => {
    site = await startSite();
    data = site.work.path('data');
    mounts = await Mounts.open(site.work);
    if (!mounts) return;
    await site.rolegate.stop();
    const { rolegate, rolegatectl } = site.programs;
    await mounts.must('sh', '-c', `
      cp -a ${data} ${data}.kept && mount -t tmpfs -o size=8m,mode=0700 none ${data}
      cp -a ${data}.kept/. ${data}`);
    site.programs = { rolegate: mounts.wrap(rolegate),
      rolegatectl: mounts.wrap(rolegatectl) };
    await site.startRolegate();
    ada = await site.signIn('ada');
  });
  after(async () => {
    await site?.rolegate.stop();
    await mounts?.close();
    await site?.close();
  });
  const skip = (t) => {
    if (mounts) return false;
    assert.notEqual(process.getuid(), 0, 'root may make mount namespaces');
    t.skip('this user may not make mount namespaces');
    return true;
  };

  test('full: 503, /whoami goes on, and well when there is room', async (t) => {
    if (skip(t)) return;
    const fill = `${data}/fill`;
    t.after(() => mounts.must('rm', '-f', fill));
    await mounts.run('dd', 'if=/dev/zero', `of=${fill}`, 'bs=4k');
    // What SQLite has allocated already may still take a few.
    const early = [];
    for (;;) {
      const client = site.client();
      const res = await deliver(client, await site.begin('dev', { client }));
      if (res.status !== 303) break;
      early.push(client);
      assert.ok(early.length < 200, 'the disk is never full');
    }
    await assertNoSignIn(site, 'RG_E_STORE_FULL');
    assert.equal((await site.whoami(ada)).status, 200);
    assert.equal((await site.client().json(site.url('/whoami'))).status, 401);
    assert.equal((await site.client().json(site.url('/readyz'))).status, 503);
    const map = await site.ctlRaw(['role', 'add', 'never', '--permission', 'x']);
    assert.equal(map.status, 1);
    assert.match(map.stderr, /RG_E_STORE_FULL/);
    await mounts.must('rm', fill);
    const dev = await site.signIn('dev');
    assert.deepEqual((await site.whoami(dev)).json().roles, ['user']);
    for (const client of early) {
      assert.equal((await site.whoami(client)).status, 200);
    }
    await assertConsistent(site, mounts);
    assert.doesNotMatch(await site.ctl('role', 'list'), /never/);
  });

  test('read-only: no start, workers come back when it is writable', async (t) => {
    if (skip(t)) return;
    const from = logOf(site).length;
    // Nobody may have it open for writing at that moment.
    site.rolegate.kill('SIGSTOP');
    for (const pid of childrenOf(site.rolegate.pid)) process.kill(pid, 'SIGKILL');
    await sleep(50);
    await mounts.must('mount', '-o', 'remount,bind,ro', data);
    t.after(async () => {
      site.rolegate.kill('SIGCONT');
      await mounts.must('mount', '-o', 'remount,bind,rw', data);
    });
    site.rolegate.kill('SIGCONT');
    const named = /worker\.open error=RG_E_STORE_READONLY.*rolegate\.db/;
    await until('the cause in the log', () => named.test(logOf(site, from)));
    const check = await site.ctlRaw(['config', 'check']);
    assert.equal(check.status, 1);
    assert.match(check.stderr, /rolegate\.db.*RG_E_STORE_READONLY/);
    for (const path of ['/whoami', '/me', '/login', '/callback', '/logout',
      '/readyz']) {
      const res = await ada.get(site.url(path), { timeout: 3000 });
      assert.equal(res.status, 503, path);
      assert.ok(Number(res.headers['retry-after']) > 0);
      if (path === '/login') assertRefusalPage(res, 'RG_E_STORE_READONLY');
    }
    assert.equal((await ada.get(site.url('/healthz'))).status, 200);
    assert.equal((await ada.get(site.url('/nothing'))).status, 404);
    await mounts.must('mount', '-o', 'remount,bind,rw', data);
    await until('the service to answer',
      async () => (await site.whoami(ada)).status === 200);
    await until('all workers', async () => (await Promise.all(Array.from(
      { length: 8 }, () => site.whoami(ada)))).every((r) => r.status === 200));
    await site.signIn('dev');
    await assertConsistent(site, mounts);
  });
});
