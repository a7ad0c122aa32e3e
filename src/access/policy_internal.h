/* SPDX-License-Identifier: ISC */
/*
 * Shared by policy.c, which fills it, policy_find.c, which finds in it, and
 * policy_edit.c, which changes it.
 */
#ifndef RG_ACCESS_POLICY_INTERNAL_H
#define RG_ACCESS_POLICY_INTERNAL_H

#include "access/policy.h"

/* A mapping and the one block that holds its strings. */
struct held {
	struct access_mapping m;
	char *text;
};

struct access_policy {
	int64_t version;
	/* Pointers, so that what mappings point to never moves. */
	struct access_role **roles;
	size_t role_count;
	struct held **mappings;
	size_t mapping_count;
	/* Of a sealed one: all mappings by key(), and those that deny. */
	const struct access_mapping **sorted;
	const struct access_mapping **denies;
	size_t deny_count;
	bool sealed;
};

/* A copy, which belongs to no list yet. RG_E_NOT_FOUND, RG_E_NOMEM. */
enum rg_err policy_hold(const struct access_policy *,
    const struct access_mapping *, const char *role, struct held **out);
void policy_held_free(struct held **);

enum rg_err policy_role_new(const char *name, const char *const *permissions,
    size_t count, bool is_admin, struct access_role **out);
void policy_role_free(struct access_role **);

/* Where the role of this name is, or where it belongs. */
size_t
policy_role_place(const struct access_policy *, const char *name, bool *found);

/* Where the mapping is among the sorted ones, or where it belongs. */
size_t
policy_place(const struct access_policy *, const struct access_mapping *);

#endif
