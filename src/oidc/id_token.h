/* SPDX-License-Identifier: ISC */
/* From the text of an ID token to claims that can be believed. */
#ifndef RG_OIDC_ID_TOKEN_H
#define RG_OIDC_ID_TOKEN_H

#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "oidc/document.h"
#include "oidc/provider.h"

struct id_token_expect {
	const char *nonce;	  /* NULL: not compared */
	const char *access_token; /* for at_hash; or NULL */
	int64_t now;
	int64_t skew;
};

/*
 * OpenID Connect Core 1.0 section 3.1.3.7 in full: shape, pinned algorithm,
 * key, signature, claims, and for Entra those of id_token_check_entra. May
 * fetch keys, at most once. On RG_OK *claims is a new reference.
 */
enum rg_err id_token_verify(struct oidc *, struct documents *,
    const struct provider *, const char *token, size_t len,
    const struct id_token_expect *, json_t **claims, struct err *e);

/*
 * Entra's rules on top (learn.microsoft.com, "Access tokens in the Microsoft
 * identity platform", and IdentityModel's AadIssuerValidator): the tenant is
 * ours, the person has an object id, the signing key (its "issuer" member, or
 * NULL) may sign for this issuer. Pure.
 */
enum rg_err id_token_check_entra(const json_t *claims, const struct provider *,
    const char *key_issuer, struct err *e);

#endif
