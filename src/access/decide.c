/* SPDX-License-Identifier: ISC */
#include "access/decide.h"

#include <stdlib.h>
#include <string.h>

#include "access/claim.h"

/* True for what is neither absent nor false; "true" occurs as a string too. */
static bool
truthy(const json_t *v)
{
	return v != NULL && !json_is_false(v) && !json_is_null(v);
}

/*
 * Entra leaves the groups out of the token when there are more than fit, and
 * says so in one of two ways: _claim_names that has the claim's name, or
 * hasgroups. (Microsoft identity platform, access token claims reference,
 * "Groups overage claim".)
 */
static bool
is_overage(const struct access_subject *s)
{
	const json_t *names = json_object_get(s->claims, "_claim_names");

	if (names != NULL &&
	    (!json_is_object(names) ||
		json_object_get(names, s->groups_claim) != NULL))
		return true;
	return truthy(json_object_get(s->claims, "hasgroups"));
}

static bool
is_string_list(const json_t *v)
{
	size_t i;

	if (json_is_string(v))
		return true;
	if (!json_is_array(v))
		return false;
	for (i = 0; i < json_array_size(v); i++)
		if (!json_is_string(json_array_get(v, i)))
			return false;
	return true;
}

/* Judges the groups claim; what it returns is usable for matching, or NULL. */
static const json_t *
judge_groups(const struct access_subject *s, struct access_decision *d)
{
	const json_t *groups = claim_at(s->claims, s->groups_claim);

	d->groups_state = GROUPS_COMPLETE;
	d->groups_source = groups == NULL ? "none" : "token";
	if (is_overage(s)) {
		/* With both, the list may be cut short: believe none of it. */
		d->groups_state = GROUPS_UNKNOWN;
		d->groups_reason = "overage";
		d->groups_source = "none";
		return NULL;
	}
	if (groups != NULL && !is_string_list(groups)) {
		d->groups_state = GROUPS_UNKNOWN;
		d->groups_reason = "malformed";
		d->groups_source = "none";
		return NULL;
	}
	return groups;
}

static bool
applies(const struct access_mapping *m, const struct access_subject *s)
{
	if (!m->enabled || strcmp(m->provider, s->provider) != 0)
		return false;
	if (m->expires_at != 0 && m->expires_at <= s->now)
		return false;
	return m->tenant == NULL || strcmp(m->tenant, s->tenant) == 0;
}

static bool
matches(const struct access_mapping *m, const struct access_subject *s,
    const json_t *groups)
{
	const json_t *claim = NULL;

	switch (m->kind) {
	case ACCESS_GROUP:
		claim = groups;
		break;
	case ACCESS_APP_ROLE:
		claim = claim_at(s->claims, s->roles_claim);
		break;
	case ACCESS_CLAIM:
		claim = claim_at(s->claims, m->claim);
		break;
	}
	return claim != NULL && claim_has(claim, m->value);
}

/* Inserts into a sorted list that has room, unless it is there already. */
static void
insert(const char **list, size_t *count, const char *s)
{
	size_t i, at = 0;

	while (at < *count && strcmp(list[at], s) < 0)
		at++;
	if (at < *count && strcmp(list[at], s) == 0)
		return;
	for (i = *count; i > at; i--)
		list[i] = list[i - 1];
	list[at] = s;
	(*count)++;
}

static enum rg_err
insert_group(struct access_decision *d, const struct access_mapping *m)
{
	struct access_match *groups;
	size_t i, at = 0;

	groups = reallocarray(d->groups, d->group_count + 1, sizeof(*groups));
	if (groups == NULL)
		return RG_E_NOMEM;
	d->groups = groups;
	while (at < d->group_count && strcmp(groups[at].id, m->value) < 0)
		at++;
	if (at < d->group_count && strcmp(groups[at].id, m->value) == 0)
		return RG_OK;
	for (i = d->group_count; i > at; i--)
		groups[i] = groups[i - 1];
	groups[at].id = m->value;
	groups[at].label = m->label;
	d->group_count++;
	return RG_OK;
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
	permissions = reallocarray(d->permissions,
	    d->permission_count + role->permission_count + 1,
	    sizeof(*permissions));
	if (permissions == NULL)
		return RG_E_NOMEM;
	d->permissions = permissions;
	insert(d->roles, &d->role_count, role->name);
	for (i = 0; i < role->permission_count; i++)
		insert(
		    d->permissions, &d->permission_count, role->permissions[i]);
	if (role->is_admin)
		d->is_admin = true;
	return RG_OK;
}

enum rg_err
access_decide(const struct access_policy *policy,
    const struct access_subject *s, struct access_decision *d)
{
	enum rg_err r = RG_E_INTERNAL;
	const struct access_mapping *m;
	const struct access_role *role;
	const json_t *groups;
	size_t i;

	memset(d, 0, sizeof(*d));
	groups = judge_groups(s, d);
	for (i = 0; (m = access_policy_mapping(policy, i)) != NULL; i++) {
		if (!applies(m, s) || !matches(m, s, groups))
			continue;
		if ((r = give_role(d, m->role)) != RG_OK)
			goto out;
		if (m->kind == ACCESS_GROUP &&
		    (r = insert_group(d, m)) != RG_OK)
			goto out;
	}
	/*
	 * Unknown groups must not lead to a default: the person may belong to
	 * one that has another role. An admin role is never a default.
	 */
	if (d->role_count == 0 && s->default_role != NULL &&
	    d->groups_state == GROUPS_COMPLETE) {
		role = access_policy_role(policy, s->default_role);
		if (role != NULL && !role->is_admin &&
		    (r = give_role(d, role)) != RG_OK)
			goto out;
	}
	r = RG_OK;
out:
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
