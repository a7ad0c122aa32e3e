// SPDX-License-Identifier: ISC
// People whose groups do not fit into a token. Graph well, down, slow,
// throttling and lying: each time the right state, in time, nothing granted
// that is not proven, nothing taken away for want of an answer.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Api } from './lib/api.mjs';
import { assertRefusalAudited, assertRefusalPage } from './lib/refusal.mjs';
import { deliver } from './lib/signin.mjs';
import { GROUPS, startSite } from './lib/site.mjs';
import { until } from './lib/wait.mjs';

const TIME = 3; // seconds that all calls to Graph may take
const OVERAGE = {
  _claim_names: { groups: 'src1' },
  _claim_sources: { src1: { endpoint:
    'https://graph.windows.net/x/users/y/getMemberObjects' } },
};
let site;

const graph = (how = {}) => site.idp.control('POST', '/graph', how);
const seen = () => site.idp.control('GET', '/graph');

/* Signs in and returns {status, groups, roles, ms, client}. */
async function who(login) {
  const start = Date.now();
  const client = await site.signIn(login);
  const ms = Date.now() - start;
  const res = await site.whoami(client);
  return { status: res.status, ms, client, body: res.json(), text: res.body };
}

const lastSignIn = async () => (await site.audit('--event', 'sign_in.ok'))
  .at(-1).detail;

/* Nobody knows the groups: no role, said with its reason everywhere. */
async function assertUnknown(login, reason, error) {
  const { status, ms, client, body } = await who(login);
  assert.equal(status, 403);
  assert.equal(body.error, 'groups_unknown');
  assert.ok(ms < (TIME + 2) * 1000, `${ms} ms`);
  const detail = await lastSignIn();
  assert.equal(detail.groups, 'unknown');
  assert.equal(detail.groups_reason, reason);
  assert.equal(detail.groups_error, error);
  assert.deepEqual(detail.roles, []);
  return client;
}

before(async () => {
  site = await startSite({ config: {} });
  await site.restartRolegate({ 'provider.entra': {
    graph: 'delegated', graph_url: new URL(site.idp.issuer).origin,
    graph_time: TIME, on_unknown_groups: 'deny', timeout: 2,
  } });
});
after(() => site?.close());

describe('Graph is well', () => {
  it('250 groups: the mapped one gives its role', async () => {
    await graph();
    const { status, body } = await who('olga');
    assert.equal(status, 200);
    assert.deepEqual(body.roles, ['analyst']);
    assert.equal(body.is_admin, false);
    assert.equal(body.groups.state, 'complete');
    assert.equal(body.groups.source, 'graph');
    assert.deepEqual(body.groups.matched.map(({ id }) => id), [GROUPS.analysts]);
    assert.deepEqual({ ...await seen(), asked: undefined },
      { check: 1, list: 0, throttled: 0, refused: 0, foreign: 0, pages: 0, group: 0,
        asked: undefined });
    assert.equal((await lastSignIn()).groups_source, 'graph');
  });

  it('asks Graph about nobody whose token has the groups', async () => {
    await graph();
    assert.deepEqual((await who('ana')).body.roles, ['analyst']);
    assert.equal((await seen()).check, 0);
  });

  it('asks about nothing but what mappings mention', async () => {
    await graph();
    await who('max');
    assert.equal((await seen()).asked, 3);
  });

  it('hasgroups, true or "true", and both marks beside a list', async () => {
    for (const claims of [{ hasgroups: true }, { hasgroups: 'true' },
      OVERAGE, { _claim_names: { groups: 'src1' } },
      { _claim_names: 'src1' }]) {
      await graph();
      // The token still lists admins: a list beside a mark is not believed.
      await site.idp.person('noa', { groups: ['admins'],
        graph: [GROUPS.developers], claims });
      const { body } = await who('noa');
      assert.deepEqual(body.roles, ['user'], JSON.stringify(claims));
      assert.equal((await seen()).check, 1);
    }
    await site.idp.person('noa', { groups: [], graph: null, claims: {} });
  });

  it('marks of other claims, and hasgroups false, are no overage', async () => {
    for (const claims of [{ hasgroups: false },
      { _claim_names: { address: 'src1' } }]) {
      await graph();
      await site.idp.person('noa', { groups: ['developers'], claims });
      assert.deepEqual((await who('noa')).body.roles, ['user']);
      assert.equal((await seen()).check, 0);
    }
    await site.idp.person('noa', { groups: [], claims: {} });
  });

  it('a mapping made later is unknown until the next sign-in', async () => {
    await graph();
    const { client } = await who('olga');
    await site.idp.person('olga', { groups: ['data-analysts', 'developers'],
      others: 250 });
    await site.ctl('role', 'add', 'late');
    await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'group',
      '--value', 'eeee0000-0000-4000-8000-000000000009', '--role', 'late');
    const body = (await site.whoami(client)).json();
    assert.deepEqual(body.roles, ['analyst']);
    assert.equal(body.groups.reason, 'mapping_newer');
    const page = await client.get(site.url('/me'), { headers: {
      accept: 'text/html' } });
    assert.match(page.body, /is asked when you sign\s+in again/);
    assert.deepEqual((await who('olga')).body.roles, ['analyst', 'user']);
    await site.idp.person('olga', { groups: ['data-analysts'], others: 250 });
  });

  it('a group with hidden members is nobody\'s', async () => {
    await graph({ hidden: [GROUPS.analysts] });
    assert.equal((await who('olga')).status, 403);
  });
});

// [login, roles or the cause of the refusal, change]
const PEOPLE = [
  ['nils', ['user'], {}, 'in a group that is in a mapped one'],
  ['nils', ['user'], { groups: ['juniors'], others: 250 },
    'the same, asked at Graph'],
  ['gus', ['analyst'], {}, 'a guest, by an own group'],
  ['gus', [], { groups: [] }, 'a guest, without'],
  ['bot', 'RG_E_APP_ONLY', {}, 'a service principal'],
  ['nora', 'RG_E_OID', {}, 'without an object id, though an admin'],
  ['gail', [], {}, 'in a group that is called like an app role'],
  ['gail', [], { claims: { groups: ['auditor'] } },
    'the same, with names in the token'],
  ['gail', ['checker'], { claims: {}, roles: ['auditor'] },
    'with the app role itself'],
];

describe('people of each kind', () => {
  before(async () => {
    await graph();
    await site.ctl('role', 'add', 'checker');
    await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'app_role',
      '--value', 'auditor', '--role', 'checker');
  });

  for (const [login, expected, change, about] of PEOPLE) {
    it(`${login}: ${about}`, async () => {
      await site.idp.person(login, change);
      if (Array.isArray(expected)) {
        assert.deepEqual((await who(login)).body.roles ?? [], expected);
        return;
      }
      const client = site.client();
      const res = await deliver(client, await site.begin(login, { client }));
      assertRefusalPage(res, expected, { jar: client.jar });
      await assertRefusalAudited(site, res, expected);
    });
  }
});

describe('Graph is not well: no role, a reason, in time', () => {
  for (const [mode, reason, error] of [
    ['down', 'graph_unreachable', 'RG_E_NET'],
    ['hang', 'graph_timeout', 'RG_E_NET_TIMEOUT'],
    ['500', 'graph_error', 'RG_E_GRAPH_ERROR'],
    ['garbage', 'graph_invalid', 'RG_E_GRAPH_JSON'],
    ['close', 'graph_unreachable', 'RG_E_NET'],
  ]) {
    it(mode, async () => {
      await graph();
      await site.idp.fault('graph', mode);
      await assertUnknown('olga', reason, error);
      await site.idp.wellAgain();
    });
  }

  for (const [lie, error] of [
    ['malformed', 'RG_E_GRAPH_JSON'],
    ['error-200', 'RG_E_GRAPH_ERROR'],
    ['half', 'RG_E_GRAPH_ERROR'],
    ['not-guid', 'RG_E_GRAPH_ID'],
    ['not-asked', 'RG_E_GRAPH_ID'],
    ['wrong-type', 'RG_E_GRAPH_TYPE'],
    ['million', 'RG_E_NET_SIZE'],
    ['foreign-link', 'RG_E_GRAPH_LINK'],
  ]) {
    it(`lying: ${lie}`, async () => {
      await graph({ lie });
      const detail = { 'RG_E_GRAPH_ERROR': 'graph_error',
        'RG_E_NET_SIZE': 'graph_too_large' }[error] ?? 'graph_invalid';
      await assertUnknown('max', detail, error);
      assert.equal((await seen()).foreign, 0);
    });
  }

  it('consent is missing: asked once', async () => {
    await graph({ consent: false });
    await assertUnknown('olga', 'graph_refused', 'RG_E_GRAPH_REFUSED');
    assert.equal((await seen()).refused, 1);
    // An administrator sees it in the console. A worker counts between requests.
    const api = new Api(site, await site.signIn('ada'));
    const errors = await until('the error to be counted', async () => {
      const { body } = await api.get('/health');
      return body.graph_errors.some((x) => x.error === 'RG_E_GRAPH_REFUSED')
        && body.graph_errors;
    });
    const found = errors.find((x) => x.error === 'RG_E_GRAPH_REFUSED');
    assert.match(found.text, /consent or permission missing/);
    assert.ok(errors.every((x, i) => i === 0 || x.minute <= errors[i - 1].minute));
    assert.ok(!errors.some((x) => x.error === 'RG_OK'));
  });

  it('throttled for longer than there is time: said at once', async () => {
    await graph({ throttle: 99, retryAfter: '60' });
    await assertUnknown('olga', 'graph_busy', 'RG_E_GRAPH_BUSY');
    assert.equal((await seen()).throttled, 1);
  });

  it('throttled a little: waited for, as long as Graph says', async () => {
    for (const [throttleStatus, retryAfter, wait] of [
      [429, '0.4', 400], [503, new Date(Date.now()).toUTCString(), 0],
      [504, null, 250],
    ]) {
      await graph({ throttle: 1, throttleStatus, retryAfter });
      const { body, ms } = await who('olga');
      assert.deepEqual(body.roles, ['analyst'], JSON.stringify(body));
      assert.ok(ms >= wait, `${ms} ms`);
    }
  });

  it('says so to the person, who can do something about it', async () => {
    await graph({ consent: false });
    const client = await site.signIn('olga');
    const page = await client.get(site.url('/me'), { headers: {
      accept: 'text/html' } });
    assert.equal(page.status, 403);
    assert.match(page.body, /Microsoft Graph, which knows them, could not/);
    assert.match(page.body, /Sign in again in a few minutes/);
    assert.match(page.body, /for help, and send/);
    await graph();
  });
});
