// SPDX-License-Identifier: ISC
// The sqlite3 command line beside a running rolegate: what an administrator
// could see and do to the file, which rolegatectl would not.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const PROGRAM = 'sqlite3';

/* Runs SQL on a database file; rows as objects. enter: see Mounts. */
export function sql(file, text, { enter = [] } = {}) {
  const [program, ...args] = [...enter, PROGRAM];
  return new Promise((resolve, reject) => {
    execFile(program,
      [...args, '-batch', '-json', '-cmd', '.timeout 5000', file, text],
      { maxBuffer: 1 << 26 }, (err, stdout, stderr) => {
        if (err) reject(new Error(`sqlite3: ${stderr || err.message}`));
        else resolve(stdout.trim() ? JSON.parse(stdout) : []);
      });
  });
}

/* Holds the write lock until the returned function is called (and awaited). */
export async function lockDatabase(work, file) {
  const child = spawn(PROGRAM, ['-batch', file], {
    stdio: ['pipe', 'pipe', 'inherit'], ...work.user,
  });
  const ended = new Promise((resolve) => { child.once('exit', resolve); });
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout });
  const held = new Promise((resolve, reject) => {
    lines.once('line', resolve);
    ended.then(() => reject(new Error('sqlite3 ended')));
  });
  child.stdin.write('.timeout 5000\nBEGIN EXCLUSIVE;\nSELECT 1;\n');
  await held;
  return async () => {
    child.stdin.end('ROLLBACK;\n.quit\n');
    await ended;
  };
}

/*
 * What must hold whatever happened: the file is whole, the audit's chain too,
 * and no session is without the audit row that says how it came to be, nor a
 * sign-in on record without its session. (No test that uses this signs anybody
 * out, so sessions are never removed.)
 */
export async function assertConsistent(site, { enter } = {}) {
  const ask = (text) => sql(site.config.rolegate.database, text, { enter });
  const [{ integrity_check: whole }] = await ask('PRAGMA integrity_check');
  assert.equal(whole, 'ok');
  assert.deepEqual(await ask('PRAGMA foreign_key_check'), []);
  const verified = await site.ctlRaw(['audit', 'verify']);
  assert.equal(verified.status, 0, verified.stderr);
  const orphans = await ask(`SELECT public_id FROM sessions
    WHERE public_id NOT IN (SELECT json_extract(detail, '$.session')
      FROM audit WHERE event = 'sign_in.ok')`);
  assert.deepEqual(orphans, [], 'sessions without a sign_in.ok');
  const ghosts = await ask(`SELECT seq FROM audit
    WHERE event = 'sign_in.ok' AND json_extract(detail, '$.session')
      NOT IN (SELECT public_id FROM sessions)`);
  assert.deepEqual(ghosts, [], 'a sign_in.ok without its session');
  const [{ n }] = await ask('SELECT count(*) AS n FROM sessions');
  return { sessions: n };
}
