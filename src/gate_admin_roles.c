/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate_edit.h"

#define PERMISSIONS_MAX 256

static enum rg_err
check_permissions(const struct role_row *row, struct err *e)
{
	size_t i, k;

	if (row->permission_count > PERMISSIONS_MAX)
		return err_set(e, RG_E_INVALID, "permissions: more than %d",
		    PERMISSIONS_MAX);
	for (i = 0; i < row->permission_count; i++) {
		const char *p = row->permissions[i];

		for (k = 0; k < i; k++)
			if (strcmp(row->permissions[k], p) == 0)
				return err_set(e, RG_E_INVALID,
				    "permissions: %s is named twice", p);
		if (strcmp(p, "*") == 0 && row->is_admin)
			continue;
		if (strcmp(p, "*") == 0)
			return err_set(e, RG_E_INVALID,
			    "permissions: \"*\" is for admin roles");
		if (!text_is_name(p, EDIT_NAME_CHARS, EDIT_NAME_MAX))
			return err_set(e, RG_E_INVALID,
			    "permissions: each has 1 to 64 letters, digits "
			    "or " EDIT_NAME_CHARS);
	}
	return RG_OK;
}

enum rg_err
gate_role_check(const struct role_row *row, struct err *e)
{
	enum rg_err r;

	if (!text_is_name(row->name, EDIT_NAME_CHARS, EDIT_NAME_MAX))
		return err_set(e, RG_E_INVALID,
		    "name: expected 1 to 64 letters, digits "
		    "or " EDIT_NAME_CHARS);
	r = gate_edit_line("description", row->description, EDIT_TEXT_MAX, e);
	if (r != RG_OK)
		return r;
	return check_permissions(row, e);
}

/* A role as a JSON object, and that it may be touched by who edits. */
struct old_role {
	const char *name;
	const struct gate_edit *edit; /* NULL: only read */
	json_t *json;
	struct err *e;
};

static enum rg_err
take_old(void *ctx, const struct role_row *row)
{
	struct old_role *o = ctx;
	enum rg_err r;

	if (strcmp(row->name, o->name) != 0)
		return RG_OK;
	if (o->edit != NULL &&
	    (r = gate_edit_covers(o->edit, row, o->e)) != RG_OK)
		return r;
	o->json = gate_role_json(row);
	return o->json == NULL ? RG_E_NOMEM : RG_OK;
}

/* RG_E_NOT_FOUND, RG_E_AUTHORITY, RG_E_PRECONDITION */
static enum rg_err
find_old(struct gate *g, struct old_role *o)
{
	enum rg_err r = store_each_role(g->store, take_old, o);

	if (r == RG_OK && o->json == NULL)
		r = err_set(o->e, RG_E_NOT_FOUND, "there is no such role");
	if (r == RG_OK && o->edit != NULL)
		r = gate_edit_match(o->edit, o->json, o->e);
	return r;
}

enum rg_err
gate_role_get(struct gate *g, const char *name, json_t **out, struct err *e)
{
	struct old_role o = {name, NULL, NULL, e};
	enum rg_err r = find_old(g, &o);

	*out = o.json;
	return r;
}

enum rg_err
gate_role_insert(struct gate *g, const struct role_row *row,
    const struct gate_edit *edit, struct err *e)
{
	const struct gate_context *ctx = edit->ctx;
	enum rg_err r;

	if ((r = gate_role_check(row, e)) != RG_OK ||
	    (r = gate_edit_covers(edit, row, e)) != RG_OK)
		return r;
	r = store_role_add(g->store, row);
	if (r == RG_E_EXISTS)
		return err_set(e, r, "name: there is a role %s", row->name);
	if (r != RG_OK)
		return r;
	return gate_audit(g, ctx, "role.add", ctx->actor, row->name,
	    json_pack("{s:n, s:o}", "old", "new", gate_role_json(row)));
}

enum rg_err
gate_role_add(struct gate *g, const struct role_row *row,
    const struct gate_edit *edit, struct err *e)
{
	struct gate_edit_run t = {.doing = "adding the role"};

	while (gate_edit_next(g, edit, &t, e))
		t.r = gate_role_insert(g, row, edit, e);
	return t.r;
}

/* The role as it is to be: what was, with what changes. */
static enum rg_err
changed(const json_t *old, const struct gate_role_change *c,
    struct role_row *row, const char **permissions, struct err *e)
{
	const json_t *list = json_object_get(old, "permissions");
	size_t i;

	row->name = json_string_value(json_object_get(old, "name"));
	row->description = c->description;
	if (row->description == NULL)
		row->description =
		    json_string_value(json_object_get(old, "description"));
	row->is_admin = c->is_admin < 0
			    ? json_is_true(json_object_get(old, "is_admin"))
			    : c->is_admin != 0;
	row->permissions = c->permissions;
	row->permission_count = c->permission_count;
	if (c->permissions == NULL) {
		row->permissions = permissions;
		row->permission_count = json_array_size(list);
		if (row->permission_count > PERMISSIONS_MAX)
			return err_set(e, RG_E_INVALID,
			    "permissions: more than %d", PERMISSIONS_MAX);
		for (i = 0; i < row->permission_count; i++)
			permissions[i] =
			    json_string_value(json_array_get(list, i));
	}
	return gate_role_check(row, e);
}

/* What a provider gives to everybody must not become an admin's role. */
static enum rg_err
check_default(struct gate *g, const struct role_row *row, struct err *e)
{
	size_t i;

	for (i = 0; row->is_admin && i < g->settings->provider_count; i++) {
		const struct provider *p = &g->settings->providers[i];

		if (p->default_role != NULL &&
		    strcmp(p->default_role, row->name) == 0)
			return err_set(e, RG_E_INVALID,
			    "is_admin: %s is the default_role of provider %s; "
			    "nobody is an admin by default",
			    row->name, p->name);
	}
	return RG_OK;
}

enum rg_err
gate_role_update(struct gate *g, const char *name,
    const struct gate_role_change *c, const struct gate_edit *edit,
    struct err *e)
{
	const struct gate_context *ctx = edit->ctx;
	const char *permissions[PERMISSIONS_MAX];
	struct old_role o = {name, edit, NULL, e};
	struct role_row row = {0};
	enum rg_err r;

	if ((r = find_old(g, &o)) == RG_OK &&
	    (r = changed(o.json, c, &row, permissions, e)) == RG_OK &&
	    (r = check_default(g, &row, e)) == RG_OK &&
	    (r = gate_edit_covers(edit, &row, e)) == RG_OK &&
	    (r = store_role_update(g->store, &row)) == RG_OK)
		r = gate_audit(g, ctx, "role.set", ctx->actor, name,
		    json_pack("{s:O, s:o}", "old", o.json, "new",
			gate_role_json(&row)));
	json_decref(o.json);
	return r;
}

enum rg_err
gate_role_set(struct gate *g, const char *name,
    const struct gate_role_change *c, const struct gate_edit *edit,
    struct err *e)
{
	struct gate_edit_run t = {.doing = "changing the role"};

	while (gate_edit_next(g, edit, &t, e))
		t.r = gate_role_update(g, name, c, edit, e);
	return t.r;
}

/* A configuration that names it would be refused at the next start. */
static enum rg_err
check_unused(struct gate *g, const char *name, struct err *e)
{
	size_t i;

	for (i = 0; i < g->settings->provider_count; i++) {
		const struct provider *p = &g->settings->providers[i];

		if (p->default_role != NULL &&
		    strcmp(p->default_role, name) == 0)
			return err_set(e, RG_E_EXISTS,
			    "%s is the default_role of provider %s", name,
			    p->name);
	}
	return RG_OK;
}

enum rg_err
gate_role_delete(struct gate *g, const char *name, const struct gate_edit *edit,
    struct err *e)
{
	const struct gate_context *ctx = edit->ctx;
	struct old_role o = {name, edit, NULL, e};
	enum rg_err r;

	if ((r = check_unused(g, name, e)) == RG_OK &&
	    (r = find_old(g, &o)) == RG_OK &&
	    (r = store_role_remove(g->store, name)) == RG_OK)
		r = gate_audit(g, ctx, "role.remove", ctx->actor, name,
		    json_pack("{s:O, s:n}", "old", o.json, "new"));
	json_decref(o.json);
	return r;
}

enum rg_err
gate_role_remove(struct gate *g, const char *name, const struct gate_edit *edit,
    struct err *e)
{
	struct gate_edit_run t = {.doing = "removing the role"};

	while (gate_edit_next(g, edit, &t, e))
		t.r = gate_role_delete(g, name, edit, e);
	return t.r;
}
