// SPDX-License-Identifier: ISC
// The addresses of both providers, as paths. They do not share the issuer's
// path: nor do Entra's.
export function paths(tenant) {
  return {
    discovery: `/${tenant}/v2.0/.well-known/openid-configuration`,
    authorize: `/${tenant}/oauth2/v2.0/authorize`,
    token: `/${tenant}/oauth2/v2.0/token`,
    keys: `/${tenant}/discovery/v2.0/keys`,
    logout: `/${tenant}/oauth2/v2.0/logout`,
    userinfo: '/oidc/userinfo',
    login: `/${tenant}/login`,
  };
}
