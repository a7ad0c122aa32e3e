// SPDX-License-Identifier: ISC
// A folder of its own for one test site, the processes that run in it, and
// their logs. Whatever happens, at the end nothing of it is left; when a test
// failed, the logs are printed first.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync, chownSync, closeSync, copyFileSync, existsSync, mkdirSync,
  mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Proc } from './proc.mjs';
import { sleep } from './wait.mjs';

const SOCKET_MAX = 100; // a little less than sun_path
const open = new Set();
let reports = '';

function onExit(code) {
  for (const work of open) work.abandon();
  if ((process.exitCode || code) && reports) process.stderr.write(reports);
}

function watchExit() {
  if (watchExit.done) return;
  watchExit.done = true;
  // Registered late, so that the test runner has set the exit code by then.
  process.on('exit', onExit);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => process.exit(1));
  }
}

export class Workspace {
  /*
   * `user` = {uid, gid} runs everything as that user (for root only), or null.
   * `dir` is a folder to use and to keep; else a new one is made and removed.
   */
  constructor({ user = null, dir } = {}) {
    watchExit();
    this.user = user;
    this.procs = [];
    this.temporary = [];
    this.dir = dir ?? this.#temp();
    mkdirSync(this.dir, { recursive: true });
    for (const name of readdirSync(this.dir)) {
      if (name.endsWith('.log')) rmSync(this.path(name));
    }
    this.socket = this.path('rolegate.sock');
    if (this.socket.length > SOCKET_MAX) {
      this.socket = join(this.#temp(), 'rolegate.sock');
    }
    open.add(this);
  }

  #temp() {
    const dir = mkdtempSync(join(tmpdir(), 'rolegate-'));
    chmodSync(dir, 0o755);
    this.#own(dir);
    this.temporary.push(dir);
    return dir;
  }

  #own(path) {
    if (this.user) chownSync(path, this.user.uid, this.user.gid);
  }

  path(name) {
    return join(this.dir, name);
  }

  mkdir(name, mode = 0o755) {
    if (!existsSync(this.path(name))) {
      mkdirSync(this.path(name), { mode });
      this.#own(this.path(name));
    }
    return this.path(name);
  }

  write(name, text, mode = 0o644) {
    rmSync(this.path(name), { force: true });
    writeFileSync(this.path(name), text, { mode });
    this.#own(this.path(name));
    return this.path(name);
  }

  /* Copies a program here, where every user can reach it. */
  install(from) {
    const to = this.path(basename(from));
    if (!existsSync(to)) copyFileSync(from, to);
    chmodSync(to, 0o755);
    return to;
  }

  read(name) {
    return readFileSync(this.path(name), 'utf8');
  }

  #env(env) {
    const pass = ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH'];
    const all = { LANG: 'C.UTF-8', ...env };
    for (const name of pass) {
      if (process.env[name] !== undefined) all[name] ??= process.env[name];
    }
    Object.assign(all, this.sanitizerEnv());
    return all;
  }

  /* Reports go to files here; close() finds them. */
  sanitizerEnv() {
    if (process.env.ASAN_OPTIONS === undefined) return {};
    return {
      ASAN_OPTIONS: `${process.env.ASAN_OPTIONS}:log_path=${
        this.path('asan.log')}`,
      UBSAN_OPTIONS: `print_stacktrace=1:log_path=${this.path('asan.log')}`,
    };
  }

  /*
   * Starts a program; output goes to NAME.log. `stdout: 'pipe'` leaves stdout
   * to the caller; `asUs`: not as the site's user.
   */
  spawn(name, file, args, {
    env = {}, stdin = 'ignore', stdout, asUs = false,
  } = {}) {
    const log = this.path(`${name}.log`);
    const fd = openSync(log, 'a', 0o600);
    this.#own(log);
    const child = spawn(file, args, {
      cwd: this.dir, env: this.#env(env), detached: true,
      stdio: [stdin, stdout ?? fd, fd], ...(asUs ? {} : this.user),
    });
    closeSync(fd);
    child.on('error', (err) => { reports += `${name}: ${err.message}\n`; });
    const proc = new Proc(name, child, log);
    this.procs.push(proc);
    return proc;
  }

  /* Runs a program to its end: {status, stdout, stderr}. */
  async run(file, args, { env = {}, input } = {}) {
    const child = spawn(file, args, {
      cwd: this.dir, env: this.#env(env), ...this.user,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const out = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (s) => { out[name] += s; });
    }
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
    const [status] = await once(child, 'close');
    return { status, ...out };
  }

  #collect() {
    for (const name of readdirSync(this.dir).sort()) {
      if (/\.log(\.\d+)?$/.test(name)) {
        const text = this.read(name);
        if (text) reports += `--- ${name}\n${text.slice(-8000)}\n`;
      }
    }
  }

  /* The end without waiting, when the test program itself ends. */
  abandon() {
    open.delete(this);
    for (const proc of this.procs) proc.killGroup('SIGKILL');
    this.#collect();
    for (const dir of this.temporary) {
      rmSync(dir, { recursive: true, force: true });
    }
  }

  /* Stops all that runs, newest first. Throws if a sanitizer complained. */
  async close() {
    if (!open.has(this)) return;
    for (const proc of [...this.procs].reverse()) await proc.stop();
    if (process.env.ASAN_OPTIONS !== undefined) await sleep(50);
    const bad = readdirSync(this.dir).filter((n) => n.startsWith('asan.log'));
    for (const name of bad) {
      if (process.env.O) {
        copyFileSync(this.path(name), join(process.env.O, name));
      }
    }
    this.abandon();
    if (bad.length > 0) {
      process.exitCode = 1;
      throw new Error('a sanitizer complained; its report is below');
    }
  }
}
