// SPDX-License-Identifier: ISC
// kill -9 of whatever lighttpd has spawned, at random moments of 150 sign-ins.
// Afterwards every session has its audit row and the reverse, both are whole,
// whoever was told to be signed in is, and the service answers without anybody's
// help. (soak.test.mjs kills a rolegate that has a parent of its own.)
//
// The random numbers come from a seed that is printed when a test fails;
// SEED=… repeats them (the moments remain the machine's).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { childrenOf } from './lib/processes.mjs';
import { SANITIZED } from './lib/programs.mjs';
import { randomNumbers } from './lib/random.mjs';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';
import { assertConsistent, sql } from './lib/sqlite.mjs';
import { sleep, until } from './lib/wait.mjs';

const SIGN_INS = 150;
const AT_ONCE = 16;
const SPREE = 6; // kills in a row, until somebody gets in
const GIVE_UP_MS = SANITIZED ? 200_000 : 20_000; // for anybody to get in
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

const kill = (pid) => {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
};

/* One person; until rolegate says 303 and gives a session. */
async function signInSomehow(site, tally) {
  let why = '';
  for (;;) {
    assert.ok(performance.now() < tally.last + GIVE_UP_MS,
      `nobody can sign in any more: ${why}`);
    try {
      const client = site.client();
      const back = await site.begin(undefined, { client });
      const res = back.url ? await deliver(client, back) : back.res;
      if (res.status === 303 && client.jar.get('rolegate')) {
        tally.last = performance.now();
        return client;
      }
      // A server without its backend, or a full house: never anything else.
      assert.ok([500, 502, 503, 504].includes(res.status),
        `${res.status} ${res.body}`);
      assert.equal(client.jar.get('rolegate'), undefined);
      why = `${res.status} ${res.body}`;
    } catch (err) {
      if (err instanceof assert.AssertionError) throw err;
      why = err.message; // the connection broke
    }
    tally.failed += 1;
    // lighttpd looks once a second whether a dead backend is back.
    await sleep(50);
  }
}

async function run(site, { victims, random }) {
  const tally = { failed: 0, kills: 0, last: performance.now() };
  const clients = [];
  let left = SIGN_INS;
  let done = false;
  let [inside, spree] = [0, 0]; // people, and kills since the last of them
  const crowd = Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (left > 0) {
      left -= 1;
      clients.push(await signInSomehow(site, tally));
    }
  })).finally(() => { done = true; });
  const killer = (async () => {
    while (!done) {
      await sleep(30 + random() * 170);
      // On a busy machine a start takes longer than the kills are apart.
      if (spree >= SPREE && clients.length === inside) continue;
      if (clients.length !== inside) [inside, spree] = [clients.length, 0];
      const list = victims();
      if (done || list.length === 0) continue;
      if (kill(list[Math.floor(random() * list.length)])) {
        tally.kills += 1;
        spree += 1;
      }
    }
  })();
  await Promise.all([crowd, killer]);
  return { clients, tally };
}

async function check(t, site, { clients, tally }) {
  t.diagnostic(`seed ${SEED}: ${tally.kills} killed, ${tally.failed
  } sign-ins tried again`);
  assert.ok(tally.kills >= 5, `only ${tally.kills} killed`);
  // By itself, with nobody killing any more.
  await until('the service to answer', async () => {
    const res = await site.client().json(site.url('/readyz')).catch(() => null);
    return res?.status === 200;
  });
  for (const client of clients) {
    const res = await site.whoami(client);
    assert.equal(res.status, 200, 'who was told "signed in" is');
    assert.deepEqual(res.json().roles, ['admin']);
  }
  const { sessions } = await assertConsistent(site);
  assert.ok(sessions >= SIGN_INS, `${sessions} sessions`);
  // No state was good for two; one of a sign-in cut short is spent, too.
  const [{ n }] = await sql(site.config.rolegate.database,
    'SELECT count(*) AS n FROM spent_logins');
  assert.ok(n >= sessions, `${n} states for ${sessions} sessions`);
  await site.signIn(undefined);
}

const config = { rolegate: { workers: 6, sign_in_workers: 4,
  audit_refusals: 100_000, database_timeout: '10s', log_level: 'warn' },
'provider.entra': { timeout: SANITIZED ? '20s' : '5s' } };

describe(`kill -9 during sign-ins, seed ${SEED}`, () => {
  let site;
  before(async () => {
    site = await startSite({ server: 'lighttpd-spawn', idp: 'hostile', config });
  });
  after(() => site?.close());

  test('workers and what lighttpd has spawned', async (t) => {
    const result = await run(site, {
      random: randomNumbers(SEED),
      victims: () => {
        const spawned = childrenOf(site.web.pid);
        return [...spawned, ...spawned.flatMap((pid) => childrenOf(pid))];
      },
    });
    await check(t, site, result);
  });
});
