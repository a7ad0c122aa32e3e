/* SPDX-License-Identifier: ISC */
#ifndef RG_CGI_BEARER_H
#define RG_CGI_BEARER_H

#include "cgi/worker.h"

#define BEARER_WELL_KNOWN "/.well-known/oauth-protected-resource"

/* Whether the request brings a bearer token, in whatever shape. */
bool bearer_is_sent(const struct request *);

/*
 * Who asks: by the bearer token if there is one, else by the session. Where a
 * token is sent, a session beside it does not count, whatever is wrong with the
 * token. The errors of worker_identify() and gate_bearer(), and
 * RG_E_BEARER_FORM for a malformed header or a token in the query or body.
 * Refused tokens are logged and counted; other failures are logged as `event`.
 */
enum rg_err worker_authenticate(struct worker *, const struct request *,
    const char *event, struct gate_identity *);

/*
 * Adds WWW-Authenticate (RFC 6750 section 3, RFC 9728 section 5.1): where the
 * metadata is, all scopes that are needed, and what is wrong with the token, if
 * one was sent.
 */
void bearer_challenge(
    struct worker *, const struct request *, struct response *, enum rg_err);

/* The resource that is asked for: ROLEGATE_RESOURCE, else the first one; NULL
 * when there is none. */
const struct resource *
bearer_resource(const struct worker *, const struct request *);

#endif
