// SPDX-License-Identifier: ISC
// A small OpenID provider that misbehaves on purpose, hand-written on node:http
// and node:crypto. What it does wrong is chosen on its control port
// (README.md); behaviours.mjs and its three tables have the list.
import { createHash } from 'node:crypto';
import { isProgram, runProgram } from './cli.mjs';
import { controlHandler, listen, readBody, sendJson } from './net.mjs';
import { listBehaviours } from './behaviours.mjs';
import { paths } from './paths.mjs';
import { People } from './people.mjs';
import { World } from './world.mjs';

const DRIP_MS = 200;
const SUBMIT = 'document.forms[0].submit()';
const SUBMIT_HASH = createHash('sha256').update(SUBMIT).digest('base64');

const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

// Sends what a behaviour made instead of the right answer.
function sendRaw(res, { status, type, headers, body = '', then }) {
  if (then === 'hang') return;
  const all = { 'content-length': Buffer.byteLength(body), ...headers };
  if (type) all['content-type'] = type;
  res.writeHead(status, all);
  if (then === 'drip') {
    let at = 0;
    const timer = setInterval(() => {
      res.write(body.slice(at, at + 1));
      at += 1;
      if (at >= body.length) res.end();
      if (at >= body.length || res.destroyed) clearInterval(timer);
    }, DRIP_MS);
    res.once('close', () => clearInterval(timer));
  } else if (then === 'close') {
    res.write(body.slice(0, body.length / 2));
    setTimeout(() => res.destroy(), 20);
  } else {
    res.end(body);
  }
}

// A right answer, which a behaviour may change or replace.
function sendDocument(world, res, hook, value) {
  const raw = world.hook(hook, value);
  if (raw?.status || raw?.then) sendRaw(res, raw);
  else sendJson(res, 200, value);
}

function sendBack(world, res, params, list) {
  const formPost = world.behaviour.hooks.formPost
    || params.response_mode === 'form_post';
  if (!formPost) {
    const url = new URL(params.redirect_uri);
    for (const [name, value] of list) url.searchParams.append(name, value);
    res.writeHead(303, { location: url.href, 'cache-control': 'no-store' });
    return res.end();
  }
  const inputs = list.map(([name, value]) => `<input type="hidden" name="${
    escape(name)}" value="${escape(value)}">`).join('\n');
  res.writeHead(200, {
    'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store',
    'content-security-policy':
      `default-src 'none'; script-src 'sha256-${SUBMIT_HASH}'`,
  });
  return res.end(`<!doctype html>
<title>Back to the application</title>
<form method="post" action="${escape(params.redirect_uri)}">
${inputs}
<button>Continue</button>
</form>
<script>${SUBMIT}</script>
`);
}

// There is no page for a person: ada, or the login_hint, is signed in at once.
function authorize(world, res, query) {
  const params = Object.fromEntries(query);
  world.note('authorize', params);
  if (params.client_id !== world.client
      || !world.options.redirectUris.includes(params.redirect_uri)) {
    return sendJson(res, 400, { error: 'invalid_request' });
  }
  const answer = (list) => {
    if (params.state !== undefined) list.push(['state', params.state]);
    if (world.options.rfc9207) list.push(['iss', world.issuer]);
    world.hook('callback', list);
    return sendBack(world, res, params, list);
  };
  if (params.response_type !== 'code' || !params.code_challenge
      || params.code_challenge_method !== 'S256'
      || [...query.keys()].length !== Object.keys(params).length
      || !(params.scope ?? '').split(' ').includes('openid')) {
    return answer([['error', 'invalid_request']]);
  }
  return answer([['code', world.issueCode(params)]]);
}

async function token(world, req, res) {
  const query = new URLSearchParams(await readBody(req));
  const form = Object.fromEntries(query);
  const { seen, grant, error } = world.judge(form, req.headers.authorization);
  // Names of headers only: their values may be secrets.
  world.note('token', {
    ...seen, error: error ?? null, headers: Object.keys(req.headers),
    content_type: req.headers['content-type'],
  });
  if (error) {
    return sendJson(res, error === 'invalid_client' ? 401 : 400, { error });
  }
  return sendDocument(world, res, 'token', await world.tokenResponse(grant));
}

function userinfo(world, req, res) {
  const [, bearer] = /^Bearer (\S+)$/i.exec(req.headers.authorization ?? '') ?? [];
  const person = world.tokens.get(bearer);
  if (!person) return sendJson(res, 401, { error: 'invalid_token' });
  return sendDocument(world, res, 'userinfo', world.people.userinfoClaims(person));
}

function logout(world, res, query) {
  const uri = query.get('post_logout_redirect_uri');
  if (!world.options.postLogoutUris.includes(uri)) {
    return sendJson(res, 200, { signed_out: true });
  }
  const list = query.has('state') ? [['state', query.get('state')]] : [];
  world.hook('logout', list);
  const url = new URL(uri);
  for (const [name, value] of list) url.searchParams.append(name, value);
  res.writeHead(303, { location: url.href });
  return res.end();
}

// Where a careless application ends up: what is served here would be accepted.
async function trap(world, req, res, path) {
  world.note('trap', { path, method: req.method });
  switch (path) {
    case '/trap/discovery':
      return sendJson(res, 200, world.discovery());
    case '/trap/keys': {
      const set = world.publicKeys();
      const { n, e, kid } = world.keys.rogue;
      set.keys.push({ kty: 'RSA', use: 'sig', kid, n, e });
      return sendJson(res, 200, set);
    }
    case '/trap/token': {
      const form = Object.fromEntries(new URLSearchParams(await readBody(req)));
      const grant = world.codes.get(form.code);
      return grant ? sendJson(res, 200, await world.tokenResponse(grant))
        : sendJson(res, 400, { error: 'invalid_grant' });
    }
    default:
      return sendJson(res, 404, { error: 'not_found' });
  }
}

async function handle(world, req, res) {
  const { pathname, searchParams } = new URL(req.url, world.base);
  const { counts } = world.seen;
  const count = (name) => { counts[name] += 1; };
  const set = world.keySet(pathname);
  if (set) {
    count('keys');
    return sendDocument(world, res, 'keys', set);
  }
  if (pathname.startsWith('/trap/')) {
    count('trap');
    return trap(world, req, res, pathname);
  }
  switch (`${req.method} ${pathname}`) {
    case `GET ${world.at.discovery}`:
      count('discovery');
      return sendDocument(world, res, 'discovery', world.discovery());
    case `GET ${world.at.authorize}`:
      count('authorize');
      return authorize(world, res, searchParams);
    case `POST ${world.at.token}`:
      count('token');
      return token(world, req, res);
    case `GET ${world.at.userinfo}`:
      count('userinfo');
      return userinfo(world, req, res);
    case `GET ${world.at.logout}`:
      count('logout');
      return logout(world, res, searchParams);
    default:
      count('other');
      return sendJson(res, 404, { error: 'not_found' });
  }
}

/* Starts it; returns {ready, close}. `ready` is what the program prints. */
export async function startHostile(options) {
  const people = new People(options.tenant);
  const at = paths(people.tenant);
  const world = await World.create(options, people, at);
  const front = await listen((req, res) => {
    handle(world, req, res).catch((err) => {
      if (!options.quiet) process.stderr.write(`${err.stack}\n`);
      if (res.headersSent) res.destroy();
      else sendJson(res, 500, { error: 'server_error' });
    });
  }, {
    port: options.port,
    onConnection: () => { world.seen.counts.connections += 1; },
  });
  world.base = `http://127.0.0.1:${front.port}`;
  world.issuer = `${world.base}/${people.tenant}/v2.0`;

  const back = await listen(controlHandler({
    'GET /behaviours': listBehaviours,
    'POST /behave': async (body) => {
      await world.behave(body);
      return { name: world.behaviour.name };
    },
    'POST /logout-token': (body) => ({ token: world.logoutToken(body) }),
    'GET /seen': () => world.seen,
    'POST /seen/reset': () => world.forget(),
    'GET /people': () => ({ groups: people.groups, people: people.list }),
    'PUT /people/': (body, url, login) => people.update(login, body),
  }));
  return {
    ready: {
      issuer: world.issuer,
      port: front.port,
      tenant: people.tenant,
      control: `http://127.0.0.1:${back.port}`,
    },
    close: async () => {
      await Promise.all([front.close(), back.close()]);
    },
  };
}

if (isProgram(import.meta.url)) await runProgram(startHostile);
