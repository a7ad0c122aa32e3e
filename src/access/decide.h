/* SPDX-License-Identifier: ISC */
/*
 * Claims + policy -> roles. Pure: the same input gives the same decision, at
 * any time and in any process. Nobody has a role by default.
 */
#ifndef RG_ACCESS_DECIDE_H
#define RG_ACCESS_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "access/policy.h"
#include "base/err.h"

/* Whose roles are asked for. All borrowed for the call. */
struct access_subject {
	const char *provider;	  /* name in the configuration */
	const char *tenant;	  /* "" where there is none */
	const char *groups_claim; /* name of the claim with groups */
	const char *roles_claim;  /* name of the claim with app roles */
	const char *default_role; /* when no mapping matches; NULL: none */
	const json_t *claims;	  /* of the verified token */
	int64_t now;		  /* seconds since 1970 */
};

/*
 * What the groups claim is worth. "Unknown" is not "none": it never grants,
 * and the caller must not take it for an empty list.
 */
enum groups_state {
	GROUPS_COMPLETE,
	GROUPS_UNKNOWN
};

/* A group of the token that a mapping mentions. Borrowed from the policy. */
struct access_match {
	const char *id;
	const char *label;
};

/* Points into the policy and the subject: both must outlive it. */
struct access_decision {
	const char **roles; /* sorted, without repetitions; all likewise */
	size_t role_count;
	const char **permissions;
	size_t permission_count;
	bool is_admin;
	struct access_match *groups; /* sorted by id */
	size_t group_count;
	enum groups_state groups_state;
	const char *groups_source; /* "token" or "none" */
	const char *groups_reason; /* NULL unless unknown: "overage", ... */
};

enum rg_err access_decide(const struct access_policy *,
    const struct access_subject *, struct access_decision *out);
void access_decision_clear(struct access_decision *);

bool access_has_role(const struct access_decision *, const char *role);

/* True also when the decision holds "*". */
bool access_has_permission(const struct access_decision *, const char *p);

#endif
