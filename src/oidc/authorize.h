/* SPDX-License-Identifier: ISC */
/* The authentication request, OpenID Connect Core 1.0 section 3.1.2.1. Pure. */
#ifndef RG_OIDC_AUTHORIZE_H
#define RG_OIDC_AUTHORIZE_H

#include "base/buf.h"
#include "base/err.h"
#include "oidc/oidc.h"
#include "oidc/provider.h"

/*
 * Appends the URL that a browser is sent to. PKCE with S256 is always in it,
 * whatever the provider advertises (RFC 9700 section 2.1.1; Entra supports it
 * and says nothing). RG_E_USAGE when state, nonce, verifier or redirect URI
 * are missing or too short to be secrets.
 */
enum rg_err authorize_url(struct buf *out, const char *endpoint,
    const struct provider *, const struct oidc_begin *, struct err *e);

#endif
