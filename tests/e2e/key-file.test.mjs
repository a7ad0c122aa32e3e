// SPDX-License-Identifier: ISC
// The keys that seal are replaced while people are on their way: nobody notices,
// no process is restarted, and what the old key sealed is worth nothing when its
// time is over.
import assert from 'node:assert/strict';
import { chmodSync, lstatSync, readFileSync, readdirSync, renameSync, statSync,
  symlinkSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { childrenOf } from './lib/processes.mjs';
import { assertRefusalPage } from './lib/refusal.mjs';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';
import { until } from './lib/wait.mjs';

const SIGN_IN_TIME = 600; // its default, seconds
let site;
let file;
let workers;
before(async () => {
  site = await startSite({ config: {
    rolegate: { workers: 8, sign_in_workers: 7 },
    'provider.entra': { refresh: 'on' }, role_token: { audience: 'gw' } } });
  await site.ctl('key', 'rotate', '--now');
  file = site.config.rolegate.key_file;
  workers = childrenOf(site.rolegate.pid);
});
after(() => site?.close());

const lines = () => readFileSync(file, 'utf8').trimEnd().split('\n');
const rotate = (...args) => site.ctlJson('key-file', 'rotate', ...args);

/* A sign-in that has begun: the browser is on its way back. */
async function begun(login = 'dev') {
  const client = site.client();
  return { client, back: await site.begin(login, { client }) };
}

async function refused({ client, back }) {
  const res = await deliver(client, back);
  assertRefusalPage(res, 'RG_E_STATE_UNKNOWN', { jar: client.jar });
}

/* What was sealed in the database can be opened. */
async function rowsOpen(client) {
  const res = await site.whoami(client, '?token=1');
  assert.equal(res.status, 200, res.body);
  assert.ok(res.json().token);
  // The command, or the process that renews, whoever is first.
  const { database } = site.config.rolegate;
  const now = Math.floor(Date.now() / 1000);
  await sql(database, 'UPDATE refreshes SET due_at = 1');
  const { status, stderr } = await site.ctlRaw(['maintain']);
  assert.equal(status, 0, stderr);
  await until('renewal of all', async () => (await sql(database,
    `SELECT 1 FROM refreshes WHERE due_at < ${now + 60}`)).length === 0);
  assert.doesNotMatch(stderr + site.work.read('rolegate.log'), /refresh\./);
}

test('a sign-in that began before ends after', async () => {
  const [old] = lines();
  const dev = await site.signIn('dev');
  const way = await begun();
  const now = Math.floor(Date.now() / 1000);
  const told = await rotate();
  assert.equal(told.key_file, file);
  assert.equal(told.role_keys, 1);
  assert.equal(told.refresh_tokens, 1);
  assert.ok(told.old_until >= now + SIGN_IN_TIME
    && told.old_until <= now + SIGN_IN_TIME + 120);
  const [fresh, before, ...more] = lines();
  assert.match(fresh, /^[\w-]{43}$/);
  assert.notEqual(fresh, old);
  assert.deepEqual([before, more], [`${old} ${told.old_until}`, []]);
  assert.equal((await deliver(way.client, way.back)).status, 303);
  await rowsOpen(dev);
  assert.deepEqual(childrenOf(site.rolegate.pid), workers, 'nobody restarted');
  const [row] = await site.audit('--event', 'key_file.rotated');
  assert.deepEqual(row.detail, { role_keys: 1, refresh_tokens: 1,
    unopened: 0, old_until: told.old_until });
});

test('what began after is sealed by the new key alone', async () => {
  const way = await begun();
  const all = readFileSync(file);
  writeFileSync(file, `${lines()[0]}\n`);
  assert.equal((await deliver(way.client, way.back)).status, 303);
  writeFileSync(file, all);
});

test('an old key opens nothing when its time is over', async () => {
  const way = await begun();
  await rotate();
  const dev = await site.signIn('dev');
  // Eleven minutes later
  const [fresh, ...old] = lines();
  writeFileSync(`${file}.x`, [fresh, ...old.map((l) => l.replace(/ .*/, ' 1000')),
    ''].join('\n'), { mode: 0o600 });
  renameSync(`${file}.x`, file);
  await refused(way);
  await rowsOpen(dev);
  assert.equal((await site.ctlRaw(['config', 'check'])).status, 0);
  // The next rotation leaves them out.
  await rotate();
  assert.deepEqual(lines().map((l) => l.slice(0, 43)).slice(1), [fresh]);
});

test('one that leaked opens nothing at once', async () => {
  const way = await begun();
  const dev = await site.signIn('dev');
  const told = await rotate('--now');
  assert.equal(told.old_until, 0);
  assert.equal(lines().length, 1);
  await refused(way);
  await rowsOpen(dev);
});

test('while people sign in: nobody is refused', async () => {
  assert.equal(lines().length, 1);
  let done = false;
  let count = 0;
  const people = Array.from({ length: 3 }, async () => {
    while (!done) {
      await site.signIn('ana');
      count += 1;
    }
  });
  for (let i = 0; i < 3; i += 1) await rotate();
  const so = count;
  await until('sign-ins after it', () => count > so);
  done = true;
  await Promise.all(people);
  assert.ok(count > 0);
  // No more than four fit; none is thrown away that still opens.
  const was = lines();
  assert.equal(was.length, 4);
  const { status, stderr } = await site.ctlRaw(['key-file', 'rotate']);
  assert.equal(status, 1);
  assert.match(stderr, /holds 4 keys that open.*RG_E_EXISTS/);
  assert.deepEqual(lines(), was);
  // But one that leaked is replaced in any case.
  await rotate('--now');
  assert.equal(lines().length, 1);
  assert.ok(!was.some((line) => line.startsWith(lines()[0])));
});

test('mode and link stay, and two at once do not meet', async () => {
  const real = site.work.path('real.key');
  renameSync(file, real);
  symlinkSync(real, file);
  chmodSync(real, 0o640);
  await rotate();
  assert.ok(lstatSync(file).isSymbolicLink());
  assert.equal(statSync(real).mode & 0o777, 0o640);
  assert.equal(readFileSync(real, 'utf8').split('\n').length, 3);
  await site.signIn('dev');
  // A shared lock is in the way of an exclusive one only.
  const lock = spawn('flock', ['-s', site.work.dir, 'sh', '-c', 'echo held; cat'],
    { stdio: ['pipe', 'pipe', 'ignore'] });
  await new Promise((resolve) => { lock.stdout.once('data', resolve); });
  const { status, stderr } = await site.ctlRaw(['key-file', 'rotate']);
  lock.stdin.end();
  assert.equal(status, 1);
  assert.match(stderr, /another one replaces its keys/);
  assert.equal(readFileSync(real, 'utf8').split('\n').length, 3);
  assert.ok(!readdirSync(site.work.dir).some((name) => name.endsWith('.new')));
});

test('what no key opens is counted, and stays', async () => {
  const findings = async () => (await site.ctlJson('doctor'))
    .filter((f) => f.check === 'key file').map((f) => `${f.result} ${f.text}`);
  await site.signIn('dev');
  assert.match((await findings()).join(), /^ok .*,ok opens all that is sealed/);
  const good = readFileSync(file);
  // Another file in its place, as of another machine.
  writeFileSync(file, `${'A'.repeat(43)}\n`);
  const [{ count }] = await sql(site.config.rolegate.database,
    'SELECT count(*) AS count FROM refreshes');
  const sealed = () => sql(site.config.rolegate.database,
    'SELECT sealed FROM refreshes UNION SELECT sealed FROM role_keys ORDER BY 1');
  const was = await sealed();
  try {
    const list = await findings();
    assert.match(list[1], /^warn keys of role tokens .* not open: 1;/);
    assert.match(list[2],
      new RegExp(`^warn refresh tokens .* not open: ${count};`));
    const { stdout, stderr } = await site.ctlRaw(['key-file', 'rotate']);
    assert.match(stdout, / 0 role keys, 0 refresh tokens; /);
    assert.match(stdout, new RegExp(`left, since no key opens them: ${was.length}`));
    assert.match(stderr, new RegExp(`keys\\.unopened rows=${was.length}$`, 'm'));
    assert.equal((await rotate()).unopened, was.length);
    assert.deepEqual(await sealed(), was);
  } finally {
    writeFileSync(file, good);
  }
  assert.equal((await rotate()).unopened, 0);
  // One that signs no more is nothing to mend.
  await until('another second', async () => {
    const { status, stderr } = await site.ctlRaw(['key', 'rotate', '--now']);
    if (status !== 0) assert.match(stderr, /from the same second on: try again/);
    return status === 0;
  });
  await sql(site.config.rolegate.database,
    "UPDATE role_keys SET sealed = 'lost' ORDER BY signs_from LIMIT 1");
  assert.match((await findings()).join(), /,ok opens all that is sealed/);
});

/* With a key file that can't be used. */
async function spoilt(work) {
  const good = readFileSync(file);
  writeFileSync(file, 'no key\n');
  try {
    await work();
  } finally {
    writeFileSync(file, good);
  }
}

test('one that can not be used does not end what runs', async () => {
  const log = () => site.work.read('rolegate.log');
  const count = (words) => log().split(words).length - 1;
  const processes = workers.length; // one of them renews
  for (const most of [processes, 2 * processes]) {
    await spoilt(async () => {
      await site.signIn('dev');
      // Each of these seals, in any worker, and strangers can go on with it.
      for (let i = 0; i < 20; i += 1) await site.begin('dev');
      assert.match(log(), /keys\.unusable error=RG_E_CONF/);
      const told = count('keys.unusable');
      assert.ok(told <= most, `${told} lines of ${processes} processes`);
    });
    const read = count('keys.read');
    await site.signIn('dev');
    assert.ok(count('keys.read') > read);
  }
  await site.ctl('audit', 'verify');
});

test('a worker that starts without it refuses, and says once why', async () => {
  const { pid } = site.rolegate;
  const login = site.url('/login?provider=entra');
  const errors = () => site.work.read('rolegate.log')
    .match(/error \S+ worker\.open error=RG_E_CONF.*/g) ?? [];
  await spoilt(async () => {
    const before = childrenOf(pid);
    for (const worker of before) process.kill(worker, 'SIGKILL');
    await until('others', () => {
      const now = childrenOf(pid);
      return now.length === before.length && !now.some((p) => before.includes(p));
    });
    await until('all to look', () => errors().length === before.length);
    const ids = new Set();
    const ask = async () => {
      const res = await site.client().json(login);
      assert.equal(res.status, 503, res.body);
      ids.add(res.json().request_id);
    };
    const end = performance.now() + 2500; // they look again each second
    let asked = 0;
    for (; performance.now() < end; asked += 8)
      await Promise.all(Array.from({ length: 8 }, ask));
    assert.equal(ids.size, asked);
    assert.equal(errors().length, before.length, errors().join('\n'));
  });
  await until('repair',
    async () => (await site.client().get(login)).status === 303);
});
