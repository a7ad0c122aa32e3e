// SPDX-License-Identifier: ISC
// rolegate beside the smallest FastCGI program and beside mod_auth_openidc, in
// the same web servers, round about. `make bench` runs it; README.md here tells
// how to read it.
//
//   B=build node tests/bench/compare.mjs [rounds] [seconds a figure]
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '../e2e/lib/http.mjs';
import { CLIENT_ID, CLIENT_SECRET } from '../e2e/lib/idp.mjs';
import { childrenOf, running } from '../e2e/lib/processes.mjs';
import { O } from '../e2e/lib/programs.mjs';
import { deliver, toCallback } from '../e2e/lib/signin.mjs';
import { startSite } from '../e2e/lib/site.mjs';
import { sql } from '../e2e/lib/sqlite.mjs';
import { sleep, freePort, untilListens } from '../e2e/lib/wait.mjs';
import { load, cpuOf, median, spread } from './load.mjs';
import { startServers } from './servers.mjs';

const [ROUNDS = 5, SECONDS = 1] = process.argv.slice(2).map(Number);
const WORKERS = 2;
const MANY = [16, 64];
const SESSIONS = 2000; // in turn: too many to be answered again
const TOKENS = 1000; // more than are remembered
const B = process.env.B ?? 'build';

const apachePort = await freePort();
const peerUrl = `http://127.0.0.1:${apachePort}/peer`;
const site = await startSite({ server: 'none',
  config: { rolegate: { workers: WORKERS, log_level: 'info' },
    'provider.entra': { audiences: `api://${CLIENT_ID}` } },
  idpArgs: ['--redirect-uri', `${peerUrl}/callback`] });
const { work } = site;
const rounds = [];
const ratios = {};

const family = (proc) => [proc.pid, ...childrenOf(proc.pid)];
const cookieOf = (client, url) => ({ cookie: client.jar.header(url, {}) });

/* Each row once a round, in turn, so that a slow minute is everybody's. */
async function interleaved(rows, then = {}) {
  const results = rows.map(() => []);
  for (let i = 0; i < ROUNDS; i += 1) {
    for (const [n, row] of rows.entries()) {
      results[n].push(await load(row.url, { seconds: SECONDS, ...then, ...row }));
    }
    process.stderr.write(`\r  round ${i + 1} of ${ROUNDS} `);
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

const mid = (row, what = 'perSecond') => median(row.results.map((r) => r[what]));

/* The median of the ratios of one round each: `a` over `b`. */
const ratio = (a, b, what = 'perSecond') => median(
  a.results.map((r, i) => r[what] / b.results[i][what]));

function show(rows) {
  console.table(Object.fromEntries(rows.map((row) => [
    `${row.name}, ${row.connections ?? 16}`, {
      'req/s': Math.round(mid(row)),
      'middle half': spread(row.results.map((r) => r.perSecond)),
      'p99 ms': Number(mid(row, 'p99').toFixed(2)),
      'CPU us': Math.round(mid(row, 'cpu')),
    }])));
}

/*
 * A script for wrk that sends each value of `header` in turn. The second header
 * makes each request a question of its own, so that none is answered again.
 */
function inTurn(name, header, values) {
  return work.write(name, `local v = {${values.map((x) => `"${x}"`).join(',')}}
local i = 0
request = function()
  i = i + 1
  return wrk.format("GET", nil, {["${header}"] = v[i % #v + 1],
    ["X-Run"] = tostring(i)})
end
`);
}

/* Sessions of the same person; returns their cookies. */
async function manySessions(session, count) {
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

async function ceilingAndPeer(servers, own, session, peer) {
  const rows = [];
  for (const name of Object.keys(servers)) {
    for (const connections of MANY) {
      rows.push({ name: `${name} ceiling`, connections, pids: own.ceiling,
        url: servers[name].url('/ceiling') });
      rows.push({ name: `${name} session`, connections, pids: own.rolegate,
        url: servers[name].url('/auth/whoami'), headers: session });
    }
  }
  const turns = inTurn('sessions.lua', 'Cookie',
    await manySessions(session, SESSIONS));
  rows.push({ name: 'lighttpd sessions in turn', connections: 16,
    pids: own.rolegate,
    url: servers.lighttpd.url('/auth/whoami'), script: turns });
  for (const connections of MANY) {
    rows.push({ name: 'peer session to JSON', connections, pids: own.apache,
      url: `${peerUrl}/callback?info=json`, headers: peer });
    rows.push({ name: 'peer session, small file', connections,
      pids: own.apache, url: `${peerUrl}/file.txt`, headers: peer });
  }
  await interleaved(rows);
  show(rows);
  const find = (name, c = 16) => rows.find((r) => r.name === name
    && r.connections === c);
  for (const name of Object.keys(servers)) {
    const [a, b] = [find(`${name} session`), find(`${name} ceiling`)];
    ratios[`${name}.session_vs_ceiling`] = ratio(a, b);
    ratios[`${name}.session_cpu_vs_ceiling`] = ratio(a, b, 'cpu');
  }
  const [turn, top] = [find('lighttpd sessions in turn'),
    find('lighttpd ceiling')];
  ratios['lighttpd.sessions_in_turn_vs_ceiling'] = ratio(turn, top);
  ratios['lighttpd.sessions_in_turn_cpu_vs_ceiling'] = ratio(turn, top, 'cpu');
  for (const c of MANY) {
    const [a, b] = [find('apache session', c),
      find('peer session to JSON', c)];
    const end = c === 16 ? '' : `_${c}`;
    ratios[`apache.session_vs_peer${end}`] = ratio(a, b);
    ratios[`apache.session_p99_vs_peer${end}`] = ratio(a, b, 'p99');
  }
}

/* CPU microseconds of one verification; the key of the provider is RSA 2048. */
const verification = (bytes) => Number(execFileSync(join(O, 'bench/verify'),
  ['2048', String(bytes)]));

async function bearer(server, own, session) {
  const tokens = [];
  for (let i = 0; i < TOKENS; i += 1) {
    tokens.push((await site.idp.control('POST', '/access-token', { login: 'ada',
      groups: true, audience: `api://${CLIENT_ID}` })).token);
  }
  const [token] = tokens;
  assert.equal(new Set(tokens).size, TOKENS);
  const distinct = inTurn('distinct.lua', 'Authorization',
    tokens.map((t) => `Bearer ${t}`));
  const forged = [...Array(64).keys()].map((i) => {
    const [, body, signature] = token.split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT',
      kid: `k${i}` })).toString('base64url');
    return `${header}.${body}.${signature}`;
  });
  const script = work.write('forged.lua', `local t = {${forged.map((f) =>
    `"${f}"`).join(',')}}
local i = 0
request = function()
  i = i % #t + 1
  return wrk.format("GET", nil, {["Authorization"] = "Bearer " .. t[i]})
end
`);
  const url = server.url('/auth/whoami');
  const pids = own.rolegate;
  const [known, other, junk, fresh, top] = await interleaved([
    { name: 'bearer, the same token', url, pids,
      headers: { authorization: `Bearer ${token}` } },
    { name: 'session beside it', url, pids, headers: session },
    { name: 'forged tokens, strange keys', url, pids, script, refused: true },
    { name: 'bearer, distinct tokens', url, pids, script: distinct },
    { name: 'ceiling beside it', url: server.url('/ceiling'),
      pids: own.ceiling },
  ]);
  show([known, other, junk, fresh, top]);
  const one = verification(token.length);
  console.log(`one EVP_DigestVerify: ${one} us`);
  ratios['verify_us'] = one;
  ratios['lighttpd.bearer_distinct_cpu_vs_goal'] = median(
    fresh.results.map((r, i) => r.cpu / (top.results[i].cpu + 1.3 * one)));
  ratios['lighttpd.bearer_cached_vs_session'] = ratio(known, other);
  const before = (await site.idp.counts()).keys;
  const flood = load(url, { seconds: SECONDS * 2, script, refused: true,
    connections: 4 });
  await sleep(200);
  const meanwhile = await load(url, { seconds: SECONDS, headers: session });
  await flood;
  ratios['lighttpd.forged_flood_p99_vs_undisturbed'] =
    meanwhile.p99 / mid(other, 'p99');
  ratios['lighttpd.forged_flood_fetches'] =
    (await site.idp.counts()).keys - before;
}

/* Sign-ins wait for a provider that hangs; sessions must not. */
async function isolation(server, session) {
  const url = server.url('/auth/whoami');
  const all = { calm: [], hung: [] };
  for (let i = 0; i < ROUNDS; i += 1) {
    const quiet = await load(url, { seconds: SECONDS, headers: session });
    const backs = [];
    for (let k = 0; k < 64; k += 1) {
      const client = new Client();
      backs.push([client, await site.begin('dev', { client })]);
    }
    await site.idp.fault('token', 'hang');
    const waiting = backs.map(([client, back]) => deliver(client, back)
      .catch(() => null));
    await sleep(100);
    const hung = await load(url, { seconds: SECONDS, headers: session });
    await site.idp.wellAgain();
    await Promise.all(waiting);
    all.calm.push(quiet.p99);
    all.hung.push(hung.p99);
    process.stderr.write(`\r  hang ${i + 1} of ${ROUNDS} `);
  }
  process.stderr.write('\n');
  ratios['lighttpd.hang_p99_vs_undisturbed'] =
    median(all.hung.map((p, i) => p / all.calm[i]));
  console.log('p99 with 64 sign-ins at a provider that hangs:',
    `${spread(all.hung, 2)} ms; without: ${spread(all.calm, 2)} ms`);
}

/* What rolegate itself computes for a whole sign-in. */
async function signIn(own) {
  const COUNT = 50;
  await site.signIn('dev');
  const [before, cpu] = [await site.idp.counts(), cpuOf(own.rolegate)];
  for (let i = 0; i < COUNT; i += 1) await site.signIn('dev');
  const after = await site.idp.counts();
  const each = (cpuOf(own.rolegate) - cpu) * 1000 / COUNT;
  const trips = ['token', 'keys', 'discovery'].reduce((sum, k) =>
    sum + (after[k] ?? 0) - (before[k] ?? 0), 0) / COUNT;
  console.log(`a sign-in: ${each.toFixed(1)} ms CPU of rolegate,`,
    `${trips} requests to the provider`);
  ratios['sign_in.cpu_ms'] = each;
  ratios['sign_in.provider_requests'] = trips;
}

function footprint(own) {
  const kib = own.rolegate.map((pid) => {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return [...text.matchAll(/^Private_\w+:\s+(\d+) kB$/gm)]
      .reduce((sum, m) => sum + Number(m[1]), 0);
  });
  ratios['footprint.private_mib'] = Math.max(...kib) / 1024;
  console.log('private memory of rolegate\'s processes (KiB):', kib.join(' '));
}

/* From exec to the first answer, with what is known of the provider. */
async function start(server, session) {
  const all = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    await site.rolegate.stop();
    const begun = process.hrtime.bigint();
    const ready = site.startRolegate();
    await ready;
    const res = await new Client({ headers: session })
      .json(server.url('/auth/whoami'));
    assert.equal(res.status, 200);
    all.push(Number(process.hrtime.bigint() - begun) / 1e6);
  }
  ratios['footprint.start_ms'] = median(all);
  console.log(`start to first answer: ${spread(all, 0)} ms`);
}

try {
  const ceilingSocket = work.path('ceiling.sock');
  const servers = await startServers(work, { ceiling: ceilingSocket,
    ports: { lighttpd: site.port, apache: apachePort },
    peer: { metadata: `${site.idp.issuer}/.well-known/openid-configuration`,
      clientId: CLIENT_ID, clientSecret: CLIENT_SECRET,
      redirect: `${peerUrl}/callback` } });
  const ada = await site.signIn('ada');
  const session = cookieOf(ada, site.url('/whoami'));
  const answer = await site.whoami(ada);
  work.write('answer.json', answer.body);
  const ceiling = work.spawn('ceiling', join(O, 'bench/ceiling'),
    [ceilingSocket, String(WORKERS), work.path('answer.json')]);
  await untilListens(ceiling, { path: ceilingSocket });
  const visitor = new Client();
  const back = await toCallback(visitor, `${peerUrl}/file.txt`,
    { login: 'ada', callback: `${peerUrl}/callback` });
  const came = await deliver(visitor, back);
  assert.ok([302, 303].includes(came.status), `the peer: ${came.body}`);
  const peer = cookieOf(visitor, `${peerUrl}/file.txt`);
  const own = { rolegate: running(site.programs.rolegate),
    ceiling: family(ceiling), apache: family(servers.apache.proc) };
  console.log(`${WORKERS} workers, ${answer.body.length} bytes an answer`);
  await ceilingAndPeer(servers, own, session, peer);
  await bearer(servers.lighttpd, own, session);
  await isolation(servers.lighttpd, session);
  await signIn(own);
  footprint(own);
  await start(servers.lighttpd, session);
  for (const name of Object.keys(ratios)) {
    ratios[name] = Number(ratios[name].toFixed(3));
  }
  console.table(ratios);
  writeFileSync(join(B, 'bench.json'),
    `${JSON.stringify({ ratios, rounds }, null, 1)}\n`);
} catch (err) {
  process.exitCode = 1;
  throw err;
} finally {
  await site.close();
}
