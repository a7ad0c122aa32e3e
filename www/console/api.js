// SPDX-License-Identifier: ISC
// The JSON API. A call that finds the session over waits until the person has
// signed in again: nothing that was typed is lost.
import { askToSignIn } from './session.js';
import { t } from './text.js';

export const base = document.body.dataset.base;

/* What goes wrong out there; `spoken` is for people. */
class Failure extends Error {
  get spoken() {
    return this.message;
  }
}

export class Unreachable extends Failure {
  constructor() {
    super(t('error.unreachable'));
  }
}

export class ApiError extends Failure {
  constructor(status, body) {
    super(body.message ?? `HTTP ${status}`);
    this.status = status;
    this.code = body.error ?? 'unknown';
    this.field = body.field;
    this.id = body.request_id;
    this.body = body;
  }
}

async function once(method, url, { body, match }) {
  const headers = { accept: 'application/json', 'x-rolegate-csrf': '1' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (match !== undefined) headers['if-match'] = match;
  let res;
  let text;
  try {
    res = await fetch(url, {
      method, headers, redirect: 'error', credentials: 'same-origin',
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    text = await res.text();
  } catch {
    throw new Unreachable();
  }
  let answer = {};
  try {
    if (text !== '') answer = JSON.parse(text);
  } catch { /* somebody else answered: the status says enough */ }
  if (!res.ok) throw new ApiError(res.status, answer);
  return { body: answer, etag: res.headers.get('etag') ?? undefined };
}

async function call(method, url, options = {}) {
  for (;;) {
    try {
      return await once(method, url, options);
    } catch (err) {
      if (!(err instanceof ApiError) || err.status !== 401) throw err;
      await askToSignIn();
    }
  }
}

function address(path, params = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== '') {
      query.set(name, value);
    }
  }
  const text = query.toString();
  return `${base}/api${path}${text ? `?${text}` : ''}`;
}

export const api = {
  get: (path, params) => call('GET', address(path, params)),
  post: (path, body) => call('POST', address(path), { body }),
  patch: (path, body, match) => call('PATCH', address(path), { body, match }),
  delete: (path, match, params) => call('DELETE', address(path, params),
    { match }),
};

export const whoami = async (query = '') => (
  await call('GET', `${base}/whoami${query}`)).body;
