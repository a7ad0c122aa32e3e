// SPDX-License-Identifier: ISC
// Microsoft Graph v1.0 as far as group memberships go, on the provider's own
// port: https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups,
// .../user-list-transitivememberof, /graph/throttling, /graph/errors, /graph/paging.
// It behaves, or misbehaves, as POST /graph on the control port says.
import { readBody, sendJson } from './net.mjs';
import { guidOf } from './people.mjs';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ROUTE = /^\/v1\.0\/(?:me|users\/([^/]+))\/(checkMemberGroups|transitiveMemberOf\/microsoft\.graph\.group)$/;
const GROUP = /^\/v1\.0\/groups\/([^/]+)$/;
const CHECK_MAX = 20;
const TOP_MAX = 999;
const MEMBERS = '$metadata#Collection(Edm.String)';

// What Graph may do; more than one where it makes sense.
const DEFAULTS = {
  throttle: 0, // so many requests are answered with throttleStatus first
  throttleStatus: 429,
  retryAfter: null, // text of the header
  consent: true, // false: 403 Authorization_RequestDenied
  groupConsent: true, // false: the same for /groups/<id> alone
  hidden: [], // ids of groups whose members are not shown
  gone: [], // ids of groups that were removed
  renamed: {}, // id: what a group is called now
  lie: null, // one of LIES
};
const LIES = ['foreign-link', 'endless', 'repeated-link', 'million',
  'malformed', 'error-200', 'not-guid', 'wrong-type', 'not-asked', 'half'];

const error = (code, message) => ({
  error: {
    code,
    message,
    innerError: {
      date: new Date().toISOString().slice(0, 19),
      'request-id': guidOf(`request ${Math.random()}`),
      'client-request-id': guidOf('client request'),
    },
  },
});

export class Graph {
  constructor({ people, tokens, base }) {
    Object.assign(this, { people, tokens, base });
    this.behave({});
    this.reset();
  }

  /* From now on like this; what is not named is as it should be. */
  behave(change) {
    const bad = Object.keys(change).find((key) => !(key in DEFAULTS));
    if (bad) throw new Error(`unknown: ${bad}`);
    if (change.lie && !LIES.includes(change.lie)) {
      throw new Error(`lie: one of ${LIES.join(', ')}`);
    }
    this.how = { ...DEFAULTS, ...change };
  }

  reset() {
    this.seen = { check: 0, list: 0, throttled: 0, refused: 0, foreign: 0,
      asked: 0, pages: 0, group: 0 };
  }

  static owns(pathname) {
    return pathname.startsWith('/v1.0/');
  }

  // Whose groups are asked for, or an answer that says why not.
  async #person(req, oid) {
    const token = /^Bearer (\S+)$/.exec(req.headers.authorization ?? '')?.[1];
    const found = token && await this.tokens(token);
    if (!found) return [401, error('InvalidAuthenticationToken', 'no token')];
    if (!this.how.consent) {
      return [403, error('Authorization_RequestDenied',
        'Insufficient privileges to complete the operation.')];
    }
    if (oid === undefined) {
      if (found.app) return [400, error('Request_BadRequest', '/me needs a user')];
      return this.people.bySub(found.sub);
    }
    if (!found.app) return [403, error('Authorization_RequestDenied', 'app only')];
    return this.people.list.find((p) => p.oid === oid)
      ?? [404, error('Request_ResourceNotFound', 'no such user')];
  }

  #membership(person) {
    const hidden = new Set(this.how.hidden);
    return (person.graph ?? person.groups).filter((id) => !hidden.has(id));
  }

  async handle(req, res, pathname) {
    const url = new URL(req.url, this.base);
    if (req.headers.host !== new URL(this.base).host) this.seen.foreign += 1;
    const [, oid, what] = ROUTE.exec(pathname) ?? [];
    const [, group] = GROUP.exec(pathname) ?? [];
    if (!what && !group) return sendJson(res, 404, error('BadRequest', 'no such segment'));
    if (this.how.throttle > 0) {
      this.how.throttle -= 1;
      this.seen.throttled += 1;
      const { retryAfter, throttleStatus } = this.how;
      return sendJson(res, throttleStatus, error('TooManyRequests', 'later'),
        retryAfter === null ? {} : { 'retry-after': retryAfter });
    }
    if (group) return this.#group(req, res, group);
    const person = await this.#person(req, oid);
    if (Array.isArray(person)) {
      this.seen.refused += 1;
      return sendJson(res, ...person);
    }
    if (what === 'checkMemberGroups') return this.#check(req, res, person);
    return this.#list(req, res, person, url);
  }

  // https://learn.microsoft.com/graph/api/group-get, as an application.
  async #group(req, res, id) {
    this.seen.group += 1;
    const token = /^Bearer (\S+)$/.exec(req.headers.authorization ?? '')?.[1];
    const app = token && (await this.tokens(token))?.app;
    const found = this.people.groups.find((g) => g.id === id);
    if (!app) return sendJson(res, 401, error('InvalidAuthenticationToken', 'app'));
    if (!this.how.consent || !this.how.groupConsent) {
      return sendJson(res, 403, error('Authorization_RequestDenied',
        'Insufficient privileges to complete the operation.'));
    }
    if (!GUID.test(id)) {
      return sendJson(res, 400, error('Request_BadRequest', 'Invalid object id'));
    }
    if (!found || this.how.gone.includes(id)) {
      return sendJson(res, 404, error('Request_ResourceNotFound',
        `Resource '${id}' does not exist`));
    }
    return sendJson(res, 200, {
      '@odata.context': `${this.base}/v1.0/$metadata#groups(id,displayName)/$entity`,
      id, displayName: this.how.renamed[id] ?? found.name,
    });
  }

  async #check(req, res, person) {
    this.seen.check += 1;
    if (req.method !== 'POST') return sendJson(res, 405, error('BadRequest', 'POST'));
    const { groupIds: ids } = JSON.parse(await readBody(req));
    if (!Array.isArray(ids) || ids.length > CHECK_MAX
      || !ids.every((id) => GUID.test(id))) {
      return sendJson(res, 400, error('Request_BadRequest', 'groupIds'));
    }
    this.seen.asked += ids.length;
    const mine = new Set(this.#membership(person));
    return this.#send(res, {
      '@odata.context': `${this.base}/v1.0/${MEMBERS}`,
      value: ids.filter((id) => mine.has(id)),
    });
  }

  #list(req, res, person, url) {
    const q = url.searchParams;
    this.seen.list += 1;
    // An advanced query: https://learn.microsoft.com/graph/aad-advanced-queries
    if (req.headers.consistencylevel !== 'eventual' || q.get('$count') !== 'true') {
      return sendJson(res, 400, error('Request_UnsupportedQuery', 'advanced query'));
    }
    const top = Number(q.get('$top') ?? 100);
    if (!(top >= 1 && top <= TOP_MAX)) {
      return sendJson(res, 400, error('Request_UnsupportedQuery', '$top'));
    }
    const all = this.#membership(person);
    const from = Number(q.get('$skiptoken') ?? 0);
    const value = all.slice(from, from + top).map((id) => ({ id }));
    const next = new URL(url.href, this.base);
    next.searchParams.set('$skiptoken', String(from + top));
    this.seen.pages += 1;
    return this.#send(res, {
      '@odata.context': `${this.base}/v1.0/$metadata#groups(id)`,
      ...(from === 0 ? { '@odata.count': all.length } : {}),
      ...(from + top < all.length ? { '@odata.nextLink': next.href } : {}),
      value,
    }, next);
  }

  // The answer, or what is made of it.
  #send(res, body, next = new URL('/v1.0/me', this.base)) {
    const { lie } = this.how;
    const list = body['@odata.context'].endsWith('#groups(id)');
    const entry = (id) => (list ? { id } : id);
    switch (lie) {
      case 'foreign-link': {
        const away = new URL(next.href);
        away.hostname = 'localhost';
        return sendJson(res, 200, { ...body, '@odata.nextLink': away.href });
      }
      case 'repeated-link': {
        next.searchParams.set('$skiptoken', '1');
        return sendJson(res, 200, { ...body, '@odata.nextLink': next.href });
      }
      case 'endless': {
        const more = { ...body, '@odata.nextLink': next.href, value: [] };
        delete more['@odata.count'];
        return sendJson(res, 200, more);
      }
      case 'million': {
        // One id a million times: quickly made, so that its size is what counts.
        const one = JSON.stringify(entry(guidOf('one of a million')));
        res.writeHead(200, { 'content-type': 'application/json' });
        return res.end(`{"value":[${`${one},`.repeat(1e6 - 1)}${one}]}`);
      }
      case 'malformed': {
        const text = JSON.stringify(body).slice(0, -2);
        res.writeHead(200, { 'content-type': 'application/json',
          'content-length': text.length });
        return res.end(text);
      }
      case 'half': // the good entries, and an error beside them
        return sendJson(res, 200, { ...body, ...error('UnknownError', '') });
      case 'error-200':
        return sendJson(res, 200, error('UnknownError', ''));
      case 'not-guid':
        return sendJson(res, 200, { ...body,
          value: [...body.value, entry('admins')] });
      case 'wrong-type':
        return sendJson(res, 200, { ...body, value: [...body.value, 7] });
      case 'not-asked':
        return sendJson(res, 200, { ...body,
          value: [...body.value, entry(guidOf('never asked about'))] });
      default:
        return sendJson(res, 200, body);
    }
  }
}
