// SPDX-License-Identifier: ISC
// The HTTP edge through real web servers: methods, paths, limits, headers, and
// who gets a page and who gets JSON.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { send } from './lib/http.mjs';
import { startSite } from './lib/site.mjs';

const METHODS = {
  '/': 'GET, HEAD', '/login': 'GET, HEAD', '/callback': 'GET, HEAD, POST',
  '/whoami': 'GET, HEAD', '/me': 'GET, HEAD', '/logout': 'GET, HEAD, POST',
  '/signed-out': 'GET, HEAD', '/healthz': 'GET, HEAD', '/readyz': 'GET, HEAD',
  '/rolegate.css': 'GET, HEAD', '/rolegate.svg': 'GET, HEAD',
  '/.well-known/oauth-protected-resource': 'GET, HEAD',
};

function assertSafe(res, what) {
  const { headers } = res;
  assert.equal(headers['x-content-type-options'], 'nosniff', what);
  assert.equal(headers['referrer-policy'], 'no-referrer', what);
  const csp = headers['content-security-policy'];
  assert.match(csp, /default-src 'none'/, what);
  assert.match(csp, /frame-ancestors 'none'/, what);
  assert.doesNotMatch(csp, /unsafe|script-src/, what);
  if (!/rolegate\.(css|svg)/.test(what)) {
    assert.match(headers['cache-control'], /no-store/, what);
  }
}

for (const server of ['lighttpd', 'apache']) {
  describe(`behind ${server}`, () => {
    let site;
    before(async () => { site = await startSite({ server }); });
    after(() => site?.close());
    const ask = (path, init) => site.client().ask(site.url(path), init);

    test('each address takes its methods and no others', async () => {
      for (const [path, allow] of Object.entries(METHODS)) {
        for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS',
          'PATCH']) {
          const res = await ask(path, { method });
          const what = `${method} ${path}`;
          if (allow.split(', ').includes(method)) {
            assert.ok(![404, 405, 500, 501].includes(res.status),
              `${what}: ${res.status}`);
          } else {
            assert.equal(res.status, 405, what);
            assert.equal(res.headers.allow, allow, what);
          }
          assertSafe(res, what);
        }
      }
      const trace = await ask('/whoami', { method: 'TRACE' });
      assert.equal(trace.status, 405);
    });

    test('HEAD is GET without the body', async () => {
      const dev = await site.signIn('dev');
      for (const path of ['/whoami', '/me', '/healthz', '/login']) {
        const get = await dev.get(site.url(path));
        const head = await dev.ask(site.url(path), { method: 'HEAD' });
        assert.equal(head.status, get.status);
        assert.equal(head.body, '');
        assert.equal(head.headers['content-type'], get.headers['content-type']);
      }
    });

    test('other addresses are not there', async () => {
      for (const path of ['/nothing', '/whoami/', '/whoami/x',
        '/WHOAMI', '/.git', '/rolegate.conf', '/whoami%00', '/login;x']) {
        const res = await ask(path);
        assert.ok([400, 404].includes(res.status), `${path}: ${res.status}`);
      }
      const outside = await site.client().get(
        `http://127.0.0.1:${site.port}/authwhoami`);
      assert.equal(outside.status, 404);
    });

    test('too much of anything is refused, and the next request works',
      async () => {
        const big = (n) => 'x'.repeat(n);
        const form = { 'content-type': 'application/x-www-form-urlencoded' };
        const cases = [
          ['/whoami?a=', { query: big(8100) }], ['/whoami?a=', { query: big(20_000) }],
          ['/callback', { method: 'POST', headers: form, body: `code=${big(60_000)}` }],
          ['/callback', { method: 'POST', headers: form, body: `code=${big(70_000)}` }],
          ['/callback', { method: 'POST', headers: form, body: big(300_000) }],
          ['/callback', { method: 'POST', body: '{}',
            headers: { 'content-type': 'application/json' } }],
          ['/callback', { method: 'POST', body: 'state=a',
            headers: { 'content-type': 'multipart/form-data; boundary=x' } }],
          ['/login?prompt=x', {}], [`/login?login_hint=${big(300)}`, {}],
          ['/login?provider=a&provider=b', {}], ['/login?return_to=/a&return_to=/b', {}],
          ['/login?prompt=%0a', {}], ['/login?return_to=%00', {}],
        ];
        for (const [path, { query = '', ...init }] of cases) {
          const res = await ask(path + query, init).catch((err) => err);
          // A server may refuse by itself, or cut the line while we write.
          const fine = res instanceof Error
            ? ['EPIPE', 'ECONNRESET'].includes(res.code)
            : (res.status >= 400 && res.status < 500) || res.status === 401
              || (server === 'apache' && res.status === 500
                && (init.body?.length ?? 0) > 1179648);
          assert.ok(fine, `${path.slice(0, 40)}: ${res.status ?? res}`);
        }
        assert.equal((await ask('/healthz')).status, 200);
      });

    test('many and large cookies of others do no harm', async () => {
      const dev = await site.signIn('dev');
      for (let i = 0; i < 40; i += 1) {
        dev.jar.set(site.publicUrl, `other${i}`, 'y'.repeat(100));
      }
      assert.equal((await site.whoami(dev)).status, 200);
      for (const junk of ['a; b=; =c; ;;', 'rolegate', '$Version=1', '"=";']) {
        const res = await site.whoami(dev, '', { headers: {
          cookie: `${junk}; rolegate=${dev.jar.get('rolegate')}` } });
        assert.equal(res.status, 200, junk);
      }
    });

    test('cookies that another host of the domain can set keep nobody out',
      async () => {
        const dev = await site.signIn('dev');
        const mine = `rolegate=${dev.jar.get('rolegate')}`;
        for (const name of ['c', 'rolegat', '__Host-other']) {
          const others = Array.from({ length: 300 }, (_, i) => `${name}${i}=1; `);
          const cookie = others.join('') + mine;
          const res = await site.whoami(dev, '', { headers: { cookie } });
          assert.equal(res.status, 200, name);
        }
      });

    test('/whoami answers 503 to what it cannot read, never 400', async () => {
      const dev = await site.signIn('dev');
      const many = `?${'role=user&'.repeat(65)}`;
      for (const method of ['GET', 'HEAD']) {
        const res = await dev.ask(site.url(`/whoami${many}`), { method });
        assert.equal(res.status, 503);
        assert.equal(res.headers['retry-after'], '10');
        assert.match(res.headers['content-type'], /^application\/json/);
        if (method === 'GET') assert.equal(res.json().error, 'unavailable');
      }
      const post = await dev.ask(site.url(`/whoami${many}`), { method: 'POST' });
      assert.equal(post.status, 405);
      assert.equal(post.headers.allow, 'GET, HEAD');
      // Elsewhere it is the client's mistake.
      assert.equal((await dev.get(site.url(`/login${many}`))).status, 400);
    });

    test('a browser gets a page, a program JSON, with the same reference',
      async () => {
        const page = await ask('/login?return_to=//evil',
          { headers: { accept: 'text/html' } });
        assert.match(page.headers['content-type'], /^text\/html; charset=utf-8/);
        assert.match(page.body, /<h1>/);
        for (const headers of [{ accept: 'application/json' },
          { accept: '*/*' }, {}]) {
          const res = await send(site.url('/login?return_to=//evil'),
            { headers });
          assert.equal(res.status, 400);
          assert.deepEqual(Object.keys(res.json()).sort(),
            ['error', 'message', 'request_id']);
          assert.equal(res.json().error, 'bad_return_to');
        }
        // /whoami is JSON for everybody.
        const who = await ask('/whoami', { headers: { accept: 'text/html' } });
        assert.match(who.headers['content-type'], /^application\/json/);
      });

    test('what a client claims about itself is not believed', async () => {
      const dev = await site.signIn('dev');
      const headers = {
        'x-auth-request-user': 'admin', 'x-forwarded-user': 'admin',
        'x-forwarded-host': 'evil.example', forwarded: 'for=1.2.3.4',
        'x-forwarded-for': '1.2.3.4', 'x-real-ip': '1.2.3.4', host: 'evil.example',
        rolegate_require: 'role:user', 'rolegate-require': 'role:user',
        remote_user: 'admin', 'x-original-url': '/healthz',
      };
      const res = await site.whoami(dev, '', { headers });
      assert.deepEqual(res.json().roles, ['user']);
      const login = await dev.get(site.url('/login'), { headers });
      assert.ok(!login.headers.location.includes('evil'));
      await site.client().get(site.url('/callback'), { headers });
      const [row] = (await site.audit('--event', 'sign_in.refused')).slice(-1);
      assert.equal(row.client, '127.0.0.1');
    });

    test('a bearer token that is none is refused, also beside a session',
      async () => {
        const dev = await site.signIn('dev');
        for (const [authorization, error, status] of [
          ['Bearer x', 'invalid_token', 401], ['bearer a.b.c', 'invalid_token', 401],
          ['Bearer', 'invalid_request', 400]]) {
          const res = await site.whoami(dev, '', { headers: { authorization } });
          assert.equal(res.status, status);
          assert.match(res.headers['www-authenticate'],
            new RegExp(`^Bearer error="${error}"`));
        }
        const basic = await site.whoami(dev, '',
          { headers: { authorization: 'Basic eDp5' } });
        assert.equal(basic.status, 200);
      });

    test('health, readiness, and whom we ask', async () => {
      assert.equal((await ask('/healthz')).json().status, 'ok');
      assert.equal((await ask('/readyz')).json().status, 'ok');
      const meta = (await ask('/.well-known/oauth-protected-resource')).json();
      assert.equal(meta.resource, site.publicUrl);
      // No audiences are configured: nobody could come with a token.
      assert.deepEqual(meta.bearer_methods_supported, []);
      assert.equal(meta.authorization_servers, undefined);
      const css = await ask('/rolegate.css');
      assert.match(css.headers['content-type'], /^text\/css/);
    });
  });
}

test('the server may demand a role with ROLEGATE_REQUIRE', async () => {
  const site = await startSite({ more: `server.modules += ( "mod_setenv" )
$REQUEST_HEADER["X-Which"] == "u" { setenv.add-environment = (
  "ROLEGATE_REQUIRE" => "role:admin permission:reports.read" ) }
$REQUEST_HEADER["X-Which"] == "bad" { setenv.add-environment = (
  "ROLEGATE_REQUIRE" => "admin" ) }
` });
  try {
    const status = async (login, which) => (await site.whoami(
      await site.signIn(login), '', { headers: { 'x-which': which } })).status;
    assert.equal(await status('dev', ''), 200);
    assert.equal(await status('dev', 'u'), 403);
    assert.equal(await status('ana', 'u'), 200);
    assert.equal(await status('ada', 'u'), 200);
    assert.equal(await status('ada', 'bad'), 503, 'not understood, not allowed');
    // nginx, which asks like this, can't take 400.
    const malformed = async (which) => (await site.whoami(site.client(), '', {
      headers: { 'x-which': which, authorization: 'Bearer' } })).status;
    assert.equal(await malformed('u'), 401);
    assert.equal(await malformed(''), 400);
  } finally {
    await site.close();
  }
});

test('ROLEGATE_REQUIRE holds through the internal redirects of Apache', async () => {
  const site = await startSite({ server: 'apache', more: `
LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so
RewriteEngine on
<Location /once>
RewriteEngine on
RewriteRule .* /auth/whoami [E=ROLEGATE_REQUIRE:role:admin]
</Location>
<Location /twice>
RewriteEngine on
RewriteRule .* /again [E=ROLEGATE_REQUIRE:role:admin]
</Location>
<Location /again>
RewriteEngine on
RewriteRule .* /auth/whoami
</Location>
<Location /same>
RewriteEngine on
RewriteRule .* /again [E=ROLEGATE_REQUIRE:role:user]
SetEnvIf Request_URI . ROLEGATE_REQUIRE=role:user
</Location>
<Location /both>
RewriteEngine on
RewriteRule .* /auth/whoami [E=ROLEGATE_REQUIRE:role:user,E=BOTH:1]
</Location>
SetEnvIf REDIRECT_BOTH 1 ROLEGATE_REQUIRE=role:admin
` });
  try {
    const base = new URL(site.publicUrl).origin;
    const dev = await site.signIn('dev');
    const ada = await site.signIn('ada');
    const ask = async (who, path) => (await who.json(base + path)).status;
    assert.equal((await site.whoami(dev)).status, 200);
    for (const path of ['/once', '/twice']) {
      assert.equal(await ask(dev, path), 403, path);
      assert.equal(await ask(ada, path), 200, path);
    }
    assert.equal(await ask(dev, '/same'), 200);
    // Two requirements: which one holds is not guessed.
    assert.equal(await ask(dev, '/both'), 503);
    assert.equal(await ask(ada, '/both'), 503);
  } finally {
    await site.close();
  }
});

const record = (type, id, data = '') => {
  const body = Buffer.from(data, 'latin1');
  return Buffer.concat([Buffer.from(
    [1, type, id >> 8, id & 255, body.length >> 8, body.length & 255, 0, 0]), body]);
};

/* What comes back on a connection to rolegate's socket until it is closed. */
const speak = (path, ...records) => new Promise((resolve, reject) => {
  const socket = connect(path, () => socket.write(Buffer.concat(records)));
  const chunks = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('close', () => resolve(Buffer.concat(chunks)));
  socket.on('error', (err) => (err.code === 'ECONNRESET' ? null : reject(err)));
});

test('FastCGI records that no web server sends never reach libfcgi', async () => {
  const site = await startSite({ server: 'none' });
  try {
    const values = (n) => record(9, 0, '\x0e\0FCGI_MAX_CONNS'.repeat(n));
    const begin = record(1, 1, '\0\x01\0\0\0\0\0\0');
    const rest = [record(4, 1, '\x0b\x0dSCRIPT_NAME/auth/healthz'
      + '\x0e\x03REQUEST_METHODGET'), record(4, 1), record(5, 1)];
    for (let i = 0; i < 5; i += 1) {
      for (const n of [1, 4, 50]) {
        for (const all of [[values(n), begin, ...rest],
          [begin, values(n), ...rest],
          [begin, ...rest.slice(0, 2), values(n), ...rest.slice(2)]]) {
          assert.equal((await speak(site.work.socket, ...all)).length, 0);
        }
      }
      const answer = await speak(site.work.socket, begin, ...rest);
      assert.match(answer.toString('latin1'), /Status: 200 /);
    }
    const log = readFileSync(site.work.path('rolegate.log'), 'utf8');
    assert.match(log, /fcgi\.refused reason="management record"/);
    assert.doesNotMatch(log, /worker\.end/);
  } finally {
    await site.close();
  }
});
