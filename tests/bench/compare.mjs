// SPDX-License-Identifier: ISC
// rolegate beside the smallest FastCGI program, in the same web servers, round
// about. `make bench` runs it; README.md here tells how to read it.
//
//   B=build node tests/bench/compare.mjs [rounds] [seconds a figure]
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '../e2e/lib/http.mjs';
import { CLIENT_ID } from '../e2e/lib/idp.mjs';
import { running } from '../e2e/lib/processes.mjs';
import { O } from '../e2e/lib/programs.mjs';
import { deliver } from '../e2e/lib/signin.mjs';
import { startSite } from '../e2e/lib/site.mjs';
import { sleep, untilListens } from '../e2e/lib/wait.mjs';
import { load, cpuOf, median, spread } from './load.mjs';
import { cookieOf, family, find, forgedFrom, inTurn, interleaved, manySessions, mid,
  ratio, report, show } from './rows.mjs';
import { startServers } from './servers.mjs';

const [ROUNDS = 5, SECONDS = 1] = process.argv.slice(2).map(Number);
const WORKERS = 2;
const MANY = [16, 64];
const SESSIONS = 2000; // in turn: too many to be answered again
const TOKENS = 1000; // more than are remembered
const TIMES = { count: ROUNDS, seconds: SECONDS };

const site = await startSite({ server: 'none',
  config: { rolegate: { workers: WORKERS, log_level: 'info' },
    'provider.entra': { audiences: `api://${CLIENT_ID}` } } });
const { work } = site;
const ratios = {};

async function ceilings(servers, own, session) {
  const rows = [];
  for (const name of Object.keys(servers)) {
    for (const connections of MANY) {
      rows.push({ name: `${name} ceiling`, connections, pids: own.ceiling,
        url: servers[name].url('/ceiling') });
      rows.push({ name: `${name} session`, connections, pids: own.rolegate,
        url: servers[name].url('/auth/whoami'), headers: session });
    }
  }
  const turns = inTurn(work, 'sessions.lua', 'Cookie',
    await manySessions(site, session, SESSIONS));
  rows.push({ name: 'lighttpd sessions in turn', pids: own.rolegate,
    url: servers.lighttpd.url('/auth/whoami'), script: turns });
  show(await interleaved(rows, TIMES));
  for (const name of Object.keys(servers)) {
    const [a, b] = ['session', 'ceiling'].map((x) => find(rows, `${name} ${x}`));
    ratios[`${name}.session_vs_ceiling`] = ratio(a, b);
    ratios[`${name}.session_cpu_vs_ceiling`] = ratio(a, b, 'cpu');
  }
  const [turn, top] = ['lighttpd sessions in turn', 'lighttpd ceiling']
    .map((name) => find(rows, name));
  ratios['lighttpd.sessions_in_turn_vs_ceiling'] = ratio(turn, top);
  ratios['lighttpd.sessions_in_turn_cpu_vs_ceiling'] = ratio(turn, top, 'cpu');
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
  const distinct = inTurn(work, 'distinct.lua', 'Authorization',
    tokens.map((t) => `Bearer ${t}`));
  const script = inTurn(work, 'forged.lua', 'Authorization',
    forgedFrom(token).map((t) => `Bearer ${t}`));
  const url = server.url('/auth/whoami');
  const pids = own.rolegate;
  const brought = { authorization: `Bearer ${token}` };
  const [known, other, junk, fresh, top, loaded] = await interleaved([
    { name: 'bearer, the same token', url, pids, headers: brought },
    { name: 'session beside it', url, pids, headers: session },
    { name: 'forged tokens, strange keys', url, pids, script, refused: true },
    { name: 'bearer, distinct tokens', url, pids, script: distinct },
    { name: 'ceiling beside it', url: server.url('/ceiling'),
      pids: own.ceiling },
    { name: 'ceiling, with the token', url: server.url('/ceiling'),
      pids: own.ceiling, headers: brought },
  ], TIMES);
  show([known, other, junk, fresh, top, loaded]);
  const one = verification(token.length);
  console.log(`one EVP_DigestVerify: ${one} us`);
  ratios['verify_us'] = one;
  ratios['lighttpd.bearer_distinct_cpu_vs_goal'] = median(
    fresh.results.map((r, i) => r.cpu / (top.results[i].cpu + 1.3 * one)));
  ratios['lighttpd.bearer_cached_vs_session'] = ratio(known, other);
  // What the same bytes cost a program that does not look at them.
  ratios['lighttpd.ceiling_with_token_vs_ceiling'] = ratio(loaded, top);
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
  ratios['footprint.program_kib'] = statSync(join(O, 'rolegate')).size / 1024;
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
    ports: { lighttpd: site.port } });
  const ada = await site.signIn('ada');
  const session = cookieOf(ada, site.url('/whoami'));
  const answer = await site.whoami(ada);
  work.write('answer.json', answer.body);
  const ceiling = work.spawn('ceiling', join(O, 'bench/ceiling'),
    [ceilingSocket, String(WORKERS), work.path('answer.json')]);
  await untilListens(ceiling, { path: ceilingSocket });
  const own = { rolegate: running(site.programs.rolegate),
    ceiling: family(ceiling) };
  console.log(`${WORKERS} workers, ${answer.body.length} bytes an answer`);
  await ceilings(servers, own, session);
  await bearer(servers.lighttpd, own, session);
  await isolation(servers.lighttpd, session);
  await signIn(own);
  footprint(own);
  await start(servers.lighttpd, session);
  report(ratios);
} catch (err) {
  process.exitCode = 1;
  throw err;
} finally {
  await site.close();
}
