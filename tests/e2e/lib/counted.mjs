// SPDX-License-Identifier: ISC
// rolegate with one worker below valgrind, which counts the instructions of each
// connection, from its beginning to its end, in rolegate and the libraries below
// it. Counts are the same on a busy machine; what depends on the processor's
// features is turned off.
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { until } from './wait.mjs';

/* One worker below valgrind, which writes a file for each connection. */
export async function startCounted(site) {
  await site.rolegate.stop();
  // In the sandbox valgrind could not write down what it counts.
  site.configure({ rolegate: { workers: 1, sandbox: 'off' } });
  site.rolegate = site.work.spawn('counted', 'valgrind', [
    '--tool=callgrind', '--toggle-collect=fcgi_serve',
    '--dump-after=fcgi_serve',
    `--callgrind-out-file=${site.work.path('count')}.%p`,
    site.programs.rolegate, '--config', site.work.path('rolegate.conf')], {
    env: { OPENSSL_ia32cap: '~0x1000020000000000:0',
      GLIBC_TUNABLES: 'glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM,'
        + '-BMI2,-SSE4_2,-SSSE3' } });
  // A connection to see whether it listens would be counted, too.
  await until('the start below valgrind', () => site.work.read('counted.log')
    .includes('server.start'), { ms: 60_000 });
}

const dumps = (site) => readdirSync(site.work.dir).filter(
  (name) => /^count\.\d+\.\d+$/.test(name));

/*
 * Makes requests at once, one connection each; what each of them took. `look` is
 * shown the file of each.
 */
export async function costs(site, client, headers, { count = 1, look } = {}) {
  const all = await Promise.all([...Array(count)].map(
    () => site.whoami(client, '', { headers })));
  for (const res of all) assert.equal(res.status, 200, res.body);
  const total = (name) => /\ntotals: (\d+)/.exec(site.work.read(name))?.[1];
  const names = await until('the counts', () => {
    const found = dumps(site).filter(total);
    return found.length === count && found;
  });
  const counts = names.map((name) => Number(total(name)));
  for (const name of names) {
    look?.(site.work.path(name));
    rmSync(site.work.path(name));
  }
  return counts;
}
