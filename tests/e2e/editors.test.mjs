// SPDX-License-Identifier: ISC
// Several editors at once: no edit is lost, none is half, the policy version
// only grows, and the last admin stays whoever is faster.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Api } from './lib/api.mjs';
import { sql } from './lib/sqlite.mjs';
import { FOUNDING, GROUPS, startSite } from './lib/site.mjs';

const SECOND = '5ec00000-0000-4000-8000-000000000001';
const EDITORS = 4;
let site;
let editors;
let tenant;
before(async () => {
  site = await startSite({ setup: FOUNDING });
  editors = [];
  for (let i = 0; i < EDITORS; i += 1) {
    editors.push(new Api(site, await site.signIn('ada')));
  }
  ({ subject: { tenant } } = (await site.whoami(editors[0].client)).json());
});
after(() => site?.close());

const db = (text) => sql(site.config.rolegate.database, text);
const version = async () => (await db(
  'SELECT policy_version AS v FROM meta'))[0].v;

test('everybody counts up one number, and none is lost', async () => {
  const [first] = editors;
  const { body } = await first.post('/mappings', { provider: 'entra',
    kind: 'group', value: SECOND, role: 'user', note: '0' });
  const path = `/mappings/${body.id}`;
  const EACH = 10;
  let conflicts = 0;
  const start = await version();
  await Promise.all(editors.map(async (api) => {
    let last = start;
    for (let done = 0; done < EACH;) {
      const now = await api.get(path);
      const res = await api.call('PATCH', path, { match: now.etag,
        body: { note: String(Number(now.body.note) + 1) } });
      assert.ok([200, 412].includes(res.status), JSON.stringify(res.body));
      const seen = await version();
      if (res.status === 200) {
        assert.ok(seen > last, 'each edit has a version of its own');
        done += 1;
      } else {
        assert.ok(seen >= last, 'and none comes twice');
        conflicts += 1;
      }
      last = seen;
    }
  }));
  assert.ok(await version() >= start + EDITORS * EACH);
  assert.equal((await first.get(path)).body.note, String(EDITORS * EACH));
  assert.ok(conflicts > 0, 'they did meet');
  // Every edit is on record, each from what the one before left.
  const rows = await db(`SELECT json_extract(detail, '$.old.note') AS old,
    json_extract(detail, '$.new.note') AS new FROM audit
    WHERE event = 'mapping.set' ORDER BY seq`);
  assert.deepEqual(rows, Array.from({ length: EDITORS * EACH },
    (_, i) => ({ old: String(i), new: String(i + 1) })));
  assert.equal((await site.ctlRaw(['audit', 'verify'])).status, 0);
  await first.delete(path, '*');
});

test('the policy version grows with every edit', async () => {
  let last = await version();
  const [api] = editors;
  const grew = async (what) => {
    const now = await version();
    assert.ok(now > last, what);
    last = now;
  };
  const role = await api.post('/roles', { name: 'v', permissions: ['a'] });
  await grew('a role');
  const { etag } = await api.patch('/roles/v', { permissions: [] }, role.etag);
  await grew('its permissions');
  const mapping = await api.post('/mappings', { provider: 'entra',
    kind: 'group', value: SECOND, role: 'v' });
  await grew('a mapping');
  await api.patch(`/mappings/${mapping.body.id}`, { label: 'x' }, '*');
  await grew('its label');
  await api.delete(`/mappings/${mapping.body.id}`, '*');
  await grew('its end');
  await api.delete('/roles/v', etag);
  await grew('the end of the role');
  await api.refused(409, 'exists', 'POST', '/roles', { body: { name: 'user' } });
  assert.equal(await version(), last, 'nothing happened');
});

test('of documents that are applied at once, each is whole', async () => {
  const base = JSON.parse(await site.ctl('map', 'export'));
  const documents = Array.from({ length: 3 }, (_, n) => ({ ...base,
    mappings: [...base.mappings, ...Array.from({ length: 40 }, (_unused, i) => ({
      provider: 'entra', kind: 'app_role', value: `v${i}`, role: 'user',
      label: `set ${n}` }))] }));
  const files = documents.map((d, n) => site.work.write(`set${n}.json`,
    JSON.stringify(d)));
  let watching = true;
  let last = 0;
  const watcher = (async () => {
    while (watching) {
      const { body } = await editors[0].get('/policy');
      const labels = new Set(body.mappings.filter((m) => m.kind === 'app_role')
        .map((m) => m.label));
      const count = body.mappings.filter((m) => m.kind === 'app_role').length;
      assert.ok(labels.size <= 1 && [0, 40].includes(count),
        `half of a document: ${[...labels]} ${count}`);
      const now = await version();
      assert.ok(now >= last);
      last = now;
    }
  })();
  let good = 0;
  for (let round = 0; round < 2; round += 1) {
    const results = await Promise.all(files.map((file) =>
      site.ctlRaw(['map', 'apply', '--file', file])));
    for (const { status, stderr } of results) {
      if (status === 0) good += 1;
      else assert.match(stderr, /RG_E_PRECONDITION|RG_E_STORE_BUSY/);
    }
  }
  watching = false;
  await watcher;
  assert.ok(good > 0);
  await site.ctl('map', 'apply', '--file',
    site.work.write('base.json', JSON.stringify(base)));
});

test('two edits that together would remove the last admin: one succeeds',
  async () => {
    const ids = async () => (await editors[0].all('/mappings?role=admin'))
      .map((m) => m.id);
    for (let round = 0; round < 6; round += 1) {
      // Two ways in which ada is admin, each of which somebody removes.
      const { body } = await editors[0].post('/mappings', { provider: 'entra',
        kind: 'claim', claim: 'tid', value: tenant, role: 'admin' });
      const [founding] = (await ids()).filter((id) => id !== body.id);
      const results = await Promise.all([
        editors[1].call('DELETE', `/mappings/${body.id}`, { match: '*' }),
        round % 2 === 0
          ? editors[2].call('PATCH', `/mappings/${founding}`,
            { match: '*', body: { enabled: false } })
          : editors[2].call('DELETE', `/mappings/${founding}`, { match: '*' }),
      ]);
      const statuses = results.map((r) => r.status);
      const won = statuses.filter((s) => s < 300).length;
      // Who was refused for want of a role came after its loss: as good.
      assert.equal(won, 1, JSON.stringify(results.map((r) => r.body)));
      const lost = results.find((r) => r.status >= 300);
      assert.ok(['last_admin', 'no_role'].includes(lost.body.error),
        JSON.stringify(lost.body));
      const [{ n }] = await db(`SELECT count(*) AS n FROM mappings
        WHERE role = 'admin' AND enabled = 1`);
      assert.equal(n, 1, 'one way is left');
      // Back to the beginning, by who can do all on the machine.
      const left = await db("SELECT id, value FROM mappings WHERE role = 'admin'");
      for (const { id, value } of left) {
        if (value === GROUPS.admins) {
          await site.ctl('map', 'set', String(id), '--enable', '--force');
        }
      }
      if (!left.some((m) => m.value === GROUPS.admins)) {
        await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'group',
          '--value', GROUPS.admins, '--role', 'admin');
      }
      for (const { id, value } of left) {
        if (value === tenant) await site.ctl('map', 'remove', String(id));
      }
    }
  });

test('each kind of edit that would shut out all admins is refused', async () => {
  const [api] = editors;
  const { subject: { id: ada } } = (await site.whoami(api.client)).json();
  const [person] = (await api.get(`/principals?subject=${ada}`)).body.items;
  // An admin role that can be edited, other than the one that is built in.
  const [founding] = await api.all('/mappings?role=admin');
  await api.post('/roles', { name: 'boss', is_admin: true, permissions: ['*'] });
  const { body: admin } = await api.post('/mappings', { provider: 'entra',
    kind: 'group', value: GROUPS.admins, role: 'boss' });
  await api.delete(`/mappings/${founding.id}`, '*');
  const deny = { provider: 'entra', kind: 'group', effect: 'deny' };
  // Does nothing yet: it is disabled.
  const { body: off } = await api.post('/mappings',
    { ...deny, value: GROUPS.admins, enabled: false });
  const soon = Math.floor(Date.now() / 1000) + 3600;
  const mapping = `/mappings/${admin.id}`;
  const cases = {
    'its mapping goes': ['DELETE', mapping],
    'its mapping is disabled': ['PATCH', mapping, { enabled: false }],
    'its mapping leads elsewhere': ['PATCH', mapping, { role: 'user' }],
    'its mapping will expire': ['PATCH', mapping, { expires_at: soon }],
    'its group is denied': ['POST', '/mappings',
      { ...deny, value: GROUPS.admins }, 'exists'],
    'its group is denied, from now on': ['PATCH', `/mappings/${off.id}`,
      { enabled: true }],
    // Of the other ways to be admin nobody is known to make use.
    'what all admins have is denied': ['POST', '/mappings',
      { ...deny, kind: 'claim', claim: 'tid', value: person.tenant }],
    'the role can do nothing': ['PATCH', '/roles/boss', { permissions: [] }],
    'the role is no admin role': ['PATCH', '/roles/boss', { is_admin: false,
      permissions: [] }],
    'the only known admin is disabled': ['PATCH', `/principals/${person.id}`,
      { disabled: true }],
  };
  const before = await version();
  for (const [what, [method, path, body, error]] of Object.entries(cases)) {
    const res = await api.call(method, path, { match: '*', body });
    assert.equal(res.status, 409, `${what}: ${JSON.stringify(res.body)}`);
    assert.equal(res.body.error, error ?? 'last_admin', what);
  }
  const document = JSON.parse(await site.ctl('map', 'export'));
  for (const [what, mappings] of Object.entries({
    'a document without it': document.mappings.filter((m) => m.role !== 'boss'),
    'a document that denies': document.mappings.map((m) =>
      (m.effect === 'deny' ? { ...m, enabled: true } : m)),
  })) {
    const res = await site.ctlRaw(['map', 'apply', '--file',
      site.work.write('doc.json', JSON.stringify({ ...document, mappings }))]);
    assert.equal(res.status, 1, what);
    assert.match(res.stderr, /RG_E_LAST_ADMIN/, what);
  }
  assert.equal(await version(), before, 'nothing was changed');
  assert.equal((await site.whoami(api.client)).json().is_admin, true);
  // Nothing is in the way of edits that leave an admin.
  await api.delete(`/mappings/${off.id}`, '*');
  const other = await api.post('/mappings', { ...deny, value: GROUPS.analysts });
  await api.delete(`/mappings/${other.body.id}`, '*');
  await api.post('/mappings', { provider: 'entra', kind: 'group',
    value: GROUPS.admins, role: 'admin', label: 'admins' });
  await api.delete(mapping, '*');
  await api.delete('/roles/boss', '*');
});

test('a way that nobody is known to have is not left as the last', async () => {
  const [api] = editors;
  const dev = await site.signIn('dev');
  const [founding] = await api.all('/mappings?role=admin');
  const path = `/mappings/${founding.id}`;
  // A group without members, or with a mistyped id.
  const { body: typo } = await api.post('/mappings', { provider: 'entra',
    kind: 'group', value: SECOND, role: 'admin' });
  const soon = Math.floor(Date.now() / 1000) + 3600;
  const refused = async () => {
    for (const [method, body] of [['DELETE'], ['PATCH', { enabled: false }],
      ['PATCH', { role: 'user' }], ['PATCH', { expires_at: soon }]]) {
      const { message } = await api.refused(409, 'last_admin', method, path,
        { match: '*', body });
      assert.match(message, /who has signed in would be an admin/);
    }
  };
  await refused();
  const document = JSON.parse(await site.ctl('map', 'export'));
  const res = await site.ctlRaw(['map', 'apply', '--file',
    site.work.write('typo.json', JSON.stringify({ ...document,
      mappings: document.mappings.filter((m) => m.value !== GROUPS.admins) }))]);
  assert.match(res.stderr, /RG_E_LAST_ADMIN/);
  // Dev has signed in and has this group, but was never here as an admin.
  const { body: second } = await api.post('/mappings', { provider: 'entra',
    kind: 'group', value: GROUPS.developers, role: 'admin' });
  const damaged = (claims) => db(`UPDATE principals SET claims = '${claims}'
    WHERE username = 'dev@contoso.example'`);
  const [{ claims }] = await db(`SELECT claims FROM principals
    WHERE username = 'dev@contoso.example'`);
  await damaged('{"groups":');
  await refused();
  assert.match(site.work.read('rolegate.log'), /principal\.unreadable id=\d+/);
  await damaged(claims);
  await api.patch(path, { enabled: false }, '*');
  assert.equal((await site.whoami(dev)).json().is_admin, true);
  const boss = new Api(site, dev);
  await boss.patch(path, { enabled: true }, '*');
  for (const { id } of [typo, second]) await api.delete(`/mappings/${id}`, '*');
});

test('a damaged row of a person is in nobody\'s way', async () => {
  const [api] = editors;
  const put = (claims, groups) => db(`UPDATE principals SET
    claims = '${claims}', groups = '${groups}'
    WHERE username = 'ada@contoso.example'`);
  const [{ claims, groups }] = await db(`SELECT claims, groups FROM principals
    WHERE username = 'ada@contoso.example'`);
  for (const row of [['{"a":', groups], [claims, '[]'], [claims, '{"state":1}']]) {
    await put(...row);
    const { body } = await api.post('/mappings', { provider: 'entra',
      kind: 'group', value: SECOND, role: 'user' });
    await api.delete(`/mappings/${body.id}`, '*');
    const { body: { people } } = await api.post('/what-if',
      { schema: 'rolegate.mappings.v1' });
    assert.equal(people.skipped, 1, row.join());
  }
  await put(claims, groups);
});

test('every edit that could leave nobody is refused, and --force says so',
  async () => {
    const [api] = editors;
    const [admin] = await api.all('/mappings?role=admin');
    const path = `/mappings/${admin.id}`;
    const refused = (method, at, more = {}) => api.refused(409, 'last_admin',
      method, at, { match: '*', ...more });
    await refused('DELETE', path);
    await refused('PATCH', path, { body: { enabled: false } });
    await refused('PATCH', path, { body: { role: 'user' } });
    // A grant is a way, too; but not to somebody who is disabled.
    const dev = await site.signIn('dev');
    const { items: [person] } = (await api.get('/principals?search=dev%40')).body;
    const grant = await api.post('/grants',
      { principal: person.id, role: 'admin' });
    await api.patch(path, { enabled: false }, '*');
    const boss = new Api(site, dev);
    await boss.refused(409, 'last_admin', 'DELETE', `/grants/${grant.body.id}`,
      { match: grant.etag });
    await boss.refused(409, 'last_admin', 'PATCH', `/grants/${grant.body.id}`,
      { match: grant.etag, body: { expires_at: 4102444800 } });
    await boss.refused(409, 'last_admin', 'PATCH', `/principals/${person.id}`,
      { match: '*', body: { disabled: true } });
    for (const args of [['grant', 'remove', String(grant.body.id)],
      ['principal', 'disable', person.subject]]) {
      const res = await site.ctlRaw(args);
      assert.equal(res.status, 1);
      assert.match(res.stderr, /RG_E_LAST_ADMIN/);
    }
    // A mapping of a provider that nobody signs in with is no way.
    await db(`INSERT INTO mappings (provider, kind, value, effect, role, label,
      note, enabled, expires_at, created_by, created_at) VALUES ('gone',
      'group', 'x', 'allow', 'admin', '', '', 1, 0, '', 1)`);
    await boss.refused(409, 'last_admin', 'DELETE', `/grants/${grant.body.id}`,
      { match: grant.etag });
    await db("DELETE FROM mappings WHERE provider = 'gone'");
    // Nor is one that is over.
    await db(`UPDATE mappings SET enabled = 1, expires_at = 7
      WHERE id = ${admin.id}`);
    await boss.refused(409, 'last_admin', 'DELETE', `/grants/${grant.body.id}`,
      { match: grant.etag });
    const forced = await boss.call('DELETE',
      `/grants/${grant.body.id}?force=true`, { match: grant.etag });
    assert.equal(forced.status, 204);
    const [row] = (await site.audit('--event', 'policy.no_admin')).slice(-1);
    assert.equal(row.actor, person.subject);
    // Where there is no admin already, nothing is in the way of an edit.
    await site.ctl('role', 'add', 'whatever');
    await site.ctl('map', 'set', String(admin.id), '--expires', 'never');
    assert.equal((await site.whoami(api.client)).json().is_admin, true);
  });
