// SPDX-License-Identifier: ISC
// Ways to sign in, and where one ends up.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CLIENT_ID } from './lib/idp.mjs';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';

const VARIANTS = [
  { name: 'response_mode query, client_secret_basic', provider: {} },
  { name: 'form_post, client_secret_post, iss, at the root', prefix: '',
    idpArgs: ['--rfc9207'],
    provider: { response_mode: 'form_post', client_auth: 'post',
      client_id: `${CLIENT_ID}-post` } },
  { name: 'form_post behind apache', server: 'apache',
    provider: { response_mode: 'form_post' } },
  { name: 'iss, userinfo and a longer prefix behind lighttpd',
    prefix: '/x/auth.v1', idpArgs: ['--rfc9207'], provider: { userinfo: 'yes' } },
];

for (const { name, provider, ...options } of VARIANTS) {
  test(name, async () => {
    const site = await startSite({ ...options,
      config: { 'provider.entra': provider } });
    try {
      const back = await site.begin('dev', { returnTo: '/deep/page' });
      assert.equal(Boolean(back.fields), provider.response_mode === 'form_post');
      const dev = await site.signIn('dev', { returnTo: '/deep/page' });
      assert.equal(new URL(dev.landed).pathname, '/deep/page');
      const res = await site.whoami(dev);
      assert.deepEqual(res.json().roles, ['user']);
      assert.equal((await dev.get(site.url('/me'))).status, 200);
    } finally {
      await site.close();
    }
  });
}

describe('one site', () => {
  let site;
  before(async () => { site = await startSite(); });
  after(() => site?.close());

  test('the authorization request asks for a code, with PKCE', async () => {
    const client = site.client();
    const res = await client.get(site.url(
      '/login?login_hint=dev%40contoso.example&domain_hint=c&prompt=login'));
    assert.equal(res.status, 303);
    const to = new URL(res.headers.location);
    const q = Object.fromEntries(to.searchParams);
    assert.equal(to.origin, new URL(site.idp.issuer).origin);
    assert.equal(q.response_type, 'code');
    assert.equal(q.client_id, CLIENT_ID);
    assert.equal(q.redirect_uri, site.url('/callback'));
    assert.equal(q.code_challenge_method, 'S256');
    assert.match(q.code_challenge, /^[\w-]{43}$/);
    assert.match(q.state, /^[\w-]{43}$/);
    assert.match(q.nonce, /^[\w-]{43}$/);
    assert.equal(q.login_hint, 'dev@contoso.example');
    assert.equal(q.domain_hint, 'c');
    assert.equal(q.prompt, 'login');
    assert.match(q.scope, /\bopenid\b/);
    const [cookie] = client.jar.all();
    assert.ok(cookie.httpOnly && cookie.sameSite === 'Lax');
    assert.ok(cookie.ends <= Date.now() + 600_000);
    assert.ok(!cookie.value.includes(q.state));
    const again = await client.get(site.url('/login'));
    const other = new URL(again.headers.location).searchParams;
    for (const key of ['state', 'nonce', 'code_challenge']) {
      assert.notEqual(other.get(key), q[key]);
    }
  });

  for (const good of ['/', '/a', '/a/b?c=d&e=%2F%2Fx', '/%C3%A4', '/a:b@c']) {
    test(`return_to ${good} is honoured`, async () => {
      const dev = await site.signIn('dev', { returnTo: good });
      assert.equal(dev.landed, new URL(good, site.publicUrl).href);
    });
  }

  for (const evil of ['https://evil.example/', '//evil.example/', '/\\evil',
    '\\\\evil.example', 'evil', '', '/a\r\nX: y', '/%0d%0aX:y', '/a\tb', '/ä',
    '///evil', '/.//evil.example', '/a/../..//evil.example', 'javascript:1',
    ' /a', '/%5cevil.example', '/%2f%2fevil.example']) {
    test(`return_to ${JSON.stringify(evil)} leads nowhere else`, async () => {
      const client = site.client();
      const res = await client.get(site.url(`/login?${
        new URLSearchParams({ return_to: evil })}`));
      if (res.status === 303) {
        // Taken for a path: then a browser must stay on this site with it.
        const dev = await site.signIn('dev', { returnTo: evil });
        assert.equal(new URL(dev.landed).origin, new URL(site.publicUrl).origin);
        return;
      }
      assert.equal(res.status, 400);
      assert.equal(client.jar.all().length, 0);
    });
  }

  test('return_to never leads back into a sign-in or sign-out (bug 22)', async () => {
    for (const loop of ['/login', '/logout?x', '/callback', '/signed-out']) {
      const dev = await site.signIn('dev',
        { returnTo: `${site.prefix}${loop}` });
      assert.equal(dev.landed, site.url('/me'));
    }
  });

  test('who cancels at the provider is told so, and may try again', async () => {
    const client = site.client();
    const back = await site.begin('', { client, returnTo: '/app' });
    const res = await deliver(client, back);
    assert.equal(res.status, 403);
    assert.match(res.body, /declined/);
    assert.ok(res.body.includes('return_to=%2Fapp'), 'a link to try again');
    const [row] = (await site.audit('--event', 'sign_in.refused')).slice(-1);
    assert.equal(row.detail.error, 'RG_E_DECLINED');
    assert.equal(row.detail.detail,
      'access_denied AADSTS65004: the person declined to consent');
    assert.equal(row.client, '127.0.0.1');
    assert.ok(res.body.includes(row.request_id), 'the reference leads there');
  });
});

test('a role that somebody lacks is on record, under the reference shown',
  async () => {
    const site = await startSite();
    try {
      const noa = await site.signIn('noa'); // in no group
      const page = await noa.get(site.url('/me'),
        { headers: { accept: 'text/html' } });
      assert.equal(page.status, 403);
      const shown = async (body) => {
        const rows = (await site.audit('--event', 'access.refused'))
          .filter((row) => body.includes(row.request_id));
        assert.equal(rows.length, 1, body);
        const found = await site.audit('--request', rows[0].request_id);
        assert.deepEqual(found, rows);
        return rows[0];
      };
      const row = await shown(page.body);
      const signIn = (await site.audit('--event', 'sign_in.ok')).at(-1);
      assert.equal(row.subject, signIn.subject);
      assert.equal(row.detail.error, 'RG_E_NO_ROLE');
      assert.deepEqual(row.detail.roles, []);
      // At the API: what was needed.
      const dev = await site.signIn('dev');
      const api = await dev.json(site.url('/api/mappings'));
      assert.equal(api.status, 403);
      const { detail } = await shown(api.body);
      assert.equal(detail.error, 'RG_E_INSUFFICIENT_ROLE');
      assert.equal(detail.needed, 'mappings.read');
      assert.deepEqual(detail.roles, ['user']);
      // Nobody fills the audit by reloading; others have room.
      for (let i = 0; i < 25; i += 1) {
        assert.equal((await noa.get(site.url('/me'))).status, 403);
      }
      const of = async (subject) => (await site.audit('--event',
        'access.refused', '--subject', subject)).length;
      assert.equal(await of(signIn.subject), 20);
      assert.equal((await dev.json(site.url('/api/mappings'))).status, 403);
      assert.equal((await site.audit('--event', 'access.refused')).length, 22);
    } finally {
      await site.close();
    }
  });

test('with two providers one chooses', async () => {
  const site = await startSite();
  try {
    const { tenant, ...second } = site.config['provider.entra'];
    site.configure({ 'provider.second': { ...second, type: 'oidc',
      issuer: 'http://127.0.0.1:9', label: 'Fabrikam & <Sons>' } });
    await site.restartRolegate();
    const client = site.client();
    const page = await client.get(site.url('/login?return_to=%2Fapp%3Fa%3Db'));
    assert.equal(page.status, 200);
    assert.ok(page.body.includes('Contoso'));
    assert.ok(page.body.includes('Fabrikam &amp; &lt;Sons&gt;'));
    assert.equal(client.jar.all().length, 0, 'nothing begun yet');
    const links = [...page.body.matchAll(/href="([^"]*login\?[^"]*)"/g)]
      .map(([, href]) => new URL(href.replaceAll('&amp;', '&'), page.url));
    assert.equal(links.length, 2);
    assert.equal(links[1].searchParams.get('return_to'), '/app?a=b');
    const dev = await site.signIn('dev', {
      query: Object.fromEntries(links[0].searchParams) });
    const res = await site.whoami(dev);
    assert.deepEqual(res.json().roles, ['user']);
    const unknown = await client.get(site.url('/login?provider=none'));
    assert.equal(unknown.status, 400);
    assert.match(unknown.body, /unknown_provider/);
    const curl = await client.json(site.url('/login'));
    assert.equal(curl.status, 400);
  } finally {
    await site.close();
  }
});
