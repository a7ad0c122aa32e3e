/* SPDX-License-Identifier: ISC */
/*
 * A snapshot of roles and mappings, ready for decisions. Pure memory: whoever
 * has the rows fills it, decide.h reads it. Immutable once filled.
 */
#ifndef RG_ACCESS_POLICY_H
#define RG_ACCESS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Where a value comes from: a group named like an app role is not that role. */
enum access_kind {
	ACCESS_GROUP,
	ACCESS_APP_ROLE,
	ACCESS_CLAIM
};

/* "group", "app_role", "claim". */
const char *access_kind_name(enum access_kind);

/* -1 for a kind that this version can't evaluate. */
int access_kind_parse(const char *name);

struct access_role {
	char *name;
	char **permissions; /* sorted, without repetitions */
	size_t permission_count;
	bool is_admin;
};

struct access_mapping {
	int64_t id;
	const char *provider;
	const char *tenant; /* NULL: any */
	enum access_kind kind;
	const char *claim; /* the path, for ACCESS_CLAIM; else NULL */
	const char *value;
	const char *label; /* "" if none */
	const struct access_role *role;
	bool enabled;
	int64_t expires_at; /* seconds since 1970; 0: never */
};

struct access_policy;

struct access_policy *access_policy_new(int64_t version);
void access_policy_free(struct access_policy **);
int64_t access_policy_version(const struct access_policy *);

/*
 * Copies. Roles come before the mappings that lead to them. RG_E_EXISTS for a
 * role of the same name, RG_E_NOT_FOUND for a mapping to no known role.
 */
enum rg_err access_policy_add_role(struct access_policy *, const char *name,
    const char *const *permissions, size_t permission_count, bool is_admin);
enum rg_err access_policy_add_mapping(
    struct access_policy *, const struct access_mapping *, const char *role);

/* Borrowed; NULL when there is none. */
const struct access_role *
access_policy_role(const struct access_policy *, const char *name);

/* The n-th mapping in the order of adding; NULL beyond the last. */
const struct access_mapping *
access_policy_mapping(const struct access_policy *, size_t n);

#endif
