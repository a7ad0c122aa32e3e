// SPDX-License-Identifier: ISC
// Every wrong that tests/idp/hostile.mjs can do, done to a real installation:
// who is signed in, who is not, what the person sees, what is on record, and
// that the next honest sign-in works.
//
// The modules of the OpenID Foundation's relying party plans (Basic, Config,
// Form Post, RP-initiated logout) that each behaviour stands for. They are
// named in the titles of the tests: [module]. In the Form Post plan the modules
// of the Basic plan run again with response_mode=form_post: (form).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listBehaviours } from '../idp/behaviours.mjs';
import { CLIENT_ID } from './lib/idp.mjs';
import { assertRefusalAudited, assertRefusalPage, referenceOf,
} from './lib/refusal.mjs';
import { deliver } from './lib/signin.mjs';
import { GROUPS, startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';

const T = 'oidcc-client-test';
const BASIC = {
  ok: [T, `${T}-idtoken-sig-rs256`, `${T}-scope-userinfo-claims`,
    `${T}-client-secret-basic`],
  'invalid-iss': [`${T}-invalid-iss`],
  'missing-sub': [`${T}-missing-sub`],
  'invalid-aud': [`${T}-invalid-aud`],
  'missing-iat': [`${T}-missing-iat`],
  'kid-absent-single': [`${T}-kid-absent-single-jwks`],
  'kid-absent-multiple': [`${T}-kid-absent-multiple-jwks`],
  'sig-none': [`${T}-idtoken-sig-none`],
  'invalid-sig': [`${T}-invalid-sig-rs256`],
  'userinfo-invalid-sub': [`${T}-userinfo-invalid-sub`],
  'nonce-invalid': [`${T}-nonce-invalid`],
};
const CONFIG = {
  ok: [`${T}-discovery-openid-config`],
  'jwks-uri-changes': [`${T}-discovery-jwks-uri-keys`],
  'discovery-issuer-mismatch': [`${T}-discovery-issuer-mismatch`],
  'sig-none': [`${T}-idtoken-sig-none`],
  'key-rotation-before-signing':
    [`${T}-signing-key-rotation-just-before-signing`],
  'key-rotation-between': [`${T}-signing-key-rotation`],
};
const FORM_POST = { ...BASIC, 'form-post-error': [`${T}-form-post-error`] };
const LOGOUT = {
  ok: ['oidcc-client-test-rp-init-logout'],
  'logout-other-state': ['oidcc-client-test-rp-init-logout-other-state'],
  'logout-no-state': ['oidcc-client-test-rp-init-logout-no-state'],
};

// Where OpenID leaves the choice, and for rows with more than one honest
// cause: what rolegate does.
const CHOICE = {
  'kid-absent-multiple': ['refuse', 'RG_E_KID_MISSING'],
  'code-empty': ['refuse', 'RG_E_CODE_MISSING'],
  'error-and-code': ['refuse', 'RG_E_CODE_MISSING'],
  'error-with-nul': ['refuse', 'RG_E_REQ_MALFORMED'],
};
// Documents like these are good as far as anybody can tell, and are kept.
const LINGERS = ['jwks-alg-other', 'jwks-issuer-other', 'kid-absent-single',
  'iss-param-ok', 'iss-param-wrong', 'iss-param-missing-though-advertised'];

const behaviours = new Map(listBehaviours().map((row) => [row.name, row]));
const touches = (row, ...parts) => parts.some((p) => row.touches.includes(p));
// Start with an empty cache for what touches discovery or keys.
const needsFresh = (row) => touches(row, 'discovery', 'keys', 'start',
  'beforeSigning');

/* What a behaviour must come to for a provider of the configuration. */
function demand(row, provider) {
  const asks = ['info', 'form'].includes(provider);
  let [expect, cause] = CHOICE[row.name] ?? [row.expect, row.cause];
  if (row.name === 'userinfo-invalid-sub') expect = asks ? 'refuse' : 'sign-in';
  if (row.entra && provider !== 'entra') {
    [expect, cause] = row.plain ? ['refuse', row.plain] : ['sign-in', null];
  }
  // A wrong discovery, or a wrong way back, ends it before the code is used.
  const redeems = expect === 'sign-in'
    || !touches(row, 'discovery', 'callback');
  return { expect, cause, tokenRequests: redeems ? 1 : 0 };
}

const mapped = (provider) => [['admins', 'admin'], ['analysts', 'analyst']].map(
  ([group, role]) => ['map', 'add', '--provider', provider, '--kind', 'group',
    '--value', GROUPS[group], '--role', role],
);

/* One installation with the hostile provider, known under four names. */
class Lane {
  async start() {
    const other = { type: 'oidc', tenant: null, timeout: '2s' };
    this.site = await startSite({
      idp: 'hostile',
      config: { rolegate: { workers: 2, audit_refusals: 100_000 },
        'provider.entra': { timeout: '2s' } },
      setup: [['role', 'add', 'analyst', '--permission', 'reports.read'],
        ...mapped('entra')],
      // Else lighttpd itself would refuse the line breaks of some rows.
      more: 'server.http-parseopts = ( "url-ctrls-reject" => "disable" )',
    });
    const entra = this.site.config['provider.entra'];
    const base = { ...entra, ...other };
    await this.site.restartRolegate({
      'provider.plain': base,
      'provider.info': { ...base, userinfo: 'yes',
        scope: 'openid profile email phone address' },
      'provider.form': { ...base, response_mode: 'form_post', userinfo: 'yes',
        scope: 'openid profile email phone address' },
    });
    for (const name of ['plain', 'info', 'form']) {
      for (const command of mapped(name)) await this.site.ctl(...command);
    }
    this.secrets = new Set();
  }

  /* Afterwards nothing secret may be in a log. */
  async close() {
    if (!this.site) return;
    const log = this.site.work.read('rolegate.log')
      + this.site.work.read('lighttpd.access.log');
    assert.doesNotMatch(log, /eyJ[\w-]{20}/, 'a token in a log');
    for (const secret of this.secrets) {
      assert.ok(!log.includes(secret), 'a code, state or cookie in a log');
    }
    await this.site.close();
  }

  /* As if this provider had just been configured. */
  async forgetDocuments() {
    const { site } = this;
    await site.rolegate.stop();
    await sql(site.config.rolegate.database, 'DELETE FROM documents');
    await site.startRolegate();
  }

  seen() {
    return this.site.idp.control('GET', '/seen');
  }

  /* One sign-in as far as it goes: {client, res, back, secrets}. */
  async attempt(provider, { login = 'ada', client = this.site.client() } = {}) {
    const back = await this.site.begin(undefined, {
      client, returnTo: '/app', query: { provider, login_hint: login },
    });
    const given = back.fields
      ?? Object.fromEntries(new URL(back.url ?? 'x:').searchParams);
    const secrets = [given.code, given.state, ...client.jar.all()
      .map((cookie) => cookie.value)].filter((text) => text?.length > 15);
    const res = back.res ?? await deliver(client, back);
    for (const text of [...secrets, client.jar.get('rolegate')]) {
      if (text) this.secrets.add(text);
    }
    return { client, res, secrets };
  }

  async assertSignedIn({ client, res }, roles = ['admin']) {
    assert.equal(res.status, 303, `${res.status} ${referenceOf(res)}: ${
      this.site.work.read('rolegate.log').split('\n').slice(-6).join('\n')}`);
    const who = await this.site.whoami(client);
    assert.equal(who.status, roles.length > 0 ? 200 : 403);
    if (who.status === 200) assert.deepEqual(who.json().roles, roles);
  }

  async assertRefused({ client, res, secrets }, cause) {
    assertRefusalPage(res, cause, { jar: client.jar, secrets });
    assert.equal((await this.site.whoami(client)).status, 401);
    await assertRefusalAudited(this.site, res, cause);
  }

  /* The whole of one row: the wrong, and then an honest sign-in. */
  async run(row, provider, { login, roles } = {}) {
    const { idp } = this.site;
    const { expect, cause, tokenRequests } = demand(row, provider);
    // Keys must not differ from those that an earlier row left in the cache.
    if (needsFresh(row)) await this.forgetDocuments();
    await idp.behave(row.name);
    await idp.control('POST', '/seen/reset');
    const tried = await this.attempt(provider, { login });
    const seen = await this.seen();
    if (expect === 'sign-in') await this.assertSignedIn(tried, roles);
    else await this.assertRefused(tried, cause);
    assert.equal(seen.counts.trap, 0, 'followed where it must not');
    assert.equal(seen.counts.token, tokenRequests, 'token requests');
    for (const request of seen.token) {
      assert.equal(request.method, 'client_secret_basic');
      assert.ok(!request.headers.includes('cookie'));
    }
    await idp.behave('ok');
    if (LINGERS.includes(row.name)) await this.forgetDocuments();
    await this.assertSignedIn(await this.attempt(provider));
    return { tried, seen };
  }
}

const title = (name, provider, modules = {}) => `${name} (${provider})${
  (modules[name] ?? []).map((module) => ` [${module}]`).join('')}`;

/* A lane of its own, whose tests run one after the other. */
function lane(name, define) {
  describe(name, { concurrency: 1 }, () => {
    const it = new Lane();
    before(() => it.start());
    after(() => it.close());
    define(it);
  });
}

const rows = [...behaviours.values()];
const documents = rows.filter((row) => needsFresh(row)
  && !row.name.startsWith('key-rotation'));
const others = rows.filter((row) => !needsFresh(row)
  && !touches(row, 'logout') && row.name !== 'userinfo-groups');
const MODULES = { entra: {}, plain: CONFIG, info: BASIC, form: FORM_POST };

// Lanes wait for time-outs and throttles most of the time: run them together.
describe('a hostile provider', { concurrency: 5 }, () => {
  for (const provider of ['entra', 'plain']) {
    lane(`tokens and responses, ${provider}`, (it) => {
      for (const row of others) {
        // Time-outs are the same for all types.
        if (provider === 'plain' && /hang|drip/.test(row.name)) continue;
        test(title(row.name, provider, MODULES[provider]),
          () => it.run(row, provider));
      }
    });
  }

  // Each with its own half of the documents.
  for (const half of [0, 1]) {
    lane(`discovery and keys, ${half + 1}`, (it) => {
      documents.forEach((row, i) => {
        if (i % 2 !== half) return;
        const provider = row.entra || i % 4 > 1 ? 'entra' : 'plain';
        test(title(row.name, provider, CONFIG), () => it.run(row, provider));
      });
    });
  }

  lane('conformance', (it) => {
    for (const provider of ['info', 'form']) {
      for (const name of Object.keys(MODULES[provider])) {
        test(title(name, provider, MODULES[provider]), async () => {
          const { tried, seen } = await it.run(behaviours.get(name), provider);
          if (name !== 'ok') return;
          const [authorize] = seen.authorize;
          assert.equal(authorize.client_id, CLIENT_ID);
          assert.equal(authorize.response_type, 'code');
          assert.equal(authorize.scope, 'openid profile email phone address');
          assert.equal(authorize.response_mode,
            provider === 'form' ? 'form_post' : 'query');
          assert.equal(seen.counts.userinfo, 1);
          assert.deepEqual({ ...seen.token[0], headers: [] }, {
            method: 'client_secret_basic', client: true,
            grant_type: 'authorization_code', code: 'fresh',
            redirect_uri: true, pkce: 'ok', error: null, headers: [],
            content_type: 'application/x-www-form-urlencoded',
          });
          const me = (await it.site.whoami(tried.client)).json();
          assert.equal(me.subject.name, 'Ada Admin');
        });
      }
    }

    // "Rejected" must not come from our having read userinfo where we do not.
    test('userinfo gives no groups and no roles', async () => {
      await it.run(behaviours.get('userinfo-groups'), 'info',
        { login: 'noa', roles: [] });
      await it.run(behaviours.get('userinfo-groups'), 'info',
        { login: 'ana', roles: ['analyst'] });
    });

    test(title('ok', 'plain, nothing cached', CONFIG), async () => {
      await it.forgetDocuments();
      const { seen } = await it.run(behaviours.get('ok'), 'plain');
      assert.equal(seen.counts.discovery, 1);
      assert.equal(seen.counts.keys, 1);
    });

    test(title('sig-none', 'plain', CONFIG),
      () => it.run(behaviours.get('sig-none'), 'plain'));

    for (const name of ['key-rotation-before-signing', 'key-rotation-between',
      'jwks-uri-changes']) {
      // The first one fetches; the second one must notice by itself.
      test(title(name, 'plain', CONFIG), async () => {
        const { idp } = it.site;
        await it.forgetDocuments();
        await it.assertSignedIn(await it.attempt('plain'));
        await idp.control('POST', '/seen/reset');
        await idp.behave(name);
        await it.assertSignedIn(await it.attempt('plain'));
        if (name === 'key-rotation-between') {
          await it.assertSignedIn(await it.attempt('plain'));
        }
        const { counts } = await it.seen();
        assert.equal(counts.keys, 1, 'fetched once, at once');
        await idp.behave('ok');
        await it.assertSignedIn(await it.attempt('plain'));
      });
    }

    test('strange keys do not make us ask again and again', async () => {
      const { idp } = it.site;
      await it.forgetDocuments();
      await it.assertSignedIn(await it.attempt('plain'));
      await idp.control('POST', '/seen/reset');
      await idp.behave('kid-unknown');
      for (let i = 0; i < 3; i += 1) {
        await it.assertRefused(await it.attempt('plain'), 'RG_E_KID_UNKNOWN');
      }
      assert.equal((await it.seen()).counts.keys, 1);
      await idp.behave('ok');
      await it.assertSignedIn(await it.attempt('plain'));
    });

    for (const name of Object.keys(LOGOUT)) {
      test(title(name, 'plain', LOGOUT), async () => {
        await it.site.idp.behave(name);
        const { client } = await it.attempt('plain');
        let res = await client.get(it.site.url('/logout'),
          { headers: { 'sec-fetch-site': 'same-origin' } });
        assert.equal((await it.site.whoami(client)).status, 401);
        res = await client.get(res.headers.location);
        assert.equal(res.status, 303, 'the provider sends back');
        assert.ok(res.headers.location.startsWith(it.site.url('/signed-out')));
        res = await client.get(res.headers.location);
        assert.equal(res.status, 200);
        assert.match(res.body, /signed out/i);
        await it.site.idp.behave('ok');
      });
    }
  });
});

test('every module of the plans is run', () => {
  for (const plan of [BASIC, CONFIG, FORM_POST, LOGOUT]) {
    for (const name of Object.keys(plan)) assert.ok(behaviours.has(name), name);
  }
});
