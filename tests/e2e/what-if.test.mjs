// SPDX-License-Identifier: ISC
// Roles and mappings as one document: planned, asked about, applied, exported.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Api } from './lib/api.mjs';
import { sql } from './lib/sqlite.mjs';
import { GROUPS, startSite } from './lib/site.mjs';
import { sleep } from './lib/wait.mjs';

const SCHEMA = 'rolegate.mappings.v1';
const group = (value, role, more = {}) => ({ provider: 'entra', kind: 'group',
  value, role, ...more });

let site;
let api;
before(async () => {
  site = await startSite();
  api = new Api(site, await site.signIn('ada'));
  for (const login of ['dev', 'ana', 'noa']) await site.signIn(login);
});
after(() => site?.close());

const db = (text) => sql(site.config.rolegate.database, text);
const version = async () => (await db(
  'SELECT policy_version AS v FROM meta'))[0].v;
const write = (document) => site.work.write('mappings.json',
  typeof document === 'string' ? document : JSON.stringify(document));
const apply = (document, ...args) => site.ctlRaw(
  ['map', 'apply', '--file', write(document), ...args]);
async function applied(document, ...args) {
  const res = await apply(document, ...args);
  assert.equal(res.status, 0, res.stderr);
  return res.stdout;
}
const exported = async () => JSON.parse(await site.ctl('map', 'export'));
/* What was removed and made anew has another id, and so another place. */
const sorted = (document) => ({ ...document, mappings: document.mappings
  .map((m) => JSON.stringify(m)).sort() });

test('what is exported can be applied, and changes nothing', async () => {
  await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'claim',
    '--claim', 'department', '--value', 'Sales "Ä"', '--role', 'user',
    '--note', 'a note', '--expires', '30d');
  await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'app_role',
    '--value', 'leavers', '--deny');
  // One that has expired since is exported, too.
  await db('UPDATE mappings SET expires_at = 7 WHERE value = \'leavers\'');
  const before = await version();
  const rows = await db('SELECT * FROM mappings ORDER BY id');
  const document = await exported();
  assert.equal(document.schema, SCHEMA);
  assert.deepEqual((await api.get('/policy')).body, document);
  const said = await applied(document);
  assert.match(said, /^0 to add, 0 to change, 0 to remove$/m);
  assert.equal(await version(), before);
  assert.deepEqual(await db('SELECT * FROM mappings ORDER BY id'), rows);
  // It could not be made anew.
  await site.ctl('map', 'remove', String(rows.at(-1).id));
});

test('a dry run says what would be, and leaves it at that', async () => {
  const document = await exported();
  document.roles.push({ name: 'reader', permissions: ['reports.read'] });
  document.roles.find((r) => r.name === 'user').description = 'All';
  const mappings = document.mappings.filter((m) => m.label !== 'developers');
  mappings.find((m) => m.label === 'data-analysts').label = 'analysts';
  mappings.push(group(GROUPS.analysts.toUpperCase(), 'reader'));
  const change = { ...document, mappings };
  const before = [await version(), await exported()];
  const said = await applied(change, '--dry-run');
  assert.deepEqual([await version(), await exported()], before);
  for (const line of [/^\+ role reader$/m, /^~ role user {2}\(description\)$/m,
    /^- mapping entra group d0000000-.* -> user {2}# developers$/m,
    /^~ mapping entra group da7a.* -> analyst .*\(label\)$/m,
    /^\+ mapping entra group da7a0000-.* -> reader$/m,
    /^2 to add, 2 to change, 1 to remove$/m,
    /dev@contoso.example -user$/m, /ana@contoso.example \+reader$/m,
    /^of 4 people 1 gain and 1 lose a role.*admins: 1 before, 1 after$/m]) {
    assert.match(said, line);
  }
  const { body } = await api.post('/what-if', change);
  assert.deepEqual(body.plan, { add: 2, change: 2, remove: 1 });
  assert.deepEqual(body.people, { total: 4, same: 2, gain: 1, lose: 1,
    unknown: 0, skipped: 0, admins_before: 1, admins_after: 1 });
  assert.deepEqual(body.changed.map((p) => [p.username, p.gained, p.lost]),
    [['dev@contoso.example', [], ['user']],
      ['ana@contoso.example', ['reader'], []]]);
  assert.equal(body.truncated, false);
  assert.deepEqual([await version(), await exported()], before);
  // And then it is what was said.
  await applied(change);
  const res = await site.whoami(await site.signIn('ana'));
  assert.deepEqual(res.json().roles, ['analyst', 'reader']);
  assert.equal((await site.whoami(await site.signIn('dev'))).status, 403);
  const [row] = (await site.audit('--event', 'policy.apply')).slice(-1);
  assert.deepEqual(row.detail, { add: 2, change: 2, remove: 1 });
  assert.match(await applied(change), /^0 to add, 0 to change, 0 to remove$/m);
  await applied(before[1]);
  assert.deepEqual(sorted(await exported()), sorted(before[1]));
});

test('a list that is left out leaves its things alone', async () => {
  const before = await exported();
  await applied({ schema: SCHEMA });
  await applied({ schema: SCHEMA, mappings: before.mappings });
  await applied({ schema: SCHEMA, roles: before.roles });
  assert.deepEqual(await exported(), before);
});

test('unknown groups are unknown, and not a loss', async () => {
  const [{ id, claims, groups: known }] = await db(`SELECT id, claims, groups
    FROM principals WHERE username = 'dev@contoso.example'`);
  const quote = (value) => `'${JSON.stringify(value).replaceAll("'", "''")}'`;
  const put = (value, doc) => db(`UPDATE principals SET
    claims = ${quote(value)}, groups = ${quote(doc)} WHERE id = ${id}`);
  const { groups, ...rest } = JSON.parse(claims);
  await put({ ...rest, department: 'Sales', _claim_names: { groups: 'src1' } },
    {});
  try {
    const document = await exported();
    const sales = { provider: 'entra', kind: 'claim', claim: 'department',
      value: 'Sales', role: 'user' };
    document.mappings.push(sales);
    let { body } = await api.post('/what-if', document);
    assert.equal(body.people.unknown, 1);
    assert.equal(body.people.gain, 1, 'what is known of them counts');
    await applied(document);
    document.mappings.pop();
    ({ body } = await api.post('/what-if', document));
    assert.equal(body.people.lose, 0);
    assert.equal(body.people.unknown, 1);
    assert.equal(body.changed[0].groups_unknown, true);
    await applied(document);
  } finally {
    await put(JSON.parse(claims), JSON.parse(known));
  }
});

test('a document is applied as a whole, or not at all', async () => {
  const before = [await version(), await exported()];
  const good = before[1];
  const broken = (change) => {
    const copy = structuredClone(good);
    change(copy);
    return copy;
  };
  const unknown = group(GROUPS.admins, 'nobody');
  for (const [document, said] of [
    ['{', /RG_E_JSON/], ['[]', /RG_E_JSON/], [{}, /schema: /],
    [{ schema: 'v2' }, /schema: /], [{ schema: SCHEMA, mapping: [] }, /mapping/],
    [{ schema: SCHEMA, mappings: {} }, /mappings: expected an array/],
    [broken((d) => d.mappings.push(unknown)),
      /mappings\[4\]\.role: there is no role nobody/],
    [broken((d) => d.mappings.push(group('admins', 'user'))),
      /mappings\[4\]\.value: /],
    [broken((d) => d.mappings.push(group(GROUPS.admins, 'user',
      { enabeld: false }))), /mappings\[4\]\..*enabeld/],
    [broken((d) => d.mappings.push(group(GROUPS.admins, 'user',
      { expires_at: 7 }))), /mappings\[4\]\.expires_at: /],
    [broken((d) => d.mappings.push(group(GROUPS.admins, 'user',
      { effect: 'deny' }))), /mappings\[4\]\.role: goes with effect allow/],
    [broken((d) => d.mappings.push(group(GROUPS.admins, undefined))),
      /mappings\[4\]\.role: goes with effect allow/],
    [broken((d) => d.mappings.push(group(GROUPS.admins, 'user',
      { effect: 'refuse' }))), /mappings\[4\]\.effect: expected allow or deny/],
    [broken((d) => d.mappings.push(d.mappings[0])),
      /mappings\[4\]\.value: is listed twice/],
    [broken((d) => d.roles.push(d.roles[0])), /roles\[2\]\.name: is listed twice/],
    [broken((d) => d.roles.push({ name: 'admin' })), /roles\[2\]\.name: admin/],
    [broken((d) => d.roles.push({ name: 'x', permissions: ['*'] })),
      /roles\[2\]\.permissions: /],
    [broken((d) => { d.roles = []; }), /mappings\[\d\]\.role: there is no role/],
    [{ schema: SCHEMA, roles: [] }, /roles: .* goes, but mapping \d+ leads/],
  ]) {
    const res = await apply(document);
    assert.equal(res.status, 1, JSON.stringify(document));
    assert.match(res.stderr, said);
  }
  // Refused at the last step: what was done before it is undone.
  await site.ctl('role', 'add', 'kept');
  const { subject } = (await api.get('/principals?search=noa')).body.items[0];
  await site.ctl('grant', 'add', subject, '--role', 'kept');
  const late = broken((d) => d.roles.push({ name: 'new' }));
  const res = await apply(late);
  assert.equal(res.status, 1);
  assert.match(res.stderr, /RG_E_EXISTS/);
  assert.ok(!(await exported()).roles.some((r) => r.name === 'new'));
  await site.ctl('grant', 'remove', '1');
  await site.ctl('role', 'remove', 'kept');
  assert.deepEqual(await exported(), good);
});

test('a document without an admin needs --force', async () => {
  const good = await exported();
  const document = { ...good,
    mappings: good.mappings.filter((m) => m.role !== 'admin') };
  const res = await apply(document);
  assert.equal(res.status, 1);
  assert.match(res.stdout, /admins: 1 before, 0 after/);
  assert.match(res.stderr, /RG_E_LAST_ADMIN/);
  assert.deepEqual(await exported(), good);
  await applied(document, '--force');
  const [row] = (await site.audit('--event', 'policy.no_admin')).slice(-1);
  assert.equal(row.detail.forced, true);
  await applied(good);
});

describe('with 100 000 people', () => {
  test('the answer is whole, and memory does not grow with them', async () => {
    await db(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
        WHERE i < 100000)
      INSERT INTO principals (provider, issuer, tenant, subject, kind, name,
        username, email, roles, first_seen, last_seen, disabled, claims, groups)
      SELECT 'entra', issuer, tenant, 'p' || i, 'user', 'P', 'p' || i, '', '[]',
        1, 1, i % 10 = 0, json_object('groups', json_array(CASE i % 3
          WHEN 0 THEN '${GROUPS.developers}' WHEN 1 THEN '${GROUPS.analysts}'
          ELSE 'x' END)), '{}'
      FROM n, (SELECT issuer, tenant FROM principals LIMIT 1)`);
    const good = await exported();
    const document = { ...good,
      mappings: good.mappings.filter((m) => m.label !== 'developers') };
    write(document);
    const limit = process.env.ASAN_OPTIONS === undefined
      ? 'ulimit -v 150000;' : '';
    const res = await site.work.run('/bin/sh', ['-c', `${limit} exec "$0" "$@"`,
      site.programs.rolegatectl, '--config', site.work.path('rolegate.conf'),
      '--json', 'map', 'apply', '--file', site.work.path('mappings.json'),
      '--dry-run']);
    assert.equal(res.status, 0, res.stderr);
    assert.equal(res.stderr, '', 'no bar when nobody looks');
    const { people, changed, truncated } = JSON.parse(res.stdout).what_if;
    // Every third of them is a developer, but one in ten of these disabled.
    assert.equal(people.total, 100_004);
    assert.equal(people.skipped, 10_000);
    assert.equal(people.lose, 33_333 - 3_333 + 1);
    assert.equal(people.admins_after, 1);
    assert.equal(changed.length, 20);
    assert.equal(truncated, true);
    // Who has only ever shown a token has no claims on record.
    await db("UPDATE principals SET claims = '{}' WHERE username = 'p99999'");
    // On a terminal there is a bar, which is gone at the end.
    const tty = await site.work.run('/usr/bin/script', ['--quiet', '--return',
      '--command', `"${site.programs.rolegatectl}" --config "${
        site.work.path('rolegate.conf')}" map apply --dry-run --file "${
        site.work.path('mappings.json')}"`, '/dev/null']);
    assert.equal(tty.status, 0, tty.stdout);
    const bars = [...tty.stdout.matchAll(
      /\r\[(#*) *\] (\d+) of 100004 people/g)].map(([, bar, n]) => [bar.length,
      Number(n)]);
    assert.ok(bars.length > 100, tty.stdout.slice(0, 500));
    assert.deepEqual(bars, [...bars].sort(([, a], [, b]) => a - b), 'it grows');
    assert.deepEqual(bars.at(-1), [40, 100_004]);
    assert.match(tty.stdout, /people\r\x1b\[K- mapping entra group /);
    assert.match(tty.stdout, /; 10001 were skipped \(disabled, without claims /);
    const list = (await api.get('/principals?search=p99999')).body;
    assert.equal(list.items.length, 1);
  });

  test('who edits between the plan and its end wins', async () => {
    const good = await exported();
    const document = { ...good,
      mappings: good.mappings.filter((m) => m.label !== 'developers') };
    // Asking about everybody takes a while; how long depends on the machine.
    let res;
    for (const ms of [150, 80, 250, 400, 800, 40]) {
      const slow = apply(document);
      await sleep(ms);
      await site.ctl('role', 'set', 'user', '--description', 'meanwhile');
      res = await slow;
      if (res.status !== 0) break;
      await apply(good); // it was over already, or had not begun
    }
    assert.equal(res.status, 1, res.stdout);
    assert.match(res.stderr, /RG_E_PRECONDITION/);
    const now = await exported();
    assert.deepEqual(now.mappings, good.mappings);
    assert.equal(now.roles.find((r) => r.name === 'user').description,
      'meanwhile');
  });
});
