// SPDX-License-Identifier: ISC
// 20 000 requests of people who are not signed in: each is counted, by reason,
// and the database has not grown for it.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { after, before, test } from 'node:test';
import { addAuditRows } from './lib/chain.mjs';
import { startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';

const REQUESTS = 20_000;
const AT_ONCE = 16;
const PER_MINUTE = 5;
const PER_DAY = 9;
const BEFORE = 6; // refusals of an hour ago
const GROWTH = 128 * 1024;

let site;
let agent;
before(async () => {
  site = await startSite({ config: { rolegate: { workers: 2,
    log_level: 'error', audit_refusals: PER_MINUTE,
    audit_refusals_day: PER_DAY } } });
  agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
});
after(async () => {
  agent?.destroy();
  await site?.close();
});

const ask = ({ path, headers = {} }) => new Promise((resolve, reject) => {
  const req = request(site.url(path), { agent, headers }, (res) => {
    res.resume();
    res.on('error', reject);
    res.on('end', () => resolve(res.statusCode));
  });
  req.on('error', reject);
  req.end();
});

/* [request, status, the reason that is counted] */
const KINDS = [
  [{ path: '/whoami' }, 401, 'RG_E_SESSION_NONE'],
  [{ path: '/whoami', headers: { cookie: `rolegate=${'A'.repeat(43)}` } },
    401, 'RG_E_SESSION_NONE'],
  [{ path: '/login?prompt=sing' }, 400, 'RG_E_INVALID'],
  [{ path: '/callback?state=x&code=y' }, 400, 'RG_E_STATE_UNKNOWN'],
  [{ path: '/callback?code=y' }, 400, 'RG_E_STATE_MISSING'],
  [{ path: '/callback?state=x&state=x&code=y' }, 400, 'RG_E_REQ_DUPLICATE'],
  [{ path: '/nothing-here/at-all' }, 404, 'RG_E_REQ_ROUTE'],
  [{ path: '/login?return_to=%2F%2Fevil' }, 400, 'RG_E_RETURN_TO'],
];

const pages = async () => (await sql(site.config.rolegate.database,
  'SELECT page_count * page_size AS n FROM pragma_page_count(),'
  + ' pragma_page_size()'))[0].n;

const totals = async (name) => Object.fromEntries(
  (await site.ctl('--json', 'counters')).split('\n').filter(Boolean)
    .map((line) => JSON.parse(line)).filter((row) => row.name === name)
    .map((row) => [row.reason, row.count]));

test('a flood of strangers is counted and does not grow the database',
  async (t) => {
    addAuditRows(site.config.rolegate.database, { count: BEFORE,
      time: Math.floor(Date.now() / 1000) - 3600, event: 'sign_in.refused' });
    const before_ = await pages();
    const want = {};
    let next = 0;
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      while (next < REQUESTS) {
        // A name that a client chose must never become a counter.
        const [what, status, reason] = KINDS[next % KINDS.length];
        const path = what.path.startsWith('/nothing')
          ? `${what.path}/${next}` : what.path;
        next += 1;
        const got = await ask({ ...what, path });
        assert.equal(got, status, path);
        want[reason] = (want[reason] ?? 0) + 1;
      }
    }));
    // Workers that end write down what they had counted.
    await site.rolegate.stop();
    const grown = await pages() - before_;
    const wal = statSync(`${site.config.rolegate.database}-wal`,
      { throwIfNoEntry: false })?.size ?? 0;
    t.diagnostic(`${grown} bytes more, WAL ${wal} bytes`);
    assert.ok(grown <= GROWTH, `${grown} bytes more`);
    assert.ok(wal <= 8 << 20, `a WAL of ${wal} bytes`);

    const refused = await totals('refused');
    for (const [reason, count] of Object.entries(want)) {
      assert.equal(refused[reason], count, reason);
    }
    const requests = await totals('requests');
    const all = Object.values(requests).reduce((a, b) => a + b, 0);
    assert.equal(all, REQUESTS, 'each request is counted once');
    assert.equal(requests['/callback:400'], 3 * REQUESTS / KINDS.length);
    assert.equal(requests['other:404'], REQUESTS / KINDS.length);

    const rows = await site.audit('--event', 'sign_in.refused');
    // Each worker looks before it writes: one more for each is possible.
    assert.ok(rows.length >= PER_DAY && rows.length <= PER_DAY + 2,
      `${rows.length} rows, though a minute has room for more`);
    const [{ n }] = await sql(site.config.rolegate.database,
      'SELECT max(n) AS n FROM (SELECT count(*) AS n FROM counters'
      + ' GROUP BY minute)');
    assert.ok(n <= 32, `${n} counters in one minute`);
    await site.ctl('audit', 'verify');
  });
