// SPDX-License-Identifier: ISC
// After sign-ins that went well and badly, with the log at its most talkative:
// no secret is in any log, in the audit or in the database, and no page shows
// one.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CLIENT_SECRET } from './lib/idp.mjs';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';

/* All files of the site; nothing is too hidden to be looked at. */
function* files(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (entry.isFile()) yield path;
  }
}

test('no secret is written down anywhere', async () => {
  const site = await startSite({
    config: { 'provider.entra': { userinfo: 'yes' } } });
  const secrets = new Map();
  const keep = (what, value) => { secrets.set(what, value); };
  try {
    const dev = site.client();
    const back = await site.begin('dev', { client: dev });
    const q = new URL(back.url).searchParams;
    keep('code', q.get('code'));
    for (const c of dev.jar.all()) {
      if (c.name.startsWith('rolegate-tx-')) keep('transaction cookie', c.value);
    }
    assert.equal((await deliver(dev, back)).status, 303);
    keep('session cookie', dev.jar.get('rolegate'));
    const page = await dev.get(site.url('/me'));
    const who = await site.whoami(dev);

    // Refusals have the most to say.
    const stray = await site.begin('ada');
    keep('stray code', new URL(stray.url).searchParams.get('code'));
    const refused = await deliver(site.client(), stray);
    await site.idp.fault('token', 'garbage');
    const other = site.client();
    const failing = await site.begin('ana', { client: other });
    keep('failing code', new URL(failing.url).searchParams.get('code'));
    const failed = await deliver(other, failing);
    assert.equal(failed.status, 503);
    await site.idp.wellAgain();
    const bearer = 'eyJhbGciOiJub25lIn0.c2VjcmV0LWJlYXJlcg.c2lnbmF0dXJl';
    keep('bearer token', bearer);
    await site.whoami(dev, '', { headers: { authorization: `Bearer ${bearer}` } });
    await dev.get(site.url('/logout'));
    await site.rolegate.stop();

    keep('client secret', CLIENT_SECRET);
    keep('client secret in a header', encodeURIComponent(CLIENT_SECRET));
    keep('sealing key', site.work.read('data/rolegate.key').trim());
    for (const res of [page, who, refused, failed]) {
      for (const [what, value] of secrets) {
        assert.ok(!res.body.includes(value), `${what} in ${res.url}`);
      }
    }
    const holders = { 'client-secret': ['client secret'],
      'rolegate.key': ['sealing key'] };
    let looked = 0;
    for (const path of files(site.work.dir)) {
      const name = path.split('/').at(-1);
      if (['rolegate', 'rolegatectl'].includes(name)) continue;
      const text = readFileSync(path, 'latin1');
      looked += 1;
      for (const [what, value] of secrets) {
        if (holders[name]?.includes(what)) continue;
        assert.ok(!text.includes(value), `${what} in ${name}`);
      }
    }
    assert.ok(looked >= 6);
    assert.match(site.work.read('rolegate.log'), /sign_in\.ok/);
    for (const name of ['rolegate.db', 'rolegate.key']) {
      assert.equal(statSync(site.work.path(`data/${name}`)).mode & 0o777, 0o600);
    }
  } finally {
    await site.close();
  }
});
