// SPDX-License-Identifier: ISC
// The pages in a real browser: a person clicks through a sign-in, with and
// without JavaScript, on a desk and on a phone. Pictures go to build/screens.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  assertAccessible, assertFits, assertStill, choose, shot, skip, startBrowser,
  withPage as withTab,
} from './lib/browser.mjs';
import { startSite } from './lib/site.mjs';

let site;
let browser;
before(async () => {
  if (skip) return;
  site = await startSite();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await site?.close();
});

const withPage = (options, fn) => withTab(browser, site, options, fn);

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with' : 'without';
  test(`a person signs in and out ${how} JavaScript`, { skip }, async () => {
    await withPage({ javaScriptEnabled }, async (page) => {
      await page.goto(site.url('/'));
      await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
      if (javaScriptEnabled) await shot(page, 'signin');
      await page.getByRole('link', { name: /Contoso/ }).click();
      await choose(page, /Ana Lindt/);
      await page.waitForURL(site.url('/me'));
      const text = await page.locator('main').innerText();
      for (const part of ['Ana Lindt', 'analyst', 'reports.read',
        'data-analysts', 'not an administrator']) {
        assert.ok(text.includes(part), `${part} in: ${text}`);
      }
      // In the person's own way, or of UTC; the exact instant on hover.
      const ends = page.locator('time');
      assert.match(await ends.innerText(), javaScriptEnabled
        ? /^\d{1,2} \w+ 20\d\d, \d\d:\d\d$/ : /^20\d\d-\d\d-\d\d, \d\d:\d\d UTC$/);
      assert.match(await ends.getAttribute('title'), /^20\d\d-.*T.*Z$/);
      if (javaScriptEnabled) await shot(page, 'me');
      // Signed in: the front door leads to one's own page.
      await page.goto(site.url('/'));
      assert.equal(page.url(), site.url('/me'));
      await page.getByRole('link', { name: 'Sign out' }).click();
      await page.waitForURL(site.url('/signed-out'));
      if (javaScriptEnabled) {
        await shot(page, 'signed-out');
        await assertAccessible(page);
      }
      await page.goto(site.url('/whoami'));
      assert.match(await page.locator('body').innerText(), /unauthenticated/);
    });
  });
}

test('pages speak the language that is asked for, programs are told in English',
  { skip }, async () => {
    const ana = await site.signIn('ana');
    const noa = await site.signIn('noa');
    const stranger = site.client();
    const ask = (client, path, language) => client.get(site.url(path),
      { headers: { 'accept-language': language } });
    for (const [client, path, english, german] of [
      [stranger, '/', 'Continue with', 'Weiter mit'],
      [stranger, '/signed-out', 'You are signed out', 'Sie sind abgemeldet'],
      [stranger, '/login?return_to=//evil', 'leads astray', 'in die Irre'],
      [ana, '/me', 'These of your groups', 'Diese Ihrer Gruppen'],
      [noa, '/me', 'have no access yet', 'noch keinen Zugang'],
      [ana, '/console', 'Skip to the content', 'Zum Inhalt']]) {
      for (const [language, tag, words] of [['de-CH,de;q=0.9', 'de', german],
        ['fr, en;q=0.5', 'en', english], ['', 'en', english]]) {
        const { body, headers } = await ask(client, path, language);
        assert.ok(body.includes(words), `${path} ${language}: ${body}`);
        assert.ok(body.includes(`<html lang="${tag}">`), path);
        assert.equal(headers['content-language'], tag);
        assert.match(headers.vary, /\bAccept-Language\b/i);
      }
    }
    const { message } = (await stranger.json(site.url('/whoami'),
      { headers: { 'accept-language': 'de' } })).json();
    assert.equal(message, 'There is no valid session.');
    for (const hostile of ['../de', '<script>', '"><img src=x>', '{{base}}',
      'en\tde', ',;q=,,*;q=9', `${'a-'.repeat(3000)}de`, '\u00ff\u00fe', 'xx;q=1']) {
      const { status, body, headers } = await ask(stranger, '/', hostile);
      assert.equal(status, 200, hostile);
      assert.equal(headers['content-language'], 'en');
      assert.ok(body.includes('Continue with'), hostile);
      assert.doesNotMatch(body, /<script>|src=x|\{\{/);
    }
  });

test('an admin is told so', { skip }, async () => {
  await withPage({}, async (page) => {
    await page.goto(site.url('/me'));
    await choose(page, /Ada Admin/);
    await page.waitForURL(site.url('/me'));
    const text = await page.locator('main').innerText();
    assert.match(text, /Administrator/);
  });
});

test('who has no role is told what to ask for', { skip }, async () => {
  await withPage({}, async (page) => {
    await page.goto(site.url('/login?return_to=/secret'));
    await choose(page, /Noa Nobody/);
    await page.waitForURL(site.url('/me'));
    const text = await page.locator('main').innerText();
    assert.match(text, /no access yet/);
    assert.match(text, /0a000000-0000-4000-8000-000000000014/);
    assert.match(text, /help@contoso\.example/);
    await shot(page, 'denied');
    // The lines that an administrator needs, with one click.
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy these lines' }).click();
    await page.getByText('Copied').waitFor();
    const lines = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(lines, /^Name: Noa Nobody$/m);
    assert.match(lines, /^Object ID: 0a000000-0000-4000-8000-000000000014$/m);
    assert.match(lines, /^Reference: \S+$/m);
    await assertAccessible(page);
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await page.waitForURL(site.url('/me'));
  });
});

test('who cancels gets an error page that leads on', { skip }, async () => {
  await withPage({}, async (page) => {
    await page.goto(site.url('/login'));
    await choose(page, 'Cancel');
    await page.getByRole('heading', { name: /sign-in was cancelled/ }).waitFor();
    await shot(page, 'error');
    const text = await page.locator('main').innerText();
    for (const part of ['What to do', 'Whom to ask', 'help@contoso.example']) {
      assert.ok(text.includes(part), `${part} in: ${text}`);
    }
    await page.getByRole('link', { name: 'Try again' }).click();
    await choose(page, /Dev Dobrev/);
    await page.waitForURL(site.url('/me'));
  });
});

test('a sign-in that waited in an old tab still leads home', { skip },
  async () => {
    await withPage({}, async (page) => {
      await page.goto(site.url('/me'));
      const other = await page.context().newPage();
      await other.goto(site.url('/me'));
      await choose(other, /Dev Dobrev/);
      await other.waitForURL(site.url('/me'));
      await choose(page, /Dev Dobrev/);
      await page.waitForURL(site.url('/me'));
      // Back and forth in the history signs nobody in a second time.
      const before = (await site.ctlJson('session', 'list')).length;
      await page.goBack();
      await page.goForward();
      assert.equal((await site.ctlJson('session', 'list')).length, before);
    });
  });

for (const [name, options] of Object.entries({
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 },
  // One of them in another language, whose words are longer.
  dark: { colorScheme: 'dark', locale: 'de-DE' },
  'phone-dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
})) {
  test(`the pages fit: ${name}`, { skip }, async () => {
    await withPage(options, async (page) => {
      await page.goto(site.url('/'));
      assert.equal(await page.getByRole('heading', { level: 1 }).innerText(),
        options.locale ? 'Anmelden' : 'Sign in');
      await assertFits(page);
      await assertAccessible(page);
      await shot(page, `signin-${name}`);
      await page.goto(site.url('/login?return_to=//evil'));
      await assertFits(page);
      await assertAccessible(page);
      await shot(page, `error-${name}`);
      await page.goto(site.url('/me'));
      await choose(page, /Ana Lindt/);
      await page.waitForURL(site.url('/me'));
      await assertFits(page);
      await assertAccessible(page);
      await assertStill(page);
      await shot(page, `me-${name}`);
      await page.goto(site.url('/login?prompt=select_account'));
      await choose(page, /Noa Nobody/);
      await page.waitForURL(site.url('/me'));
      await assertFits(page);
      await assertAccessible(page);
      await assertStill(page);
      await shot(page, `denied-${name}`);
    });
  });
}
