// SPDX-License-Identifier: ISC
// What MCP (revision 2026-07-28, "Authorization") demands of a server that
// takes tokens, shown behind each web server that can guard one: RFC 9728
// metadata, RFC 6750 challenges, audiences, and no token that goes further.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { GATEWAYS, Gateways, MARK } from './lib/gateways.mjs';
import { send } from './lib/http.mjs';
import { CLIENT_ID } from './lib/idp.mjs';
import { serverUser } from './lib/programs.mjs';
import { startSite } from './lib/site.mjs';
import { freePort } from './lib/wait.mjs';

const GUARDS = GATEWAYS.filter((gw) => gw.kind === 'guards');
const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const SCOPES = 'mcp.read mcp.call';
let site, all, resource;

/* A token of the provider; see POST /access-token in tests/idp/README.md. */
async function token(what) {
  const made = await site.idp.control('POST', '/access-token',
    { audience: resource, login: 'ana', groups: true, scope: SCOPES, ...what });
  return made.token;
}

const ask = (gw, authorization, { path = '/reports/show.cgi', ...init } = {}) =>
  send(all.url(gw, path), { ...init, headers: { accept: 'application/json',
    ...(authorization === undefined ? {} : { authorization }), ...init.headers } });

/* The parameters of the one Bearer challenge of an answer. */
function challenge(res, what) {
  const value = res.headers['www-authenticate'];
  assert.match(value ?? '', /^Bearer [a-z_]+="/, `${what}: ${res.status} ${value}`);
  assert.equal(value.split('Bearer').length, 2, `${what}: ${value}`);
  return Object.fromEntries([...value.matchAll(/([a-z_]+)="([^"]*)"/g)]
    .map(([, name, text]) => [name, text]));
}

before(async () => {
  const authorizerPort = await freePort();
  const port = await freePort();
  resource = `http://127.0.0.1:${port}/reports`;
  site = await startSite({ user: serverUser(), port, config: {
    rolegate: { listen_authorizer: `127.0.0.1:${authorizerPort}` },
    'provider.entra': { audiences: `${resource} api://${CLIENT_ID}`,
      required_scopes: SCOPES },
    'resource.mcp': { url: resource, name: 'Reports', scopes: SCOPES,
      audiences: resource } } });
  await site.signIn('noa'); // so that keys are at hand
  all = new Gateways(site, { authorizerPort });
  await all.start();
});
after(async () => {
  all?.close();
  await site?.close();
});

test('the metadata is where a client looks for it, behind each server', async () => {
  for (const gw of GATEWAYS) {
    // With the path of the resource, and at the root of the site.
    for (const path of [`${WELL_KNOWN}/reports`, WELL_KNOWN]) {
      const res = await send(all.url(gw, path));
      assert.equal(res.status, 200, `${gw.name} ${path}: ${res.body}`);
      assert.match(res.headers['content-type'], /^application\/json/);
      assert.deepEqual(res.json(), { resource, resource_name: 'Reports',
        authorization_servers: [site.idp.issuer],
        scopes_supported: SCOPES.split(' '),
        bearer_methods_supported: ['header'] }, gw.name);
    }
    const own = await send(all.url(gw, `${WELL_KNOWN}/auth`));
    assert.equal(own.json().resource, site.publicUrl, gw.name);
    for (const path of [`${WELL_KNOWN}/other`, `${WELL_KNOWN}-x`]) {
      assert.equal((await send(all.url(gw, path))).status, 404, `${gw.name} ${path}`);
    }
  }
});

for (const gw of GUARDS) {
  // mod_fcgid makes 401 of every refusal of an access checker.
  const checker = gw.tag === 'fc';

  describe(gw.name, () => {
    test('nobody is told where the metadata is, and which scopes', async () => {
      const res = await ask(gw);
      assert.equal(res.status, 401);
      const said = challenge(res, gw.name);
      assert.deepEqual(said, { scope: SCOPES,
        resource_metadata: `${new URL(resource).origin}${WELL_KNOWN}/reports` });
    });

    test('a good token gets in, and stops there', async () => {
      const good = await token();
      for (const path of ['/reports/show.cgi', '/reports/show.cgi/more']) {
        const res = await ask(gw, `Bearer ${good}`, { path });
        assert.equal(res.status, 200, res.body);
        assert.ok(res.body.includes(MARK));
        assert.match(res.body, /ROLES=analyst$/m);
        assert.ok(!res.body.includes(good), 'the token went through');
        assert.doesNotMatch(res.body, /HTTP_AUTHORIZATION=./);
        assert.equal(res.headers['www-authenticate'], undefined);
      }
      // Nor does one beside a session.
      const ana = await site.signIn('ana');
      const res = await ask(gw, 'Basic eDp5',
        { headers: { cookie: ana.jar.header(site.publicUrl) } });
      assert.equal(res.status, 200);
      assert.ok(!res.body.includes('eDp5'));
    });

    test('a token for another audience does not, also not later', async () => {
      const other = await token({ audience: `api://${CLIENT_ID}` });
      for (let i = 0; i < 4; i += 1) {
        const res = await ask(gw, `Bearer ${other}`);
        assert.equal(res.status, 401, res.body);
        assert.equal(challenge(res).error, 'invalid_token');
        assert.equal((await ask(gw, `Bearer ${await token()}`)).status, 200);
      }
      const foreign = await ask(gw, `Bearer ${await token({ audience: 'api://x' })}`);
      assert.equal(foreign.status, 401);
    });

    test('too few scopes: 403 with the whole set', async () => {
      const res = await ask(gw, `Bearer ${await token({ scope: 'mcp.read' })}`);
      assert.equal(res.status, 403, res.body);
      assert.ok(!res.body.includes(MARK));
      const said = challenge(res, gw.name);
      assert.equal(said.error, 'insufficient_scope');
      assert.equal(said.scope, SCOPES);
      assert.match(said.resource_metadata, /\/reports$/);
    });

    test('the wrong role is 403 and no matter of tokens', async () => {
      const res = await ask(gw, `Bearer ${await token({ login: 'dev' })}`);
      assert.equal(res.status, 403);
      assert.equal(res.headers['www-authenticate'], undefined);
    });

    test('a malformed token: 400', async () => {
      const good = await token();
      for (const text of ['Bearer', 'Bearer @', `Bearer ${good} x`, `Bearer ${good},`]) {
        const res = await ask(gw, text);
        assert.equal(res.status, checker ? 401 : 400, `${text}: ${res.body}`);
        assert.equal(challenge(res, text).error, 'invalid_request');
      }
    });

    test('a token in the query is none', async () => {
      const good = await token();
      const path = `/reports/show.cgi?access_token=${good}`;
      const res = await ask(gw, undefined, { path });
      assert.ok([400, 401].includes(res.status), res.body);
      assert.ok(!res.body.includes(MARK));
      const log = readFileSync(site.rolegate.log, 'utf8');
      assert.ok(!log.includes(good.split('.')[2]));
    });
  });
}
