// SPDX-License-Identifier: ISC
// Looking at processes through /proc.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/* {pid, name, parent} of every process that can be seen. */
function all() {
  const list = [];
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const end = text.lastIndexOf(')');
      const [state, parent] = text.slice(end + 2).split(' ');
      if (state !== 'Z') {
        list.push({ pid: Number(pid), parent: Number(parent),
          name: text.slice(text.indexOf('(') + 1, end) });
      }
    } catch { /* it has just ended */ }
  }
  return list;
}

/* The children of a process, by name of the program if given. */
export function childrenOf(pid, name) {
  return all().filter((p) => p.parent === pid && (!name || p.name === name))
    .map((p) => p.pid).sort((a, b) => a - b);
}

/* All that run this very file, whoever started them. */
export function running(program) {
  return readdirSync('/proc').filter((n) => /^\d+$/.test(n)).filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/exe`) === program;
    } catch {
      return false; // it has ended, or is somebody else's
    }
  }).map(Number);
}

/* Resident memory in bytes. */
export function residentMemory(pid) {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)[1]) * 1024;
}

/*
 * What of it is its own, not shared with a file or another process; null of one
 * that is ending.
 */
export function ownMemory(pid) {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const found = /^RssAnon:\s+(\d+) kB$/m.exec(text);
  return found && Number(found[1]) * 1024;
}

/*
 * Number of open descriptors, or null when we may not know: rolegate is not
 * "dumpable", which hides them from all but root.
 */
export function openDescriptors(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch (err) {
    if (err.code === 'EACCES' || err.code === 'EPERM') return null;
    throw err;
  }
}
