// SPDX-License-Identifier: ISC
// The return-to check in C against a browser's URL parser.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { leavesTheSite, makePaths, objection, RULES } from '../model/return-to.mjs';
import { O } from './lib/programs.mjs';

const COUNT = 4000;
const SEED = 20260101;
const paths = makePaths(COUNT, SEED);

describe(`${COUNT} places to return to`, () => {
  test('are judged as a browser would go', () => {
    // A C string ends at a NUL, and no variable of a request has one.
    const said = paths.filter((p) => !p.includes('\0'));
    const run = spawnSync(join(O, 'model/return_to'), { encoding: 'utf8',
      input: said.map((p) => `${JSON.stringify([p])}\n`).join('') });
    assert.equal(run.status, 0, run.stderr);
    const verdicts = run.stdout.trimEnd().split('\n').map((v) => v === '1');
    assert.equal(verdicts.length, said.length);
    assert.ok(said.length > 800);
    const wrong = said
      .map((p, i) => [p, objection(p, verdicts[i])])
      .filter(([, why]) => why !== null)
      .map(([p, why]) => `${JSON.stringify(p)} ${why}`);
    assert.deepEqual(wrong, []);
    // Neither verdict is rare, and many of the refused would have led away.
    const taken = verdicts.filter(Boolean).length;
    assert.ok(taken > 200 && taken < said.length - 800, `${taken} taken`);
    assert.ok(said.filter(leavesTheSite).length > 500);
  });

  for (const gone of Object.keys(RULES)) {
    test(`show it if this were no rule: ${gone}`, () => {
      const kept = Object.entries(RULES).filter(([name]) => name !== gone);
      const check = (p) => kept.every(([, rule]) => rule(p));
      assert.ok(paths.some((p) => objection(p, check(p)) !== null));
    });
  }

  test('raise no objection to the rules as they are', () => {
    const check = (p) => Object.values(RULES).every((rule) => rule(p));
    assert.deepEqual(paths.filter((p) => objection(p, check(p)) !== null), []);
  });
});
