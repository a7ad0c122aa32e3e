/* SPDX-License-Identifier: ISC */
/* RP-initiated logout 1.0. Pure. */
#ifndef RG_OIDC_LOGOUT_H
#define RG_OIDC_LOGOUT_H

#include "base/buf.h"
#include "base/err.h"
#include "oidc/provider.h"

/*
 * Appends the URL of section 2: client_id instead of id_token_hint, because
 * rolegate does not keep ID tokens. `post_logout_redirect_uri` and
 * `logout_hint` may be NULL. RG_E_NOMEM.
 */
enum rg_err
logout_url(struct buf *out, const char *endpoint, const struct provider *,
    const char *post_logout_redirect_uri, const char *logout_hint);

#endif
