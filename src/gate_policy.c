/* SPDX-License-Identifier: ISC */
/* The policy that decisions are made by: that of the database, always. */
#include "gate_internal.h"

#include <string.h>

static enum rg_err
take_role(void *ctx, const struct role_row *row)
{
	return access_policy_add_role(ctx, row->name, row->permissions,
	    row->permission_count, row->is_admin);
}

/* A mapping that can't be evaluated must not be skipped in silence. */
static enum rg_err
mapping_of(const struct mapping_row *row, struct access_mapping *m)
{
	int kind = access_kind_parse(row->kind);

	memset(m, 0, sizeof(*m));
	if (kind < 0)
		return RG_E_STORE_SCHEMA;
	m->id = row->id;
	m->kind = (enum access_kind)kind;
	m->enabled = row->enabled;
	m->expires_at = row->expires_at;
	m->provider = row->provider;
	m->tenant = row->tenant;
	m->claim = row->claim;
	m->value = row->value;
	m->label = row->label;
	return RG_OK;
}

enum rg_err
gate_policy_put_mapping(
    struct access_policy *policy, const struct mapping_row *row)
{
	struct access_mapping m;
	enum rg_err r;

	if ((r = mapping_of(row, &m)) != RG_OK)
		return r;
	return access_policy_add_mapping(policy, &m, row->role);
}

static enum rg_err
take_mapping(void *ctx, const struct mapping_row *row)
{
	return gate_policy_put_mapping(ctx, row);
}

enum rg_err
gate_policy_read(struct gate *g, struct access_policy **out)
{
	struct access_policy *p = NULL;
	enum rg_err r;
	int64_t version;

	*out = NULL;
	if ((r = store_policy_version(g->store, &version)) != RG_OK)
		return r;
	if ((p = access_policy_new(version)) == NULL)
		return RG_E_NOMEM;
	if ((r = store_each_role(g->store, take_role, p)) == RG_OK &&
	    (r = store_each_mapping(g->store, take_mapping, p)) == RG_OK)
		r = access_policy_seal(p);
	if (r == RG_OK)
		*out = p;
	else
		access_policy_free(&p);
	return r;
}

/* ---- only what has changed ---------------------------------------------- */

static enum rg_err
set_role(void *ctx, const struct role_row *row)
{
	return access_policy_set_role(ctx, row->name, row->permissions,
	    row->permission_count, row->is_admin);
}

static enum rg_err
set_mapping(void *ctx, const struct mapping_row *row)
{
	struct access_mapping m;
	enum rg_err r;

	if ((r = mapping_of(row, &m)) == RG_OK)
		r = access_policy_set_mapping(ctx, &m, row->role);
	/* No such role, which is something else than no such mapping. */
	return r == RG_E_NOT_FOUND ? RG_E_STORE_CORRUPT : r;
}

static enum rg_err
take_change(void *ctx, int64_t mapping)
{
	struct gate *g = ctx;
	enum rg_err r;

	if (mapping == 0) {
		access_policy_drop_roles(g->policy);
		return store_each_role(g->store, set_role, g->policy);
	}
	access_policy_drop_mapping(g->policy, mapping);
	r = store_mapping_find(g->store, mapping, set_mapping, g->policy);
	return r == RG_E_NOT_FOUND ? RG_OK : r;
}

/* Whatever is in the way, the policy is read as a whole then. */
static bool
catch_up(struct gate *g, int64_t version)
{
	int64_t known = access_policy_version(g->policy);

	if (store_each_policy_change(
		g->store, known, version, take_change, g) != RG_OK ||
	    access_policy_end_roles(g->policy) != RG_OK)
		return false;
	access_policy_set_version(g->policy, version);
	return true;
}

enum rg_err
gate_policy_within(struct gate *g, struct err *e)
{
	struct access_policy *fresh = NULL;
	enum rg_err r;
	int64_t version;

	if ((r = store_policy_version(g->store, &version)) != RG_OK)
		return gate_store_err(g, r, "reading the policy", e);
	if (g->policy != NULL) {
		if (access_policy_version(g->policy) == version ||
		    catch_up(g, version))
			return RG_OK;
		/* It may be half an edit: nobody may be judged by it. */
		access_policy_free(&g->policy);
	}
	if ((r = gate_policy_read(g, &fresh)) != RG_OK)
		return gate_store_err(g, r, "reading the policy", e);
	g->policy = fresh;
	return RG_OK;
}

enum rg_err
gate_policy(struct gate *g, struct err *e)
{
	enum rg_err r;
	int64_t version;

	r = store_policy_version(g->store, &version);
	if (r == RG_OK && g->policy != NULL &&
	    access_policy_version(g->policy) == version)
		return RG_OK;
	if (r == RG_OK)
		r = store_begin_read(g->store);
	if (r != RG_OK)
		return gate_store_err(g, r, "reading the policy", e);
	r = gate_policy_within(g, e);
	store_rollback(g->store);
	return r;
}
