/* SPDX-License-Identifier: ISC */
#include "store/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "store/db.h"
#include "store/row.h"

#define BUILT_IN_ROLE "admin"

/* A role while the rows of its permissions come in. */
struct gather {
	char *name;
	char *description;
	bool is_admin;
	size_t count;
	char **permissions;
};

static void
gather_clear(struct gather *g)
{
	size_t i;

	for (i = 0; i < g->count; i++)
		free(g->permissions[i]);
	free(g->permissions);
	free(g->name);
	free(g->description);
	memset(g, 0, sizeof(*g));
}

static enum rg_err
gather_start(struct gather *g, struct query *q)
{
	g->name = strdup(db_column_text(q, 0));
	g->description = strdup(db_column_text(q, 1));
	g->is_admin = db_column_int(q, 2) != 0;
	return g->name == NULL || g->description == NULL ? RG_E_NOMEM : RG_OK;
}

static enum rg_err
gather_permission(struct gather *g, const char *permission)
{
	char **grown;

	grown = reallocarray(g->permissions, g->count + 1, sizeof(*grown));
	if (grown == NULL)
		return RG_E_NOMEM;
	g->permissions = grown;
	if ((grown[g->count] = strdup(permission)) == NULL)
		return RG_E_NOMEM;
	g->count++;
	return RG_OK;
}

/* Hands the role out, if there is one, and forgets it. */
static enum rg_err
gather_end(struct gather *g, role_fn *fn, void *ctx)
{
	enum rg_err r = RG_OK;
	struct role_row row = {.name = g->name,
	    .description = g->description,
	    .permissions = (const char *const *)g->permissions,
	    .permission_count = g->count,
	    .is_admin = g->is_admin};

	if (g->name != NULL)
		r = fn(ctx, &row);
	gather_clear(g);
	return r;
}

enum rg_err
store_each_role(struct store *s, role_fn *fn, void *ctx)
{
	enum rg_err r = RG_E_INTERNAL;
	struct gather g = {0};
	struct query q;
	bool row;

	db_query(&q, s, ST_ROLES);
	while ((r = db_step(&q, &row)) == RG_OK && row) {
		if (g.name == NULL ||
		    strcmp(g.name, db_column_text(&q, 0)) != 0) {
			if ((r = gather_end(&g, fn, ctx)) != RG_OK ||
			    (r = gather_start(&g, &q)) != RG_OK)
				goto out;
		}
		if (!db_column_null(&q, 3) &&
		    (r = gather_permission(&g, db_column_text(&q, 3))) != RG_OK)
			goto out;
	}
	if (r == RG_OK)
		r = gather_end(&g, fn, ctx);
out:
	db_done(&q);
	gather_clear(&g);
	return r;
}

void
store_mapping_read(struct query *q, struct mapping_row *m)
{
	m->id = db_column_int(q, 0);
	m->provider = db_column_text(q, 1);
	m->tenant = db_column_null(q, 2) ? NULL : db_column_text(q, 2);
	m->kind = db_column_text(q, 3);
	m->claim = db_column_null(q, 4) ? NULL : db_column_text(q, 4);
	m->value = db_column_text(q, 5);
	m->role = db_column_null(q, 6) ? NULL : db_column_text(q, 6);
	m->label = db_column_text(q, 7);
	m->note = db_column_text(q, 8);
	m->enabled = db_column_int(q, 9) != 0;
	m->expires_at = db_column_int(q, 10);
	m->created_by = db_column_text(q, 11);
	m->created_at = db_column_int(q, 12);
}

static enum rg_err
each_mapping(struct store *s, enum stmt which, mapping_fn *fn, void *ctx)
{
	enum rg_err r;
	struct mapping_row m;
	struct query q;
	bool row;

	db_query(&q, s, which);
	while ((r = db_step(&q, &row)) == RG_OK && row) {
		store_mapping_read(&q, &m);
		if ((r = fn(ctx, &m)) != RG_OK)
			break;
	}
	db_done(&q);
	return r;
}

enum rg_err
store_each_mapping(struct store *s, mapping_fn *fn, void *ctx)
{
	return each_mapping(s, ST_MAPPINGS, fn, ctx);
}

enum rg_err
store_each_admin_mapping(struct store *s, mapping_fn *fn, void *ctx)
{
	return each_mapping(s, ST_ADMIN_MAPPINGS, fn, ctx);
}

enum rg_err
store_mapping_find(struct store *s, int64_t id, mapping_fn *fn, void *ctx)
{
	enum rg_err r;
	struct mapping_row m;
	struct query q;
	bool row;

	db_query(&q, s, ST_MAPPING_FIND);
	db_int(&q, id);
	if ((r = db_step(&q, &row)) == RG_OK && !row)
		r = RG_E_NOT_FOUND;
	if (r == RG_OK && fn != NULL) {
		store_mapping_read(&q, &m);
		r = fn(ctx, &m);
	}
	db_done(&q);
	return r;
}

enum rg_err
store_mapping_last_id(struct store *s, int64_t *id)
{
	enum rg_err r;
	struct query q;
	bool row;

	*id = 0;
	db_query(&q, s, ST_MAPPING_LAST_ID);
	if ((r = db_step(&q, &row)) == RG_OK && row)
		*id = db_column_int(&q, 0);
	db_done(&q);
	return r;
}

static enum rg_err
add_permissions(struct store *s, const struct role_row *role)
{
	enum rg_err r = RG_OK;
	struct query q;
	size_t i;

	for (i = 0; r == RG_OK && i < role->permission_count; i++) {
		db_query(&q, s, ST_ROLE_PERMISSION_ADD);
		db_text(&q, role->name);
		db_text(&q, role->permissions[i]);
		r = db_run(&q);
		if (r == RG_E_EXISTS)
			r = db_fail(
			    s, RG_E_INVALID, "a permission is named twice");
	}
	return r;
}

enum rg_err
store_role_add(struct store *s, const struct role_row *role)
{
	enum rg_err r;
	struct query q;

	if ((r = db_need_transaction(s)) != RG_OK)
		return r;
	db_query(&q, s, ST_ROLE_ADD);
	db_text(&q, role->name);
	db_text(&q, role->description);
	db_int(&q, role->is_admin);
	if ((r = db_run(&q)) != RG_OK)
		return r;
	return add_permissions(s, role);
}

enum rg_err
store_role_update(struct store *s, const struct role_row *role)
{
	enum rg_err r;
	struct query q;
	int64_t changed = 0;

	if ((r = db_need_transaction(s)) != RG_OK)
		return r;
	if (strcmp(role->name, BUILT_IN_ROLE) == 0)
		return db_fail(s, RG_E_INVALID, "the role is built in");
	db_query(&q, s, ST_ROLE_UPDATE);
	db_text(&q, role->name);
	db_text(&q, role->description);
	db_int(&q, role->is_admin);
	r = db_run_count(&q, &changed);
	if (r == RG_OK && changed == 0)
		r = RG_E_NOT_FOUND;
	if (r != RG_OK)
		return r;
	db_query(&q, s, ST_ROLE_PERMISSIONS_REMOVE);
	db_text(&q, role->name);
	if ((r = db_run(&q)) != RG_OK)
		return r;
	return add_permissions(s, role);
}

enum rg_err
store_role_remove(struct store *s, const char *name)
{
	enum rg_err r;
	struct query q;
	int64_t removed = 0;

	if ((r = db_need_transaction(s)) != RG_OK)
		return r;
	if (strcmp(name, BUILT_IN_ROLE) == 0)
		return db_fail(s, RG_E_INVALID, "the role is built in");
	db_query(&q, s, ST_ROLE_REMOVE);
	db_text(&q, name);
	r = db_run_count(&q, &removed);
	if (r == RG_E_NOT_FOUND) /* a foreign key: */
		return db_fail(
		    s, RG_E_EXISTS, "mappings or grants lead to the role");
	if (r == RG_OK && removed == 0)
		r = RG_E_NOT_FOUND;
	return r;
}

enum rg_err
store_mapping_add(struct store *s, const struct mapping_row *m, int64_t *id)
{
	enum rg_err r;
	struct query q;
	bool row = false;

	*id = 0;
	if ((r = db_need_transaction(s)) != RG_OK)
		return r;
	db_query(&q, s, ST_MAPPING_ADD);
	db_text(&q, m->provider);
	db_text(&q, m->tenant);
	db_text(&q, m->kind);
	db_text(&q, m->claim);
	db_text(&q, m->value);
	db_text(&q, m->role == NULL ? "deny" : "allow");
	db_text(&q, m->role);
	db_text(&q, m->label);
	db_text(&q, m->note);
	db_int(&q, m->enabled);
	db_int(&q, m->expires_at);
	db_text(&q, m->created_by);
	db_int(&q, m->created_at);
	r = db_step(&q, &row);
	if (r == RG_OK && row)
		*id = db_column_int(&q, 0);
	/* The foreign key is checked when the statement ends. */
	if (r == RG_OK)
		r = db_run(&q);
	db_done(&q);
	if (r != RG_OK)
		*id = 0;
	return r;
}

enum rg_err
store_mapping_update(struct store *s, const struct mapping_row *m)
{
	enum rg_err r;
	struct query q;
	int64_t changed = 0;

	if ((r = db_need_transaction(s)) != RG_OK)
		return r;
	db_query(&q, s, ST_MAPPING_UPDATE);
	db_int(&q, m->id);
	db_text(&q, m->role);
	db_text(&q, m->label);
	db_text(&q, m->note);
	db_int(&q, m->enabled);
	db_int(&q, m->expires_at);
	r = db_run_count(&q, &changed);
	if (r == RG_OK && changed == 0)
		r = RG_E_NOT_FOUND;
	return r;
}

enum rg_err
store_mapping_remove(struct store *s, int64_t id)
{
	enum rg_err r;
	struct query q;
	int64_t removed = 0;

	if ((r = db_need_transaction(s)) != RG_OK)
		return r;
	db_query(&q, s, ST_MAPPING_REMOVE);
	db_int(&q, id);
	r = db_run_count(&q, &removed);
	if (r == RG_OK && removed == 0)
		r = RG_E_NOT_FOUND;
	return r;
}
