// SPDX-License-Identifier: ISC
// An HTTP client that behaves like a browser as far as cookies go, takes one
// step at a time, and lets a test send what no browser would.
import { request } from 'node:http';
import { request as requestTls } from 'node:https';

let ca;

/* From now on believe servers with a certificate of this authority, too. */
export function trust(pem) {
  ca = pem;
}

/*
 * Cookies of one browser. Like a browser's, they are kept per host and path,
 * not per port.
 */
export class Jar {
  #all = new Map();

  #now;

  /* now: the browser's clock, in milliseconds */
  constructor(now = Date.now) {
    this.#now = now;
  }

  take(url, lines = []) {
    const { hostname } = new URL(url);
    for (const line of lines) {
      const [pair, ...rest] = line.split(';').map((s) => s.trim());
      const cut = pair.indexOf('=');
      const at = Object.fromEntries(rest.map((s) => {
        const [key, value = ''] = s.split('=');
        return [key.toLowerCase(), value];
      }));
      const cookie = {
        name: pair.slice(0, cut), value: pair.slice(cut + 1), host: hostname,
        path: at.path || '/', httpOnly: 'httponly' in at,
        secure: 'secure' in at, sameSite: at.samesite,
        ends: 'max-age' in at ? this.#now() + Number(at['max-age']) * 1000
          : 'expires' in at ? Date.parse(at.expires) : Infinity,
      };
      const key = `${cookie.host} ${cookie.path} ${cookie.name}`;
      if (cookie.ends <= this.#now()) this.#all.delete(key);
      else this.#all.set(key, cookie);
    }
  }

  /* Those a request would carry. crossSite: begun by a page of another site. */
  for(url, { crossSite = false, method = 'GET' } = {}) {
    const { hostname, pathname, protocol } = new URL(url);
    return [...this.#all.values()].filter((c) => c.host === hostname
      && c.ends > this.#now() && (!c.secure || protocol === 'https:')
      && (c.path === '/' || pathname === c.path
        || pathname.startsWith(`${c.path.replace(/\/$/, '')}/`))
      && !(crossSite && c.sameSite === 'Strict')
      && !(crossSite && c.sameSite === 'Lax' && method !== 'GET'));
  }

  header(url, how) {
    return this.for(url, how).map((c) => `${c.name}=${c.value}`).join('; ');
  }

  all() {
    return [...this.#all.values()];
  }

  get(name) {
    return this.all().find((c) => c.name === name)?.value;
  }

  set(url, name, value, more = '') {
    this.take(url, [`${name}=${value}; Path=/${more}`]);
  }

  delete(name) {
    for (const [key, c] of this.#all) if (c.name === name) this.#all.delete(key);
  }

  copy() {
    const jar = new Jar(this.#now);
    for (const [key, c] of this.#all) jar.#all.set(key, { ...c });
    return jar;
  }
}

/* Sends one request: {status, headers, body, url, json()}. Follows nothing. */
export function send(url, { method = 'GET', headers = {}, body, timeout = 30_000,
} = {}) {
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    const open = target.protocol === 'https:' ? requestTls : request;
    const req = open({
      host: target.hostname, ca, port: target.port, method,
      path: target.pathname + target.search, agent: false, timeout,
      headers: { ...headers, ...(body === undefined ? {} : {
        'content-length': Buffer.byteLength(body) }) },
    }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: res.statusCode, headers: res.headers, body: text, url,
          json: () => JSON.parse(text),
        });
      });
    });
    req.on('timeout', () => req.destroy(new Error(`no answer from ${url}`)));
    req.on('error', reject);
    req.end(body);
  });
}

/* One browser. */
export class Client {
  constructor({ jar = new Jar(), headers = {} } = {}) {
    this.jar = jar;
    this.headers = { accept: 'text/html,*/*;q=0.8', ...headers };
  }

  async ask(url, { headers = {}, crossSite, ...init } = {}) {
    const cookie = this.jar.header(url, { crossSite, method: init.method });
    const res = await send(url, {
      ...init,
      headers: { ...this.headers, ...(cookie ? { cookie } : {}), ...headers },
    });
    this.jar.take(url, res.headers['set-cookie']);
    return res;
  }

  get(url, init) {
    return this.ask(url, init);
  }

  /* As a program would ask: Accept: application/json. */
  json(url, init = {}) {
    return this.ask(url, {
      ...init, headers: { accept: 'application/json', ...init.headers },
    });
  }

  post(url, fields, init = {}) {
    return this.ask(url, {
      ...init, method: 'POST', body: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded',
        ...init.headers },
    });
  }
}

const unescape = (text) => text.replace(/&quot;/g, '"').replace(/&#39;/g, "'")
  .replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

/* The first form of a page: {action, fields} with its hidden fields, or null. */
export function formOf(page, base) {
  const form = /<form\b[^>]*\baction="([^"]*)"[^>]*>([\s\S]*?)<\/form>/
    .exec(page);
  if (!form) return null;
  const fields = {};
  for (const [, name, value] of form[2].matchAll(
    /<input type="hidden" name="([^"]*)" value="([^"]*)"/g,
  )) {
    fields[name] = unescape(value);
  }
  return { action: new URL(unescape(form[1]), base).href, fields };
}
