// SPDX-License-Identifier: ISC
// Backups made while people work, and putting one back: whole, verified, and
// never over something newer or something that is in use.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readFileSync, rmSync, statSync,
  truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TOP } from './lib/programs.mjs';
import { startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';

let site;
let database;
let file;
let dana; // signed in when the backup is made
before(async () => {
  site = await startSite();
  database = site.config.rolegate.database;
  file = site.work.path('backup.db');
});
after(() => site?.close());

const head = async (db) => (await sql(db,
  'SELECT audit_seq AS seq, audit_hash AS hash FROM meta'))[0];
const restore = (from, ...args) => site.ctlRaw(['restore', from, ...args]);
const copy = (name) => {
  const path = site.work.path(name);
  rmSync(path, { force: true });
  copyFileSync(file, path);
  chmodSync(path, 0o600);
  return path;
};

/* Refused with this error, and nothing has changed. */
async function refused(from, error, text) {
  const was = await head(database);
  const { status, stderr } = await restore(from);
  assert.equal(status, 1, stderr);
  assert.match(stderr, new RegExp(`\\(RG_E_${error}\\)`));
  assert.match(stderr, text);
  assert.deepEqual(await head(database), was);
  assert.ok(!existsSync(`${database}.restoring`));
}

test('while people are served and roles are edited', async () => {
  dana = await site.signIn('ana');
  let edits = 0;
  let served = 0;
  let done = false;
  const busy = [
    (async () => {
      for (; !done; edits += 1) await site.ctl('role', 'add', `r${edits}`);
    })(),
    (async () => {
      for (; !done; served += 1) {
        assert.equal((await site.whoami(dana)).status, 200);
      }
    })(),
  ];
  const made = await site.ctlJson('backup', file);
  done = true;
  await Promise.all(busy);
  assert.ok(edits > 0 && served > 0);
  assert.deepEqual(await head(file), { seq: made.seq, hash: made.hash });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  for (const more of ['-wal', '-shm', '-journal', '.part']) {
    assert.ok(!existsSync(file + more), more);
  }
  const [row] = await site.audit('--event', 'database.backup');
  assert.equal(row.actor, (await site.audit())[0].actor);
  assert.deepEqual(row.detail, { file });
  const [own] = await sql(file,
    "SELECT seq FROM audit WHERE event = 'database.backup'");
  assert.equal(own.seq, row.seq, 'it has the row that tells of it');
  // A verifier that shares no code with rolegate agrees.
  execFileSync('python3', ['-B', join(TOP, 'tests/audit-verify.py'), file]);
});

test('does not overwrite, nor take an unfinished one for whole', async () => {
  const was = readFileSync(file);
  const again = await site.ctlRaw(['backup', file]);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /exists already/);
  assert.ok(readFileSync(file).equals(was));
  const other = site.work.path('other.db');
  site.work.write('other.db.part', '');
  const beside = await site.ctlRaw(['backup', other]);
  assert.match(beside.stderr, /interrupted/);
  assert.ok(!existsSync(other));
  const rows = await site.audit('--event', 'database.');
  assert.deepEqual(rows.map((r) => [r.event, r.detail]), [
    ['database.backup', { file }], ['database.backup', { file: other }],
    ['database.backup_failed', { file: other, error: 'RG_E_EXISTS' }]]);
  rmSync(`${other}.part`);
});

test('none is made that the audit does not tell of', async () => {
  const silent = site.work.path('silent.db');
  await sql(database, `CREATE TRIGGER full BEFORE INSERT ON audit
    BEGIN SELECT RAISE(ABORT, 'full'); END`);
  const { status, stderr } = await site.ctlRaw(['backup', silent]);
  await sql(database, 'DROP TRIGGER full');
  assert.equal(status, 1, stderr);
  assert.match(stderr, /full/);
  assert.ok(!existsSync(silent) && !existsSync(`${silent}.part`));
});

test('is not put back under processes that run', async () => {
  const was = await head(database);
  const { status, stderr } = await restore(file, '--force');
  assert.equal(status, 1);
  assert.deepEqual(await head(database), was);
  assert.match(stderr, /in use.*RG_E_STORE_BUSY/);
  assert.equal((await site.whoami(dana)).status, 200);
});

test('what is not whole, not ours, or open to others is refused', async () => {
  await site.rolegate.stop();
  await refused(site.work.path('nothing.db'), 'FILE', /No such file/);
  const open = copy('open.db');
  chmodSync(open, 0o644);
  await refused(open, 'FILE_MODE', /0644/);
  const cut = copy('cut.db');
  truncateSync(cut, statSync(cut).size / 2);
  await refused(cut, 'STORE_CORRUPT', /./);
  const forged = copy('forged.db');
  await sql(forged, `DROP TRIGGER audit_no_update;
    UPDATE audit SET detail = '{"x":1}' WHERE seq = 2`);
  await refused(forged, 'AUDIT_CHAIN', /row 2/);
  const newer = copy('newer.db');
  await sql(newer, 'PRAGMA user_version = 99');
  await refused(newer, 'STORE_SCHEMA', /newer rolegate/);
  const foreign = site.work.path('foreign.db');
  await sql(foreign, 'CREATE TABLE t (x)');
  chmodSync(foreign, 0o600);
  await refused(foreign, 'STORE_SCHEMA', /another program/);
  // And not over a database that a newer rolegate has migrated.
  await sql(database, 'PRAGMA user_version = 99');
  await refused(file, 'STORE_SCHEMA', /newer rolegate/);
  const [{ user_version: ours }] = await sql(file, 'PRAGMA user_version');
  await sql(database, `PRAGMA user_version = ${ours}`);
});

test('one that was just made is put back as it is, without force', async () => {
  const now = site.work.path('now.db');
  const made = await site.ctlJson('backup', now);
  const done = await restore(now, '--json');
  assert.equal(done.status, 0, done.stderr);
  assert.equal(JSON.parse(done.stdout).replaced_hash, made.hash);
});

test('gives up later edits only when told to, and ends all sessions',
  async () => {
    await site.ctl('role', 'add', 'later');
    await site.ctl('map', 'remove', '2');
    const was = await head(database);
    const kept = await head(file);
    await refused(file, 'EXISTS', /audit rows.*--force/);
    const done = JSON.parse((await restore(file, '--force', '--json')).stdout);
    assert.deepEqual(done, { database, seq: kept.seq, hash: kept.hash,
      replaced_seq: was.seq, replaced_hash: was.hash });
    await site.ctl('config', 'check');
    await site.ctl('audit', 'verify', '--head', `${kept.seq}:${kept.hash}`);
    assert.equal(statSync(database).mode & 0o777, 0o600);
    const roles = (await site.ctl('role', 'list', '--json'));
    assert.ok(!roles.includes('"later"'));
    assert.match(await site.ctl('map', 'list'), /d0000000/);
    const [row] = await site.audit('--event', 'database.restored');
    assert.equal(row.seq, kept.seq + 1);
    assert.equal(row.detail.replaced_hash, was.hash);
    await site.startRolegate();
    assert.equal((await site.whoami(dana)).status, 401);
    assert.equal((await site.whoami(await site.signIn('ana'))).status, 200);
    await site.rolegate.stop();
  });

test('a damaged database is for people to move away; then it is put back',
  async () => {
    site.work.write('data.junk', 'no database');
    for (const more of ['-wal', '-shm']) rmSync(database + more, { force: true });
    copyFileSync(site.work.path('data.junk'), database);
    chmodSync(database, 0o600);
    const { status, stderr } = await restore(file, '--force');
    assert.equal(status, 1);
    assert.match(stderr, /move it away/);
    assert.equal(readFileSync(database, 'utf8'), 'no database');
    rmSync(database);
    const done = await restore(file);
    assert.equal(done.status, 0, done.stderr);
    await site.ctl('config', 'check');
  });

test('one of the first version is migrated', async () => {
  const old = site.work.path('v1.db');
  await sql(old, `.read ${join(TOP, 'tests/vectors/schema/0001.sql')}`);
  chmodSync(old, 0o600);
  assert.equal((await restore(old, '--force')).status, 0);
  assert.match(await site.ctl('map', 'list'), /data-analysts/);
  await site.ctl('audit', 'verify');
  const [{ user_version: still }] = await sql(old, 'PRAGMA user_version');
  assert.equal(still, 1, 'the backup itself is not changed');
});
