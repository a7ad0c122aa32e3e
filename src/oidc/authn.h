/* SPDX-License-Identifier: ISC */
/*
 * How and when a person proved who they are: the authentication contexts
 * (Entra's acrs, acr of OpenID Connect Core 1.0) and auth_time. Pure.
 */
#ifndef RG_OIDC_AUTHN_H
#define RG_OIDC_AUTHN_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "oidc/provider.h"

#define AUTHN_VALUE_MAX 64

/*
 * Whether a provider of this type can be asked for this context: c1 to c99 at
 * Entra; elsewhere letters, digits and . _ : / - as in a URI.
 */
bool authn_is_value(enum provider_type, const char *value);

/* The same for either type: what a requirement may name. */
bool authn_is_any_value(const char *value);

/* Whether the claims show this context. */
bool authn_has(const json_t *claims, const char *value);

/* All contexts that the claims show, as a new array, in the token's order. */
json_t *authn_values(const json_t *claims);

struct authn_expect {
	const char *step_up;	/* the context that was asked for, or NULL */
	const int64_t *max_age; /* seconds, or NULL */
	int64_t now;
	int64_t skew;
};

/*
 * Checks what was asked for (section 3.1.3.7, steps 12 and 13; with max_age,
 * auth_time is required, section 2). A provider may answer with less than it
 * was asked for, also when that was essential.
 *
 *   RG_E_STEP_UP            the context is not in the token
 *   RG_E_AUTH_TIME_MISSING  no auth_time
 *   RG_E_AUTH_TIME_FUTURE   later than now and the skew
 *   RG_E_AUTH_TIME_OLD      max_age and the skew are over
 */
enum rg_err
authn_check(const json_t *claims, const struct authn_expect *, struct err *e);

#endif
