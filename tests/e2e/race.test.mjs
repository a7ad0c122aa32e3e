// SPDX-License-Identifier: ISC
// 64 requests that bring the same answer of the provider at the same time:
// exactly one of them signs in.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';

const RACERS = 64;
let site;
before(async () => {
  site = await startSite({ config: { rolegate: { workers: 20,
    sign_in_workers: 16, audit_refusals: 1000, database_timeout: '10s' } } });
});
after(() => site?.close());

test('64 callbacks with one state: one session, one sign-in', async () => {
  for (let round = 0; round < 3; round += 1) {
    const dev = site.client();
    const back = await site.begin('dev', { client: dev });
    const before = await site.ctlJson('session', 'list');
    const answers = await Promise.all(Array.from({ length: RACERS }, () => (
      deliver(site.client({ jar: dev.jar.copy() }), back))));
    const won = answers.filter((res) => res.status === 303);
    assert.equal(won.length, 1, answers.map((res) => res.status).join(' '));
    assert.ok(won[0].headers['set-cookie'].some((c) => /^rolegate=\S{43};/.test(c)));
    for (const res of answers) {
      if (res === won[0]) continue;
      assert.ok([400, 403, 503].includes(res.status), `${res.status}`);
      assert.ok(!(res.headers['set-cookie'] ?? [])
        .some((c) => c.startsWith('rolegate=')));
    }
    const now = await site.ctlJson('session', 'list');
    assert.equal(now.length, before.length + 1);
    const ok = await site.audit('--event', 'sign_in.ok');
    assert.equal(ok.length, round + 1);
    assert.equal(ok.at(-1).detail.session, now.find(
      (s) => !before.some((b) => b.id === s.id)).id);
    await site.ctl('audit', 'verify');
  }
});

test('64 people at once: everybody gets in, each as who they are', async () => {
  const logins = ['ada', 'dev', 'ana', 'rob'];
  const clients = await Promise.all(Array.from({ length: 64 }, async (_, i) => {
    const client = site.client();
    const back = await site.begin(logins[i % 4], { client });
    // A full house says 503 and Retry-After; a person would reload.
    for (let tries = 0; ; tries += 1) {
      const res = await deliver(client, back);
      if (res.status !== 503 || tries === 50) {
        assert.equal(res.status, 303, res.body);
        return client;
      }
      assert.ok(Number(res.headers['retry-after']) > 0);
    }
  }));
  const names = await Promise.all(clients.map(async (client) => {
    const res = await site.whoami(client);
    return res.headers['x-auth-request-email'] ?? res.json().error;
  }));
  names.forEach((name, i) => {
    const who = logins[i % 4];
    assert.equal(name, who === 'rob' ? 'no_role' : `${who}@contoso.example`);
  });
  await site.ctl('audit', 'verify');
});
