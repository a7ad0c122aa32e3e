/* SPDX-License-Identifier: ISC */
#include "gate_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

#define NAME_CHARS "._:/-"
#define NAME_MAX_LEN 64
#define TEXT_MAX_LEN 200
#define VALUE_MAX_LEN 256

/*
 * Ends the transaction that an edit began: commits after a good one, rolls
 * back after a bad one and says why.
 */
static enum rg_err
conclude(struct gate *g, enum rg_err r, const char *doing, struct err *e)
{
	if (r == RG_OK)
		r = store_commit(g->store);
	/* SQLite's words about its indexes say nothing to an administrator. */
	if (r == RG_E_NOT_FOUND ||
	    (r == RG_E_EXISTS &&
		strncmp(store_error(g->store), "UNIQUE", 6) == 0))
		(void)err_set(e, r, "%s: %s", doing, err_text(r));
	else if (r != RG_OK)
		(void)gate_store_err(g, r, doing, e);
	if (r != RG_OK)
		store_rollback(g->store);
	return r;
}

static enum rg_err
check_role(const struct role_row *row, struct err *e)
{
	size_t i;

	if (!text_is_name(row->name, NAME_CHARS, NAME_MAX_LEN))
		return err_set(e, RG_E_INVALID,
		    "name: expected 1 to 64 letters, digits or " NAME_CHARS);
	if (!text_is_line(row->description, TEXT_MAX_LEN))
		return err_set(e, RG_E_INVALID,
		    "description: expected one line of at most 200 bytes");
	for (i = 0; i < row->permission_count; i++) {
		const char *p = row->permissions[i];

		if (strcmp(p, "*") == 0 && row->is_admin)
			continue;
		if (strcmp(p, "*") == 0)
			return err_set(e, RG_E_INVALID,
			    "permission: \"*\" is for roles made with --admin");
		if (!text_is_name(p, NAME_CHARS, NAME_MAX_LEN))
			return err_set(e, RG_E_INVALID,
			    "permission: expected 1 to 64 letters, digits "
			    "or " NAME_CHARS);
	}
	return RG_OK;
}

enum rg_err
gate_role_add(struct gate *g, const struct role_row *row,
    const struct gate_context *ctx, struct err *e)
{
	enum rg_err r;

	if ((r = check_role(row, e)) != RG_OK)
		return r;
	if ((r = store_begin(g->store)) == RG_OK &&
	    (r = store_role_add(g->store, row)) == RG_OK)
		r = gate_audit(g, ctx, "role.add", ctx->actor, row->name,
		    json_pack("{s:n, s:{s:s, s:o, s:b}}", "old", "new",
			"description", row->description, "permissions",
			json_strings(row->permissions, row->permission_count),
			"is_admin", row->is_admin));
	return conclude(g, r, "adding the role", e);
}

enum rg_err
gate_role_remove(struct gate *g, const char *name,
    const struct gate_context *ctx, struct err *e)
{
	enum rg_err r;
	size_t i;

	for (i = 0; i < g->settings->provider_count; i++) {
		const struct provider *p = &g->settings->providers[i];

		if (p->default_role != NULL &&
		    strcmp(p->default_role, name) == 0)
			return err_set(e, RG_E_EXISTS,
			    "%s is the default_role of provider %s", name,
			    p->name);
	}
	if ((r = store_begin(g->store)) == RG_OK &&
	    (r = store_role_remove(g->store, name)) == RG_OK)
		r = gate_audit(g, ctx, "role.remove", ctx->actor, name,
		    json_pack("{s:s, s:n}", "old", name, "new"));
	return conclude(g, r, "removing the role", e);
}

static enum rg_err
check_mapping(struct gate *g, const struct mapping_row *m, struct err *e)
{
	const struct provider *p = settings_provider(g->settings, m->provider);
	int kind = access_kind_parse(m->kind);

	if (p == NULL)
		return err_set(e, RG_E_INVALID,
		    "provider: %s has no [provider.%s] section", m->provider,
		    m->provider);
	if (kind < 0)
		return err_set(e, RG_E_INVALID,
		    "kind: expected group, group_name, app_role, "
		    "directory_role, claim or app, got \"%s\"",
		    m->kind);
	if ((kind == ACCESS_CLAIM) != (m->claim != NULL))
		return err_set(e, RG_E_INVALID,
		    "claim: goes with kind claim, and only with it");
	if (m->claim != NULL &&
	    (m->claim[0] == '\0' || !text_is_line(m->claim, VALUE_MAX_LEN)))
		return err_set(e, RG_E_INVALID,
		    "claim: expected a path such as realm_access.roles");
	if (m->value[0] == '\0' || !text_is_line(m->value, VALUE_MAX_LEN))
		return err_set(e, RG_E_INVALID,
		    "value: expected one line of 1 to 256 bytes");
	/* Names are not unique in Entra: anyone may create a group "admins". */
	if (kind == ACCESS_GROUP && p->type == PROVIDER_ENTRA &&
	    !text_is_guid(m->value))
		return err_set(e, RG_E_INVALID,
		    "value: a group of Entra is named by its object id (a "
		    "GUID), got \"%s\"",
		    m->value);
	if (kind == ACCESS_GROUP_NAME)
		return err_set(e, RG_E_INVALID,
		    "kind: names of groups are not believed from provider %s, "
		    "so this mapping would do nothing",
		    p->name);
	if ((kind == ACCESS_DIRECTORY_ROLE || kind == ACCESS_APP) &&
	    p->type == PROVIDER_ENTRA && !text_is_guid(m->value))
		return err_set(e, RG_E_INVALID,
		    "value: expected a GUID, got \"%s\"", m->value);
	if (m->tenant != NULL &&
	    (p->tenant == NULL || !text_is_guid(m->tenant)))
		return err_set(e, RG_E_INVALID,
		    "tenant: expected a GUID, with a provider of type entra");
	if (m->tenant != NULL && strcmp(m->tenant, p->tenant) != 0)
		return err_set(e, RG_E_INVALID,
		    "tenant: provider %s signs in people of %s only, so this "
		    "mapping would do nothing",
		    p->name, p->tenant);
	if (!text_is_line(m->label, TEXT_MAX_LEN) ||
	    !text_is_line(m->note, TEXT_MAX_LEN))
		return err_set(e, RG_E_INVALID,
		    "label, note: expected one line of at most 200 bytes");
	return RG_OK;
}

static json_t *
mapping_json(const struct mapping_row *m)
{
	return json_pack(
	    "{s:I, s:s, s:s?, s:s, s:s?, s:s, s:s?, s:s, s:s, s:b, "
	    "s:I}",
	    "id", (json_int_t)m->id, "provider", m->provider, "tenant",
	    m->tenant, "kind", m->kind, "claim", m->claim, "value", m->value,
	    "role", m->role, "label", m->label, "note", m->note, "enabled",
	    m->enabled, "expires_at", (json_int_t)m->expires_at);
}

enum rg_err
gate_mapping_add(struct gate *g, struct mapping_row *m,
    const struct gate_context *ctx, int64_t *id, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	char *value = NULL, *tenant = NULL, subject[32];

	/* GUIDs are kept in lower case, so that one group has one text. */
	if ((value = strdup(m->value)) == NULL ||
	    (m->tenant != NULL && (tenant = strdup(m->tenant)) == NULL)) {
		r = err_set(e, RG_E_NOMEM, "adding the mapping");
		goto out;
	}
	if (text_is_guid(value))
		text_lower(value);
	if (tenant != NULL)
		text_lower(tenant);
	m->value = value;
	m->tenant = tenant;
	if ((r = check_mapping(g, m, e)) != RG_OK)
		goto out;
	m->created_by = ctx->actor;
	m->created_at = ctx->now;
	if ((r = store_begin(g->store)) == RG_OK &&
	    (r = store_mapping_add(g->store, m, id)) == RG_OK) {
		m->id = *id;
		(void)snprintf(
		    subject, sizeof(subject), "mapping:%lld", (long long)*id);
		r = gate_audit(g, ctx, "mapping.add", ctx->actor, subject,
		    json_pack("{s:n, s:o}", "old", "new", mapping_json(m)));
	}
	r = conclude(g, r, "adding the mapping", e);
out:
	m->value = "";
	m->tenant = NULL;
	free(value);
	free(tenant);
	return r;
}

struct wanted {
	int64_t id;
	json_t *old;
};

static enum rg_err
take_wanted(void *ctx, const struct mapping_row *row)
{
	struct wanted *w = ctx;

	if (row->id == w->id && (w->old = mapping_json(row)) == NULL)
		return RG_E_NOMEM;
	return RG_OK;
}

enum rg_err
gate_mapping_remove(
    struct gate *g, int64_t id, const struct gate_context *ctx, struct err *e)
{
	enum rg_err r;
	struct wanted w = {id, NULL};
	char subject[32];

	(void)snprintf(subject, sizeof(subject), "mapping:%lld", (long long)id);
	if ((r = store_begin(g->store)) == RG_OK &&
	    (r = store_each_mapping(g->store, take_wanted, &w)) == RG_OK &&
	    (r = store_mapping_remove(g->store, id)) == RG_OK)
		r = gate_audit(g, ctx, "mapping.remove", ctx->actor, subject,
		    json_pack("{s:O?, s:n}", "old", w.old, "new"));
	json_decref(w.old);
	return conclude(g, r, "removing the mapping", e);
}

enum rg_err
gate_session_revoke(struct gate *g, const char *public_id,
    const struct gate_context *ctx, struct err *e)
{
	enum rg_err r;

	if ((r = store_begin(g->store)) == RG_OK &&
	    (r = store_session_remove_public(g->store, public_id)) == RG_OK)
		r = gate_audit(g, ctx, "session.revoke", ctx->actor, "",
		    json_pack("{s:s}", "session", public_id));
	return conclude(g, r, "revoking the session", e);
}

/* "entra:<tid>:<oid>" or "<provider>:<sub>" -> the principal's id. */
static enum rg_err
find_principal(
    struct gate *g, const char *subject_id, int64_t *id, struct err *e)
{
	const struct settings *s = g->settings;
	size_t i, n;

	for (i = 0; i < s->provider_count; i++) {
		const struct provider *p = &s->providers[i];
		const char *rest;

		n = strlen(p->name);
		if (strncmp(subject_id, p->name, n) != 0 ||
		    subject_id[n] != ':')
			continue;
		rest = subject_id + n + 1;
		if (p->tenant == NULL)
			return store_principal_find(
			    g->store, p->name, p->issuer, "", rest, id);
		n = strlen(p->tenant);
		if (strncmp(rest, p->tenant, n) == 0 && rest[n] == ':')
			return store_principal_find(g->store, p->name,
			    p->issuer, p->tenant, rest + n + 1, id);
	}
	return err_set(e, RG_E_NOT_FOUND,
	    "no provider of this configuration has a subject like %s",
	    subject_id);
}

enum rg_err
gate_subject_revoke(struct gate *g, const char *subject_id,
    const struct gate_context *ctx, int64_t *count, struct err *e)
{
	enum rg_err r;
	int64_t id = 0;

	*count = 0;
	if ((r = find_principal(g, subject_id, &id, e)) != RG_OK)
		return r;
	if ((r = store_begin(g->store)) == RG_OK &&
	    (r = store_session_remove_all(g->store, id, count)) == RG_OK)
		r = gate_audit(g, ctx, "session.revoke", ctx->actor, subject_id,
		    json_pack("{s:I}", "count", (json_int_t)*count));
	return conclude(g, r, "revoking the sessions", e);
}
