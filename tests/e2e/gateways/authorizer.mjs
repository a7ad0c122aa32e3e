// SPDX-License-Identifier: ISC
// The authorizer role, spoken to as no web server would.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { speakFcgi } from '../lib/fcgi.mjs';
import { stage } from './stage.mjs';

/* One request to the second socket. role: 1 or 2. */
const speak = (role, params) => speakFcgi(stage.all.authorizerPort, role, params);

describe('the authorizer, spoken to directly', () => {
  const cookie = (who) => ({ HTTP_COOKIE: who.jar.header(stage.site.publicUrl) });
  const reports = { REQUEST_METHOD: 'GET',
    ROLEGATE_REQUIRE: 'permission:reports.read' };
  const checker = { FCGI_APACHE_ROLE: 'ACCESS_CHECKER',
    ROLEGATE_CHECKER: 'require-env' };

  test('the second socket serves authorizers only', async () => {
    for (const path of ['/auth/healthz', '/auth/login', '/auth/whoami']) {
      const { status, text } = await speak(1, { REQUEST_METHOD: 'GET',
        SCRIPT_NAME: path, ...cookie(stage.people.ada) });
      assert.equal(status, 403, text);
    }
  });

  test('consent is a status and variables, and nothing else', async () => {
    const { status, names } = await speak(2, { ...reports, ...cookie(stage.people.ana) });
    assert.equal(status, 200);
    assert.equal(names.shift(), 'Status');
    assert.ok(names.includes('Variable-AUTH_USER'));
    for (const name of names) assert.match(name, /^Variable-(AUTH_[A-Z]+|REMOTE_USER)$/);
  });

  test('what is required can only be understood or refused', async () => {
    const ask2 = async (require, who = stage.people.ada) => (await speak(2, {
      REQUEST_METHOD: 'GET', ...(require === undefined ? {}
        : { ROLEGATE_REQUIRE: require }), ...cookie(who) })).status;
    assert.equal(await ask2(undefined), 200);
    assert.equal(await ask2(undefined, stage.people.noa), 403);
    assert.equal(await ask2('role:user role:admin'), 200);
    assert.equal(await ask2('role:user role:admin', stage.people.dev), 200);
    assert.equal(await ask2(''), 403);
    assert.equal(await ask2('  '), 403);
    for (const wrong of ['admin', 'role:', 'role:admin,', 'role=admin', 'Role:admin',
      'role:admin group:x', 'role:admin\trole:user']) {
      assert.ok([400, 403, 503].includes(await ask2(wrong)), wrong);
    }
    // A page's query is not rolegate's.
    const res = await speak(2, { ...reports, ...cookie(stage.people.dev),
      QUERY_STRING: 'permission=x&role=user' });
    assert.equal(res.status, 403);
  });

  test('a person is told the page and what it needs, ready to copy', async () => {
    const page = async (who, require) => (await speak(2, {
      REQUEST_METHOD: 'GET', REQUEST_URI: '/reports/<b>?token=hush',
      HTTP_ACCEPT: 'text/html', ROLEGATE_REQUIRE: require, ...cookie(who) }));
    for (const [who, heading] of [[stage.people.dev, /page needs another role/],
      [stage.people.noa, /have no access yet/]]) {
      const { status, text } = await page(who,
        'role:auditor permission:reports.<i>');
      assert.equal(status, 403);
      assert.match(text, heading);
      for (const part of ['role:auditor', 'permission:reports.&lt;i&gt;',
        '/reports/&lt;b&gt;', 'Object ID', 'data-copy=']) {
        assert.ok(text.includes(part), `${part} in ${text}`);
      }
      assert.ok(!text.includes('hush'), 'the query is not shown');
      assert.match(text, /script-src 'self'/);
    }
    // What this page asked for is all that it names.
    assert.ok(!(await page(stage.people.noa, 'role:x')).text.includes('auditor'));
  });

  test('only a server that says so gets the 200 without a name', async () => {
    const ask3 = (more, who) => speak(2, { ...reports, ...more,
      ...(who ? cookie(who) : {}) });
    for (const more of [{}, { FCGI_APACHE_ROLE: 'ACCESS_CHECKER' },
      { ROLEGATE_CHECKER: 'require-env' },
      { ...checker, FCGI_APACHE_ROLE: 'AUTHENTICATOR' },
      { ...checker, ROLEGATE_CHECKER: 'yes' },
      { FCGI_APACHE_ROLE: 'ACCESS_CHECKER', HTTP_ROLEGATE_CHECKER: 'require-env' }]) {
      assert.equal((await ask3(more, stage.people.dev)).status, 403);
    }
    const quiet = await ask3(checker, stage.people.dev);
    assert.deepEqual(quiet.text, 'Status: 200 OK\r\n\r\n');
    assert.equal((await ask3(checker)).status, 401);
    assert.equal((await ask3({ ...checker, ROLEGATE_REQUIRE: 'nonsense' },
      stage.people.dev)).status, 503);
    assert.match((await ask3(checker, stage.people.ana)).text, /^Variable-AUTH_USER: /m);
  });

  test('the way back leads nowhere else', async () => {
    const to = async (uri) => (await speak(2, { ...reports, REQUEST_URI: uri,
      HTTP_ACCEPT: 'text/html' })).location;
    const login = (path) => `${stage.site.publicUrl}/login?return_to=${
      encodeURIComponent(path)}`;
    assert.equal(await to('/reports/a?b=c&d=e'), login('/reports/a?b=c&d=e'));
    for (const bad of ['//evil.example', '/\\evil.example', 'http://evil.example/',
      '', 'evil', `/${'x'.repeat(1024)}`, '/a\nb', '/ä']) {
      assert.equal(await to(bad), login('/'), bad);
    }
    assert.equal(await to(`/${'x'.repeat(1023)}`), login(`/${'x'.repeat(1023)}`));
  });

  test('every answer begins with its status', async () => {
    for (const params of [{}, { REQUEST_METHOD: 'FOO' }, { HTTP_COOKIE: 'x'.repeat(20_000) },
      { HTTP_AUTHORIZATION: 'Bearer' }, { ROLEGATE_REQUIRE: '\u0001' },
      { HTTP_COOKIE: 'rolegate=a; rolegate=b' }, { REQUEST_METHOD: 'HEAD' }]) {
      const { status, text } = await speak(2, params);
      assert.ok(status >= 300, text);
    }
  });
});
