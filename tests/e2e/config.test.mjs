// SPDX-License-Identifier: ISC
// The configuration and the files it names: a mistake is an error at start that
// says where it was made, the same from rolegate --check and rolegatectl.
import assert from 'node:assert/strict';
import { chmodSync, rmSync, statSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { toIni } from './lib/config.mjs';
import { startSite } from './lib/site.mjs';

let site;
before(async () => { site = await startSite({ server: 'tools' }); });
after(() => site?.close());

const check = () => site.work.run(site.programs.rolegate,
  ['--config', site.work.path('rolegate.conf'), '--check']);

/* Writes rolegate.conf, which must be refused by both; returns the words. */
async function refusedConfig(text) {
  site.work.write('rolegate.conf', text, 0o600);
  const one = await check();
  const two = await site.ctlRaw(['config', 'check']);
  assert.deepEqual([one.status, two.status], [1, 1], text);
  assert.equal(one.stderr.replace(/^rolegate: /, ''),
    two.stderr.replace(/^rolegatectl: /, ''));
  return one.stderr;
}

test('a good one passes, also in JSON', async () => {
  assert.equal((await check()).status, 0);
  assert.equal((await site.ctlJson('config', 'check')).status, 'ok');
});

test('a mistake is named with file and line', async () => {
  const good = toIni(site.config);
  const file = site.work.path('rolegate.conf');
  const lineOf = (text, part) => text.slice(0, text.indexOf(part))
    .split('\n').length;
  const cases = [
    ['workers = 4', 'workers = many'], ['workers = 4', 'workers = 0'],
    ['workers = 4', 'workres = 4'], ['workers = 4', 'workers = 4\nworkers = 5'],
    ['log_level = debug', 'log_level = loud'],
    ['[session]', '[session]\nidle = 2h\nlifetime = 1h', 'idle'],
    ['[session]', '[session]\nidle = 1w'], ['[session]', '[sessoin]\nidle = 1h'],
    ['type = entra', 'type = azure'], ['type = entra', 'type = entra\nnonsense'],
    [/tenant = .*/.exec(good)[0], 'tenant = contoso'],
    ['label = Contoso', 'label = Contoso\nscope = profile', 'scope'],
    ['label = Contoso', 'label = Contoso\nid_token_alg = HS256', 'id_token'],
    ['label = Contoso', 'label = Contoso\nca_file = /nowhere', 'ca_file'],
    ['label = Contoso', 'label = Contoso\nclient_secret_env = X'],
    [/client_secret_file = .*/.exec(good)[0], 'client_secret_file = /nowhere'],
    [/public_url = .*/.exec(good)[0], 'public_url = http://app.example.com'],
    [/public_url = .*/.exec(good)[0], 'public_url = https://a.example/?q'],
    [/issuer = .*/.exec(good)[0], 'issuer = http://idp.example/x'],
  ];
  for (const [from, to, at = to.split('\n').at(-1)] of cases) {
    const text = good.replace(from, () => to);
    const stderr = await refusedConfig(text);
    const named = new RegExp(`${file}:(\\d+)`).exec(stderr);
    assert.ok(named, `${to}: ${stderr}`);
    const key = at.split(' ')[0].replace(/[[\]]/g, '');
    assert.ok(Math.abs(Number(named[1]) - lineOf(text, at)) <= 1
      || stderr.includes(key), `${to}: ${stderr}`);
  }
  site.configure({});
  assert.equal((await check()).status, 0);
});

test('what it promises must be possible: default roles', async () => {
  for (const [role, words] of [['nobody', /no role nobody/],
    ['admin', /admin role/]]) {
    site.configure({ 'provider.entra': { default_role: role } });
    const { status, stderr } = await check();
    assert.equal(status, 1);
    assert.match(stderr, words);
  }
  site.configure({ 'provider.entra': { default_role: 'user' } });
  assert.equal((await check()).status, 0);
  const { stderr } = await site.ctlRaw(['role', 'remove', 'user']);
  assert.match(stderr, /default_role/);
  const admin = await site.ctlRaw(['role', 'set', 'user', '--admin']);
  assert.equal(admin.status, 1);
  assert.match(admin.stderr, /is_admin: .*nobody is an admin by default/);
  site.configure({ 'provider.entra': { default_role: null } });
});

test('what it promises must be possible: a token in each answer', async () => {
  site.configure({ role_token: { audience: 'gw', always: 'yes' } });
  const words = /\[role_token\].*rolegatectl key rotate --now/;
  const refused = async () => {
    const one = await check();
    const two = await site.ctlRaw(['config', 'check']);
    const doctor = await site.ctlRaw(['doctor']);
    assert.deepEqual([one.status, two.status, doctor.status], [1, 1, 1]);
    return [one.stderr, two.stderr, doctor.stdout];
  };
  for (const text of await refused()) assert.match(text, words);
  // One that does not sign yet is no help.
  await site.ctl('key', 'rotate');
  for (const text of await refused()) assert.match(text, words);
  await site.ctl('key', 'rotate', '--now');
  assert.equal((await check()).status, 0);
  await site.ctl('config', 'check');
  assert.match((await site.ctlRaw(['doctor'])).stdout, /ok +role tokens/);
  // Sealed with another key file it can't be used.
  const file = site.work.path('data/rolegate.key');
  const key = site.work.read('data/rolegate.key');
  rmSync(file);
  await site.ctl('init');
  for (const text of await refused()) assert.match(text, /key file is not that of key/);
  site.work.write('data/rolegate.key', key, 0o600);
  site.configure({ role_token: null });
  assert.equal((await check()).status, 0);
});

test('a secret comes from the environment too', async () => {
  site.configure({ 'provider.entra': { client_secret_file: null,
    client_secret_env: 'OUR_SECRET' } });
  const args = ['--config', site.work.path('rolegate.conf'), '--check'];
  const run = (env) => site.work.run(site.programs.rolegate, args, { env });
  assert.equal((await run({ OUR_SECRET: 'x' })).status, 0);
  const { status, stderr } = await run({});
  assert.equal(status, 1);
  assert.match(stderr, /OUR_SECRET/);
  site.configure({ 'provider.entra': { client_secret_env: null,
    client_secret_file: site.work.path('client-secret') } });
});

test('secret files that others can read are refused', async () => {
  for (const [name, modes] of Object.entries({
    'client-secret': [0o644, 0o620, 0o602],
    'data/rolegate.key': [0o644, 0o620, 0o602],
    'data/rolegate.db': [0o644, 0o602],
  })) {
    const path = site.work.path(name);
    for (const mode of modes) {
      chmodSync(path, mode);
      const { status, stderr } = await check();
      assert.equal(status, 1, `${name} ${mode.toString(8)}`);
      assert.ok(stderr.includes(path), stderr);
    }
    chmodSync(path, 0o600);
  }
  assert.equal((await check()).status, 0);
});

test('init makes what is missing, private, and keeps what is there',
  async () => {
    const key = site.work.read('data/rolegate.key');
    assert.deepEqual(await site.ctlJson('init'),
      { database: 'ready', key_file: 'ready' });
    assert.equal(site.work.read('data/rolegate.key'), key);
    const path = site.work.path('data/rolegate.key');
    rmSync(path);
    const { status, stderr } = await check();
    assert.equal(status, 1);
    assert.ok(stderr.includes(path), stderr);
    assert.match(stderr, /\(rolegatectl init makes it\)/);
    assert.deepEqual(await site.ctlJson('init'),
      { database: 'ready', key_file: 'created' });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.notEqual(site.work.read('data/rolegate.key'), key);
  });
