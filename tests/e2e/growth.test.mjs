// SPDX-License-Identifier: ISC
// 10 000 requests of all kinds: no worker ends up with more descriptors, nor
// with noticeably more memory, than it had after the first 1 000.
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, before, test } from 'node:test';
import { SANITIZED } from './lib/programs.mjs';
import { childrenOf, openDescriptors, residentMemory,
} from './lib/processes.mjs';
import { startSite } from './lib/site.mjs';
import { until } from './lib/wait.mjs';

const WARM_UP = 1000;
const REQUESTS = 10_000;
const AT_ONCE = 8;
const WORKERS = 2;
const MORE = 1024 * 1024;

let site;
let agent;
before(async () => {
  site = await startSite({ config: { rolegate: {
    workers: WORKERS, log_level: 'warn' } } });
  agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
});
after(async () => {
  agent?.destroy();
  await site?.close();
});

const ask = ({ path, method = 'GET', headers = {}, body }) => new Promise(
  (resolve, reject) => {
    const req = request(site.url(path), { agent, method, headers }, (res) => {
      res.resume();
      res.on('error', reject);
      res.on('end', () => resolve(res.statusCode));
    });
    req.on('error', reject);
    req.end(body);
  });

/* [what to ask, the status that must come back]; one after the other. */
function kinds(cookie) {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const html = { accept: 'text/html' };
  return [
    [{ path: '/whoami', headers: { cookie } }, 200],
    [{ path: '/whoami?role=user', headers: { cookie } }, 200],
    [{ path: '/whoami' }, 401],
    [{ path: '/login?return_to=%2Fapp' }, 303],
    [{ path: '/whoami?role=admin', headers: { cookie } }, 403],
    [{ path: '/whoami', headers: { authorization: 'Bearer x.y.z' } }, 401],
    [{ path: '/whoami', headers: { cookie: `rolegate=${'A'.repeat(43)}` } }, 401],
    [{ path: '/nothing-here', headers: html }, 404],
    [{ path: '/login?return_to=%2F%2Fevil', headers: html }, 400],
    [{ path: '/callback?code=x&state=y', headers: html }, 400],
    [{ path: '/callback', method: 'POST', headers: form, body: 'code=1&code=2' },
      400],
    [{ path: '/callback', method: 'POST', body: '{}',
      headers: { 'content-type': 'application/json' } }, 400],
    [{ path: '/whoami', method: 'DELETE' }, 405],
    [{ path: '/whoami?%zz' }, null],
    [{ path: '/me', headers: { cookie, ...html } }, 200],
    [{ path: '/readyz' }, 200],
    [{ path: '/rolegate.css' }, 200],
    [{ path: '/whoami', headers: { cookie: 'a=b; '.repeat(200) } }, null],
  ];
}

async function load(count, list) {
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < count) {
      const [what, status] = list[next % list.length];
      next += 1;
      const got = await ask(what);
      if (status === null) assert.ok(got >= 400 && got < 500, `${got}`);
      else assert.equal(got, status, JSON.stringify(what));
    }
  }));
}

test('no descriptors and no memory are lost', async (t) => {
  const dev = await site.signIn('dev');
  const list = kinds(`rolegate=${dev.jar.get('rolegate')}`);
  await load(WARM_UP, list);
  const workers = childrenOf(site.rolegate.pid);
  assert.equal(workers.length, WORKERS);
  const look = () => workers.map((pid) => ({
    fds: openDescriptors(pid), memory: residentMemory(pid) }));
  const early = look();
  await load(REQUESTS - WARM_UP, list);
  assert.deepEqual(childrenOf(site.rolegate.pid), workers, 'still the same');
  const counted = early[0].fds !== null;
  if (counted) {
    // The last connections may be about to be closed.
    const same = () => look().every(({ fds }, i) => fds <= early[i].fds);
    await until('no more descriptors than before', same, { ms: 5000 })
      .catch(() => assert.deepEqual(look().map((w) => w.fds),
        early.map((w) => w.fds)));
  } else {
    t.diagnostic('descriptors not counted: only root may');
  }
  look().forEach(({ memory }, i) => {
    const more = memory - early[i].memory;
    t.diagnostic(`worker ${i + 1}: ${memory >> 10} KiB, ${more >> 10} more`);
    // A sanitizer keeps what was freed for a while.
    if (!SANITIZED) assert.ok(more < MORE, `${more} bytes more`);
  });
});
