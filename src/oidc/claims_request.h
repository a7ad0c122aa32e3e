/* SPDX-License-Identifier: ISC */
/*
 * The claims parameter of an authentication request (OpenID Connect Core 1.0
 * section 5.5), as far as rolegate uses it. Pure.
 */
#ifndef RG_OIDC_CLAIMS_REQUEST_H
#define RG_OIDC_CLAIMS_REQUEST_H

#include "base/buf.h"
#include "base/err.h"

#define CLAIMS_CHALLENGE_MAX ((size_t)1024)

/*
 * Appends the JSON that asks for what is not NULL:
 *
 *   acrs       an authentication context of Entra, as an essential claim
 *              (learn.microsoft.com, "Developer guide to Conditional Access
 *              authentication context")
 *   challenge  what a token endpoint answered with interaction_required: a
 *              JSON object of at most CLAIMS_CHALLENGE_MAX bytes
 *
 * Where both speak of one claim, ours stays. RG_E_JSON for a challenge that is
 * not such an object, RG_E_NOMEM.
 */
enum rg_err
claims_request(struct buf *out, const char *acrs, const char *challenge);

#endif
