/* SPDX-License-Identifier: ISC */
/*
 * What has to be done at the gateway for one person. Pure. The gateway does
 * not record who gave an assignment in a way that we could set, so what is
 * ours is what we remember having given, and nothing else is ever taken away.
 */
#ifndef RG_CONTEXTFORGE_PLAN_H
#define RG_CONTEXTFORGE_PLAN_H

#include <jansson.h>

#include "base/err.h"

/*
 * All three are arrays of objects with "role_id", "scope" and "scope_id" (""
 * where there is none), which together say what an assignment is.
 *
 *     wanted  what the person's roles lead to; also "role" (the gateway's name
 *             for it) and "expires_at" (0: never)
 *     ours    what we remember; also "role", "expires_at" and "pending" (true:
 *             we were about to give it and don't know whether we did)
 *     there   what the gateway says the person has
 *
 * *out is a new array of copies of those, in a stable order, each with "do":
 *
 *     "grant"   to be given
 *     "renew"   ours, to be given anew for another end than it has: a later
 * one, or one at all "adopt"   given by us, which we only had not noted
 *     "revoke"  ours, and no longer wanted
 *     "forget"  ours, no longer wanted, and gone already
 *     "leave"   wanted, but somebody else gave it: neither given nor ever
 *               taken away
 *
 * What is wanted, ours and there is not mentioned. RG_E_NOMEM.
 */
enum rg_err cf_plan(const json_t *wanted, const json_t *ours,
    const json_t *there, json_t **out);

#endif
