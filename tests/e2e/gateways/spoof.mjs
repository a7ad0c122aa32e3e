// SPDX-License-Identifier: ISC
// What a client says about itself, and how it spells an address.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GATEWAYS, MARK, OPEN, PROXIED } from '../lib/gateways.mjs';
import { GUARDS, raw, stage } from './stage.mjs';

/* Headers by which somebody is told who asks, or where from, in all spellings. */
const NAMES = [];
for (const name of ['X-Auth-Request-User', 'X-Auth-Request-Roles',
  'X-Auth-Request-Permissions', 'X-Auth-Request-Email', 'X-Auth-Request-Groups',
  'X-Auth-Request-Omitted', 'X-Auth-Request-Preferred-Username', 'Remote-User',
  'Remote-Groups', 'X-Forwarded-User', 'X-Forwarded-Groups', 'X-Forwarded-Email',
  'X-Forwarded-Preferred-Username', 'X-Forwarded-For', 'X-Forwarded-Host',
  'X-Forwarded-Proto']) {
  // Each "-" may be a "_"; programs see one variable for all of them.
  let spellings = [''];
  for (const part of name.split(/(-)/)) {
    spellings = spellings.flatMap((s) => (part === '-' ? [`${s}-`, `${s}_`]
      : [s + part]));
  }
  NAMES.push(...spellings, name.toLowerCase(),
    name.replaceAll('-', '_').toUpperCase(), name);
}
NAMES.push('Proxy', 'AUTH_USER', 'AUTH_ROLES', 'REMOTE_USER', 'Variable-AUTH_ROLES',
  'ROLEGATE_REQUIRE', 'ROLEGATE-REQUIRE', 'ROLEGATE_CHECKER', 'ROLEGATE_RESOURCE');
const EVIL = 'role:user,EVIL';
const CLAIMS = /^(HTTP_X_AUTH_REQUEST|HTTP_X_FORWARDED|REMOTE_|HTTP_REMOTE_|AUTH_|HTTP_PROXY=)/;

/* What a program shows that it was told, of what only rolegate may say. */
function assertNoClaims(text, what) {
  assert.ok(text.includes(MARK), `${what}: ${text}`);
  for (const line of text.split('\n')) {
    if (CLAIMS.test(line)) assert.ok(!line.includes('EVIL'), `${what}: ${line}`);
  }
}

/* A request whose path, version and lines are sent as they are. */
const request = (gw, { method = 'GET', place, version = '1.1', lines = [] }) =>
  raw(gw, [`${method} ${place} HTTP/${version}`, `Host: 127.0.0.1:${gw.port}`,
    'Connection: close', ...lines, '', ''].join('\r\n'));

const cookieOf = (login) => `Cookie: ${
  stage.people[login].jar.header(stage.site.publicUrl)}`;

const versions = (gw) => (gw.slow ? ['1.0'] : ['1.1', '1.0']);

/* In turns, since servers take 8 KB of headers. */
function* turns() {
  for (let i = 0; i < NAMES.length; i += 25) {
    yield NAMES.slice(i, i + 25).map((name) => `${name}: ${EVIL}`);
  }
}

describe("a client can't say who it is", () => {
  for (const gw of GUARDS) {
    test(gw.name, async () => {
      for (const version of ['1.1', '1.0']) {
        for (const lines of turns()) {
          const yes = await request(gw, { version, place: '/reports/show.cgi',
            lines: [...lines, cookieOf('ana')] });
          assert.equal(yes.status, 200, yes.text);
          assertNoClaims(yes.text, 'a program');
          const no = await request(gw, { version, place: '/admin/show.cgi',
            lines: [...lines, cookieOf('ana')] });
          assert.equal(no.status, 403, no.text);
          for (const method of ['GET', 'OPTIONS']) {
            const nobody = await request(gw, { method, version,
              place: '/reports/show.cgi', lines });
            assert.equal(nobody.status, 401, nobody.text);
          }
        }
      }
    });
  }

  for (const gw of GUARDS.filter((g) => ['fc', 'az'].includes(g.tag))) {
    test(`${gw.name}: a proxied application`, async () => {
      for (const lines of turns()) {
        const yes = await request(gw, { place: PROXIED,
          lines: [...lines, cookieOf('ana')] });
        assert.equal(yes.status, 200, yes.text);
        assertNoClaims(yes.text, 'proxied');
        assert.match(yes.text, /^HTTP_X_AUTH_REQUEST_ROLES=analyst$/m);
        const no = await request(gw, { place: PROXIED,
          lines: [...lines, cookieOf('dev')] });
        assert.equal(no.status, 403, no.text);
      }
    });
  }

  for (const gw of GATEWAYS.filter((g) => g.kind === 'asks' || g.proxied)) {
    test(`${gw.name}: other programs of the site`, async () => {
      const places = { nginx: [OPEN, `${OPEN}/own`, `${OPEN}/fcgi`], Caddy: [OPEN] };
      for (const lines of turns()) {
        for (const place of places[gw.name] ?? ['/open/show.cgi', OPEN]) {
          const res = await request(gw, { place, lines });
          assertNoClaims(res.text, place);
        }
      }
    });
  }

  for (const gw of GATEWAYS.filter((g) => g.kind === 'asks')) {
    test(gw.name, async () => {
      for (const version of versions(gw)) {
        for (const lines of turns()) {
          const me = await request(gw, { version, place: '/auth/whoami',
            lines: [...lines, cookieOf('ana')] });
          assert.equal(me.status, 200, me.text);
          assert.match(me.text, /"roles":\["analyst"\]/);
          assert.ok(!me.text.includes('EVIL'), me.text);
          const no = await request(gw, { version, place: '/auth/whoami?role=admin',
            lines: [...lines, cookieOf('ana')] });
          assert.equal(no.status, 403, no.text);
          const nobody = await request(gw, { version, place: '/auth/whoami', lines });
          assert.equal(nobody.status, 401, nobody.text);
        }
      }
    });

    test(`${gw.name}: every spelling of the question is one question`, async () => {
      for (const place of ['/auth/whoami?role=admin', '/%61uth/whoami?role=admin',
        '/auth/./whoami?role=admin', '/x/../auth/whoami?role=admin',
        '//auth/whoami?role=admin', '/auth//whoami?role=admin',
        '/auth/whoami?%72ole=admin', '/auth/whoami?role=%61dmin',
        '/auth/whoami?role=admin&x=y', '/auth/whoami%3Frole=admin',
        `http://127.0.0.1:${gw.port}/auth/whoami?role=admin`,
        'http://evil.example/auth/whoami?role=admin'].slice(0, gw.slow ? 4 : 99)) {
        for (const method of gw.slow ? ['GET'] : ['GET', 'HEAD', 'OPTIONS', 'POST', 'FOO']) {
          for (const version of versions(gw)) {
            const is = async (...lines) => (await request(gw,
              { method, place, version, lines })).status;
            const what = `${method} ${place}`;
            const ada = await is(cookieOf('ada'));
            // Either it is the question, or it is nothing at all.
            if (ada === 200 && method !== 'OPTIONS') {
              assert.equal(await is(cookieOf('ana')), 403, what);
              assert.equal(await is(), 401, what);
            } else if (method !== 'OPTIONS') {
              assert.ok(ada >= 400, `${what}: ${ada}`);
              assert.ok(await is(cookieOf('ana')) >= 400, what);
              assert.ok(await is() >= 400, what);
            } else {
              const res = await request(gw,
                { method, place, version, lines: [cookieOf('ana')] });
              assert.ok(!res.text.includes('"roles"'), what);
            }
          }
        }
      }
    });
  }
});

describe('servers that guard', () => {
  for (const gw of GUARDS) {
    test(`${gw.name}: the query is the page's own`, async () => {
      for (const query of ['?a=b', '?role=analyst', '?role=user&role=admin',
        '?permission=reports.read', '?token=1', '?claims=1', '?role=', '?%00']) {
        const is = async (place, ...lines) => (await request(gw,
          { place: `/${place}/show.cgi${query}`, lines })).status;
        // Some servers take no such query at all.
        if (query === '?%00' && await is('reports', cookieOf('ana')) === 400) continue;
        assert.equal(await is('reports', cookieOf('ana')), 200, query);
        assert.equal(await is('admin', cookieOf('ana')), 403, query);
        assert.equal(await is('reports', cookieOf('dev')), 403, query);
        assert.equal(await is('reports'), 401, query);
      }
    });

    test(`${gw.name}: every spelling of an address is one address`, async () => {
      const cookie = stage.people.dev.jar.header(stage.site.publicUrl);
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
      const right = stage.people.ana.jar.header(stage.site.publicUrl);
      for (const place of ['/reports/show.cgi', '/%72eports/show.cgi',
        `http://127.0.0.1:${gw.port}/reports/show.cgi`]) {
        const res = await raw(gw, [`GET ${place} HTTP/1.1`,
          `Host: 127.0.0.1:${gw.port}`, 'Connection: close', `Cookie: ${right}`, '', ''].join('\r\n'));
        assert.equal(res.status, 200, place);
      }
    });
  }
});
