// SPDX-License-Identifier: ISC
// What README.md shows of files is what they are, and what it links to exists.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');
const readme = read('README.md');

test('files shown in README.md are shown as they are', () => {
  const blocks = [
    ...readme.matchAll(/<!-- file: (\S+) -->\n```[a-z]*\n([\s\S]*?)```/g),
  ];
  assert.ok(blocks.length >= 2);
  for (const [, path, text] of blocks) assert.equal(text, read(path), path);
});

test('links in README.md lead somewhere', () => {
  const headings = new Set(
    [...readme.matchAll(/^#+ (.*)$/gm)].map(([, h]) =>
      '#' + h.toLowerCase().replace(/[^\w -]/g, '').replaceAll(' ', '-')),
  );
  for (const [, to] of readme.matchAll(/\]\(([^)]+)\)/g)) {
    if (to.startsWith('#')) assert.ok(headings.has(to), to);
    else if (!to.startsWith('http'))
      assert.ok(existsSync(new URL(to, root)), to);
  }
});

test('every public error code is in README.md', () => {
  const codes = [...read('cgi/problem.c').matchAll(/= \{\d{3}, "([a-z_]+)"/g)];
  assert.ok(codes.length > 15);
  for (const [, code] of codes)
    assert.ok(readme.includes('`' + code + '`'), code);
});
