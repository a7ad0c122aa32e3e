// SPDX-License-Identifier: ISC
// Session tokens in a ContextForge gateway's own shape: it takes them for its
// own, they say no more than is so, and who is not to have one gets none.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TOKEN, startContextForge } from './lib/contextforge.mjs';
import { send } from './lib/http.mjs';
import { startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';

const SECRET = 'a-secret-of-the-gateway-of-some-length';
let site, gateway;
const ids = {};

const make = (...args) => site.ctlRaw(['contextforge', 'token', ...args]);
const me = (token) => send(`${gateway.url}/v1/auth/email/me`,
  { headers: { authorization: `Bearer ${token}` } });
const claimsOf = (token) =>
  JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

async function made(login) {
  const { status, stdout, stderr } = await make(ids[login]);
  assert.equal(status, 0, stderr);
  assert.equal(stdout.split('\n').length, 2);
  return stdout.trim();
}

/* Nothing on stdout, no row in the audit, and the reason on stderr. */
async function refused(id, why) {
  const rows = (await site.audit('--event', 'contextforge.token')).length;
  const { status, stdout, stderr } = await make(id);
  assert.equal(status, 1, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, why);
  assert.ok(!stderr.includes(SECRET));
  assert.equal((await site.audit('--event', 'contextforge.token')).length, rows);
}

before(async () => {
  gateway = await startContextForge({ env: { JWT_SECRET_KEY: SECRET } });
  site = await startSite();
  site.configure({
    rolegate: { audit_email: 'full' },
    contextforge: { url: gateway.url, create_users: 'yes',
      token_file: site.work.write('gateway-token', TOKEN, 0o600),
      jwt_secret_file: site.work.write('gateway-jwt', `${SECRET}\n`, 0o600),
      token_lifetime: '5m', platform_admin_email: 'dev@contoso.example' },
    'contextforge.analysts': { role: 'analyst', gateway_role: 'developer',
      scope: 'team', scope_id: 't1' },
    'contextforge.admins': { role: 'admin', gateway_role: 'platform_admin',
      scope: 'global' },
    'contextforge.readers': { role: 'analyst', gateway_role: 'platform_viewer',
      scope: 'global' },
  });
  for (const login of ['ana', 'dev', 'noa']) {
    await site.signIn(login);
    ids[login] = (await site.audit('--event', 'sign_in.ok')).at(-1).subject;
  }
});
after(async () => {
  await site?.close();
  await gateway?.close();
});

test('the gateway takes it, and looks the roles up itself', async () => {
  const token = await made('ana');
  assert.equal((await me(token)).status, 401, 'it does not know her yet');
  await site.ctl('contextforge', 'sync');
  const res = await me(token);
  assert.equal(res.status, 200, res.body);
  assert.deepEqual(res.json(), { email: 'ana@contoso.example', is_admin: false,
    token_use: 'session', cap: [], roles: ['developer team:t1'] });
});

test('what is in it, and that it is on record', async () => {
  const claims = claimsOf(await made('ana'));
  const { iat, exp, jti, ...rest } = claims;
  assert.deepEqual(rest, { iss: 'mcpgateway', aud: 'mcpgateway-api',
    sub: 'ana@contoso.example', email: 'ana@contoso.example',
    token_use: 'session', auth_provider: 'entra',
    roles: ['platform_viewer'], // a role of a team only is not everywhere
    scopes: { server_id: null, permissions: [], ip_restrictions: [],
      time_restrictions: {} } });
  assert.equal(exp - iat, 300);
  assert.notEqual(jti, claimsOf(await made('ana')).jti);
  const row = (await site.audit('--event', 'contextforge.token')).at(-2);
  assert.equal(row.subject, ids.ana);
  assert.match(row.actor, /./);
  assert.deepEqual(row.detail, { email: 'ana@contoso.example', jti,
    roles: ['platform_viewer'], expires_at: exp });
  site.configure({ rolegate: { audit_email: 'off' } });
  const { token } = await site.ctlJson('contextforge', 'token', ids.ana);
  assert.equal(claimsOf(token).email, 'ana@contoso.example');
  const silent = (await site.audit('--event', 'contextforge.token')).at(-1);
  assert.equal(silent.detail.jti, claimsOf(token).jti);
  assert.equal(silent.detail.email, '');
});

test('no longer than the session', async () => {
  await sql(site.config.rolegate.database, `UPDATE sessions SET
    expires_at = unixepoch() + 200, dies_at = unixepoch() + 200 WHERE principal =
    (SELECT id FROM principals WHERE username = 'ana@contoso.example')`);
  const { iat, exp } = claimsOf(await made('ana'));
  assert.ok(exp - iat <= 200, String(exp - iat));
});

test('another key, issuer, audience or environment is none', async () => {
  const token = await made('ana');
  const restore = { ...gateway.env };
  for (const change of [{ JWT_SECRET_KEY: `${SECRET}x` }, { JWT_ISSUER: 'x' },
    { JWT_AUDIENCE: 'x' }]) {
    gateway.env = { ...restore, ...change };
    assert.equal((await me(token)).status, 401, JSON.stringify(change));
  }
  gateway.env = restore;
  assert.equal((await me(token)).status, 200);
});

test('who gets none', async () => {
  await refused('entra:nobody', /nobody/);
  await refused(ids.noa, /no_role \(RG_E_NO_ROLE\)/);
  await refused(ids.dev, /platform_admin_address/);
  // Groups that are not known give nothing, whatever they were before.
  await site.idp.person('ana', { groups: [], claims: {
    _claim_names: { groups: 'src1' },
    _claim_sources: { src1: { endpoint: 'https://graph.windows.net/x' } } } });
  await site.signIn('ana');
  await refused(ids.ana, /groups_stale \(RG_E_GROUPS_UNKNOWN\)/);
  await site.idp.person('ana', { groups: ['data-analysts'], claims: {} });
  await site.signIn('ana');
  await made('ana');
  // Roles follow the mappings of now.
  const rows = await site.ctlJson('map', 'list');
  const { id, value } = (rows.mappings ?? rows).find((m) => m.label === 'data-analysts');
  await site.ctl('map', 'remove', String(id));
  await refused(ids.ana, /no_role/);
  await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'group',
    '--value', value, '--role', 'analyst', '--label', 'data-analysts');
  await made('ana');
  await site.ctl('principal', 'disable', ids.ana);
  await refused(ids.ana, /disabled \(RG_E_DISABLED\)/);
  await site.ctl('principal', 'enable', ids.ana);
  await refused(ids.ana, /no_session \(RG_E_SESSION_NONE\)/);
});

test('a secret that is none is refused at start, and not shown', async () => {
  const check = async (text, mode, why) => {
    site.work.write('gateway-jwt', text, mode);
    const { status, stderr } = await site.ctlRaw(['config', 'check']);
    assert.equal(status, 1);
    assert.match(stderr, why);
    assert.ok(!stderr.includes(text.slice(0, 8)), stderr);
  };
  await check('my-test-key', 0o600, /less than 32 bytes/);
  await check(`two words of ${SECRET}`, 0o600, /blanks/);
  site.configure({ contextforge: { jwt_secret_file: null, token_lifetime: null } });
  await refused(ids.dev, /no jwt_secret_file/);
  site.configure({ contextforge: { token_lifetime: '5m' } });
  const { stderr } = await site.ctlRaw(['config', 'check']);
  assert.match(stderr, /token_lifetime/);
});
