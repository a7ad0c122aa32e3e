// SPDX-License-Identifier: ISC
// What a /whoami costs as the installation grows, beside the ceiling program in
// the same web server; writes build/growth.svg. Each request is decided anew:
// none is answered again. README.md here tells how to read it.
//
//   B=build node tests/bench/growth.mjs [largest audit]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf } from '../e2e/lib/processes.mjs';
import { O } from '../e2e/lib/programs.mjs';
import { GROUPS, startSite } from '../e2e/lib/site.mjs';
import { sql } from '../e2e/lib/sqlite.mjs';
import { untilListens } from '../e2e/lib/wait.mjs';
import { plot } from './plot.mjs';
import { load, median } from './load.mjs';

const B = process.env.B ?? 'build';
const [AUDIT = 1e7] = process.argv.slice(2).map(Number);
const ROUNDS = 3;

let ceilingSocket;
const site = await startSite({ config: { rolegate: { workers: 2,
  log_level: 'info' } },
  more: ({ work }) => {
    ceilingSocket = work.path('ceiling.sock');
    return `fastcgi.server += ( "/ceiling" => (( "socket" => "${ceilingSocket}",
      "check-local" => "disable" )) )\n`;
  } });
const { work } = site;
// Random keys of a million rows need more than SQLite's 2 MB of pages.
const db = (text) => sql(site.config.rolegate.database,
  `PRAGMA cache_size = -400000; ${text}`);
const series = (n) => `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
  SELECT i + 1 FROM n WHERE i < ${n})`;
const count = async (table) => (await db(
  `SELECT count(*) AS n FROM ${table}`))[0].n;

const GROW = {
  async sessions(size) {
    await db(`${series(size - await count('sessions'))} INSERT INTO sessions
      (hash, public_id, principal, provider_sid, claims, roles, issued_at,
      last_used, idle_seconds, expires_at, dies_at) SELECT randomblob(32),
      lower(hex(randomblob(11))), 1, '', '{}', '[]', t - i % 9000, t, 600,
      t + 9000, t + 600 FROM n, (SELECT unixepoch() AS t)`);
  },
  async mappings(size) {
    await db(`${series(size - await count('mappings'))} INSERT INTO mappings
      (provider, kind, value, effect, role, label, note, enabled, expires_at,
      created_by, created_at) SELECT 'entra', 'group',
      lower(printf('%s-%s-4000-8000-000000000000', hex(randomblob(4)),
      hex(randomblob(2)))), 'allow', 'user', '', '', 1, 0, 'x', 1 FROM n`);
  },
  /* As if mappings mentioned each of them: others are not kept. */
  async groups(size) {
    await db(`UPDATE sessions SET claims = json_set(claims, '$.groups',
      (${series(size)} SELECT json_group_array(CASE i WHEN 1 THEN
      '${GROUPS.developers}' ELSE lower(printf('%s-%s-4000-8000-000000000000',
      hex(randomblob(4)), hex(randomblob(2)))) END) FROM n))
      WHERE claims <> '{}'`);
  },
  /* Rows that are no chain, so without the triggers that see to one. */
  async audit(size) {
    const triggers = await db(`SELECT name, sql FROM sqlite_schema
      WHERE name IN ('audit_in_order', 'audit_head')`);
    const [{ seq }] = await db('SELECT max(seq) AS seq FROM audit');
    const zeros = '0'.repeat(64);
    await db(`BEGIN IMMEDIATE;
      ${triggers.map((t) => `DROP TRIGGER ${t.name};`).join('')}
      ${series(size - seq)} INSERT INTO audit SELECT ${seq} + i, 1, 'sign_in.ok',
      'entra:x', 'entra:x', '', '', '{}', '${zeros}', '${zeros}' FROM n;
      UPDATE meta SET audit_seq = ${size}, audit_hash = '${zeros}';
      ${triggers.map((t) => `${t.sql};`).join('')} COMMIT`);
  },
  workers: (size) => site.restartRolegate({ rolegate: { workers: size } }),
};

const STEPS = [
  ['workers', [1, 2, 4, 8]],
  ['audit', [1e4, 1e5, 1e6, 1e7].filter((n) => n <= AUDIT)],
  ['mappings', [1e2, 1e3, 1e4, 1e5]],
  ['sessions', [1e3, 1e4, 1e5, 1e6]],
  ['groups', [10, 100, 1000, 10_000]],
];

async function measure(headers, script) {
  const pids = childrenOf(site.rolegate.pid);
  const all = [];
  await load(site.url('/whoami'), { headers, script });
  for (let i = 0; i < ROUNDS; i += 1) {
    const top = await load(new URL('/ceiling', site.publicUrl).href,
      { pids: ceilingPids });
    const own = await load(site.url('/whoami'), { headers, pids, script });
    all.push({ cpu: own.cpu, over: own.cpu / top.cpu });
  }
  return { cpu: median(all.map((r) => r.cpu)),
    over: median(all.map((r) => r.over)) };
}

let ceilingPids;
try {
  const dev = await site.signIn('dev');
  const headers = { cookie: dev.jar.header(site.url('/whoami'), {}) };
  work.write('answer.json', (await site.whoami(dev)).body);
  const ceiling = work.spawn('ceiling', join(O, 'bench/ceiling'),
    [ceilingSocket, '2', work.path('answer.json')]);
  await untilListens(ceiling, { path: ceilingSocket });
  ceilingPids = [ceiling.pid, ...childrenOf(ceiling.pid)];
  const script = work.write('anew.lua', `local i = 0
request = function()
  i = i + 1
  wrk.headers["X-Run"] = tostring(i)
  return wrk.format("GET")
end
`);
  const curves = {};
  for (const [what, sizes] of STEPS) {
    curves[what] = [];
    for (const size of sizes) {
      await GROW[what](size);
      /* Long-lived: the idle timeout is not what is measured. */
      await db(`UPDATE sessions SET idle_seconds = 3600,
        last_used = unixepoch(), expires_at = unixepoch() + 3600,
        dies_at = unixepoch() + 3600 WHERE claims <> '{}'`);
      curves[what].push({ size, ...await measure(headers, script) });
      process.stderr.write(`\r  ${what} ${size}        `);
    }
    if (what === 'workers') await GROW.workers(2);
  }
  process.stderr.write('\n');
  const ratios = {};
  for (const [what, points] of Object.entries(curves)) {
    ratios[`growth.${what}`] = Number(
      (points.at(-1).over / points[0].over).toFixed(3));
    console.log(what, points.map((p) =>
      `${p.size}: ${p.cpu.toFixed(0)} us, ${p.over.toFixed(2)}`).join('; '));
  }
  console.log('cost at the largest over cost at the smallest size');
  console.table(ratios);
  writeFileSync(join(B, 'growth.svg'), plot(curves));
  const file = join(B, 'bench.json');
  const all = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  writeFileSync(file, `${JSON.stringify({ ...all,
    ratios: { ...all.ratios, ...ratios }, growth: curves }, null, 1)}\n`);
} catch (err) {
  process.exitCode = 1;
  throw err;
} finally {
  await site.close();
}
