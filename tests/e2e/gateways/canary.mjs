// SPDX-License-Identifier: ISC
// Processes that serve one person after the other, some of whom hang up halfway:
// nothing of one is ever in the answer to another.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { GATEWAYS } from '../lib/gateways.mjs';
import { childrenOf } from '../lib/processes.mjs';
import { stage } from './stage.mjs';

const REQUESTS = 300;
const AT_ONCE = 8;
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

/* Pseudo-random numbers in [0, 1): mulberry32. */
function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/*
 * Sends `text`; hangs up after `cut` bytes of it, or of the answer when `cut`
 * is negative, or never when it is undefined. What came, at any rate.
 */
function exchange(gw, text, cut) {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port: gw.port });
    const done = () => { socket.destroy(); resolve(answer); };
    socket.setTimeout(30_000, () => reject(new Error(`${gw.name}: no answer`)));
    socket.setEncoding('latin1').on('data', (chunk) => {
      answer += chunk;
      if (cut < 0 && answer.length >= -cut) done();
    });
    socket.on('error', done).on('end', done);
    if (cut > 0) socket.write(text.slice(0, cut), done);
    else socket.write(text);
  });
}

test(`nothing of one person is in another's answer (SEED=${SEED})`, async (t) => {
  const { site, all, people } = stage;
  const next = random(SEED);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const faces = [{ words: [], status: { reports: 401, admin: 401 } }];
  for (const [login, reports, admin] of [['ada', 200, 200], ['ana', 200, 403],
    ['dev', 403, 403]]) {
    const me = (await site.whoami(people[login])).json();
    faces.push({ status: { reports, admin }, words: [me.subject.id,
      me.subject.email, me.session.id], line:
      `Cookie: ${people[login].jar.header(site.publicUrl)}\r\n` });
  }
  faces.push({ status: { reports: 200, admin: 403 }, words: faces[2].words.slice(0, 2),
    line: `Authorization: Bearer ${stage.tokens.good}\r\n` });
  const workers = childrenOf(site.rolegate.pid, 'rolegate');
  let left = REQUESTS;
  let whole = 0;

  async function one(n) {
    const gw = pick(GATEWAYS.filter((g) => !g.slow));
    const face = pick(faces);
    const place = pick(['reports', 'admin']);
    const mine = `canary${n}x`;
    const where = new URL(all.place(gw, place));
    const query = gw.kind === 'asks' ? where.search : `?${mine}`;
    const text = `GET ${where.pathname}${query} HTTP/1.1\r\n`
      + `Host: 127.0.0.1:${gw.port}\r\nConnection: close\r\n`
      + `Accept: application/json\r\nX-Canary: ${mine}\r\n${face.line ?? ''}\r\n`;
    const how = next();
    const cut = how < 0.15 ? 1 + Math.floor(next() * text.length)
      : how < 0.3 ? -1 - Math.floor(next() * 2000) : undefined;
    const answer = await exchange(gw, text, cut);
    const what = `${gw.name}, request ${n}, SEED=${SEED}`;
    for (const other of faces) {
      for (const word of other.words) {
        assert.ok(face.words.includes(word) || !answer.includes(word),
          `${what}: ${word}`);
      }
    }
    for (const [canary] of answer.matchAll(/canary\d+x/g)) {
      assert.equal(canary, mine, what);
    }
    if (cut !== undefined) return;
    assert.equal(Number(answer.slice(9, 12)), face.status[place], what);
    if (face.status[place] === 200) {
      whole += 1;
      assert.ok(answer.includes(face.words[0]), what);
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (left > 0) {
      left -= 1;
      await one(left);
    }
  }));
  t.diagnostic(`${whole} of ${REQUESTS} answers were consent and came whole`);
  assert.ok(whole > REQUESTS / 10);
  assert.deepEqual(childrenOf(site.rolegate.pid, 'rolegate'), workers,
    'they were the same processes all the time');
});
