/* SPDX-License-Identifier: ISC */
/*
 * A request to the token endpoint with client authentication, whatever its
 * grant: the code exchange, a refresh, client credentials. Private to oidc/.
 */
#ifndef RG_OIDC_TOKEN_REQUEST_H
#define RG_OIDC_TOKEN_REQUEST_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/fetch.h"
#include "oidc/document.h"
#include "oidc/provider.h"

/* What this process learnt about a provider's credentials. */
struct client_memory {
	struct client_memory *next;
	const struct provider *provider; /* only compared */
	unsigned refused;  /* bit n: credential n was refused the last time */
	int64_t warned_at; /* when the end of a certificate was logged */
};

void client_memory_free(struct client_memory **);

/* What oidc_certificate() promises. */
enum cert_state
client_certificate(struct oidc *, const struct provider *, int64_t now);

/*
 * Sends `form` (unchanged) with the provider's first credential. Only when the
 * answer is invalid_client, the next one is tried, each at most once: the
 * server authenticates the client before it looks at the grant (RFC 6749
 * section 4.1.3), so such an answer has not consumed a code; one that did says
 * invalid_grant to the next, which ends it. After any other answer, and after
 * none, the form is not sent again. A credential that was refused comes last
 * from then on, in this process.
 *
 * RG_OK: status 200, and the caller gives `res` back with
 * fetch_response_clear(). Errors of fetch(), token_response_error() and, when
 * no credential could be used at all, client_auth_add(); `res` is empty then.
 */
enum rg_err token_request(struct oidc *, const struct provider *,
    const char *endpoint, const struct buf *form, int64_t now,
    struct fetch_response *res, struct err *e);

#endif
