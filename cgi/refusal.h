/* SPDX-License-Identifier: ISC */
/*
 * How somebody is told that a page, which is not ours, is not for them: sent to
 * sign in or to prove more (302, browsers that navigate), the denied page, or
 * JSON for programs.
 */
#ifndef RG_CGI_REFUSAL_H
#define RG_CGI_REFUSAL_H

#include "cgi/worker.h"

/* Whose session or token does not count; `why` is what was wrong with it. */
void refusal_of_stranger(struct worker *, const struct request *,
    struct response *, enum rg_err why);

/* Who is known, but lacks something. */
void refusal_of_person(struct worker *, const struct request *,
    struct response *, const struct gate_identity *, enum rg_err why);

#endif
