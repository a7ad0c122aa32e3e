// SPDX-License-Identifier: ISC
// Debian's Chromium through playwright-core. What the console of one of our
// pages complains of, a breach of its policy included, fails the test.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { O } from './programs.mjs';

const CHROMIUM = '/usr/bin/chromium';
const SCREENS = join(dirname(O), 'screens');
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic',
  '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export const skip = existsSync(CHROMIUM) ? false : 'no chromium here';

export async function startBrowser() {
  if (skip) return null;
  mkdirSync(SCREENS, { recursive: true });
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS });
}

/* In the page: each breach of its policy, named with the page it is of. */
const report = () => document.addEventListener('securitypolicyviolation', (e) => {
  console.error(`policy ${e.documentURI}: ${e.violatedDirective}, ${e.blockedURI}`);
});

/* The session of a Client, for withPage: that person need not sign in again. */
export const sessionOf = (site, client) => [{ name: 'rolegate',
  value: client.jar.get('rolegate'), url: site.publicUrl }];

/* A tab of a fresh browser, for fn(page). */
export async function withPage(browser, site, { cookies, ...options }, fn) {
  const context = await browser.newContext({
    viewport: { width: 1100, height: 760 }, locale: 'en-GB', ...options });
  if (cookies) await context.addCookies(cookies);
  const complaints = [];
  if (options.javaScriptEnabled !== false) await context.addInitScript(report);
  const page = await context.newPage();
  const watch = (tab) => {
    tab.on('console', (message) => {
      const { url } = message.location();
      // A status of 4xx is what some pages are for.
      if (message.text().startsWith(`policy ${site.publicUrl}`)) {
        complaints.push(message.text());
      } else if (message.type() === 'error' && url.startsWith(site.publicUrl)
        && !/status of 4[0-9][0-9]/.test(message.text())) {
        complaints.push(message.text());
      }
    });
    tab.on('pageerror', (err) => complaints.push(err.message));
    // No page of ours asks for anything elsewhere.
    tab.on('request', (request) => {
      if (!request.isNavigationRequest()
        && request.frame().url().startsWith(site.publicUrl)
        && !/^(data|blob):/.test(request.url())
        && !request.url().startsWith(site.publicUrl)) {
        complaints.push(`asked for ${request.url()}`);
      }
    });
  };
  watch(page);
  context.on('page', watch);
  page.setDefaultTimeout(15_000);
  try {
    await fn(page);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

export const shot = (page, name, { fullPage = true } = {}) => page.screenshot({
  path: join(SCREENS, `${name}.png`), fullPage });

/* Nothing may stick out of the window to the side. */
export async function assertFits(page) {
  const over = await page.evaluate(() => (
    document.documentElement.scrollWidth - window.innerWidth));
  assert.ok(over <= 0, `${over} pixels too wide`);
}

/*
 * Nothing has moved since the page began, but for what somebody did: "good" is
 * up to 0.1 (web.dev, Cumulative Layout Shift).
 */
export async function assertStill(page) {
  const moved = await page.evaluate(() => new Promise((resolve) => {
    const shifts = [];
    new PerformanceObserver((list) => shifts.push(...list.getEntries()))
      .observe({ type: 'layout-shift', buffered: true });
    // What is buffered comes before the next frame but one.
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => (
      resolve(shifts.filter((x) => !x.hadRecentInput).map((x) => ({
        value: x.value, what: x.sources.map((y) => y.node?.nodeName) })))))));
  }));
  const sum = moved.reduce((n, x) => n + x.value, 0);
  assert.ok(sum <= 0.1, `${page.url()}: ${JSON.stringify(moved)}`);
}

/*
 * axe-core finds nothing to complain of, WCAG 2.2 AA and good practice; or of
 * these rules only.
 */
export async function assertAccessible(page, { rules } = {}) {
  if (!await page.evaluate(() => 'axe' in window)) {
    await page.evaluate(axe.source);
  }
  const found = await page.evaluate(async (runOnly) => {
    const { violations } = await window.axe.run(document, {
      resultTypes: ['violations'], ...(runOnly ? { runOnly } : {}) });
    return violations.map((v) => `${v.id}: ${v.help}: ${v.nodes
      .map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`);
  }, rules);
  assert.deepEqual(found, [], page.url());
}

/* At the provider's page: who signs in. */
export async function choose(page, name) {
  await page.getByRole('button', { name }).click();
}
