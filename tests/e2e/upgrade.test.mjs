// SPDX-License-Identifier: ISC
// Another rolegate takes over while people sign in and are asked for, through
// lighttpd and nginx: not one request fails. Once with a socket that somebody
// else holds, as systemd does, and once by SIGUSR2, where rolegate hands its own
// socket over to the program that is on disk now.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { childrenOf } from './lib/processes.mjs';
import { startNginx } from './lib/servers.mjs';
import { startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';
import { sleep, freePort, listens, until, untilListens } from './lib/wait.mjs';

const HOLD = fileURLToPath(new URL('./lib/hold-socket.py', import.meta.url));
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const AT_ONCE = 6;
const WORKERS = 4;

const config = { rolegate: { workers: WORKERS, sign_in_workers: WORKERS - 1,
  log_level: 'info', database_timeout: '10s' } };
const logOf = (site) => site.work.read('rolegate.log');
const count = (text, words) => text.split(words).length - 1;

/* Through both web servers, until `done`; every answer must be the right one. */
async function underLoad(site, nginx, work) {
  const tally = { requests: 0, signIns: 0 };
  const dev = await site.signIn('dev');
  const cookie = `rolegate=${dev.jar.get('rolegate')}`;
  let done = false;
  const ask = async (base) => {
    while (!done) {
      const res = await site.client().json(`${base}/whoami`,
        { headers: { cookie } });
      assert.equal(res.status, 200, `${base}: ${res.status} ${res.body}`);
      assert.deepEqual(res.json().roles, ['user']);
      tally.requests += 1;
    }
  };
  const signIn = async () => {
    while (!done) {
      const ana = await site.signIn('ana');
      assert.equal((await site.whoami(ana)).status, 200);
      tally.signIns += 1;
    }
  };
  const people = [site.publicUrl, nginx].flatMap((base) => Array.from(
    { length: AT_ONCE }, () => ask(base)));
  people.push(signIn(), signIn());
  const all = Promise.all(people.map((p) => p.catch((err) => {
    done = true;
    throw err;
  })));
  const working = (async () => {
    await sleep(200);
    for (let i = 0; i < ROUNDS && !done; i += 1) {
      await work(i);
      const before = tally.requests;
      await until('more answers', () => done || tally.requests > before + 50);
    }
  })().finally(() => { done = true; });
  await Promise.all([all, working]);
  return tally;
}

async function withNginx(site) {
  const port = await freePort();
  await startNginx(site.work, { port, prefix: site.prefix });
  return `http://127.0.0.1:${port}${site.prefix}`;
}

describe('a socket that systemd holds', () => {
  let site;
  let nginx;
  let holder;
  let pid;
  let lines;
  const started = async () => {
    const { value } = await lines.next();
    pid = Number(value);
  };
  before(async () => {
    site = await startSite({ config });
    await site.rolegate.stop();
    const conf = ['--config', site.work.path('rolegate.conf')];
    holder = site.work.spawn('rolegate', '/usr/bin/python3', [HOLD,
      site.work.socket, `${site.programs.rolegatectl} ${conf.join(' ')} init`,
      site.programs.rolegate, ...conf], { stdin: 'pipe', stdout: 'pipe' });
    lines = createInterface({ input: holder.child.stdout })[Symbol.asyncIterator]();
    await started();
    nginx = await withNginx(site);
  });
  after(() => site?.close());

  test('restarts lose no request', async (t) => {
    const pids = new Set();
    const tally = await underLoad(site, nginx, async () => {
      pids.add(pid);
      holder.child.stdin.write('again\n');
      await started();
    });
    pids.add(pid);
    assert.equal(pids.size, ROUNDS + 1);
    t.diagnostic(`${tally.requests} requests, ${tally.signIns} sign-ins`);
  });
});

const CHANGE = `ALTER TABLE meta ADD COLUMN later INTEGER NOT NULL DEFAULT 0;
    CREATE TRIGGER later AFTER UPDATE OF later ON meta
    BEGIN SELECT raise(ABORT, 'later'); END;`;

/* A program of the next schema version: its migration is where a picture was. */
function ofNextSchema(program, change = CHANGE) {
  const text = program.toString('latin1');
  const [, last] = /sql\/(\d{4})-(?![^]*sql\/\d{4}-)/.exec(text);
  const next = Number(last) + 1;
  const picture = readFileSync(new URL('../../www/rolegate.svg', import.meta.url),
    'latin1');
  const sql = `${change} PRAGMA user_version = ${next};`;
  const name = `sql/${String(next).padStart(4, '0')}-new.sql`;
  assert.equal(text.split(picture).length, 2);
  return Buffer.from(text.replaceAll('www/rolegate.svg', name)
    .replace(picture, sql.padEnd(picture.length)), 'latin1');
}

describe('a newer schema', () => {
  let site;
  let nginx;
  let older;
  let newer;
  const install = (which, data) => {
    const path = site.programs[which];
    writeFileSync(`${path}.new`, data, { mode: 0o755 });
    renameSync(`${path}.new`, path);
  };
  const schema = async () => {
    const { stdout } = await site.work.run('/usr/bin/python3', ['-c', `
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version').fetchone()[0])`,
    site.work.path('data/rolegate.db')]);
    return Number(stdout);
  };
  const starts = () => count(logOf(site), 'server.start mode=handed');
  const upgrade = async () => {
    const before = starts();
    site.rolegate.kill('SIGUSR2');
    await until('the new program', () => starts() > before);
  };
  before(async () => {
    site = await startSite({ config });
    nginx = await withNginx(site);
    older = readFileSync(site.programs.rolegate);
    newer = ofNextSchema(older);
  });
  after(() => site?.close());

  test('a migration that fails changes nothing', async () => {
    const was = await schema();
    install('rolegate', ofNextSchema(older,
      CHANGE.replace('ADD COLUMN later', 'ADD COLUMN id')));
    const refused = () => count(logOf(site), 'server.upgrade_refused');
    site.rolegate.kill('SIGUSR2');
    await until('the refusal', () => refused() === 1);
    assert.match(logOf(site), /-new\.sql: duplicate column.*RG_E/);
    assert.match(logOf(site), /--migrate of the new program failed/);
    await until('workers again',
      () => childrenOf(site.rolegate.pid).length === WORKERS);
    await site.signIn('dev');
    assert.equal(await schema(), was);
  });

  test('nor does one that processes with the database open would not notice',
    async () => {
      const was = await schema();
      const path = site.work.path('unnoticed');
      writeFileSync(path, ofNextSchema(older, 'UPDATE meta SET policy_version = 99;'),
        { mode: 0o755 });
      const { status, stderr } = await site.work.run(path,
        ['--config', site.work.path('rolegate.conf'), '--migrate']);
      assert.equal(status, 1);
      assert.match(stderr, /-new\.sql changes no schema/);
      assert.equal(await schema(), was);
    });

  test('nor does one of a program that refuses what is configured', async () => {
    const was = await schema();
    const refused = () => count(logOf(site), 'server.upgrade_refused');
    const before = refused();
    const conf = readFileSync(site.work.path('rolegate.conf'), 'utf8');
    site.work.write('rolegate.conf', conf.replace('[provider.entra]',
      '[provider.entra]\ndefault_role = nowhere'), 0o600);
    install('rolegate', newer);
    site.rolegate.kill('SIGUSR2');
    await until('the refusal', () => refused() > before);
    assert.match(logOf(site), /default_role: there is no role nowhere/);
    assert.equal(await schema(), was);
    site.work.write('rolegate.conf', conf, 0o600);
    await until('workers again',
      () => childrenOf(site.rolegate.pid).length === WORKERS);
    await site.signIn('dev');
  });

  test('the database is migrated between two versions, and no request is lost',
    async (t) => {
      const was = await schema();
      const tally = await underLoad(site, nginx, async (i) => {
        if (i > 0) return;
        install('rolegate', newer);
        await upgrade();
        assert.equal(await schema(), was + 1);
      });
      t.diagnostic(`${tally.requests} requests, ${tally.signIns} sign-ins`);
      assert.match(logOf(site), /migrated when the workers have ended/);
      assert.doesNotMatch(logOf(site), /worker\.kill|cut a request short|must be replaced/);
      assert.equal(site.rolegate.ended, false, 'it is the same process');
    });

  test('the older one does not take over again', async () => {
    install('rolegate', older);
    const refused = () => count(logOf(site), 'server.upgrade_refused');
    const before = refused();
    site.rolegate.kill('SIGUSR2');
    await until('the refusal', () => refused() > before);
    assert.match(logOf(site), /made by a newer rolegate/);
    await site.signIn('dev');
  });
});

describe('a newer schema while a session is renewed', () => {
  let site;
  before(async () => {
    site = await startSite({ config: { ...config,
      'provider.entra': { refresh: 'on', claims_max_age: '1h', timeout: 30 } } });
  });
  after(() => site?.close());

  test('a provider that does not answer keeps nobody waiting', async () => {
    const path = site.programs.rolegate;
    const db = (text) => sql(site.work.path('data/rolegate.db'), text);
    const schema = async () => (await db('PRAGMA user_version'))[0].user_version;
    const was = await schema();
    const dev = await site.signIn('dev');
    await site.idp.fault('token', 'hang');
    await db('UPDATE refreshes SET due_at = 0');
    await until('the keeper to ask', async () => (
      await db('SELECT due_at FROM refreshes'))[0].due_at > 0);
    writeFileSync(`${path}.new`, ofNextSchema(readFileSync(path)), { mode: 0o755 });
    renameSync(`${path}.new`, path);
    site.rolegate.kill('SIGUSR2');
    await until('the wait', () => logOf(site).includes('is migrated when'));
    for (let i = 0; i < 2 * WORKERS; i += 1) {
      assert.equal((await site.whoami(dev)).status, 200);
    }
    assert.equal(await schema(), was);
    await site.idp.wellAgain();
    await until('the new program',
      () => logOf(site).includes('server.start mode=handed'));
    assert.equal(await schema(), was + 1);
    assert.equal((await site.whoami(dev)).status, 200);
  });
});

describe('a database that is migrated under running workers', () => {
  let site;
  before(async () => { site = await startSite({ config }); });
  after(() => site?.close());

  test('they answer nobody, until they are replaced', async () => {
    const dev = await site.signIn('dev');
    assert.equal((await site.whoami(dev)).status, 200);
    for (const which of ['rolegatectl', 'rolegate']) {
      const path = site.programs[which];
      writeFileSync(`${path}.new`, ofNextSchema(readFileSync(path)), { mode: 0o755 });
      renameSync(`${path}.new`, path);
    }
    await site.ctl('init');
    for (let i = 0; i < 3 * WORKERS; i += 1) {
      const { status } = await site.whoami(dev);
      assert.equal(status, 503);
    }
    assert.match(logOf(site), /must be replaced/);
    site.rolegate.kill('SIGUSR2');
    await until('the new program',
      () => logOf(site).includes('server.start mode=handed'));
    await until('its answer', async () => (await site.whoami(dev)).status === 200);
  });
});

describe('SIGUSR2', () => {
  let site;
  let nginx;
  before(async () => {
    site = await startSite({ config });
    nginx = await withNginx(site);
  });
  after(() => site?.close());

  /* Puts another program in place of the one that runs, as a package does. */
  const install = (data) => {
    const { rolegate } = site.programs;
    writeFileSync(`${rolegate}.new`, data, { mode: 0o755 });
    renameSync(`${rolegate}.new`, rolegate);
  };
  const refusals = () => count(logOf(site), 'server.upgrade_refused');

  test('another program takes over, and no request is lost', async (t) => {
    const program = readFileSync(site.programs.rolegate, 'latin1');
    assert.ok(program.includes('handed over'));
    const workers = childrenOf(site.rolegate.pid);
    const tally = await underLoad(site, nginx, async (i) => {
      // What it writes into the log shows which program it is.
      const words = `handed ${String(1000 + i)}`;
      install(Buffer.from(program.replaceAll('handed over', words.padEnd(11)), 'latin1'));
      site.rolegate.kill('SIGUSR2');
      await until('the new program', () => logOf(site).includes(words));
    });
    t.diagnostic(`${tally.requests} requests, ${tally.signIns} sign-ins`);
    assert.equal(site.rolegate.ended, false, 'it is the same process');
    await until('the workers of before to end', () => {
      const now = childrenOf(site.rolegate.pid);
      return now.length === WORKERS && !now.some((p) => workers.includes(p));
    });
    assert.doesNotMatch(logOf(site), /worker\.kill|cut a request short/);
  });

  test('a reload works afterwards', async () => {
    const before = count(logOf(site), 'server.reloaded');
    site.rolegate.kill('SIGHUP');
    await until('the reload',
      () => count(logOf(site), 'server.reloaded') === before + 1);
    await site.signIn('dev');
  });

  test('a program that does not start changes nothing', async () => {
    const good = readFileSync(site.programs.rolegate);
    // Those of the test before have ended by now, or will soon.
    await until('nobody who leaves',
      () => childrenOf(site.rolegate.pid).length === WORKERS);
    const workers = childrenOf(site.rolegate.pid);
    const bad = ['#!/bin/sh\necho "no libfoo.so.7" >&2; exit 1\n', 'no program'];
    for (const [i, text] of bad.entries()) {
      install(text);
      site.rolegate.kill('SIGUSR2');
      await until('the refusal', () => refusals() === i + 1);
    }
    assert.match(logOf(site), /no libfoo\.so\.7/);
    install(good);
    // Nor does one that refuses the configuration of today.
    const conf = readFileSync(site.work.path('rolegate.conf'));
    site.work.write('rolegate.conf', '[rolegate]\nnonsense = 1\n', 0o600);
    site.rolegate.kill('SIGUSR2');
    await until('the refusal', () => refusals() === bad.length + 1);
    site.work.write('rolegate.conf', conf, 0o600);
    assert.deepEqual(childrenOf(site.rolegate.pid), workers);
    await site.signIn('dev');
  });

  test('what was handed over cannot be given from outside', async () => {
    const { status, stderr } = await site.work.run(site.programs.rolegate,
      ['--config', site.work.path('rolegate.conf')],
      { env: { ROLEGATE_HANDOVER: '1 0 0 -1 0' } });
    assert.equal(status, 1);
    assert.match(stderr, /in use, another process listens there/);
  });

  test('its own socket is removed at the end, whatever is configured', async () => {
    const theirs = site.work.path('theirs.sock');
    const other = createServer().unref();
    await new Promise((done) => { other.listen(theirs, done); });
    const conf = readFileSync(site.work.path('rolegate.conf'), 'utf8');
    site.work.write('rolegate.conf',
      conf.replace(/^listen = .*$/m, `listen = unix:${theirs}`), 0o600);
    const upgrades = () => count(logOf(site), 'server.start mode=');
    const before = upgrades();
    site.rolegate.kill('SIGUSR2');
    await until('the new program', () => upgrades() > before);
    assert.ok(existsSync(site.work.socket));
    assert.equal(await site.rolegate.stop(), 0);
    assert.ok(!existsSync(site.work.socket));
    assert.ok(existsSync(theirs), 'somebody else listens there');
    assert.match(logOf(site), /server\.listen_unchanged/);
  });

  test('what is served elsewhere than configured is told of', async () => {
    const [a, b, busy] = [await freePort(), await freePort(), await freePort()];
    const at = (port) => `127.0.0.1:${port}`;
    const configure = (listen, authorizer) => site.configure({ rolegate: {
      listen: at(listen), listen_authorizer: authorizer && at(authorizer) } });
    const upgrade = async () => {
      const starts = () => count(logOf(site), 'server.reloaded');
      const [before, length] = [starts(), logOf(site).length];
      proc.kill('SIGUSR2');
      await until('the new program',
        () => logOf(site).slice(length).includes('server.start mode=handed'));
      // It compares before it takes signals.
      proc.kill('SIGHUP');
      await until('its reload', () => starts() > before);
      return logOf(site).slice(length).split('server.upgrade program')[1];
    };
    configure(a);
    const proc = site.work.spawn('rolegate', site.programs.rolegate,
      ['--config', site.work.path('rolegate.conf')]);
    await untilListens(proc, { port: a });
    const other = createServer().unref();
    await new Promise((done) => { other.listen(busy, '127.0.0.1', done); });
    configure(a, busy);
    assert.match(await upgrade(), /server\.listen_authorizer error=RG_E_EXISTS/);
    assert.ok(await listens({ port: a }), 'that is no reason to end');
    configure(a, b);
    assert.doesNotMatch(await upgrade(), /listen_unchanged|RG_E_EXISTS/);
    assert.ok(await listens({ port: b }));
    assert.doesNotMatch(await upgrade(), /listen_unchanged|RG_E_EXISTS/);
    configure(busy);
    const told = await upgrade();
    for (const words of [
      `served="${at(a)}" configured="${at(busy)}" detail="a new listen needs a restart"`,
      `served="${at(b)}" configured=none detail="a new listen_authorizer needs a restart"`,
    ]) assert.equal(count(told, words), 2, `${words}\nin\n${told}`);
    assert.equal(await proc.stop(), 0);
    other.close();
  });

  test('who is told to end does not become another program', async () => {
    site.configure({ rolegate: { listen: `unix:${site.work.socket}` } });
    await site.startRolegate();
    const became = site.work.path('became');
    install(`#!/bin/sh\ncase "$*" in\n*--check*) sleep 0.3 ;;\n*) : > ${
      became}; exec sleep 5 ;;\nesac\n`);
    site.rolegate.kill('SIGUSR2');
    // A request that is in hand keeps one worker, and the parent, for a while.
    const busy = connect(site.work.socket);
    busy.write(Buffer.from([1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
    await sleep(100);
    const parent = site.rolegate;
    parent.kill('SIGUSR2');
    await until('the check', () => childrenOf(parent.pid).length > WORKERS);
    parent.kill('SIGTERM');
    await sleep(800);
    assert.equal(parent.ended, false);
    busy.destroy();
    assert.equal(await parent.exit, 0);
    assert.ok(!existsSync(became));
    assert.ok(!existsSync(site.work.socket));
  });
});
