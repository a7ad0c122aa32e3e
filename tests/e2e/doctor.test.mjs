// SPDX-License-Identifier: ISC
// rolegatectl doctor: what is right, and each thing that is wrong by name.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { toIni } from './lib/config.mjs';
import { GROUPS, startSite } from './lib/site.mjs';

const OTHER = '00000000-0000-4000-8000-000000000000';

let site;
before(async () => { site = await startSite({ server: 'lighttpd' }); });
after(() => site?.close());

async function doctor(status) {
  const res = await site.ctlRaw(['--json', 'doctor']);
  assert.equal(res.status, status, res.stdout + res.stderr);
  assert.ok(!res.stdout.includes('not-a-secret'), 'no secret');
  return JSON.parse(res.stdout);
}

const has = (list, result, check, text) => assert.ok(list.some((f) => (
  f.result === result && f.check === check && text.test(f.text))),
`${result} ${check} ${text}: ${JSON.stringify(list, null, 1)}`);

test('a sound installation', async () => {
  const list = await doctor(0);
  assert.deepEqual(list.filter((f) => f.result !== 'ok'), []);
  has(list, 'ok', 'provider entra', /discovery and keys of http/);
  has(list, 'ok', 'provider entra', /clock differs by -?[01] s/);
  has(list, 'ok', 'provider entra', /a secret of 24 characters/);
  has(list, 'ok', 'provider entra',
    new RegExp(`${site.publicUrl}/callback is registered there`));
  has(list, 'ok', 'provider entra',
    new RegExp(`${site.publicUrl}/logout \\(front-channel logout URL\\)`));
  const text = await site.ctl('doctor');
  assert.match(text, /^ok {4}mappings: 3, all can match$/m);
  const lines = text.split('\n');
  assert.deepEqual(lines.filter((l, i) => lines.indexOf(l) !== i), [], 'said twice');
  assert.ok(!text.includes('\u001b'), 'no colour into a file');
});

test('a finding is never lost, however long and in whatever letters', async () => {
  for (const start of ['x', 'xy']) { // one of them is cut within a letter
    const dir = site.work.path(`${start}${'ä'.repeat(120)}/${'ö'.repeat(120)}`);
    const file = `${dir}/${'ü'.repeat(40)}.conf`;
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, toIni(site.config), { mode: 0o600 });
    const { status, stdout } = await site.work.run(site.programs.rolegatectl,
      ['--json', '--config', file, 'doctor']);
    assert.equal(status, 0, stdout);
    has(JSON.parse(stdout), 'ok', 'configuration', new RegExp(`^${file}$`));
  }
});

test('the key that signs the audit', async () => {
  const path = site.work.path('audit.key');
  site.configure({ rolegate: { audit_key_file: path } });
  has(await doctor(1), 'fail', 'audit key', /is not there; run rolegatectl init/);
  await site.ctl('init');
  has(await doctor(0), 'ok', 'audit key', /audit\.key, key [0-9a-f]{16}$/);
  chmodSync(path, 0o644);
  has(await doctor(1), 'fail', 'audit key', /0644.*RG_E_FILE_MODE/);
  chmodSync(path, 0o600);
  writeFileSync(path, 'no key');
  has(await doctor(1), 'fail', 'audit key', /audit\.key/);
  site.configure({ rolegate: { audit_key_file: null } });
  assert.ok(!(await doctor(0)).some((f) => f.check === 'audit key'));
});

test('what the last tokens had', async () => {
  has(await doctor(0), 'ok', 'tokens of entra', /nobody has signed in/);
  await site.signIn('noa'); // no group, and no claim then
  has(await doctor(0), 'warn', 'tokens of entra',
    /no token had the claim groups: .*Add groups claim/);
  await site.signIn('olga'); // more groups than a token carries
  let list = await doctor(0);
  has(list, 'ok', 'tokens of entra', /last 2 people, 0 had groups, 1 had too many/);
  has(list, 'warn', 'tokens of entra', /1 of 2 have too many.*graph = delegated/);
  await site.signIn('dev');
  await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'app_role',
    '--value', 'auditor', '--role', 'user');
  list = await doctor(0);
  has(list, 'ok', 'tokens of entra', /last 3 people, 1 had groups, .* 0 had roles/);
  has(list, 'warn', 'tokens of entra', /no token had the claim roles: .*app roles/);
  await site.signIn('rob');
  list = await doctor(0);
  assert.ok(!list.some((f) => /no token had/.test(f.text)), JSON.stringify(list));
});

test('mappings that can never match', async () => {
  const add = (...more) => site.ctl('map', 'add', '--provider', 'entra',
    '--kind', 'group', '--role', 'user', ...more);
  const { id } = await site.ctlJson('map', 'add', '--provider', 'entra',
    '--kind', 'group', '--role', 'user', '--value', OTHER);
  await site.ctl('map', 'set', String(id), '--disable');
  await add('--value', GROUPS.admins, '--tenant', site.idp.tenant);
  const was = site.config['provider.entra'];
  site.configure({ 'provider.entra': null, 'provider.moved': was });
  const list = await doctor(0);
  assert.equal(list.filter((f) => /provider is not configured/.test(f.text)).length,
    6);
  site.configure({ 'provider.moved': null, 'provider.entra': was });
  has(await doctor(0), 'warn', `mapping ${id}`, /disabled/);
  const many = site.idp.issuer.replace(site.idp.tenant, 'organizations');
  site.configure({ 'provider.entra': { tenant: 'organizations', issuer: many,
    allowed_tenants: OTHER } });
  const away = JSON.parse((await site.ctlRaw(['--json', 'doctor'])).stdout);
  has(away, 'warn', 'mapping 6', /nobody of that tenant.*allowed_tenants/);
  site.configure({ 'provider.entra': { tenant: site.idp.tenant,
    issuer: site.idp.issuer, allowed_tenants: null } });
});

test('what Graph says of the mapped groups', async () => {
  const graph = (how = {}) => site.idp.control('POST', '/graph', how);
  const was = site.config['provider.entra'];
  site.configure({ 'provider.entra': { graph: 'delegated',
    graph_url: new URL(site.idp.issuer).origin } });
  has(await doctor(0), 'ok', 'Graph for entra', /graph = app only/);
  // What sign-ins met is told, too: here the permission is missing.
  await graph({ consent: false });
  await site.restartRolegate();
  await site.signIn('olga');
  await site.rolegate.stop(); // writes what it counted
  has(await doctor(0), 'warn', 'Graph for entra',
    /refused 1 times.*delegated permission User\.Read/);
  site.configure({ 'provider.entra': { graph: 'app' } });
  await graph({ groupConsent: false });
  const refused = await doctor(1);
  has(refused, 'fail', 'Graph for entra',
    /Authorization_RequestDenied.*GroupMember\.Read\.All.*admin consent/);
  assert.equal((await site.idp.control('GET', '/graph')).group, 1, 'asked once');
  await graph();
  has(await doctor(0), 'ok', 'Graph for entra', /\d mapped groups are at Graph/);
  await graph({ gone: [GROUPS.developers],
    renamed: { [GROUPS.analysts]: 'Data people' } });
  const list = await doctor(0);
  has(list, 'warn', 'mapping 2', /knows no group d0000000.*developers: .*map remove 2/);
  has(list, 'warn', 'mapping 3',
    /called "Data people" at Graph and "data-analysts" here: .*map set 3 --label/);
  assert.equal(list.filter((f) => /at Graph/.test(f.text)
    && f.result === 'ok').length, 0);
  await graph({ throttle: 99, retryAfter: '60' });
  has(await doctor(1), 'fail', 'Graph for entra', /RG_E_GRAPH_BUSY/);
  await graph();
  site.configure({ 'provider.entra': { graph: null, graph_url: null, ...was } });
  await site.startRolegate();
});

test('what is to be registered for signing out, of each provider', async () => {
  const { issuer, client_id: id, client_secret_file: file } =
    site.config['provider.entra'];
  site.configure({ 'provider.plain': { type: 'oidc', issuer, client_id: id,
    client_secret_file: file } });
  const list = JSON.parse((await site.ctlRaw(['--json', 'doctor'])).stdout);
  site.configure({ 'provider.plain': null });
  const url = site.publicUrl;
  has(list, 'ok', 'provider plain', new RegExp(`${
    url}/signed-out \\(post-logout redirect URI\\) and ${
    url}/logout \\(back-channel logout URL\\)$`));
  has(list, 'ok', 'provider entra', new RegExp(`${
    url}/signed-out \\(redirect URI\\) and ${
    url}/logout \\(front-channel logout URL\\)$`));
});

test('a redirect URI that the provider does not know', async () => {
  const was = site.config.rolegate.public_url;
  site.configure({ rolegate: { public_url: `${was}/elsewhere` } });
  has(await doctor(1), 'fail', 'provider entra',
    /elsewhere\/callback is refused there: .*registered/);
  site.configure({ rolegate: { public_url: was } });
  await site.idp.fault('authorize', '500');
  has(await doctor(0), 'ok', 'provider entra', /does not show \(status 500\)/);
  await site.idp.wellAgain();
});

/* The same on a terminal, as script(1) has it. */
async function terminal(env = {}) {
  const command = `${site.programs.rolegatectl} --config ${
    site.work.path('rolegate.conf')} doctor`;
  const { status, stdout } = await site.work.run('script',
    ['-qec', command, '/dev/null'], { env });
  assert.equal(status, 0, stdout);
  return stdout;
}

test('a terminal shows colours, and how far it is', async () => {
  const plain = await terminal({ NO_COLOR: '1' });
  assert.match(plain, /^ok {4}database: /m);
  assert.ok(!plain.includes('\u001b'), plain);
  const was = site.config['provider.entra'];
  site.configure({ 'provider.entra': { graph: 'app',
    graph_url: new URL(site.idp.issuer).origin } });
  await site.idp.control('POST', '/graph', {});
  await site.idp.fault('graph', 'slow', 1100); // two calls are beyond 2 s
  const text = await terminal();
  await site.idp.wellAgain();
  assert.match(text, /\u001b\[32mok {2}\u001b\[0m {2}database: /);
  assert.match(text, /\r\[#+ *\] 2 of \d groups asked about at Graph/);
  // What was shown meanwhile is gone before the next finding.
  assert.match(text, /asked about at Graph\r\u001b\[K/);
  site.configure({ 'provider.entra': { graph: null, graph_url: null, ...was } });
});

test('a provider that is down or refuses, a wrong mode, a typo', async () => {
  await site.idp.fault('discovery', '500');
  has(await doctor(1), 'fail', 'provider entra', /status 500 \(RG_E_NET_STATUS\)/);
  await site.idp.wellAgain();
  const key = site.work.path('data/rolegate.key');
  chmodSync(key, 0o644);
  has(await doctor(1), 'fail', 'key file', /mode 0644.*chmod 600/);
  chmodSync(key, 0o600);
  site.configure({ rolegate: { wrokers: '3' } });
  has(await doctor(1), 'fail', 'configuration', /wrokers/);
  site.configure({ rolegate: { wrokers: null } });
  await doctor(0);
});
