// SPDX-License-Identifier: ISC
// One address can't begin, or fail, sign-ins without end, and nobody else
// notices; whose address it is, only a proxy that was named can say.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { speakFcgi } from './lib/fcgi.mjs';
import { CLIENT_ID } from './lib/idp.mjs';
import { startSite } from './lib/site.mjs';
import { until } from './lib/wait.mjs';

const API = `api://${CLIENT_ID}`;
const ANA = '192.0.2.10';
const BOB = '198.51.100.20';
const PROXY = '192.0.2.7';
const TOKEN = 'a-token-for-prometheus-0123456789';

describe('sign-ins of one address', () => {
  let site;
  before(async () => {
    // Straight to the socket, as any web server would say who connected.
    site = await startSite({ server: 'none' });
    site.configure({ rolegate: { client_sign_ins: 5, client_failures: 3,
      metrics_token_file: site.work.write('token', `${TOKEN}\n`, 0o600) },
    'provider.entra': { audiences: API } });
    await site.restartRolegate();
  });
  after(() => site?.close());

  const ask = (path, address, more = {}) => {
    const [name, query = ''] = path.split('?');
    return speakFcgi({ path: site.work.socket }, 1, { SCRIPT_NAME: `/auth${name}`,
      QUERY_STRING: query, REQUEST_METHOD: 'GET', REMOTE_ADDR: address,
      HTTP_ACCEPT: 'application/json', ...more });
  };
  const via = (path, forwarded, proxy = PROXY) => ask(path, proxy,
    { HTTP_X_FORWARDED_FOR: forwarded });
  const statuses = async (count, path, address) => {
    const all = [];
    for (let i = 0; i < count; i += 1) all.push((await ask(path, address)).status);
    return all;
  };
  const denied = '/callback?state=none&code=x';
  const lastRefused = async () =>
    (await site.audit('--event', 'sign_in.refused')).at(-1).client;

  test('a loopback address is everybody: no limit', async () => {
    assert.deepEqual(new Set(await statuses(12, '/login', '127.0.0.1')),
      new Set([303]));
  });

  test('so many are begun, and then 429; others are served', async () => {
    const all = await statuses(8, '/login', ANA);
    assert.deepEqual(all.slice(0, 5), Array(5).fill(303));
    assert.equal(all[7], 429);
    const res = await ask('/login', ANA);
    assert.match(res.text, /^Retry-After: \d+/m);
    assert.match(res.text, /"error":"too_many_requests"/);
    assert.equal((await ask('/login', BOB)).status, 303);
    assert.equal((await ask('/whoami', ANA)).status, 401);
    // Nobody is believed about it whom nobody has named.
    assert.equal((await via('/login', '192.0.2.99', ANA)).status, 429);
  });

  test('of IPv6, what one customer has is one address', async () => {
    for (let i = 0; i < 8; i += 1) {
      await ask('/login', `2001:db8:1:1::${i + 1}`);
    }
    assert.equal((await ask('/login', '2001:db8:1:1:ffff::9')).status, 429);
    assert.equal((await ask('/login', '2001:db8:1:2::1')).status, 303);
  });

  test('what is embedded in another site uses up nothing of a visitor',
    async () => {
      const from = '203.0.113.40';
      const image = { HTTP_SEC_FETCH_SITE: 'cross-site',
        HTTP_SEC_FETCH_MODE: 'no-cors' };
      for (let i = 0; i < 8; i += 1) {
        for (const path of [denied, '/login']) {
          const res = await ask(path, from, image);
          assert.equal(res.status, 403);
          assert.match(res.text, /"error":"cross_site"/);
        }
      }
      // A link there is followed, and an answer of the provider arrives.
      const link = { ...image, HTTP_SEC_FETCH_MODE: 'navigate' };
      assert.equal((await ask('/login', from, link)).status, 303);
      assert.equal((await ask(denied, from, link)).status, 400);
    });

  test('so many fail, and then none is begun or completed', async () => {
    const from = '203.0.113.30';
    const all = await statuses(5, denied, from);
    assert.ok(all.slice(0, 3).every((status) => status === 400), all.join());
    assert.equal(all[4], 429);
    assert.equal((await ask('/login', from)).status, 429);
    assert.equal((await ask('/login', '203.0.113.31')).status, 303);
    assert.equal(await lastRefused(), from);
  });

  test('bearer tokens that fail keep nobody out, and are counted by cause',
    async () => {
      // A gateway brings the tokens of all its people from one address.
      const gateway = '203.0.113.60';
      const bring = (token) => ask('/whoami', gateway,
        { HTTP_AUTHORIZATION: `Bearer ${token}` });
      const token = async (what) => (await site.idp.control('POST',
        '/access-token', { audience: API, login: 'ana', groups: true, ...what }))
        .token;
      const good = await token();
      const [head, body, signature] = good.split('.');
      const bad = {
        RG_E_SIGNATURE: [5, [head, body, signature.replace(/^.{8}/, 'AAAAAAAA')]
          .join('.')],
        RG_E_EXPIRED: [4, await token({ claims: { exp: { now: -3600 } } })],
        RG_E_KID_UNKNOWN: [3, await token({ header: { kid: 'nobody' } })],
        RG_E_BEARER_FORM: [2, ''],
      };
      assert.equal((await bring(good)).status, 200);
      const keys = async () => (await site.idp.counts()).keys;
      const before = await keys();
      for (const [times, one] of Object.values(bad)) {
        for (let i = 0; i < times; i += 1) {
          const { status } = await bring(one);
          assert.ok(status === 401 || (one === '' && status === 400), `${status}`);
        }
      }
      assert.ok(await keys() - before <= 1, 'strangers do not fetch keys at will');
      assert.equal((await bring(good)).status, 200);
      assert.equal((await ask('/login', gateway)).status, 303);
      await until('the counters', async () => {
        const { text } = await ask('/metrics', BOB,
          { HTTP_AUTHORIZATION: `Bearer ${TOKEN}` });
        return Object.entries(bad).every(([reason, [times]]) => text.includes(
          `rolegate_bearer_refused_total{reason="${reason}"} ${times}\n`));
      });
    });

  test('of a proxy that is named, the last address counts', async () => {
    await site.restartRolegate({ rolegate: {
      trusted_proxy: `${PROXY} 2001:db8::7`, client_failures: 100 } });
    // What stands before what the proxy added, anybody can write.
    assert.equal((await via('/login', `${BOB}, ${ANA}`)).status, 429);
    assert.equal((await via('/login', `${ANA},${BOB}`)).status, 303);
    assert.equal((await via('/login', ANA, '2001:DB8:0::7')).status, 429);
    assert.equal((await via('/login', ANA, `::ffff:${PROXY}`)).status, 429);
    assert.equal((await via('/login', `${ANA}:50123`)).status, 429);
    await via(denied, '198.51.100.77');
    assert.equal(await lastRefused(), '198.51.100.77');
    // And of nobody else.
    await via(denied, ANA, '198.51.100.78');
    assert.equal(await lastRefused(), '198.51.100.78');
    for (const from of ['', 'unknown', '1.2.3', `${BOB},`, '"[::1]:80"']) {
      await via(denied, from);
      assert.equal(await lastRefused(), PROXY, from);
    }
  });

  test('it is counted for Prometheus', async () => {
    await until('the counters', async () => {
      const { text } = await ask('/metrics', BOB,
        { HTTP_AUTHORIZATION: `Bearer ${TOKEN}` });
      return /rolegate_limited_total\{what="starts"\} [1-9]/.test(text)
        && /rolegate_limited_total\{what="failures"\} [1-9]/.test(text);
    });
  });

  test('no limit where none is wanted', async () => {
    await site.restartRolegate({ rolegate: { client_sign_ins: 0,
      client_failures: 0 } });
    assert.deepEqual(new Set(await statuses(8, '/login', ANA)), new Set([303]));
  });
});
