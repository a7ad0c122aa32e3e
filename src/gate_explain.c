/* SPDX-License-Identifier: ISC */
/* Why somebody has which roles. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "gate_admin.h"
#include "gate_known.h"
#include "store/admin.h"

enum rg_err
gate_known_load(struct gate *g, const struct principal_row *row, int64_t now,
    struct gate_known *k)
{
	struct access_subject *s = &k->subject;
	enum rg_err r = RG_E_INTERNAL;

	memset(k, 0, sizeof(*k));
	k->provider = settings_provider(g->settings, row->provider);
	if (k->provider == NULL)
		return RG_E_PROVIDER_UNKNOWN;
	if ((k->tenant = strdup(row->tenant)) == NULL) {
		r = RG_E_NOMEM;
		goto out;
	}
	if (json_load_strict(row->claims, strlen(row->claims), &k->claims) !=
		RG_OK ||
	    json_load_strict(
		row->groups, strlen(row->groups), &k->groups_doc) != RG_OK) {
		r = RG_E_STORE_CORRUPT;
		goto out;
	}
	r = gate_grants_load(g, row->id, &k->grants, &k->grant_count);
	if (r != RG_OK)
		goto out;
	gate_subject_init(s, k->provider);
	s->tenant = k->tenant;
	s->claims = k->claims;
	r = access_groups_parse(k->groups_doc, &k->groups);
	if (r == RG_OK)
		s->groups = &k->groups;
	else if (r != RG_E_NOT_FOUND) {
		r = RG_E_STORE_CORRUPT;
		goto out;
	}
	s->grants = k->grants;
	s->grant_count = k->grant_count;
	s->now = now;
	r = RG_OK;
out:
	if (r == RG_E_STORE_CORRUPT)
		log_warn("principal.unreadable",
		    "id=%lld claims or groups on record are damaged; the "
		    "next sign-in replaces them",
		    (long long)row->id);
	if (r != RG_OK)
		gate_known_clear(k);
	return r;
}

bool
gate_known_is_left_out(enum rg_err r)
{
	return r == RG_E_PROVIDER_UNKNOWN || r == RG_E_STORE_CORRUPT;
}

void
gate_known_clear(struct gate_known *k)
{
	json_decref(k->claims);
	json_decref(k->groups_doc);
	gate_grants_clear(&k->grants, &k->grant_count);
	free(k->tenant);
	memset(k, 0, sizeof(*k));
}

/* Where a mapping's value was looked for. */
static void
put_mapping(json_t *item, const struct access_reason *r,
    const struct access_decision *d, const struct access_subject *s)
{
	const struct access_mapping *m = r->mapping;
	bool groups = m->kind == ACCESS_GROUP || m->kind == ACCESS_GROUP_NAME;

	(void)json_object_set_new(item, "via", json_string("mapping"));
	(void)json_object_set_new(
	    item, "source", json_string(groups ? d->groups_source : "token"));
	(void)json_object_set_new(item, "mapping",
	    json_pack("{s:I, s:s, s:s?, s:s?, s:s, s:s, s:I}", "id",
		(json_int_t)m->id, "kind", access_kind_name(m->kind), "claim",
		access_mapping_claim(m, s), "tenant", m->tenant, "value",
		m->value, "label", m->label, "expires_at",
		(json_int_t)m->expires_at));
}

static void
put_grant(json_t *item, const struct access_grant *g)
{
	(void)json_object_set_new(item, "via", json_string("grant"));
	(void)json_object_set_new(item, "grant",
	    json_pack("{s:I, s:s, s:s, s:s, s:I}", "id", (json_int_t)g->id,
		"role", g->role, "reason", g->reason, "created_by",
		g->created_by, "expires_at", (json_int_t)g->expires_at));
}

json_t *
gate_reasons_json(const struct access_decision *d, const struct provider *p)
{
	json_t *list = json_array();
	struct access_subject s;
	size_t i;

	gate_subject_init(&s, p);
	for (i = 0; i < d->reason_count; i++) {
		const struct access_reason *r = &d->reasons[i];
		const struct access_role *role = r->role;
		json_t *permissions =
		    role == NULL
			? json_array()
			: json_strings((const char *const *)role->permissions,
			      role->permission_count);
		json_t *item = json_pack("{s:s, s:s?, s:o}", "outcome",
		    access_outcome_name(r->outcome), "role",
		    role == NULL ? NULL : role->name, "permissions",
		    permissions);

		if (r->mapping != NULL)
			put_mapping(item, r, d, &s);
		else if (r->grant != NULL)
			put_grant(item, r->grant);
		else
			(void)json_object_set_new(
			    item, "via", json_string("default_role"));
		if (json_array_append_new(list, item) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* {"state", "source", "reason"?, "as_of"?} */
static json_t *
groups_json(const struct access_decision *d)
{
	json_t *groups = json_pack("{s:s, s:s, s:s*}", "state",
	    groups_state_name(d->groups_state), "source", d->groups_source,
	    "reason", d->groups_reason);

	if (d->groups_as_of != 0)
		(void)json_object_set_new(
		    groups, "as_of", json_integer((json_int_t)d->groups_as_of));
	return groups;
}

struct explaining {
	struct gate *g;
	int64_t id;
	int64_t now;
	json_t *out;
	struct err *e;
};

static enum rg_err
explain(void *ctx, const struct principal_row *row)
{
	struct explaining *x = ctx;
	struct access_decision d = {0};
	struct gate_known k;
	enum rg_err r;

	if (row->id != x->id)
		return RG_OK;
	if ((r = gate_known_load(x->g, row, x->now, &k)) != RG_OK)
		return r == RG_E_PROVIDER_UNKNOWN
			   ? err_set(x->e, RG_E_NOT_FOUND,
				 "provider %s is configured no longer",
				 row->provider)
			   : r;
	k.subject.explain = true;
	r = access_decide(x->g->policy, &k.subject, &d);
	if (r == RG_OK) {
		x->out = json_pack(
		    "{s:o, s:b, s:b, s:o, s:o, s:b, s:o, s:I, s:o}",
		    "principal", gate_principal_json(row), "disabled",
		    row->disabled, "denied", d.denied, "roles",
		    json_strings(d.roles, d.role_count), "permissions",
		    json_strings(d.permissions, d.permission_count), "is_admin",
		    d.is_admin, "groups", groups_json(&d), "policy_version",
		    (json_int_t)access_policy_version(x->g->policy), "reasons",
		    gate_reasons_json(&d, k.provider));
		r = x->out == NULL ? RG_E_NOMEM : RG_OK;
	}
	access_decision_clear(&d);
	gate_known_clear(&k);
	return r;
}

enum rg_err
gate_explain_principal(
    struct gate *g, int64_t id, int64_t now, json_t **out, struct err *e)
{
	struct explaining x = {g, id, now, NULL, e};
	enum rg_err r;

	err_clear(e);
	r = store_known_page(g->store, id - 1, 1, explain, &x);
	if (r == RG_OK && x.out == NULL)
		r = err_set(e, RG_E_NOT_FOUND, "there is nobody with this id");
	if (r != RG_OK && e->code != r)
		(void)gate_store_err(g, r, "explaining", e);
	*out = x.out;
	return r;
}
