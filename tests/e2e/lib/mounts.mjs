// SPDX-License-Identifier: ISC
// A mount namespace of its own, so that a test can have a small disk or a
// read-only one without anybody else seeing it, and nothing is left mounted
// whatever becomes of the test. As root, or where the kernel lets everybody
// make user namespaces.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/* The same, with variables that only the program itself is to have. */
export function wrapProgram(work, program, { enter = [], env = {} }) {
  const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return work.write(`${program.split('/').at(-1)}-inside`, `#!/bin/sh
exec ${[...enter, 'env', ...set, program].join(' ')} "$@"
`, 0o755);
}

export class Mounts {
  /* null when this user may not. */
  static async open(work) {
    const root = process.getuid() === 0;
    const child = spawn('unshare', [root ? '-m' : '-Urm', 'sh', '-c',
      'mount -t tmpfs none /mnt && umount /mnt && echo ready && exec cat'],
    { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.on('error', () => {});
    const line = await new Promise((resolve) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('exit', () => resolve(null));
      child.once('error', () => resolve(null));
    });
    if (line === null) return null;
    const mounts = new Mounts();
    mounts.child = child;
    mounts.work = work;
    mounts.enter = ['nsenter', ...(root ? [] : ['-U', '--preserve-credentials']),
      '-m', '-t', String(child.pid), '--'];
    return mounts;
  }

  /* Runs a program inside: {status, stdout, stderr}. */
  run(...args) {
    const [file, ...rest] = [...this.enter, ...args];
    return this.work.run(file, rest);
  }

  async must(...args) {
    const { status, stderr } = await this.run(...args);
    if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  }

  /* A program that runs another one inside, under the same process id. */
  wrap(program, env = {}) {
    return wrapProgram(this.work, program, { enter: this.enter, env });
  }

  close() {
    this.child.stdin.end();
    return new Promise((resolve) => { this.child.once('exit', resolve); });
  }
}
