/* SPDX-License-Identifier: ISC */
/*
 * Who could be admin, before and after an edit: shared by gate_edit.c and by
 * nobody else. Both are asked within the edit's transaction.
 */
#ifndef RG_GATE_ADMINS_H
#define RG_GATE_ADMINS_H

#include "gate_internal.h"

/* Each at the moment of the edit, and once all that has an end is over. */
struct gate_admins {
	bool way[2];   /* a mapping or a grant leads to an admin role */
	bool known[2]; /* somebody who was here as an admin is one */
};

enum rg_err
gate_admins_before(struct gate *, int64_t now, struct gate_admins *);

/*
 * `loss` is what the edit takes away, in a sentence, or NULL:
 * - no mapping and no grant leads to an admin role any more, or none without
 *   an end, where one did;
 * - of all the people on record nobody would be an admin by the claims of their
 *   last sign-in, or nobody for ever, where one who was here as an admin was.
 *   A way that nobody is known to have may be a group of no members, or one
 *   whose id was mistyped: it must have let somebody in before it is the last.
 */
enum rg_err gate_admins_lost(struct gate *, int64_t now,
    const struct gate_admins *before, const char **loss);

#endif
