// SPDX-License-Identifier: ISC
// What rolegatectl prints for people, each list and each edit; --json is what the
// other tests read. Nothing that somebody else has typed moves the terminal.
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { startSite } from './lib/site.mjs';
import { until } from './lib/wait.mjs';

const AUDIENCE = 'api://gateway.example';
const TIME = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ';

let site;
let ana;
before(async () => {
  site = await startSite({ config: {
    role_token: { audience: AUDIENCE } } });
  await site.signIn('ana');
  [ana] = (await site.ctlJson('principal', 'list'));
});
after(() => site?.close());

const lines = async (...args) => (await site.ctl(...args)).trimEnd().split('\n');
const like = (line, pattern) => assert.match(line,
  new RegExp(`^${pattern.replaceAll('TIME', TIME)}$`));
const escaped = (s) => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/* Status, nothing on stdout, and what stderr says. */
async function refused(args, status, pattern, options) {
  const res = await site.ctlRaw(args, options);
  assert.equal(res.status, status, `${args.join(' ')}: ${res.stderr}`);
  assert.match(res.stderr, pattern);
  assert.equal(res.stdout, '');
}

test('grants: what was done, who gave them, until when', async () => {
  assert.equal(await site.ctl('grant', 'list'), '');
  like(await site.ctl('grant', 'add', ana.subject, '--role', 'user',
    '--reason', 'ticket 8'), 'grant 1 added\n');
  assert.deepEqual(await site.ctlJson('grant', 'add', ana.subject, '--role',
    'analyst', '--expires', '1s'), { id: 2 });
  const subject = escaped(ana.subject);
  const [first, second] = await lines('grant', 'list');
  like(first, ` +1  ${subject} -> user  by cli:\\S+ {2}# ticket 8`);
  like(second, ` +2  ${subject} -> analyst  (until|EXPIRED) TIME  by cli:\\S+`);
  await until('it has expired', async () => / EXPIRED /.test(
    await site.ctl('grant', 'list', '--role', 'analyst')));
  assert.equal((await lines('grant', 'list', '--role', 'user')).length, 1);
  assert.equal((await lines('grant', 'list', '--subject', ana.subject)).length, 2);
  assert.equal((await site.ctlJson('grant', 'list')).length, 2);
  await refused(['grant', 'list', '--subject', 'nobody'], 1, /NOT_FOUND|no such/i);
  await refused(['grant', 'add', ana.subject], 2, /needs --role/);
  await refused(['grant', 'add', ana.subject, '--role', 'user', '--expires', 'x'],
    2, /--expires/);
  await refused(['grant', 'add', 'nobody', '--role', 'user'], 1, /nobody/);
  await refused(['grant', 'set', '1'], 2, /say what is to be changed/);
  await refused(['grant', 'set', 'x', '--reason', 'y'], 2, /grant/);
  await refused(['grant', 'set', '9', '--reason', 'y'], 1, /9|NOT_FOUND/);
  await refused(['grant', 'remove', '9'], 1, /9|NOT_FOUND/);
  assert.equal(await site.ctl('grant', 'set', '1', '--reason', 'ticket 9'),
    'grant 1 changed\n');
  assert.deepEqual(await site.ctlJson('grant', 'set', '2', '--expires', '1d'),
    { changed: 2 });
  assert.equal(await site.ctl('grant', 'remove', '1'), 'grant 1 removed\n');
  assert.deepEqual(await site.ctlJson('grant', 'remove', '2'), { removed: 2 });
  assert.equal(await site.ctl('grant', 'list'), '');
});

test('people and their sessions', async () => {
  const subject = escaped(ana.subject);
  like((await lines('principal', 'list'))[0],
    `${subject}  ana@\\S+ {2}seen TIME  analyst`);
  assert.equal(await site.ctl('principal', 'list', '--search', 'nobody-of-it'), '');
  const [session] = await site.ctlJson('session', 'list');
  like((await lines('session', 'list'))[0],
    `${escaped(session.id)}  ${subject}  ana@\\S+ {2}used TIME  until TIME`);
  assert.equal(await site.ctl('principal', 'disable', ana.subject),
    `${ana.subject} is disabled, and signed out\n`);
  assert.equal(await site.ctl('session', 'list'), '');
  like((await lines('principal', 'list', '--disabled'))[0], `.* {2}DISABLED`);
  assert.match(await site.ctl('explain', ana.subject), /^DISABLED: has no access$/m);
  assert.deepEqual(await site.ctlJson('principal', 'enable', ana.subject),
    { subject: ana.subject, disabled: false });
  assert.equal(await site.ctl('principal', 'enable', ana.subject),
    `${ana.subject} is enabled\n`);
  await refused(['principal', 'disable', 'nobody'], 1, /nobody/);
  await refused(['explain', 'nobody'], 1, /nobody/);
  await site.signIn('ana');
  assert.equal(await site.ctl('session', 'revoke', '--subject', ana.subject),
    'sessions revoked: 1\n');
  await refused(['session', 'revoke', 'nothing'], 1, /nothing|NOT_FOUND|no such/i);
});

test('roles and mappings', async () => {
  assert.equal(await site.ctl('role', 'add', 'tester', '--permission', 'b',
    '--permission', 'a', '--description', 'Checks'), 'role tester added\n');
  const listed = await lines('role', 'list');
  like(listed.find((l) => l.startsWith('tester')), 'tester +a b  # Checks');
  like(listed.find((l) => l.startsWith('admin ')), 'admin +admin .*');
  assert.equal(await site.ctl('role', 'set', 'tester', '--no-permissions',
    '--description', ''), 'role tester changed\n');
  like((await lines('role', 'list')).find((l) => l.startsWith('tester')), 'tester *');
  assert.deepEqual(await site.ctlJson('role', 'set', 'tester', '--admin'),
    { changed: 'tester' });
  assert.deepEqual(await site.ctlJson('role', 'set', 'tester', '--no-admin'),
    { changed: 'tester' });
  await refused(['role', 'set', 'tester'], 2, /say what is to be changed/);
  await refused(['role', 'set', 'nobody', '--admin'], 1, /nobody|NOT_FOUND/);
  await refused(['role', 'add', 'tester'], 1, /EXISTS|exists/);
  await refused(['role', 'remove', 'nobody'], 1, /nobody|NOT_FOUND/);
  const made = await site.ctl('map', 'add', '--provider', 'entra', '--kind',
    'app_role', '--value', 'Testing', '--role', 'tester', '--label', 'quality');
  const [, id] = /^mapping (\d+) added/.exec(made);
  assert.match((await lines('map', 'list')).find((l) => l.includes('Testing')),
    /tester.*quality/);
  assert.equal(await site.ctl('map', 'set', id, '--note', 'n'),
    `mapping ${id} changed\n`);
  assert.deepEqual(await site.ctlJson('map', 'set', id, '--disable'),
    { changed: Number(id) });
  assert.match((await lines('map', 'list')).find((l) => l.includes('Testing')),
    /disabled/i);
  await refused(['map', 'set', id], 2, /say what is to be changed/);
  await refused(['map', 'set', '99', '--note', 'n'], 1, /99|NOT_FOUND/);
  await refused(['map', 'set', id, '--expires', 'x'], 2, /--expires/);
  assert.equal(await site.ctl('map', 'remove', id), `mapping ${id} removed\n`);
  assert.equal(await site.ctl('role', 'remove', 'tester'), 'role tester removed\n');
});

test('nothing on record moves the terminal or turns the text around', async () => {
  const bad = 'a\u001b[31m\u009bb\u200ec\u202ed\u2066e\u007f';
  const shown = 'a\\x1b[31m\\xc2\\x9bb\\xe2\\x80\\x8ec\\xe2\\x80\\xaed'
    + '\\xe2\\x81\\xa6e\\x7f';
  for (const args of [['role', 'add', 'x', '--description', bad],
    ['grant', 'add', ana.subject, '--role', 'user', '--reason', bad],
    ['map', 'set', '1', '--note', bad], ['map', 'set', '1', '--label', bad]]) {
    await refused(args, 1, /without control characters/);
  }
  // What is read has not always been written by rolegatectl.
  const { status, stderr } = await site.work.run('sqlite3', [
    site.work.path('data/rolegate.db'),
    `UPDATE roles SET description = '${bad}'; UPDATE mappings SET label = '${bad}';
     UPDATE principals SET username = '${bad}'; UPDATE sessions SET last_used = last_used`]);
  assert.equal(status, 0, stderr);
  await site.ctl('grant', 'add', ana.subject, '--role', 'user');
  for (const list of ['role', 'map', 'principal']) {
    const text = await site.ctl(list, 'list');
    assert.ok(text.includes(shown), text);
    assert.ok(!text.includes('\u001b') && !text.includes('\u202e'), list);
  }
});

test('keys, counters, and what the audit says', async () => {
  assert.equal(await site.ctl('key', 'list'), '');
  const [, kid] = /^key (\S+) signs from /.exec(await site.ctl('key', 'rotate', '--now'));
  like((await lines('key', 'list'))[0], `${escaped(kid)}  signs from TIME`);
  const next = await site.ctlJson('key', 'rotate');
  const listed = await lines('key', 'list');
  like(listed.find((l) => l.startsWith(kid)), '\\S+ {2}signs from TIME  until TIME');
  assert.deepEqual((await site.ctlJson('key', 'list')).map((k) => k.kid).sort(),
    [kid, next.kid].sort());
  await until('a sign-in has been counted', async () => /^ +\d+ {2}\w/m.test(
    await site.ctl('counters')));
  like((await lines('counters', '--since', '1h'))[0], 'TIME  +\\d+  \\w+  .*');
  assert.equal(await site.ctl('counters', '--since', '2099-01-01T00:00:00Z'), '');
  for (const line of await lines('--json', 'counters')) {
    assert.equal(JSON.parse(line).minute, undefined);
  }
  await refused(['counters', '--since', 'x'], 2, /--since/);
  await refused(['audit', 'key'], 1, /audit_key_file is not set/);
  await refused(['audit', 'archive', '--to', 'x'], 2, /needs --before and --to/);
  await refused(['audit', 'archive', '--to', 'x', '--before', 'y'], 2, /--before/);
});

test('without a sound configuration nothing is done, whatever was asked', async () => {
  const every = [['role', 'list'], ['map', 'list'], ['grant', 'list'],
    ['grant', 'add', 'x', '--role', 'user'], ['grant', 'set', '1', '--reason', 'x'],
    ['grant', 'remove', '1'], ['principal', 'list'], ['principal', 'disable', 'x'],
    ['principal', 'enable', 'x'], ['explain', 'x'], ['key', 'list'],
    ['key', 'rotate'], ['session', 'list'], ['session', 'revoke', '--all'],
    ['audit', 'list'], ['audit', 'verify'], ['audit', 'checkpoint'], ['audit', 'key'],
    ['audit', 'export'], ['audit', 'archive', '--before', '1d', '--to', '.'],
    ['counters'], ['role', 'add', 'x'], ['role', 'set', 'x', '--admin'],
    ['role', 'remove', 'x'], ['map', 'export'], ['map', 'set', '1', '--note', 'x'],
    ['map', 'remove', '1'], ['token', 'check'], ['maintain'], ['config', 'check'],
    ['backup', site.work.path('copy')]];
  const head = await site.ctl('audit', 'verify');
  const bad = site.work.write('bad.conf', '[rolegate]\npublic_url = nonsense\n');
  chmodSync(bad, 0o600);
  for (const args of every) {
    await refused(['--config', bad, ...args], 1, /public_url/, { input: '' });
  }
  assert.equal(await site.ctl('audit', 'verify'), head);
});

test('the import reports by name what it made of each setting', async () => {
  const file = site.work.write('gateway.env',
    'SSO_ENTRA_ADMIN_GROUPS=a0000000-0000-4000-8000-000000000001\n'
    + 'SSO_ENTRA_GROUPS_CLAIM=groups\n');
  const { status, stdout, stderr } = await site.ctlRaw(['map', 'import-contextforge',
    '--file', file, '--entra', 'entra']);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^SSO_ENTRA_ADMIN_GROUPS: /m);
  const doc = JSON.parse(stdout);
  assert.equal(doc.mappings[0].value, 'a0000000-0000-4000-8000-000000000001');
  const nothing = site.work.write('empty.env', 'OTHER=1\n');
  const none = await site.ctlRaw(['map', 'import-contextforge', '--file', nothing]);
  assert.match(none.stderr, /^\(all\): nothing \(no setting maps anything\)$/m);
});
