// SPDX-License-Identifier: ISC
// Checkpoints and archived segments of the audit: signed, verifiable without
// rolegate, and no row is ever lost on the way.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync,
  writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { addAuditRows } from './lib/chain.mjs';
import { TOP } from './lib/programs.mjs';
import { startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';

const VERIFIER = join(TOP, 'tests/audit-verify.py');

let site;
let database;
before(async () => {
  site = await startSite({ server: 'tools' });
  database = site.config.rolegate.database;
  site.configure({ rolegate: { audit_key_file: site.work.path('audit.key') } });
  const made = await site.ctlJson('init');
  assert.equal(made.audit_key_file, 'created');
  assert.equal((await site.ctlJson('init')).audit_key_file, 'ready');
  site.work.write('audit.pub', await site.ctl('audit', 'key'));
});
after(() => site?.close());

let roles = 0;
async function addRows(count) {
  for (let i = 0; i < count; i += 1) {
    roles += 1;
    await site.ctl('role', 'add', `role-${roles}`);
  }
}

const checkpoint = async (name) => site.work.write(name,
  await site.ctl('audit', 'checkpoint'));
const verify = (...args) => site.ctlRaw(['audit', 'verify', ...args]);
const python = (...args) => {
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3',
    [VERIFIER, '--key', site.work.path('audit.pub'), ...args],
    { encoding: 'utf8' });
  return { status, stdout, stderr };
};
const folder = (name) => {
  const dir = site.work.path(name);
  if (!existsSync(dir)) mkdirSync(dir);
  return dir;
};
/* "Now" is a second that is over for rows that were written. */
const archive = async (dir, ...more) => {
  await sleep(1100);
  return site.ctlRaw(['audit', 'archive', '--before', '0s', '--to', dir,
    ...more]);
};
const segments = (dir) => readdirSync(dir).filter((n) => n.endsWith('.jsonl'))
  .sort().map((n) => join(dir, n));

/* A statement is verified with openssl alone, as rolegatectl(8) shows. */
function openssl(file) {
  execFileSync('/bin/sh', ['-euc', `
    sed '/^$/,$d' "$1" > "$1.body"
    sed -n 's/^signature: //p' "$1" | openssl base64 -d -A > "$1.sig"
    openssl pkeyutl -verify -pubin -inkey "$2" -rawin -in "$1.body" \\
      -sigfile "$1.sig"`, 'sh', file, site.work.path('audit.pub')],
  { stdio: 'pipe' });
}

test('a checkpoint proves that the end was cut off', async () => {
  const file = await checkpoint('a.checkpoint');
  openssl(file);
  assert.equal((await verify('--checkpoint', file)).status, 0);
  await addRows(2);
  const later = await checkpoint('b.checkpoint');
  assert.equal((await verify('--checkpoint', file)).status, 0, 'still in it');
  const [{ n }] = await sql(database, 'SELECT audit_seq AS n FROM meta');
  // Rows and meta set back to before: only the checkpoint knows.
  const copy = site.work.path('cut.db');
  await sql(database, `VACUUM INTO '${copy}'`);
  await sql(copy, `DROP TRIGGER audit_no_delete; DELETE FROM audit
    WHERE seq > ${n - 1}; UPDATE meta SET audit_seq = ${n - 1}, audit_hash =
    (SELECT hash FROM audit WHERE seq = ${n - 1})`);
  execFileSync('chmod', ['600', copy]);
  site.configure({ rolegate: { database: copy } });
  try {
    assert.equal((await verify()).status, 0);
    assert.equal((await verify('--checkpoint', file)).status, 0);
    const { status, stderr } = await verify('--checkpoint', later);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`row ${n} is missing`));
    assert.equal(python('--checkpoint', file, copy).status, 0);
    assert.match(python('--checkpoint', later, copy).stderr,
      new RegExp(`row ${n} is missing: the end was cut off`));
  } finally {
    site.configure({ rolegate: { database } });
  }
});

test('a checkpoint that was changed, or signed by another, is refused',
  async () => {
    const file = await checkpoint('c.checkpoint');
    const text = readFileSync(file, 'utf8');
    const lines = text.split('\n');
    for (let i = 0; i < lines.length - 1; i += 1) {
      const other = [...lines];
      other[i] = `${lines[i].slice(0, -1)}${lines[i].endsWith('1') ? '2' : '1'}`;
      const bad = site.work.write('bad.checkpoint', other.join('\n'));
      assert.equal((await verify('--checkpoint', bad)).status, 1,
        `line ${i + 1} was changed`);
      assert.equal(python('--checkpoint', bad, database).status, 1,
        `line ${i + 1} was changed`);
    }
    for (const bad of [`${text}\n`, text.slice(0, -1), `x${text}`,
      text.replace('\n\n', '\nseq: 1\n\n'), '', '\n\n']) {
      assert.equal((await verify('--checkpoint',
        site.work.write('bad.checkpoint', bad))).status, 1);
    }
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out',
      site.work.path('other.key')]);
    execFileSync('openssl', ['pkey', '-in', site.work.path('other.key'),
      '-pubout', '-out', site.work.path('other.pub')]);
    const { status, stderr } = await verify('--checkpoint', file, '--key',
      site.work.path('other.pub'));
    assert.equal(status, 1);
    assert.match(stderr, /RG_E_SIGNATURE/);
  });

test('a broken chain is not signed', async () => {
  const good = readFileSync(database);
  await sql(database, `PRAGMA wal_checkpoint(TRUNCATE);
    DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'x' WHERE seq = 3`);
  const { status, stderr, stdout } = await site.ctlRaw(['audit', 'checkpoint']);
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /row 3 was changed/);
  const dir = folder('never');
  assert.equal((await archive(dir)).status, 1);
  assert.deepEqual(readdirSync(dir).filter((n) => n.endsWith('.manifest')), []);
  for (const end of ['-wal', '-shm']) rmSync(database + end, { force: true });
  writeFileSync(database, good);
  assert.equal((await verify()).status, 0);
});

test('old rows move into segments, and the chain goes on', async () => {
  const dir = folder('segments');
  const noted = await checkpoint('before.checkpoint');
  const rows = await site.audit();
  const follow = String(rows.at(-1).seq);
  const done = await archive(dir);
  assert.equal(done.status, 0, done.stderr);
  const left = await site.audit();
  assert.deepEqual(left.map((r) => r.event), ['audit.archived']);
  assert.equal(left[0].prev_hash, rows.at(-1).hash, 'the chain goes on');
  await addRows(3);
  assert.equal((await archive(dir)).status, 0);
  await addRows(1);
  const files = segments(dir);
  assert.equal(files.length, 2);
  const none = ['audit', 'archive', '--before', '2020-01-01', '--to', dir];
  assert.equal(await site.ctl(...none), 'nothing to archive before 2020-01-01\n');
  assert.equal(await site.ctl(...none, '--json'), '');

  // All of it, by both verifiers, and by openssl.
  const all = await verify('--segments', dir, '--checkpoint', noted, '--key',
    site.work.path('audit.pub'));
  assert.equal(all.stderr, '');
  assert.match(all.stdout, /^ok, \d+ rows, head/);
  const plain = python(...files, database);
  assert.equal(/head (.*)/.exec(plain.stdout)[1], /head (.*)/.exec(all.stdout)[1],
    plain.stderr);
  const manifests = readdirSync(dir).filter((n) => n.endsWith('.manifest'))
    .sort().map((name) => join(dir, name));
  const signed = python('--checkpoint', noted, ...manifests, database);
  assert.equal(signed.stdout, plain.stdout, signed.stderr);
  assert.match(python(manifests[1], database).stdout, /^ok/, 'the later ones');
  assert.match(python(manifests[0], database).stderr, /row \d+ is missing/);
  for (const file of manifests) openssl(file);
  for (const name of readdirSync(dir)) {
    if (/\.(body|sig)$/.test(name)) rmSync(join(dir, name));
  }
  // The database alone is good too, but can't answer for what is elsewhere.
  assert.match((await verify()).stdout, /older ones were archived/);
  assert.match((await verify('--checkpoint', noted)).stderr,
    /was archived: name the folder/);
  // A head that was noted where the archive ends is still compared, by both.
  const [{ seq, hash }] = await sql(database,
    'SELECT archive_seq AS seq, archive_hash AS hash FROM meta');
  for (const more of [[], ['--segments', dir]]) {
    assert.equal((await verify('--head', `${seq}:${hash}`, ...more)).status, 0);
    const { status, stderr } = await verify('--head',
      `${seq}:${'0'.repeat(64)}`, ...more);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`row ${seq} is not the one expected`));
  }
  // Who follows from before the archive is told so, not served a gap.
  const late = await site.ctlRaw(['audit', 'export', '--after', '3']);
  assert.equal(late.status, 1);
  assert.match(late.stderr, /rows 4 to \d+ were archived/);
  assert.equal((await site.ctlRaw(['audit', 'export', '--after', follow]))
    .status, 1);
  // Nothing is left to do.
  const [{ n }] = await sql(database, 'SELECT count(*) AS n FROM audit');
  assert.ok(n <= 3);
});

test('what is done to a segment is found', async () => {
  const dir = site.work.path('segments');
  const [first, second] = segments(dir);
  const bad = async (why) => {
    const { status, stderr } = await verify('--segments', dir);
    assert.equal(status, 1);
    assert.match(stderr, why);
    const theirs = python(...[first, second].map((file) =>
      file.replace('.jsonl', '.manifest')), database);
    assert.equal(theirs.status, 1, why);
    assert.match(theirs.stderr, /row \d+ |not the file|was not signed|No such/);
  };
  const text = readFileSync(first, 'utf8');
  const lines = text.split('\n');
  const edits = [
    [text.replace('"actor":"', '"actor":"x'), /row 1 was changed/],
    [lines.filter((_, i) => i !== 4).join('\n'), /row 5 is missing/],
    [[...lines.slice(0, 2), lines[3], lines[2], ...lines.slice(4)].join('\n'),
      /row 3 is missing/],
    [[...lines.slice(0, 5), ...lines.slice(2)].join('\n'),
      /row 3 is out of order/],
    [`${lines.slice(0, -2).join('\n')}\n`, /row \d+ is missing/],
    [text.replace('"when":"2', '"when":"1'), /not the file/],
    [text.slice(0, -1), /can't be read/],
    ['', /row 1 is missing/],
  ];
  for (const [edit, why] of edits) {
    writeFileSync(first, edit);
    await bad(why);
  }
  writeFileSync(first, text);
  assert.equal((await verify('--segments', dir)).status, 0);
  const manifest = second.replace('.jsonl', '.manifest');
  const kept = readFileSync(manifest);
  writeFileSync(manifest, String(kept).replace('last_seq: ', 'last_seq: 1'));
  await bad(/RG_E_SIGNATURE/);
  rmSync(manifest);
  await bad(/is missing: it was archived, and no segment has it/);
  writeFileSync(manifest, kept);
  assert.equal((await verify('--segments', dir)).status, 0);
});

test('where meta says that the archive ends is compared with the segments',
  async () => {
    const copy = site.work.path('meta.db');
    await sql(database, `VACUUM INTO '${copy}'`);
    await sql(copy, `DROP TRIGGER archive_forward;
      UPDATE meta SET archive_hash = '${'0'.repeat(64)}'`);
    execFileSync('chmod', ['600', copy]);
    site.configure({ rolegate: { database: copy } });
    try {
      const dir = site.work.path('segments');
      assert.match((await verify('--segments', dir)).stderr,
        /row \d+ is not the one that was archived last/);
      assert.equal((await verify()).status, 1);
    } finally {
      site.configure({ rolegate: { database } });
    }
  });

test('rows go only with an audit row that says where to', async () => {
  const [{ n }] = await sql(database, 'SELECT audit_seq AS n FROM meta');
  for (const text of [`DELETE FROM audit WHERE seq = ${n}`,
    `UPDATE meta SET archive_seq = ${n}`,
    `UPDATE meta SET archive_seq = ${n}, archive_hash =
      (SELECT hash FROM audit WHERE seq = ${n})`,
    'UPDATE meta SET archive_seq = 0']) {
    await assert.rejects(sql(database, text), /append-only|no audit row says/);
  }
});

test('killed anywhere, an archive loses no row', async (t) => {
  const dir = folder('killed');
  addAuditRows(database, { count: 30_000, time: 1_700_000_000, event: 'a.b' });
  const [{ n }] = await sql(database, 'SELECT audit_seq AS n FROM meta');
  await sleep(1100);
  let kills = 0;
  for (let wait = 20; kills < 25; wait = wait * 1.15 + 5) {
    const child = spawn(site.programs.rolegatectl, ['--config',
      site.work.path('rolegate.conf'), 'audit', 'archive', '--before', '0s',
      '--to', dir], { stdio: 'ignore' });
    const ended = new Promise((resolve) => { child.once('exit', resolve); });
    await Promise.race([ended, sleep(wait)]);
    child.kill('SIGKILL');
    if (await ended === 0) break;
    kills += 1;
    // Both folders hold what the database does not.
    for (const name of readdirSync(dir).filter((x) => /\d\.jsonl$/.test(x))) {
      const manifest = join(dir, name.replace('.jsonl', '.manifest'));
      if (!existsSync(manifest)) continue;
      writeFileSync(join(site.work.path('segments'), name),
        readFileSync(join(dir, name)));
      writeFileSync(manifest.replace(dir, site.work.path('segments')),
        readFileSync(manifest));
    }
    const { status, stderr } = await verify('--segments',
      site.work.path('segments'));
    assert.equal(status, 0, stderr);
  }
  t.diagnostic(`killed ${kills} times`);
  assert.ok(kills >= 3);
  assert.equal((await archive(dir)).status, 0);
  const [left] = await sql(database,
    `SELECT count(*) AS n FROM audit WHERE seq <= ${n}`);
  assert.equal(left.n, 0);
});

test('segments that a restored database does not know are set aside',
  async () => {
    const dir = folder('restored');
    const backup = site.work.path('backup.db');
    await sql(database, `VACUUM INTO '${backup}'`);
    execFileSync('chmod', ['600', backup]);
    assert.equal((await archive(dir)).status, 0);
    const [lost] = segments(dir);
    const kept = readFileSync(lost);
    site.configure({ rolegate: { database: backup } });
    try {
      await addRows(1);
      assert.equal((await archive(dir)).status, 0);
      const { status, stderr } = await verify('--segments', dir);
      assert.equal(status, 0, stderr);
      assert.deepEqual(readFileSync(`${lost}.unrecorded`), kept,
        'nothing is removed');
    } finally {
      site.configure({ rolegate: { database } });
    }
  });

test('a shipper that is killed and started again gets each row once', async () => {
  const dir = folder('shipped');
  const [{ seq: begin, hash }] = await sql(database,
    'SELECT audit_seq AS seq, audit_hash AS hash FROM meta');
  const got = [];
  let at = `${begin}:${hash}`;
  const ship = async (count) => {
    const child = spawn(site.programs.rolegatectl, ['--config',
      site.work.path('rolegate.conf'), 'audit', 'export', '--follow',
      '--after', at], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    let left = count;
    for await (const line of createInterface({ input: child.stdout })) {
      const row = JSON.parse(line);
      got.push(row.seq);
      at = `${row.seq}:${row.hash}`;
      left -= 1;
      if (left === 0) break;
    }
    child.kill('SIGKILL');
    await ended;
  };
  await addRows(4);
  await ship(3); // killed before the last one
  await addRows(2);
  await ship(3);
  assert.equal((await archive(dir)).status, 0); // all that it has, and its place
  await ship(1);
  const [{ seq: end }] = await sql(database,
    'SELECT audit_seq AS seq FROM meta');
  assert.deepEqual(got, Array.from({ length: end - begin }, (_, i) =>
    begin + 1 + i));
});

test('rows of a megabyte: segments and memory stay small', async () => {
  const MB = 1_000_000;
  const dir = folder('large');
  addAuditRows(database, { count: 70, time: 1_700_000_000, event: 'a.b', size: MB });
  const child = spawn(site.programs.rolegatectl, ['--config',
    site.work.path('rolegate.conf'), 'audit', 'export', '--follow', '--event',
    'a.b'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let bytes = 0;
  let peak;
  for await (const data of child.stdout) {
    bytes += data.length;
    if (bytes <= 70 * MB) continue;
    // Now: with the pipe closed behind this loop it ends by itself.
    peak = 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(
      `/proc/${child.pid}/status`, 'utf8'))[1]);
    break;
  }
  child.kill();
  await ended;
  // AddressSanitizer keeps what was freed.
  if (process.env.MODE !== 'asan') assert.ok(peak < 50 * MB, `${peak} bytes`);
  assert.equal((await archive(dir)).status, 0);
  const sizes = segments(dir).map((file) => statSync(file).size);
  assert.ok(sizes.length >= 3, String(sizes));
  for (const size of sizes) assert.ok(size < 36 * MB, String(sizes));
  rmSync(dir, { recursive: true });
});

test('without a key nothing is signed or archived', async () => {
  site.configure({ rolegate: { audit_key_file: null } });
  for (const args of [['checkpoint'], ['key'],
    ['archive', '--before', '0s', '--to', folder('x')]]) {
    const { status, stderr } = await site.ctlRaw(['audit', ...args]);
    assert.equal(status, 1);
    assert.match(stderr, /audit_key_file is not set/);
  }
});
