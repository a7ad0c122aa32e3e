/* SPDX-License-Identifier: ISC */
/*
 * A snapshot of roles and mappings, ready for decisions. Pure memory: whoever
 * has the rows fills it and seals it, decide.h reads it, and edits make of it
 * the snapshot of a later version.
 */
#ifndef RG_ACCESS_POLICY_H
#define RG_ACCESS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Where a value comes from: a group named like an app role is not that role. */
enum access_kind {
	ACCESS_GROUP,	       /* a value of the groups claim, an object id */
	ACCESS_GROUP_NAME,     /* a value there that is no object id */
	ACCESS_APP_ROLE,       /* a value of the roles claim */
	ACCESS_DIRECTORY_ROLE, /* a role template id of Entra, claim wids */
	ACCESS_CLAIM,	       /* a value at any path */
	ACCESS_APP	       /* the calling client of an app-only token */
};

/* "group", "group_name", "app_role", "directory_role", "claim", "app". */
const char *access_kind_name(enum access_kind);

/* -1 for a kind that this version can't evaluate. */
int access_kind_parse(const char *name);

struct access_role {
	char *name;
	char **permissions; /* sorted, without repetitions */
	size_t permission_count;
	bool is_admin;
	bool
	    dropped; /* between access_policy_drop_roles() and ..._set_role() */
};

struct access_mapping {
	int64_t id;
	const char *provider;
	const char *tenant; /* NULL: any */
	enum access_kind kind;
	const char *claim; /* the path, for ACCESS_CLAIM; else NULL */
	const char *value; /* a GUID in lower case */
	const char *label; /* "" if none */
	const struct access_role *role; /* NULL: it denies */
	bool enabled;
	int64_t expires_at; /* seconds since 1970; 0: never */
};

struct access_policy;

struct access_policy *access_policy_new(int64_t version);
void access_policy_free(struct access_policy **);
int64_t access_policy_version(const struct access_policy *);

/*
 * Copies. Roles come before the mappings that lead to them; mappings come in
 * the order of their ids. RG_E_EXISTS for a role of the same name,
 * RG_E_NOT_FOUND for a mapping to no known role. `role` NULL: it denies.
 */
enum rg_err access_policy_add_role(struct access_policy *, const char *name,
    const char *const *permissions, size_t permission_count, bool is_admin);
enum rg_err access_policy_add_mapping(
    struct access_policy *, const struct access_mapping *, const char *role);

/* Makes it ready for access_policy_range(). RG_E_NOMEM. */
enum rg_err access_policy_seal(struct access_policy *);

/*
 * Edits of a sealed one, which stays sealed. They take time in proportion to
 * what is edited, but for moving some memory. What was borrowed from it is
 * lost. One that failed leaves it neither old nor new: then it is to be freed.
 *
 * All roles: dropped, set one by one, and what was not set again is removed.
 * RG_E_NOT_FOUND when a mapping leads to one of these.
 */
void access_policy_drop_roles(struct access_policy *);
enum rg_err access_policy_set_role(struct access_policy *, const char *name,
    const char *const *permissions, size_t permission_count, bool is_admin);
enum rg_err access_policy_end_roles(struct access_policy *);

/* One mapping, in place of the one with its id; RG_E_NOT_FOUND as above. */
void access_policy_drop_mapping(struct access_policy *, int64_t id);
enum rg_err access_policy_set_mapping(
    struct access_policy *, const struct access_mapping *, const char *role);

void access_policy_set_version(struct access_policy *, int64_t version);

/* Borrowed; NULL when there is none. */
const struct access_role *
access_policy_role(const struct access_policy *, const char *name);

/* The n-th mapping in the order of adding; NULL beyond the last. */
const struct access_mapping *
access_policy_mapping(const struct access_policy *, size_t n);
size_t access_policy_mapping_count(const struct access_policy *);

/* The n-th mapping that denies; NULL beyond the last. */
const struct access_mapping *
access_policy_deny(const struct access_policy *, size_t n);

/*
 * Mappings of one provider, kind and claim, in order of value and id. Finding
 * takes time in proportion to the logarithm of their number, so that the cost
 * of a decision depends on the person's values and not on the mappings.
 */
struct access_range {
	const struct access_mapping *const *at;
	size_t count;
};

/* `claim` for ACCESS_CLAIM, else NULL. */
struct access_range access_policy_range(const struct access_policy *,
    const char *provider, enum access_kind, const char *claim);

/* Those of a range with this value; a GUID in any case. */
struct access_range
access_range_find(const struct access_range *, const char *value);

/*
 * The claim path that comes after `claim` among those that mappings of the
 * provider mention; the first for NULL. NULL beyond the last.
 */
const char *access_policy_claim_after(
    const struct access_policy *, const char *provider, const char *claim);

#endif
