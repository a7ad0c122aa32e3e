// SPDX-License-Identifier: ISC
// Waiting for conditions instead of for time, and ports that are free.
import { connect, createServer } from 'node:net';

export const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });

/*
 * Polls until `check()` returns something true, and returns that. Throws after
 * `ms`, naming `what`. `alive` (optional) may throw to end the wait early.
 */
export async function until(what, check, { ms = 15_000, every = 20, alive } = {}) {
  const end = performance.now() + ms;
  for (;;) {
    const value = await check();
    if (value) return value;
    alive?.();
    if (performance.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await sleep(every);
  }
}

/* Whether something listens: target is {port, host} or {path}. */
export function listens(target) {
  return new Promise((resolve) => {
    const socket = connect(target);
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

const LOWEST = 10_000;
const HIGHEST = 32_000;
let nextPort = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));

/*
 * A port that nothing listens on, below those that the kernel hands out to
 * connections and to servers that ask for any port: one of these could take it
 * between now and its use. Each is given once.
 */
export async function freePort() {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = nextPort;
    nextPort = port < HIGHEST ? port + 1 : LOWEST;
    const server = createServer();
    const free = await new Promise((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => { server.close(resolve); });
    return port;
  }
  throw new Error('no free port');
}

/*
 * Waits until the process listens; throws with its log when it ends first, also
 * when something else listens there.
 */
export async function untilListens(proc, target) {
  const alive = () => {
    if (proc.ended) throw new Error(`${proc.name} ended with ${proc.code}`);
  };
  await until(`${proc.name} to listen`, () => listens(target), { alive });
  await sleep(5);
  alive();
}
