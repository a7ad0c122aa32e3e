// SPDX-License-Identifier: ISC
// The JSON API: what each resource does, what it refuses, and that two editors
// do not undo each other.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Api } from './lib/api.mjs';
import { sql } from './lib/sqlite.mjs';
import { FOUNDING, GROUPS, startSite } from './lib/site.mjs';

const OTHER = '0e000000-0000-4000-8000-000000000009';
const later = () => Math.floor(Date.now() / 1000) + 3600;

for (const server of ['lighttpd', 'apache']) {
  describe(`behind ${server}`, () => {
    let site;
    let ada;
    let api;
    before(async () => {
      site = await startSite({ server });
      ada = await site.signIn('ada');
      api = new Api(site, ada);
    });
    after(() => site?.close());

    test('a role is made, read, changed and removed', async () => {
      const made = await api.post('/roles', { name: 'team/editor',
        description: 'Edits', permissions: ['pages.write', 'pages.read'] });
      assert.deepEqual(made.body, { name: 'team/editor', description: 'Edits',
        permissions: ['pages.read', 'pages.write'], is_admin: false });
      const read = await api.get('/roles/team/editor');
      assert.deepEqual(read.body, made.body);
      assert.equal(read.etag, made.etag);
      const changed = await api.patch('/roles/team/editor',
        { permissions: ['pages.read'] }, read.etag);
      assert.deepEqual(changed.body,
        { ...made.body, permissions: ['pages.read'] });
      assert.notEqual(changed.etag, read.etag);
      await api.delete('/roles/team/editor', changed.etag);
      await api.refused(404, 'not_found', 'GET', '/roles/team/editor');
      const [row] = (await site.audit('--event', 'role.set')).slice(-1);
      assert.deepEqual(row.detail.old, made.body);
      assert.deepEqual(row.detail.new, changed.body);
      assert.match(row.actor, /^entra:/);
    });

    test('an edit needs the version that it is about', async () => {
      const { body, etag } = await api.post('/mappings', { provider: 'entra',
        kind: 'group', value: OTHER, role: 'user' });
      const path = `/mappings/${body.id}`;
      const edit = (match) => ({ body: { label: 'x' }, match });
      await api.refused(428, 'precondition_required', 'PATCH', path,
        { body: { label: 'x' } });
      await api.refused(412, 'precondition_failed', 'PATCH', path,
        edit('"00000000000000000000000000000000"'));
      await api.refused(412, 'precondition_failed', 'PATCH', path,
        edit(`W/${etag}`));
      await api.refused(412, 'precondition_failed', 'PATCH', path,
        edit(etag.slice(1, -1)));
      const second = await api.patch(path, { label: 'one' }, `"a", ${etag}`);
      await api.refused(412, 'precondition_failed', 'PATCH', path, edit(etag));
      await api.refused(412, 'precondition_failed', 'DELETE', path,
        { match: etag });
      await api.refused(428, 'precondition_required', 'DELETE', path);
      assert.equal((await api.get(path)).body.label, 'one');
      await api.delete(path, second.etag);
      await api.refused(404, 'not_found', 'DELETE', path, { match: '*' });
    });

    test('a body is read to its last byte, and no further', async () => {
      const big = (n) => ({ name: 'big', description: 'x'.repeat(n) });
      const { field } = await api.refused(422, 'invalid', 'POST', '/roles',
        { body: big(900_000) });
      assert.equal(field, 'description');
      const res = await api.call('POST', '/roles',
        { body: big(1_048_600) }).catch((err) => err);
      assert.ok(res instanceof Error || res.status === 413
        || (server === 'apache' && res.status >= 400), `${res.status}`);
      assert.equal((await api.get('/roles')).status, 200);
    });
  });
}

describe('resources', () => {
  let site;
  let ada;
  let api;
  let dev;
  before(async () => {
    site = await startSite();
    ada = await site.signIn('ada');
    api = new Api(site, ada);
    dev = await site.signIn('dev');
  });
  after(() => site?.close());

  const idOf = async (login) => {
    const { body } = await api.get(`/principals?search=${login}%40`);
    assert.equal(body.items.length, 1);
    return body.items[0].id;
  };

  test('each kind of thing is edited only as it was read', async () => {
    const principal = await idOf('dev');
    const role = await api.post('/roles', { name: 'stale' });
    const mapping = await api.post('/mappings', { provider: 'entra',
      kind: 'group', value: OTHER, role: 'stale' });
    const grant = await api.post('/grants', { principal, role: 'user' });
    const person = await api.get(`/principals/${principal}`);
    const things = [
      [`/grants/${grant.body.id}`, grant.etag, { reason: 'r' }, { reason: 's' }],
      [`/mappings/${mapping.body.id}`, mapping.etag, { note: 'n' }, { note: 'm' }],
      ['/roles/stale', role.etag, { description: 'd' }, { description: 'e' }],
      [`/principals/${principal}`, person.etag, { disabled: true },
        { disabled: false }],
    ];
    for (const [path, read, change, other] of things) {
      const { body: is, etag } = await api.patch(path, change, read);
      await api.refused(412, 'precondition_failed', 'PATCH', path,
        { match: read, body: other });
      await api.refused(428, 'precondition_required', 'PATCH', path,
        { body: other });
      const now = await api.get(path);
      assert.deepEqual([now.body, now.etag], [is, etag], path);
      if (path.startsWith('/principals')) {
        await api.patch(path, other, etag);
        continue;
      }
      await api.refused(412, 'precondition_failed', 'DELETE', path,
        { match: read });
      await api.refused(428, 'precondition_required', 'DELETE', path);
      await api.delete(path, etag);
    }
    dev = await site.signIn('dev'); // who was disabled meanwhile
  });

  test('the audit: newest first, page by page, and what is asked for',
    async () => {
      const all = await api.all('/audit', 200);
      assert.ok(all.length > 10);
      assert.deepEqual(all.map((row) => row.seq),
        all.map((_, i) => all[0].seq - i), 'newest first, and none is left out');
      assert.equal(all.at(-1).seq, 1);
      assert.deepEqual(await api.all('/audit', 7), all);
      const found = async (query) => (await api.all(`/audit?${query}`, 3))
        .map((row) => row.seq);
      const wanted = (test_) => all.filter(test_).map((row) => row.seq);
      const { actor, subject, time } = all.find((r) => r.event === 'grant.add');
      for (const [query, is] of [
        ['event=role.add', (r) => r.event === 'role.add'],
        ['event=grant.', (r) => r.event.startsWith('grant.')],
        [`subject=${encodeURIComponent(subject)}`, (r) => r.subject === subject],
        [`actor=${encodeURIComponent(actor)}`, (r) => r.actor === actor],
        [`since=${time}`, (r) => r.time >= time],
        [`until=${time}`, (r) => r.time <= time],
        [`event=grant.&subject=${encodeURIComponent(subject)}&actor=nobody`,
          () => false]]) {
        assert.deepEqual(await found(query), wanted(is), query);
      }
      assert.ok(wanted((r) => r.actor === actor).length > 3);
      const { field } = await api.refused(422, 'invalid', 'GET',
        '/audit?since=yesterday');
      assert.equal(field, 'since');
    });

  test('what a value must be is said with its name', async () => {
    const role = (more) => ['/roles', { name: 'r', ...more }];
    const mapping = (more) => ['/mappings', { provider: 'entra', kind: 'group',
      value: OTHER, role: 'user', ...more }];
    const ana = 1;
    const grant = (more) => ['/grants', { principal: ana, role: 'user', ...more }];
    for (const [[path, body], field] of [
      [role({ name: '' }), 'name'], [role({ name: 'a b' }), 'name'],
      [role({ name: 'x'.repeat(65) }), 'name'], [role({ name: 7 }), 'name'],
      [role({ name: undefined }), 'name'], [role({ name: null }), 'name'],
      [role({ description: 'a\nb' }), 'description'],
      [role({ description: 'a\u0085b' }), 'description'],
      [role({ permissions: 'p' }), 'permissions'],
      [role({ permissions: ['p', 'p'] }), 'permissions'],
      [role({ permissions: ['*'] }), 'permissions'],
      [role({ permissions: ['a b'] }), 'permissions'],
      [role({ is_admin: 'yes' }), 'is_admin'], [role({ is_admim: true }), 'body'],
      [mapping({ provider: 'nobody' }), 'provider'],
      [mapping({ kind: 'group_name', value: 'a' }), 'kind'],
      [mapping({ kind: 'Group' }), 'kind'], [mapping({ kind: 'grp' }), 'kind'],
      [mapping({ value: 'admins' }), 'value'], [mapping({ value: '' }), 'value'],
      [mapping({ value: `${OTHER}0` }), 'value'],
      [mapping({ kind: 'app_role', value: '' }), 'value'],
      [mapping({ kind: 'app_role', value: 'a\tb' }), 'value'],
      [mapping({ kind: 'app_role', value: 'x'.repeat(257) }), 'value'],
      [mapping({ kind: 'directory_role', value: 'admin' }), 'value'],
      [mapping({ kind: 'app', value: 'robot' }), 'value'],
      [mapping({ kind: 'claim', value: 'x' }), 'claim'],
      [mapping({ claim: 'x' }), 'claim'],
      [mapping({ kind: 'claim', claim: '', value: 'x' }), 'claim'],
      [mapping({ kind: 'claim', claim: 'a\nb', value: 'x' }), 'claim'],
      [mapping({ tenant: 'contoso' }), 'tenant'],
      [mapping({ tenant: OTHER }), 'tenant'],
      [mapping({ role: undefined }), 'role'],
      [mapping({ effect: 'deny' }), 'role'],
      [mapping({ effect: 'refuse' }), 'effect'],
      [mapping({ label: 'x'.repeat(201) }), 'label'],
      [mapping({ note: 'a\u001bb' }), 'note'],
      [mapping({ note: '\u0000' }), null],
      [mapping({ expires_at: 1 }), 'expires_at'],
      [mapping({ expires_at: -1 }), 'expires_at'],
      [mapping({ expires_at: 1e15 }), 'expires_at'],
      [mapping({ expires_at: '2030-01-01' }), 'expires_at'],
      [mapping({ enabled: 1 }), 'enabled'],
      [grant({ reason: 'a\rb' }), 'reason'],
      [grant({ expires_at: 1 }), 'expires_at'],
      [grant({ principal: 'ana' }), 'principal'],
    ]) {
      if (field === null) {
        await api.refused(400, 'bad_json', 'POST', path, { body });
        continue;
      }
      const error = await api.refused(422, 'invalid', 'POST', path, { body });
      assert.equal(error.field, field, JSON.stringify([body, error]));
    }
    const { message } = await api.refused(422, 'invalid', 'POST', '/mappings',
      { body: mapping({ tenant: 'contoso' })[1] });
    assert.match(message, /expected a GUID/);
    const all = await api.refused(422, 'invalid', 'POST', '/roles',
      { body: { name: 'r', permissions: ['*'] } });
    assert.match(all.message, /"\*" is for admin roles/);
    const missing = await api.refused(404, 'not_found', 'POST', '/mappings',
      { body: mapping({ role: 'nobody' })[1] });
    assert.equal(missing.field, 'role');
    const nobody = await api.refused(404, 'not_found', 'POST', '/grants',
      { body: { principal: 4711, role: 'user' } });
    assert.equal(nobody.field, 'principal');
  });

  test('what an edit says is checked like what is new', async () => {
    const principal = await idOf('dev');
    const role = await api.post('/roles', { name: 'checked' });
    const mapping = await api.post('/mappings', { provider: 'entra',
      kind: 'group', value: OTHER, role: 'checked' });
    const grant = await api.post('/grants', { principal, role: 'checked' });
    const paths = { role: '/roles/checked',
      mapping: `/mappings/${mapping.body.id}`, grant: `/grants/${grant.body.id}`,
      person: `/principals/${principal}` };
    for (const [what, body, field] of [
      ['role', { description: 'a\nb' }, 'description'],
      ['role', { permissions: ['*'] }, 'permissions'],
      ['role', { permissions: ['p', 'p'] }, 'permissions'],
      ['role', { permissions: Array.from({ length: 257 }, (_, i) => `p${i}`) },
        'permissions'],
      ['role', { name: 'other' }, 'body'],
      ['mapping', { label: 'a\nb' }, 'label'],
      ['mapping', { note: 'x'.repeat(201) }, 'note'],
      ['mapping', { expires_at: 1 }, 'expires_at'],
      ['mapping', { enabled: 'no' }, 'enabled'],
      ['grant', { reason: 'a\rb' }, 'reason'],
      ['grant', { expires_at: 1 }, 'expires_at'],
      ['person', { disabled: 'yes' }, 'disabled'],
      ['person', { disabled: false, name: 'x' }, 'body'],
    ]) {
      const before_ = await api.get(paths[what]);
      const error = await api.refused(422, 'invalid', 'PATCH', paths[what],
        { match: before_.etag, body });
      assert.equal(error.field, field, JSON.stringify([body, error]));
      assert.deepEqual((await api.get(paths[what])).body, before_.body);
    }
    for (const [path, etag] of [[paths.grant, grant.etag],
      [paths.mapping, mapping.etag], [paths.role, role.etag]]) {
      await api.delete(path, etag);
    }
  });

  test('what is no JSON object is none', async () => {
    for (const body of ['', '{', '[]', '"a"', '{"name":"a","name":"b"}',
      '{"name":"a"} x', `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`]) {
      await api.refused(body === '' ? 415 : 400,
        body === '' ? 'unsupported_media_type' : 'bad_json', 'POST', '/roles',
        { body });
    }
    await api.refused(415, 'unsupported_media_type', 'POST', '/roles', {
      body: 'name=a',
      headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    await api.refused(415, 'unsupported_media_type', 'POST', '/roles', {
      body: '{}', headers: { 'content-type': 'text/plain' } });
  });

  test('the same mapping twice is refused, in any case of a GUID', async () => {
    const body = { provider: 'entra', kind: 'group', role: 'user',
      value: OTHER.toUpperCase() };
    const made = await api.post('/mappings', body);
    assert.equal(made.body.value, OTHER);
    const { field } = await api.refused(409, 'exists', 'POST', '/mappings',
      { body: { ...body, value: OTHER } });
    assert.equal(field, 'value');
    const { subject: { tenant } } = (await site.whoami(ada)).json();
    const ours = await api.post('/mappings',
      { ...body, tenant: tenant.toUpperCase() });
    assert.equal(ours.body.tenant, tenant);
    await api.refused(409, 'exists', 'POST', '/mappings',
      { body: { ...body, tenant } });
    await api.delete(`/mappings/${ours.body.id}`, ours.etag);
    // Nor does an edit of the role make it the second.
    const second = await api.post('/mappings', { ...body, role: 'analyst' });
    const error = await api.refused(409, 'exists', 'PATCH',
      `/mappings/${second.body.id}`, { match: '*', body: { role: 'user' } });
    assert.equal(error.field, 'role');
    await api.delete(`/mappings/${second.body.id}`, second.etag);
    await api.delete(`/mappings/${made.body.id}`, made.etag);
    const role = await api.refused(409, 'exists', 'POST', '/roles',
      { body: { name: 'user' } });
    assert.equal(role.field, 'name');
  });

  test('a mapping: enabled, expiry and role are edited, its identity is not',
    async () => {
      const path = (await api.all('/mappings')).filter(
        (m) => m.label === 'developers').map((m) => `/mappings/${m.id}`)[0];
      const roles = async () => {
        const res = await site.whoami(dev);
        return res.status === 200 ? res.json().roles : res.json().error;
      };
      assert.deepEqual(await roles(), ['user']);
      let now = await api.get(path);
      const edit = async (change) => {
        now = await api.patch(path, change, now.etag);
      };
      await edit({ enabled: false });
      assert.equal(await roles(), 'no_role', 'at the next request');
      await edit({ enabled: true, role: 'analyst' });
      assert.deepEqual(await roles(), ['analyst']);
      await edit({ role: 'user', expires_at: later(), note: 'until later' });
      assert.deepEqual(await roles(), ['user']);
      for (const change of [{ value: OTHER }, { kind: 'app_role' },
        { provider: 'entra' }, { tenant: null }, { effect: 'deny' }]) {
        const error = await api.refused(422, 'invalid', 'PATCH', path,
          { body: change, match: now.etag });
        assert.equal(error.field, 'body');
      }
      await api.refused(404, 'not_found', 'PATCH', path,
        { body: { role: 'nobody' }, match: now.etag });
      await edit({ expires_at: 0, note: '' });
    });

  test('a deny mapping closes the door at once', async () => {
    const made = await api.post('/mappings', { provider: 'entra',
      kind: 'group', value: GROUPS.developers, effect: 'deny' });
    assert.equal(made.body.role, null);
    const res = await site.whoami(dev);
    assert.equal(res.status, 403);
    assert.equal(res.json().error, 'denied');
    const { field } = await api.refused(422, 'invalid', 'PATCH',
      `/mappings/${made.body.id}`, { body: { role: 'user' }, match: made.etag });
    assert.equal(field, 'role');
    await api.delete(`/mappings/${made.body.id}`, made.etag);
    assert.equal((await site.whoami(dev)).status, 200);
  });

  test('a grant gives a role to one person, apart from the mappings',
    async () => {
      const principal = await idOf('dev');
      const made = await api.post('/grants', { principal, role: 'analyst',
        reason: 'ticket 7', expires_at: later() });
      assert.match(made.body.subject, /^entra:/);
      assert.deepEqual((await site.whoami(dev)).json().roles,
        ['analyst', 'user']);
      const twice = await api.refused(409, 'exists', 'POST', '/grants',
        { body: { principal, role: 'analyst' } });
      assert.equal(twice.field, 'role');
      const of = await api.all(`/grants?principal=${principal}`);
      assert.deepEqual(of, [made.body]);
      assert.deepEqual(await api.all('/grants?role=user'), []);
      await api.refused(409, 'exists', 'DELETE', '/roles/analyst',
        { match: (await api.get('/roles/analyst')).etag });
      const why = (await api.get(`/principals/${principal}/explain`)).body;
      const at = `/grants/${made.body.id}`;
      const soon = Math.floor(Date.now() / 1000) + 86400;
      const set = await api.patch(at, { expires_at: soon }, made.etag);
      assert.deepEqual(set.body, { ...made.body, expires_at: soon });
      await api.refused(412, 'precondition_failed', 'PATCH', at,
        { match: made.etag, body: { reason: 'late' } });
      const past = await api.refused(422, 'invalid', 'PATCH', at,
        { match: set.etag, body: { expires_at: 1 } });
      assert.equal(past.field, 'expires_at');
      await api.refused(422, 'invalid', 'PATCH', at,
        { match: set.etag, body: { role: 'user' } });
      await site.ctl('grant', 'set', String(made.body.id), '--expires', 'never',
        '--reason', 'ticket 8');
      const last = await api.get(at);
      assert.deepEqual(last.body, { ...made.body, expires_at: 0,
        reason: 'ticket 8' });
      const grant = why.reasons.find((r) => r.via === 'grant');
      assert.equal(grant.outcome, 'gives');
      assert.equal(grant.grant.reason, 'ticket 7');
      assert.deepEqual(grant.permissions, ['reports.read']);
      await api.delete(at, last.etag);
      assert.deepEqual((await site.whoami(dev)).json().roles, ['user']);
      const rows = await site.audit('--subject', made.body.subject);
      const events = rows.map((row) => row.event);
      assert.ok(events.includes('grant.add') && events.includes('grant.set')
        && events.includes('grant.remove'));
    });

  test('who is disabled is out, and stays out', async () => {
    const ana = await site.signIn('ana');
    const path = `/principals/${await idOf('ana')}`;
    const { etag } = await api.get(path);
    const off = await api.patch(path, { disabled: true }, etag);
    assert.equal(off.body.disabled, true);
    assert.equal((await site.whoami(ana)).status, 401, 'the session is gone');
    const back = await site.begin('ana');
    const res = await site.client().get(back.url);
    assert.notEqual(res.status, 303, 'another browser');
    const again = await site.begin('ana');
    const client = site.client();
    const refused = await (async () => {
      const b = await site.begin('ana', { client });
      return client.get(b.url);
    })();
    assert.equal(refused.status, 403);
    assert.match(refused.body, /disabled/i);
    assert.ok(again.url);
    const [row] = (await site.audit('--event', 'sign_in.refused')).slice(-1);
    assert.equal(row.detail.error, 'RG_E_DISABLED');
    await api.patch(path, { disabled: false }, off.etag);
    assert.equal((await site.whoami(ana)).status, 401, 'it stays gone');
    assert.equal((await site.whoami(await site.signIn('ana'))).status, 200);
  });

  test('people are found by part of what is known of them', async () => {
    const found = async (query) => (await api.all(`/principals?${query}`))
      .map((p) => p.username);
    assert.deepEqual(await found('search=DEV%20dob'), ['dev@contoso.example']);
    assert.deepEqual(await found('search=%25'), []);
    assert.deepEqual(await found('search=_'), []);
    assert.deepEqual(await found('provider=nobody'), []);
    assert.ok((await found('disabled=false')).length >= 2);
    assert.deepEqual(await found('disabled=true'), []);
    const { subject } = (await api.get(`/principals/${await idOf('dev')}`)).body;
    assert.deepEqual(await found(`subject=${encodeURIComponent(subject)}`),
      ['dev@contoso.example']);
    assert.deepEqual(await found('subject=entra:nobody'), []);
  });

  test('who made what, and when; who was seen, and when', async () => {
    const { subject: { id: me } } = (await site.whoami(ada)).json();
    const made = await api.post('/mappings', { provider: 'entra',
      kind: 'app_role', value: 'author', role: 'user', note: 'n' });
    const grant = await api.post('/grants',
      { principal: await idOf('dev'), role: 'analyst' });
    await site.ctl('map', 'set', String(made.body.id), '--note', 'by another');
    const now = Math.floor(Date.now() / 1000);
    for (const path of [`/mappings/${made.body.id}`,
      `/grants/${grant.body.id}`]) {
      const { body } = await api.get(path);
      assert.equal(body.created_by, me);
      assert.ok(body.created_at <= now && body.created_at > now - 60, path);
      await api.delete(path, '*');
    }
    const person = async () => (await api.get(
      `/principals/${await idOf('dev')}`)).body;
    const before_ = await person();
    await sql(site.config.rolegate.database, `UPDATE principals SET
      first_seen = 7, last_seen = 8 WHERE id = ${before_.id}`);
    await site.signIn('dev');
    const after_ = await person();
    assert.equal(after_.first_seen, 7, 'stays');
    assert.ok(after_.last_seen >= before_.last_seen, 'is that of now');
  });

  test('sessions are listed, newest first, and ended one by one', async () => {
    const second = await site.signIn('dev');
    const principal = await idOf('dev');
    const mine = await api.all(`/sessions?principal=${principal}`, 1);
    assert.ok(mine.length >= 2);
    assert.ok(mine.every((s, i) => i === 0
      || s.issued_at <= mine[i - 1].issued_at));
    const { session } = (await site.whoami(second)).json();
    assert.ok(mine.some((s) => s.id === session.id));
    await api.delete(`/sessions/${session.id}`);
    assert.equal((await site.whoami(second)).status, 401);
    assert.equal((await site.whoami(dev)).status, 200);
    await api.refused(404, 'not_found', 'DELETE', `/sessions/${session.id}`);
  });

  test('everybody may see and end their own sessions, and no others',
    async () => {
      const noa = await site.signIn('noa');
      const other = await site.signIn('noa');
      const own = new Api(site, noa);
      assert.equal((await own.all('/me/sessions')).length, 2);
      const id = (await own.all('/me/sessions'))
        .map((s) => s.id);
      const [adas] = await api.all('/me/sessions');
      await own.refused(404, 'not_found', 'DELETE', `/me/sessions/${adas.id}`);
      assert.equal((await site.whoami(ada)).status, 200);
      const theirs = (await new Api(site, other).all('/me/sessions'))
        .map((s) => s.id);
      assert.deepEqual(theirs, id);
      const { body, headers } = await own.delete('/me/sessions');
      assert.equal(body.revoked, 2);
      assert.match(headers['set-cookie'][0], /Max-Age=0/);
      assert.equal((await site.whoami(other)).status, 401);
    });

  test('pages are whole, whatever their size', async () => {
    for (let i = 0; i < 7; i += 1) await site.ctl('role', 'add', `page${i}`);
    for (const path of ['/roles', '/mappings', '/principals', '/sessions']) {
      const all = await api.all(path, 200);
      for (const limit of [1, 2, 3]) {
        assert.deepEqual(await api.all(path, limit), all, path);
      }
    }
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'limit=1&limit=2']) {
      const { field } = await api.refused(422, 'invalid', 'GET',
        `/roles?${query}`);
      assert.equal(field, 'limit');
    }
    for (const cursor of ['!', 'AAAA', 'x'.repeat(1000), 'LTE']) {
      const { field } = await api.refused(422, 'invalid', 'GET',
        `/mappings?cursor=${cursor}`);
      assert.equal(field, 'cursor');
    }
    const { field } = await api.refused(422, 'invalid', 'GET', '/roles?x=1');
    assert.equal(field, 'query');
  });

  test('lists come in the order that is asked for, page by page', async () => {
    const made = [];
    for (const [label, value, role] of [['Zeta', 'z', 'user'],
      ['alpha', 'y', 'analyst'], ['', 'Beta', 'user'], ['beta', 'x', 'user']]) {
      made.push((await api.post('/mappings', { provider: 'entra',
        kind: 'app_role', label, value, role })).body.id);
    }
    const shown = (m) => (m.label || m.value).toLowerCase();
    const orders = {
      '/mappings': { label: shown, provider: (m) => m.provider,
        role: (m) => m.role ?? '' },
      '/principals': { name: (p) => p.name.toLowerCase(),
        provider: (p) => p.provider, last_seen: (p) => p.last_seen },
      '/grants': { role: (g) => g.role,
        expires_at: (g) => g.expires_at || Infinity },
    };
    const before = (a, b) => (a < b ? -1 : Number(a > b));
    for (const [path, keys] of Object.entries(orders)) {
      const all = await api.all(path, 200);
      for (const [word, key] of Object.entries(keys)) {
        const up = [...all].sort((a, b) => before(key(a), key(b)) || a.id - b.id);
        for (const limit of [1, 2, 200]) {
          assert.deepEqual(await api.all(`${path}?sort=${word}`, limit), up);
          assert.deepEqual(await api.all(`${path}?sort=-${word}`, limit),
            [...up].reverse());
        }
      }
      for (const sort of ['id', '', '-', 'value', '--role', 'role,label']) {
        const { field } = await api.refused(422, 'invalid', 'GET',
          `${path}?sort=${sort}`);
        assert.equal(field, 'sort');
      }
    }
    await api.refused(422, 'invalid', 'GET', '/roles?sort=name');
    // What was last on a page is gone: that is said, not "the end".
    const first = (await api.get('/mappings?sort=label&limit=1')).body;
    assert.deepEqual(first.items.map((m) => m.label), ['admins']);
    const second = (await api.get(
      `/mappings?sort=label&limit=1&cursor=${first.next}`)).body;
    assert.deepEqual(second.items.map((m) => m.label), ['alpha']);
    await api.delete(`/mappings/${second.items[0].id}`, '*');
    const { field } = await api.refused(422, 'invalid', 'GET',
      `/mappings?sort=label&limit=1&cursor=${second.next}`);
    assert.equal(field, 'cursor');
    for (const id of made.filter((one) => one !== second.items[0].id)) {
      await api.delete(`/mappings/${id}`, '*');
    }
  });

  test('addresses and methods that are none', async () => {
    for (const path of ['', '/', '/role', '/roles/', '/mappings/x', '/mappings/0',
      '/mappings/1/', '/principals/1/explain/x', '/openapi.json/']) {
      const res = await api.call('GET', path);
      assert.equal(res.status, 404, path);
    }
    const res = await api.call('PUT', '/roles');
    assert.equal(res.status, 405);
    assert.equal(res.headers.allow, 'GET, HEAD, POST');
    assert.equal((await api.call('POST', '/roles/x', { body: {} })).headers.allow,
      'GET, HEAD, PATCH, DELETE');
    const head = await api.call('HEAD', '/roles');
    assert.equal(head.status, 200);
    assert.equal(head.body, null);
  });

  test('nothing of an answer is kept by anybody', async () => {
    const { headers } = await api.get('/roles');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.ok(!('access-control-allow-origin' in headers));
  });

  test('the API can be switched off', async () => {
    await site.restartRolegate({ rolegate: { api: 'no' } });
    const again = new Api(site, ada);
    for (const path of ['/roles', '/openapi.json', '/me/sessions']) {
      await again.refused(404, 'not_found', 'GET', path);
    }
    assert.equal((await site.whoami(ada)).status, 200);
    await site.restartRolegate({ rolegate: { api: undefined } });
  });

  test('everybody is signed out at once, and may come back at once', async () => {
    const { body: { revoked } } = await api.delete('/sessions');
    assert.ok(revoked >= 2);
    for (const client of [ada, dev]) {
      assert.equal((await site.whoami(client)).status, 401);
    }
    const again = await site.signIn('dev');
    assert.equal((await site.whoami(again)).status, 200);
    assert.equal((await site.ctlJson('session', 'list')).length, 1);
    await site.ctl('session', 'revoke', '--all');
    assert.equal((await site.whoami(again)).status, 401);
    const back = new Api(site, await site.signIn('ada'));
    assert.equal((await back.all('/sessions')).length, 1);
    const rows = await site.audit('--event', 'session.revoke_all');
    assert.deepEqual(rows.map((row) => row.detail.count), [revoked, 1]);
  });
});

describe('nobody gives what is not theirs', () => {
  let site;
  let boss;
  let ada;
  before(async () => {
    site = await startSite({ setup: [...FOUNDING,
      ['role', 'add', 'editor', ...['roles.write', 'roles.read',
        'mappings.read', 'mappings.write', 'grants.write', 'grants.read',
        'principals.read', 'principals.write'].flatMap(
        (p) => ['--permission', p])],
      ['map', 'add', '--provider', 'entra', '--kind', 'group', '--value',
        GROUPS.developers, '--role', 'editor'],
    ] });
    ({ subject: { id: ada } } = (await site.whoami(await site.signIn('ada')))
      .json());
    boss = new Api(site, await site.signIn('dev'));
  });
  after(() => site?.close());
  const beyond = (...args) => boss.refused(403, 'beyond_authority', ...args);

  test('neither by a role, nor a mapping, nor a grant', async () => {
    const developers = { provider: 'entra', kind: 'group',
      value: GROUPS.developers };
    await beyond('POST', '/mappings', { body: { ...developers, role: 'admin' } });
    await beyond('POST', '/mappings',
      { body: { ...developers, role: 'analyst' } });
    await beyond('POST', '/grants', { body: { principal: 2, role: 'admin' } });
    await beyond('POST', '/roles',
      { body: { name: 'boss', is_admin: true, permissions: ['*'] } });
    await beyond('POST', '/roles',
      { body: { name: 'reader', permissions: ['reports.read'] } });
    const mine = await boss.get('/roles/editor');
    for (const change of [{ permissions: ['sessions.revoke'] },
      { is_admin: true }]) {
      await beyond('PATCH', '/roles/editor',
        { body: change, match: mine.etag });
    }
    const [of] = (await boss.all('/mappings')).filter(
      (m) => m.role === 'user');
    await beyond('PATCH', `/mappings/${of.id}`,
      { body: { role: 'admin' }, match: '*' });
    // Nor taken from those who have more.
    const [admins] = (await boss.all('/mappings')).filter(
      (m) => m.role === 'admin');
    await beyond('PATCH', `/mappings/${admins.id}`,
      { body: { enabled: false }, match: '*' });
    await beyond('DELETE', `/mappings/${admins.id}`, { match: '*' });
    await beyond('DELETE', `/mappings/${of.id}?force=true`, { match: '*' });
    await beyond('PATCH', '/roles/analyst',
      { body: { permissions: [] }, match: '*' });
    await site.ctl('role', 'add', 'above', '--permission', 'reports.read');
    await beyond('DELETE', '/roles/above', { match: '*' });
    await site.ctl('grant', 'add', ada, '--role', 'analyst');
    const [given] = await boss.all('/grants');
    const grant = `/grants/${given.id}`;
    await beyond('PATCH', grant, { body: { expires_at: later() }, match: '*' });
    await beyond('DELETE', grant, { match: '*' });
    assert.deepEqual((await boss.get(grant)).body, given);
    assert.deepEqual((await site.whoami(boss.client)).json().roles,
      ['editor', 'user']);
  });

  test('what is theirs they may give', async () => {
    const made = await boss.post('/roles',
      { name: 'helper', permissions: ['roles.read'] });
    await boss.delete('/roles/helper', made.etag);
  });

  test('a mapping that denies is an edit like others, and is on record',
    async () => {
      const made = await boss.post('/mappings', { provider: 'entra',
        kind: 'app_role', value: 'leavers', effect: 'deny' });
      await boss.delete(`/mappings/${made.body.id}`, made.etag);
      const rows = await sql(site.config.rolegate.database,
        "SELECT event FROM audit WHERE event LIKE 'mapping.%' ORDER BY seq");
      assert.deepEqual(rows.slice(-2).map((r) => r.event),
        ['mapping.add', 'mapping.remove']);
    });
});
