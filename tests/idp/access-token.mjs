// SPDX-License-Identifier: ISC
// JWT access tokens in the forms that Entra ID issues them, for whatever API.
// Facts: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
import { randomBytes } from 'node:crypto';
import { buildToken } from './forge.mjs';
import { newKey } from './keys.mjs';
import { guidOf } from './people.mjs';

const HOUR = 3600;

/* Claims of both versions, of a person or, without one, of an application. */
function claimsOf({ issuer, people, person, app, version, audience, scope, now }) {
  const { tenant } = people;
  const v1 = version === 1;
  const client = guidOf(`client ${app ?? 'cli'}`);
  const common = {
    aud: audience,
    iss: v1 ? issuer.replace(/v2\.0$/, '') : issuer,
    iat: now, nbf: now, exp: now + HOUR,
    tid: tenant, ver: v1 ? '1.0' : '2.0',
    [v1 ? 'appid' : 'azp']: client,
    [v1 ? 'appidacr' : 'azpacr']: '1',
    aio: 'opaque', rh: 'opaque', uti: randomBytes(16).toString('base64url'),
  };
  if (!person) {
    const oid = guidOf(`service principal ${app}`);
    return { ...common, sub: oid, oid, idtyp: 'app' };
  }
  return {
    ...common, sub: guidOf(`pairwise ${person.oid} ${audience}`),
    oid: person.oid, name: person.name, scp: scope,
    ...(v1 ? { upn: person.username, unique_name: person.username }
      : { preferred_username: person.username }),
    ...(person.roles.length > 0 ? { roles: person.roles } : {}),
  };
}

/* Changes of an object: null takes a member away, {now: n} is a time. */
function change(object, changes, now) {
  for (const [name, value] of Object.entries(changes ?? {})) {
    if (value === null) delete object[name];
    else if (typeof value?.now === 'number') object[name] = now + value.now;
    else object[name] = value;
  }
  return object;
}

/*
 * Answers {token, claims}. request: login or app (whose), version (1 or 2),
 * audience, scope ("mcp.read"), groups (true: with those of the person), claims
 * and header (changes), key: "signing", "other" (published too) or "stranger".
 */
export async function accessToken({ issuer, people, keys }, request) {
  const { login, app, version = 2, audience, scope = 'mcp.read' } = request;
  const person = login === undefined ? undefined : people.byLogin(login);
  if (!person && (login !== undefined || app === undefined)) {
    throw new Error('login or app: whose token');
  }
  const now = Math.floor(Date.now() / 1000);
  const claims = claimsOf({ issuer, people, person, app, version, audience, scope, now });
  if (request.groups && person.groups.length > 0) claims.groups = person.groups;
  const key = { signing: keys.signing, other: keys.others[0] }[
    request.key ?? 'signing'] ?? { ...await newKey(), kid: keys.signing.kid };
  const header = change({ typ: 'JWT', alg: 'RS256', kid: key.kid },
    request.header, now);
  change(claims, request.claims, now);
  return { token: buildToken({ header, claims, alg: 'RS256', key }), claims };
}
