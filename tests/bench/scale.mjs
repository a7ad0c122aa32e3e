// SPDX-License-Identifier: ISC
// How long things take with many sessions, people and mappings, beside an empty
// database. Run it by hand, after make programs:
//
//   B=build node tests/bench/scale.mjs [sessions] [people] [mappings]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Api } from '../e2e/lib/api.mjs';
import { sql } from '../e2e/lib/sqlite.mjs';
import { startSite } from '../e2e/lib/site.mjs';

const [SESSIONS = 1_000_000, PEOPLE = 100_000, MAPPINGS = 100_000] =
  process.argv.slice(2).map(Number);

const site = await startSite();
const db = (text) => sql(site.config.rolegate.database, text);
const clients = [await site.signIn('ada'), await site.signIn('dev')];
const api = new Api(site, clients[0]);

/* Median and maximum of some runs, in ms. */
async function time(fn, runs = 21) {
  const all = [];
  for (let i = 0; i < runs; i += 1) {
    const begin = process.hrtime.bigint();
    await fn(i);
    all.push(Number(process.hrtime.bigint() - begin) / 1e6);
  }
  all.sort((a, b) => a - b);
  return { median: all[runs >> 1].toFixed(1), max: all.at(-1).toFixed(1) };
}

/* The first page, and one far behind it. */
async function pages(path, far) {
  const first = await time(() => api.get(`${path}?limit=50`));
  const cursor = Buffer.from(far).toString('base64url');
  const deep = await time(() => api.get(`${path}?limit=50&cursor=${cursor}`));
  return { first: first.median, deep: deep.median, max: deep.max };
}

/* Who would gain or lose what by all mappings but one in ten: time and memory. */
async function whatIf() {
  const document = JSON.parse(await site.ctl('map', 'export'));
  document.mappings = document.mappings.filter((_, i) => i % 10 !== 9);
  const file = site.work.write('what-if.json', JSON.stringify(document));
  const begin = Date.now();
  const child = spawn(site.programs.rolegatectl, ['--config',
    site.work.path('rolegate.conf'), 'map', 'apply', '--dry-run', '--force',
    '--file', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let peak = 0;
  const look = setInterval(() => {
    const [, kib] = /VmHWM:\s+(\d+)/.exec(
      readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
    if (kib) peak = kib / 1024;
  }, 50);
  let text = '';
  child.stdout.on('data', (data) => { text = (text + data).slice(-4000); });
  await once(child, 'exit');
  clearInterval(look);
  console.log(`what-if: ${(Date.now() - begin) / 1000} s, at most ${
    peak.toFixed(0)} MiB; ${text.trim().split('\n').slice(-2).join(' / ')}`);
}

async function measure(far) {
  const edit = async (i) => api.patch('/mappings/1', { note: `${i}` }, '*');
  await edit(99);
  return {
    whoami: await time(() => site.whoami(clients[1]), 101),
    sessions: await pages('/sessions', far.session),
    principals: await pages('/principals', far.id),
    mappings: await pages('/mappings', far.id),
    edit: await time(edit, 5),
    'whoami after an edit': await time(async (i) => {
      await db(`UPDATE mappings SET note = 'b${i}' WHERE id = 1`);
      await site.whoami(clients[1]);
    }, 5),
  };
}

try {
  console.log('empty');
  console.table(await measure({ session: '9999999999:', id: '1' }));
  const series = (n) => `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
    SELECT i + 1 FROM n WHERE i < ${n})`;
  await db(`${series(MAPPINGS)} INSERT INTO mappings (provider, kind, value,
    effect, role, label, note, enabled, expires_at, created_by, created_at)
    SELECT 'entra', 'group', printf('%08x-0000-4000-8000-000000000000', i),
    'allow', 'user', '', '', 1, 0, 'x', 1 FROM n`);
  await whatIf();
  await db(`${series(PEOPLE)} INSERT INTO principals (provider, issuer, tenant,
    subject, kind, name, username, email, roles, first_seen, last_seen,
    disabled, claims) SELECT 'entra', issuer, tenant, 'p' || i, 'user', 'P',
    'p' || i, '', '[]', 1, 1, 0, json_object('groups', (SELECT
    json_group_array(printf('%08x-0000-4000-8000-000000000000',
    i * k % ${MAPPINGS})) FROM (WITH RECURSIVE m(k) AS (SELECT 1 UNION ALL
    SELECT k + 1 FROM m WHERE k < 20) SELECT k FROM m)))
    FROM n, (SELECT issuer, tenant FROM principals LIMIT 1)`);
  await whatIf();
  await db(`${series(SESSIONS)} INSERT INTO sessions (hash, public_id,
    principal, provider_sid, claims, roles, issued_at, last_used,
    idle_seconds, expires_at, dies_at) SELECT randomblob(32),
    lower(hex(randomblob(11))), 3 + i % ${PEOPLE}, '', '{}', '[]', now - i % 9000,
    now, 600, now + 9000, CASE WHEN i % 2 THEN now - 1 ELSE now + 600 END
    FROM n, (SELECT unixepoch() AS now)`);
  const [{ now }] = await db('SELECT unixepoch() AS now');
  console.log(`${SESSIONS} sessions, ${PEOPLE} people, ${MAPPINGS} mappings`);
  console.table(await measure({ session: `${now - 8000}:`,
    id: String(PEOPLE - 100) }));
  /* Each sign-in sweeps a step of what is over. */
  const [before] = await db('SELECT count(*) AS n FROM sessions');
  console.log('sign-in, which sweeps:', await time(() => site.signIn('dev'), 11));
  const [after] = await db('SELECT count(*) AS n FROM sessions');
  console.log(`swept ${before.n - after.n + 11} sessions in 11 steps`);
  /* While everybody is signed out, others are answered. */
  let done = false;
  const worst = time(async () => { await site.whoami(clients[1]); }, 200);
  const all = time(async () => {
    await api.call('DELETE', '/sessions', { headers: {} });
    done = true;
  }, 1);
  console.log('whoami meanwhile:', await worst, done ? '' : '(not done yet)');
  console.log('everybody signed out:', await all);
} finally {
  await site.close();
}
