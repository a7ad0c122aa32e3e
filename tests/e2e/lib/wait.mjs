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

export async function freePort() {
  const server = createServer();
  const port = await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

/* Waits until the process listens; throws with its log when it ends first. */
export function untilListens(proc, target) {
  return until(`${proc.name} to listen`, () => listens(target), {
    alive: () => {
      if (proc.ended) throw new Error(`${proc.name} ended with ${proc.code}`);
    },
  });
}
