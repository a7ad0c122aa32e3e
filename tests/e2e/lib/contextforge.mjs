// SPDX-License-Identifier: ISC
// A ContextForge gateway, as far as people and roles go, with the rules of the
// real one (mcpgateway/routers/rbac.py, routers/email_auth.py,
// services/role_service.py, utils/verify_credentials.py at ecba50e48):
//
//   const gateway = await startContextForge({ env: {…} });
//   gateway.rolesOf('ana@contoso.example')   // ["developer team:t1", …]
//   gateway.grant('ana@…', 'viewer', 'team', 't1')   // by a person's hand
//   gateway.fail({ status: 500, times: 2, method: 'POST' });
//
// Nothing but /v1/…: the unversioned paths are deprecated there.
import { createServer } from 'node:http';
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';

export const TOKEN = 'admin-token.of-the.gateway';
const OTHERS_TOKEN = 'token.of.somebody-without-rights';

const SYSTEM_ROLES = [
  ['platform_admin', 'global'], ['platform_viewer', 'global'],
  ['team_admin', 'team'], ['developer', 'team'], ['viewer', 'team'],
  ['tinkerer', 'personal'],
];

class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export class ContextForge {
  constructor({ env = {} } = {}) {
    this.env = { PROXY_USER_HEADER: 'X-Authenticated-User',
      REQUIRE_USER_IN_DB: 'true', JWT_ISSUER: 'mcpgateway',
      JWT_AUDIENCE: 'mcpgateway-api', ENVIRONMENT: 'production', ...env };
    this.users = new Map();
    this.roles = SYSTEM_ROLES.map(([name, scope]) => ({ id: randomUUID(), name,
      scope, description: name, permissions: [], is_system_role: true,
      is_active: true }));
    this.assignments = [];
    this.faults = [];
    this.calls = [];
    this.addUser('root@gateway.example', { is_admin: true });
  }

  // ---- what a test does by hand ------------------------------------------
  addUser(email, { is_admin: isAdmin = false, is_active: isActive = true,
    full_name: name = email } = {}) {
    const address = email.toLowerCase();
    const user = { id: randomUUID(), email: address, full_name: name,
      is_admin: isAdmin, is_active: isActive };
    this.users.set(address, user);
    // Everybody who is made gets these, whoever makes them.
    this.#assign(address, this.#role('platform_viewer', 'global'), 'global', null);
    this.#assign(address, this.#role('team_admin', 'team'), 'team',
      `personal-${address}`);
    return user;
  }

  grant(email, name, scope, scopeId = null) {
    return this.#assign(email, this.#role(name, scope), scope, scopeId);
  }

  revoke(email, name) {
    for (const a of this.#active(email)) if (a.role_name === name) a.is_active = false;
  }

  /* What somebody has beside what everybody gets: "name scope[:id]". */
  rolesOf(email) {
    return this.#active(email)
      .filter((a) => a.role_name !== 'platform_viewer' &&
        a.scope_id !== `personal-${email}`)
      .map((a) => `${a.role_name} ${a.scope}${a.scope_id ? `:${a.scope_id}` : ''}`)
      .sort();
  }

  assignment(email, name) {
    return this.#active(email).find((a) => a.role_name === name);
  }

  /*
   * The next `times` matching requests are answered with `status` (after having
   * been carried out, if `late`), or only after `delay` ms.
   */
  fail(fault) {
    this.faults.push({ times: Infinity, ...fault });
  }

  heal() {
    this.faults = [];
  }

  /* Requests since the last look, as "METHOD /path". */
  seen() {
    return this.calls.splice(0);
  }

  // ---- the rules ----------------------------------------------------------
  #role(name, scope) {
    const role = this.roles.find((r) => r.name === name && r.scope === scope);
    if (!role) throw new Error(`no role ${name} ${scope}`);
    return role;
  }

  #active(email) {
    return this.assignments.filter((a) => a.user_email === email && a.is_active &&
      (a.expires_at === null || Date.parse(a.expires_at) > Date.now()));
  }

  #assign(email, role, scope, scopeId, expiresAt = null, by = 'root@gateway.example') {
    const a = { id: randomUUID(), user_email: email, role_id: role.id,
      role_name: role.name, scope, scope_id: scopeId, granted_by: by,
      granted_at: new Date().toISOString(), expires_at: expiresAt,
      is_active: true, grant_source: null };
    this.assignments.push(a);
    return a;
  }

  #post(email, { role_id: roleId, scope, scope_id: scopeId = null,
    expires_at: expiresAt = null }) {
    const role = this.roles.find((r) => r.id === roleId && r.is_active);
    if (!role) throw new Refusal(400, 'Invalid role assignment');
    if (role.scope !== scope) throw new Refusal(400, 'Invalid role assignment');
    if (scope === 'team' && !scopeId) {
      throw new Refusal(400, 'scope_id required for team-scoped assignments');
    }
    if (scope !== 'team' && scopeId) {
      throw new Refusal(400, `scope_id not allowed for ${scope} assignments`);
    }
    if (this.#active(email).some((a) => a.role_id === roleId &&
        a.scope === scope && a.scope_id === scopeId)) {
      throw new Refusal(400, 'User already has this role assignment');
    }
    // The foreign key on email_users, which the route does not expect.
    if (!this.users.has(email)) throw new Refusal(500, 'Failed to assign role');
    return this.#assign(email, role, scope, scopeId, expiresAt);
  }

  #delete(email, roleId, query) {
    const scope = query.get('scope');
    const scopeId = query.get('scope_id');
    const found = this.#active(email).find((a) => a.role_id === roleId &&
      (scope === null || a.scope === scope) && a.scope_id === scopeId);
    if (!found) throw new Refusal(404, 'Role assignment not found');
    found.is_active = false;
    return { message: 'Role revoked successfully' };
  }

  #createUser(body) {
    if (typeof body.password !== 'string' || body.password.length < 8 ||
        typeof body.email !== 'string') throw new Refusal(422, 'Unprocessable');
    if (this.users.has(body.email.toLowerCase())) {
      throw new Refusal(409, 'User already exists');
    }
    return this.addUser(body.email, body);
  }

  #requireAdmin(req) {
    const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1];
    if (token === OTHERS_TOKEN) throw new Refusal(403, 'Insufficient permissions');
    if (token !== TOKEN) throw new Refusal(401, 'Invalid authentication credentials');
  }

  /* Who asks, where a proxy says so: all three settings, or its word is air. */
  #proxied(req) {
    const { env } = this;
    if (env.MCP_CLIENT_AUTH_ENABLED !== 'false' || env.TRUST_PROXY_AUTH !== 'true' ||
        env.TRUST_PROXY_AUTH_DANGEROUSLY !== 'true') {
      throw new Refusal(401, 'Authorization token required');
    }
    const email = req.headers[env.PROXY_USER_HEADER.toLowerCase()];
    if (!email) throw new Refusal(401, 'Proxy authentication header required');
    const user = this.users.get(email);
    // Case and all; without a look at the table.
    if (env.PLATFORM_ADMIN_EMAIL && email === env.PLATFORM_ADMIN_EMAIL) {
      return { email, is_admin: true };
    }
    if (!user) throw new Refusal(401, 'User not found in database');
    if (!user.is_active) throw new Refusal(401, 'Account disabled');
    return { email, is_admin: user.is_admin };
  }

  /*
   * A session token (verify_credentials.py:276-391, auth_context.py:337-380):
   * one static key, exp and jti demanded, "env" as ours if it is there. Who it
   * is: user.email, else email, else a sub that is no UUID. What they may do is
   * in the database; scopes.permissions can only cap it.
   */
  #session(req) {
    const { env } = this;
    const unauthorized = (why) => new Refusal(401, why);
    const [, token] = /^Bearer (\S+)$/.exec(req.headers.authorization ?? '') ?? [];
    const parts = token?.split('.') ?? [];
    if (parts.length !== 3 || !env.JWT_SECRET_KEY) throw unauthorized('no token');
    const [header, claims] = parts.slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url')));
    if (header.alg !== 'HS256') throw unauthorized('algorithm');
    const mac = createHmac('sha256', env.JWT_SECRET_KEY)
      .update(`${parts[0]}.${parts[1]}`).digest();
    const sent = Buffer.from(parts[2], 'base64url');
    if (sent.length !== mac.length || !timingSafeEqual(sent, mac)) {
      throw unauthorized('signature');
    }
    if (claims.iss !== env.JWT_ISSUER) throw unauthorized('issuer');
    if (![claims.aud].flat().includes(env.JWT_AUDIENCE)) throw unauthorized('audience');
    if (typeof claims.exp !== 'number') throw unauthorized('Token is missing exp');
    if (claims.exp <= Date.now() / 1000) throw unauthorized('Token has expired');
    if (!claims.jti) throw unauthorized('Token is missing JTI');
    if (claims.env !== undefined && claims.env !== env.ENVIRONMENT) {
      throw unauthorized('environment');
    }
    const email = claims.user?.email ?? claims.email ?? claims.sub;
    const user = this.users.get(email);
    if (!user) throw unauthorized('User not found in database');
    if (!user.is_active) throw unauthorized('Account disabled');
    return { email, is_admin: user.is_admin, token_use: claims.token_use,
      cap: claims.scopes?.permissions ?? [], roles: this.rolesOf(email) };
  }

  answer(req, url, body) {
    const path = url.pathname.split('/').slice(1).map(decodeURIComponent);
    const [version, area, ...rest] = path;
    if (version !== 'v1') throw new Refusal(404, 'Not Found');
    if (req.method === 'GET' && area === 'whoami') {
      const who = this.#proxied(req);
      return [200, { ...who, roles: this.rolesOf(who.email) }];
    }
    if (url.pathname === '/v1/auth/email/me') return [200, this.#session(req)];
    this.#requireAdmin(req);
    const route = `${req.method} ${area} ${rest.length}`;
    switch (route) {
      case 'GET rbac 1': return [200, this.roles];
      case 'GET rbac 3': return [200, this.#active(rest[1])];
      case 'POST rbac 3': return [200, this.#post(rest[1], body)];
      case 'DELETE rbac 4':
        return [200, this.#delete(rest[1], rest[3], url.searchParams)];
      case 'POST auth 3': return [201, this.#createUser(body)];
      case 'GET auth 4': {
        const user = this.users.get(rest[3].toLowerCase());
        if (!user) throw new Refusal(404, 'User not found');
        return [200, user];
      }
      default: throw new Refusal(404, 'Not Found');
    }
  }

  #fault(req, url) {
    const fault = this.faults.find((f) => f.times > 0 &&
      (f.method === undefined || f.method === req.method) &&
      (f.path === undefined || url.pathname.includes(f.path)));
    if (fault) fault.times -= 1;
    return fault;
  }

  async handle(req, res) {
    const url = new URL(req.url, 'http://gateway');
    let text = '';
    for await (const chunk of req) text += chunk;
    this.calls.push(`${req.method} ${url.pathname}`);
    const fault = this.#fault(req, url);
    let [status, body] = [500, { detail: 'Internal' }];
    try {
      if (fault?.delay) await new Promise((r) => { setTimeout(r, fault.delay); });
      if (!fault?.status || fault.late) {
        [status, body] = this.answer(req, url, text ? JSON.parse(text) : undefined);
      }
    } catch (err) {
      status = err.status ?? 500;
      body = { detail: err.message };
    }
    if (fault?.status) [status, body] = [fault.status, { detail: 'fault' }];
    res.writeHead(status, { 'content-type': 'application/json',
      ...(fault?.retryAfter ? { 'retry-after': fault.retryAfter } : {}) });
    res.end(fault?.body ?? JSON.stringify(body));
  }
}

export async function startContextForge(options) {
  const gateway = new ContextForge(options);
  const server = createServer((req, res) => gateway.handle(req, res));
  await new Promise((done) => { server.listen(options?.port ?? 0, '127.0.0.1', done); });
  gateway.port = server.address().port;
  gateway.url = `http://127.0.0.1:${gateway.port}`;
  gateway.othersToken = OTHERS_TOKEN;
  gateway.close = () => new Promise((done) => {
    server.close(done);
    server.closeAllConnections();
  });
  return gateway;
}
