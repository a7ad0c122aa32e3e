/* SPDX-License-Identifier: ISC */
/*
 * Somebody as the database knows them: the claims and groups of the last
 * sign-in and the grants of now, ready for a decision under any policy. Shared
 * by gate*.c and by nobody else.
 */
#ifndef RG_GATE_KNOWN_H
#define RG_GATE_KNOWN_H

#include "gate_internal.h"

struct gate_known {
	const struct provider *provider;
	struct access_subject subject; /* borrows from the rest */
	struct access_groups groups;
	json_t *claims;
	json_t *groups_doc;
	struct access_grant *grants;
	size_t grant_count;
	char *tenant;
};

/*
 * From a row with claims and groups. RG_E_PROVIDER_UNKNOWN when the provider
 * is configured no longer; RG_E_STORE_CORRUPT, which is logged. A failure
 * leaves nothing to clear.
 */
enum rg_err gate_known_load(struct gate *, const struct principal_row *,
    int64_t now, struct gate_known *out);
void gate_known_clear(struct gate_known *);

/*
 * True for what is amiss with this one person only, whom a question about all
 * people leaves out: nobody's damaged row may be in the way of an edit.
 */
bool gate_known_is_left_out(enum rg_err);

#endif
