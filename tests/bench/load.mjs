// SPDX-License-Identifier: ISC
// Load on loopback with wrk, and what it costs the processes that answer.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TICKS = 100; // of /proc/PID/stat, a second: sysconf(_SC_CLK_TCK)
const UNITS = { us: 1e-3, ms: 1, s: 1e3, m: 6e4 };

/* User and system time that these processes have used, in seconds. */
export function cpuOf(pids) {
  let ticks = 0;
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS;
}

function parse(text) {
  const number = (re) => Number(re.exec(text)?.[1] ?? 0);
  // Not there when nothing was answered in time.
  const [, size, unit] = /99%\s+([\d.]+)(us|ms|s|m)\n/.exec(text)
    ?? [0, NaN, 'ms'];
  const broken = /Socket errors: (.*)/.exec(text)?.[1].match(/\d+/g) ?? [];
  return {
    requests: number(/(\d+) requests in/),
    perSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p99: Number(size) * UNITS[unit],
    bad: broken.reduce((sum, n) => sum + Number(n),
      number(/Non-2xx or 3xx responses: (\d+)/)),
  };
}

/*
 * For `seconds` on `connections`: {perSecond, p99 (ms), cpu (microseconds of
 * `pids` a request), bad}. Answers other than 2xx make it fail unless `refused`
 * are what is asked for, or a share of them `mayFail`. `script` is a file for wrk.
 */
export async function load(url, { connections = 16, seconds = 1, headers = {},
  pids = [], refused = false, mayFail = 0, script } = {}) {
  const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`,
    '--latency', '--timeout', '30s'];
  for (const [name, value] of Object.entries(headers)) {
    args.push('-H', `${name}: ${value}`);
  }
  if (script) args.push('-s', script);
  const before = cpuOf(pids);
  const { stdout } = await run('wrk', [...args, url]);
  const result = parse(stdout);
  result.cpu = (cpuOf(pids) - before) * 1e6 / Math.max(1, result.requests);
  if (!refused && (result.bad > mayFail * result.requests
      || Number.isNaN(result.p99))) throw new Error(`${url}: ${stdout}`);
  return result;
}

export function median(list) {
  const all = [...list].sort((a, b) => a - b);
  return all[all.length >> 1];
}

/* The middle half of the values, as "low-high". */
export function spread(list, digits = 0) {
  const all = [...list].sort((a, b) => a - b);
  const at = (part) => all[Math.floor((all.length - 1) * part)].toFixed(digits);
  return `${at(0.25)}-${at(0.75)}`;
}
