// SPDX-License-Identifier: ISC
// Where things are. The build folder comes from the environment variable O,
// as the Makefile sets it.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join, resolve } from 'node:path';

export const TOP = fileURLToPath(new URL('../../..', import.meta.url));
export const O = resolve(TOP, process.env.O ?? 'build/release');
export const PROGRAMS = {
  rolegate: join(O, 'rolegate'),
  rolegatectl: join(O, 'rolegatectl'),
};
export const SERVERS = join(TOP, 'cgi/servers');
export const SANITIZED = process.env.MODE === 'asan';

/*
 * The user that web servers run as, when we are root and Apache would refuse
 * to be it; else null: everything runs as we do.
 */
export function serverUser() {
  if (process.getuid() !== 0) return null;
  const id = (flag) => Number(execFileSync('id', [flag, 'www-data']));
  return { uid: id('-u'), gid: id('-g') };
}
