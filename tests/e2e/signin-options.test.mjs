// SPDX-License-Identifier: ISC
// What /login can be asked for, what the provider is told, and that its answer
// is held against it: step-up, max_age, claims challenges, silent sign-in, and
// which provider where there are several.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { speakFcgi } from './lib/fcgi.mjs';
import { assertRefusalAudited, assertRefusalPage } from './lib/refusal.mjs';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';
import { freePort } from './lib/wait.mjs';

const CHALLENGE = { access_token: { acrs: { essential: true, value: 'c7' } } };
const challenge = (claims) => ({ error: 'interaction_required',
  error_codes: [50076], error_description: 'AADSTS50076: x', claims });

describe('with a provider that does as it is told to', { concurrency: 1 }, () => {
  let site;
  let port;
  before(async () => {
    port = await freePort();
    site = await startSite({ idp: 'hostile', config: { rolegate: {
      audit_refusals: 100_000, listen_authorizer: `127.0.0.1:${port}` } } });
    const { issuer, client_id: id, client_secret_file: file } =
      site.config['provider.entra'];
    await site.restartRolegate({ 'provider.plain': { type: 'oidc', issuer,
      client_id: id, client_secret_file: file, prompt: 'consent' },
    'provider.strict': { type: 'entra', issuer, client_id: id,
      tenant: site.config['provider.entra'].tenant, client_secret_file: file,
      prompt: 'select_account', domain_hint: 'contoso.example',
      max_age: '10m' } });
  });
  after(() => site?.close());

  /* A sign-in as far as it goes; `claims` is what the ID token says. */
  async function attempt(query = {}, claims = {}, behave = {}) {
    await site.idp.behave(behave.name ?? 'ok', { claims, ...behave });
    await site.idp.control('POST', '/seen/reset');
    const client = site.client();
    const back = await site.begin(undefined, { client, returnTo: '/app',
      query: { provider: 'entra', ...query } });
    const res = back.res ?? await deliver(client, back);
    const seen = await site.idp.control('GET', '/seen');
    return { client, res, seen, asked: seen.authorize[0] };
  }

  async function assertSignedIn({ client, res }) {
    assert.equal(res.status, 303, res.body);
    assert.equal(res.headers.location, '/app');
    return (await site.whoami(client)).json();
  }

  async function assertRefused({ client, res }, cause) {
    assertRefusalPage(res, cause, { jar: client.jar });
    await assertRefusalAudited(site, res, cause);
  }

  test('nothing is asked for by itself', async () => {
    const tried = await attempt();
    const me = await assertSignedIn(tried);
    for (const name of ['prompt', 'login_hint', 'domain_hint', 'claims',
      'acr_values', 'max_age']) assert.equal(tried.asked[name], undefined, name);
    assert.equal(me.session.acrs, undefined);
  });

  test('hints are passed on, but no hint for what is to be chosen', async () => {
    let { asked } = await attempt({ login_hint: 'ada', domain_hint: 'x.example',
      prompt: 'login' });
    assert.equal(asked.login_hint, 'ada');
    assert.equal(asked.domain_hint, 'x.example');
    assert.equal(asked.prompt, 'login');
    ({ asked } = await attempt({ login_hint: 'ada', prompt: 'select_account' }));
    assert.equal(asked.login_hint, undefined);
    assert.equal(asked.prompt, 'select_account');
  });

  test('a provider\'s defaults, and what a link may change', async () => {
    const fresh = { auth_time: { now: -5 } };
    let { asked } = await attempt({ provider: 'strict' }, fresh);
    assert.equal(asked.prompt, 'select_account');
    assert.equal(asked.domain_hint, 'contoso.example');
    assert.equal(asked.max_age, '600');
    ({ asked } = await attempt({ provider: 'strict', prompt: 'login',
      domain_hint: 'organizations', max_age: '60' }, fresh));
    assert.equal(asked.prompt, 'login');
    assert.equal(asked.domain_hint, 'organizations');
    assert.equal(asked.max_age, '60');
    ({ asked } = await attempt({ provider: 'strict', max_age: '99999999' }, fresh));
    assert.equal(asked.max_age, '600', 'never weaker than configured');
    // What was configured is checked though the link says nothing of it.
    await assertRefused(await attempt({ provider: 'strict' },
      { auth_time: { now: -700 } }), 'RG_E_AUTH_TIME_OLD');
  });

  test('step-up: asked for, shown, and kept with the session', async () => {
    const tried = await attempt({ step_up: 'c1' }, { acrs: ['c1', 'c3'],
      amr: ['pwd', 'mfa'] });
    assert.deepEqual(JSON.parse(tried.asked.claims),
      { id_token: { acrs: { essential: true, value: 'c1' } } });
    assert.equal(tried.asked.acr_values, undefined);
    assert.deepEqual((await assertSignedIn(tried)).session.acrs, ['c1', 'c3']);
  });

  test('step-up: a token without the context is refused', async () => {
    for (const acrs of [null, [], ['c2'], ['c11'], 'c2', ['C1'], { c1: true }]) {
      await assertRefused(await attempt({ step_up: 'c1' }, { acrs }),
        'RG_E_STEP_UP');
    }
    // amr or an acr of another kind says nothing about it.
    await assertRefused(await attempt({ step_up: 'c1' }, { amr: ['c1'], acr: '1' }),
      'RG_E_STEP_UP');
  });

  test('step-up elsewhere is acr_values and acr', async () => {
    const query = { provider: 'plain', step_up: 'urn:example:gold' };
    const tried = await attempt(query, { acr: 'urn:example:gold' });
    assert.equal(tried.asked.acr_values, 'urn:example:gold');
    assert.equal(tried.asked.claims, undefined);
    assert.equal(tried.asked.prompt, 'consent', 'the default');
    assert.equal(tried.res.status, 303);
    await assertRefused(await attempt(query, { acr: 'urn:example:silver' }),
      'RG_E_STEP_UP');
    await assertRefused(await attempt(query), 'RG_E_STEP_UP');
  });

  test('max_age: auth_time is required and recent', async () => {
    await assertSignedIn(await attempt({ max_age: '60' },
      { auth_time: { now: -60 } }));
    await assertSignedIn(await attempt({ max_age: '0' },
      { auth_time: { now: -5 } }));
    await assertRefused(await attempt({ max_age: '60' }), 'RG_E_AUTH_TIME_MISSING');
    await assertRefused(await attempt({ max_age: '60' },
      { auth_time: { now: -125 } }), 'RG_E_AUTH_TIME_OLD');
    await assertRefused(await attempt({ max_age: '60' },
      { auth_time: { now: 125 } }), 'RG_E_AUTH_TIME_FUTURE');
    await assertSignedIn(await attempt({}, { auth_time: { now: -86400 } }));
  });

  test('what can\'t be asked for is refused at once', async () => {
    for (const query of [{ step_up: 'c0' }, { step_up: 'c100' }, { step_up: 'C1' },
      { step_up: 'c1"}' }, { step_up: '' }, { step_up: 'urn:x' },
      { step_up: 'x'.repeat(65) }, { max_age: '-1' }, { max_age: '1e9' },
      { max_age: ' 1' }, { max_age: '' }, { max_age: '999999999' },
      { prompt: 'none login' }, { prompt: 'create' }]) {
      const { res, seen } = await attempt(query);
      assert.equal(res.status, 400, JSON.stringify(query));
      assert.equal(seen.counts.authorize, 0);
    }
    const twice = await site.client().get(site.url(
      '/login?provider=entra&step_up=c1&step_up=c2'));
    assert.equal(twice.status, 400);
  });

  test('a claims challenge sends the person back once', async () => {
    await site.idp.behave('token-error-asked',
      { answer: challenge(JSON.stringify(CHALLENGE)) });
    await site.idp.control('POST', '/seen/reset');
    const client = site.client();
    const first = await site.begin(undefined, { client, returnTo: '/app',
      query: { provider: 'entra', step_up: 'c1' } });
    const cookies = client.jar.all().map((c) => c.name);
    const again = await deliver(client, first);
    assert.equal(again.status, 303);
    const asked = new URL(again.headers.location).searchParams;
    assert.deepEqual(JSON.parse(asked.get('claims')), { ...CHALLENGE,
      id_token: { acrs: { essential: true, value: 'c1' } } });
    const before = new URL(first.url).searchParams;
    assert.notEqual(asked.get('state'), before.get('state'));
    assert.equal(client.jar.get('rolegate'), undefined);
    assert.equal(client.jar.all().length, 1, 'one transaction, the new one');
    assert.ok(!cookies.includes(client.jar.all()[0].name));
    // This time it is content, and what was asked for at first still holds.
    await site.idp.behave('ok', { claims: { acrs: ['c1', 'c7'] } });
    const back = await client.get(again.headers.location);
    const done = await client.get(back.headers.location);
    assert.equal(done.headers.location, '/app');
    assert.deepEqual((await site.whoami(client)).json().session.acrs,
      ['c1', 'c7']);
    // The answer of the first transaction is worth nothing any more.
    const replay = await client.get(first.url);
    assert.equal(replay.status, 400);
  });

  test('a provider that is never content sends nobody in circles', async () => {
    await site.idp.behave('token-error-asked',
      { answer: challenge(JSON.stringify(CHALLENGE)) });
    await site.idp.control('POST', '/seen/reset');
    const client = site.client();
    const first = await site.begin(undefined, { client,
      query: { provider: 'entra' } });
    const again = await deliver(client, first);
    const back = await client.get(again.headers.location);
    const end = await client.get(back.headers.location);
    await assertRefused({ client, res: end }, 'RG_E_MFA');
    const { counts } = await site.idp.control('GET', '/seen');
    assert.equal(counts.authorize, 2);
    assert.equal(counts.token, 2);
  });

  test('a challenge that is none is an error like any other', async () => {
    for (const claims of [undefined, '', 'x', '[]', '{}{}', { a: 1 },
      '{"a":1,"a":2}', `{"a":"${'x'.repeat(1100)}"}`]) {
      await assertRefused(await attempt({}, {}, { name: 'token-error-asked',
        answer: challenge(claims) }), 'RG_E_MFA');
    }
    await assertRefused(await attempt({}, {}, { name: 'token-error-asked',
      answer: { error: 'invalid_grant', claims: JSON.stringify(CHALLENGE) } }),
    'RG_E_GRANT');
    // Only the token endpoint, over a connection of ours, can ask for it.
    await assertRefused(await attempt({}, {}, { name: 'error-asked', answer: {
      error: 'interaction_required', claims: JSON.stringify(CHALLENGE) } }),
    'RG_E_INTERACTION');
  });

  describe('a requirement on top of the role', () => {
    const ask = async (who, query) => {
      const res = await site.whoami(who, query);
      return [res.status, res.json().error];
    };
    const speak = (who, require, more = {}) => speakFcgi(port, 2, {
      REQUEST_METHOD: 'GET', ROLEGATE_REQUIRE: require, REQUEST_URI: '/pay?x=1',
      HTTP_ACCEPT: 'text/html', HTTP_COOKIE: who.jar.header(site.publicUrl),
      ...more });
    let strong;
    let weak;
    before(async () => {
      strong = (await attempt({ step_up: 'c1' }, { acrs: ['c1'] })).client;
      weak = (await attempt()).client;
    });

    test('at /whoami', async () => {
      const INSUFFICIENT = [403, 'insufficient_authentication'];
      assert.deepEqual(await ask(strong, '?acrs=c1'), [200, undefined]);
      assert.deepEqual(await ask(strong, '?acrs=c1&role=admin'), [200, undefined]);
      assert.deepEqual(await ask(strong, '?acrs=c2'), INSUFFICIENT);
      assert.deepEqual(await ask(weak, '?acrs=c1'), INSUFFICIENT);
      assert.deepEqual(await ask(weak, '?acrs=c1&role=admin'), INSUFFICIENT);
      assert.deepEqual(await ask(strong, '?acrs=c1&role=other'),
        [403, 'insufficient_role']);
      for (const wrong of ['?acrs=', '?acrs=c1&acrs=c1', '?acrs=c%201']) {
        assert.equal((await ask(strong, wrong))[0], 503, wrong);
      }
    });

    test('at a place that a web server protects', async () => {
      assert.equal((await speak(strong, 'acrs:c1')).status, 200);
      assert.equal((await speak(strong, 'role:admin acrs:c1')).status, 200);
      assert.equal((await speak(strong, 'role:other acrs:c1')).status, 403);
      for (const wrong of ['acrs:', 'acrs:c1 acrs:c2', 'acrs:c1"']) {
        const { status, names } = await speak(strong, wrong);
        assert.equal(status, 503, wrong);
        assert.ok(!names.includes('Variable-AUTH_USER'));
      }
      // A program is told, a person is sent to prove more.
      const program = await speak(weak, 'role:admin acrs:c1',
        { HTTP_ACCEPT: 'application/json' });
      assert.equal(program.status, 403);
      assert.match(program.text, /insufficient_authentication/);
      assert.equal((await speak(weak, 'acrs:c1',
        { REQUEST_METHOD: 'POST' })).status, 403);
      const { status, location, names } = await speak(weak, 'role:admin acrs:c1');
      assert.equal(status, 302);
      assert.ok(!names.some((name) => name.startsWith('Variable-')));
      const url = new URL(location);
      assert.equal(url.origin + url.pathname, site.url('/login'));
      assert.deepEqual(Object.fromEntries(url.searchParams),
        { step_up: 'c1', provider: 'entra', return_to: '/pay?x=1' });
    });

    test('the way there and back', async () => {
      await site.idp.behave('ok', { claims: { acrs: ['c1'] } });
      const person = (await attempt()).client;
      await site.idp.behave('ok', { claims: { acrs: ['c1'] } });
      const { location } = await speak(person, 'acrs:c1');
      let res = await person.get(location);
      res = await person.get(res.headers.location);
      res = await person.get(res.headers.location);
      assert.equal(res.headers.location, '/pay?x=1');
      assert.equal((await speak(person, 'acrs:c1')).status, 200);
    });

    test('at the place of a server that only knows 401 and 403', async () => {
      const refused = (who, require, more = {}) => speakFcgi(
        { path: site.work.socket }, 1, { SCRIPT_NAME: '/auth/refused',
          REQUEST_METHOD: 'GET', REDIRECT_STATUS: '403', ROLEGATE_REQUIRE: require,
          REQUEST_URI: '/pay?x=1&y=2', HTTP_ACCEPT: 'text/html',
          HTTP_COOKIE: who.jar.header(site.publicUrl), ...more });
      const { status, location } = await refused(weak, 'role:admin acrs:c1');
      assert.equal(status, 302);
      assert.deepEqual(Object.fromEntries(new URL(location).searchParams),
        { step_up: 'c1', provider: 'entra', return_to: '/pay?x=1&y=2' });
      // What the server has refused stays refused, whatever rolegate would say.
      for (const more of [{}, { REDIRECT_STATUS: '401' }, { REQUEST_METHOD: 'PUT' },
        { HTTP_ACCEPT: '*/*' }]) {
        const { status: still, text } = await refused(strong, 'acrs:c1', more);
        assert.equal(still, 403, text);
      }
      // Nobody comes here by themselves.
      for (const more of [{ REDIRECT_STATUS: '200' },
        { REDIRECT_STATUS: '', HTTP_REDIRECT_STATUS: '403' }]) {
        assert.equal((await refused(weak, 'acrs:c1', more)).status, 404);
      }
    });

    test('Apache\'s checker makes a plain refusal of it', async () => {
      const { text } = await speak(weak, 'acrs:c1',
        { FCGI_APACHE_ROLE: 'ACCESS_CHECKER', ROLEGATE_CHECKER: 'require-env' });
      assert.equal(text, 'Status: 200 OK\r\n\r\n');
    });
  });
});

describe('with a real provider', { concurrency: 1 }, () => {
  let site;
  before(async () => {
    site = await startSite();
    const { issuer, client_id: id, client_secret_file: file } =
      site.config['provider.entra'];
    await site.restartRolegate({ 'provider.second': { type: 'oidc', issuer,
      client_id: id, client_secret_file: file, label: 'Fabrikam' } });
  });
  after(() => site?.close());

  const providerOf = (client) => client.jar.get('rolegate-provider');
  const signIn = (login, query) => site.signIn(login, { query });

  test('prompt=none without a session there: a page, and a way on', async () => {
    const client = site.client();
    const back = await site.begin(undefined, { client, returnTo: '/app?x=1',
      query: { provider: 'entra', prompt: 'none' } });
    const res = await deliver(client, back);
    assertRefusalPage(res, 'RG_E_INTERACTION', { jar: client.jar });
    const row = await assertRefusalAudited(site, res, 'RG_E_INTERACTION');
    assert.equal(row.detail.detail, 'login_required');
    const href = /class="button" href="([^"]*)">Sign in</.exec(res.body)[1]
      .replace(/&amp;/g, '&');
    assert.equal(href, `${site.prefix}/login?return_to=%2Fapp%3Fx%3D1`);
  });

  test('prompt=none with a session there signs in unasked', async () => {
    const client = await signIn('ana', { provider: 'entra' });
    const back = await site.begin(undefined, { client, returnTo: '/app',
      query: { provider: 'entra', prompt: 'none' } });
    const res = await deliver(client, back);
    assert.equal(res.headers.location, '/app');
  });

  test('max_age=0 makes the provider ask again', async () => {
    const client = await signIn('ana', { provider: 'entra' });
    const silent = await site.begin(undefined, { client,
      query: { provider: 'entra', prompt: 'none', max_age: '0' } });
    const refused = await deliver(client, silent);
    assert.match(refused.body, /interaction_required/);
    await site.signIn('ana', { client, query: { provider: 'entra', max_age: '0' } });
    assert.equal((await site.whoami(client)).status, 200);
  });

  test('people choose once; the browser remembers until they sign out',
    async () => {
      const client = site.client();
      const chooser = await client.get(site.url(
        '/login?return_to=/app&max_age=60&login_hint=ana'));
      assert.equal(chooser.status, 200);
      const links = [...chooser.body.matchAll(/href="([^"]*\/login\?[^"]*)"/g)]
        .map(([, href]) => new URL(href.replace(/&amp;/g, '&'), site.publicUrl)
          .searchParams);
      assert.deepEqual(links.map((q) => q.get('provider')), ['entra', 'second']);
      for (const q of links) {
        assert.equal(q.get('return_to'), '/app');
        assert.equal(q.get('max_age'), '60');
        assert.equal(q.get('login_hint'), 'ana');
      }
      assert.doesNotMatch(chooser.body, /used last/);
      await site.signIn('ana', { client, query: { provider: 'second' } });
      const { sameSite, httpOnly, value } = client.jar.all()
        .find((c) => c.name === 'rolegate-provider');
      assert.deepEqual([sameSite, httpOnly, value], ['Lax', true, 'second']);
      // From now on straight there, unless asked to choose.
      assert.equal((await client.get(site.url('/login'))).status, 303);
      const again = await client.get(site.url('/login?choose=1'));
      assert.equal(again.status, 200);
      assert.match(again.body, /Fabrikam\u2069<\/a> <span class="note">used last/);
      // The link decides, and the latest sign-in is what is remembered.
      await site.signIn('ana', { client, query: { provider: 'entra' } });
      assert.equal(providerOf(client), 'entra');
      await client.get(site.url('/logout'));
      assert.equal(providerOf(client), undefined);
      assert.equal((await client.get(site.url('/login'))).status, 200);
    });

  test('what is remembered is a hint, and nothing else', async () => {
    for (const value of ['nobody', 'ENTRA', '', 'entra2']) {
      const client = site.client();
      client.jar.set(site.publicUrl, 'rolegate-provider', value);
      const res = await client.get(site.url('/login'));
      assert.equal(res.status, 200, value);
    }
    // A program is not sent to a place that it did not name.
    const client = site.client();
    client.jar.set(site.publicUrl, 'rolegate-provider', 'entra');
    assert.equal((await client.json(site.url('/login'))).status, 400);
    assert.equal((await site.whoami(client)).status, 401);
  });

  test('an error page leads to the other providers', async () => {
    const client = site.client();
    const back = await site.begin('', { client, returnTo: '/app',
      query: { provider: 'second' } });
    const res = await deliver(client, back);
    assert.match(res.body, /login\?choose=1&amp;return_to=%2Fapp">Sign in another way</);
  });
});

test('a prompt that lets nobody in is refused at start', async () => {
  const site = await startSite({ server: 'tools' });
  try {
    for (const [change, about] of [[{ prompt: 'none' }, /prompt/],
      [{ max_age: '91d' }, /max_age/], [{ prompt: 'login consent' }, /prompt/]]) {
      site.configure({ 'provider.entra': { prompt: null, max_age: null,
        ...change } });
      const { status, stderr } = await site.ctlRaw(['config', 'check']);
      assert.notEqual(status, 0);
      assert.match(stderr, about);
    }
  } finally {
    await site.close();
  }
});
