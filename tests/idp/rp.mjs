// SPDX-License-Identifier: ISC
// A small application for the self-tests: signs in with nothing but fetch, and
// looks at what comes back. It knows OpenID, but checks only what a test asks.
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';

const random = () => randomBytes(32).toString('base64url');
const sha256 = (text) => createHash('sha256').update(text).digest('base64url');

/* A cookie jar for one host, with paths. */
export class Jar {
  #cookies = new Map();

  take(res) {
    for (const line of res.headers.getSetCookie?.()
        ?? (res.headers.get('set-cookie') ?? '').split(/, (?=[^;, ]+=)/)) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (!name) continue;
      const path = /; *path=([^;]+)/i.exec(line)?.[1] ?? '/';
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) {
        this.#cookies.delete(`${name} ${path}`);
      } else {
        this.#cookies.set(`${name} ${path}`, { name, value, path });
      }
    }
  }

  header(url) {
    const { pathname } = new URL(url);
    return [...this.#cookies.values()]
      .filter((c) => pathname.startsWith(c.path))
      .map((c) => `${c.name}=${c.value}`).join('; ');
  }
}

/* fetch with cookies, without following anything. */
export async function ask(jar, url, init = {}) {
  const res = await fetch(url, {
    redirect: 'manual', ...init,
    headers: { ...init.headers, cookie: jar.header(url) },
  });
  jar.take(res);
  return res;
}

export async function getJson(url, init) {
  const res = await fetch(url, init);
  return { status: res.status, body: await res.json() };
}

export async function control(base, method, path, body) {
  const { status, body: answer } = await getJson(base + path, {
    method, body: body && JSON.stringify(body),
  });
  if (status !== 200) throw new Error(answer.error);
  return answer;
}

/* The fields of the first form of a page, and where they go. */
export function formOf(html) {
  const unescape = (text) => text.replace(/&quot;/g, '"').replace(/&#39;/g, "'")
    .replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
  const fields = {};
  for (const [, name, value] of html.matchAll(
    /<input type="hidden" name="([^"]*)" value="([^"]*)"/g,
  )) {
    fields[name] = unescape(value);
  }
  const action = /<form[^>]* action="([^"]*)"/.exec(html)?.[1];
  return { action: action && unescape(action), fields };
}

export class Rp {
  constructor({ issuer, clientId, clientSecret, redirectUri, post = false }) {
    Object.assign(this, { issuer, clientSecret, redirectUri, post });
    this.clientId = post ? `${clientId}-post` : clientId;
  }

  async discover() {
    const url = `${this.issuer}/.well-known/openid-configuration`;
    const { body } = await getJson(url);
    this.metadata = body;
    return body;
  }

  start(params = {}) {
    this.verifier = random();
    this.state = random();
    this.nonce = random();
    const url = new URL(this.metadata.authorization_endpoint);
    const all = {
      client_id: this.clientId, response_type: 'code', state: this.state,
      redirect_uri: this.redirectUri, scope: 'openid profile email',
      nonce: this.nonce, code_challenge: sha256(this.verifier),
      code_challenge_method: 'S256', ...params,
    };
    for (const [name, value] of Object.entries(all)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    return url.href;
  }

  /*
   * Goes from the authorization request to the answer that is meant for us.
   * `login` is the person to choose if the chooser comes up. Returns the
   * answer's fields, or {page, status} when it ends at a page.
   */
  async authorize(jar, { login, ...params } = {}) {
    let url = this.start(params);
    let res = await ask(jar, url);
    for (let i = 0; i < 10; i += 1) {
      const location = res.headers.get('location');
      if (location) {
        url = new URL(location, url).href;
        if (url.startsWith(`${this.redirectUri}?`)) {
          return Object.fromEntries(new URL(url).searchParams);
        }
        res = await ask(jar, url);
        continue;
      }
      const page = await res.text();
      const form = formOf(page);
      if (form.action === this.redirectUri) return form.fields;
      if (login === undefined || !form.action) {
        return { page, status: res.status, url };
      }
      url = new URL(form.action, url).href;
      res = await ask(jar, url, {
        method: 'POST', body: new URLSearchParams({ login }),
      });
    }
    throw new Error('too many steps');
  }

  async redeem(code, change = {}) {
    const form = new URLSearchParams({
      grant_type: 'authorization_code', code, redirect_uri: this.redirectUri,
      code_verifier: this.verifier, ...change,
    });
    const headers = {};
    if (this.post) {
      form.set('client_id', this.clientId);
      form.set('client_secret', this.clientSecret);
    } else {
      const pair = [this.clientId, this.clientSecret].map(encodeURIComponent);
      headers.authorization = `Basic ${
        Buffer.from(pair.join(':')).toString('base64')}`;
    }
    return getJson(this.metadata.token_endpoint, {
      method: 'POST', body: form, headers,
    });
  }

  /* Header and claims of a token whose signature a published key explains. */
  async open(token) {
    const [head, body, signature] = token.split('.');
    const read = (part) => JSON.parse(Buffer.from(part, 'base64url'));
    const { body: { keys } } = await getJson(this.metadata.jwks_uri);
    const header = read(head);
    const jwk = keys.find((key) => key.kid === header.kid);
    if (!jwk) throw new Error('no such key');
    const good = verify('sha256', Buffer.from(`${head}.${body}`),
      createPublicKey({ key: jwk, format: 'jwk' }),
      Buffer.from(signature, 'base64url'));
    if (!good) throw new Error('bad signature');
    return { header, claims: read(body), keys };
  }

  async signIn(jar, params) {
    const answer = await this.authorize(jar, params);
    if (!answer.code) return { answer };
    const { status, body } = await this.redeem(answer.code);
    if (status !== 200) return { answer, status, body };
    return { answer, status, body, ...await this.open(body.id_token) };
  }
}
