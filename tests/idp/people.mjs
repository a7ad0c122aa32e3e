// SPDX-License-Identifier: ISC
// The people of the demo tenant, and the claims that their tokens carry.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

// The template every ordinary member has in `wids`; it is not a privilege.
// https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
const WIDS_USER = 'b79fbf4d-3ef9-4689-8143-76b194e85509';
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

// Claims that every ID token may have; a person's own claims come on top.
const ENTRA_CLAIMS = [
  'sub', 'ver', 'tid', 'oid', 'name', 'preferred_username', 'email', 'groups',
  'roles', 'wids', 'sid', 'nbf', 'uti', '_claim_names', '_claim_sources',
];
const GROUPS_MAX = 200; // of a token; with more it has none
// What the protocol fills in itself, so that a test cannot set it by accident.
const RESERVED = new Set([
  'iss', 'aud', 'exp', 'iat', 'nonce', 'at_hash', 'sub', '__proto__',
]);

const digest = (text) => createHash('sha256').update(text).digest();

/* A GUID in version 4 form, always the same for the same text. */
export function guidOf(text) {
  const hex = digest(text).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${
    hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function stringList(value, what) {
  if (!Array.isArray(value) || value.length > 5000
      || !value.every((v) => typeof v === 'string' && v.length <= 256)) {
    throw new Error(`${what}: not a list of texts`);
  }
  return value;
}

/* So many groups of no interest. */
function otherGroups(count = 0) {
  return Array.from({ length: count }, (_, i) => guidOf(`other group ${i}`));
}

export class People {
  constructor(tenant) {
    const file = JSON.parse(
      readFileSync(new URL('people.json', import.meta.url), 'utf8'),
    );
    this.tenant = tenant ?? file.tenant;
    this.groups = file.groups;
    this.list = file.people.map(({ others, ...person }) => ({
      email: person.username,
      wids: [WIDS_USER],
      claims: {},
      ...person,
      groups: [...this.#memberships(person.groups), ...otherGroups(others)],
      sub: digest(`sub ${this.tenant} ${person.oid}`).toString('base64url'),
    }));
  }

  // A group may be named by its name in people.json or by any object id.
  #groupIds(names) {
    return stringList(names, 'groups').map((name) => {
      const id = this.groups.find((group) => group.name === name)?.id
        ?? (GUID.test(name) ? name : undefined);
      if (id === undefined) throw new Error(`unknown group: ${name}`);
      return id;
    });
  }

  /*
   * Those and, as in Entra's tokens and at Graph, the groups that they are
   * members of. (App roles of a group are its direct members' only.)
   */
  #memberships(names) {
    const ids = new Set(this.#groupIds(names));
    for (const id of ids) { // a set that grows is gone through to its end
      const { in: outer = [] } = this.groups.find((g) => g.id === id) ?? {};
      this.#groupIds(outer).forEach((other) => ids.add(other));
    }
    return [...ids];
  }

  byLogin(login) {
    return this.list.find((person) => person.login === login);
  }

  bySub(sub) {
    return this.list.find((person) => person.sub === sub);
  }

  /*
   * Changes what the next token of a person says. Keys that are absent stay.
   * All or nothing: throws before anything is changed.
   */
  update(login, change) {
    const person = this.byLogin(login);
    if (!person) throw new Error(`unknown person: ${login}`);
    const next = {};
    for (const [key, value] of Object.entries(change)) {
      if (key === 'groups') {
        next.groups = [...this.#memberships(value), ...otherGroups(change.others)];
      } else if (key === 'graph') {
        next.graph = value === null ? undefined : this.#memberships(value);
      } else if (key === 'others') continue;
      else if (key === 'blocked') next.blocked = value === true;
      else if (key === 'roles') next.roles = stringList(value, 'roles');
      else if (key === 'wids') next.wids = stringList(value, 'wids');
      else if (['name', 'email', 'username'].includes(key)) next[key] = value;
      else if (key === 'tenant' && GUID.test(value)) next.tenant = value;
      else if (['claims', 'userinfo'].includes(key)) {
        next[key] = People.#ownClaims(value);
      } else throw new Error(`unknown key: ${key}`);
    }
    return Object.assign(person, next);
  }

  static #ownClaims(value) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw new Error('claims: not an object');
    }
    const names = Object.keys(value);
    const bad = names.find((name) => RESERVED.has(name));
    if (bad) throw new Error(`claims: ${bad} belongs to the protocol`);
    if (names.length > 100) throw new Error('claims: too many');
    return value;
  }

  /* The name of every claim that some person's token may have. */
  claimNames() {
    const own = this.list.flatMap(({ claims, userinfo = {} }) => [
      ...Object.keys(claims), ...Object.keys(userinfo)]);
    return [...new Set([...ENTRA_CLAIMS, ...own])];
  }

  // More groups than fit: none are sent, and a source is named instead. That
  // it is an address of the retired Azure AD Graph is how Entra really is.
  #groupClaims({ groups, oid }) {
    if (groups.length <= GROUPS_MAX) return { groups };
    return {
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: `https://graph.windows.net/${
        this.tenant}/users/${oid}/getMemberObjects` } },
    };
  }

  /*
   * The claims of an ID token. As Entra does, a claim without a value is left
   * out: there is no empty `groups`. A person's own claims win.
   */
  idClaims(person, sessionUid) {
    const all = {
      sub: person.sub,
      ver: '2.0',
      tid: person.tenant ?? this.tenant,
      oid: person.oid,
      name: person.name,
      preferred_username: person.username,
      email: person.email,
      ...this.#groupClaims(person),
      roles: person.roles,
      wids: person.wids,
      nbf: Math.floor(Date.now() / 1000),
      uti: randomBytes(16).toString('base64url'),
      ...(sessionUid ? { sid: guidOf(`sid ${sessionUid}`) } : {}),
      ...person.claims,
    };
    return Object.fromEntries(Object.entries(all).filter(
      ([, v]) => v !== undefined && v !== null
        && !(Array.isArray(v) && v.length === 0),
    ));
  }

  userinfoClaims(person) {
    return { sub: person.sub, name: person.name, email: person.email,
      ...person.userinfo };
  }
}
