// SPDX-License-Identifier: ISC
// A ContextForge gateway that believes a header (lib/contextforge.mjs), behind
// nginx and Caddy with the files of cgi/servers/: whoever the header names is
// whom rolegate names, whatever a client sends.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startContextForge } from './lib/contextforge.mjs';
import { SERVERS, serverUser } from './lib/programs.mjs';
import { nginxTemp } from './lib/servers.mjs';
import { startSite } from './lib/site.mjs';
import { freePort, untilListens } from './lib/wait.mjs';

const SETTINGS = { MCP_CLIENT_AUTH_ENABLED: 'false', TRUST_PROXY_AUTH: 'true',
  TRUST_PROXY_AUTH_DANGEROUSLY: 'true' };
const PLATFORM_ADMIN = 'noa@contoso.example';

function snippet(site, gateway, tag, name) {
  const text = readFileSync(join(SERVERS, name), 'utf8')
    .replaceAll('/run/rolegate/rolegate.sock', site.work.socket)
    .replaceAll('127.0.0.1:4444', `127.0.0.1:${gateway.port}`);
  return site.work.write(`${tag}.${name}`, text);
}

async function nginx(site, gateway, port) {
  const { work } = site;
  const main = work.write('nginx.main.conf', `
daemon off;
worker_processes 1;
pid ${work.path('nginx.pid')};
error_log ${work.path('nginx.error.log')} info;
events {}
http {
  access_log off;
  ${nginxTemp(work, 'nginx')}
  server {
    listen 127.0.0.1:${port};
    include ${snippet(site, gateway, 'nginx', 'nginx-contextforge.conf')};
  }
}
`);
  return work.spawn('nginx', '/usr/sbin/nginx', ['-e', 'stderr', '-c', main]);
}

async function caddy(site, gateway, port) {
  const { work } = site;
  const main = work.write('caddy.main.conf', `{
	admin off
	auto_https off
}
import ${snippet(site, gateway, 'caddy', 'Caddyfile-contextforge')}
http://:${port} {
	bind 127.0.0.1
	import rolegate_contextforge
}
`);
  return work.spawn('caddy', '/usr/bin/caddy',
    ['run', '--adapter', 'caddyfile', '--config', main], { env: {
      XDG_DATA_HOME: work.dir, XDG_CONFIG_HOME: work.dir } });
}

for (const [name, start] of [['nginx', nginx], ['caddy', caddy]]) {
  describe(`behind ${name}`, { concurrency: false }, () => {
    let gateway;
    let site;
    const at = (path) => new URL(path, site.publicUrl).href;
    before(async () => {
      gateway = await startContextForge({
        env: { ...SETTINGS, PLATFORM_ADMIN_EMAIL: PLATFORM_ADMIN } });
      for (const login of ['ana', 'dev']) gateway.addUser(`${login}@contoso.example`);
      gateway.addUser('ada@contoso.example', { is_admin: true });
      const port = await freePort();
      site = await startSite({ server: 'none', port, user: serverUser(), config: {
        contextforge: { platform_admin_email: PLATFORM_ADMIN } } });
      const web = await start(site, gateway, port);
      await untilListens(web, { port, host: '127.0.0.1' });
    });
    after(async () => {
      await site?.close();
      await gateway?.close();
    });

    test('the gateway is told who it is', async () => {
      const ana = await site.signIn('ana');
      const res = await ana.json(at('/v1/whoami'));
      assert.equal(res.status, 200, res.body);
      assert.deepEqual(res.json(), { email: 'ana@contoso.example',
        is_admin: false, roles: [] });
    });

    test('a stranger does not reach it: 401, or to sign-in for a browser', async () => {
      gateway.seen();
      const client = site.client();
      assert.equal((await client.json(at('/v1/whoami'))).status, 401);
      const page = await client.get(at('/v1/whoami'), {
        headers: { accept: 'text/html' } });
      assert.equal(page.status, 302);
      assert.match(page.headers.location, /\/auth\/login\?return_to=/);
      assert.deepEqual(gateway.seen(), []);
    });

    test('what a client says about itself arrives nowhere', async () => {
      const ana = await site.signIn('ana');
      for (const header of ['X-Authenticated-User', 'x-authenticated-user',
        'X_Authenticated_User', 'X-Authenticated_User', 'X-AUTHENTICATED-USER']) {
        for (const client of [ana, site.client()]) {
          const res = await client.json(at('/v1/whoami'),
            { headers: { [header]: 'ada@contoso.example' } });
          if (client === ana) assert.equal(res.json().email, 'ana@contoso.example');
          else assert.equal(res.status, 401, header);
        }
      }
    });

    test('whoever has no role here does not reach it', async () => {
      await site.idp.person('dev', { groups: [] });
      const dev = await site.signIn('dev');
      gateway.seen();
      assert.equal((await dev.json(at('/v1/whoami'))).status, 403);
      assert.deepEqual(gateway.seen(), []);
    });

    test('the platform administrator\'s address is an administrator\'s only (bug 25)', async () => {
      await site.idp.person('dev', { groups: ['developers'],
        email: PLATFORM_ADMIN.toUpperCase() });
      const dev = await site.signIn('dev');
      const who = await dev.json(site.url('/whoami'));
      assert.equal(who.status, 200);
      assert.equal(who.headers['x-authenticated-user'], '');
      const res = await dev.json(at('/v1/whoami'));
      assert.ok([401, 403].includes(res.status), `${res.status}`);
      await site.idp.person('dev', { email: 'dev@contoso.example' });
      await site.signIn('dev');

      await site.idp.person('noa', { groups: ['admins'] });
      const noa = await site.signIn('noa');
      assert.equal((await noa.json(at('/v1/whoami'))).json().is_admin, true);
      await site.idp.person('noa', { groups: [] });
    });

    test('no account there, or a disabled one: the gateway says 401', async () => {
      await site.idp.person('rob', { groups: ['developers'] });
      const rob = await site.signIn('rob');
      assert.match((await rob.json(at('/v1/whoami'))).body, /not found in database/);
      gateway.addUser('rob@contoso.example', { is_active: false });
      assert.match((await rob.json(at('/v1/whoami'))).body, /disabled/);
    });

    test('with one of the three settings missing the header is air', async () => {
      const ana = await site.signIn('ana');
      for (const missing of Object.keys(SETTINGS)) {
        const { [missing]: value } = gateway.env;
        delete gateway.env[missing];
        assert.equal((await ana.json(at('/v1/whoami'))).status, 401, missing);
        gateway.env[missing] = value;
      }
    });

    test('the gateway\'s own ways in are closed, ours is open', async () => {
      gateway.seen();
      const ana = await site.signIn('ana');
      for (const path of ['/v1/auth/sso/login/entra', '/v1/auth/login',
        '/v1/auth/email/login']) {
        assert.equal((await ana.json(at(path))).status, 404, path);
      }
      assert.deepEqual(gateway.seen(), []);
      assert.equal((await site.client().get(site.url('/login'))).status, 303);
    });

    test('neither our cookie nor a client\'s token is passed on', async () => {
      const seen = [];
      const original = gateway.answer.bind(gateway);
      gateway.answer = (req, ...rest) => {
        seen.push(req.headers);
        return original(req, ...rest);
      };
      const ana = await site.signIn('ana');
      await ana.json(at('/v1/whoami'), { headers: { authorization: 'Basic eDp5' } });
      gateway.answer = original;
      assert.equal(seen.length, 1);
      assert.equal(seen[0].cookie, undefined);
      assert.equal(seen[0].authorization, undefined);
    });
  });
}
