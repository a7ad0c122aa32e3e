/* SPDX-License-Identifier: ISC */
/* Logout tokens, OpenID Connect Back-Channel Logout 1.0 section 2.4 and 2.6. */
#ifndef RG_OIDC_LOGOUT_TOKEN_H
#define RG_OIDC_LOGOUT_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "oidc/oidc.h"
#include "oidc/provider.h"

#define LOGOUT_TOKEN_AGE                                                       \
	300 /* seconds that one is good for, without exp too                   \
	     */
#define LOGOUT_TOKEN_MAX ((size_t)16 * 1024)

/*
 * Whose token it claims to be, by issuer and audience; nothing is verified.
 * Entra sends none, so its providers are left out. RG_E_TOKEN_SIZE, the errors
 * of jws_open(), RG_E_ISS, RG_E_AUD.
 */
enum rg_err logout_token_provider(const struct provider *list, size_t count,
    const char *token, size_t len, const struct provider **out, struct err *e);

/*
 * The rules for claims whose signature is good. Pure. An ID token fails by the
 * missing event, and a logout token is no ID token for want of a nonce. In
 * this order: RG_E_ISS, RG_E_AUD, RG_E_IAT_MISSING, RG_E_IAT_FUTURE,
 * RG_E_TIME_TYPE, RG_E_EXPIRED (also LOGOUT_TOKEN_AGE after iat),
 * RG_E_JTI_MISSING, RG_E_LOGOUT_EVENT, RG_E_NONCE (there is one), RG_E_SUB
 * (neither sub nor sid, or one that can't be).
 */
enum rg_err logout_token_check(const json_t *claims, const struct provider *,
    int64_t now, int64_t skew, struct err *e);

/*
 * Verifies signature and claims; may fetch keys. Whether its jti was seen
 * before is for the caller. On RG_OK *claims is a new reference.
 */
enum rg_err
logout_token_verify(struct oidc *, const struct provider *, const char *token,
    size_t len, int64_t now, int64_t skew, json_t **claims, struct err *e);

#endif
