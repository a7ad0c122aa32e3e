/* SPDX-License-Identifier: ISC */
#include "access/judge.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

#define WIDS_CLAIM "wids" /* role template ids of Entra directory roles */

static const char *const outcome_names[] = {"gives", "denies", "overruled",
    "disabled", "expired", "other_tenant", "other_kind", "other_case",
    "not_believed", "unknown", "no_role"};

const char *
access_outcome_name(enum access_outcome outcome)
{
	return outcome_names[outcome];
}

enum rg_err
judge_begin(struct judge *j, const struct access_policy *policy,
    const struct access_subject *s)
{
	memset(j, 0, sizeof(*j));
	j->policy = policy;
	j->subject = s;
	if (s->groups != NULL)
		j->groups = *s->groups;
	else
		access_groups_from_claims(
		    s->claims, s->groups_claim, &j->groups);
	if (j->groups.state == GROUPS_STALE && j->groups.valid_until != 0 &&
	    s->now >= j->groups.valid_until) {
		j->groups.state = GROUPS_UNKNOWN;
		j->groups.reason = "too_old";
	}
	if (j->groups.state == GROUPS_UNKNOWN) {
		j->groups.source = "none";
		j->groups.ids = NULL;
	}
	if (s->app != NULL && (j->app = json_string(s->app)) == NULL)
		return RG_E_NOMEM;
	return RG_OK;
}

void
judge_end(struct judge *j)
{
	json_decref(j->app);
	j->app = NULL;
}

/* True where the token's groups claim holds names, or may. */
static bool
token_has_names(const struct access_subject *s)
{
	return s->group_names_claim != NULL &&
	       strcmp(s->group_names_claim, s->groups_claim) == 0;
}

/*
 * Anyone may create a group and name it like another one's object id: where
 * the claim holds names, ids are believed only from elsewhere (Graph).
 */
static bool
ids_are_names(const struct judge *j)
{
	return token_has_names(j->subject) &&
	       strcmp(j->groups.source, "token") == 0;
}

const json_t *
judge_values_of(const struct judge *j, enum access_kind kind, const char *claim)
{
	const struct access_subject *s = j->subject;

	switch (kind) {
	case ACCESS_GROUP:
		return ids_are_names(j) ? NULL : j->groups.ids;
	case ACCESS_GROUP_NAME:
		if (s->group_names_claim == NULL)
			return NULL;
		/* What the groups claim says counts as a whole or not at all.
		 */
		if (token_has_names(s))
			return ids_are_names(j) ? j->groups.ids : NULL;
		return claim_at(s->claims, s->group_names_claim);
	case ACCESS_APP_ROLE:
		/* emit_as_roles: names of groups are no app roles. */
		if (strcmp(s->roles_claim, s->groups_claim) == 0 ||
		    access_claim_is_elsewhere(s->claims, s->roles_claim))
			return NULL;
		return claim_at(s->claims, s->roles_claim);
	case ACCESS_DIRECTORY_ROLE:
		return json_object_get(s->claims, WIDS_CLAIM);
	case ACCESS_CLAIM:
		return claim_at(s->claims, claim);
	case ACCESS_APP:
		return j->app;
	}
	return NULL;
}

const char *
access_mapping_claim(
    const struct access_mapping *m, const struct access_subject *s)
{
	switch (m->kind) {
	case ACCESS_GROUP:
		return s->groups_claim;
	case ACCESS_GROUP_NAME:
		return s->group_names_claim != NULL ? s->group_names_claim
						    : s->groups_claim;
	case ACCESS_APP_ROLE:
		return s->roles_claim;
	case ACCESS_DIRECTORY_ROLE:
		return WIDS_CLAIM;
	case ACCESS_CLAIM:
		return m->claim;
	case ACCESS_APP:
		break;
	}
	return NULL;
}

enum access_outcome
judge_present(const struct judge *j, const struct access_mapping *m)
{
	const struct access_subject *s = j->subject;

	if (m->tenant != NULL && strcasecmp(m->tenant, s->tenant) != 0)
		return ACCESS_OTHER_TENANT;
	if (m->tenant == NULL && s->many_tenants && m->kind != ACCESS_GROUP &&
	    m->role != NULL)
		return ACCESS_OTHER_TENANT;
	if (!m->enabled)
		return ACCESS_DISABLED;
	if (m->expires_at != 0 && m->expires_at <= s->now)
		return ACCESS_EXPIRED;
	return m->role == NULL ? ACCESS_DENIES : ACCESS_GIVES;
}

/* True when it is not known whether the person has the mapping's value. */
static bool
is_unknown(const struct judge *j, const struct access_mapping *m)
{
	const struct access_subject *s = j->subject;
	const struct access_groups *g = &j->groups;

	switch (m->kind) {
	case ACCESS_GROUP:
		if (g->state == GROUPS_UNKNOWN)
			return true;
		return g->asked_through != 0 && m->id > g->asked_through &&
		       !claim_has(judge_values_of(j, m->kind, NULL), m->value);
	case ACCESS_GROUP_NAME:
		if (s->group_names_claim == NULL)
			return false;
		/* Graph told ids only. */
		if (token_has_names(s))
			return g->state == GROUPS_UNKNOWN ||
			       strcmp(g->source, "graph") == 0 ||
			       strcmp(g->source, "cache") == 0;
		return access_claim_is_elsewhere(
		    s->claims, s->group_names_claim);
	case ACCESS_APP_ROLE:
		return strcmp(s->roles_claim, s->groups_claim) != 0 &&
		       access_claim_is_elsewhere(s->claims, s->roles_claim);
	case ACCESS_CLAIM:
		return access_claim_is_elsewhere(s->claims, m->claim);
	case ACCESS_DIRECTORY_ROLE:
		return access_claim_is_elsewhere(s->claims, WIDS_CLAIM);
	case ACCESS_APP:
		break;
	}
	return false;
}

static bool
has_other_case(const json_t *claim, const char *value)
{
	struct claim_values all;
	const char *v;

	claim_values(&all, claim);
	while ((v = claim_next(&all)) != NULL)
		if (strcasecmp(v, value) == 0)
			return true;
	return false;
}

/* The value came, but as something else than the mapping says. */
static bool
has_other_kind(const struct judge *j, const struct access_mapping *m)
{
	static const enum access_kind plain[] = {ACCESS_GROUP,
	    ACCESS_GROUP_NAME, ACCESS_APP_ROLE, ACCESS_DIRECTORY_ROLE};
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (plain[i] != m->kind &&
		    claim_has(judge_values_of(j, plain[i], NULL), m->value))
			return true;
	return false;
}

static bool
is_not_believed(const struct judge *j, const struct access_mapping *m)
{
	if (m->kind == ACCESS_GROUP_NAME &&
	    j->subject->group_names_claim == NULL)
		return claim_has(j->groups.ids, m->value);
	if (m->kind == ACCESS_GROUP && ids_are_names(j))
		return claim_has(j->groups.ids, m->value);
	return false;
}

bool
judge_mapping(const struct judge *j, const struct access_mapping *m,
    enum access_outcome *outcome)
{
	const json_t *values = judge_values_of(j, m->kind, m->claim);

	if (strcmp(m->provider, j->subject->provider) != 0)
		return false;
	if (claim_has(values, m->value))
		*outcome = judge_present(j, m);
	else if (is_unknown(j, m))
		*outcome = ACCESS_UNKNOWN;
	else if (is_not_believed(j, m))
		*outcome = ACCESS_NOT_BELIEVED;
	else if (has_other_case(values, m->value))
		*outcome = ACCESS_OTHER_CASE;
	else if (has_other_kind(j, m))
		*outcome = ACCESS_OTHER_KIND;
	else
		return false;
	return true;
}

/* A mapping that would count for this person, had they the value. */
static bool
is_open(const struct judge *j, const struct access_mapping *m)
{
	enum access_outcome if_present = judge_present(j, m);

	return strcmp(m->provider, j->subject->provider) == 0 &&
	       (if_present == ACCESS_GIVES || if_present == ACCESS_DENIES);
}

bool
judge_may_be_denied(const struct judge *j)
{
	const struct access_mapping *m;
	size_t i;

	for (i = 0; (m = access_policy_deny(j->policy, i)) != NULL; i++)
		if (is_open(j, m) && is_unknown(j, m))
			return true;
	return false;
}

/* The claim with app roles was left out, or could not be had. */
static bool
roles_are_elsewhere(const struct judge *j)
{
	const struct access_subject *s = j->subject;

	return strcmp(s->roles_claim, s->groups_claim) != 0 &&
	       access_claim_is_elsewhere(s->claims, s->roles_claim);
}

bool
judge_is_unsure(const struct judge *j)
{
	return j->groups.state == GROUPS_UNKNOWN || roles_are_elsewhere(j);
}

const char *
judge_doubt(const struct judge *j)
{
	const struct access_mapping *m;
	size_t n = access_policy_mapping_count(j->policy);

	if (j->groups.state == GROUPS_UNKNOWN)
		return j->groups.reason;
	if (roles_are_elsewhere(j))
		return access_claims_are_missing(j->subject->claims)
			   ? ACCESS_NO_USERINFO
			   : "roles_overage";
	/* Newer mappings come last. */
	while (j->groups.asked_through != 0 && n > 0 &&
	       (m = access_policy_mapping(j->policy, n - 1)) != NULL &&
	       m->id > j->groups.asked_through) {
		if (m->kind == ACCESS_GROUP && is_open(j, m) &&
		    is_unknown(j, m))
			return "mapping_newer";
		n--;
	}
	return NULL;
}
