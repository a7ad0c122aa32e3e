// SPDX-License-Identifier: ISC
// A clock that a test can set forward and back under programs that run
// (libfaketime), and that knows which time it may have been when. Only the time
// of day jumps; CLOCK_MONOTONIC goes on, as it does on a real machine.
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SANITIZED } from './programs.mjs';

const NAME = 'faketime/libfaketimeMT.so.1';
const LIBRARY = readdirSync('/usr/lib').map((folder) => join('/usr/lib', folder, NAME))
  .find((path) => existsSync(path)); // of this architecture
const FOLDER = '/dev/shm';

/* A sanitizer's runtime insists on being the first library. */
export const canFakeTime = !SANITIZED;

export class FakeClock {
  #file;

  #past = []; // {offset, from, to}: seconds, and real milliseconds

  /*
   * `file` is read at each look at the clock, by workers in their sandbox too:
   * it must be in a folder that they may read.
   */
  constructor(file) {
    if (!LIBRARY) throw new Error(`no ${NAME}: make deps-test`);
    this.#file = file;
    this.offset = 0;
    this.most = 0;
    this.#write(0);
  }

  #write(offset) {
    const from = Date.now();
    // A rename: nobody reads half of it.
    writeFileSync(`${this.#file}.new`, `${offset < 0 ? '' : '+'}${offset}\n`);
    renameSync(`${this.#file}.new`, this.#file);
    const last = this.#past.at(-1);
    if (last) last.to = Date.now();
    this.#past.push({ offset, from, to: Infinity });
    this.offset = offset;
    this.most = Math.max(this.most, offset);
  }

  env() {
    return { LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  }

  jump(seconds) {
    this.#write(this.offset + seconds);
  }

  /* In seconds since 1970, as the programs see it. */
  now() {
    return Math.floor(Date.now() / 1000) + this.offset;
  }

  /* What it may have been between two moments of the real clock (ms). */
  between(start, end) {
    let [least, most] = [Infinity, -Infinity];
    for (const { offset, from, to } of this.#past) {
      if (from > end || to < start) continue;
      least = Math.min(least, Math.max(start, from) / 1000 + offset);
      most = Math.max(most, Math.min(end, to) / 1000 + offset);
    }
    return { least: Math.floor(least), most: Math.ceil(most) };
  }

  /* What libfaketime leaves behind of programs that were killed. */
  static sweep(pids) {
    const names = new Set(pids.flatMap((pid) => [`faketime_shm_${pid}`,
      `sem.faketime_sem_${pid}`]));
    for (const name of readdirSync(FOLDER)) {
      if (names.has(name)) rmSync(join(FOLDER, name), { force: true });
    }
  }
}
