/* SPDX-License-Identifier: ISC */
/* What other endpoints share with /whoami. */
#ifndef RG_CGI_WHOAMI_H
#define RG_CGI_WHOAMI_H

#include <jansson.h>

#include "cgi/worker.h"

/*
 * Whether the decision satisfies the request's ?role=, ?permission= and the
 * server's ROLEGATE_REQUIRE: RG_OK, RG_E_NO_ROLE, RG_E_GROUPS_UNKNOWN,
 * RG_E_INSUFFICIENT_ROLE, or RG_E_CONF for what can't be enforced: a malformed
 * ROLEGATE_REQUIRE, or another parameter (?roles= would open what ?role= was
 * meant to close); that is logged.
 */
enum rg_err
whoami_check(const struct request *, const struct access_decision *);

/*
 * The refusal for a program: 401 with WWW-Authenticate (RFC 6750 section 3),
 * 403 (with it for insufficient_scope), or 503 for all else, as JSON. 400 for a
 * malformed Authorization header, but 401 to a web server that can only take
 * that: one with ROLEGATE_REQUIRE outside the authorizer role and /refused.
 */
void whoami_refuse(
    struct worker *, const struct request *, struct response *, enum rg_err);

/*
 * Appends the "rolegate.whoami.v1" object, with the reasons and the role token
 * that are not NULL. What can't be written makes `out` failed.
 */
void whoami_write(struct buf *out, const struct gate_identity *,
    const json_t *reasons, const char *token);

#endif
