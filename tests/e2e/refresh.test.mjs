// SPDX-License-Identifier: ISC
// refresh = on: claims of living sessions are renewed behind the scenes, and a
// session whose claims can't be renewed in time ends.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GROUPS, startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';
import { until } from './lib/wait.mjs';

let site;
const db = (text) => sql(site.work.path('data/rolegate.db'), text);
const graph = (how = {}) => site.idp.control('POST', '/graph', how);

/* All sessions are due now; the command renews them. */
async function renew() {
  await db('UPDATE refreshes SET due_at = 0');
  return site.ctlRaw(['--json', 'maintain']);
}

async function roles(client) {
  const res = await site.whoami(client);
  return res.status === 200 ? res.json().roles : res.json().error;
}

const ended = async () => (await site.audit('--event', 'session.ended'))
  .map(({ detail }) => detail.error);

before(async () => {
  // Nothing but the command renews, so that a test sees what it caused.
  site = await startSite({ server: 'lighttpd-spawn' });
  await site.restartWeb({ 'provider.entra': { refresh: 'on',
    claims_max_age: '1h', graph: 'delegated', timeout: 2, graph_time: 2,
    graph_url: new URL(site.idp.issuer).origin } });
});
after(() => site?.close());

describe('renewing', () => {
  it('asks for offline_access', async () => {
    const res = await site.client().get(site.url('/login?provider=entra'));
    assert.match(res.headers.location, /offline_access/);
  });

  it('a group that is lost, and one that is gained (bug 30)', async () => {
    const dev = await site.signIn('dev');
    const before = (await site.whoami(dev)).json().session;
    assert.ok(before.expires_at - before.issued_at <= 3600);
    assert.deepEqual(await roles(dev), ['user']);
    await site.idp.person('dev', { groups: ['data-analysts'] });
    assert.deepEqual(await roles(dev), ['user']);
    assert.equal((await renew()).status, 0);
    assert.deepEqual(await roles(dev), ['analyst']);
    const [row] = (await site.audit('--event', 'roles.changed')).slice(-1);
    assert.deepEqual(row.detail.old, ['user']);
    assert.deepEqual(row.detail.new, ['analyst']);
    assert.equal(row.detail.cause, 'refresh');
    // A claim that is absent now is absent.
    await site.idp.person('dev', { groups: [] });
    assert.equal((await renew()).status, 0);
    assert.equal(await roles(dev), 'no_role');
    await site.idp.person('dev', { groups: ['developers'] });
    assert.equal((await renew()).status, 0);
    assert.deepEqual(await roles(dev), ['user']);
  });

  it('again and again: each refresh token replaces the one before', async () => {
    const ana = await site.signIn('ana');
    for (let i = 0; i < 4; i += 1) assert.equal((await renew()).status, 0);
    assert.deepEqual(await roles(ana), ['analyst']);
    assert.deepEqual(await ended(), []);
  });

  it('too many groups are asked for at Graph anew', async () => {
    await graph();
    const olga = await site.signIn('olga');
    await site.ctl('role', 'add', 'late');
    await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'group',
      '--value', 'eeee0000-0000-4000-8000-000000000009', '--role', 'late');
    await site.idp.person('olga', { groups: ['developers',
      'eeee0000-0000-4000-8000-000000000009'], others: 250 });
    assert.deepEqual(await roles(olga), ['analyst']);
    assert.equal((await renew()).status, 0);
    assert.deepEqual(await roles(olga), ['late', 'user']);
    assert.equal((await site.whoami(olga)).json().groups.state, 'complete');
    // Graph down: what was known stands in, and nothing is revoked.
    await site.idp.fault('graph', 'down');
    assert.equal((await renew()).status, 0);
    assert.deepEqual(await roles(olga), ['late', 'user']);
    assert.equal((await site.whoami(olga)).json().groups.state, 'stale');
    await site.idp.wellAgain();
  });

  it('never keeps the token readable', async () => {
    const rows = await db('SELECT sealed FROM refreshes');
    assert.ok(rows.length > 0);
    for (const { sealed } of rows) assert.match(sealed, /^[\w-]{100,}$/);
  });

  it('never beyond the lifetime, and not the dead', async () => {
    const dev = await site.signIn('dev');
    await db('UPDATE refreshes SET ends_at = unixepoch() + 100');
    assert.equal((await renew()).status, 0);
    const { session } = (await site.whoami(dev)).json();
    assert.ok(session.expires_at <= Date.now() / 1000 + 101);
    await db('UPDATE sessions SET idle_seconds = 1, dies_at = last_used');
    await db('UPDATE refreshes SET due_at = 0');
    const { stdout } = await site.ctlRaw(['--json', 'maintain']);
    assert.equal(JSON.parse(stdout).done, 0);
    assert.equal(await roles(dev), 'unauthenticated');
  });
});

describe('when it can not be renewed', () => {
  it('the provider is down: the session goes on, then ends', async () => {
    const dev = await site.signIn('dev');
    await site.idp.fault('token', 'down');
    const { status } = await renew();
    await site.idp.wellAgain();
    assert.notEqual(status, 0);
    assert.deepEqual(await roles(dev), ['user']);
    assert.equal((await renew()).status, 0);
    // An hour passes, and nobody renews.
    await db(`UPDATE sessions SET issued_at = issued_at - 3601,
      expires_at = expires_at - 3601, dies_at = dies_at - 3601,
      last_used = last_used - 3601`);
    assert.equal(await roles(dev), 'unauthenticated');
  });

  it('the provider refuses: the session ends', async () => {
    const dev = await site.signIn('dev');
    await site.idp.person('dev', { blocked: true });
    await renew();
    assert.equal(await roles(dev), 'unauthenticated');
    assert.deepEqual((await ended()).slice(-1), ['RG_E_GRANT']);
    await site.idp.person('dev', { blocked: false });
  });

  it('the token is about somebody else: the session ends', async () => {
    const dev = await site.signIn('dev');
    await site.idp.person('dev', { groups: ['admins'],
      claims: { oid: 'bad00000-0000-4000-8000-000000000001' } });
    await renew();
    assert.equal(await roles(dev), 'unauthenticated');
    assert.deepEqual((await ended()).slice(-1), ['RG_E_REFRESH_OTHER']);
    await site.idp.person('dev', { groups: ['developers'], claims: {} });
  });

  it('nor may sub, tid or oid be another one, come or go', async () => {
    for (const change of ["json_set(claims, '$.sub', 'x')",
      "json_remove(claims, '$.sub')", "json_set(claims, '$.tid', 'x')",
      "json_remove(claims, '$.oid')"]) {
      const dev = await site.signIn('dev');
      await db(`UPDATE sessions SET claims = ${change}`);
      await renew();
      assert.equal(await roles(dev), 'unauthenticated', change);
      assert.deepEqual((await ended()).slice(-1), ['RG_E_REFRESH_OTHER']);
    }
  });

  it('a token of another issuer is not shown to this one', async () => {
    const dev = await site.signIn('dev');
    const { token } = await site.idp.counts();
    await db("UPDATE principals SET issuer = issuer || '/moved'");
    await renew();
    assert.equal((await site.idp.counts()).token, token);
    await db("UPDATE principals SET issuer = replace(issuer, '/moved', '')");
    assert.deepEqual(await roles(dev), ['user']);
  });

  it('a disabled person: the session ends', async () => {
    const dev = await site.signIn('dev');
    await db("UPDATE principals SET disabled = 1 WHERE username LIKE 'dev@%'");
    await renew();
    await db('UPDATE principals SET disabled = 0');
    assert.equal(await roles(dev), 'unauthenticated');
    assert.deepEqual((await ended()).slice(-1), ['RG_E_DISABLED']);
  });

  it('a token that our key does not open renews nothing', async () => {
    const dev = await site.signIn('dev');
    await site.idp.person('dev', { groups: ['admins'] });
    await db("UPDATE refreshes SET sealed = replace(sealed, '_', 'A') || 'AAAA'");
    assert.notEqual((await renew()).status, 0);
    assert.deepEqual(await roles(dev), ['user']);
    await site.idp.person('dev', { groups: ['developers'] });
  });
});

describe('rolegate with workers of its own', () => {
  it('renews by itself, and nobody waits for it', async () => {
    const own = await startSite({ server: 'lighttpd' });
    try {
      await own.restartRolegate({ 'provider.entra': { refresh: 'on' } });
      const dev = await own.signIn('dev');
      const due = () => sql(own.work.path('data/rolegate.db'),
        'UPDATE refreshes SET due_at = 0');
      await own.idp.person('dev', { groups: ['data-analysts'] });
      await due();
      await until('new roles', async () => (await own.whoami(dev)).json()
        .roles[0] === 'analyst', { ms: 9000 });
      // The provider hangs: the keeper waits, the workers do not.
      await own.idp.fault('token', 'hang');
      await due();
      await until('it is asked', async () => (await own.idp.counts()).token > 2,
        { ms: 9000 });
      for (let i = 0; i < 8; i += 1) {
        const start = Date.now();
        assert.equal((await own.whoami(dev)).status, 200);
        assert.ok(Date.now() - start < 1000);
      }
      assert.deepEqual(GROUPS.developers.length, 36);
    } finally {
      await own.close();
    }
  });
});
