// SPDX-License-Identifier: ISC
// rolegate and mod_auth_openidc for the same work, in the same Apache, with the
// same provider. `make bench` runs it; README.md here tells how to read it.
//
//   B=build node tests/bench/peer.mjs [rounds] [seconds a figure] [live sessions]
import assert from 'node:assert/strict';
import { Client } from '../e2e/lib/http.mjs';
import { CLIENT_ID, CLIENT_SECRET } from '../e2e/lib/idp.mjs';
import { running } from '../e2e/lib/processes.mjs';
import { serverUser } from '../e2e/lib/programs.mjs';
import { deliver, toCallback } from '../e2e/lib/signin.mjs';
import { startSite } from '../e2e/lib/site.mjs';
import { freePort } from '../e2e/lib/wait.mjs';
import { cpuOf, load } from './load.mjs';
import { cookieOf, family, find, forgedFrom, inTurn, interleaved, manySessions,
  ratio, report, show } from './rows.mjs';
import { startApache } from './servers.mjs';

const [ROUNDS = 5, SECONDS = 1, LIVE = 5000] = process.argv.slice(2).map(Number);
const TIMES = { count: ROUNDS, seconds: SECONDS };
const SIGN_INS = 50; // that are measured
const AT_ONCE = 8; // of those that only make sessions live
const GROUPS = 200; // of one person
const MODULES = '/usr/lib/apache2/modules';

const port = await freePort();
const livePort = await freePort();
const peerUrl = `http://127.0.0.1:${port}/peer`;
const liveUrl = `http://127.0.0.1:${livePort}/peer`;
const authorizerPort = await freePort();
const site = await startSite({ server: 'none', port, user: serverUser(),
  config: { rolegate: { workers: 2, log_level: 'info',
    listen_authorizer: `127.0.0.1:${authorizerPort}` },
  'provider.entra': { audiences: `api://${CLIENT_ID}` } },
  idpArgs: [peerUrl, liveUrl].flatMap((url) =>
    ['--redirect-uri', `${url}/callback`]) });
const { work } = site;
const ratios = {};

/*
 * As its manual has it for an OpenID provider. Its cache holds 500 entries unless
 * told otherwise, of which a session takes two, and is searched from end to end:
 * so only who needs more entries gets them.
 */
function peerConf(url, entries) {
  const metadata = `${site.idp.issuer}/.well-known/openid-configuration`;
  return `
LoadModule auth_openidc_module ${MODULES}/mod_auth_openidc.so
OIDCProviderMetadataURL ${metadata}
OIDCClientID ${CLIENT_ID}
OIDCClientSecret "${CLIENT_SECRET}"
OIDCRedirectURI ${url}/callback
OIDCCryptoPassphrase not-a-secret-of-the-bench
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCResponseMode query
OIDCInfoHook iat exp id_token session
OIDCSSLValidateServer Off
OIDCOAuthServerMetadataURL ${metadata}
OIDCOAuthSSLValidateServer Off
${entries ? `OIDCCacheShmMax ${entries}` : ''}
<Location /peer>
  AuthType openid-connect
  Require valid-user
</Location>
<Location /peer-api>
  AuthType oauth20
  Require valid-user
</Location>
`;
}

async function startApaches() {
  const htdocs = work.mkdir('htdocs');
  for (const place of ['open', 'peer', 'peer-api', 'reports']) {
    work.mkdir(`htdocs/${place}`);
    work.write(`htdocs/${place}/file.txt`, 'small\n');
  }
  const proxy = await startApache(work, { port, htdocs,
    confs: ['apache-proxy-fcgi.conf', 'apache-authnz-fcgi.conf'],
    modules: ['proxy', 'proxy_fcgi', 'authnz_fcgi'], more: peerConf(peerUrl),
    put: { 'fcgi://127.0.0.1:9001': `fcgi://127.0.0.1:${authorizerPort}` } });
  const fcgid = await startApache(work, { name: 'apache-fcgid', htdocs,
    port: await freePort(), modules: ['fcgid'],
    confs: ['apache-fcgid.conf', 'apache-fcgid-checker.conf'],
    put: { '/usr/local/lib/rolegate/rolegate': site.programs.rolegate,
      '/etc/rolegate/rolegate.conf': work.path('rolegate.conf') },
    more: `FcgidIPCDir "${work.path('apache-fcgid')}"
FcgidProcessTableFile "${work.path('apache-fcgid/shm')}"` });
  return { proxy, fcgid };
}

/* One more, with room for as many sessions of the peer. */
const startLive = () => startApache(work, { name: 'apache-live', port: livePort,
  htdocs: work.path('htdocs'), confs: ['apache-proxy-fcgi.conf'],
  modules: ['proxy', 'proxy_fcgi'], more: peerConf(liveUrl, 4 * LIVE) });

/* What serves a request, whoever does: all processes of rolegate and Apache. */
const pidsOf = (...apaches) => () => [...new Set([
  ...apaches.flatMap(({ proc }) => family(proc)),
  ...running(site.programs.rolegate)])];

/* Signs somebody in at the peer; returns {client, res} of its callback. */
async function peerSignIn(login, url = peerUrl) {
  const client = new Client();
  const back = await toCallback(client, `${url}/file.txt`,
    { login, callback: `${url}/callback` });
  return { client, res: await deliver(client, back) };
}

async function sameWork({ proxy, fcgid }, pids, { session, peer, token }) {
  const bearer = { authorization: `Bearer ${token}` };
  const both = (name, url, headers) => [16, 64].map((connections) =>
    ({ name, url, headers, connections }));
  const rows = [
    { name: 'open small file', url: proxy.url('/open/file.txt') },
    ...both('session to JSON, mod_proxy_fcgi', proxy.url('/auth/whoami'), session),
    ...both('session to JSON, mod_fcgid', fcgid.url('/auth/whoami'), session),
    ...both('session to JSON, peer', `${peerUrl}/callback?info=json`, peer),
    ...both('session, small file, mod_authnz_fcgi',
      proxy.url('/reports/file.txt'), session),
    ...both('session, small file, mod_fcgid', fcgid.url('/reports/file.txt'),
      session),
    ...both('session, small file, peer', proxy.url('/peer/file.txt'), peer),
    { name: 'bearer to JSON, mod_proxy_fcgi', url: proxy.url('/auth/whoami'),
      headers: bearer },
    { name: 'bearer, small file, mod_authnz_fcgi',
      url: proxy.url('/reports/file.txt'), headers: bearer },
    // It lost its keys once in 30 000 requests, and could not fetch them anew.
    { name: 'bearer, small file, peer', url: proxy.url('/peer-api/file.txt'),
      headers: bearer, mayFail: 0.01 },
  ].map((row) => ({ ...row, pids }));
  show(await interleaved(rows, TIMES));
  for (const c of [16, 64]) {
    const end = c === 16 ? '' : `_${c}`;
    const json = find(rows, 'session to JSON, peer', c);
    for (const [name, way] of [['session', 'mod_proxy_fcgi'],
      ['fcgid', 'mod_fcgid']]) {
      const own = find(rows, `session to JSON, ${way}`, c);
      ratios[`apache.${name}_vs_peer${end}`] = ratio(own, json);
      ratios[`apache.${name}_p99_vs_peer${end}`] = ratio(own, json, 'p99');
      ratios[`apache.${name}_cpu_vs_peer${end}`] = ratio(own, json, 'cpu');
    }
    const file = find(rows, 'session, small file, peer', c);
    for (const [name, way] of [['authnz', 'mod_authnz_fcgi'],
      ['checker', 'mod_fcgid']]) {
      ratios[`apache.${name}_file_vs_peer${end}`] = ratio(
        find(rows, `session, small file, ${way}`, c), file);
    }
  }
  ratios['apache.bearer_vs_peer'] = ratio(
    find(rows, 'bearer to JSON, mod_proxy_fcgi'),
    find(rows, 'bearer, small file, peer'));
}

/* CPU time of whole sign-ins, of all that rolegate or the peer computes. */
async function signIns(pids) {
  const each = async (once) => {
    await once();
    const before = cpuOf(pids());
    for (let i = 0; i < SIGN_INS; i += 1) await once();
    return (cpuOf(pids()) - before) * 1000 / SIGN_INS;
  };
  const own = await each(() => site.signIn('dev'));
  const peer = await each(async () => {
    assert.equal((await peerSignIn('dev')).res.status, 302);
  });
  console.log(`a sign-in, Apache included: ${own.toFixed(1)} ms CPU;`,
    `the peer: ${peer.toFixed(1)} ms`);
  ratios['sign_in.cpu_ms_with_apache'] = own;
  ratios['sign_in.cpu_ms_peer'] = peer;
}

/* A flood of tokens that name keys of nobody: how often are keys fetched? */
async function forged({ proxy }, token) {
  const script = inTurn(work, 'forged.lua', 'Authorization',
    forgedFrom(token).map((t) => `Bearer ${t}`));
  for (const [name, path] of [['rolegate', '/auth/whoami'],
    ['peer', '/peer-api/file.txt']]) {
    const before = (await site.idp.counts()).keys;
    const { requests } = await load(proxy.url(path), { script, refused: true,
      seconds: SECONDS, connections: 4 });
    const fetched = (await site.idp.counts()).keys - before;
    console.log(`forged tokens, ${name}: ${requests}, keys fetched`,
      `${fetched} times`);
    ratios[`forged.${name}_fetches_per_1000`] = fetched * 1000 / requests;
  }
}

/* A person of so many groups. */
async function manyGroups({ proxy }, pids) {
  const groups = [...Array(GROUPS - 1).keys()].map((i) =>
    `0000${String(i).padStart(4, '0')}-0000-4000-8000-000000000000`);
  await site.idp.person('dev', { groups: ['developers', ...groups] });
  const own = await site.signIn('dev');
  const { client, res } = await peerSignIn('dev');
  const peer = await client.get(`${peerUrl}/callback?info=json`);
  console.log(`${GROUPS} groups, the peer: its callback ${res.status},`,
    `then its JSON ${peer.status}`);
  const rows = [{ name: `${GROUPS} groups, session to JSON, mod_proxy_fcgi`,
    url: proxy.url('/auth/whoami'), pids,
    headers: cookieOf(own, site.url('/whoami')) }];
  if (peer.status === 200) {
    rows.push({ name: `${GROUPS} groups, session to JSON, peer`, pids,
      url: `${peerUrl}/callback?info=json`, headers: cookieOf(client, peerUrl) });
  }
  show(await interleaved(rows, TIMES));
  ratios['groups_200.peer_status'] = peer.status;
}

/* So many people are signed in at both; then each asks in turn. */
async function manyLive(session) {
  const apache = await startLive();
  const pids = pidsOf(apache);
  const peers = [];
  const one = async () => {
    while (peers.length < LIVE) {
      const { client, res } = await peerSignIn('ana', liveUrl);
      assert.equal(res.status, 302);
      peers.push(cookieOf(client, `${liveUrl}/file.txt`).cookie);
      if (peers.length % 100 === 0) {
        process.stderr.write(`\r  ${peers.length} sessions of the peer `);
      }
    }
  };
  await Promise.all([...Array(AT_ONCE)].map(one));
  process.stderr.write('\n');
  const own = await manySessions(site, session, LIVE);
  const rows = [
    { name: `${LIVE} live, session to JSON, mod_proxy_fcgi`, pids,
      url: apache.url('/auth/whoami'),
      script: inTurn(work, 'own.lua', 'Cookie', own) },
    { name: `${LIVE} live, session to JSON, peer`, pids,
      url: `${liveUrl}/callback?info=json`,
      script: inTurn(work, 'peers.lua', 'Cookie', peers) },
  ];
  show(await interleaved(rows, TIMES));
  ratios['apache.live_5000_vs_peer'] = ratio(rows[0], rows[1]);
  ratios['apache.live_5000_p99_vs_peer'] = ratio(rows[0], rows[1], 'p99');
}

try {
  const apaches = await startApaches();
  const pids = pidsOf(apaches.proxy, apaches.fcgid);
  const ada = await site.signIn('ada');
  const { client, res } = await peerSignIn('ada');
  assert.equal(res.status, 302, `the peer: ${res.body}`);
  const session = cookieOf(ada, site.url('/whoami'));
  const peer = cookieOf(client, `${peerUrl}/file.txt`);
  const { token } = await site.idp.control('POST', '/access-token', {
    login: 'ada', groups: true, audience: `api://${CLIENT_ID}` });
  await sameWork(apaches, pids, { session, peer, token });
  await signIns(pids);
  await forged(apaches, token);
  await manyGroups(apaches, pids);
  await manyLive(session);
  report(ratios);
} catch (err) {
  process.exitCode = 1;
  throw err;
} finally {
  await site.close();
}
