// SPDX-License-Identifier: ISC
// The same person gets the same answer through every web server; what doesn't
// answer, or answers nonsense, lets nobody in; and what a client claims about
// itself never reaches what is protected.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { GATEWAYS, Gateways, MARK } from './lib/gateways.mjs';
import { speakFcgi } from './lib/fcgi.mjs';
import { send } from './lib/http.mjs';
import { serverUser } from './lib/programs.mjs';
import { GROUPS, startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';
import { freePort } from './lib/wait.mjs';

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const PROGRAM = { accept: 'application/json' };
const GUARDS = GATEWAYS.filter((gw) => gw.kind === 'guards');

let site, all;
const people = {};

/* Asks a gateway with somebody's cookie: jar of a Client, or nobody. */
function ask(gw, what, who, { headers = PROGRAM, ...init } = {}) {
  const cookie = who?.jar.header(site.publicUrl);
  return send(what.startsWith('http') ? what : all.place(gw, what), {
    ...init, headers: { ...headers, ...(cookie ? { cookie } : {}) },
  });
}

/* One request, byte by byte as given: {status, text}. */
function raw(gw, text) {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port: gw.port });
    socket.setTimeout(20_000, () => socket.destroy(new Error('no answer')));
    socket.setEncoding('latin1').on('data', (chunk) => { answer += chunk; });
    socket.on('error', (err) => (err.code === 'ECONNRESET' && answer
      ? resolve({ status: Number(answer.slice(9, 12)), text: answer })
      : reject(err)));
    socket.on('end', () => resolve(
      { status: Number(answer.slice(9, 12)), text: answer }));
    socket.write(text);
  });
}

function assertDenied(res, what) {
  assert.ok(!res.body.includes(MARK), `${what}: shown`);
  assert.ok(res.status >= 300, `${what}: ${res.status}`);
}

/* Nothing of what rolegate tells the server reaches the client. */
function assertNoVariables(res, what) {
  for (const name of Object.keys(res.headers)) {
    assert.doesNotMatch(name, /^variable-/i, what);
  }
}

before(async () => {
  const authorizerPort = await freePort();
  site = await startSite({ user: serverUser(), config: { rolegate: {
    listen_authorizer: `127.0.0.1:${authorizerPort}`, workers: 6 } } });
  for (const login of ['ada', 'ana', 'dev', 'noa']) {
    people[login] = await site.signIn(login);
  }
  all = new Gateways(site, { authorizerPort });
  await all.start();
});
after(async () => {
  all?.close();
  await site?.close();
});

describe('the same person, the same answer', () => {
  for (const gw of GATEWAYS) {
    test(gw.name, async () => {
      const status = async (...args) => {
        const res = await ask(gw, ...args);
        assertNoVariables(res, gw.name);
        if (res.status !== 200) assertDenied(res, gw.name);
        return res.status;
      };
      // Nobody
      const api = await ask(gw, 'reports', null);
      assert.equal(api.status, 401);
      assert.match(api.headers['www-authenticate'],
        /^Bearer resource_metadata="/);
      assertDenied(api, gw.name);
      const browser = await ask(gw, 'reports', null, { headers: BROWSER });
      assert.equal(browser.status, gw.stranger ?? 401);
      assertDenied(browser, gw.name);
      assert.equal(await status('admin', null), 401);
      assert.equal(await status('reports', null, { method: 'HEAD' }), 401);

      // The wrong role, the right role, no role
      assert.equal(await status('reports', people.dev), 403);
      assert.equal(await status('reports', people.dev, { headers: BROWSER }), 403);
      assert.equal(await status('reports', people.ana), 200);
      assert.equal(await status('admin', people.ana), 403);
      assert.equal(await status('reports', people.ada), 200);
      assert.equal(await status('admin', people.ada), 200);
      assert.equal(await status('admin', people.noa), 403);
      assert.equal(await status('reports', people.noa, { headers: BROWSER }), 403);

      // No bearer token yet, also beside a session
      const bearer = await ask(gw, 'reports', people.ana,
        { headers: { ...PROGRAM, authorization: 'Bearer a.b.c' } });
      assert.equal(bearer.status, 401);
      assert.match(bearer.headers['www-authenticate'], /invalid_token/);
      assert.equal(await status('reports', people.ana,
        { headers: { ...PROGRAM, authorization: 'Basic eDp5' } }), 200);
    });
  }

  test('a revoked and an expired session count nowhere', async () => {
    const gone = await site.signIn('ana');
    const old = await site.signIn('ana');
    const id = async (who) => (await site.whoami(who)).json().session.id;
    for (const gw of GATEWAYS) {
      assert.equal((await ask(gw, 'reports', gone)).status, 200, gw.name);
      assert.equal((await ask(gw, 'reports', old)).status, 200, gw.name);
    }
    const oldId = await id(old);
    await site.ctl('session', 'revoke', await id(gone));
    await sql(site.config.rolegate.database, `UPDATE sessions SET
      issued_at = issued_at - 90000, last_used = last_used - 90000,
      expires_at = expires_at - 90000, dies_at = dies_at - 90000
      WHERE public_id = '${oldId}'`);
    for (const gw of GATEWAYS) {
      for (const who of [gone, old]) {
        const res = await ask(gw, 'reports', who);
        assert.equal(res.status, 401, gw.name);
        const page = await ask(gw, 'reports', who, { headers: BROWSER });
        assert.equal(page.status, gw.stranger ?? 401, gw.name);
        assertDenied(page, gw.name);
      }
    }
  });

  test('a change of a mapping counts everywhere at once', async () => {
    const list = await site.ctlJson('map', 'list');
    const rows = list.mappings ?? list;
    const { id } = rows.find((m) => m.label === 'data-analysts');
    await site.ctl('map', 'remove', String(id));
    try {
      for (const gw of GATEWAYS) {
        assert.equal((await ask(gw, 'reports', people.ana)).status, 403, gw.name);
      }
    } finally {
      const { value } = rows.find((m) => m.label === 'data-analysts');
      await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'group',
        '--value', value, '--role', 'analyst', '--label', 'data-analysts');
    }
    for (const gw of GATEWAYS) {
      assert.equal((await ask(gw, 'reports', people.ana)).status, 200, gw.name);
    }
  });
});

describe('servers that guard', () => {
  for (const gw of GUARDS) {
    test(`${gw.name}: the way to sign-in and back`, async () => {
      const res = await ask(gw, all.url(gw, '/reports/show.cgi?a=1'), null,
        { headers: BROWSER });
      assert.equal(res.status, gw.stranger);
      const to = new URL(res.headers.location, res.url);
      // With mod_fcgid the sign-in page itself answers.
      if (gw.stranger === 303) assert.equal(to.origin, new URL(site.idp.issuer).origin);
      else {
        assert.equal(to.pathname, '/auth/login');
        assert.match(to.searchParams.get('return_to'), /^\/reports\/show\.cgi/);
      }
      // Who posts is no browser that could come back.
      const post = await ask(gw, 'reports', null,
        { headers: BROWSER, method: 'POST', body: 'a=b' });
      assert.ok([401, gw.proxied ? 302 : 401].includes(post.status), post.status);
    });

    test(`${gw.name}: what is protected knows who it is`, async () => {
      const res = await ask(gw, 'reports', people.ana);
      const me = (await site.whoami(people.ana)).json();
      const has = (name, value) => assert.ok(res.body.split('\n').includes(
        `${gw.proxied ? 'HTTP_X_AUTH_REQUEST' : 'AUTH'}_${name}=${value}`),
      `${name}: ${res.body}`);
      has('USER', me.subject.id);
      has('ROLES', 'analyst');
      has('PERMISSIONS', 'reports.read');
      has('EMAIL', me.subject.email);
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
        const res = await ask(gw, 'reports', people.ana,
          { method: 'POST', body: 'x'.repeat(size) });
        assert.equal(res.status, 200);
        assert.match(res.body, new RegExp(`^BODY=${size}$`, 'm'));
        const no = await ask(gw, 'reports', people.dev,
          { method: 'POST', body: 'x'.repeat(size) });
        assert.equal(no.status, 403);
      }
    });

    test(`${gw.name}: a client can't say who it is`, async () => {
      const names = [];
      for (const name of ['X-Auth-Request-User', 'X-Auth-Request-Roles',
        'X-Auth-Request-Permissions', 'X-Auth-Request-Email',
        'X-Auth-Request-Groups', 'X-Auth-Request-Omitted',
        'X-Auth-Request-Preferred-Username', 'Remote-User', 'Remote-Groups']) {
        names.push(name, name.replaceAll('-', '_'), name.replace('-', '_'),
          name.toLowerCase(), name.replace(/-(?=[^-]*$)/, '_').toUpperCase(), name);
      }
      names.push('Proxy', 'AUTH_USER', 'AUTH_ROLES', 'REMOTE_USER',
        'Variable-AUTH_ROLES', 'ROLEGATE_REQUIRE', 'ROLEGATE-REQUIRE',
        'ROLEGATE_CHECKER');
      const cookie = people.ana.jar.header(site.publicUrl);
      for (const version of ['1.1', '1.0']) {
        // In turns, since servers take 8 KB of headers.
        for (let i = 0; i < names.length; i += 20) {
          const spoof = names.slice(i, i + 20).map((name) => `${name}: EVIL`);
          const text = (who, place) => [`GET ${place} HTTP/${version}`,
            'Host: 127.0.0.1', 'Connection: close', ...spoof, who, '', '']
            .filter((line, n, lines) => line || n >= lines.length - 2)
            .join('\r\n');
          const yes = await raw(gw, text(`Cookie: ${cookie}`, '/reports/show.cgi'));
          assert.equal(yes.status, 200, yes.text);
          for (const line of yes.text.split('\n')) {
            if (/^(HTTP_X_AUTH_REQUEST|REMOTE_|HTTP_REMOTE_|AUTH_|HTTP_PROXY=)/
              .test(line)) assert.ok(!line.includes('EVIL'), line);
          }
          const no = await raw(gw, text(`Cookie: ${cookie}`, '/admin/show.cgi'));
          assert.equal(no.status, 403, no.text);
          const nobody = await raw(gw, text('X-A: b', '/reports/show.cgi'));
          assert.equal(nobody.status, 401, nobody.text);
        }
      }
    });

    test(`${gw.name}: every spelling of an address is one address`, async () => {
      const cookie = people.dev.jar.header(site.publicUrl);
      const spellings = ['/reports/show.cgi', '//reports/show.cgi',
        '/./reports/show.cgi', '/x/../reports/show.cgi', '/%72eports/show.cgi',
        '/reports%2Fshow.cgi', '/reports;/show.cgi', '/REPORTS/show.cgi',
        '/reports/show.cgi/more', '/reports/show.cgi%00', '/reports/./show.cgi',
        '/auth/../reports/show.cgi', '/auth%2f..%2freports/show.cgi',
        '/reports//show.cgi', '/%2e/reports/show.cgi', '/reports/plain.txt',
        '/%2freports/plain.txt', '/auth/..;/reports/plain.txt',
        '/\\reports/plain.txt', '/reports\\show.cgi', '/%252e/reports/plain.txt',
        `http://127.0.0.1:${gw.port}/reports/show.cgi`,
        'http://evil.example/reports/show.cgi', '/auth/whoami/../../reports/plain.txt'];
      for (const who of [`Cookie: ${cookie}`, 'X-A: b']) {
        for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'FOO']) {
          for (const place of spellings) {
            const res = await raw(gw, [`${method} ${place} HTTP/1.1`,
              `Host: 127.0.0.1:${gw.port}`, 'Connection: close', who, '', ''].join('\r\n'));
            assert.ok(!res.text.includes(MARK), `${method} ${place}: shown`);
            assert.notEqual(`${method} ${res.status}`, 'GET 200', place);
          }
        }
      }
      // And the right person gets in, also under another name of the place.
      const right = people.ana.jar.header(site.publicUrl);
      for (const place of ['/reports/show.cgi', '/%72eports/show.cgi',
        `http://127.0.0.1:${gw.port}/reports/show.cgi`]) {
        const res = await raw(gw, [`GET ${place} HTTP/1.1`,
          `Host: 127.0.0.1:${gw.port}`, 'Connection: close', `Cookie: ${right}`, '', ''].join('\r\n'));
        assert.equal(res.status, 200, place);
      }
    });
  }
});

test('too many permissions are left out whole, and that is said', async () => {
  for (const role of ['large1', 'large2', 'large3']) {
    const names = Array.from({ length: 30 },
      (_, i) => `p.${role}.${i}.${'x'.repeat(40)}`);
    await site.ctl('role', 'add', role,
      ...names.flatMap((name) => ['--permission', name]));
    await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'group',
      '--value', GROUPS.analysts, '--role', role, '--label', role);
  }
  for (const gw of GUARDS) {
    const { status, body } = await ask(gw, 'reports', people.ana);
    assert.equal(status, 200, gw.name);
    const lines = body.split('\n');
    const pre = gw.proxied ? 'HTTP_X_AUTH_REQUEST' : 'AUTH';
    assert.ok(lines.includes(`${pre}_OMITTED=${gw.proxied
      ? 'X-Auth-Request-Permissions' : 'AUTH_PERMISSIONS'}`), gw.name);
    assert.ok(lines.includes(`${pre}_ROLES=analyst,large1,large2,large3`), gw.name);
    assert.ok(!lines.some((line) => line.startsWith(`${pre}_PERMISSIONS=p`)));
  }
});

test('a page of the server in a protected place does not show variables',
  async () => {
    for (const gw of GUARDS.filter((g) => !g.proxied)) {
      const res = await ask(gw, all.url(gw, '/reports/none'), people.ana);
      assert.equal(res.status, 404, gw.name);
      // See apache-fcgid-checker.conf: it shows people who they are.
      if (gw.tag !== 'fc') assertNoVariables(res, gw.name);
    }
  });

/* One request to the second socket. role: 1 or 2. */
const speak = (role, params) => speakFcgi(all.authorizerPort, role, params);

describe('the authorizer, spoken to directly', () => {
  const cookie = (who) => ({ HTTP_COOKIE: who.jar.header(site.publicUrl) });
  const reports = { REQUEST_METHOD: 'GET',
    ROLEGATE_REQUIRE: 'permission:reports.read' };
  const checker = { FCGI_APACHE_ROLE: 'ACCESS_CHECKER',
    ROLEGATE_CHECKER: 'require-env' };

  test('the second socket serves authorizers only', async () => {
    for (const path of ['/auth/healthz', '/auth/login', '/auth/whoami']) {
      const { status, text } = await speak(1, { REQUEST_METHOD: 'GET',
        SCRIPT_NAME: path, ...cookie(people.ada) });
      assert.equal(status, 403, text);
    }
  });

  test('consent is a status and variables, and nothing else', async () => {
    const { status, names } = await speak(2, { ...reports, ...cookie(people.ana) });
    assert.equal(status, 200);
    assert.equal(names.shift(), 'Status');
    assert.ok(names.includes('Variable-AUTH_USER'));
    for (const name of names) assert.match(name, /^Variable-(AUTH_[A-Z]+|REMOTE_USER)$/);
  });

  test('what is required can only be understood or refused', async () => {
    const ask2 = async (require, who = people.ada) => (await speak(2, {
      REQUEST_METHOD: 'GET', ...(require === undefined ? {}
        : { ROLEGATE_REQUIRE: require }), ...cookie(who) })).status;
    assert.equal(await ask2(undefined), 200);
    assert.equal(await ask2(undefined, people.noa), 403);
    assert.equal(await ask2('role:user role:admin'), 200);
    assert.equal(await ask2('role:user role:admin', people.dev), 200);
    assert.equal(await ask2(''), 403);
    assert.equal(await ask2('  '), 403);
    for (const wrong of ['admin', 'role:', 'role:admin,', 'role=admin', 'Role:admin',
      'role:admin group:x', 'role:admin\trole:user']) {
      assert.ok([400, 403, 503].includes(await ask2(wrong)), wrong);
    }
    // A page's query is not rolegate's.
    const res = await speak(2, { ...reports, ...cookie(people.dev),
      QUERY_STRING: 'permission=x&role=user' });
    assert.equal(res.status, 403);
  });

  test('only a server that says so gets the 200 without a name', async () => {
    const ask3 = (more, who) => speak(2, { ...reports, ...more,
      ...(who ? cookie(who) : {}) });
    for (const more of [{}, { FCGI_APACHE_ROLE: 'ACCESS_CHECKER' },
      { ROLEGATE_CHECKER: 'require-env' },
      { ...checker, FCGI_APACHE_ROLE: 'AUTHENTICATOR' },
      { ...checker, ROLEGATE_CHECKER: 'yes' },
      { FCGI_APACHE_ROLE: 'ACCESS_CHECKER', HTTP_ROLEGATE_CHECKER: 'require-env' }]) {
      assert.equal((await ask3(more, people.dev)).status, 403);
    }
    const quiet = await ask3(checker, people.dev);
    assert.deepEqual(quiet.text, 'Status: 200 OK\r\n\r\n');
    assert.equal((await ask3(checker)).status, 401);
    assert.equal((await ask3({ ...checker, ROLEGATE_REQUIRE: 'nonsense' },
      people.dev)).status, 503);
    assert.match((await ask3(checker, people.ana)).text, /^Variable-AUTH_USER: /m);
  });

  test('the way back leads nowhere else', async () => {
    const to = async (uri) => (await speak(2, { ...reports, REQUEST_URI: uri,
      HTTP_ACCEPT: 'text/html' })).location;
    const login = (path) => `${site.publicUrl}/login?return_to=${
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

describe('without a rolegate that answers', () => {
  test('hung: nobody enters, and nobody waits for ever', async () => {
    // Those that spawn have a process by now, which stops like the others.
    all.hangPrograms();
    all.signal('SIGSTOP');
    try {
      await Promise.all(GATEWAYS.map(async (gw) => {
        const began = performance.now();
        const res = await ask(gw, 'reports', people.ana, { timeout: 40_000 });
        const ms = performance.now() - began;
        assertDenied(res, gw.name);
        assert.equal(res.status, gw.hung, gw.name);
        assert.ok(ms < ((gw.patience ?? 10) + 5) * 1000, `${gw.name}: ${Math.round(ms)} ms`);
      }));
    } finally {
      all.signal('SIGCONT');
    }
  });

  test('stopped: nobody enters', async () => {
    await all.takeAway();
    for (const gw of GATEWAYS) {
      for (const headers of [PROGRAM, BROWSER]) {
        const res = await ask(gw, 'reports', people.ana, { headers });
        assertDenied(res, gw.name);
        assert.equal(res.status, gw.down, gw.name);
      }
    }
  });

  // What servers make of an answer that rolegate never gives. Where one lets
  // everybody in, that is why rolegate says the status first, whatever happens.
  const plain = 'Content-Type: text/plain\r\n\r\nhello\n';
  const WRONG = {
    'no status': { answer: plain, open: ['lighttpd authorizer', 'nginx'] },
    'nothing at all': { answer: '', open: ['lighttpd authorizer'] },
    'Location without a status': { answer: 'Location: /elsewhere\r\n\r\n',
      open: ['lighttpd authorizer'] },
    'no header': { answer: 'this is no header at all',
      open: ['lighttpd authorizer'] },
    'only a line end': { answer: '\r\n',
      open: ['lighttpd authorizer', 'nginx'] },
    'status 500': { answer: `Status: 500 No\r\n${plain}`, open: [] },
    'a cut connection': { answer: 'die', open: [] },
    '200 without a word of who it is': { answer: `Status: 200 OK\r\n${plain}`,
      open: ['lighttpd authorizer', 'nginx'] },
  };
  test('the toy takes its place', () => all.startToy());
  for (const [name, { answer, open }] of Object.entries(WRONG)) {
    test(`an answer that is wrong: ${name}`, async () => {
      all.answer(answer);
      const shown = [];
      for (const gw of GUARDS) {
        const res = await ask(gw, 'reports', people.ana);
        assertNoVariables(res, gw.name);
        if (res.body.includes(MARK)) shown.push(gw.name);
        else assert.ok(res.status >= 300, `${gw.name}: ${res.status}`);
      }
      assert.deepEqual(shown, open);
    });
  }
});
