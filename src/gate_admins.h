/* SPDX-License-Identifier: ISC */
/*
 * Who could be admin, before and after an edit: shared by gate_edit.c and by
 * nobody else. Both are asked within the edit's transaction.
 */
#ifndef RG_GATE_ADMINS_H
#define RG_GATE_ADMINS_H

#include "gate_internal.h"

struct gate_admins {
	bool now;	 /* there is a way to be admin */
	bool for_ever;	 /* and one that does not expire */
	bool known;	 /* somebody who was here is admin */
	int64_t version; /* of the policy that says so */
};

enum rg_err
gate_admins_before(struct gate *, int64_t now, struct gate_admins *);

/*
 * `loss` is what the edit takes away, in a sentence, or NULL:
 * - no mapping and no grant leads to an admin role any more, or none without
 *   an end, where one did;
 * - all the known people whom mappings or grants make admins are denied or
 *   disabled, where one was not. Whom nobody knows may be admin by a mapping,
 *   but it is them that an edit must not shut out.
 */
enum rg_err gate_admins_lost(struct gate *, int64_t now,
    const struct gate_admins *before, const char **loss);

#endif
