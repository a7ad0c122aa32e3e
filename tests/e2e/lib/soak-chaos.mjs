// SPDX-License-Identifier: ISC
// What goes wrong during a soak, in the order that a seed gives. The recorder is
// told what is broken from when to when: only that excuses a refusal, and only
// kills excuse silence. A reload or an upgrade excuses nothing.
import { between, pick, shuffle } from './random.mjs';
import { childrenOf } from './processes.mjs';
import { sleep, until } from './wait.mjs';
import { LIFETIME_S } from './soak-load.mjs';

const HOUR = 3600;
const FURTHEST = 12 * HOUR; // from where the clock began, in either direction
const REFETCH_S = 330; // a little more than between two looks for new keys
const PATIENCE_MS = 60_000;

export class Chaos {
  constructor({ site, recorder, clock, random, mounts, settle }) {
    Object.assign(this, { site, recorder, clock, random, mounts, settle,
      stopped: false, pids: [], base: 0, exclusive: null, acting: 0 });
  }

  // ---- processes

  #kill(pid, signal = 'SIGKILL') {
    try {
      process.kill(pid, signal);
      return true;
    } catch {
      return false; // it has just ended
    }
  }

  async killWorkers() {
    const list = shuffle(this.random, childrenOf(this.site.rolegate.pid));
    for (const pid of list.slice(0, between(this.random, 1, 3))) {
      const over = this.recorder.begin('worker killed');
      this.#kill(pid);
      await sleep(20);
      over();
    }
  }

  /* As a supervisor does, until it stays. */
  async start() {
    for (;;) {
      try {
        await this.site.startRolegate();
        this.pids.push(this.site.rolegate.pid);
        return;
      } catch (err) {
        if (!this.recorder.during(['disk full'], Date.now() - 1000, Date.now())) {
          throw err;
        }
        await sleep(100);
      }
    }
  }

  async #again(what, end) {
    const over = this.recorder.begin(what);
    await end();
    await sleep(between(this.random, 0, 300));
    await this.start();
    await until('the web server to find it', async () => (await this.site.client()
      .get(this.site.url('/healthz')).catch(() => null))?.status === 200,
    { ms: PATIENCE_MS });
    over();
  }

  killParent() {
    return this.#again('parent killed', () => {
      this.#kill(this.site.rolegate.pid);
      return this.site.rolegate.exit;
    });
  }

  restart() {
    return this.#again('restart', () => this.site.rolegate.stop());
  }

  async reload() {
    this.recorder.count('reload');
    this.#kill(this.site.rolegate.pid, 'SIGHUP');
    await sleep(between(this.random, 100, 400));
  }

  /* The same program again, which the parent can't know. */
  async upgrade() {
    this.recorder.count('upgrade');
    this.#kill(this.site.rolegate.pid, 'SIGUSR2');
    await sleep(between(this.random, 200, 600));
  }

  // ---- clock

  #set(seconds) {
    const over = this.recorder.begin('clock set');
    this.clock.jump(seconds);
    setTimeout(over, 100);
  }

  /* Back towards where it was, when it has gone far. */
  #jump(seconds) {
    const next = this.clock.offset + seconds - this.base;
    this.#set(Math.abs(next) > FURTHEST ? -seconds : seconds);
  }

  minutes() {
    this.#jump((this.random() < 0.5 ? -1 : 1) * between(this.random, 60, 3000));
  }

  hours() {
    this.#jump((this.random() < 0.5 ? -1 : 1)
      * between(this.random, HOUR, 6 * HOUR));
  }

  /* All sessions are over. */
  weeks() {
    const far = LIFETIME_S + FURTHEST * 2;
    this.base += far;
    this.#set(far);
  }

  // ---- provider and disk

  async provider() {
    const endpoint = pick(this.random, ['all', 'token', 'keys', 'discovery']);
    const mode = pick(this.random, ['down', '500', 'slow', 'close', 'garbage']);
    const over = this.recorder.begin('provider ill');
    await this.site.idp.fault(endpoint, mode, 800);
    await sleep(between(this.random, 400, 1500));
    await this.site.idp.wellAgain();
    over();
  }

  /* Nothing else meanwhile: keys are looked for once in five minutes, and who
   * is killed on the way has looked. */
  async keys() {
    await this.#alone(async () => {
      this.#set(REFETCH_S);
      await sleep(150);
      this.recorder.count('keys changed');
      await this.site.idp.control('POST', '/keys/rotate?keep=1');
      await this.settle();
    });
  }

  /* Our own, which excuses nothing either. */
  async keyFile() {
    const start = Date.now();
    const { status, stderr } = await this.site.ctlRaw(['key-file', 'rotate']);
    if (status === 0) this.recorder.count('key file rotated');
    else if (!/holds 4 keys/.test(stderr)
      && !this.recorder.disturbed(start, Date.now())) {
      this.recorder.fault(`key-file: ${stderr}`);
    }
  }

  async disk() {
    if (!this.mounts) return;
    const fill = `${this.site.work.path('data')}/fill`;
    const over = this.recorder.begin('disk full');
    await this.mounts.run('dd', 'if=/dev/zero', `of=${fill}`, 'bs=4k');
    await sleep(between(this.random, 300, 1500));
    await this.mounts.must('rm', fill);
    await until('readiness', async () => (await this.site.client()
      .json(this.site.url('/readyz')).catch(() => null))?.status === 200,
    { ms: PATIENCE_MS });
    over();
  }

  // ---- the order of things

  /* Runs `fn` while no other action runs. */
  async #alone(fn) {
    while (this.exclusive || this.acting > 1) await sleep(10);
    this.exclusive = fn().finally(() => { this.exclusive = null; });
    await this.exclusive;
  }

  /* Does all of `names`, again and again in another order. */
  async run(names, gap, random, isOver) {
    while (!isOver() && !this.stopped) {
      for (const name of shuffle(random, names)) {
        await sleep(between(random, gap / 2, gap * 1.5));
        while (this.exclusive) await this.exclusive.catch(() => {});
        if (isOver() || this.stopped) return;
        this.acting += 1;
        try {
          await this[name]();
        } finally {
          this.acting -= 1;
        }
      }
    }
  }
}
