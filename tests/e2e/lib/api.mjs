// SPDX-License-Identifier: ISC
// The JSON API as a page of ours would call it. Use:
//
//   const api = new Api(site, await site.signIn('ada'));
//   const { body, etag } = await api.get('/mappings/1');
//   await api.patch('/mappings/1', { label: 'x' }, etag);
import assert from 'node:assert/strict';

export class Api {
  constructor(site, client) {
    this.site = site;
    this.client = client;
    this.origin = new URL(site.publicUrl).origin;
  }

  /* {status, headers, body (parsed, or null), etag}. A header that is
   * undefined is not sent. */
  async call(method, path, { body, match, headers = {} } = {}) {
    const all = { origin: this.origin, 'x-rolegate-csrf': '1',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(match === undefined ? {} : { 'if-match': match }), ...headers };
    const res = await this.client.json(this.site.url(`/api${path}`), {
      method,
      body: body === undefined || typeof body === 'string' ? body
        : JSON.stringify(body),
      headers: Object.fromEntries(
        Object.entries(all).filter(([, value]) => value !== undefined)),
    });
    return {
      status: res.status, headers: res.headers, etag: res.headers.etag,
      body: res.body ? JSON.parse(res.body) : null,
    };
  }

  async #good(wanted, method, path, more) {
    const res = await this.call(method, path, more);
    assert.ok(wanted.includes(res.status),
      `${method} ${path}: ${res.status} ${JSON.stringify(res.body)}`);
    return res;
  }

  get(path) {
    return this.#good([200], 'GET', path);
  }

  post(path, body) {
    return this.#good([200, 201], 'POST', path, { body });
  }

  patch(path, body, match) {
    return this.#good([200], 'PATCH', path, { body, match });
  }

  delete(path, match) {
    return this.#good([200, 204], 'DELETE', path, { match });
  }

  /* A call that must be refused so; the error's body. */
  async refused(status, error, method, path, more) {
    const res = await this.call(method, path, more);
    assert.equal(res.status, status,
      `${method} ${path}: ${res.status} ${JSON.stringify(res.body)}`);
    assert.equal(res.body.error, error);
    const { error: code, message, request_id: id, field, ...rest } = res.body;
    assert.ok(code && message && id);
    assert.deepEqual(rest, {}, 'one error shape');
    return res.body;
  }

  /* All items of a list, page by page. */
  async all(path, limit = 50) {
    const items = [];
    let cursor = null;
    for (let i = 0; i < 1000; i += 1) {
      const query = new URLSearchParams({ limit });
      if (cursor) query.set('cursor', cursor);
      const { body } = await this.get(
        `${path}${path.includes('?') ? '&' : '?'}${query}`);
      assert.ok(body.items.length <= limit);
      items.push(...body.items);
      cursor = body.next;
      if (cursor === null) return items;
      assert.equal(body.items.length, limit, 'only the last page is short');
    }
    throw new Error(`${path} does not end`);
  }
}
