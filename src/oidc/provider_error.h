/* SPDX-License-Identifier: ISC */
/*
 * What a provider reports, at the authorization endpoint (RFC 6749 section
 * 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6) or at the token endpoint
 * (RFC 6749 section 5.2), under a name of ours. Pure.
 */
#ifndef RG_OIDC_PROVIDER_ERROR_H
#define RG_OIDC_PROVIDER_ERROR_H

#include <stdint.h>

#include "base/err.h"

struct provider_error {
	const char *error;    /* the code as sent; "?" is recorded if strange */
	const char *subcode;  /* Entra's error_subcode, or NULL */
	int64_t number;	      /* of Entra (entra/aadsts.h), or 0 */
	enum rg_err fallback; /* for a code that says nothing more */
	long status;	      /* of the token endpoint's answer, or 0 */
};

/*
 * Names the cause; never RG_OK. The detail is made of the status, the code,
 * Entra's number and what its administrator should do; no text of theirs.
 */
enum rg_err provider_error(const struct provider_error *, struct err *e);

#endif
