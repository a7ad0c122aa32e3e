// SPDX-License-Identifier: ISC
// Weaknesses that were found and mended, each held shut by a test.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';

let site;
before(async () => { site = await startSite(); });
after(() => site?.close());

test('one state is good for one request to the provider', async () => {
  const client = site.client();
  const back = await site.begin('dev', { client });
  const url = new URL(back.url);
  url.searchParams.set('code', 'junk');
  await site.idp.control('POST', '/counts/reset');
  const answers = [];
  for (let i = 0; i < 20; i += 1) {
    const res = await client.get(url.href);
    answers.push(res.status);
    assert.ok(res.status === 403 || res.status === 400, res.body);
  }
  assert.equal((await site.idp.counts()).token, 1);
  // And the real code of that state is worth nothing any more.
  assert.equal((await deliver(client, back)).status, 400);
  const rows = await site.audit('--event', 'sign_in.refused');
  assert.equal(rows.at(-1).detail.error, 'RG_E_LOGIN_REPLAYED');
});

test('two sessions of one person do not take turns in the audit', async () => {
  const before = await site.signIn('noa');
  await site.idp.person('noa', { groups: ['developers'] });
  const now = await site.signIn('noa');
  const rows = (await site.audit()).length;
  for (let i = 0; i < 10; i += 1) {
    assert.equal((await site.whoami(before)).status, 403);
    assert.equal((await site.whoami(now)).status, 200);
  }
  assert.equal((await site.audit()).length, rows);
  await site.idp.person('noa', { groups: [] });
});

test('a misspelt question is not answered with yes', async () => {
  const dev = await site.signIn('dev');
  assert.equal((await site.whoami(dev, '?role=user')).status, 200);
  for (const query of ['?roles=admin', '?Role=admin', '?permissions=x',
    '?role=user&rolle=admin', '?x']) {
    const res = await site.whoami(dev, query);
    assert.equal(res.status, 503, query);
    assert.equal(res.json().error, 'unavailable');
  }
  assert.equal((await site.whoami(site.client(), '?roles=admin')).status, 401);
});

/* rolegate as plain CGI, without a web server that changes headers. */
const cgi = (path, env = {}, args = []) => site.work.run(
  site.programs.rolegate, args, { env: { GATEWAY_INTERFACE: 'CGI/1.1',
    REQUEST_METHOD: 'GET', SCRIPT_NAME: `/auth${path}`,
    ROLEGATE_CONFIG: site.work.path('rolegate.conf'), ...env } });

test('headers are sent also when they are empty', async () => {
  const dev = await site.signIn('dev');
  const { stdout } = await cgi('/whoami',
    { HTTP_COOKIE: `rolegate=${dev.jar.get('rolegate')}` });
  assert.match(stdout, /^Status: 200 OK\r\n/);
  // The role user has no permissions.
  assert.match(stdout, /\r\nX-Auth-Request-Permissions: \r\n/);
});

test('signing out is not for other sites, sisters included', async () => {
  const dev = await site.signIn('dev');
  for (const from of ['cross-site', 'same-site']) {
    const res = await dev.get(site.url('/logout'),
      { headers: { 'sec-fetch-site': from } });
    assert.equal(res.headers.location, '/auth/me', from);
    assert.equal((await site.whoami(dev)).status, 200, from);
  }
  await dev.get(site.url('/logout'),
    { headers: { 'sec-fetch-site': 'same-origin' } });
  assert.equal((await site.whoami(dev)).status, 401);
});

test('what others send can not look like a field of the log', async () => {
  const client = site.client();
  const back = await site.begin('dev', { client });
  const url = new URL(back.url);
  url.searchParams.set('iss', '" event=sign_in.ok subject="ada');
  assert.equal((await client.get(url.href)).status, 403);
  const log = readFileSync(site.work.path('rolegate.log'), 'utf8');
  const line = log.split('\n').find((l) => l.includes('RG_E_ISS_PARAM'));
  assert.match(line, /detail="[^"]*"$/);
});

test('a query is no command line (RFC 3875, 4.4)', async () => {
  const { status, stdout } = await cgi('/healthz',
    { QUERY_STRING: '--help' }, ['--help']);
  assert.equal(status, 0);
  assert.match(stdout, /^Status: 200 OK\r\n/);
  assert.ok(!stdout.includes('Usage'));
});

test('a form_post ends the session that was there when it began', async () => {
  const other = await startSite({
    config: { 'provider.entra': { response_mode: 'form_post' } } });
  try {
    const dev = await other.signIn('dev');
    const old = dev.jar.copy();
    const back = await other.begin('dev', { client: dev });
    // A cross-site POST brings the transaction cookie only.
    dev.jar.delete('rolegate');
    assert.equal((await deliver(dev, back)).status, 303);
    assert.equal((await other.whoami(dev)).status, 200);
    assert.equal((await other.whoami(other.client({ jar: old }))).status, 401);
  } finally {
    await other.close();
  }
});

test('one person at two applications of one issuer is two principals',
  async () => {
    const two = await startSite();
    try {
      two.configure({ 'provider.entra2': { ...two.config['provider.entra'],
        label: 'Second' } });
      await two.restartRolegate();
      await two.ctl('map', 'add', '--provider', 'entra2', '--kind', 'app_role',
        '--value', 'auditor', '--role', 'admin');
      const at = (provider) => two.signIn('rob', { query: { provider } });
      const first = await at('entra');
      assert.equal((await two.whoami(first)).status, 403);
      const second = await at('entra2');
      assert.equal((await two.whoami(second)).json().is_admin, true);
      // The second sign-in must not lift the first session.
      assert.equal((await two.whoami(first)).status, 403);
      const ids = (await two.ctlJson('session', 'list')).map((s) => s.provider);
      assert.deepEqual(ids.sort(), ['entra', 'entra2']);
    } finally {
      await two.close();
    }
  });
