/* SPDX-License-Identifier: ISC */
/* Claims of a verified ID token, OpenID Connect Core 1.0 section 3.1.3.7 */
#ifndef RG_JOSE_CLAIMS_H
#define RG_JOSE_CLAIMS_H

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

/* RG_OK or the first rule that is broken; `e` says what was expected. */
enum rg_err claims_check_id_token(
    const json_t *claims, const struct claims_expect *, struct err *e);

#endif
