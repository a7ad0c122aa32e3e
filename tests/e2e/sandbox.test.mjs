// SPDX-License-Identifier: ISC
// A worker that somebody has taken over (build/MODE/hook/rolegate has a hole in
// /healthz for it) gets nowhere, however rolegate was started, and everything
// that it is there for still works.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync,
  statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { O, PROGRAMS } from './lib/programs.mjs';
import { startSite } from './lib/site.mjs';
import { until } from './lib/wait.mjs';

const HOLE = join(O, 'hook/rolegate');
// A sanitizer's build has no sandbox: it says so itself.
const skip = process.env.MODE === 'asan'
  && 'no sandbox in this build';

/* The site's rolegate, from its start on, is the one with a hole. */
async function startHole(options) {
  const rolegate = PROGRAMS.rolegate;
  PROGRAMS.rolegate = HOLE;
  try {
    return await startSite(options);
  } finally {
    PROGRAMS.rolegate = rolegate;
  }
}

const status = (pid, field) => new RegExp(`^${field}:\\s+(.*)$`, 'm')
  .exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1];

for (const server of ['lighttpd', 'lighttpd-spawn', 'apache']) {
  describe(`started for ${server}`, { skip }, () => {
    let site;
    let outside;
    before(async () => {
      site = await startHole({ server, config: {
        rolegate: { sandbox: 'require', workers: 2 } } });
      // Of the same user, in a folder that rolegate has nothing to do with.
      mkdirSync(site.work.mkdir('outside'), { recursive: true });
      outside = site.work.write('outside/file', 'secret\n');
    });
    after(() => site?.close());

    const attempt = async (what, path = '') => {
      const query = new URLSearchParams({ do: what, what: path });
      const res = await site.client().get(site.url(`/healthz?${query}`));
      assert.equal(res.status, 200, `${what}: ${res.body}`);
      return JSON.parse(res.body);
    };
    const fails = async (what, path) => {
      const { done, error } = await attempt(what, path);
      assert.equal(done, false, `${what} ${path ?? ''} was done`);
      assert.match(error, /not permitted|denied/i, what);
    };

    test('people sign in and out, names are resolved, roles are edited',
      async () => {
        const ana = await site.signIn('ana');
        assert.equal((await site.whoami(ana)).status, 200);
        await site.ctl('role', 'add', 'later');
        assert.equal((await site.client().get(site.url('/readyz'))).status, 200);
        assert.equal((await attempt('resolve', 'localhost')).done, true);
        assert.equal((await attempt('cancel')).done, true, 'a thread is cancelled');
      });

    test('no file outside is opened, nor one made', async () => {
      // Beside the configuration is inside: what is there was read at the start.
      const foreign = ['/root/.profile', '/var/log/dpkg.log', '/proc/1/environ',
        '/proc/self/mem', '/home', '/tmp', '/srv'].filter(existsSync);
      assert.ok(foreign.length > 3);
      for (const path of foreign) await fails('read', path);
      await fails('write', '/tmp/rolegate-was-here');
      assert.ok(!existsSync('/tmp/rolegate-was-here'));
      await fails('write', outside);
      await fails('write', site.work.path('rolegate.conf'));
      await fails('write', '/etc/hosts');
      await fails('chmod', outside);
      // Landlock judges this from Linux 6.2 on, seccomp always.
      await fails('truncate', outside);
      await fails('truncate', site.config.rolegate.database);
      assert.equal((await attempt('read', '/etc/hosts')).done, true);
      const data = join(site.config.rolegate.database, '../new');
      assert.equal((await attempt('write', data)).done, true);
      rmSync(data);
    });

    test('no program is run, no process made, watched or told', async () => {
      await fails('exec', '/bin/true');
      for (const what of ['fork', 'kill', 'tgkill', 'limit', 'owner', 'signal',
        'typed', 'shared', 'trace', 'code', 'listen', 'packet',
        'core']) await fails(what);
    });

    test('no file becomes code, not even one of its own', async () => {
      const data = join(site.config.rolegate.database, '../code');
      await fails('code of a file', data);
      assert.equal(statSync(data).size, 4096, 'it was written');
      rmSync(data);
    });

    test('the kernel says the same of the process', async () => {
      const { pid } = await attempt('fork');
      assert.equal(status(pid, 'NoNewPrivs'), '1');
      assert.equal(status(pid, 'Seccomp'), '2');
      // CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER at most, and those for root only
      assert.equal(BigInt(`0x${status(pid, 'CapEff')}`) & ~0xbn, 0n);
      assert.equal(BigInt(`0x${status(pid, 'CapPrm')}`) & ~0xbn, 0n);
    });

    test('files are replaced and read again', async () => {
      if (server !== 'lighttpd') return;
      const key = site.config.rolegate.key_file;
      const { pid } = await attempt('fork');
      renameSync(key, `${key}.old`);
      execFileSync('cp', ['-p', `${key}.old`, key]);
      site.rolegate.kill('SIGHUP');
      await until('other workers', async () =>
        (await attempt('fork')).pid !== pid);
      await site.signIn('dev');
    });
  });
}

test('plain CGI', { skip }, async () => {
  const site = await startHole({ server: 'tools', config: {
    rolegate: { sandbox: 'require' } } });
  try {
    const ask = async (path, query = '') => {
      const { stdout, stderr } = await site.work.run(HOLE, [], { env: {
        GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET',
        ROLEGATE_CONFIG: site.work.path('rolegate.conf'), SCRIPT_NAME: '/auth',
        PATH_INFO: path, QUERY_STRING: query, REMOTE_ADDR: '127.0.0.1',
        SERVER_PROTOCOL: 'HTTP/1.1' } });
      assert.ok(stdout, stderr);
      return stdout;
    };
    assert.match(await ask('/login'), /^Status: 303[^]*Location: /);
    assert.match(await ask('/whoami'), /^Status: 401/);
    for (const query of ['do=exec&what=/bin/true', 'do=fork',
      'do=read&what=/proc/1/environ']) {
      assert.match(await ask('/healthz', query), /"done":false/, query);
    }
  } finally {
    await site.close();
  }
});

test('what is in force is said, and what is asked for is there or no start',
  async () => {
    const site = await startSite({ config: { rolegate: { sandbox: 'off' } } });
    try {
      assert.match(site.work.read('rolegate.log'), /server\.sandbox sandbox=off/);
      const start = site.work.read('rolegate.log').length;
      await site.restartRolegate({ rolegate: { sandbox: 'on' } });
      assert.match(site.work.read('rolegate.log').slice(start),
        /server\.sandbox sandbox=on seccomp=\w+ landlock=\d/);
      site.configure({ rolegate: { sandbox: 'perhaps' } });
      const { status: code, stderr } = await site.ctlRaw(['config', 'check']);
      assert.equal(code, 1);
      assert.match(stderr, /sandbox/);
      if (skip) {
        site.configure({ rolegate: { sandbox: 'require' } });
        const refused = await site.work.run(site.programs.rolegate,
          ['--check', '--config', site.work.path('rolegate.conf')]);
        assert.equal(refused.status, 1);
        assert.match(refused.stderr, /this build has no/);
      }
    } finally {
      await site.close();
    }
  });
