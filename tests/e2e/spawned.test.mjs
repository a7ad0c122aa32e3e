// SPDX-License-Identifier: ISC
// Web servers that start rolegate processes themselves read a request to its end
// before one of them gets it: more clients that send slowly than there are
// processes keep nobody waiting, though a process would wait a minute for each.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { startSite } from './lib/site.mjs';

const SLOW = 40; // cgi/servers/ allows 16 and 32 processes

const slowly = (site) => new Promise((resolve, reject) => {
  const { hostname: host, port, pathname } = new URL(site.url('/callback'));
  const socket = connect({ host, port }).on('error', reject);
  socket.write(`POST ${pathname} HTTP/1.1\r\nHost: x\r\n`
    + 'Content-Type: application/x-www-form-urlencoded\r\n'
    + 'Content-Length: 60000\r\n\r\nstate=', () => resolve(socket));
});

describe('slow bodies', () => {
  for (const server of ['lighttpd-spawn', 'apache']) {
    test(`wait in ${server}`, async () => {
      const site = await startSite({ server,
        config: { rolegate: { read_timeout: '60s' } } });
      const open = [];
      try {
        const dev = await site.signIn('dev');
        for (let i = 0; i < SLOW; i += 1) open.push(await slowly(site));
        for (let i = 0; i < 2 * SLOW; i += 1) {
          assert.equal((await site.whoami(dev)).status, 200);
          assert.equal((await site.whoami(site.client())).status, 401);
        }
        assert.ok(open.every((socket) => socket.readable), 'they are there still');
      } finally {
        for (const socket of open) socket.destroy();
        await site.close();
      }
    });
  }
});
