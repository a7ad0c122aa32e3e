/* SPDX-License-Identifier: ISC */
/*
 * Who could be admin, before and after an edit: for gate_edit.c and nobody
 * else.
 */
#ifndef RG_GATE_ADMINS_H
#define RG_GATE_ADMINS_H

#include "gate_internal.h"

#define GATE_SPARES 2 /* an edit can disable one of them */

/*
 * When of those who were admins nobody stays one, somebody else may become one.
 * That is searched among all people, which takes seconds when they are many,
 * and therefore between two attempts at the edit and not within one.
 */
struct gate_spares {
	bool wanted;
	int64_t id[GATE_SPARES];
	size_t count;
	int64_t searched; /* all people up to this id */
	bool exhausted;	  /* ... which is the last */
};

/* Each at the moment of the edit, and once all that has an end is over. */
struct gate_admins {
	bool way[2];   /* a mapping or a grant leads to an admin role */
	bool known[2]; /* somebody who was here as an admin is one */
	struct gate_spares spares[2];
	struct access_policy *proposed; /* as the edit would leave it */
};

/* Within the edit's transaction. */
enum rg_err
gate_admins_before(struct gate *, int64_t now, struct gate_admins *);

/*
 * Within the edit's transaction, after the edit. `loss` is what it takes away,
 * in a sentence, or NULL:
 * - no mapping and no grant leads to an admin role any more, or none without
 *   an end, where one did;
 * - of all the people on record nobody would be an admin by the claims of their
 *   last sign-in, or nobody for ever, where one who was here as an admin was.
 *   A way that nobody is known to have may be a group of no members, or one
 *   whose id was mistyped: it must have let somebody in before it is the last.
 * With *search the answer is not known yet: gate_admins_search(), then all of
 * it again.
 */
enum rg_err gate_admins_lost(struct gate *, int64_t now, struct gate_admins *,
    const char **loss, bool *search);

/* Goes on looking for spares, outside of any transaction. */
enum rg_err
gate_admins_search(struct gate *, int64_t now, struct gate_admins *);

void gate_admins_clear(struct gate_admins *);

#endif
