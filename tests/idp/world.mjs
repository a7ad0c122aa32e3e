// SPDX-License-Identifier: ISC
// What the hostile provider knows: its keys, the sign-ins under way, how it is
// to behave, and what it has seen. Everything is bounded.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BEHAVIOURS } from './behaviours.mjs';
import { buildToken, halfHash, publicJwk } from './forge.mjs';
import { newKey } from './keys.mjs';

const CODES_MAX = 1000;
const SEEN_MAX = 100;
const random = () => randomBytes(32).toString('base64url');

const same = (a, b) => {
  const digest = (text) => createHash('sha256').update(String(text)).digest();
  return timingSafeEqual(digest(a), digest(b));
};

export class World {
  static async create(options, people, at) {
    const world = new World();
    const [signing, second, rogue, weak] = await Promise.all(
      [newKey(), newKey(), newKey(), newKey(1024)],
    );
    Object.assign(world, {
      options, people, at,
      tenant: people.tenant,
      client: options.clientId,
      secret: options.clientSecret,
      keys: { signing, second, rogue, weak },
      keyPaths: [at.keys],
      oldKeySets: new Map(),
      codes: new Map(),
      tokens: new Map(),
    });
    world.forget();
    await world.behave({ name: 'ok' });
    return world;
  }

  now() {
    return Math.floor(Date.now() / 1000);
  }

  forget() {
    this.seen = {
      counts: {
        discovery: 0, keys: 0, authorize: 0, token: 0, userinfo: 0, logout: 0,
        trap: 0, other: 0, connections: 0,
      },
      authorize: [], token: [], trap: [],
    };
  }

  note(list, entry) {
    this.seen[list].push(entry);
    if (this.seen[list].length > SEEN_MAX) this.seen[list].shift();
  }

  /*
   * From now on: `name` is a behaviour; `claims` and `header` change the ID
   * token as well (null removes; {"now": N} is the present time plus N).
   * `answer` is the error of the behaviours that answer what they are asked to.
   */
  async behave({ name = 'ok', claims = {}, header = {}, answer }) {
    const behaviour = BEHAVIOURS.get(name);
    if (!behaviour) throw new Error(`unknown behaviour: ${name}`);
    this.behaviour = behaviour;
    this.overrides = { claims, header };
    this.answer = answer;
    await behaviour.hooks.start?.(this);
  }

  hook(name, ...args) {
    return this.behaviour.hooks[name]?.(...args, this);
  }

  async rotate() {
    this.keys.signing = await newKey();
  }

  /* A new address for keys; what was published stays at the old one. */
  async moveKeys() {
    this.oldKeySets.set(this.keyPaths.at(-1), this.publicKeys());
    await this.rotate();
    this.keyPaths = [
      ...this.keyPaths, `${this.at.keys}-${this.keyPaths.length}`,
    ].slice(-8);
  }

  publicKeys() {
    return {
      keys: [publicJwk(this.keys.signing), publicJwk(this.keys.second)],
    };
  }

  /* The set at one of our addresses, or undefined. */
  keySet(path) {
    if (path === this.keyPaths.at(-1)) return this.publicKeys();
    return this.oldKeySets.get(path);
  }

  discovery() {
    return {
      issuer: this.issuer,
      authorization_endpoint: this.base + this.at.authorize,
      token_endpoint: this.base + this.at.token,
      jwks_uri: this.base + this.keyPaths.at(-1),
      userinfo_endpoint: this.base + this.at.userinfo,
      end_session_endpoint: this.base + this.at.logout,
      response_types_supported: ['code'],
      response_modes_supported: ['query', 'form_post'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: [
        'client_secret_basic', 'client_secret_post',
      ],
      ...(this.options.rfc9207
        ? { authorization_response_iss_parameter_supported: true } : {}),
    };
  }

  /* A new code for an authorization request. */
  issueCode(params) {
    const code = random();
    const login = (params.login_hint ?? 'ada').split('@')[0];
    const person = this.people.byLogin(login) ?? this.people.list[0];
    this.codes.set(code, { ...params, person, used: false });
    if (this.codes.size > CODES_MAX) {
      this.codes.delete(this.codes.keys().next().value);
    }
    return code;
  }

  /*
   * Checks a token request in full. Returns the request as it was seen and,
   * in `grant`, the sign-in it belongs to, or in `error` why not.
   */
  judge(form, authorization) {
    const [scheme, value] = (authorization ?? '').split(' ');
    const basic = scheme.toLowerCase() === 'basic'
      ? Buffer.from(value ?? '', 'base64').toString().split(':')
        .map((part) => decodeURIComponent(part.replace(/\+/g, ' '))) : null;
    const inForm = form.client_secret !== undefined;
    let method = inForm ? 'client_secret_post' : 'none';
    if (basic) method = inForm ? 'both' : 'client_secret_basic';
    const [id, secret] = basic ?? [form.client_id, form.client_secret];
    const grant = this.codes.get(form.code);
    const challenge = createHash('sha256').update(form.code_verifier ?? '')
      .digest('base64url');
    const seen = {
      method,
      client: (method === 'client_secret_basic'
        || method === 'client_secret_post')
        && same(id, this.client) && same(secret, this.secret),
      grant_type: form.grant_type,
      code: 'unknown',
      redirect_uri: form.redirect_uri === grant?.redirect_uri,
      pkce: form.code_verifier === undefined ? 'missing' : 'wrong',
    };
    if (grant) seen.code = grant.used ? 'reused' : 'fresh';
    if (grant && challenge === grant.code_challenge) seen.pkce = 'ok';
    if (grant) grant.used = true;
    if (!seen.client) return { seen, error: 'invalid_client' };
    if (form.grant_type !== 'authorization_code') {
      return { seen, error: 'unsupported_grant_type' };
    }
    if (seen.code !== 'fresh' || !seen.redirect_uri || seen.pkce !== 'ok') {
      return { seen, error: 'invalid_grant' };
    }
    return { seen, grant };
  }

  /*
   * A back-channel logout token with these claims and header members on top,
   * as behave() takes them; of the behaviour only its draft(). Its alg "none"
   * comes with a signature, "HS256" with one by the client secret.
   */
  logoutToken({ claims = {}, header = {}, name = 'ok' }) {
    const now = this.now();
    const draft = {
      alg: header.alg === 'HS256' ? 'HS256' : 'RS256',
      key: header.alg === 'HS256' ? this.secret : this.keys.signing,
      header: { typ: 'JWT', alg: 'RS256', kid: this.keys.signing.kid },
      claims: { iss: this.issuer, aud: this.client, iat: now, exp: now + 120 },
    };
    for (const [part, change] of Object.entries({ claims, header })) {
      for (const [key, value] of Object.entries(change)) {
        if (value === null) delete draft[part][key];
        else if (Number.isFinite(value?.now)) draft[part][key] = now + value.now;
        else draft[part][key] = value;
      }
    }
    BEHAVIOURS.get(name).hooks.draft?.(draft, this);
    return buildToken(draft);
  }

  /* The answer to a good token request, after the behaviour had its way. */
  async tokenResponse(grant) {
    await this.hook('beforeSigning');
    const accessToken = random();
    this.tokens.set(accessToken, grant.person);
    if (this.tokens.size > CODES_MAX) {
      this.tokens.delete(this.tokens.keys().next().value);
    }
    const now = this.now();
    const draft = {
      alg: 'RS256',
      key: this.keys.signing,
      header: { typ: 'JWT', alg: 'RS256', kid: this.keys.signing.kid },
      claims: {
        iss: this.issuer, aud: this.client, iat: now, exp: now + 3600,
        nonce: grant.nonce, at_hash: halfHash(accessToken),
        ...this.people.idClaims(grant.person, grant.state), nbf: now,
      },
    };
    for (const part of ['claims', 'header']) {
      for (const [name, value] of Object.entries(this.overrides[part])) {
        if (value === null) delete draft[part][name];
        else if (Number.isFinite(value?.now)) draft[part][name] = now + value.now;
        else draft[part][name] = value;
      }
    }
    this.hook('draft', draft);
    return {
      token_type: 'Bearer', scope: 'openid profile email', expires_in: 3600,
      access_token: accessToken, id_token: buildToken(draft),
    };
  }
}
