/* SPDX-License-Identifier: ISC */
/*
 * Claims + groups + grants + policy -> roles, and why. Pure: the same input
 * gives the same decision, at any time and in any process. Nobody has a role
 * by default. The explanation is made by the function that decides, so that
 * the two can't differ.
 */
#ifndef RG_ACCESS_DECIDE_H
#define RG_ACCESS_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "access/groups.h"
#include "access/policy.h"
#include "base/err.h"

/* A role that an administrator gave to this person. */
struct access_grant {
	int64_t id;
	const char *role;
	const char *reason;
	const char *created_by;
	int64_t expires_at; /* seconds since 1970; 0: never */
};

/* Whose roles are asked for. All borrowed for the call. */
struct access_subject {
	const char *provider; /* name in the configuration */
	const char *tenant;   /* "" where there is none */
	const char *app;      /* client id of an app-only token, else NULL */
	const char *groups_claim; /* name of the claim with groups */
	const char *roles_claim;  /* name of the claim with app roles */
	/* Claim with names of groups; NULL where they are not believed. */
	const char *group_names_claim;
	/*
	 * People of several tenants: a mapping that names none gives its role
	 * only by the id of a group, which no other tenant can have. The rest
	 * (app roles, directory roles, names) each tenant gives as it likes.
	 */
	bool many_tenants;
	const char *default_role; /* when nothing else gives one; NULL: none */
	const json_t *claims;	  /* of the verified token */
	/* What else is known of the groups; NULL: the claims are judged. */
	const struct access_groups *groups;
	const struct access_grant *grants;
	size_t grant_count;
	int64_t now;  /* seconds since 1970 */
	bool explain; /* near misses among the reasons, too */
};

/* A group of the person that a mapping mentions. Borrowed from the policy. */
struct access_match {
	const char *id;
	const char *label;
};

/* What came of one mapping, grant or default. */
enum access_outcome {
	ACCESS_GIVES,  /* it gives its role */
	ACCESS_DENIES, /* it denies: nothing else counts */
	/* near misses: the person has the value, but ... */
	ACCESS_OVERRULED,    /* it would give its role; something denies */
	ACCESS_DISABLED,     /* it is switched off */
	ACCESS_EXPIRED,	     /* its time is over */
	ACCESS_OTHER_TENANT, /* it is for another tenant */
	ACCESS_OTHER_KIND,   /* the value came as something else */
	ACCESS_OTHER_CASE,   /* only upper and lower case differ */
	ACCESS_NOT_BELIEVED, /* group names are not believed here */
	ACCESS_UNKNOWN,	     /* whether the person has it is not known */
	ACCESS_NO_ROLE	     /* a grant or default of a role that is gone */
};

/* "gives", "denies", "overruled", "disabled", ... */
const char *access_outcome_name(enum access_outcome);

/* Exactly one of mapping, grant and by_default. Borrowed like the rest. */
struct access_reason {
	enum access_outcome outcome;
	const struct access_mapping *mapping;
	const struct access_grant *grant;
	bool by_default;
	const struct access_role *role; /* NULL: denies, or gone */
};

/* Points into the policy and the subject: both must outlive it. */
struct access_decision {
	const char **roles; /* sorted, without repetitions; all likewise */
	size_t role_count;
	const char **permissions;
	size_t permission_count;
	bool is_admin;
	bool denied;		     /* a mapping denies: no roles */
	struct access_match *groups; /* sorted by id */
	size_t group_count;
	enum groups_state groups_state;
	const char *groups_source;  /* "token", "graph", "cache" or "none" */
	const char *groups_reason;  /* NULL when complete: "overage", ... */
	int64_t groups_as_of;	    /* 0: with the token */
	int64_t groups_valid_until; /* stale ones; 0: no end */
	/* Mappings in order of their ids, then grants, then the default. */
	struct access_reason *reasons;
	size_t reason_count;
};

enum rg_err access_decide(const struct access_policy *,
    const struct access_subject *, struct access_decision *out);
void access_decision_clear(struct access_decision *);

/* The claim that a mapping looks at, for this subject; NULL for ACCESS_APP. */
const char *access_mapping_claim(
    const struct access_mapping *, const struct access_subject *);

bool access_has_role(const struct access_decision *, const char *role);

/* True also when the decision holds "*". */
bool access_has_permission(const struct access_decision *, const char *p);

#endif
