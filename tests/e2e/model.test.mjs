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

const COUNT = Number(process.env.MODELS ?? (SANITIZED ? 20_000 : 100_000));
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

/* A quick decision tells what counts, and leaves the near misses out. */
const COUNTS = ['gives', 'denies', 'overruled'];
const MISSES = ['disabled', 'expired', 'other_tenant', 'other_kind',
  'other_case', 'not_believed', 'unknown', 'no_role'];

function check(model, { quick, explained }) {
  const wanted = reference(model);
  assert.deepEqual(explained, wanted);
  const brief = Object.entries(wanted.reasons)
    .filter(([, outcome]) => COUNTS.includes(outcome));
  assert.deepEqual(quick, { ...wanted, reasons: Object.fromEntries(brief) },
    'explained and quick differ');
  // Every role, and so every permission, leads to something that gives it.
  const { roles, mappings, subject } = model;
  const roleOf = (id) => {
    if (id === 'default') return subject.default_role;
    const list = id.startsWith('grant:') ? subject.grants : mappings;
    return list.find((m) => m.id === Number(id.replace('grant:', ''))).role;
  };
  const giving = new Set(brief.filter(([, outcome]) => outcome === 'gives')
    .map(([id]) => roleOf(id)));
  assert.deepEqual(explained.roles, [...giving].sort());
  assert.deepEqual(explained.permissions, [...new Set([...giving].flatMap(
    (name) => roles.find((r) => r.name === name).permissions))].sort());
  return wanted;
}

test(`${COUNT} random models, seed ${SEED}`, async (t) => {
  const child = spawn(join(O, 'model/decide'), [],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const rnd = random(SEED);
  const models = [];
  const seen = Object.fromEntries(['roles', 'admins', 'groups unknown',
    'groups stale', 'many tenants', ...COUNTS, ...MISSES].map((n) => [n, 0]));
  let checked = 0;
  const answers = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const model = models.shift();
      let decision;
      try {
        decision = check(model, JSON.parse(line));
      } catch (err) {
        child.kill();
        err.message += `\nmodel ${checked}: ${JSON.stringify(model)}`;
        throw err;
      }
      checked += 1;
      seen.roles += decision.roles.length > 0;
      seen.admins += decision.is_admin;
      seen['groups unknown'] += decision.state === 'unknown';
      seen['groups stale'] += decision.state === 'stale';
      seen['many tenants'] += model.subject.many_tenants;
      for (const outcome of new Set(Object.values(decision.reasons))) {
        seen[outcome] += 1;
      }
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
