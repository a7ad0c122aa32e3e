/* SPDX-License-Identifier: ISC */
/*
 * A requirement about how a person signed in: "acrs:c1" in ROLEGATE_REQUIRE, or
 * ?acrs=c1 at /whoami. It comes on top of roles and permissions. There can be
 * one only: each step-up is a sign-in of its own, and nobody can be sent to
 * two.
 */
#ifndef RG_CGI_STEP_UP_H
#define RG_CGI_STEP_UP_H

#include "cgi/worker.h"

/* Whether an item of ROLEGATE_REQUIRE is such a requirement. */
bool step_up_is_item(const char *item);

/*
 * RG_OK when nothing is required, or the session has it;
 * RG_E_INSUFFICIENT_AUTH; RG_E_CONF for two, or a malformed one.
 */
enum rg_err step_up_check(const struct request *, const struct gate_identity *);

/*
 * Appends the address of a sign-in that proves what is required, at the
 * person's own provider.
 */
void
step_up_put_url(struct buf *, const struct settings *, const struct request *,
    const struct gate_identity *, const char *return_to);

#endif
