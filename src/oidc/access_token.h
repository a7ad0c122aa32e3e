/* SPDX-License-Identifier: ISC */
/*
 * JWT access tokens that a client brings as "Authorization: Bearer": those of
 * Entra ID, v1.0 and v2.0 (learn.microsoft.com, "Access tokens in the Microsoft
 * identity platform"), and of other providers in the form of RFC 9068. A token
 * is ours if its issuer is a configured provider and its aud is one of that
 * provider's audiences; nothing else that was signed by the same keys is.
 */
#ifndef RG_OIDC_ACCESS_TOKEN_H
#define RG_OIDC_ACCESS_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "jose/jws.h"
#include "oidc/oidc.h"
#include "oidc/provider.h"

#define ACCESS_TOKEN_MAX ((size_t)16 * 1024)

struct access_token {
	json_t *claims; /* verified; owned */
	bool app;	/* an application on its own behalf, no person */
	/* Borrowed from the claims, "" if unknown: */
	const char *client; /* the calling application: azp, appid, client_id */
	int64_t issued_at;
	int64_t expires_at;
};

struct access_token_expect {
	int64_t now;
	int64_t skew;
	bool own_typ; /* the header's typ says that it is an access token */
};

/*
 * Takes it apart, once for all that follows: jws_open(), but RG_E_TOKEN_SIZE
 * from ACCESS_TOKEN_MAX on.
 */
enum rg_err access_token_open(
    const char *token, size_t len, struct jws **out, struct err *e);

/*
 * Whose token it claims to be, by issuer and audience; nothing is verified. On
 * RG_OK *out is one of the list. In this order: RG_E_BEARER_GRAPH, RG_E_ISS (no
 * such provider), RG_E_BEARER_OFF, RG_E_BEARER_ID_TOKEN, RG_E_AUD.
 */
enum rg_err access_token_provider(const struct provider *list, size_t count,
    const struct jws *, const struct provider **out, struct err *e);

/*
 * The rules for claims whose signature is good. Pure. On RG_OK *out
 * holds a new reference to the claims. The errors of
 * claims_check_access_token(), for Entra those of entra_check_tenancy(),
 * entra_check_person() and RG_E_AZP, and
 *
 *   RG_E_BEARER_GRAPH     meant for Microsoft Graph, which alone can read it
 *   RG_E_BEARER_ID_TOKEN  nonce, at_hash, c_hash or s_hash, or made for the
 *			   client and without any mark of an access token
 *   RG_E_BEARER_KIND	   none of the marks (scp or scope for a person; idtyp
 *			   "app", or sub equal to the client, for an
 *			   application; the header's typ), or contradicting ones
 *   RG_E_SCOPE		   a person's token without all required scopes
 */
enum rg_err access_token_check(json_t *claims, const struct provider *,
    const struct entra_signer *, const struct access_token_expect *,
    struct access_token *out, struct err *e);

void access_token_clear(struct access_token *);

/* Whether one of these audiences is among those of the token. */
bool
access_token_is_for(const json_t *claims, char *const *audiences, size_t count);

/* Whether `iss` is the provider's; Entra has an issuer for each version. */
bool access_token_issuer(const struct provider *, const char *iss);

/* True if scp or scope, a list with blanks or an array, has this scope. */
bool access_token_has_scope(const json_t *claims, const char *scope);

#endif
