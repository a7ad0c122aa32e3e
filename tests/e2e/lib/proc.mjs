// SPDX-License-Identifier: ISC
// A program that runs beside the tests, and its end.
import { once } from 'node:events';

const STOP_MS = 12_000;

/* One process; its output is in the file `log`. */
export class Proc {
  constructor(name, child, log) {
    Object.assign(this, { name, child, log, pid: child.pid, ended: false });
    this.exit = once(child, 'exit').then(([code, signal]) => {
      this.ended = true;
      this.code = code;
      this.signal = signal;
      return code;
    }, () => { this.ended = true; });
  }

  kill(signal) {
    try {
      process.kill(this.pid, signal);
    } catch { /* it has ended */ }
  }

  /* The whole process group: a program and what it started. */
  killGroup(signal) {
    try {
      process.kill(-this.pid, signal);
    } catch { /* it has ended */ }
  }

  /* Asks it to end; after a while, makes it. */
  async stop(signal = 'SIGTERM') {
    if (!this.ended) {
      this.kill(signal);
      const late = setTimeout(() => this.killGroup('SIGKILL'), STOP_MS);
      await this.exit;
      clearTimeout(late);
    }
    this.killGroup('SIGKILL');
    return this.code;
  }
}
