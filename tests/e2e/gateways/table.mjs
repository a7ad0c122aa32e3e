// SPDX-License-Identifier: ISC
// The same person gets the same answer through every web server.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GATEWAYS } from '../lib/gateways.mjs';
import {
  BROWSER, PROGRAM, ask, assertDenied, assertNoVariables, stage,
} from './stage.mjs';

const SIGN_IN = 'sign in';

/*
 * [who, the bearer token, what for, a program's status, a browser's]. SIGN_IN:
 * where the server guards, the way to sign-in; else 401. No browser sends a
 * token.
 */
const ROWS = {
  'no session': [null, null, 'reports', 401, SIGN_IN],
  'no session, elsewhere': [null, null, 'admin', 401, SIGN_IN],
  'an expired session': ['old', null, 'reports', 401, SIGN_IN],
  'a revoked session': ['gone', null, 'reports', 401, SIGN_IN],
  'the wrong role': ['dev', null, 'reports', 403, 403],
  'the wrong role, elsewhere': ['ana', null, 'admin', 403, 403],
  'no role': ['noa', null, 'reports', 403, 403],
  'no role, elsewhere': ['noa', null, 'admin', 403, 403],
  'the right role': ['ana', null, 'reports', 200, 200],
  'the right role, elsewhere': ['ada', null, 'admin', 200, 200],
  'an administrator': ['ada', null, 'reports', 200, 200],
  'a good token': [null, 'good', 'reports', 200],
  'a good token, the wrong role': [null, 'good', 'admin', 403],
  'a good token beside a session with more': ['ada', 'good', 'admin', 403],
  'an expired token': [null, 'expired', 'reports', 401],
  'an ID token': [null, 'an ID token', 'reports', 401],
  'a token signed by a stranger': [null, 'signed by a stranger', 'reports', 401],
  'a token for another API': [null, 'for another API', 'reports', 401],
  'what is no token': [null, 'none at all', 'reports', 401],
  'an expired token beside a good session': ['ana', 'expired', 'reports', 401],
};

describe('the same person, the same answer', () => {
  for (const gw of GATEWAYS) {
    test(gw.name, async () => {
      for (const [name, [login, bearer, place, program, browser]]
        of Object.entries(ROWS)) {
        const who = login && stage.people[login];
        const what = `${gw.name}: ${name}`;
        const token = bearer
          ? { authorization: `Bearer ${stage.tokens[bearer]}` } : {};
        for (const method of gw.slow ? ['GET'] : ['GET', 'HEAD']) {
          const res = await ask(gw, place, who,
            { method, headers: { ...PROGRAM, ...token } });
          assert.equal(res.status, program, what);
          assertNoVariables(res, what);
          if (program !== 200) assertDenied(res, what);
          if (program === 401) {
            assert.match(res.headers['www-authenticate'], bearer
              ? /^Bearer error="invalid_token", resource_metadata="/
              : /^Bearer resource_metadata="/, what);
          }
        }
        if (browser === undefined) continue;
        const page = await ask(gw, place, who, { headers: BROWSER });
        assert.equal(page.status, browser === SIGN_IN ? gw.stranger ?? 401
          : browser, `${what}, in a browser`);
        assertNoVariables(page, what);
        if (page.status !== 200) assertDenied(page, what);
      }
      // Another scheme is not rolegate's.
      assert.equal((await ask(gw, 'reports', stage.people.ana, { headers:
        { ...PROGRAM, authorization: 'Basic eDp5' } })).status, 200);
    });
  }

  test('a change of a mapping counts everywhere at once', async () => {
    const list = await stage.site.ctlJson('map', 'list');
    const rows = list.mappings ?? list;
    const { id } = rows.find((m) => m.label === 'data-analysts');
    await stage.site.ctl('map', 'remove', String(id));
    try {
      for (const gw of GATEWAYS) {
        assert.equal((await ask(gw, 'reports', stage.people.ana)).status, 403, gw.name);
      }
    } finally {
      const { value } = rows.find((m) => m.label === 'data-analysts');
      await stage.site.ctl('map', 'add', '--provider', 'entra', '--kind', 'group',
        '--value', value, '--role', 'analyst', '--label', 'data-analysts');
    }
    for (const gw of GATEWAYS) {
      assert.equal((await ask(gw, 'reports', stage.people.ana)).status, 200, gw.name);
    }
  });
});
