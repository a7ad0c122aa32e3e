// SPDX-License-Identifier: ISC
// The systemd units are valid, and their sandbox is as tight as they say.
// `make deb-test` runs rolegate in it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PROGRAMS, SERVERS } from './lib/programs.mjs';
import { Workspace } from './lib/workspace.mjs';

const UNITS = ['rolegate.service', 'rolegate.socket',
  'rolegate-contextforge.service', 'rolegate-contextforge.timer'];
const SERVICES = UNITS.filter((name) => name.endsWith('.service'));
const EXPOSURE = 15; // of 100; "OK" begins at 40

let work;
const files = {};
const packaging = join(SERVERS, '../packaging');
const analyze = (...args) => work.run('systemd-analyze', args,
  { env: { SYSTEMD_UNIT_PATH: `${work.dir}:`, SYSTEMD_COLORS: '0' } });

before(() => {
  work = new Workspace();
  for (const name of UNITS) {
    files[name] = work.write(name, readFileSync(join(packaging, name), 'utf8')
      .replaceAll('/usr/local/lib/rolegate/rolegate', PROGRAMS.rolegate)
      .replaceAll('/usr/local/bin/rolegatectl', PROGRAMS.rolegatectl));
  }
});
after(() => work.close());

test('systemd understands every line of them', async () => {
  const { status, stderr } = await analyze('verify', '--man=no', ...Object.values(files));
  assert.doesNotMatch(stderr, /rolegate/);
  assert.equal(status, 0);
});

test('a line that it does not understand would be seen', async () => {
  const bad = work.write('bad.service', `${readFileSync(files[SERVICES[0]], 'utf8')}
[Service]
ProtectSystm=strict
`);
  const { stderr } = await analyze('verify', '--man=no', bad);
  assert.match(stderr, /ProtectSystm/);
});

for (const name of SERVICES) {
  test(`${name}: the sandbox is tight`, async () => {
    const { status, stdout, stderr } = await analyze('security', '--offline=true',
      `--threshold=${EXPOSURE}`, '--no-pager', files[name]);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /Overall exposure level for /);
  });

  test(`${name}: one line less would be seen`, async () => {
    const text = readFileSync(files[name], 'utf8');
    const less = work.write(name.replace('.service', '-less.service'),
      text.replace(/^SystemCallFilter=.*\n/gm, '').replace('NoNewPrivileges=yes', ''));
    const { status } = await analyze('security', '--offline=true',
      `--threshold=${EXPOSURE}`, '--no-pager', less);
    assert.notEqual(status, 0);
  });
}

// In a user namespace the web server's user would be "nobody" to SO_PEERCRED,
// and peer_user would refuse it. The sync talks to nobody by a socket.
test('PrivateUsers only where no socket is served', () => {
  const has = (name) => /^PrivateUsers=yes$/m.test(readFileSync(files[name], 'utf8'));
  assert.equal(has('rolegate.service'), false);
  assert.equal(has('rolegate-contextforge.service'), true);
});
