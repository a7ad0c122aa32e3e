// SPDX-License-Identifier: ISC
// Places to return to after a sign-in, by a grammar of what has fooled such
// checks elsewhere, and what a browser would do with each.
import { random } from './model.mjs';

const ORIGIN = 'https://app.example';
const BASE = `${ORIGIN}/auth/login`;
const MAX = 2048;

const SCHEMES = ['', 'http:', 'https:', 'HTTPS:', 'hTtP:', 'javascript:', 'data:',
  'file:', 'ftp:', 'ws:', 'blob:', 'about:', 'mailto:', 'x-own:', 'ht\ttps:',
  'https\n:', ':', 'https%3a', 'view-source:', 'vbscript:'];
const SLASHES = ['', '/', '//', '///', '////', '\\', '\\\\', '/\\', '\\/', '/\\/',
  '//\\', '/./', '/../', '/.//', '/..//', '/%2f', '/%2F/', '/%5c', '/%5C%5C',
  '%2f%2f', '/\t/', '/\n/', '/\r\n/', '/ /', '\t//', ' //', '\u0000//', '/\u0000/',
  '\u001f//', '/;/', '/?//', '/#//', '\u2215\u2215', '/\uff0f', '\uff3c', '/\u00a0/'];
const USERS = ['', '', 'user@', 'app.example@', 'app.example:443@', 'a:b@', '@',
  '%40', 'app.example%40', 'app.example%00@', 'app.example\\@', 'app.example#@'];
const HOSTS = ['evil.example', 'EVIL.example', 'app.example', 'app.example.evil.example',
  'evilapp.example', 'localhost', '127.0.0.1', '2130706433', '0x7f.1', '0177.1',
  '[::1]', '[::ffff:127.0.0.1]', '[fe80::1%25eth0]', '[::1', '[]', 'bücher.example',
  'xn--bcher-kva.example', 'ｅｖｉｌ.example', 'evil。example', 'evil\u00ad.example',
  'evil\u200b.example', 'evil.example.', '..', '.', '', 'e\tvil.example',
  'evil%2eexample', 'evil_.example', 'home', 'ⓔvil.example', '\u202eevil.example'];
const PORTS = ['', '', '', ':80', ':443', ':', ':99999', ':x', ':-1'];
const PATHS = ['', '/', '/home', '/a/../..//evil.example', '/a b', '/\\evil.example',
  '?next=//evil.example', '#//evil.example', '/%0d%0aSet-Cookie:x=y',
  '/\r\nSet-Cookie: x=y', '/a\tb', '/\u007f', '/ü', '/"onload="', '/<script>',
  "/'", '/a;b=c', '/%', '/%zz', '/..%2f..', '/a?b=c&d=e#f', '/@evil.example',
  '/:80', '/https://evil.example', '/\u2028'];
const EDGES = ['', '', '', '', ' ', '\t', '\n', '\r', '\u0000', '\u000b', '\ufeff',
  '\u00a0', '\u007f', '\u0085'];

/* `count` different ones, the same for the same seed. */
export function makePaths(count, seed) {
  const rnd = random(seed);
  const pick = (list) => list[Math.floor(rnd() * list.length)];
  const all = new Set(['/', '/home', '/home?x=1#y', '/a/b/c', '//evil.example',
    '/\\evil.example', '/\t/evil.example', 'https://evil.example/',
    `/${'a'.repeat(MAX - 1)}`, `/${'a'.repeat(MAX)}`]);
  while (all.size < count) {
    const body = `${pick(SLASHES)}${pick(USERS)}${pick(HOSTS)}${pick(PORTS)}${pick(PATHS)}`;
    // Half of them are a path by intention, or next to nothing would be taken.
    all.add(rnd() < 0.5 ? `${pick(EDGES)}${pick(SCHEMES)}${body}${pick(EDGES)}`
      : `${rnd() < 0.6 ? '/' : ''}${pick(HOSTS)}${pick(PATHS)}${pick(PATHS)}`);
  }
  return [...all];
}

/* Where a browser goes: WHATWG URL, the parser of Node, with nothing of ours. */
export function leavesTheSite(path) {
  try {
    return new URL(path, BASE).origin !== ORIGIN;
  } catch {
    return true;
  }
}

/*
 * What must not be refused: the parser reads it as a path of the site, and
 * writes it again exactly as it was, so it has nothing in it to argue about.
 */
export function isPlainPath(path) {
  try {
    const url = new URL(path, BASE);
    return !isRaw(path) && url.origin === ORIGIN && path.length <= MAX
      && url.href === ORIGIN + path;
  } catch {
    return false;
  }
}

/* Bytes that a Location header can't have, or a browser drops or rewrites. */
export const isRaw = (path) => /[^\x21-\x7e]|\\/.test(path);

/* The rules of url_is_local_path(), one by one, to take one away. */
export const RULES = {
  'begins with a slash': (s) => s.startsWith('/'),
  'no slash behind it': (s) => s[1] !== '/',
  'no backslash': (s) => !s.includes('\\'),
  'no byte that is not visible ASCII': (s) => /^[\x21-\x7e]*$/.test(s.replaceAll('\\', '')),
  'not too long': (s) => s.length <= MAX,
};

/* What is wrong with a verdict, or nothing. */
export function objection(path, taken) {
  if (taken && leavesTheSite(path)) return 'leads away and is taken';
  if (taken && isRaw(path)) return 'is not for a header and is taken';
  if (taken && path.length > MAX) return 'is too long and is taken';
  if (!taken && isPlainPath(path)) return 'is a plain path and is refused';
  return null;
}
