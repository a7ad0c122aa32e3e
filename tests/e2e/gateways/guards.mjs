// SPDX-License-Identifier: ISC
// Servers that guard what knows nothing of rolegate: the way to sign-in, what
// the protected program is told, and what the client is not.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  BROWSER, GUARDS, PROGRAM, ask, assertDenied, assertNoVariables, stage,
} from './stage.mjs';

describe('servers that guard', () => {
  for (const gw of GUARDS) {
    test(`${gw.name}: the way to sign-in and back`, async () => {
      // The page that was asked for, whole, and not what others would read in it.
      for (const page of ['/reports/show.cgi?a=1&b=%26%20c&return_to=/x', '/reports/',
        '/reports/plain.txt?%3F', '/reports/show.cgi/a&b=c+d/%C3%A4?next=//evil.example']) {
        const res = await ask(gw, stage.all.url(gw, page), null, { headers: BROWSER });
        assert.equal(res.status, 302, page);
        const to = new URL(res.headers.location, res.url);
        assert.equal(to.origin + to.pathname, `${stage.site.publicUrl}/login`);
        assert.deepEqual([...to.searchParams], [['return_to', page]]);
        assertNoVariables(res, page);
      }
      // Who posts is no browser that could come back.
      for (const method of ['POST', 'PUT']) {
        const res = await ask(gw, 'reports', null,
          { headers: BROWSER, method, body: 'a=b' });
        assert.equal(res.status, 401, method);
        assert.match(res.headers['www-authenticate'], /^Bearer resource_metadata="[^"]+"$/);
      }
    });

    test(`${gw.name}: a person is told which page needs what`, async () => {
      const is = async (what, who, init) => {
        const res = await ask(gw, what, who, { headers: BROWSER, ...init });
        assert.equal(res.status, 403);
        assertNoVariables(res, what);
        return res;
      };
      const me = (await stage.site.whoami(stage.people.dev)).json();
      const page = await is('reports', stage.people.dev);
      assert.match(page.body, /this page needs another role/);
      for (const part of ['permission:reports.read', '/reports/show.cgi',
        me.subject.id.split(':').at(-1)]) assert.ok(page.body.includes(part), part);
      assert.match(page.headers['content-security-policy'], /default-src 'none'/);
      assert.match((await is('admin', stage.people.noa)).body, /have no access yet/);
      assert.match((await is('admin', stage.people.ana)).body, /role:admin/);
    });

    test(`${gw.name}: what is protected knows who it is`, async () => {
      const res = await ask(gw, 'reports', stage.people.ana);
      const me = (await stage.site.whoami(stage.people.ana)).json();
      const has = (name, value) => assert.ok(res.body.split('\n').includes(
        `${gw.proxied ? 'HTTP_X_AUTH_REQUEST' : 'AUTH'}_${name}=${value}`),
      `${name}: ${res.body}`);
      has('USER', me.subject.id);
      has('ROLES', 'analyst');
      has('PERMISSIONS', 'reports.read');
      has('EMAIL', me.subject.email);
      assert.doesNotMatch(res.body, /OMITTED=./);
      if (!gw.proxied) {
        has('SESSION', me.session.id);
        has('NAME', 'Ana%20Lindt');
        assert.match(res.body, new RegExp(`^REMOTE_USER=${me.subject.id}$`, 'm'));
      }
      // The page is the program's own: none of our headers is on it.
      for (const name of ['content-security-policy', 'cache-control',
        'x-frame-options', 'set-cookie']) {
        assert.equal(res.headers[name], undefined, name);
      }
    });

    test(`${gw.name}: a body reaches what is protected, whole`, async () => {
      for (const size of [0, 10, 100_000]) {
        const res = await ask(gw, 'reports', stage.people.ana,
          { method: 'POST', body: 'x'.repeat(size) });
        assert.equal(res.status, 200);
        assert.match(res.body, new RegExp(`^BODY=${size}$`, 'm'));
        const no = await ask(gw, 'reports', stage.people.dev,
          { method: 'POST', body: 'x'.repeat(size) });
        assert.equal(no.status, 403);
      }
    });
  }
});

test('nginx: the site keeps its own headers, and rolegate says why not', async () => {
  const gw = GUARDS.find((g) => g.name === 'nginx');
  const { ana } = stage.people;
  for (const [place, who, headers, status] of [['reports', ana, PROGRAM, 200],
    ['reports', null, PROGRAM, 401], ['reports', null, BROWSER, 302],
    ['admin', ana, PROGRAM, 403], ['admin', ana, BROWSER, 403]]) {
    const res = await ask(gw, place, who, { headers });
    assert.equal(res.status, status);
    assert.equal(res.headers['x-site'], 'own', `${place} ${status}`);
  }
  const no = await ask(gw, 'admin', ana);
  assert.equal(no.json().error, 'insufficient_role');
  assert.match(no.json().request_id, /./);
  // What nginx itself refuses to whom rolegate would let in.
  for (const headers of [PROGRAM, BROWSER]) {
    const closed = await ask(gw, stage.all.url(gw, '/reports/closed/x'), ana, { headers });
    assert.equal(closed.status, 403);
    assert.match(closed.body, headers === PROGRAM ? /"error":"forbidden"/ : /This page is not shown/);
    assert.doesNotMatch(closed.body, /"roles"/);
  }
});

test('the page of a folder is for the same people, who do not lose their token',
  async () => {
    const token = { ...PROGRAM, authorization: `Bearer ${stage.tokens.good}` };
    for (const gw of GUARDS.filter((g) => !g.proxied)) {
      const is = (what, who, headers) =>
        ask(gw, stage.all.url(gw, `/${what}/`), who, { headers });
      const page = await is('reports', null, token);
      assert.equal(page.status, 200, gw.name);
      assert.match(page.body, /^AUTH_ROLES=analyst$/m);
      assert.doesNotMatch(page.body, /^HTTP_AUTHORIZATION=/m, gw.name);
      assert.equal((await is('reports', stage.people.ana)).status, 200, gw.name);
      assert.equal((await is('admin', null, token)).status, 403, gw.name);
      assert.equal((await is('admin', stage.people.ana)).status, 403, gw.name);
      assert.equal((await is('reports', null)).status, 401, gw.name);
    }
  });

test('a checker that is not authoritative by mistake lets nobody in', async () => {
  // See apache-fcgid-checker.conf; "Require env AUTH_USER" is the second lock.
  const off = await stage.all.startAlso(GUARDS.find((gw) => gw.tag === 'fc'), 'fo',
    { change: { '    Require env AUTH_USER':
      '    FcgidAccessCheckerAuthoritative off\n    Require env AUTH_USER' } });
  for (const headers of [PROGRAM, BROWSER]) {
    for (const who of [null, stage.people.dev, stage.people.noa]) {
      assertDenied(await ask(off, 'reports', who, { headers }), 'not authoritative');
    }
  }
  assert.equal((await ask(off, 'reports', stage.people.ana)).status, 200);
  await off.proc.stop();
});

test('a page of the server in a protected place does not show variables',
  async () => {
    for (const gw of GUARDS.filter((g) => !g.proxied)) {
      const res = await ask(gw, stage.all.url(gw, '/reports/none'), stage.people.ana);
      assert.equal(res.status, 404, gw.name);
      // See apache-fcgid-checker.conf: it shows people who they are.
      if (gw.tag !== 'fc') assertNoVariables(res, gw.name);
    }
  });
