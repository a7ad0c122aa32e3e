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
  const running = async () => {
    const one = demo('run', ports);
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
  const again = demo('run', ports);
  assert.equal(await again.end, 1);
  assert.match(again.said.stderr, /Port \d+ is taken/);
  // What it says to type works as it stands.
  const command = /^ +(\S*rolegatectl .* map remove 3)$/m
    .exec(first.said.stdout)[1];
  const typed = spawn('sh', ['-c', command], { cwd: TOP, stdio: 'inherit' });
  assert.deepEqual((await once(typed, 'close'))[0], 0);
  await stop(first, 'SIGINT');
  for (const file of ['data/rolegate.db', 'data/rolegate.key', 'client-secret']) {
    assert.equal(statSync(join(dir, 'demo', file)).mode & 0o777, 0o600);
  }

  const second = await running();
  const list = spawn('sh', ['-c', command.replace('remove 3', 'list')],
    { cwd: TOP, stdio: ['ignore', 'pipe', 'inherit'] });
  let maps = '';
  list.stdout.on('data', (s) => { maps += s; });
  await once(list, 'close');
  assert.match(maps, /developers/);
  assert.doesNotMatch(maps, /data-analysts/);
  await stop(second, 'SIGTERM');
});
