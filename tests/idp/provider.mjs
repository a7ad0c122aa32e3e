// SPDX-License-Identifier: ISC
// The demo and test provider: a real OpenID provider (npm oidc-provider) in the
// shape of Entra ID. README.md has the options, the claims and the control API.
import { accessToken } from './access-token.mjs';
import { chooserPage, errorPage, PAGE_HEADERS } from './pages.mjs';
import { isProgram, runProgram } from './cli.mjs';
import { controlHandler, listen, readBody } from './net.mjs';
import { paths } from './paths.mjs';
import { providerFactory } from './config.mjs';
import { createStore } from './store.mjs';
import { Faults } from './faults.mjs';
import { Graph } from './graph.mjs';
import { Keys } from './keys.mjs';
import { People } from './people.mjs';

const WELL_KNOWN = '/.well-known/openid-configuration';
const COUNTED = ['discovery', 'keys', 'authorize', 'token', 'userinfo',
  'logout', 'login', 'graph'];

const zeroCounts = () => Object.fromEntries(
  [...COUNTED, 'other', 'connections'].map((name) => [name, 0]),
);

function endpointOf(at, pathname) {
  if (Graph.owns(pathname)) return 'graph';
  return COUNTED.find((name) => pathname === at[name]
    || pathname.startsWith(`${at[name]}/`)) ?? 'other';
}

function sendPage(res, status, html) {
  res.writeHead(status, PAGE_HEADERS);
  res.end(html);
}

// Somebody else than before: the old session ends first. Left to itself,
// oidc-provider would do that with a form that a script has to submit.
async function endOtherSession(provider, details, person) {
  if ((details.session?.accountId ?? person.sub) === person.sub) return;
  const session = await provider.Session.findByUid(details.session.uid);
  await session?.destroy();
  delete details.session;
  await details.save(details.exp - Math.floor(Date.now() / 1000));
}

// The page where a person says who they are, and what the form sends.
async function interact(provider, people, req, res) {
  const { pathname } = new URL(req.url, 'http://idp');
  const details = await provider.interactionDetails(req, res).catch(() => null);
  if (!details) {
    return sendPage(res, 400, errorPage('session_expired',
      'This sign-in is too old, or it was started in another browser.'));
  }
  if (req.method === 'GET') {
    return sendPage(res, 200, chooserPage({
      people, action: pathname, hint: details.params.login_hint,
    }));
  }
  if (req.method !== 'POST') {
    return sendPage(res, 405, errorPage('invalid_request', 'GET or POST.'));
  }
  const login = new URLSearchParams(await readBody(req)).get('login');
  const person = people.byLogin(login);
  if (login !== '' && !person) {
    return sendPage(res, 400, errorPage('invalid_request', 'Nobody of that name.'));
  }
  if (person) await endOtherSession(provider, details, person);
  return provider.interactionFinished(req, res, person
    ? { login: { accountId: person.sub }, select_account: {}, consent: {} }
    : { error: 'access_denied',
      error_description: 'AADSTS65004: User declined to consent.' });
}

function control({
  issuer, options, people, keys, rebuild, counts, faults, front, graph,
}) {
  return {
    'GET /graph': () => ({ ...graph.seen }),
    'POST /graph': (body) => { graph.behave(body); graph.reset(); },
    'GET /people': () => ({ groups: people.groups, people: people.list }),
    'PUT /people/': (body, url, login) => {
      const person = people.update(login, body);
      rebuild();
      return person;
    },
    'POST /keys/rotate': async (body, url) => {
      const kid = await keys.rotate(url.searchParams.get('keep') === '1');
      rebuild();
      return { kid };
    },
    'PUT /client': (body) => {
      if (body.secret) options.clientSecret = body.secret;
      if (body.keys) options.clientKeys = body.keys;
      rebuild();
    },
    'GET /assertions': () => options.assertions ?? [],
    'POST /access-token': (body) => accessToken({ issuer, people, keys }, body),
    'GET /counts': () => counts,
    'POST /counts/reset': () => { Object.assign(counts, zeroCounts()); },
    'POST /fault': async (body) => {
      faults.set(body);
      if (faults.isDown()) await front.pause();
    },
    'POST /fault/clear': async () => {
      faults.clear();
      await front.resume();
    },
  };
}

/* Starts it; returns {ready, close}. `ready` is what the program prints. */
export async function startProvider(options) {
  const people = new People(options.tenant);
  const keys = await Keys.create();
  const at = paths(options.several ?? people.tenant);
  const counts = zeroCounts();
  const faults = new Faults(COUNTED);
  let provider;
  let graph;

  const handle = async (req, res) => {
    const pathname = req.url.split('?', 1)[0];
    const endpoint = endpointOf(at, pathname);
    counts[endpoint] += 1;
    if (await faults.apply(endpoint, req, res)) return;
    if (pathname === '/favicon.ico') {
      res.writeHead(204).end();
      return;
    }
    if (endpoint === 'login') {
      await interact(provider, people, req, res);
      return;
    }
    if (endpoint === 'graph') {
      await graph.handle(req, res, pathname);
      return;
    }
    if (pathname === at.discovery) req.url = WELL_KNOWN;
    else if (pathname === WELL_KNOWN) req.url = '/not-here';
    await provider.callback()(req, res);
  };
  const front = await listen((req, res) => {
    handle(req, res).catch((err) => {
      if (!options.quiet) process.stderr.write(`${err.stack}\n`);
      if (!res.headersSent) sendPage(res, 500, errorPage('server_error', ''));
      else res.destroy();
    });
  }, { port: options.port, onConnection: () => { counts.connections += 1; } });

  const origin = options.origin ?? `http://127.0.0.1:${front.port}`;
  const issuer = `${origin}/${people.tenant}/v2.0`;
  const make = providerFactory({
    issuer, options, people, keys, Store: createStore(),
  });
  const rebuild = () => {
    provider = make();
    provider.on('server_error', (ctx, err) => {
      if (!options.quiet) process.stderr.write(`${err.stack}\n`);
    });
  };
  rebuild();

  // Only what this provider gave out, and only with Graph among its scopes.
  const tokens = async (text) => {
    const token = await provider.AccessToken.find(text)
      ?? await provider.ClientCredentials.find(text);
    const scopes = (token?.scope ?? '').split(' ');
    if (token?.accountId && scopes.includes(`${origin}/User.Read`)) {
      return { sub: token.accountId };
    }
    return token && !token.accountId && scopes.includes(`${origin}/.default`)
      ? { app: token.clientId } : undefined;
  };
  graph = new Graph({ people, tokens, base: origin });

  const back = await listen(controlHandler(
    control({ issuer, options, people, keys, rebuild, counts, faults, front,
      graph }),
  ));
  return {
    ready: {
      issuer: `${origin}/${options.several ?? people.tenant}/v2.0`,
      port: front.port,
      tenant: people.tenant,
      control: `http://127.0.0.1:${back.port}`,
    },
    close: async () => {
      faults.clear();
      await Promise.all([front.close(), back.close()]);
    },
  };
}

if (isProgram(import.meta.url)) await runProgram(startProvider);
