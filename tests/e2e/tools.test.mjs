// SPDX-License-Identifier: ISC
// What an administrator types: rolegatectl, its exit statuses and its JSON, and
// whether a mistake is named.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { Jar, Rp } from '../idp/rp.mjs';
import { CLIENT_ID, CLIENT_SECRET } from './lib/idp.mjs';
import { GROUPS, startSite } from './lib/site.mjs';

let site;
before(async () => { site = await startSite({ server: 'tools' }); });
after(() => site?.close());

const ctl = (args, options) => site.ctlRaw(args, options);

/* Refused with status 1; the message names the field. */
async function assertRefused(args, field, status = 1) {
  const { status: got, stdout, stderr } = await ctl(args);
  assert.equal(got, status, `${args.join(' ')}: ${stderr}`);
  assert.match(stderr, field);
  assert.equal(stdout, '');
}

const COMMANDS = ['init', 'config check', 'role add', 'role list',
  'role remove', 'map add', 'map list', 'map remove', 'session list',
  'session revoke', 'audit list', 'audit verify', 'jws verify', 'token check',
  'doctor'];

describe('help', () => {
  test('lists every command; each explains itself with an example', async () => {
    const { status, stdout } = await ctl(['help']);
    assert.equal(status, 0);
    assert.equal((await ctl(['--help'])).stdout, stdout);
    for (const command of COMMANDS) {
      assert.ok(stdout.includes(command), command);
      const words = command.split(' ');
      const help = await ctl(['help', ...words]);
      assert.equal(help.status, 0);
      assert.match(help.stdout, new RegExp(`Usage: rolegatectl ${command}`));
      assert.match(help.stdout, new RegExp(`\n  rolegatectl ${command}`));
      assert.equal((await ctl([...words, '--help'])).stdout, help.stdout);
    }
  });

  test('every option that overrides a refusal says which', async () => {
    const whole = (await ctl(['help'])).stdout;
    const forced = whole.split(/\n(?= {2}\S)/).filter((s) => s.includes('--force'));
    assert.ok(forced.length >= 8, whole);
    for (const synopsis of forced) {
      const [noun, verb] = synopsis.trim().split(/\s+/);
      const { stdout } = await ctl(['help', noun, ...(/^[a-z]/.test(verb) ? [verb] : [])]);
      assert.match(stdout, /--force:\s+even\s+if/, synopsis);
    }
  });

  test('half a command, or a wrong one, is told what there is', async () => {
    for (const args of [['map'], ['help', 'map', 'nonsense'], ['map', 'nonsense']]) {
      const { status, stderr } = await ctl(args);
      assert.equal(status, 2);
      assert.match(stderr, args.includes('nonsense')
        ? /no such command: map nonsense; one of: add, list, .*import-contextforge\n/
        : /map what\? One of: add, list, /);
    }
    assert.match((await ctl(['nonsense', 'x'])).stderr, /no such command: nonsense\n/);
  });

  test('wrong usage is status 2, on stderr', async () => {
    for (const args of [[], ['nothing'], ['role'], ['role', 'nothing'],
      ['role', 'add'], ['role', 'list', 'x'], ['map', 'add', '--wrong', 'x'],
      ['map', 'remove', 'x'], ['map', 'remove', '0'], ['map', 'remove', '1x'],
      ['--wrong'], ['help', 'nothing'], ['session', 'revoke'],
      ['session', 'revoke', 'a', '--subject', 'b'], ['audit', 'list', '--limit',
        'x'], ['audit', 'list', '--since', 'x'], ['audit', 'verify', '--head', 'x'],
      ['jws', 'verify'], ['jws', 'verify', '--jwk', 'x', '--alg', 'none'],
      ['token', 'check', '--provider', 'nobody'],
      ['map', 'add', '--role', 'user', '--role', 'admin']]) {
      const { status, stdout, stderr } = await ctl(args, { input: '' });
      assert.equal(status, 2, `${args.join(' ')}: ${stderr}`);
      assert.equal(stdout, '');
      assert.notEqual(stderr, '');
    }
  });

  test('--version of both', async () => {
    assert.match((await ctl(['--version'])).stdout, /^rolegatectl \d+\.\d+\.\d+\n$/);
    const { stdout } = await site.work.run(site.programs.rolegate, ['--version']);
    assert.match(stdout, /^rolegate \d+\.\d+\.\d+\n$/);
    for (const program of Object.values(site.programs)) {
      const long = (await site.work.run(program, ['--version', '--verbose'])).stdout;
      assert.match(long, /^rolegate(ctl)? \d+\.\d+\.\d+\n/);
      for (const name of ['libsqlite3', 'libcurl', 'libcrypto', 'libjansson']) {
        assert.match(long, new RegExp(`^library: /.*/${name}\\.so\\.`, 'm'));
      }
    }
  });
});

describe('roles and mappings', () => {
  test('are listed as text and as JSON', async () => {
    const roles = await site.ctlJson('role', 'list');
    assert.deepEqual(roles.map((r) => [r.name, r.permissions, r.is_admin]), [
      ['admin', ['*'], true], ['analyst', ['reports.read'], false],
      ['user', [], false]]);
    assert.match(await site.ctl('role', 'list'), /^analyst +reports\.read/m);
    const maps = await site.ctlJson('map', 'list');
    assert.equal(maps.length, 3);
    assert.deepEqual([maps[2].kind, maps[2].value, maps[2].role, maps[2].label,
      maps[2].enabled], ['group', GROUPS.analysts, 'analyst', 'data-analysts', true]);
    assert.match(await site.ctl('map', 'list'), /-> analyst {2}# data-analysts/);
  });

  test('a refusal names the field', async () => {
    const add = (change) => {
      const all = { provider: 'entra', kind: 'group', value: GROUPS.admins,
        role: 'user', ...change };
      return ['map', 'add', ...Object.entries(all)
        .filter(([, v]) => v !== undefined).flatMap(([k, v]) => [`--${k}`, v])];
    };
    for (const field of ['provider', 'kind', 'value', 'role']) {
      await assertRefused(add({ [field]: undefined }),
        new RegExp(`--${field}`), 2);
    }
    await assertRefused(add({ provider: 'nobody' }), /provider: nobody/);
    await assertRefused(add({ kind: 'wids' }), /kind: .*wids/);
    await assertRefused(add({ value: 'admins' }), /value: .*object id.*admins/);
    await assertRefused(add({ value: '' }), /value:/);
    await assertRefused(add({ role: 'nobody' }), /role|nobody|no such/);
    await assertRefused(add({ kind: 'claim' }), /claim:/);
    await assertRefused(add({ claim: 'x' }), /claim:/);
    await assertRefused(add({ tenant: 'x' }), /tenant:/);
    await assertRefused(add({ tenant: '00000000-0000-4000-8000-000000000000' }),
      /tenant: .*do nothing/);
    await assertRefused(add({ label: 'a\nb' }), /label/);
    await assertRefused(add({ expires: 'yesterday' }), /--expires/, 2);
    await assertRefused(add({ expires: '2001-01-01' }), /--expires/, 2);
    await assertRefused(['role', 'add', 'a b'], /name:/);
    await assertRefused(['role', 'add', 'r', '--permission', 'a b'], /permissions:/);
    await assertRefused(['role', 'add', 'r', '--permission', '*'], /permissions:/);
    await assertRefused(['role', 'add', 'user'], /EXISTS/);
    await assertRefused(['role', 'remove', 'nobody'], /NOT_FOUND/);
    await assertRefused(['role', 'remove', 'admin'], /RG_E_/);
    await assertRefused(['map', 'remove', '999'], /NOT_FOUND/);
    await assertRefused(['session', 'revoke', 'nobody'], /RG_E_/);
    await assertRefused(['session', 'revoke', '--subject', 'entra:x:y'],
      /NOT_FOUND/);
    assert.equal((await site.ctlJson('map', 'list')).length, 3, 'nothing changed');
  });

  test('one group is one text, however it is written', async () => {
    const { id } = await site.ctlJson('map', 'add', '--provider', 'entra',
      '--kind', 'group', '--value', GROUPS.admins.toUpperCase(), '--role', 'user',
      '--note', 'why; "so"', '--expires', '30d');
    const row = (await site.ctlJson('map', 'list')).find((m) => m.id === id);
    assert.equal(row.value, GROUPS.admins);
    assert.equal(row.note, 'why; "so"');
    assert.ok(Math.abs(row.expires_at - Date.now() / 1000 - 30 * 86400) < 60);
    assert.deepEqual(await site.ctlJson('map', 'remove', String(id)),
      { removed: id });
  });
});

describe('audit', () => {
  test('is listed by time, event and limit; verify prints the head', async () => {
    const all = await site.audit();
    assert.deepEqual(all.map((row) => row.seq), all.map((_, i) => i + 1));
    const adds = await site.audit('--event', 'role.add');
    assert.ok(adds.length >= 2 && adds.every((r) => r.event === 'role.add'));
    assert.ok((await site.audit('--event', 'mapping.')).length >= 3);
    assert.equal((await site.audit('--since', '2099-01-01')).length, 0);
    assert.equal((await site.audit('--since', '1h')).length, all.length);
    assert.equal((await site.audit('--limit', '2')).length, 2);
    const one = await site.ctl('audit', 'list', '--limit', '1');
    assert.ok(one.includes(all.at(-1).event), 'the newest');
    const { rows, seq, hash, status } = await site.ctlJson('audit', 'verify');
    assert.deepEqual([status, rows, seq], ['ok', all.length, all.at(-1).seq]);
    assert.equal(hash, all.at(-1).hash);
    await site.ctl('audit', 'verify', '--head', `${seq}:${hash}`);
    await assertRefused(['audit', 'verify', '--head',
      `${seq}:${hash.replace(/^./, (c) => (c === '0' ? '1' : '0'))}`], /./);
    await assertRefused(['audit', 'verify', '--head', `${seq + 1}:${hash}`], /./);
  });

  test('who acted is on record, sudo or not', async () => {
    const actor = async (fn) => {
      const { status, stderr } = await fn(['role', 'add', 'brief']);
      assert.equal(status, 0, stderr);
      await site.ctl('role', 'remove', 'brief');
      return (await site.audit('--event', 'role.add')).at(-1).actor;
    };
    const user = userInfo().username;
    const login = existsSync('/proc/self/loginuid')
      ? readFileSync('/proc/self/loginuid', 'utf8').trim() : 'none';
    const says = (name) => (args) => ctl(args, { env: { SUDO_USER: name } });
    if (!['4294967295', 'none'].includes(login)) { // somebody has logged in: nobody else acted
      assert.equal(await actor(says('maria')), await actor(ctl));
      return;
    }
    assert.equal(await actor(ctl), `cli:${user}`);
    assert.equal(await actor(says('maria')), `cli:${user} (sudo: maria)`);
    assert.equal(await actor(says('x\nrole.add')), `cli:${user}`);
    if (login === 'none') return; // a kernel without audit
    // Who has logged in is known, whatever the environment says.
    const loggedIn = (uid) => (args) => site.work.run('/bin/sh', ['-c',
      `echo ${uid} >/proc/self/loginuid && exec "$@"`, 'sh',
      site.programs.rolegatectl, '--config', site.work.path('rolegate.conf'),
      ...args], { env: { SUDO_USER: 'maria' } });
    assert.equal(await actor(loggedIn(1)), 'cli:daemon');
    assert.equal(await actor(loggedIn(54321)), 'cli:54321');
  });
});

describe('tokens', () => {
  test('jws verify prints the payload, or the error name', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec',
      { namedCurve: 'P-256' });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k' };
    const file = site.work.write('key.json', JSON.stringify(jwk));
    const part = (v) => Buffer.from(v).toString('base64url');
    const make = (header, payload) => {
      const input = `${part(JSON.stringify(header))}.${part(payload)}`;
      return `${input}.${part(sign('sha256', Buffer.from(input),
        { key: privateKey, dsaEncoding: 'ieee-p1363' }))}`;
    };
    const good = make({ alg: 'ES256', kid: 'k' }, '{"a":1}');
    const verify = (token, ...more) => ctl(
      ['jws', 'verify', '--jwk', file, ...more], { input: token });
    assert.deepEqual(await verify(good, '--alg', 'ES256'),
      { status: 0, stdout: '{"a":1}', stderr: '' });
    assert.deepEqual(await verify(`${good}\n`),
      { status: 0, stdout: '{"a":1}', stderr: '' });
    const bad = `${good.slice(0, -8)}AAAAAAAA`;
    assert.deepEqual(await verify(bad),
      { status: 1, stdout: '', stderr: 'RG_E_SIGNATURE\n' });
    assert.deepEqual(await verify(make({ alg: 'none' }, '{}')),
      { status: 1, stdout: '', stderr: 'RG_E_ALG_NONE\n' });
    assert.equal((await verify('')).stderr, 'RG_E_TOKEN_PARTS\n');
  });

  test('token check does the claims of a real ID token too', async () => {
    const rp = new Rp({ issuer: site.idp.issuer, clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET, redirectUri: site.url('/callback') });
    await rp.discover();
    const { body } = await rp.signIn(new Jar(), { login: 'ana' });
    const good = await ctl(['token', 'check'], { input: body.id_token });
    assert.equal(good.status, 0, good.stderr);
    assert.equal(JSON.parse(good.stdout).name, 'Ana Lindt');
    const nonce = await ctl(['token', 'check', '--nonce', rp.nonce],
      { input: body.id_token });
    assert.equal(nonce.status, 0, nonce.stderr);
    const other = await ctl(['token', 'check', '--nonce', 'x'],
      { input: body.id_token });
    assert.deepEqual(other, { status: 1, stdout: '', stderr: 'RG_E_NONCE\n' });
  });
});
