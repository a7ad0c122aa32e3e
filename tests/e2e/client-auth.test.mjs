// SPDX-License-Identifier: ISC
// How rolegate proves itself to the provider: each way signs people in, and
// what one proves it with can be replaced without a failed sign-in.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate, createHash, generateKeyPairSync, randomUUID, sign,
} from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Api } from './lib/api.mjs';
import { CLIENT_ID, CLIENT_SECRET } from './lib/idp.mjs';
import { assertRefusalAudited } from './lib/refusal.mjs';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';

const NEW_SECRET = 'the-next/secret+of=tests';
const none = { client_secret_file: null, client_auth: null,
  client_certificate_file: null, client_key_file: null,
  client_assertion_alg: null, client_assertion_kid: null,
  client_assertion_file: null };

let site;
before(async () => { site = await startSite({ server: 'lighttpd' }); });
after(() => site?.close());

const openssl = (...args) => execFileSync('openssl', args,
  { cwd: site.work.dir, stdio: 'pipe' });

/* From `from` to `to` days from now, which only "openssl ca" can say. */
function certify(name, from, to) {
  const day = (n) => new Date(Date.now() + n * 86400e3).toISOString()
    .replace(/[-T:]|\.\d+/g, '');
  site.work.write('index.txt', '');
  site.work.write('ca.conf', `[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt
new_certs_dir = .\nserial = serial\ndefault_md = sha256\npolicy = p
[p]\ncommonName = supplied\n`);
  openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj',
    '/CN=rolegate', '-keyout', `${name}.key`, '-out', 'csr');
  openssl('ca', '-batch', '-selfsign', '-config', 'ca.conf', '-keyfile',
    `${name}.key`, '-in', 'csr', '-out', `${name}.crt`, '-notext',
    '-create_serial', '-startdate', day(from), '-enddate', day(to));
}

/* A certificate made with the command of the README, or for other days. */
function certificate(name, { type = 'rsa:2048', days } = {}) {
  if (days) certify(name, ...days);
  else {
    openssl('req', '-x509', '-newkey', type, ...(type === 'ec'
      ? ['-pkeyopt', 'ec_paramgen_curve:prime256v1'] : []), '-nodes', '-sha256',
    '-days', '365', '-subj', '/CN=rolegate', '-keyout', `${name}.key`,
    '-out', `${name}.crt`);
  }
  const crt = site.work.path(`${name}.crt`);
  const x509 = new X509Certificate(readFileSync(crt));
  const digest = (alg) => createHash(alg).update(x509.raw).digest('base64url');
  return { crt, key: site.work.path(`${name}.key`),
    jwk: { ...x509.publicKey.export({ format: 'jwk' }),
      x5t: digest('sha1'), 'x5t#S256': digest('sha256') } };
}

const reconfigure = (change) => site.restartRolegate({
  'provider.entra': { ...none, client_id: CLIENT_ID, ...change } });

const withCertificates = (certs, change = {}) => reconfigure({
  client_id: `${CLIENT_ID}-jwt`,
  client_certificate_file: certs.map((c) => c.crt).join(' '),
  client_key_file: certs.map((c) => c.key).join(' '), ...change });

async function signsIn() {
  const res = await site.whoami(await site.signIn('ana'));
  assert.deepEqual(res.json().roles, ['analyst']);
}

async function refused(cause) {
  const client = site.client();
  const res = await deliver(client, await site.begin('ana', { client }));
  assert.ok(res.status >= 400, 'refused');
  assert.equal(client.jar.get('rolegate'), undefined);
  return assertRefusalAudited(site, res, cause);
}

const client = (body) => site.idp.control('PUT', '/client', body);
const assertions = () => site.idp.control('GET', '/assertions');
const tokens = async () => (await site.idp.counts()).token;
const log = () => site.work.read('rolegate.log');

test('a secret in the header, and in the form', async () => {
  await signsIn();
  await reconfigure({ client_id: `${CLIENT_ID}-post`, client_auth: 'post',
    client_secret_file: site.work.path('client-secret') });
  await signsIn();
});

test('of two secrets the other one takes over', async () => {
  const next = site.work.write('next-secret', `${NEW_SECRET}\n`, 0o600);
  await reconfigure({ client_secret_file:
    `${site.work.path('client-secret')} ${next}` });
  await signsIn();
  await client({ secret: NEW_SECRET });
  const before_ = await tokens();
  await signsIn();
  assert.equal(await tokens(), before_ + 2, 'one more request, same sign-in');
  assert.match(log(), /client_auth\.refused provider=entra .*invalid_client/);
  assert.match(log(), /client_auth\.switched provider=entra/);
  await client({ secret: 'neither of them' });
  await refused('RG_E_CLIENT_AUTH');
  await client({ secret: CLIENT_SECRET });
  await signsIn();
});

test('a certificate: PS256, as Entra wants it', async () => {
  const cert = certificate('one');
  await client({ keys: [cert.jwk] });
  await withCertificates([cert]);
  await signsIn();
  await signsIn();
  const [a, b] = (await assertions()).slice(-2);
  assert.deepEqual(a.header, { alg: 'PS256', typ: 'JWT',
    'x5t#S256': cert.jwk['x5t#S256'] });
  const { iss, sub, aud, jti, iat, nbf, exp } = a.claims;
  assert.equal(iss, `${CLIENT_ID}-jwt`);
  assert.equal(sub, iss);
  assert.match(aud, /\/oauth2\/v2\.0\/token$/);
  assert.ok(iat === nbf && exp - nbf === 300);
  assert.ok(jti.length >= 22 && jti !== b.claims.jti, 'used once');
});

test('RS256 with x5t for old servers; a kid where it is asked for', async () => {
  const cert = certificate('old-style');
  await client({ keys: [cert.jwk] });
  await withCertificates([cert], { client_assertion_alg: 'RS256' });
  await signsIn();
  assert.deepEqual((await assertions()).at(-1).header,
    { alg: 'RS256', typ: 'JWT', x5t: cert.jwk.x5t });
  await client({ keys: [{ ...cert.jwk, kid: 'our-key' }] });
  await withCertificates([cert], { client_assertion_kid: 'our-key' });
  await signsIn();
  assert.equal((await assertions()).at(-1).header.kid, 'our-key');
});

test('of two certificates the one that is registered takes over', async () => {
  const old = certificate('old');
  const next = certificate('next');
  await client({ keys: [old.jwk] });
  await withCertificates([old, next]);
  await signsIn();
  await signsIn();
  await client({ keys: [next.jwk] });
  await signsIn();
  assert.equal((await assertions()).at(-1).header['x5t#S256'],
    next.jwk['x5t#S256']);
  const stranger = certificate('stranger');
  await client({ keys: [stranger.jwk] });
  await refused('RG_E_CLIENT_AUTH');
});

test('a certificate that ends soon is said so; one that ended is not used',
  async () => {
    const soon = certificate('soon', { days: [-360, 5] });
    const ended = certificate('ended', { days: [-360, -1] });
    await client({ keys: [soon.jwk] });
    await withCertificates([soon]);
    const ready = () => site.client().json(site.url('/readyz'));
    assert.deepEqual((await ready()).json(),
      { status: 'ok', warnings: ['client_certificate'] });
    await signsIn();
    const health = await new Api(site, await site.signIn('ada')).get('/health');
    const [entra] = health.body.providers;
    assert.equal(entra.name, 'entra');
    assert.ok(Math.abs(entra.keys_fetched_at - Date.now() / 1000) < 3600);
    const [{ not_before: from, not_after: to, ...cert }] = entra.credentials;
    assert.deepEqual(cert, { kind: 'certificate', level: 'warn',
      thumbprint: soon.jwk['x5t#S256'] });
    assert.equal(Math.round((to - from) / 86400), 365);
    assert.ok(!JSON.stringify(health.body).includes('soon.'), 'no file names');
    assert.match(log(), /error \S+ client_auth\.certificate provider=entra .*soon\.crt/);
    const doctor = await site.ctlRaw(['doctor']);
    assert.equal(doctor.status, 0, doctor.stdout + doctor.stderr);
    assert.match(doctor.stdout, /^warn {2}provider entra: certificate .*soon\.crt .*make a new one now$/m);

    await withCertificates([ended]);
    const before_ = await tokens();
    await refused('RG_E_CERT_EXPIRED');
    assert.equal(await tokens(), before_, 'nothing was sent');
    assert.equal((await ready()).status, 503);
    const failing = await site.ctlRaw(['doctor']);
    assert.equal(failing.status, 1);
    assert.match(failing.stdout, /^fail {2}provider entra: no client credential/m);

    // The next one is there for that.
    await withCertificates([ended, soon]);
    await signsIn();
  });

test('workload identity: the file is read at every sign-in', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa',
    { modulusLength: 2048 });
  await client({ keys: [publicKey.export({ format: 'jwk' })] });
  const path = site.work.path('workload-token');
  const put = () => {
    const now = Math.floor(Date.now() / 1000);
    const part = (v) => Buffer.from(JSON.stringify(v)).toString('base64url');
    const text = `${part({ alg: 'RS256' })}.${part({ iss: `${CLIENT_ID}-jwt`,
      sub: `${CLIENT_ID}-jwt`, aud: site.idp.issuer, jti: randomUUID(),
      iat: now, exp: now + 300 })}`;
    site.work.write('workload-token', `${text}.${
      sign('sha256', Buffer.from(text), privateKey).toString('base64url')}\n`,
    0o644);
  };
  put();
  await reconfigure({ client_id: `${CLIENT_ID}-jwt`,
    client_assertion_file: path });
  await signsIn();
  // This provider takes a token once, so an old one would be noticed.
  await refused('RG_E_CLIENT_AUTH');
  put();
  await signsIn();
  site.work.write('workload-token', 'no token', 0o644);
  await refused('RG_E_CLIENT_ASSERTION');
  put();
  await signsIn();
});

test('ES256 for others than Entra', async () => {
  const cert = certificate('ec', { type: 'ec' });
  await assert.rejects(withCertificates([cert]));
  assert.match(log(), /Entra ID takes RSA keys only/);
  await client({ keys: [cert.jwk] });
  site.configure({ 'provider.entra': { type: 'oidc', tenant: null } });
  await site.startRolegate();
  await signsIn();
  assert.equal((await assertions()).at(-1).header.alg, 'ES256');
});

test('no secret, key or assertion is in a log or in the audit', async () => {
  const audit = JSON.stringify(await site.audit());
  const all = log() + audit;
  for (const secret of [CLIENT_SECRET, NEW_SECRET,
    encodeURIComponent(CLIENT_SECRET), encodeURIComponent(NEW_SECRET)]) {
    assert.ok(!all.includes(secret), 'a secret');
  }
  assert.doesNotMatch(all, /eyJ|PRIVATE KEY/);
  for (const name of readdirSync(site.work.dir)) {
    if (!name.endsWith('.key')) continue;
    const [, line] = readFileSync(join(site.work.dir, name), 'utf8').split('\n');
    assert.ok(!all.includes(line), 'a key');
  }
  assert.ok((await assertions()).length > 5);
});
