// SPDX-License-Identifier: ISC
// What the suites beside this file share: every web server in front of one
// rolegate, people who are signed in there, and their access tokens.
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { after, before } from 'node:test';
import { GATEWAYS, Gateways, MARK } from '../lib/gateways.mjs';
import { send } from '../lib/http.mjs';
import { CLIENT_ID } from '../lib/idp.mjs';
import { serverUser } from '../lib/programs.mjs';
import { startSite } from '../lib/site.mjs';
import { sql } from '../lib/sqlite.mjs';
import { freePort } from '../lib/wait.mjs';

export const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
export const PROGRAM = { accept: 'application/json' };
export const GUARDS = GATEWAYS.filter((gw) => gw.kind === 'guards');
const API = `api://${CLIENT_ID}`;

/* site; all: the Gateways; people: Clients; tokens: bearer tokens, by name. */
export const stage = { people: {}, tokens: {} };

/* Asks a gateway with somebody's cookie: jar of a Client, or nobody. */
export function ask(gw, what, who, { headers = PROGRAM, ...init } = {}) {
  const cookie = who?.jar.header(stage.site.publicUrl);
  return send(what.startsWith('http') ? what : stage.all.place(gw, what), {
    ...init, headers: { ...headers, ...(cookie ? { cookie } : {}) },
  });
}

/* One request, byte by byte as given: {status, text}. */
export function raw(gw, text) {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port: gw.port });
    socket.setTimeout(20_000, () => socket.destroy(new Error('no answer')));
    socket.setEncoding('latin1').on('data', (chunk) => { answer += chunk; });
    socket.on('error', (err) => (err.code === 'ECONNRESET' && answer
      ? resolve({ status: Number(answer.slice(9, 12)), text: answer })
      : reject(err)));
    socket.on('end', () => resolve(
      { status: Number(answer.slice(9, 12)), text: answer }));
    socket.write(text);
  });
}

export function assertDenied(res, what) {
  assert.ok(!res.body.includes(MARK), `${what}: shown`);
  assert.ok(res.status >= 300, `${what}: ${res.status}`);
}

/* Nothing of what rolegate tells the server reaches the client. */
export function assertNoVariables(res, what) {
  for (const name of Object.keys(res.headers)) {
    assert.doesNotMatch(name, /^variable-/i, what);
  }
}

/* Access tokens: a good one of ana, and ones that are wrong in one thing. */
async function makeTokens(idp) {
  const token = async (what) => (await idp.control('POST', '/access-token',
    { login: 'ana', audience: API, groups: true, ...what })).token;
  Object.assign(stage.tokens, {
    good: await token({}),
    expired: await token({ claims: { exp: { now: -61 }, iat: { now: -900 },
      nbf: { now: -900 } } }),
    'an ID token': await token({ audience: CLIENT_ID, scope: undefined,
      claims: { scp: null, nonce: 'n' } }),
    'signed by a stranger': await token({ key: 'stranger' }),
    'for another API': await token({ audience: 'api://other' }),
    'none at all': 'a.b.c',
  });
}

/*
 * mod_authnz_fcgi waits half a minute for an authorizer, which nothing can
 * change. So that nobody else has to, this asks one that never answers now, and
 * stage.hung has the answer in the end.
 */
async function askHung(gw) {
  const silent = createServer(() => {});
  await new Promise((resolve) => { silent.listen(0, '127.0.0.1', resolve); });
  const also = await stage.all.startAlso(gw, 'ah',
    { authorizerPort: silent.address().port });
  const began = performance.now();
  stage.hung = ask(also, 'reports', stage.people.ana, { timeout: 60_000 })
    .then((res) => ({ res, ms: performance.now() - began }),
      (err) => ({ err }))
    .finally(() => silent.close());
  silent.unref();
}

/* Two who were let in everywhere: one is signed out, one's time is up. */
async function endSessions(site) {
  const { gone, old } = stage.people;
  for (const gw of GATEWAYS) {
    assert.equal((await ask(gw, 'reports', gone)).status, 200, gw.name);
    assert.equal((await ask(gw, 'reports', old)).status, 200, gw.name);
  }
  const id = async (who) => (await site.whoami(who)).json().session.id;
  const oldId = await id(old);
  await site.ctl('session', 'revoke', await id(gone));
  await sql(site.config.rolegate.database, `UPDATE sessions SET
    issued_at = issued_at - 90000, last_used = last_used - 90000,
    expires_at = expires_at - 90000, dies_at = dies_at - 90000
    WHERE public_id = '${oldId}'`);
}

async function openStage() {
  const authorizerPort = await freePort();
  const site = await startSite({ user: serverUser(), config: {
    rolegate: { listen_authorizer: `127.0.0.1:${authorizerPort}`, workers: 6 },
    'provider.entra': { audiences: `${API} ${CLIENT_ID}` } } });
  Object.assign(stage, { site, all: new Gateways(site, { authorizerPort }) });
  for (const login of ['ada', 'ana', 'dev', 'noa']) {
    stage.people[login] = await site.signIn(login);
  }
  stage.people.gone = await site.signIn('ana');
  stage.people.old = await site.signIn('ana');
  await makeTokens(site.idp);
  await stage.all.start();
  await askHung(GATEWAYS.find((gw) => gw.tag === 'az'));
  await endSessions(site);
}

async function closeStage() {
  stage.all?.close();
  await stage.site?.close();
}

before(openStage);
after(closeStage);
