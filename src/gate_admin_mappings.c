/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate_edit.h"

/* What it matches must be able to match somebody. */
static enum rg_err
check_value(const struct provider *p, int kind, const struct mapping_row *m,
    struct err *e)
{
	if (m->value[0] == '\0' || !text_is_line(m->value, EDIT_VALUE_MAX))
		return err_set(e, RG_E_INVALID,
		    "value: expected one line of 1 to 256 bytes");
	/* Names are not unique in Entra: anyone may create a group "admins". */
	if (kind == ACCESS_GROUP && p->type == PROVIDER_ENTRA &&
	    !text_is_guid(m->value))
		return err_set(e, RG_E_INVALID,
		    "value: a group of Entra is named by its object id (a "
		    "GUID), got \"%.60s\"",
		    m->value);
	if (kind == ACCESS_GROUP_NAME && p->group_names_claim == NULL)
		return err_set(e, RG_E_INVALID,
		    "kind: names of groups are not believed from provider %s "
		    "(group_names), so this mapping would do nothing",
		    p->name);
	/* Entra's emit_as_roles: groups are where the app roles were. */
	if (kind == ACCESS_APP_ROLE &&
	    strcmp(p->roles_claim, p->groups_claim) == 0)
		return err_set(e, RG_E_INVALID,
		    "kind: groups_claim and roles_claim of provider %s are the "
		    "same, and a group is no app role",
		    p->name);
	if (kind == ACCESS_APP && p->type == PROVIDER_ENTRA &&
	    !text_is_guid(m->value))
		return err_set(e, RG_E_INVALID,
		    "value: an application is named by its client id (a "
		    "GUID), got \"%.60s\"",
		    m->value);
	if (kind == ACCESS_DIRECTORY_ROLE && !text_is_guid(m->value))
		return err_set(e, RG_E_INVALID,
		    "value: a directory role is named by its template id (a "
		    "GUID), got \"%.60s\"",
		    m->value);
	return RG_OK;
}

static enum rg_err
check_tenant(const struct provider *p, const struct mapping_row *m, int kind,
    struct err *e)
{
	if (m->tenant == NULL) {
		if (m->role == NULL || kind == ACCESS_GROUP ||
		    !gate_many_tenants(p))
			return RG_OK;
		return err_set(e, RG_E_INVALID,
		    "tenant: provider %s signs in people of several tenants, "
		    "and each of them decides who has this %s; say which one "
		    "is meant",
		    p->name, access_kind_name((enum access_kind)kind));
	}
	if (p->entra == NULL || !text_is_guid(m->tenant))
		return err_set(e, RG_E_INVALID,
		    "tenant: expected a GUID, with a provider of type entra");
	if (entra_check_tenant(p->entra, m->tenant, NULL) != RG_OK)
		return err_set(e, RG_E_INVALID,
		    "tenant: nobody of %s can sign in with provider %s, so "
		    "this mapping would do nothing",
		    m->tenant, p->name);
	return RG_OK;
}

static enum rg_err
check_texts(const char *label, const char *note, struct err *e)
{
	enum rg_err r = gate_edit_line("label", label, EDIT_TEXT_MAX, e);

	return r == RG_OK ? gate_edit_line("note", note, EDIT_TEXT_MAX, e) : r;
}

enum rg_err
gate_mapping_check(
    struct gate *g, const struct mapping_row *m, int64_t now, struct err *e)
{
	const struct provider *p = settings_provider(g->settings, m->provider);
	int kind = access_kind_parse(m->kind);
	enum rg_err r;

	if (p == NULL)
		return err_set(e, RG_E_INVALID,
		    "provider: %.60s has no [provider.%.60s] section",
		    m->provider, m->provider);
	if (kind < 0)
		return err_set(e, RG_E_INVALID,
		    "kind: expected group, group_name, app_role, "
		    "directory_role, claim or app, got \"%.60s\"",
		    m->kind);
	if ((kind == ACCESS_CLAIM) != (m->claim != NULL))
		return err_set(e, RG_E_INVALID,
		    "claim: goes with kind claim, and only with it");
	if (m->claim != NULL &&
	    (m->claim[0] == '\0' || !text_is_line(m->claim, EDIT_VALUE_MAX)))
		return err_set(e, RG_E_INVALID,
		    "claim: expected a path such as realm_access.roles");
	if ((r = check_value(p, kind, m, e)) != RG_OK ||
	    (r = check_tenant(p, m, kind, e)) != RG_OK ||
	    (r = check_texts(m->label, m->note, e)) != RG_OK)
		return r;
	return gate_edit_time("expires_at", m->expires_at, now, e);
}

enum rg_err
gate_mapping_insert(struct gate *g, struct mapping_row *m,
    const struct gate_edit *edit, int64_t *id, struct err *e)
{
	const struct gate_context *ctx = edit->ctx;
	char subject[EDIT_SUBJECT_MAX];
	enum rg_err r;

	if ((r = gate_edit_covers_name(g, edit, m->role, e)) != RG_OK)
		return r;
	m->created_by = ctx->actor;
	m->created_at = ctx->now;
	r = store_mapping_add(g->store, m, id);
	if (r == RG_E_EXISTS)
		return err_set(e, r, "value: there is such a mapping already");
	if (r != RG_OK)
		return r;
	m->id = *id;
	gate_edit_subject("mapping", *id, subject);
	return gate_audit(g, ctx, "mapping.add", ctx->actor, subject,
	    json_pack("{s:n, s:o}", "old", "new", gate_mapping_json(m)));
}

enum rg_err
gate_mapping_add(struct gate *g, const struct mapping_row *row,
    const struct gate_edit *edit, int64_t *id, struct err *e)
{
	struct mapping_row m = *row;
	char *value = NULL, *tenant = NULL;
	struct gate_edit_run t = {.doing = "adding the mapping"};
	enum rg_err r = RG_E_INTERNAL;

	*id = 0;
	/* GUIDs are kept in lower case, so that one group has one text. */
	if ((value = strdup(m.value)) == NULL ||
	    (m.tenant != NULL && (tenant = strdup(m.tenant)) == NULL)) {
		r = err_set(e, RG_E_NOMEM, "adding the mapping");
		goto out;
	}
	if (text_is_guid(value))
		text_lower(value);
	if (tenant != NULL)
		text_lower(tenant);
	m.value = value;
	m.tenant = tenant;
	if ((r = gate_mapping_check(g, &m, edit->ctx->now, e)) != RG_OK)
		goto out;
	while (gate_edit_next(g, edit, &t, e))
		t.r = gate_mapping_insert(g, &m, edit, id, e);
	r = t.r;
out:
	free(value);
	free(tenant);
	return r;
}

static enum rg_err
take_json(void *ctx, const struct mapping_row *row)
{
	json_t **out = ctx;

	*out = gate_mapping_json(row);
	return *out == NULL ? RG_E_NOMEM : RG_OK;
}

enum rg_err
gate_mapping_get(struct gate *g, int64_t id, json_t **out, struct err *e)
{
	enum rg_err r;

	*out = NULL;
	r = store_mapping_find(g->store, id, take_json, out);
	if (r == RG_E_NOT_FOUND)
		return err_set(e, r, "there is no such mapping");
	return r == RG_OK ? r : gate_store_err(g, r, "the mapping", e);
}

/* As it is, for who may touch it and has read it. */
static enum rg_err
find_old(struct gate *g, int64_t id, const struct gate_edit *edit, json_t **old,
    struct err *e)
{
	enum rg_err r;

	if ((r = gate_mapping_get(g, id, old, e)) != RG_OK)
		return r;
	r = gate_edit_covers_name(
	    g, edit, json_string_value(json_object_get(*old, "role")), e);
	return r == RG_OK ? gate_edit_match(edit, *old, e) : r;
}

struct change {
	struct gate *g;
	const struct gate_mapping_change *to;
	const struct gate_edit *edit;
	json_t *json; /* as it is afterwards */
	struct err *e;
};

static enum rg_err
apply_change(void *ctx, const struct mapping_row *row)
{
	struct change *c = ctx;
	const struct gate_mapping_change *to = c->to;
	struct mapping_row m = *row;
	enum rg_err r;

	if (to->role != NULL && m.role == NULL)
		return err_set(c->e, RG_E_INVALID,
		    "role: a mapping that denies leads to no role");
	m.role = to->role == NULL ? m.role : to->role;
	m.label = to->label == NULL ? m.label : to->label;
	m.note = to->note == NULL ? m.note : to->note;
	m.enabled = to->enabled < 0 ? m.enabled : to->enabled != 0;
	if (to->expires_at >= 0 && to->expires_at != m.expires_at) {
		r = gate_edit_time(
		    "expires_at", to->expires_at, c->edit->ctx->now, c->e);
		if (r != RG_OK)
			return r;
		m.expires_at = to->expires_at;
	}
	if ((r = gate_edit_covers_name(c->g, c->edit, to->role, c->e)) != RG_OK)
		return r;
	r = store_mapping_update(c->g->store, &m);
	if (r == RG_E_EXISTS)
		return err_set(
		    c->e, r, "role: there is such a mapping already");
	if (r == RG_OK && (c->json = gate_mapping_json(&m)) == NULL)
		r = RG_E_NOMEM;
	return r;
}

enum rg_err
gate_mapping_update(struct gate *g, int64_t id,
    const struct gate_mapping_change *to, const struct gate_edit *edit,
    struct err *e)
{
	const struct gate_context *ctx = edit->ctx;
	struct change c = {g, to, edit, NULL, e};
	char subject[EDIT_SUBJECT_MAX];
	json_t *old = NULL;
	enum rg_err r;

	gate_edit_subject("mapping", id, subject);
	if ((r = check_texts(to->label, to->note, e)) == RG_OK &&
	    (r = find_old(g, id, edit, &old, e)) == RG_OK &&
	    (r = store_mapping_find(g->store, id, apply_change, &c)) == RG_OK)
		r = gate_audit(g, ctx, "mapping.set", ctx->actor, subject,
		    json_pack("{s:O, s:O}", "old", old, "new", c.json));
	json_decref(old);
	json_decref(c.json);
	return r;
}

enum rg_err
gate_mapping_set(struct gate *g, int64_t id,
    const struct gate_mapping_change *to, const struct gate_edit *edit,
    struct err *e)
{
	struct gate_edit_run t = {.doing = "changing the mapping"};

	while (gate_edit_next(g, edit, &t, e))
		t.r = gate_mapping_update(g, id, to, edit, e);
	return t.r;
}

enum rg_err
gate_mapping_delete(
    struct gate *g, int64_t id, const struct gate_edit *edit, struct err *e)
{
	const struct gate_context *ctx = edit->ctx;
	char subject[EDIT_SUBJECT_MAX];
	json_t *old = NULL;
	enum rg_err r;

	gate_edit_subject("mapping", id, subject);
	if ((r = find_old(g, id, edit, &old, e)) == RG_OK &&
	    (r = store_mapping_remove(g->store, id)) == RG_OK)
		r = gate_audit(g, ctx, "mapping.remove", ctx->actor, subject,
		    json_pack("{s:O, s:n}", "old", old, "new"));
	json_decref(old);
	return r;
}

enum rg_err
gate_mapping_remove(
    struct gate *g, int64_t id, const struct gate_edit *edit, struct err *e)
{
	struct gate_edit_run t = {.doing = "removing the mapping"};

	while (gate_edit_next(g, edit, &t, e))
		t.r = gate_mapping_delete(g, id, edit, e);
	return t.r;
}
