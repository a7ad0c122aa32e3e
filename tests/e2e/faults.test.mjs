// SPDX-License-Identifier: ISC
// What goes wrong around rolegate: files, the provider, configuration. Each
// time: an error that names its cause, nobody let in who should not be, those
// who are signed in undisturbed, and all well again when the fault is gone.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync,
} from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import { assertRefusalAudited, assertRefusalPage } from './lib/refusal.mjs';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';
import { assertConsistent, sql } from './lib/sqlite.mjs';
import { until } from './lib/wait.mjs';

/* What was logged since `from` (a length of the log). */
const logOf = (site, from = 0) => site.work.read('rolegate.log').slice(from);
const logged = (site, from, what) => until(`${what} in the log`,
  () => what.test(logOf(site, from)), { ms: 5000 })
  .catch((err) => assert.fail(`${err.message}: ${logOf(site, from)}`));

/* Milliseconds that an action takes, and its result. */
async function timed(action) {
  const start = performance.now();
  const result = await action();
  return { result, ms: performance.now() - start };
}

/* Nobody is anybody without a session, whatever is broken. */
async function assertNoAccess(site) {
  for (const cookie of ['', `rolegate=${'A'.repeat(43)}`]) {
    const res = await site.client().json(site.url('/whoami'),
      { headers: { cookie } });
    assert.ok([401, 503].includes(res.status), `${res.status}`);
  }
}

describe('files', () => {
  let site;
  let dev;
  let db;
  let key;
  let secret;
  const kept = new Map();
  before(async () => {
    site = await startSite();
    ({ database: db, key_file: key } = site.config.rolegate);
    secret = site.config['provider.entra'].client_secret_file;
    dev = await site.signIn('dev');
    for (const path of [key, secret]) kept.set(path, readFileSync(path));
    await opened(0);
  });
  after(() => site?.close());

  /* Each worker has read its files: one that has not would meet broken ones. */
  const opened = (from) => until('the workers to open', () => logOf(site, from)
    .match(/worker\.open ready/g)?.length >= site.config.rolegate.workers);
  const put = (path, text, mode = 0o600) => {
    rmSync(path, { force: true, recursive: true });
    writeFileSync(path, text, { mode });
    chmodSync(path, mode);
  };
  const repair = (path) => put(path, kept.get(path));
  // SQLite may leave its -wal and -shm to the next one who opens the file.
  const aside = async () => {
    await site.rolegate.stop();
    for (const end of ['', '-wal', '-shm']) {
      try {
        renameSync(db + end, `${db}.kept${end}`);
      } catch { /* there is none */ }
    }
  };
  const back = async () => {
    for (const end of ['', '-wal', '-shm']) {
      rmSync(db + end, { force: true, recursive: true });
      try {
        renameSync(`${db}.kept${end}`, db + end);
      } catch { /* there is none */ }
    }
    await site.startRolegate();
  };
  const check = () => site.work.run(site.programs.rolegate,
    ['--config', site.work.path('rolegate.conf'), '--check']);

  /* Refuses to start, by every door, and says why. */
  async function assertRefusesStart(why) {
    const runs = [await check(), await site.work.run(site.programs.rolegate,
      ['--config', site.work.path('rolegate.conf')]),
    await site.ctlRaw(['config', 'check'])];
    for (const { status, stderr } of runs) {
      assert.equal(status, 1, stderr);
      assert.match(stderr, why);
    }
  }

  // [what, break it, what is said, whose content must not be said]
  const SECRETS = [
    ['missing', (p) => rmSync(p), /No such file.*RG_E_/],
    ['readable by everybody', (p) => chmodSync(p, 0o644),
      /0644.*chmod 600.*RG_E_/],
    ['a folder', (p) => { rmSync(p); mkdirSync(p); }, /RG_E_/],
    ['empty', (p) => put(p, ''), /RG_E_/],
    ['far too long', (p) => put(p, 'x'.repeat(1 << 20)), /RG_E_/],
  ];
  for (const which of ['key file', 'secret file']) {
    const path = () => (which === 'key file' ? key : secret);
    const named = () => `(${path().replaceAll('.', '\\.')}|client_secret_file)`;
    const more = which === 'key file'
      ? [['garbage', (p) => put(p, 'canary-garbage\n'), /43 base64url/]] : [];
    for (const [what, broken, why] of [...SECRETS, ...more]) {
      test(`${which} ${what}: no start, and a reload keeps what is`, async () => {
        const from = logOf(site).length;
        broken(path());
        try {
          await assertRefusesStart(new RegExp(
            `${named()}.*(${why.source})`, 's'));
          site.rolegate.kill('SIGHUP');
          await logged(site, from, new RegExp(
            `reload\\S* .*error=RG_E_.*${named()}`));
          assert.ok(!logOf(site, from).includes('canary'));
          assert.equal((await site.whoami(dev)).status, 200);
          await site.signIn('ana');
        } finally {
          repair(path());
        }
        assert.equal((await check()).status, 0);
        const repaired = logOf(site).length;
        site.rolegate.kill('SIGHUP');
        await opened(repaired);
        await site.signIn('ana');
        assert.equal((await site.whoami(dev)).status, 200);
      });
    }
  }

  const DATABASES = [
    ['missing', async () => {}, /No such file.*rolegatectl init.*RG_E_STORE_OPEN/],
    ['readable by everybody', async () => {
      put(db, readFileSync(`${db}.kept`), 0o644);
    }, /0644.*RG_E_FILE_MODE/],
    ['a folder', async () => mkdirSync(db), /regular file.*RG_E_STORE_OPEN/],
    ['empty', async () => put(db, ''), /rolegatectl init.*RG_E_STORE_SCHEMA/],
    ['not a database', async () => put(db, 'garbage '.repeat(1000)),
      /RG_E_STORE_CORRUPT/],
    ['cut off', async () => {
      put(db, readFileSync(`${db}.kept`).subarray(0, 5000));
    }, /RG_E_STORE_(CORRUPT|SCHEMA)/],
    ['of another program', async () => {
      await sql(db, 'CREATE TABLE t (x)');
      chmodSync(db, 0o600);
    }, /another program.*RG_E_STORE_SCHEMA/],
    ['of a newer version', async () => {
      put(db, readFileSync(`${db}.kept`));
      await sql(db, 'PRAGMA user_version = 99');
    }, /newer rolegate.*RG_E_STORE_SCHEMA/],
  ];
  for (const [what, broken, why] of DATABASES) {
    test(`database ${what}: no start`, async () => {
      await aside();
      try {
        await broken();
        await assertRefusesStart(new RegExp(
          `${db.replaceAll('.', '\\.')}.*(${why.source})`, 's'));
      } finally {
        await back();
      }
      assert.equal((await check()).status, 0);
      assert.equal((await site.whoami(dev)).status, 200);
      await site.signIn('ana');
      await assertConsistent(site);
    });
  }

  test('a broken configuration: the old one is kept, and the log says so',
    async () => {
      const file = site.work.path('rolegate.conf');
      const good = readFileSync(file, 'utf8');
      const lines = good.split('\n').length;
      for (const [bad, why] of [
        [`${good}\nnonsense = 1\n`, `rolegate\\.conf:${lines + 1}.*nonsense`],
        [good.replace(/^workers = .*/m, 'workers = many'), 'workers'],
        [good.replace(/^public_url = .*/m, 'public_url = http://evil.example/'),
          'public_url'],
        ['', 'rolegate\\.conf'],
      ]) {
        const from = logOf(site).length;
        writeFileSync(file, bad);
        site.rolegate.kill('SIGHUP');
        await logged(site, from, new RegExp(
          `reload\\S* .*error=RG_E_CONF.*${why}`));
        assert.equal((await site.whoami(dev)).status, 200);
        await site.signIn('ana');
      }
      writeFileSync(file, good);
      site.rolegate.kill('SIGHUP');
      await site.signIn('ana');
    });

  test('many reloads: nobody waits, nobody is sent away', async () => {
    const quick = { timeout: 3000 };
    for (let i = 0; i < 10; i += 1) {
      site.rolegate.kill('SIGHUP');
      for (let n = 0; n < 10; n += 1) {
        assert.equal((await site.whoami(dev, '', quick)).status, 200);
      }
    }
  });

  test('a good new configuration counts after HUP, and nobody notices',
    async () => {
      site.configure({ rolegate: { contact: 'somebody.new@contoso.example' } });
      site.rolegate.kill('SIGHUP');
      await until('the new contact', async () => {
        assert.equal((await site.whoami(dev)).status, 200);
        const { body } = await site.client().get(site.url('/nothing'));
        return body.includes('somebody.new@contoso.example');
      });
    });
});

describe('the provider', () => {
  let site;
  let dev;
  before(async () => {
    site = await startSite({ config: {
      rolegate: { workers: 4, sign_in_workers: 2 },
      'provider.entra': { timeout: '2s' },
    } });
    dev = await site.signIn('dev');
  });
  after(() => site?.close());
  afterEach(() => site.idp.wellAgain());

  test('hanging: few wait, others are told to come back, /whoami is quick',
    async () => {
      const from = logOf(site).length;
      const backs = [];
      for (let i = 0; i < 3; i += 1) {
        const client = site.client();
        backs.push({ client, back: await site.begin('dev', { client }) });
      }
      await site.idp.fault('token', 'hang');
      const before = (await site.idp.counts()).token;
      const waiting = backs.slice(0, 2).map(
        ({ client, back }) => timed(() => deliver(client, back)));
      await until('two to wait',
        async () => (await site.idp.counts()).token === before + 2);
      const third = await timed(() => deliver(backs[2].client, backs[2].back));
      assert.ok(third.ms < 1000, `${third.ms} ms`);
      assertRefusalPage(third.result, 'RG_E_OVERLOADED',
        { jar: backs[2].client.jar });
      assert.ok(Number(third.result.headers['retry-after']) > 0);
      for (let i = 0; i < 20; i += 1) {
        const { result, ms } = await timed(() => site.whoami(dev));
        assert.equal(result.status, 200);
        assert.ok(ms < 500, `/whoami took ${ms} ms`);
      }
      await assertNoAccess(site);
      for (const [i, each] of waiting.entries()) {
        const { result, ms } = await each;
        assert.ok(ms > 1500 && ms < 5000, `${ms} ms`);
        assertRefusalPage(result, 'RG_E_NET_TIMEOUT', { jar: backs[i].client.jar });
        await assertRefusalAudited(site, result, 'RG_E_NET_TIMEOUT');
      }
      assert.match(logOf(site, from), /RG_E_NET_TIMEOUT/);
      // The third one's code was never used: the same answer is good now.
      await site.idp.wellAgain();
      const again = await deliver(backs[2].client, backs[2].back);
      assert.equal(again.status, 303);
      assert.equal((await site.whoami(backs[2].client)).status, 200);
    });

  for (const [mode, cause] of [['down', 'RG_E_NET'], ['500', 'RG_E_NET_STATUS'],
    ['garbage', 'RG_E_TOKEN_RESPONSE'], ['close', 'RG_E_NET']]) {
    test(`token endpoint ${mode}: refused with the cause, then well`, async () => {
      const client = site.client();
      const back = await site.begin('dev', { client });
      await site.idp.fault('token', mode);
      const res = await deliver(client, back);
      assertRefusalPage(res, cause, { jar: client.jar });
      await assertRefusalAudited(site, res, cause);
      assert.equal((await site.whoami(dev)).status, 200);
      await site.idp.wellAgain();
      await site.signIn('dev');
    });
  }

  test('gone: nobody new gets in, those who are in stay', async () => {
    const client = site.client();
    const back = await site.begin('dev', { client });
    await site.idp.fault('all', 'down');
    const res = await deliver(client, back);
    assertRefusalPage(res, 'RG_E_NET_CONNECT', { jar: client.jar });
    await assertRefusalAudited(site, res, 'RG_E_NET_CONNECT');
    assert.equal((await site.whoami(dev)).status, 200);
    await assertNoAccess(site);
    await site.idp.wellAgain();
    await site.signIn('dev');
  });

  test('slow is not down', async () => {
    await site.idp.fault('token', 'slow', 500);
    await site.signIn('dev');
  });

  test('its documents gone and rolegate restarted: the cache will do',
    async () => {
      const before = await site.idp.counts();
      for (const what of ['discovery', 'keys']) {
        await site.idp.fault(what, 'down');
      }
      await site.restartRolegate();
      const ana = await site.signIn('ana');
      assert.deepEqual((await site.whoami(ana)).json().roles, ['analyst']);
      assert.equal((await site.whoami(dev)).status, 200);
      const ready = await site.client().json(site.url('/readyz'));
      assert.equal(ready.status, 200);
      const now = await site.idp.counts();
      assert.equal(now.discovery, before.discovery);
    });

  test('never reached yet: told so at once, and well when it is there',
    async () => {
      await site.idp.fault('all', 'down');
      await site.rolegate.stop();
      await sql(site.config.rolegate.database, 'DELETE FROM documents');
      await site.startRolegate();
      const client = site.client();
      const { result, ms } = await timed(() => client.get(site.url('/login')));
      assert.ok(ms < 4000, `${ms} ms`);
      assertRefusalPage(result, 'RG_E_NET_CONNECT', { jar: client.jar });
      await assertRefusalAudited(site, result, 'RG_E_NET_CONNECT');
      assert.equal((await site.whoami(dev)).status, 200);
      assert.equal((await site.client().json(site.url('/readyz'))).status, 503);
      await site.idp.wellAgain();
      await site.signIn('dev');
      assert.equal((await site.client().json(site.url('/readyz'))).status, 200);
      await assertConsistent(site);
    });
});
