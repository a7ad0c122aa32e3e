// SPDX-License-Identifier: ISC
// Signs a person in, step by step, as a browser without script would.
import { formOf } from './http.mjs';

const MAX_STEPS = 12;

/*
 * Follows redirects and forms from `url` until rolegate's callback is asked
 * for, without asking for it. Returns {url} for a GET, {url, fields} for a
 * POST, or {res} when it ends at a page. `login` is chosen at the provider
 * ('' cancels there).
 */
export async function toCallback(client, url, { login, callback }) {
  let res = await client.get(url);
  for (let i = 0; i < MAX_STEPS; i += 1) {
    const { location } = res.headers;
    if (location !== undefined) {
      const next = new URL(location, res.url).href;
      if (next.startsWith(`${callback}?`)) return { url: next };
      res = await client.get(next);
      continue;
    }
    const form = formOf(res.body, res.url);
    if (form?.action === callback) return { url: callback, fields: form.fields };
    if (res.status !== 200 || !form || login === undefined
      || form.action.startsWith(callback.replace(/callback$/, ''))) {
      return { res };
    }
    res = await client.post(form.action, { ...form.fields, login });
  }
  throw new Error(`no end after ${MAX_STEPS} steps, at ${res.url}`);
}

/*
 * Delivers what toCallback returned: rolegate's answer. A form_post comes from
 * the same site here, since ports do not count: Lax cookies go along.
 */
export function deliver(client, back, init) {
  if (!back.fields) return client.get(back.url, init);
  return client.post(back.url, back.fields, init);
}
