// SPDX-License-Identifier: ISC
// The audit proves itself: whatever is done to a row by hand, `audit verify`
// and a verifier that shares no code with rolegate find it, and name the row.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addAuditRows } from './lib/chain.mjs';
import { merge, toIni } from './lib/config.mjs';
import { TOP } from './lib/programs.mjs';
import { startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';
import { until } from './lib/wait.mjs';

const RECOVERING = join(TOP, 'tests/e2e/lib/recovering.py');
const VERIFIER = join(TOP, 'tests/audit-verify.py');
const ROWS = 16;
const NO_GUARDS = ['audit_no_update', 'audit_no_delete', 'audit_in_order',
  'audit_head', 'archive_forward'].map((name) => `DROP TRIGGER ${name};`)
  .join('');

let site;
before(async () => {
  site = await startSite({ server: 'tools',
    config: { rolegate: { database_timeout: '1s' } } });
  for (let n = 1; (await site.audit()).length < ROWS; n += 1) {
    await site.ctl('role', 'add', `r${n}`, '--description', `="Zoë", ${n}\\|`);
  }
});
after(() => site?.close());

const run = (program, args) => new Promise((resolve) => {
  execFile(program, args, { maxBuffer: 1 << 26 }, (err, stdout, stderr) => {
    resolve({ status: err ? err.code : 0, stdout, stderr });
  });
});
const python = (...args) => run('/usr/bin/python3', [VERIFIER, ...args]);

/* A copy of the database with this done to it, and the programs on it. */
let copies = 0;
async function tampered(edit) {
  copies += 1;
  const file = site.work.path(`copy-${copies}.db`);
  const whole = site.work.path('whole.db');
  if (!existsSync(whole)) {
    await sql(site.config.rolegate.database, `VACUUM INTO '${whole}'`);
  }
  copyFileSync(whole, file);
  chmodSync(file, 0o600);
  if (edit) await sql(file, NO_GUARDS + edit);
  const conf = site.work.write(`copy-${copies}.conf`, toIni(merge(site.config,
    { rolegate: { database: file } })), 0o600);
  const ctl = (...args) => run(site.programs.rolegatectl,
    ['--config', conf, ...args]);
  return { file, ctl };
}

const head = async () => /head (\d+:[0-9a-f]{64})/
  .exec(await site.ctl('audit', 'verify'))[1];

/* Both verifiers must refuse, and name this row. */
async function assertFound(edit, row, { with: given = [] } = {}) {
  const copy = await tampered(edit);
  const ours = await copy.ctl('audit', 'verify', ...given);
  assert.equal(ours.status, 1, `${edit} was not found: ${ours.stdout}`);
  assert.match(ours.stderr, new RegExp(`row ${row} .*RG_E_AUDIT_CHAIN`), edit);
  const theirs = await python(...given, copy.file);
  assert.equal(theirs.status, 1, `${edit}: python: ${theirs.stdout}`);
  assert.match(theirs.stderr, new RegExp(`row ${row} `), edit);
}

test('both verifiers agree on an audit that nobody touched', async () => {
  const copy = await tampered();
  const ours = await copy.ctl('audit', 'verify');
  assert.equal(ours.stderr, '');
  const at = /head (.*)/.exec(ours.stdout)[1];
  const theirs = await python('--head', at, copy.file);
  assert.equal(theirs.stderr, '');
  assert.equal(/head (.*)/.exec(theirs.stdout)[1], at);
});

test('any change of any column of any row is found', async () => {
  const edits = {
    time: 'time + 1', event: "event || 'x'", actor: "'somebody'",
    subject: "subject || ' '", client: "'192.0.2.7'", request_id: "'x'",
    detail: "replace(detail, ':', ': ')",
    prev_hash: "substr(prev_hash, 2) || 'f'",
    hash: "substr(hash, 2) || 'f'",
    // behind a NUL, where a reader of C strings does not look
    'detail\0': "detail || char(0) || 'x'", 'actor\0': "actor || char(0)",
  };
  for (const row of [1, 9, ROWS]) {
    for (const [column, value] of Object.entries(edits)) {
      await assertFound(`UPDATE audit SET ${column.replace('\0', '')} = ${value}
        WHERE seq = ${row}`, row);
    }
  }
});

/* The hash of a row, as rolegatectl(8) has it. */
function hashOf(row) {
  const hash = createHash('sha256');
  for (const name of ['prev_hash', 'seq', 'time', 'event', 'actor', 'subject',
    'client', 'request_id', 'detail']) {
    const text = Buffer.from(String(row[name]));
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE(BigInt(text.length));
    hash.update(size).update(text);
  }
  return hash.digest('hex');
}

test('a row with a good hash of its own is found by the row behind it',
  async () => {
    const noted = await head();
    const { file } = await tampered();
    const rows = await sql(file, 'SELECT * FROM audit ORDER BY seq');
    assert.ok(rows.every((row) => row.hash === hashOf(row)));
    const forge = (row, change) => {
      const other = { ...row, ...change };
      return `UPDATE audit SET actor = '${other.actor}', prev_hash =
        '${other.prev_hash}', hash = '${hashOf(other)}' WHERE seq = ${row.seq}`;
    };
    for (const n of [1, 9]) {
      await assertFound(forge(rows[n - 1], { actor: 'somebody' }), n + 1);
    }
    await assertFound(forge(rows[8], { prev_hash: rows[3].hash }), 9);
    // Behind the last one there is none: meta has its hash, and who noted it.
    const last = forge(rows.at(-1), { actor: 'somebody' });
    const { stderr } = await (await tampered(last)).ctl('audit', 'verify');
    assert.match(stderr, new RegExp(
      `row ${rows.length} is not the one that was added last`));
    await assertFound(`${last}; UPDATE meta SET audit_hash = (SELECT hash FROM
      audit WHERE seq = ${rows.length})`, rows.length,
    { with: ['--head', noted] });
    const more = { ...rows.at(-1), seq: rows.length + 1,
      prev_hash: rows.at(-1).hash };
    const behind = await tampered(`INSERT INTO audit SELECT seq + 1, time, event,
      actor, subject, client, request_id, detail, hash, '${hashOf(more)}'
      FROM audit WHERE seq = ${rows.length}`);
    assert.match((await behind.ctl('audit', 'verify')).stderr, new RegExp(
      `row ${more.seq} was added behind the end`));
  });

test('deleted, inserted and reordered rows are found', async () => {
  const columns = 'time, event, actor, subject, client, request_id, detail';
  await assertFound('DELETE FROM audit WHERE seq = 1;'
    + 'UPDATE audit SET seq = seq - 1', 1);
  for (const n of [2, ROWS - 1]) {
    await assertFound(`DELETE FROM audit WHERE seq = ${n}`, n);
    await assertFound(`UPDATE audit SET seq = 1000 WHERE seq = ${n};
      UPDATE audit SET seq = ${n} WHERE seq = ${n + 1};
      UPDATE audit SET seq = ${n + 1} WHERE seq = 1000`, n);
    await assertFound(`CREATE TABLE kept AS SELECT * FROM audit;
      DELETE FROM audit WHERE seq > ${n};
      INSERT INTO audit SELECT ${n + 1}, ${columns}, hash, hash FROM kept
        WHERE seq = ${n};
      INSERT INTO audit SELECT seq + 1, ${columns}, prev_hash, hash FROM kept
        WHERE seq > ${n}`, n + 1);
  }
});

test('a cut end is found by what meta says, and by a head kept elsewhere',
  async () => {
    const noted = await head();
    const cut = 'DELETE FROM audit WHERE seq > 12';
    await assertFound(cut, 13);
    const hidden = `${cut}; UPDATE meta SET audit_seq = 12,
      audit_hash = (SELECT hash FROM audit WHERE seq = 12)`;
    assert.equal((await (await tampered(hidden)).ctl('audit', 'verify')).status,
      0, 'whoever sets meta back as well is not found by the file alone');
    await assertFound(hidden, 13, { with: ['--head', noted] });
    // Before the first row there is nothing, and that has one hash only.
    const plain = await tampered(cut);
    const none = '0'.repeat(64);
    assert.equal((await plain.ctl('audit', 'verify', '--head', `0:${none}`))
      .stderr.includes('of no chain'), false);
    assert.match((await plain.ctl('audit', 'verify', '--head',
      `0:${none.replace(/.$/, '1')}`)).stderr, /is of no chain of ours/);
  });

test('rows that are claimed to be archived must be on record as archived',
  async () => {
    const copy = await tampered(`UPDATE meta SET archive_seq = 8,
      archive_hash = (SELECT hash FROM audit WHERE seq = 8);
      DELETE FROM audit WHERE seq <= 8`);
    const { status, stderr } = await copy.ctl('audit', 'verify');
    assert.equal(status, 1);
    assert.match(stderr, /rows up to 8 are missing/);
    const theirs = await python(copy.file);
    assert.equal(theirs.status, 1);
    assert.match(theirs.stderr, /rows up to 8 are missing/);
  });

test('an export can be verified without rolegate', async () => {
  const lines = (await site.ctl('audit', 'export')).split('\n').filter(Boolean);
  assert.equal(lines.length, ROWS);
  const noted = await head();
  const check = async (list, ...given) => python(...given,
    site.work.write('export.jsonl', `${list.join('\n')}\n`));
  assert.equal((await check(lines, '--head', noted)).stderr, '');
  const bad = async (list, row, ...given) => {
    const { status, stderr } = await check(list, ...given);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`row ${row} `));
  };
  for (const n of [1, 7, ROWS]) {
    const row = JSON.parse(lines[n - 1]);
    for (const field of Object.keys(row)) {
      if (field === 'when' || (field === 'seq' && n === 1)) continue;
      if (n === 1) { // what is not hashed must not tell something else
        await bad([JSON.stringify({ ...row, when: '1999-12-31T23:59:59Z' }),
          ...lines.slice(1)], 1);
        await bad([JSON.stringify({ ...row, role: 'admin' }),
          ...lines.slice(1)], 1);
        assert.equal((await check([lines[0].replace('{', '{"actor":"x",'),
          ...lines.slice(1)])).status, 1);
      }
      const other = { ...row, [field]: typeof row[field] === 'number'
        ? row[field] + 1 : `${row[field]}x` };
      const list = [...lines];
      list[n - 1] = JSON.stringify(other);
      await bad(list, n);
    }
  }
  await bad(lines.filter((_, i) => i !== 4), 5);
  await bad([...lines.slice(0, 5), lines[4], ...lines.slice(5)], 6);
  await bad([...lines.slice(0, 4), lines[5], lines[4], ...lines.slice(6)], 5);
  await bad(lines.slice(0, -1), ROWS, '--head', noted);
  const [, first] = /^(.*)$/.exec(`1:${JSON.parse(lines[0]).hash}`);
  assert.equal((await check(lines.slice(1), '--head', first)).status, 0,
    'where it begins');
  await bad(lines.slice(2), 1, '--head', first);
});

test('export: what goes in comes out, in each format', async () => {
  const rows = await site.audit();
  const jsonl = (await site.ctl('audit', 'export')).trim().split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(jsonl.map((r) => [r.seq, r.hash, JSON.parse(r.detail)]),
    rows.map((r) => [r.seq, r.hash, r.detail]));

  const csv = await run('/usr/bin/python3', ['-c', `
import csv, io, json, subprocess, sys
text = subprocess.run(sys.argv[1:], capture_output=True, check=True).stdout
assert text.count(b"\\r\\n") == ${ROWS + 1}
print(json.dumps(list(csv.DictReader(io.StringIO(text.decode(), newline="")))))`,
  site.programs.rolegatectl, '--config', site.work.path('rolegate.conf'),
  'audit', 'export', '--format', 'csv']);
  assert.equal(csv.stderr, '');
  assert.deepEqual(JSON.parse(csv.stdout).map((r) => [+r.seq, r.hash, r.detail]),
    jsonl.map((r) => [r.seq, r.hash, r.detail]));

  const cef = (await site.ctl('audit', 'export', '--format', 'cef')).trim()
    .split('\n');
  assert.equal(cef.length, ROWS);
  for (const [i, line] of cef.entries()) {
    assert.match(line, /^CEF:0\|rolegate\|rolegate\|[^|]+\|[^|]+\|[^|]+\|\d\|/);
    const fields = Object.fromEntries([...line.split('|').slice(7).join('|')
      .matchAll(/(\w+)=((?:\\.|[^\\=])*?)(?= \w+=|$)/g)].map(([, k, v]) =>
      [k, v.replace(/\\(.)/g, (_, c) => ({ n: '\n', r: '\r' }[c] ?? c))]));
    assert.equal(fields.externalId, String(jsonl[i].seq));
    assert.equal(fields.msg, jsonl[i].detail);
    assert.equal(fields.cs2, jsonl[i].hash);
  }
});

test('export: filters, and a place to go on from', async () => {
  const seqs = async (...args) => (await site.ctl('audit', 'export', ...args))
    .split('\n').filter(Boolean).map((line) => JSON.parse(line).seq);
  assert.deepEqual(await seqs('--after', String(ROWS - 2)), [ROWS - 1, ROWS]);
  assert.deepEqual(await seqs('--after', String(ROWS)), []);
  const maps = (await site.audit('--event', 'mapping.')).map((r) => r.seq);
  assert.deepEqual(await seqs('--event', 'mapping.'), maps);
  assert.equal((await site.ctlRaw(['audit', 'export', '--format', 'xml']))
    .status, 2);
  assert.equal((await site.ctlRaw(['audit', 'export', '--after', '-1']))
    .status, 2);
  // A place with its hash: the one that the shipper was at, or none.
  const last = JSON.parse((await site.ctl('audit', 'export', '--after',
    String(ROWS - 1))));
  assert.deepEqual(await seqs('--after', `${ROWS}:${last.hash}`), []);
  assert.deepEqual(await seqs('--after', `${ROWS - 1}:${last.prev_hash}`),
    [ROWS]);
  for (const [place, why] of [[`${ROWS - 1}:${last.hash}`, /is another one/],
    [String(ROWS + 1), /there is no row/]]) {
    for (const follow of [[], ['--follow']]) {
      const { status, stdout, stderr } = await site.ctlRaw(
        ['audit', 'export', ...follow, '--after', place]);
      assert.equal(status, 1);
      assert.equal(stdout, '');
      assert.match(stderr, why);
    }
  }
});

/* What does not end is killed: no test waits for ever. */
const bounded = (program, args, stdin) => spawn(program, args,
  { stdio: [stdin, 'pipe', 'pipe'], timeout: 20_000, killSignal: 'SIGKILL' });
const exporting = (...args) => bounded(site.programs.rolegatectl, ['--config',
  site.work.path('rolegate.conf'), 'audit', 'export', ...args], 'ignore');

/* seq of the next row that it prints. */
function seqsOf(child) {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => JSON.parse((await lines.next()).value).seq;
}

test('export --follow: rows as they come, until TERM or nobody reads',
  async () => {
    const child = exporting('--follow', '--after', String(ROWS - 1));
    const ended = once(child, 'exit');
    const next = seqsOf(child);
    assert.equal(await next(), ROWS);
    await site.ctl('role', 'add', 'followed');
    assert.equal(await next(), ROWS + 1);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);

    const gone = exporting('--follow');
    const over = once(gone, 'exit');
    await once(gone.stdout, 'data');
    gone.stdout.destroy();
    assert.deepEqual(await over, [0, null], 'no row has to come to notice');
  });

test('export --follow goes on when the database was busy', async () => {
  const { database } = site.config.rolegate;
  const child = exporting('--follow', '--after', String(ROWS));
  const ended = once(child, 'exit');
  const next = seqsOf(child);
  assert.equal(await next(), ROWS + 1);
  let said = '';
  child.stderr.on('data', (data) => { said += data; });
  const other = bounded('/usr/bin/python3', [RECOVERING, database], 'pipe');
  await once(other.stdout, 'data');
  await until('notice', () => /audit\.busy last=\d+/.test(said),
    { alive: () => assert.equal(child.exitCode, null, said) });
  other.stdin.end();
  await once(other, 'exit');
  await site.ctl('role', 'add', 'later');
  assert.equal(await next(), ROWS + 2);
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
  assert.equal(said.split('audit.busy').length, 2, 'said once');
});

test('export ends by TERM though nobody reads; and only --follow is then done',
  async () => {
    addAuditRows(site.config.rolegate.database, { count: 2000,
      time: 1_800_000_000, event: 'a.b', size: 600 }); // more than fits a pipe
    for (const [args, status] of [[['--follow'], 0], [[], 1]]) {
      const child = exporting(...args);
      const ended = once(child, 'exit');
      let said = '';
      child.stderr.on('data', (data) => { said += data; });
      const silent = once(child.stderr, 'close');
      await once(child.stdout, 'readable');
      child.kill('SIGTERM');
      assert.deepEqual(await ended, [status, null]);
      await silent;
      assert.match(said, status ? /ended by a signal after row \d/ : /^$/);
      child.stdout.destroy();
    }
  });
