/* SPDX-License-Identifier: ISC */
/*
 * Reads models as JSON, one a line, and prints what access/ decides about
 * each: once in a hurry, as /whoami does, and once explained. model.mjs makes
 * the models and says what is right.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/decide.h"
#include "base/json.h"

static const char *
str(const json_t *obj, const char *name)
{
	return json_string_value(json_object_get(obj, name));
}

static int64_t
num(const json_t *obj, const char *name)
{
	return json_integer_value(json_object_get(obj, name));
}

static void
add_role(struct access_policy *p, const json_t *r)
{
	const json_t *list = json_object_get(r, "permissions");
	const char *permissions[8];
	size_t i, n = json_array_size(list);

	assert(n <= 8);
	for (i = 0; i < n; i++)
		permissions[i] = json_string_value(json_array_get(list, i));
	if (access_policy_add_role(p, str(r, "name"), permissions, n,
		json_is_true(json_object_get(r, "is_admin"))) != RG_OK)
		abort();
}

static void
add_mapping(struct access_policy *p, const json_t *m)
{
	struct access_mapping a = {0};

	a.id = num(m, "id");
	a.provider = str(m, "provider");
	a.tenant = str(m, "tenant");
	a.kind = (enum access_kind)access_kind_parse(str(m, "kind"));
	a.claim = str(m, "claim");
	a.value = str(m, "value");
	a.label = "";
	a.enabled = json_is_true(json_object_get(m, "enabled"));
	a.expires_at = num(m, "expires_at");
	if (access_policy_add_mapping(p, &a, str(m, "role")) != RG_OK)
		abort();
}

static struct access_policy *
make_policy(const json_t *model)
{
	const json_t *roles = json_object_get(model, "roles");
	const json_t *mappings = json_object_get(model, "mappings");
	struct access_policy *p = access_policy_new(1);
	size_t i;

	assert(p != NULL);
	for (i = 0; i < json_array_size(roles); i++)
		add_role(p, json_array_get(roles, i));
	for (i = 0; i < json_array_size(mappings); i++)
		add_mapping(p, json_array_get(mappings, i));
	if (access_policy_seal(p) != RG_OK)
		abort();
	return p;
}

/* {id of the mapping, "grant:ID" or "default": outcome} */
static json_t *
reasons(const struct access_decision *d)
{
	json_t *out = json_object();
	char name[32];
	size_t i;

	for (i = 0; i < d->reason_count; i++) {
		const struct access_reason *r = &d->reasons[i];

		if (r->mapping != NULL)
			(void)snprintf(name, sizeof(name), "%lld",
			    (long long)r->mapping->id);
		else if (r->grant != NULL)
			(void)snprintf(name, sizeof(name), "grant:%lld",
			    (long long)r->grant->id);
		else
			(void)snprintf(name, sizeof(name), "default");
		(void)json_object_set_new(
		    out, name, json_string(access_outcome_name(r->outcome)));
	}
	return out;
}

static json_t *
decide(const struct access_policy *p, const struct access_subject *s)
{
	struct access_decision d;
	json_t *groups = json_array(), *out;
	size_t i;

	if (access_decide(p, s, &d) != RG_OK)
		abort();
	for (i = 0; i < d.group_count; i++)
		(void)json_array_append_new(
		    groups, json_string(d.groups[i].id));
	out = json_pack("{s:o, s:o, s:b, s:b, s:s, s:s?, s:o, s:o}", "roles",
	    json_strings(d.roles, d.role_count), "permissions",
	    json_strings(d.permissions, d.permission_count), "is_admin",
	    d.is_admin, "denied", d.denied, "state",
	    groups_state_name(d.groups_state), "reason", d.groups_reason,
	    "groups", groups, "reasons", reasons(&d));
	access_decision_clear(&d);
	return out;
}

static json_t *
run(const json_t *model)
{
	const json_t *who = json_object_get(model, "subject");
	const json_t *list = json_object_get(who, "grants");
	struct access_policy *p = make_policy(model);
	struct access_subject s = {0};
	struct access_grant grants[8] = {{0}};
	struct access_groups groups;
	json_t *out;
	size_t i;

	s.provider = str(who, "provider");
	s.tenant = str(who, "tenant");
	s.many_tenants = json_is_true(json_object_get(who, "many_tenants"));
	s.app = str(who, "app");
	s.groups_claim = str(who, "groups_claim");
	s.roles_claim = str(who, "roles_claim");
	s.group_names_claim = str(who, "group_names_claim");
	s.default_role = str(who, "default_role");
	s.claims = json_object_get(who, "claims");
	s.now = num(who, "now");
	if (access_groups_parse(json_object_get(who, "groups"), &groups) ==
	    RG_OK)
		s.groups = &groups;
	s.grant_count = json_array_size(list);
	assert(s.grant_count <= 8);
	for (i = 0; i < s.grant_count; i++) {
		const json_t *g = json_array_get(list, i);

		grants[i].id = num(g, "id");
		grants[i].role = str(g, "role");
		grants[i].expires_at = num(g, "expires_at");
	}
	s.grants = grants;
	out = json_object();
	(void)json_object_set_new(out, "quick", decide(p, &s));
	s.explain = true;
	(void)json_object_set_new(out, "explained", decide(p, &s));
	access_policy_free(&p);
	return out;
}

int
main(void)
{
	char *line = NULL, *text;
	size_t size = 0;
	json_t *model, *out;

	while (getline(&line, &size, stdin) > 0) {
		model = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		if (model == NULL)
			return 1;
		out = run(model);
		text = json_dumps(out, JSON_COMPACT);
		if (text == NULL || puts(text) == EOF)
			return 1;
		free(text);
		json_decref(out);
		json_decref(model);
	}
	free(line);
	return 0;
}
