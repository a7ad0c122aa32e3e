// SPDX-License-Identifier: ISC
// What it costs to protect a large file: the same file below a place that a
// FastCGI authorizer guards and below one that nobody does, in turns. See
// README.md here. After make programs:
//
//   B=build node tests/bench/large-file.mjs [megabytes] [rounds]
import { execFile } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GATEWAYS, Gateways } from '../e2e/lib/gateways.mjs';
import { serverUser } from '../e2e/lib/programs.mjs';
import { startSite } from '../e2e/lib/site.mjs';
import { freePort } from '../e2e/lib/wait.mjs';
import { median } from './load.mjs';

const [MEGABYTES = 200, ROUNDS = 15] = process.argv.slice(2).map(Number);
const LIMIT = 10; // percent that protection may cost
const SERVERS = GATEWAYS.filter((gw) => gw.kind === 'guards' && !gw.proxied);
const run = promisify(execFile);

const authorizerPort = await freePort();
const site = await startSite({ user: serverUser(), config: { rolegate: {
  listen_authorizer: `127.0.0.1:${authorizerPort}` } } });
const all = new Gateways(site, { authorizerPort });

function makeFile(place) {
  mkdirSync(join(all.htdocs, place), { recursive: true });
  const file = openSync(join(all.htdocs, place, 'large.bin'), 'w');
  for (let i = 0; i < MEGABYTES; i += 1) writeSync(file, Buffer.alloc(1 << 20, i));
  closeSync(file);
}

/* Seconds to fetch the file once, whole. */
async function fetchOnce(gw, place, cookie) {
  const { stdout } = await run('curl', ['-sS', '-f', '-o', '/dev/null', '-w',
    '%{time_total} %{size_download}', '-H', `Cookie: ${cookie}`,
    all.url(gw, `/${place}/large.bin`)]);
  const [seconds, size] = stdout.split(' ').map(Number);
  if (size !== MEGABYTES << 20) throw new Error(`${gw.name}: ${size} bytes`);
  return seconds;
}

let slow = false;
try {
  for (const place of ['reports', 'open']) makeFile(place);
  await all.start();
  const ana = await site.signIn('ana');
  const cookie = ana.jar.header(site.publicUrl);
  const rows = {};
  for (const gw of SERVERS) {
    const times = { reports: [], open: [] };
    for (let i = -2; i < ROUNDS; i += 1) {
      // In turns, so that whatever else the machine does troubles both.
      for (const place of i % 2 ? ['reports', 'open'] : ['open', 'reports']) {
        const seconds = await fetchOnce(gw, place, cookie);
        if (i >= 0) times[place].push(seconds);
      }
    }
    // Each round is compared with itself: both halves had the same machine.
    const pairs = times.open.map((open, i) => ({ open, kept: times.reports[i] }));
    const loss = median(pairs.map(({ open, kept }) => 100 * (1 - open / kept)));
    const ms = median(pairs.map(({ open, kept }) => 1000 * (kept - open)));
    const speed = (place) => Math.round(MEGABYTES / median(times[place]));
    slow ||= loss > LIMIT;
    rows[gw.name] = { 'open MB/s': speed('open'),
      'protected MB/s': speed('reports'), 'loss %': loss.toFixed(1),
      'longer by ms': ms.toFixed(1) };
  }
  console.log(`${MEGABYTES} MB, medians of ${ROUNDS} rounds`);
  console.table(rows);
  if (slow) console.log(`more than ${LIMIT} %`);
  process.exitCode = slow ? 1 : 0;
} finally {
  all.close();
  await site.close();
}
