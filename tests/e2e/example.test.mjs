// SPDX-License-Identifier: ISC
// rolegate.conf.example against src/settings*.c: every key in its section, and
// behind ";" the default that the code has, behind "#" what has none.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');

/* What the code computes, of the example's section [provider.entra]. */
const COMPUTED = {
  'rolegate log_level': 'info',
  'provider label': 'entra',
  'provider issuer':
    'https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0',
  'provider scope': 'openid profile email https://graph.microsoft.com/User.Read',
  'provider graph': 'delegated',
  'provider graph_url': 'https://graph.microsoft.com',
  'provider prompt': null, // read where it is there only
  'provider max_age': null,
  'provider client_assertion_alg': 'PS256', // for the RSA keys that Entra takes
};

const SECTIONS = { 'settings_contextforge.c read_rule': 'contextforge.NAME',
  'settings_gateway.c read_resource': 'resource' };
const lists = [...read('src/entra/cloud.c').matchAll(
  /const char \*const (\w+)\[\] = \{([^}]*)\}/g)];
const headers = ['src/settings.h', 'src/oidc/provider.h', 'src/contextforge/config.h']
  .map(read).join('');

/* The words of `name`, an array of strings of this function or of entra/. */
function choices(body, name) {
  const found = [...body.matchAll(/const char \*const (\w+)\[\] = \{([^}]*)\}/g),
    ...lists].find(([, n]) => n === name);
  assert.ok(found, name);
  return [...found[2].matchAll(/"([^"]*)"/g)].map(([, word]) => word);
}

function member(name) {
  for (const [, list] of headers.matchAll(/enum \w+ \{([^}]*)\}/g)) {
    const names = [...list.replace(/\/\*[^]*?\*\//g, '').matchAll(/\b([A-Z_]+)\b/g)]
      .map(([, n]) => n);
    if (names.includes(name)) return names.indexOf(name);
  }
  return assert.fail(`no enum has ${name}`);
}

/* A C expression of numbers, names and other settings. */
function evaluate(text, macros, known) {
  const js = text.replace(/\((long|int)\)/g, '').replace(/\b(\d+)L\b/g, '$1')
    .replace(/s->(\w+)/g, (_, key) => known[`rolegate ${key}`])
    .replace(/\b[A-Z][A-Z_]+\b/g, (name) => macros[name] ?? member(name));
  assert.match(js, /^[\d\s*/+?:><()-]+$/, text);
  return Function(`return ${js}`)();
}

/* What a getter's default looks like in a file; null when there is none. */
function defaultOf(getter, args, body, macros, known) {
  if (getter === 'bool') return args[0] === 'true' ? 'yes' : 'no';
  if (getter === 'int' || getter === 'seconds') {
    return evaluate(args[0], macros, known);
  }
  if (getter === 'choice') {
    const at = evaluate(args[1], macros, known);
    return at < 0 ? null : choices(body, args[0])[at];
  }
  if (getter !== 'str' && getter !== 'copy') return null;
  return /^"(.+)"$/.exec(args[0])?.[1] ?? null;
}

/* The arguments up to the parenthesis that ends a call. */
function argsAt(text) {
  const args = [''];
  let depth = 0;
  for (const c of text) {
    if (c === ')' && depth === 0) break;
    depth += (c === '(') - (c === ')');
    if (c === ',' && depth === 0) args.push('');
    else args[args.length - 1] += c;
  }
  return args.map((a) => a.trim()).filter((a) => a !== '');
}

function keysOfCode() {
  const known = {};
  const required = new Set();
  for (const file of readdirSync(new URL('src/', root)).sort()) {
    if (!/^settings.*\.c$/.test(file)) continue;
    const source = read(`src/${file}`);
    const macros = Object.fromEntries([...source.matchAll(
      /^#define (\w+) ("?[\w]+"?)/gm)].map(([, name, value]) => [name, value]));
    for (const [, name, body] of source.matchAll(
      /^(\w+)\([^{;]*\)\n\{\n([^]*?)^\}/gm)) {
      for (const m of body.matchAll(
        /\bconf_(str|need|copy|copy_opt|copy_need|list|int|seconds|bool|choice)\(\s*c,\s*(\w+|"\w+"),\s*"(\w+)"(?:,\s*)?/g)) {
        const [whole, getter, at, key] = m;
        const section = at === 'section'
          ? SECTIONS[`${file} ${name}`] ?? 'provider'
          : (macros[at] ?? at).replaceAll('"', '');
        const id = `${section} ${key}`;
        if (getter.endsWith('need')) required.add(id);
        if (id in COMPUTED) known[id] = COMPUTED[id];
        else if (required.has(id)) known[id] = null;
        else if (!known[id]) {
          known[id] = defaultOf(getter, argsAt(body.slice(m.index + whole.length)),
            body, macros, known);
        }
      }
    }
  }
  return known;
}

const seconds = (text) => {
  const [, n, unit] = /^(\d+)([smhd]?)$/.exec(text) ?? [];
  return Number(n) * { '': 1, s: 1, m: 60, h: 3600, d: 86400 }[unit];
};

test('the example has each key, and each default, as the code has it', () => {
  const known = keysOfCode();
  assert.ok(Object.keys(known).length > 80, String(Object.keys(known).length));
  const left = new Set(Object.keys(known));
  let section;
  for (const line of read('cgi/rolegate.conf.example').split('\n')) {
    const header = /^(?:# )?\[(\w+)(\.\w+)?\]$/.exec(line);
    if (header) {
      section = header[1] === 'contextforge' && header[2]
        ? 'contextforge.NAME' : header[1];
    }
    const [, mark, key, value] = /^(;|# |)([a-z_]+) = (.*)$/.exec(line) ?? [];
    if (key === undefined) continue;
    const id = `${section} ${key}`;
    assert.ok(id in known, `[${section}] has no key ${key}`);
    const is = known[id];
    if (mark === ';') {
      assert.equal(typeof is === 'number' ? seconds(value) : value, is,
        `[${section}] ${key} = ${value}`);
    }
    if (mark === ';' || is === null) left.delete(id);
  }
  assert.deepEqual([...left], [], 'not in the example, or not with its default');
});
