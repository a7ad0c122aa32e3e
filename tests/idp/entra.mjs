// SPDX-License-Identifier: ISC
// Where Entra ID answers differently from oidc-provider: its discovery
// document, its keys, the authorization response, and a logout that asks
// nothing. Facts: https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
import { buildToken } from './forge.mjs';
import { guidOf } from './people.mjs';
import { signedOutPage } from './pages.mjs';

// Entra names neither PKCE methods nor RFC 9207, though PKCE works.
function discovery(base, { issuer, rfc9207, at }) {
  const host = new URL(issuer).host;
  return {
    token_endpoint: base + at.token,
    token_endpoint_auth_methods_supported: [
      'client_secret_post', 'client_secret_basic',
    ],
    jwks_uri: base + at.keys,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer,
    request_uri_parameter_supported: false,
    userinfo_endpoint: base + at.userinfo,
    authorization_endpoint: base + at.authorize,
    http_logout_supported: true,
    frontchannel_logout_supported: true,
    end_session_endpoint: base + at.logout,
    claims_supported: [
      'sub', 'iss', 'aud', 'exp', 'iat', 'nonce', 'name', 'tid', 'oid', 'ver',
      'preferred_username', 'email', 'at_hash',
    ],
    tenant_region_scope: null,
    cloud_instance_name: host,
    cloud_graph_host_name: host,
    msgraph_host: host,
    ...(rfc9207
      ? { authorization_response_iss_parameter_supported: true } : {}),
  };
}

// The authorization response goes to the application by a redirect or in a
// form. oidc-provider always adds `iss` (RFC 9207); Entra never does, but it
// adds `session_state`.
function authorizationResponse(ctx, base, rfc9207) {
  const location = ctx.response.get('location');
  const state = guidOf(`state ${ctx.oidc.session?.uid ?? ''}`);
  if (location) {
    const url = new URL(location, base);
    if (url.origin === base || url.hash !== '') return;
    if (!rfc9207) url.searchParams.delete('iss');
    if (url.searchParams.has('code')) {
      url.searchParams.set('session_state', state);
    }
    ctx.set('location', url.href);
  } else if (typeof ctx.body === 'string') {
    const field = (name) => new RegExp(
      `<input type="hidden" name="${name}" value="[^"]*"/>\\n?`,
    );
    if (!rfc9207) ctx.body = ctx.body.replace(field('iss'), '');
    const code = field('code').exec(ctx.body)?.[0];
    if (code) {
      ctx.body = ctx.body.replace(code, `${code}<input type="hidden"`
        + ` name="session_state" value="${state}"/>\n`);
    }
  }
}

// Asks nothing: ends the session, and goes to the application's page if that
// page is registered. As at Entra, no id_token_hint is needed for it.
async function logout(ctx, cookieOptions, postLogoutUris) {
  const { session, provider } = ctx.oidc;
  const params = ctx.method === 'POST' ? ctx.oidc.body ?? {} : ctx.query;
  await session.destroy();
  ctx.oidc.cookies.set(provider.cookieName('session'), null, cookieOptions);
  const uri = params.post_logout_redirect_uri;
  ctx.status = 200;
  if (typeof uri === 'string' && postLogoutUris.includes(uri)) {
    const url = new URL(uri);
    if (typeof params.state === 'string') {
      url.searchParams.set('state', params.state);
    }
    ctx.status = 303;
    ctx.redirect(url.href);
  } else {
    ctx.type = 'html';
    ctx.body = signedOutPage();
  }
}

// The issuer is that of the person's own tenant, where there are several:
// oidc-provider knows one issuer, so its token is written anew.
function ofTenant(idToken, issuer, people, keys) {
  const [header, claims] = idToken.split('.', 2).map(
    (part) => JSON.parse(Buffer.from(part, 'base64url').toString()),
  );
  claims.iss = issuer.replace(people.tenant, claims.tid);
  return buildToken({ header, claims, alg: 'RS256', key: keys.signing });
}

/* The middleware around oidc-provider's own. */
export function entraShape({ issuer, options, people, keys, at }) {
  const base = new URL(issuer).origin;
  const cookieOptions = {
    signed: true, httpOnly: true, sameSite: 'lax',
    path: `/${options.several ?? people.tenant}`,
  };
  return async (ctx, next) => {
    await next();
    switch (ctx.oidc?.route) {
      case 'discovery':
        ctx.set('cache-control', 'max-age=86400, private');
        ctx.body = discovery(base, {
          issuer: options.several
            ? issuer.replace(people.tenant, '{tenantid}') : issuer,
          rfc9207: options.rfc9207, at,
        });
        break;
      case 'jwks':
        ctx.type = 'application/json; charset=utf-8';
        ctx.set('cache-control', 'max-age=86400, private');
        ctx.body = keys.publicSet(issuer, people.tenant, options.several);
        break;
      case 'authorization':
      case 'resume':
        authorizationResponse(ctx, base, options.rfc9207);
        break;
      case 'token':
        if (ctx.status !== 200) break;
        ctx.body.ext_expires_in = ctx.body.expires_in;
        if (options.several && ctx.body.id_token) {
          ctx.body.id_token = ofTenant(ctx.body.id_token, issuer, people, keys);
        }
        break;
      case 'end_session':
        if (ctx.status === 200) {
          await logout(ctx, cookieOptions, options.postLogoutUris);
        }
        break;
      default:
    }
  };
}
