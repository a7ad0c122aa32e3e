// SPDX-License-Identifier: ISC
// What the programs that compare have in common: rows of figures that are taken
// in turn, ratios of them, and lists of requests for wrk.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf } from '../e2e/lib/processes.mjs';
import { sql } from '../e2e/lib/sqlite.mjs';
import { load, median, spread } from './load.mjs';

const B = process.env.B ?? 'build';
const rounds = [];

/* A process and what it has started. */
export const family = (proc) => [proc.pid, ...childrenOf(proc.pid)];
export const cookieOf = (client, url) => ({ cookie: client.jar.header(url, {}) });

/*
 * Each row once a round, in turn, so that a slow minute is everybody's; the round
 * before the first only wakes what sleeps, as mod_fcgid's processes. A row is
 * {name, url, connections, and the other options of load()}; `pids` may be a
 * function, where processes come and go.
 */
export async function interleaved(rows, { count, seconds }) {
  const results = rows.map(() => []);
  for (let i = 0; i <= count; i += 1) {
    for (const [n, row] of rows.entries()) {
      const pids = typeof row.pids === 'function' ? row.pids() : row.pids;
      const result = await load(row.url, { seconds, ...row, pids,
        refused: row.refused || i === 0 });
      if (i > 0) results[n].push(result);
    }
    process.stderr.write(`\r  round ${i} of ${count} `);
  }
  process.stderr.write('\n');
  rows.forEach((row, n) => {
    row.results = results[n];
    rounds.push({ name: row.name, connections: row.connections ?? 16,
      perSecond: results[n].map((r) => Math.round(r.perSecond)),
      p99: results[n].map((r) => r.p99),
      cpu: results[n].map((r) => Math.round(r.cpu)) });
  });
  return rows;
}

export const mid = (row, what = 'perSecond') => median(
  row.results.map((r) => r[what]));

/* The median of the ratios of one round each: `a` over `b`. */
export const ratio = (a, b, what = 'perSecond') => median(
  a.results.map((r, i) => r[what] / b.results[i][what]));

export function show(rows) {
  console.table(Object.fromEntries(rows.map((row) => [
    `${row.name}, ${row.connections ?? 16}`, {
      'req/s': Math.round(mid(row)),
      'middle half': spread(row.results.map((r) => r.perSecond)),
      'p99 ms': Number(mid(row, 'p99').toFixed(2)),
      'CPU us': Math.round(mid(row, 'cpu')),
    }])));
}

export const find = (rows, name, connections = 16) => rows.find((r) =>
  r.name === name && (r.connections ?? 16) === connections);

/*
 * A script for wrk that sends each value of `header` in turn. The second header
 * makes each request a question of its own, so that none is answered again.
 */
export function inTurn(work, name, header, values) {
  return work.write(name, `local v = {${values.map((x) => `"${x}"`).join(',')}}
local i = 0
request = function()
  i = i + 1
  return wrk.format("GET", nil, {["${header}"] = v[i % #v + 1],
    ["X-Run"] = tostring(i)})
end
`);
}

/* A good token under the names of keys that nobody has. */
export function forgedFrom(token, count = 64) {
  const [, body, signature] = token.split('.');
  return [...Array(count).keys()].map((i) => {
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT',
      kid: `k${i}` })).toString('base64url');
    return `${header}.${body}.${signature}`;
  });
}

/* Sessions of the same person; returns their cookies. */
export async function manySessions(site, session, count) {
  const [name] = session.cookie.split('=');
  const values = [...Array(count)].map(() => randomBytes(32)
    .toString('base64url'));
  const rows = values.map((v) => `(X'${createHash('sha256').update(v)
    .digest('hex')}')`);
  while (rows.length > 0) { // a command line is not endless
    await sql(site.config.rolegate.database, `WITH
      n(hash) AS (VALUES ${rows.splice(0, 200)})
      INSERT INTO sessions (hash, public_id, principal, provider_sid, claims,
        roles, groups, issued_at, last_used, idle_seconds, expires_at, dies_at)
      SELECT n.hash, lower(substr(hex(n.hash), 1, 22)), principal, '', claims,
        roles, groups, issued_at, last_used, idle_seconds, expires_at, dies_at
      FROM n, (SELECT * FROM sessions WHERE roles <> '[]' LIMIT 1)`);
  }
  return values.map((v) => `${name}=${v}`);
}

/* Prints the ratios, and adds them to build/bench.json with what was measured. */
export function report(ratios, more = {}) {
  for (const name of Object.keys(ratios)) {
    ratios[name] = Number(ratios[name].toFixed(3));
  }
  console.table(ratios);
  const file = join(B, 'bench.json');
  const all = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const names = new Set(rounds.map((r) => r.name));
  writeFileSync(file, `${JSON.stringify({ ...all, ...more,
    ratios: { ...all.ratios, ...ratios },
    rounds: [...(all.rounds ?? []).filter((r) => !names.has(r.name)), ...rounds],
  }, null, 1)}\n`);
}
