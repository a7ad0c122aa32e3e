// SPDX-License-Identifier: ISC
// As in production: https in front and to the provider, and therefore "__Host-"
// cookies. Apache speaks TLS for both.
import assert from 'node:assert/strict';
import {
  chmodSync, existsSync, mkdtempSync, readFileSync, rmSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { trust } from './lib/http.mjs';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';
import { freePort } from './lib/wait.mjs';

const CHROMIUM = '/usr/bin/chromium';
let dir;
let tlsPort;
let site;

const pem = (name) => join(dir, `${name}.pem`);

/* A certificate for 127.0.0.1 that signs itself, with its key. */
function makeCertificate(name) {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
    'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1',
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', pem(`${name}.key`),
    '-out', pem(name)], { stdio: 'pipe' });
}

const tls = `SSLEngine on
SSLCertificateFile`;
const more = ({ work, idp }) => {
  const files = `"${work.write('tls.pem', readFileSync(pem('good')))}"
SSLCertificateKeyFile "${work.write('tls.key', readFileSync(pem('good.key')), 0o600)}"`;
  const modules = ['ssl', 'proxy', 'proxy_http', 'headers'].map((name) => (
    `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`));
  return `${modules.join('\n')}
Listen 127.0.0.1:${tlsPort}
${tls} ${files}
<VirtualHost 127.0.0.1:${tlsPort}>
  ${tls} ${files}
  ProxyPreserveHost On
  RequestHeader set X-Forwarded-Proto https
  ProxyPass / http://127.0.0.1:${idp.port}/
</VirtualHost>
`;
};

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rolegate-tls-'));
  chmodSync(dir, 0o755);
  makeCertificate('good');
  makeCertificate('other');
  trust(readFileSync(pem('good')));
  tlsPort = await freePort();
  site = await startSite({
    server: 'apache', scheme: 'https', more,
    idpArgs: ['--origin', `https://127.0.0.1:${tlsPort}`],
    config: { 'provider.entra': { ca_file: pem('good') } },
  });
});
after(async () => {
  await site?.close();
  rmSync(dir, { recursive: true, force: true });
});

const configure = (provider) => (
  site.restartWeb({ 'provider.entra': provider }));

const cookieLines = (res, part) => res.headers['set-cookie']
  .filter((line) => line.includes(part));

test('cookies have the __Host- prefix and all it demands', async () => {
  const dev = site.client();
  const login = await dev.get(site.url('/login'));
  assert.equal(login.status, 303, login.body);
  const [transaction] = cookieLines(login, 'rolegate-tx-');
  assert.match(transaction, /^__Host-rolegate-tx-\S+=\S+; /);
  const back = await site.begin('dev', { client: dev });
  const res = await deliver(dev, back);
  assert.equal(res.status, 303, res.body);
  const [session] = cookieLines(res, 'rolegate=');
  assert.match(session, /^__Host-rolegate=[\w-]{43}; /);
  for (const line of [transaction, session]) {
    assert.match(line, /; Path=\/(;|$)/);
    assert.match(line, /; Secure(;|$)/);
    assert.match(line, /; HttpOnly(;|$)/);
    assert.match(line, /; SameSite=Lax(;|$)/);
    assert.doesNotMatch(line, /Domain/i);
  }
  assert.deepEqual((await site.whoami(dev)).json().roles, ['user']);
});

test('a cookie that a neighbour could set is not believed', async () => {
  const dev = await site.signIn('dev');
  const value = dev.jar.get('__Host-rolegate');
  const plain = site.client();
  for (const name of ['rolegate', '__Secure-rolegate', '__host-rolegate']) {
    plain.jar.set(site.publicUrl, name, value, '; Secure');
    assert.equal((await site.whoami(plain)).status, 401, name);
  }
});

test('form_post: the provider\'s page brings the transaction along',
  async () => {
    await configure({ response_mode: 'form_post' });
    const dev = site.client();
    const login = await dev.get(site.url('/login'));
    assert.match(cookieLines(login, 'rolegate-tx-')[0], /; SameSite=None(;|$)/);
    const back = await site.begin('dev', { client: dev });
    const res = await deliver(dev, back, { crossSite: true });
    assert.equal(res.status, 303, res.body);
    assert.match(cookieLines(res, 'rolegate=')[0], /; SameSite=Lax(;|$)/);
    assert.deepEqual((await site.whoami(dev)).json().roles, ['user']);
  });

test('a real browser takes the cookies and the form', {
  skip: existsSync(CHROMIUM) ? false : 'no chromium here',
}, async () => {
  const browser = await chromium.launch({ executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update',
      '--disable-sync'] });
  try {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(site.url('/me'));
    await page.getByRole('button', { name: /Ana Lindt/ }).click();
    await page.waitForURL(site.url('/me'));
    assert.match(await page.locator('main').innerText(), /reports\.read/);
    const cookies = await context.cookies(site.publicUrl);
    const ours = cookies.filter((c) => c.name.includes('rolegate'));
    assert.deepEqual(ours.map((c) => [c.name, c.secure, c.httpOnly]),
      [['__Host-rolegate', true, true]]);
  } finally {
    await browser.close();
  }
});

test('a provider with a certificate of somebody else is not asked', async () => {
  await configure({ response_mode: 'query', ca_file: pem('other') });
  await site.idp.control('POST', '/keys/rotate');
  const dev = site.client();
  const back = await site.begin('dev', { client: dev });
  const res = back.res ?? await deliver(dev, back);
  assert.equal(res.status, 503, res.body);
  assert.match(res.body, /provider_unavailable/);
  assert.equal(dev.jar.get('__Host-rolegate'), undefined);
  const [row] = (await site.audit('--event', 'sign_in.refused')).slice(-1);
  assert.equal(row.detail.error, 'RG_E_NET_TLS');
});
