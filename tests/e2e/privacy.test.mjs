// SPDX-License-Identifier: ISC
// What audit and log say of people: no name, no e-mail, and of their network
// address what audit_client allows (contextforge.test.mjs: audit_email).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';

let site;
before(async () => { site = await startSite({ config: { rolegate: {
  workers: 2 } } }); });
after(() => site?.close());

/* A sign-in, a sign-out and refusals; the client of each row, and of each line
 * of the log that has one. */
async function clients() {
  const logged = site.work.read('rolegate.log').length;
  const [{ n }] = await sql(site.config.rolegate.database,
    'SELECT audit_seq AS n FROM meta');
  const dev = await site.signIn('dev');
  const { subject } = (await site.whoami(dev)).json();
  assert.ok(subject.name && subject.username);
  await dev.post(site.url('/logout'), {});
  await dev.get(site.url('/callback?state=x&code=y'));
  await dev.get(site.url('/whoami'), { headers: { authorization: 'Bearer x' } });
  await dev.post(site.url('/logout'), { logout_token: 'x' });
  const rows = (await site.audit()).filter((row) => row.seq > n);
  assert.ok(rows.length >= 2, JSON.stringify(rows));
  const text = JSON.stringify(rows);
  for (const personal of [subject.name, subject.username, subject.email]) {
    if (personal) assert.ok(!text.includes(personal), personal);
  }
  const log = site.work.read('rolegate.log').slice(logged);
  for (const event of ['sign_in.refused', 'bearer.refused', 'sign_out.refused']) {
    assert.ok(log.includes(` ${event} `), log);
  }
  for (const personal of [subject.username, subject.email]) {
    if (personal) assert.ok(!log.includes(personal), log);
  }
  return [...rows.map((row) => row.client),
    ...[...log.matchAll(/ client=(\S*)/g)].map(([, client]) => client)];
}

test('full: the address, and neither name nor e-mail', async () => {
  for (const client of await clients()) assert.equal(client, '127.0.0.1');
});

test('hash: equal addresses look equal, and are not told', async () => {
  await site.restartRolegate({ rolegate: { audit_client: 'hash' } });
  const seen = new Set([...await clients(), ...await clients()]);
  assert.equal(seen.size, 1);
  assert.match([...seen][0], /^hash:[0-9a-f]{32}$/);
  // Another key, another pseudonym: it is no plain hash that can be guessed.
  await site.rolegate.stop();
  const key = readFileSync(site.config.rolegate.key_file, 'utf8');
  site.work.write('data/rolegate.key', `${'A'.repeat(42)}E\n${key}`, 0o600);
  await site.startRolegate();
  const other = new Set(await clients());
  assert.equal(other.size, 1);
  assert.ok(!seen.has([...other][0]));
});

test('off: nothing', async () => {
  await site.restartRolegate({ rolegate: { audit_client: 'off' } });
  for (const client of await clients()) assert.equal(client, '');
  await site.ctl('audit', 'verify');
});
