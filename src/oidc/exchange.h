/* SPDX-License-Identifier: ISC */
/* The token request, RFC 6749 section 4.1.3 with RFC 7636 section 4.5. */
#ifndef RG_OIDC_EXCHANGE_H
#define RG_OIDC_EXCHANGE_H

#include <stdint.h>

#include "base/err.h"
#include "oidc/document.h"
#include "oidc/oidc.h"
#include "oidc/provider.h"
#include "oidc/token_response.h"

/*
 * Redeems the code once: whatever the provider answers, it is not asked again,
 * since a code that is sent twice is an attack to it (RFC 6749 section 4.1.2);
 * token_request() says why "invalid_client" does not count. Errors of
 * token_request() and token_response_parse(). The caller frees *out.
 */
enum rg_err exchange_code(struct oidc *, const char *endpoint,
    const struct provider *, const struct oidc_finish *, int64_t now,
    struct token_response **out, struct err *e);

#endif
