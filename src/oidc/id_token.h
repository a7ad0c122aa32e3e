/* SPDX-License-Identifier: ISC */
/* From the text of an ID token to claims that can be believed. */
#ifndef RG_OIDC_ID_TOKEN_H
#define RG_OIDC_ID_TOKEN_H

#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "jose/jws.h"
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
 * Selects the key by an algorithm that is pinned and checks the signature; the
 * first half of id_token_verify(), for other tokens of the provider as well. On
 * RG_OK *claims is a new reference, and *key is borrowed from `d`.
 */
enum rg_err id_token_signature(enum jws_kind, struct oidc *, struct documents *,
    const struct provider *, const char *token, size_t len, int64_t now,
    const struct jwk **key, json_t **claims, struct err *e);

/*
 * Entra's rules on top: those of entra_check_tenancy() and of
 * entra_check_person(); RG_E_TOKEN_VERSION for what is not of v2.0. The issuer
 * is right afterwards. Pure.
 */
enum rg_err id_token_check_entra(const json_t *claims, const struct provider *,
    const struct entra_signer *, struct err *e);

#endif
