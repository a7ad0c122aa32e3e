// SPDX-License-Identifier: ISC
// The provider changes its keys while people sign in: nobody notices, and it is
// asked for them once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSite } from './lib/site.mjs';

const SIGN_INS = 200;
const AT_ONCE = 8;
let site;
before(async () => {
  // Nobody is to be turned away for want of a place.
  site = await startSite({ config: { rolegate: {
    workers: 2 * AT_ONCE, sign_in_workers: 2 * AT_ONCE - 1 } } });
});
after(() => site?.close());

test(`new keys amid ${SIGN_INS} sign-ins`, async () => {
  await site.signIn('dev'); // discovery and keys are at hand
  const before = await site.idp.counts();
  let begun = 0;
  let rotated;
  const people = ['dev', 'ana', 'ada', 'rob'];
  const signInOnAndOn = async () => {
    while (begun < SIGN_INS) {
      begun += 1;
      // As Entra does: the old key stays published, the new one signs at once.
      if (begun === SIGN_INS / 4) {
        rotated = site.idp.control('POST', '/keys/rotate?keep=1');
      }
      await site.signIn(people[begun % people.length]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, signInOnAndOn));
  await rotated;
  const after = await site.idp.counts();
  assert.equal(after.token - before.token, SIGN_INS);
  assert.equal(after.keys - before.keys, 1, 'asked for the new keys once');
  assert.deepEqual(await site.audit('--event', 'sign_in.refused'), []);
  assert.equal((await site.audit('--event', 'sign_in.ok', '--limit', '500'))
    .length, SIGN_INS + 1);
});
