// SPDX-License-Identifier: ISC
// The decision of access/ against a naive model of the rules, for many random
// policies and people; and the explanation against the decision.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeModel, random, reference } from '../model/model.mjs';
import { O, SANITIZED } from './lib/programs.mjs';

const COUNT = SANITIZED ? 20_000 : 100_000;
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

/* What an explanation must say for each thing that gives. */
function assertExplained(model, { quick, explained }) {
  const { reasons: why, ...decision } = explained;
  const { reasons: brief, ...same } = quick;
  assert.deepEqual(decision, same, 'explained and quick differ');
  const told = (outcome) => Object.entries(why)
    .filter(([, o]) => o === outcome).map(([id]) => id);
  const roleOf = (id) => {
    if (id === 'default') return model.subject.default_role;
    const list = id.startsWith('grant:') ? model.subject.grants : model.mappings;
    return list.find((m) => m.id === Number(id.replace('grant:', ''))).role;
  };
  // Every role, and so every permission, leads to something that gives it.
  assert.deepEqual([...new Set(told('gives').map(roleOf))].sort(),
    decision.roles);
  assert.equal(told('denies').length > 0, decision.denied);
  for (const [id, outcome] of Object.entries(brief)) {
    assert.equal(why[id], outcome, `reason of ${id}`);
  }
}

test(`${COUNT} random models, seed ${SEED}`, async (t) => {
  const child = spawn(join(O, 'model/decide'), [],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const rnd = random(SEED);
  const models = [];
  const seen = { roles: 0, admins: 0, denied: 0, unknown: 0, stale: 0 };
  let checked = 0;
  const answers = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const model = models.shift();
      const answer = JSON.parse(line);
      const { reasons, ...decision } = answer.quick;
      try {
        assert.deepEqual(decision, reference(model));
        assertExplained(model, answer);
      } catch (err) {
        child.kill();
        err.message += `\nmodel ${checked}: ${JSON.stringify(model)}`;
        throw err;
      }
      checked += 1;
      seen.roles += decision.roles.length > 0;
      seen.admins += decision.is_admin;
      seen.denied += decision.denied;
      seen.unknown += decision.state === 'unknown';
      seen.stale += decision.state === 'stale';
    }
  })();
  const feed = (async () => {
    for (let i = 0; i < COUNT && child.exitCode === null; i += 1) {
      const model = makeModel(rnd);
      models.push(model);
      if (!child.stdin.write(`${JSON.stringify(model)}\n`)) {
        await Promise.race([once(child.stdin, 'drain'), ended]);
      }
    }
    child.stdin.end();
  })();
  child.stdin.on('error', () => {});
  await Promise.all([answers, feed]);
  assert.equal(checked, COUNT);
  // Models that never get anywhere would prove nothing.
  for (const [what, n] of Object.entries(seen)) {
    assert.ok(n > COUNT / 100, `${what}: ${n} of ${COUNT}`);
  }
  t.diagnostic(JSON.stringify(seen));
});
