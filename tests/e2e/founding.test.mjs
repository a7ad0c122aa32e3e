// SPDX-License-Identifier: ISC
// What rolegate is for: a developer is a user and no admin, an admin is one, an
// analyst gets the analysts' permissions without anybody's help, and who
// belongs to nothing gets nothing. On every web server that we ship a
// configuration for.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FOUNDING, GROUPS, startSite } from './lib/site.mjs';

const OIDS = {
  ada: 'ada00000-0000-4000-8000-000000000011',
  dev: 'de000000-0000-4000-8000-000000000012',
  ana: 'a4a00000-0000-4000-8000-000000000013',
  noa: '0a000000-0000-4000-8000-000000000014',
};

const EXPECTED = {
  dev: { name: 'Dev Dobrev', roles: ['user'], permissions: [], is_admin: false,
    matched: [{ id: GROUPS.developers, label: 'developers' }] },
  ada: { name: 'Ada Admin', roles: ['admin'], permissions: ['*'],
    is_admin: true, matched: [{ id: GROUPS.admins, label: 'admins' }] },
  ana: { name: 'Ana Lindt', roles: ['analyst'], permissions: ['reports.read'],
    is_admin: false, matched: [{ id: GROUPS.analysts, label: 'data-analysts' }] },
};

/* The whole document, so that a stray or missing member is noticed. */
function assertWhoami(site, login, answer) {
  const { name, matched, ...access } = EXPECTED[login];
  const { session, policy_version: version, ...rest } = answer;
  assert.deepEqual(rest, {
    schema: 'rolegate.whoami.v1',
    subject: {
      id: `entra:${site.idp.tenant}:${OIDS[login]}`, kind: 'user',
      provider: 'entra', issuer: site.idp.issuer, tenant: site.idp.tenant,
      name, username: `${login}@contoso.example`,
      email: `${login}@contoso.example`,
    },
    ...access,
    groups: { state: 'complete', source: 'token', matched },
  });
  assert.equal(version, site.policyVersion ?? version);
  site.policyVersion = version;
  assert.deepEqual(Object.keys(session).sort(),
    ['expires_at', 'id', 'issued_at', 'via']);
  assert.equal(session.via, 'session');
  assert.match(session.id, /^[0-9a-hjkmnp-tv-z]{22}$/);
  assert.equal(session.expires_at - session.issued_at, 12 * 3600);
  assert.ok(Math.abs(session.issued_at - Date.now() / 1000) < 60);
}

function assertHeaders(login, res) {
  const { headers } = res;
  const { roles, permissions, matched } = EXPECTED[login];
  assert.match(headers['content-type'], /^application\/json/);
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['x-auth-request-user'], res.json().subject.id);
  assert.equal(headers['x-auth-request-email'], `${login}@contoso.example`);
  assert.equal(headers['x-auth-request-preferred-username'],
    `${login}@contoso.example`);
  assert.equal(headers['x-auth-request-roles'], roles.join());
  assert.equal(headers['x-auth-request-permissions'] ?? '', permissions.join());
  assert.equal(headers['x-auth-request-groups'], matched[0].id);
  assert.equal(headers['x-auth-request-omitted'] ?? '', '');
}

for (const server of ['lighttpd', 'lighttpd-spawn', 'apache']) {
  describe(`behind ${server}`, () => {
    let site;
    before(async () => { site = await startSite({ server }); });
    after(() => site?.close());

    test('without a session: 401, and where to get one', async () => {
      const res = await site.whoami(site.client());
      assert.equal(res.status, 401);
      assert.equal(res.headers['www-authenticate'],
        `Bearer resource_metadata="${
          site.url('/.well-known/oauth-protected-resource')}"`);
      assert.equal(res.headers['cache-control'], 'no-store');
      const { error, message, request_id: id, ...rest } = res.json();
      assert.equal(error, 'unauthenticated');
      assert.ok(message && id);
      assert.deepEqual(rest, {});
    });

    for (const login of ['dev', 'ada', 'ana']) {
      test(`${login} is ${EXPECTED[login].roles}`, async () => {
        const person = await site.signIn(login, { returnTo: '/app?x=1&y=%20' });
        assert.equal(person.landed,
          new URL('/app?x=1&y=%20', site.publicUrl).href);
        const res = await site.whoami(person);
        assert.equal(res.status, 200, res.body);
        assertWhoami(site, login, res.json());
        assertHeaders(login, res);
      });
    }

    test('a role or a permission asked for: 200 or 403', async () => {
      const dev = await site.signIn('dev');
      const ada = await site.signIn('ada');
      const ana = await site.signIn('ana');
      const status = async (who, query) => {
        const res = await site.whoami(who, query);
        if (res.status === 403) {
          assert.equal(res.json().error, 'insufficient_role');
          assert.ok(!('x-auth-request-roles' in res.headers));
        }
        return res.status;
      };
      assert.equal(await status(dev, '?role=user'), 200);
      assert.equal(await status(dev, '?role=admin'), 403);
      assert.equal(await status(dev, '?role=admin&role=user'), 200);
      assert.equal(await status(dev, '?permission=reports.read'), 403);
      assert.equal(await status(dev, '?role='), 403);
      assert.equal(await status(ana, '?permission=reports.read'), 200);
      assert.equal(await status(ana, '?permission=reports.write'), 403);
      assert.equal(await status(ana, '?role=admin'), 403);
      assert.equal(await status(ada, '?permission=reports.read'), 200);
      assert.equal(await status(ada, '?role=admin'), 200);
      assert.equal(await status(ada, '?role=user'), 403);
    });

    test('the fourth person is signed in and has nothing', async () => {
      const noa = await site.signIn('noa', { returnTo: '/app' });
      assert.equal(noa.landed, site.url('/me'), 'not sent to the application');
      const res = await site.whoami(noa);
      assert.equal(res.status, 403);
      assert.equal(res.json().error, 'no_role');
      assert.ok(!('x-auth-request-user' in res.headers));
      const page = await noa.get(site.url('/me'));
      assert.equal(page.status, 403);
      assert.match(page.headers['content-type'], /^text\/html/);
      assert.match(page.body, /no access yet/);
      assert.ok(page.body.includes(OIDS.noa), 'names the object id');
      assert.ok(page.body.includes('help@contoso.example'));
    });

    test('the ETag is that of the answer', async () => {
      const dev = await site.signIn('dev');
      const tag = async () => (await site.whoami(dev)).headers.etag;
      const first = await tag();
      assert.match(first, /^"[0-9a-f]{32}"$/);
      assert.equal(await tag(), first);
      await site.ctl('role', 'add', 'later');
      assert.notEqual(await tag(), first);
    });
  });
}

describe('the other kinds of mapping', () => {
  let site;
  const entra = ['map', 'add', '--provider', 'entra', '--role'];
  before(async () => {
    site = await startSite({ setup: [
      ...FOUNDING.slice(0, 2), ['role', 'add', 'reviewer'],
      [...entra, 'reviewer', '--kind', 'app_role', '--value', 'auditor'],
    ] });
  });
  after(() => site?.close());

  const roles = async (login) => {
    const res = await site.whoami(await site.signIn(login));
    return res.status === 200 ? res.json().roles : res.json().error;
  };

  test('an app role', async () => {
    const res = await site.whoami(await site.signIn('rob'));
    assert.deepEqual(res.json().roles, ['reviewer']);
    assert.deepEqual(res.json().groups.matched, []);
  });

  for (const [claim, value] of [
    ['group_names', 'data-analysts'], ['realm_access.roles', 'reporting'],
  ]) {
    test(`a claim: ${claim}`, async () => {
      assert.equal(await roles('ana'), 'no_role');
      const { id } = await site.ctlJson(...entra, 'analyst', '--kind', 'claim',
        '--claim', claim, '--value', value);
      const res = await site.whoami(await site.signIn('ana'));
      assert.deepEqual(res.json().roles, ['analyst']);
      assert.deepEqual(res.json().permissions, ['reports.read']);
      assert.equal(await roles('dev'), 'no_role');
      await site.ctl('map', 'remove', String(id));
    });
  }
});
