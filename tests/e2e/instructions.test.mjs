// SPDX-License-Identifier: ISC
// How many instructions a request takes (lib/counted.mjs): the counts of
// tests/bench/instructions.json may not grow by more than 5 %. After a change that is meant to cost more, or that saves something,
// write down the counts that this test says.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { costs, startCounted } from './lib/counted.mjs';
import { CLIENT_ID } from './lib/idp.mjs';
import { PROGRAMS, TOP } from './lib/programs.mjs';
import { startSite } from './lib/site.mjs';

const MORE = 1.05;
const RUNS = 7;
const BUDGET = JSON.parse(readFileSync(
  join(TOP, 'tests/bench/instructions.json'), 'utf8'));

/* The budget is that of the release build of the first compiler of the list. */
function unlike() {
  const { MODE = 'release' } = process.env;
  if (MODE !== 'release') return `the budget is not that of MODE=${MODE}`;
  try {
    execFileSync('valgrind', ['--version']);
  } catch {
    return 'no valgrind';
  }
  const made = execFileSync('readelf', ['-p', '.comment', PROGRAMS.rolegate]);
  return made.includes('clang') ? 'the budget is not that of clang' : false;
}

let site;
let counted = 0;

/* Each is another question, or another token: decided anew. */
async function median(fn) {
  const all = [];
  for (let i = 0; i <= RUNS; i += 1) all.push(await fn(i));
  const [, ...counts] = all.flat(); // the first one warms up
  return counts.sort((x, y) => x - y)[RUNS >> 1];
}

function check(name, count) {
  counted += 1;
  console.log(`${name}: ${count} instructions, budget ${BUDGET[name]}`);
  assert.ok(count <= BUDGET[name] * MORE,
    `${name} takes ${count} instructions, more than ${BUDGET[name]} + 5 %`);
}

before(async () => {
  if (unlike()) return;
  site = await startSite({ config: {
    'provider.entra': { audiences: `api://${CLIENT_ID}` } } });
});
after(() => site?.close());

test('a request takes no more instructions than it may', { skip: unlike() },
  async () => {
    const ada = await site.signIn('ada');
    const mint = async () => (await site.idp.control('POST', '/access-token',
      { login: 'ada', groups: true, audience: `api://${CLIENT_ID}` })).token;
    const tokens = [];
    for (let i = 0; i <= RUNS; i += 1) tokens.push(await mint());
    await startCounted(site);
    const plain = site.client();
    const bearer = (token) => ({ authorization: `Bearer ${token}` });
    const session = await median((i) => costs(site, ada, { 'x-run': `s${i}` }));
    check('session', session);
    check('bearer', await median((i) => costs(site, plain,
      { ...bearer(tokens[0]), 'x-run': `b${i}` })));
    check('bearer, verified', await median((i) => costs(site, plain,
      bearer(tokens[i]))));
    // Answered again is what comes within the second of the one before, and
    // some have a chore behind them: the cheapest of all is what counts.
    let again = session;
    for (let i = 0; i < 20 && again > BUDGET['session, again'] * MORE; i += 1) {
      again = Math.min(again, ...await costs(site, ada, {},
        { count: 5 }));
    }
    check('session, again', again);
    assert.equal(counted, Object.keys(BUDGET).length);
  });
