// SPDX-License-Identifier: ISC
// oidc-provider, configured to behave like Entra ID's v2.0 endpoints.
import { randomBytes } from 'node:crypto';
import Provider, { errors, interactionPolicy } from 'oidc-provider';
import { entraShape } from './entra.mjs';
import { errorPage } from './pages.mjs';
import { paths } from './paths.mjs';

const HOUR = 3600;

// oidc-provider binds a client to one way of authentication; Entra takes all
// from the same one. So the same application is registered several times.
function clients({
  clientId, clientSecret, clientKeys, redirectUris, postLogoutUris,
}) {
  const secret = { client_secret: clientSecret };
  const common = {
    redirect_uris: redirectUris,
    post_logout_redirect_uris: postLogoutUris,
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
  };
  return [
    { ...common, ...secret, client_id: clientId,
      token_endpoint_auth_method: 'client_secret_basic' },
    { ...common, ...secret, client_id: `${clientId}-post`,
      token_endpoint_auth_method: 'client_secret_post' },
    ...(clientKeys ? [{ ...common, client_id: `${clientId}-jwt`,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: clientKeys } }] : []),
  ];
}

// As Entra does: the header must name a registered certificate, if the keys were
// registered with one.
function checkAssertion(options, header, claims) {
  options.assertions = [...(options.assertions ?? []).slice(-99),
    { header, claims }];
  const named = (options.clientKeys ?? []).filter((k) => k['x5t#S256']);
  if (named.length === 0) return;
  if (!named.some((k) => (header.alg === 'RS256' ? header.x5t === k.x5t
    : header['x5t#S256'] === k['x5t#S256']))) {
    throw new errors.InvalidClientAuth('no certificate of this thumbprint');
  }
}

function promptPolicy() {
  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({
    name: 'select_account', requestable: true,
  }), 0);
  return policy;
}

// Consent is never asked for: what is requested is granted. A new grant for
// each request would void the codes that other tabs still have to redeem.
async function grantAll(ctx) {
  const { client, session, provider, params } = ctx.oidc;
  const old = session.grantIdFor(client.clientId);
  const grant = (old && await provider.Grant.find(old)) ?? new provider.Grant({
    clientId: client.clientId, accountId: session.accountId,
  });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

/*
 * Returns what makes a Provider for the people and keys of this moment. Keys
 * and claim names are fixed when a Provider is made, so a change makes a new
 * one; store and cookie keys are shared, so nobody notices.
 */
export function providerFactory({ issuer, options, people, keys, Store }) {
  const at = paths(options.several ?? people.tenant);
  const base = new URL(issuer).origin; // Graph is there as well
  const cookieKeys = [randomBytes(32).toString('hex')];
  const cookie = { signed: true, httpOnly: true, sameSite: 'lax' };

  const findAccount = (ctx, sub) => {
    const person = people.bySub(sub);
    if (person?.blocked) return undefined;
    return person && {
      accountId: sub,
      claims: async (use) => (use === 'userinfo'
        ? people.userinfoClaims(person)
        : people.idClaims(
          person, ctx.oidc.entities.AuthorizationCode?.sessionUid,
        )),
    };
  };

  return () => {
    const provider = new Provider(issuer, {
      adapter: Store,
      clients: clients(options),
      jwks: keys.privateSet(),
      claims: {
        openid: people.claimNames(), profile: ['name'], email: ['email'],
      },
      scopes: ['openid', 'profile', 'email', 'offline_access', 'User.Read',
        'https://graph.microsoft.com/User.Read',
        `${base}/User.Read`, `${base}/.default`],
      conformIdTokenClaims: false,
      pkce: { methods: ['S256'], required: () => true },
      responseTypes: ['code'],
      clientAuthMethods: ['client_secret_basic', 'client_secret_post',
        'private_key_jwt'],
      assertJwtClientAuthClaimsAndHeader: async (ctx, claims, header) => {
        checkAssertion(options, header, claims);
      },
      enabledJWA: { idTokenSigningAlgValues: ['RS256'],
        clientAuthSigningAlgValues: ['PS256', 'RS256', 'ES256'] },
      // Entra asks for no consent before it gives one; it replaces each.
      issueRefreshToken: async (ctx, client) => client.grantTypeAllowed(
        'refresh_token'),
      rotateRefreshToken: true,
      findAccount: async (ctx, sub) => findAccount(ctx, sub),
      loadExistingGrant: grantAll,
      interactions: {
        policy: promptPolicy(),
        url: (ctx, interaction) => `${at.login}/${interaction.uid}`,
      },
      features: {
        devInteractions: { enabled: false },
        rpInitiatedLogout: { enabled: true, logoutSource: () => {} },
        userinfo: { enabled: true },
        clientCredentials: { enabled: true },
      },
      routes: {
        authorization: at.authorize, token: at.token, jwks: at.keys,
        end_session: at.logout, userinfo: at.userinfo,
      },
      cookies: {
        names: { session: 'idp_session', interaction: 'idp_interaction',
          resume: 'idp_resume' },
        keys: cookieKeys,
        // Not for the application under test, which has the same host name.
        long: { ...cookie, path: `/${options.several ?? people.tenant}` },
        short: cookie,
      },
      ttl: {
        AccessToken: HOUR, AuthorizationCode: 600, Grant: 24 * HOUR,
        IdToken: HOUR, Interaction: HOUR, RefreshToken: 24 * HOUR,
        Session: 24 * HOUR,
      },
      renderError: async (ctx, out) => {
        ctx.type = 'html';
        ctx.body = errorPage(out.error, out.error_description);
      },
    });
    provider.proxy = options.origin !== undefined;
    provider.use(entraShape({ issuer, options, people, keys, at }));
    return provider;
  };
}
