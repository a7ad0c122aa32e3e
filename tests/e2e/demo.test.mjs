// SPDX-License-Identifier: ISC
// The demo, as a person runs it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { send } from './lib/http.mjs';
import { O, TOP } from './lib/programs.mjs';
import { freePort, listens, until } from './lib/wait.mjs';

let dir;
before(() => { dir = mkdtempSync(join(tmpdir(), 'rolegate-demo-')); });
const started = new Set();
after(() => {
  for (const child of started) child.kill('SIGTERM');
  rmSync(dir, { recursive: true, force: true });
});

function demo(what, env = {}) {
  const child = spawn('sh', ['tests/demo.sh', what], {
    cwd: TOP, env: { ...process.env, O, B: dir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  child.once('close', () => started.delete(child));
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (s) => { said[name] += s; });
  }
  return { child, said, end: once(child, 'close').then(([code]) => code) };
}

test('demo-curl: everybody by curl alone, one line each', async () => {
  const { said, end } = demo('curl');
  assert.equal(await end, 0, said.stderr);
  const lines = said.stdout.trim().split('\n');
  assert.deepEqual(lines.map((line) => line.split(' ')[0]),
    ['dev', 'ada', 'ana', 'noa']);
  for (const line of lines) JSON.parse(line.replace(/^\w+ |  ok$/g, ''));
});

test('run: says what to try, keeps its state, ends on Ctrl-C', async () => {
  const ports = { PORT: await freePort(), IDP_PORT: await freePort() };
  const folder = join(dir, `demo-${ports.PORT}`);
  const running = async (at = ports) => {
    const one = demo('run', at);
    await until('the demo to be ready', () => one.said.stdout.includes('Ctrl-C'),
      { ms: 20_000, alive: () => {
        if (one.child.exitCode !== null) throw new Error(one.said.stderr);
      } });
    return one;
  };
  const stop = async (one, signal) => {
    one.child.kill(signal);
    assert.equal(await one.end, 0, one.said.stderr);
    for (const port of Object.values(ports)) {
      assert.equal(await listens({ host: '127.0.0.1', port }), false);
    }
  };
  const url = `http://127.0.0.1:${ports.PORT}`;

  const first = await running();
  assert.ok(first.said.stdout.includes(`${url}/auth/`));
  assert.ok(!first.said.stdout.includes('\x1b'), 'no colours in a file');
  assert.equal((await send(`${url}/auth/whoami`)).status, 401);
  assert.equal((await send(`${url}/`)).headers.location, '/auth/');
  // Whichever port is taken: refused before a file of the one that runs changes.
  const conf = () => statSync(join(folder, 'rolegate.conf')).mtimeMs;
  const was = conf();
  for (const other of [{}, { IDP_PORT: await freePort() }]) {
    const again = demo('run', { ...ports, ...other });
    assert.equal(await again.end, 1);
    assert.match(again.said.stderr,
      /Port \d+ is taken.*make run PORT=\d+ IDP_PORT=\d+/);
  }
  assert.equal(conf(), was);
  // On ports of its own a second one has files of its own.
  const beside = await running({ PORT: await freePort(), IDP_PORT: await freePort() });
  assert.equal(conf(), was);
  assert.equal((await send(`${url}/auth/readyz`)).status, 200);
  beside.child.kill('SIGTERM');
  assert.equal(await beside.end, 0, beside.said.stderr);
  assert.match(first.said.stdout, /Rob Reviewer/);
  assert.ok(first.said.stdout.includes(`rm -r ${folder}`), first.said.stdout);
  // What it says to type works as it stands.
  const command = /^ +(\S*rolegatectl .* map remove 3)$/m
    .exec(first.said.stdout)[1];
  const typed = spawn('sh', ['-c', command], { cwd: TOP, stdio: 'inherit' });
  assert.deepEqual((await once(typed, 'close'))[0], 0);
  await stop(first, 'SIGINT');
  for (const file of ['data/rolegate.db', 'data/rolegate.key', 'client-secret']) {
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  }

  const second = await running();
  const list = spawn('sh', ['-c', command.replace('remove 3', 'list')],
    { cwd: TOP, stdio: ['ignore', 'pipe', 'inherit'] });
  let maps = '';
  list.stdout.on('data', (s) => { maps += s; });
  await once(list, 'close');
  assert.match(maps, /developers/);
  assert.doesNotMatch(maps, /data-analysts/);
  const add = /^ +(\S*rolegatectl .* map add [^]*?data-analysts)$/m
    .exec(second.said.stdout)[1];
  const added = spawn('sh', ['-c', add], { cwd: TOP, stdio: 'inherit' });
  assert.deepEqual((await once(added, 'close'))[0], 0);
  await stop(second, 'SIGTERM');

  const third = await running();
  assert.match(third.said.stdout, /map remove 4$/m, 'its number of today');
  await stop(third, 'SIGTERM');
});
