// SPDX-License-Identifier: ISC
// Clients that mean harm, or can't do better: bodies that never end, headers of
// a megabyte, 100 000 cookies, requests that don't wait for answers; and at
// rolegate's own socket, requests cut off anywhere and lengths that are lies.
// Meanwhile everybody else gets what is theirs, and no process grows or ends.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { GATEWAYS, MARK } from '../lib/gateways.mjs';
import { childrenOf, residentMemory } from '../lib/processes.mjs';
import { SANITIZED } from '../lib/programs.mjs';
import { ask, stage } from './stage.mjs';

const MB = 1 << 20;
const SLOW = 8; // connections to each server
const COOKIES = 100_000;

/*
 * What comes back until the connection ends, however it ends; or, with `one`,
 * the headers of one answer: a server may keep the connection.
 */
function exchange(target, data, { one = false } = {}) {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(target);
    socket.setTimeout(30_000, () => {
      socket.destroy();
      reject(new Error(`no end of ${JSON.stringify(target)}: ${answer}`));
    });
    socket.setEncoding('latin1').on('data', (chunk) => {
      answer += chunk;
      if (one && answer.includes('\r\n\r\n')) socket.destroy();
    });
    // The server may hang up while we still send.
    socket.on('error', () => {}).on('close', () => resolve(answer));
    socket.write(data);
  });
}

const tcp = (gw) => ({ host: '127.0.0.1', port: gw.port });
const statuses = (text) => [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)]
  .map((m) => Number(m[1]));

function request(gw, what, cookie, more = '') {
  const { host, pathname, search } = new URL(stage.all.place(gw, what));
  return `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n`
    + `Accept: application/json\r\n${cookie ? `Cookie: ${cookie}\r\n` : ''}`
    + `${more}\r\n`;
}

/* As everywhere else in these suites: ana is let in here, and not there. */
async function assertServed(gw, when) {
  const { ana } = stage.people;
  assert.equal((await ask(gw, 'reports', ana)).status, 200, `${gw.name} ${when}`);
  assert.equal((await ask(gw, 'admin', ana)).status, 403, `${gw.name} ${when}`);
  assert.equal((await ask(gw, 'reports')).status, 401, `${gw.name} ${when}`);
}

const everywhere = (check) => Promise.all(GATEWAYS.map(check));

describe('hostile traffic', () => {
  const open = [];
  let workers;
  let memory;
  before(() => {
    workers = childrenOf(stage.site.rolegate.pid, 'rolegate');
    memory = workers.map(residentMemory);
  });
  after(() => { for (const socket of open) socket.destroy(); });

  test('bodies that never end keep nobody waiting', async () => {
    for (const gw of GATEWAYS) {
      for (let i = 0; i < SLOW; i += 1) {
        const socket = connect(tcp(gw)).on('error', () => {});
        socket.write('POST /auth/callback HTTP/1.1\r\nHost: x\r\n'
          + 'Content-Type: application/x-www-form-urlencoded\r\n'
          + 'Content-Length: 60000\r\n\r\nstate=');
        open.push(socket); // and stays, beside all that follows
      }
    }
    await everywhere((gw) => assertServed(gw, 'beside slow bodies'));
  });

  test('headers without measure are refused', async () => {
    const cookie = stage.people.ana.jar.header(stage.site.publicUrl);
    const flood = Array.from({ length: COOKIES }, (_, i) => `c${i}=1`).join('; ');
    const lines = Array.from({ length: 5000 }, (_, i) => `X-${i}: 1\r\n`).join('');
    await everywhere(async (gw) => {
      for (const [what, text] of Object.entries({
        'a megabyte': request(gw, 'reports', cookie, `X-A: ${'a'.repeat(MB)}\r\n`),
        '100 000 cookies': request(gw, 'reports', `${flood}; ${cookie}`),
        '5000 lines': request(gw, 'reports', cookie,
          `${lines}X-A: ${'a'.repeat(MB)}\r\n`),
      })) {
        const answer = await exchange(tcp(gw), text, { one: true });
        assert.ok(!answer.includes(MARK), `${gw.name}: ${what}`);
        for (const status of statuses(answer)) {
          assert.ok(status >= 400, `${gw.name}: ${what}: ${status}`);
        }
      }
      await assertServed(gw, 'after large headers');
    });
  });

  test('who does not wait for answers gets them in order', async () => {
    const cookie = stage.people.ana.jar.header(stage.site.publicUrl);
    await everywhere(async (gw) => {
      const asked = Array.from({ length: gw.slow ? 6 : 30 }, (_, i) => [
        ['reports', cookie, 200], ['reports', '', 401], ['admin', cookie, 403],
      ][i % 3]);
      const answer = await exchange(tcp(gw), asked.map(([what, who], i) =>
        request(gw, what, who, i === asked.length - 1
          ? 'Connection: close\r\n' : '')).join(''));
      assert.deepEqual(statuses(answer), asked.map(([, , status]) => status),
        gw.name);
    });
  });

  const record = (type, data = '') => {
    const body = Buffer.from(data, 'latin1');
    return Buffer.concat([Buffer.from([1, type, 0, 1, body.length >> 8,
      body.length & 255, 0, 0]), body]);
  };
  const begin = record(1, '\0\x01\0\0\0\0\0\0');
  const head = record(4, '\x0b\x0dSCRIPT_NAME/auth/healthz'
    + '\x0e\x03REQUEST_METHODGET');

  test('requests that are cut off anywhere are not answered', async () => {
    const whole = Buffer.concat([begin, head, record(4), record(5)]);
    const socket = { path: stage.site.work.socket };
    assert.match(await exchange(socket, whole), /Status: 200 /);
    const cut = (at) => new Promise((resolve) => {
      let answer = '';
      const s = connect({ ...socket, allowHalfOpen: true });
      s.on('data', (chunk) => { answer += chunk; }).on('error', () => {});
      s.on('close', () => resolve(answer)).on('end', () => s.destroy());
      s.end(whole.subarray(0, at));
    });
    for (let at = 1; at < whole.length; at += 1) {
      assert.equal(await cut(at), '', `after ${at} bytes`);
    }
  });

  test('lengths that are lies, and variables without end, are refused',
    async () => {
      const socket = { path: stage.site.work.socket };
      const large = record(4, '\x80\0\xf0\0\x01'.concat('X'.repeat(60_000)));
      for (const [what, ...records] of [
        ['a name of 2 GB', record(4, '\xff\xff\xff\xff\x01A')],
        ['a value of 2 GB', record(4, '\x01\xff\xff\xff\xffA')],
        ['both, which add up to little',
          record(4, '\xff\xff\xff\xff\xff\xff\xff\xffA')],
        ['a megabyte of variables', ...Array(20).fill(large)],
        ['500 000 empty variables', ...Array(16).fill(
          record(4, '\0'.repeat(62_500)))],
        ['another version', Buffer.from([2, 4, 0, 1, 0, 0, 0, 0])],
        ['nothing but padding', ...Array(200).fill(Buffer.concat([
          Buffer.from([1, 4, 0, 2, 0, 0, 255, 0]), Buffer.alloc(255)]))],
      ]) {
        assert.equal(await exchange(socket, Buffer.concat([begin, ...records])),
          '', what);
      }
      await assertServed(GATEWAYS[0], 'after lies');
    });

  test('no process has ended, or holds more memory for it', async () => {
    await everywhere((gw) => assertServed(gw, 'in the end'));
    assert.deepEqual(childrenOf(stage.site.rolegate.pid, 'rolegate'), workers);
    workers.forEach((pid, i) => {
      const more = residentMemory(pid) - memory[i];
      if (!SANITIZED) assert.ok(more < 8 * MB, `${pid}: ${more} bytes more`);
    });
  });
});
