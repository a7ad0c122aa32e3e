/* SPDX-License-Identifier: ISC */
/* Shared by policy.c, which fills it, and policy_find.c, which finds in it. */
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

#endif
