// SPDX-License-Identifier: ISC
// Without a rolegate that answers, or with one that answers nonsense, nobody
// enters. These come last: rolegate is taken away.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { GATEWAYS, MARK, PATIENCE } from '../lib/gateways.mjs';
import { until } from '../lib/wait.mjs';
import {
  BROWSER, GUARDS, PROGRAM, ask, assertDenied, assertNoVariables, stage,
} from './stage.mjs';

describe('without a rolegate that answers', () => {
  test('hung: nobody enters, and nobody waits for ever', async () => {
    // Those that spawn have a process by now, which stops like the others.
    stage.all.hangPrograms();
    stage.all.signal('SIGSTOP');
    try {
      await Promise.all(GATEWAYS.map(async (gw) => {
        const began = performance.now();
        const { res, ms, err } = gw.tag === 'az' ? await stage.hung
          : { res: await ask(gw, 'reports', stage.people.ana, { timeout: 40_000 }),
            ms: performance.now() - began };
        assert.ifError(err);
        assertDenied(res, gw.name);
        assert.equal(res.status, gw.hung, gw.name);
        assert.ok(ms < ((gw.patience ?? PATIENCE) + 15) * 1000, `${gw.name}: ${Math.round(ms)} ms`);
      }));
    } finally {
      stage.all.signal('SIGCONT');
    }
  });

  test('stopped: nobody enters', async () => {
    await stage.all.takeAway();
    const token = { ...PROGRAM, authorization: `Bearer ${stage.tokens.good}` };
    for (const gw of GATEWAYS) {
      for (const headers of [PROGRAM, BROWSER, token]) {
        const who = headers === token ? null : stage.people.ana;
        const res = await ask(gw, 'reports', who, { headers });
        assertDenied(res, gw.name);
        assert.equal(res.status, gw.down, gw.name);
      }
    }
  });

  // What servers make of an answer that rolegate never gives. Where one lets
  // everybody in, that is why rolegate says the status first, whatever happens.
  const plain = 'Content-Type: text/plain\r\n\r\nhello\n';
  const WRONG = {
    'no status': { answer: plain, open: ['lighttpd authorizer', 'nginx'] },
    'nothing at all': { answer: '', open: ['lighttpd authorizer'] },
    'Location without a status': { answer: 'Location: /elsewhere\r\n\r\n',
      open: ['lighttpd authorizer'] },
    'no header': { answer: 'this is no header at all',
      open: ['lighttpd authorizer'] },
    'only a line end': { answer: '\r\n',
      open: ['lighttpd authorizer', 'nginx'] },
    'status 500': { answer: `Status: 500 No\r\n${plain}`, open: [] },
    'a cut connection': { answer: 'die', open: [] },
    '200 without a word of who it is': { answer: `Status: 200 OK\r\n${plain}`,
      open: ['lighttpd authorizer', 'nginx'] },
  };
  test('the toy takes its place', () => stage.all.startToy());
  for (const [name, { answer, open }] of Object.entries(WRONG)) {
    test(`an answer that is wrong: ${name}`, async () => {
      stage.all.answer(answer);
      const shown = [];
      for (const gw of GUARDS) {
        const res = await ask(gw, 'reports', stage.people.ana);
        assertNoVariables(res, gw.name);
        if (res.body.includes(MARK)) shown.push(gw.name);
        else assert.ok(res.status >= 300, `${gw.name}: ${res.status}`);
      }
      assert.deepEqual(shown, open);
    });
  }

  test('a large file: not a byte of it before the decision', async () => {
    const size = 3_000_000;
    writeFileSync(`${stage.all.htdocs}/reports/large.bin`, 'L'.repeat(size));
    const yes = 'Status: 200 OK\r\nVariable-AUTH_USER: x\r\nX-Auth-Request-User: x\r\n\r\n';
    const no = 'Status: 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nno\n';
    for (const gw of GUARDS) {
      for (const decision of [yes, no]) {
        stage.all.answer('hold');
        const asked = stage.all.held();
        let got = '';
        const socket = connect({ host: '127.0.0.1', port: gw.port });
        const ended = new Promise((resolve) => { socket.on('close', resolve); });
        socket.setEncoding('latin1').on('error', () => {})
          .on('data', (chunk) => { got += chunk; });
        socket.write(`GET /reports/large.bin HTTP/1.1\r\nHost: 127.0.0.1:${gw.port}\r\n`
          + 'Connection: close\r\n\r\n');
        await until('the question', () => stage.all.held() > asked);
        // By now the server has turned to something else and back.
        await ask(gw, stage.all.url(gw, '/nothing.txt'), null);
        assert.equal(got, '', gw.name);
        stage.all.answer(decision);
        await ended;
        const shown = got.includes(gw.proxied ? MARK : 'LLLL');
        assert.equal(shown, decision === yes, `${gw.name}: ${got.slice(0, 200)}`);
        if (shown && !gw.proxied) assert.ok(got.endsWith('L'.repeat(size)), gw.name);
      }
    }
  });
});
