/* SPDX-License-Identifier: ISC */
#include "access/decide.h"

#include <stdlib.h>
#include <string.h>

#include "access/judge.h"

static enum rg_err
add_reason(struct access_decision *d, const struct access_reason *reason)
{
	struct access_reason *grown;
	size_t n = d->reason_count;

	/* Room for 4, 8, 16, ... */
	if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
		grown = reallocarray(
		    d->reasons, n == 0 ? 4 : 2 * n, sizeof(*grown));
		if (grown == NULL)
			return RG_E_NOMEM;
		d->reasons = grown;
	}
	d->reasons[d->reason_count++] = *reason;
	return RG_OK;
}

static enum rg_err
add_mapping(struct access_decision *d, const struct access_mapping *m,
    enum access_outcome outcome)
{
	struct access_reason reason = {0};

	reason.outcome = outcome;
	reason.mapping = m;
	reason.role = m->role;
	return add_reason(d, &reason);
}

/* The mappings of one range that the values of a claim lead to. */
static enum rg_err
look_up(const struct judge *j, struct access_range range, const json_t *claim,
    struct access_decision *d)
{
	enum rg_err r;
	enum access_outcome outcome;
	struct access_range found;
	struct claim_values values;
	const char *value;
	size_t i;

	if (range.count == 0)
		return RG_OK;
	claim_values(&values, claim);
	while ((value = claim_next(&values)) != NULL) {
		if (*value == '\0')
			continue;
		found = access_range_find(&range, value);
		for (i = 0; i < found.count; i++) {
			outcome = judge_present(j, found.at[i]);
			if (outcome != ACCESS_GIVES && outcome != ACCESS_DENIES)
				continue;
			if ((r = add_mapping(d, found.at[i], outcome)) != RG_OK)
				return r;
		}
	}
	return RG_OK;
}

/* Finds what applies by the person's values; quick. */
static enum rg_err
judge_values(const struct judge *j, struct access_decision *d)
{
	static const enum access_kind plain[] = {ACCESS_GROUP,
	    ACCESS_GROUP_NAME, ACCESS_APP_ROLE, ACCESS_DIRECTORY_ROLE,
	    ACCESS_APP};
	const char *provider = j->subject->provider, *path = NULL;
	enum rg_err r;
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		r = look_up(j,
		    access_policy_range(j->policy, provider, plain[i], NULL),
		    judge_values_of(j, plain[i], NULL), d);
		if (r != RG_OK)
			return r;
	}
	while ((path = access_policy_claim_after(j->policy, provider, path)) !=
	       NULL) {
		r = look_up(j,
		    access_policy_range(
			j->policy, provider, ACCESS_CLAIM, path),
		    judge_values_of(j, ACCESS_CLAIM, path), d);
		if (r != RG_OK)
			return r;
	}
	return RG_OK;
}

/* Asks each mapping, also why it does not apply; thorough. */
static enum rg_err
judge_mappings(const struct judge *j, struct access_decision *d)
{
	const struct access_mapping *m;
	enum access_outcome outcome;
	enum rg_err r;
	size_t i;

	for (i = 0; (m = access_policy_mapping(j->policy, i)) != NULL; i++)
		if (judge_mapping(j, m, &outcome) &&
		    (r = add_mapping(d, m, outcome)) != RG_OK)
			return r;
	return RG_OK;
}

static int
by_mapping(const void *a, const void *b)
{
	const struct access_reason *x = a, *y = b;

	return (x->mapping->id > y->mapping->id) -
	       (x->mapping->id < y->mapping->id);
}

/* By id, and each once: a claim may name a value twice. */
static void
sort_reasons(struct access_decision *d)
{
	size_t i, kept = 0;

	if (d->reason_count == 0)
		return;
	qsort(d->reasons, d->reason_count, sizeof(*d->reasons), by_mapping);
	for (i = 1; i < d->reason_count; i++)
		if (d->reasons[i].mapping != d->reasons[kept].mapping)
			d->reasons[++kept] = d->reasons[i];
	d->reason_count = kept + 1;
}

static enum rg_err
judge_grants(const struct judge *j, struct access_decision *d)
{
	const struct access_subject *s = j->subject;
	enum rg_err r;
	size_t i;

	for (i = 0; i < s->grant_count; i++) {
		struct access_reason reason = {0};
		const struct access_grant *g = &s->grants[i];

		reason.grant = g;
		reason.role = access_policy_role(j->policy, g->role);
		if (reason.role == NULL)
			reason.outcome = ACCESS_NO_ROLE;
		else if (g->expires_at != 0 && g->expires_at <= s->now)
			reason.outcome = ACCESS_EXPIRED;
		else
			reason.outcome = ACCESS_GIVES;
		if ((reason.outcome == ACCESS_GIVES || s->explain) &&
		    (r = add_reason(d, &reason)) != RG_OK)
			return r;
	}
	return RG_OK;
}

static bool
any(const struct access_decision *d, enum access_outcome outcome)
{
	size_t i;

	for (i = 0; i < d->reason_count; i++)
		if (d->reasons[i].outcome == outcome)
			return true;
	return false;
}

/*
 * In place of nothing, and never an admin role. Unknown groups must not lead
 * to a default: the person may belong to one that has another role.
 */
static enum rg_err
judge_default(const struct judge *j, struct access_decision *d)
{
	struct access_reason reason = {0};
	const char *name = j->subject->default_role;

	if (name == NULL || any(d, ACCESS_GIVES))
		return RG_OK;
	reason.by_default = true;
	reason.role = access_policy_role(j->policy, name);
	if (reason.role == NULL || reason.role->is_admin)
		reason.outcome = ACCESS_NO_ROLE;
	else if (judge_is_unsure(j))
		reason.outcome = ACCESS_UNKNOWN;
	else
		reason.outcome = ACCESS_GIVES;
	if (reason.outcome != ACCESS_GIVES && !j->subject->explain)
		return RG_OK;
	return add_reason(d, &reason);
}

/* Inserts into a sorted list that has room; false if it is there already. */
static bool
insert(const char **list, size_t *count, const char *s)
{
	size_t low = 0, high = *count, mid;
	int order;

	while (low < high) {
		mid = low + (high - low) / 2;
		order = strcmp(list[mid], s);
		if (order == 0)
			return false;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	memmove(&list[low + 1], &list[low], (*count - low) * sizeof(*list));
	list[low] = s;
	(*count)++;
	return true;
}

static enum rg_err
give_role(struct access_decision *d, const struct access_role *role)
{
	const char **roles, **permissions;
	size_t i;

	roles = reallocarray(d->roles, d->role_count + 1, sizeof(*roles));
	if (roles == NULL)
		return RG_E_NOMEM;
	d->roles = roles;
	if (!insert(d->roles, &d->role_count, role->name))
		return RG_OK;
	permissions = reallocarray(d->permissions,
	    d->permission_count + role->permission_count + 1,
	    sizeof(*permissions));
	if (permissions == NULL)
		return RG_E_NOMEM;
	d->permissions = permissions;
	for (i = 0; i < role->permission_count; i++)
		(void)insert(
		    d->permissions, &d->permission_count, role->permissions[i]);
	if (role->is_admin)
		d->is_admin = true;
	return RG_OK;
}

static int
by_id(const void *a, const void *b)
{
	const struct access_match *x = a, *y = b;

	return strcmp(x->id, y->id);
}

/* The groups of the mappings that gave a role, each once. */
static enum rg_err
list_groups(struct access_decision *d)
{
	size_t i, kept = 0;

	if (d->reason_count == 0)
		return RG_OK;
	if ((d->groups = calloc(d->reason_count, sizeof(*d->groups))) == NULL)
		return RG_E_NOMEM;
	for (i = 0; i < d->reason_count; i++) {
		const struct access_mapping *m = d->reasons[i].mapping;

		if (m == NULL || m->kind != ACCESS_GROUP ||
		    d->reasons[i].outcome != ACCESS_GIVES)
			continue;
		d->groups[d->group_count].id = m->value;
		d->groups[d->group_count++].label = m->label;
	}
	if (d->group_count == 0)
		return RG_OK;
	qsort(d->groups, d->group_count, sizeof(*d->groups), by_id);
	for (i = 1; i < d->group_count; i++)
		if (strcmp(d->groups[i].id, d->groups[kept].id) != 0)
			d->groups[++kept] = d->groups[i];
	d->group_count = kept + 1;
	return RG_OK;
}

/* Roles, permissions and groups of what gives; nothing where it is refused. */
static enum rg_err
conclude(struct access_decision *d, bool refused)
{
	enum rg_err r;
	size_t i;

	for (i = 0; i < d->reason_count; i++) {
		if (d->reasons[i].outcome != ACCESS_GIVES)
			continue;
		if (refused)
			d->reasons[i].outcome = ACCESS_OVERRULED;
		else if ((r = give_role(d, d->reasons[i].role)) != RG_OK)
			return r;
	}
	return list_groups(d);
}

enum rg_err
access_decide(const struct access_policy *policy,
    const struct access_subject *s, struct access_decision *d)
{
	enum rg_err r = RG_E_INTERNAL;
	struct judge j;
	const char *doubt;

	memset(d, 0, sizeof(*d));
	if ((r = judge_begin(&j, policy, s)) != RG_OK)
		goto out;
	d->groups_state = j.groups.state;
	d->groups_source = j.groups.source;
	d->groups_reason = j.groups.reason;
	d->groups_as_of = j.groups.as_of;
	d->groups_valid_until = j.groups.valid_until;
	r = s->explain ? judge_mappings(&j, d) : judge_values(&j, d);
	if (r != RG_OK)
		goto out;
	sort_reasons(d);
	if ((r = judge_grants(&j, d)) != RG_OK ||
	    (r = judge_default(&j, d)) != RG_OK)
		goto out;
	d->denied = any(d, ACCESS_DENIES);
	doubt = judge_doubt(&j);
	if (doubt != NULL) {
		d->groups_state = GROUPS_UNKNOWN;
		d->groups_reason = doubt;
	}
	r = conclude(d, d->denied || judge_may_be_denied(&j));
	if (r != RG_OK)
		goto out;
	r = RG_OK;
out:
	judge_end(&j);
	if (r != RG_OK)
		access_decision_clear(d);
	return r;
}

void
access_decision_clear(struct access_decision *d)
{
	free(d->roles);
	free(d->permissions);
	free(d->groups);
	free(d->reasons);
	memset(d, 0, sizeof(*d));
}

bool
access_has_role(const struct access_decision *d, const char *role)
{
	size_t i;

	for (i = 0; i < d->role_count; i++)
		if (strcmp(d->roles[i], role) == 0)
			return true;
	return false;
}

bool
access_has_permission(const struct access_decision *d, const char *p)
{
	size_t i;

	for (i = 0; i < d->permission_count; i++)
		if (strcmp(d->permissions[i], p) == 0 ||
		    strcmp(d->permissions[i], "*") == 0)
			return true;
	return false;
}
