/* SPDX-License-Identifier: ISC */
/* Claims of a verified ID token, OpenID Connect Core 1.0 section 3.1.3.7 */
#ifndef RG_JOSE_CLAIMS_H
#define RG_JOSE_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "jose/jwk.h"

#define CLAIMS_SKEW_MAX 300 /* seconds */

struct claims_expect {
	const char *issuer;	  /* compared byte for byte */
	const char *audience;	  /* our client id */
	const char *nonce;	  /* NULL: none was sent, none is compared */
	const char *access_token; /* for at_hash, if that is there; or NULL */
	enum jose_alg alg;	  /* of the verified signature, for at_hash */
	int64_t now;		  /* seconds since 1970 */
	int64_t skew;		  /* seconds, 0 to CLAIMS_SKEW_MAX */
};

/*
 * RG_OK or the first rule that is broken; `e` (NULL is allowed) says what was
 * expected, without the nonce or a hash. In this order:
 *
 *   RG_E_INTERNAL      expectations that an empty token would meet
 *   RG_E_PAYLOAD_JSON  two names that differ in case only ("tid", "TID")
 *   RG_E_ISS           not byte for byte the issuer
 *   RG_E_AUD, RG_E_AZP not our client id, alone (as a string or in an array)
 *   RG_E_SUB           not 1 to 255 printable ASCII characters
 *   RG_E_EXP_MISSING, RG_E_EXPIRED, RG_E_IAT_MISSING, RG_E_IAT_FUTURE,
 *   RG_E_NOT_YET       with `skew` seconds in the token's favour; exp == now
 *                      is expired. RG_E_TIME_TYPE in place of each for what
 *                      is not an integer from 0 to 2^53, auth_time included
 *   RG_E_NONCE         missing or another one, when one was sent
 *   RG_E_AT_HASH       there, but not of the access token
 */
enum rg_err claims_check_id_token(
    const json_t *claims, const struct claims_expect *, struct err *e);

struct claims_access {
	const char *issuer; /* compared byte for byte */
	const char *const *audiences;
	size_t audience_count; /* 0: no token is for us */
	int64_t now;
	int64_t skew;
};

/*
 * The claims that every access token must have, RFC 9068 section 4: issuer,
 * audience (one of ours must be among those of the token), subject and times.
 * The same errors in the same order; aud may name others besides us, since
 * a token may be meant for several APIs.
 */
enum rg_err claims_check_access_token(
    const json_t *claims, const struct claims_access *, struct err *e);

/* True if aud, a string or an array of strings alone, names `who`. */
bool claims_has_audience(const json_t *claims, const char *who);

#endif
