/* SPDX-License-Identifier: ISC */
#include "gate_plan_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

struct comparing {
	struct gate *g;
	struct gate_plan *plan;
	int64_t now;
	int64_t last_id;
	struct err *e;
};

/* Takes the reference to `old`. */
static enum rg_err
add_step_own(
    struct gate_plan *p, enum plan_do what, size_t at, int64_t id, json_t *old)
{
	struct plan_step *grown = p->steps;
	size_t room = p->step_room;

	if (p->step_count == room) {
		room = room == 0 ? 64 : room * 2;
		grown = reallocarray(p->steps, room, sizeof(*grown));
		if (grown == NULL) {
			json_decref(old);
			return RG_E_NOMEM;
		}
		p->steps = grown;
		p->step_room = room;
	}
	grown[p->step_count++] = (struct plan_step){what, at, id, old};
	return RG_OK;
}

static bool
same_permissions(const struct role_row *a, const struct role_row *b)
{
	size_t i, k;

	if (a->permission_count != b->permission_count)
		return false;
	/* Neither names one twice. */
	for (i = 0; i < a->permission_count; i++) {
		for (k = 0; k < b->permission_count; k++)
			if (strcmp(a->permissions[i], b->permissions[k]) == 0)
				break;
		if (k == b->permission_count)
			return false;
	}
	return true;
}

static bool
same_role(const struct role_row *a, const struct role_row *b)
{
	return strcmp(a->description, b->description) == 0 &&
	       a->is_admin == b->is_admin && same_permissions(a, b);
}

static enum rg_err
put_role(struct access_policy *policy, const struct role_row *row)
{
	return access_policy_add_role(policy, row->name, row->permissions,
	    row->permission_count, row->is_admin);
}

/* Of each role that there is: stays, is set, or goes. */
static enum rg_err
take_role(void *ctx, const struct role_row *row)
{
	struct comparing *c = ctx;
	struct document *d = &c->plan->document;
	int64_t at = document_find_role(d, row->name);
	enum rg_err r;

	if ((r = put_role(c->plan->before, row)) != RG_OK)
		return r;
	if (!d->has_roles || strcmp(row->name, "admin") == 0)
		return put_role(c->plan->after, row);
	if (at < 0)
		return RG_OK; /* it goes, after the mappings to it */
	d->roles[at].found = true;
	if (same_role(row, &d->roles[at].row))
		return RG_OK;
	return add_step_own(
	    c->plan, PLAN_ROLE_SET, (size_t)at, 0, gate_role_json(row));
}

static enum rg_err
compare_roles(struct comparing *c)
{
	struct document *d = &c->plan->document;
	enum rg_err r;
	size_t i;

	if ((r = store_each_role(c->g->store, take_role, c)) != RG_OK)
		return r;
	for (i = 0; i < d->role_count; i++) {
		if (!d->roles[i].found &&
		    (r = add_step_own(c->plan, PLAN_ROLE_ADD, i, 0, NULL)) !=
			RG_OK)
			return r;
		if ((r = put_role(c->plan->after, &d->roles[i].row)) != RG_OK)
			return r;
	}
	return RG_OK;
}

static enum rg_err
take_leaving_role(void *ctx, const struct role_row *row)
{
	struct comparing *c = ctx;

	if (strcmp(row->name, "admin") == 0 ||
	    document_find_role(&c->plan->document, row->name) >= 0)
		return RG_OK;
	return add_step_own(
	    c->plan, PLAN_ROLE_REMOVE, 0, 0, gate_role_json(row));
}

static bool
same_mapping(const struct mapping_row *a, const struct mapping_row *b)
{
	return strcmp(a->label, b->label) == 0 &&
	       strcmp(a->note, b->note) == 0 && a->enabled == b->enabled &&
	       a->expires_at == b->expires_at;
}

/* With the id of what it replaces; `row` is the document's. */
static enum rg_err
put_after(struct comparing *c, const struct mapping_row *row, int64_t id)
{
	struct mapping_row m = *row;
	enum rg_err r;

	m.id = id;
	r = gate_policy_put_mapping(c->plan->after, &m);
	if (r == RG_E_NOT_FOUND)
		return err_set(c->e, r, "role: there is no role %s", row->role);
	return r;
}

/* Of each mapping that there is: stays, is set, or goes. */
static enum rg_err
take_mapping(void *ctx, const struct mapping_row *row)
{
	struct comparing *c = ctx;
	struct document *d = &c->plan->document;
	int64_t at = document_find_mapping(d, row);
	const struct mapping_row *to;
	enum rg_err r;

	if ((r = gate_policy_put_mapping(c->plan->before, row)) != RG_OK)
		return r;
	if (!d->has_mappings) {
		r = gate_policy_put_mapping(c->plan->after, row);
		if (r == RG_E_NOT_FOUND)
			return err_set(c->e, RG_E_EXISTS,
			    "roles: %s goes, but mapping %lld leads to it",
			    row->role, (long long)row->id);
		return r;
	}
	if (at < 0)
		return add_step_own(c->plan, PLAN_MAPPING_REMOVE, 0, row->id,
		    gate_mapping_json(row));
	d->mappings[at].found = true;
	to = &d->mappings[at].row;
	r = put_after(c, to, row->id);
	if (r == RG_OK && to->expires_at != row->expires_at)
		r = gate_edit_time("expires_at", to->expires_at, c->now, c->e);
	if (r != RG_OK)
		return c->e->code == r
			   ? document_blame(c->e, "mappings", (size_t)at)
			   : r;
	if (same_mapping(row, to))
		return RG_OK;
	return add_step_own(c->plan, PLAN_MAPPING_SET, (size_t)at, row->id,
	    gate_mapping_json(row));
}

static enum rg_err
compare_mappings(struct comparing *c)
{
	struct document *d = &c->plan->document;
	enum rg_err r;
	size_t i;

	if ((r = store_each_mapping(c->g->store, take_mapping, c)) != RG_OK ||
	    (r = store_mapping_last_id(c->g->store, &c->last_id)) != RG_OK)
		return r;
	for (i = 0; i < d->mapping_count; i++) {
		const struct mapping_row *m = &d->mappings[i].row;

		if (d->mappings[i].found)
			continue;
		/* Above all ids: nobody's groups were asked for these. */
		if ((r = gate_mapping_check(c->g, m, c->now, c->e)) != RG_OK ||
		    (r = put_after(c, m, ++c->last_id)) != RG_OK)
			return c->e->code == r
				   ? document_blame(c->e, "mappings", i)
				   : r;
		r = add_step_own(c->plan, PLAN_MAPPING_ADD, i, 0, NULL);
		if (r != RG_OK)
			return r;
	}
	return RG_OK;
}

static enum rg_err
compare(struct comparing *c)
{
	struct gate_plan *p = c->plan;
	enum rg_err r;

	if ((r = store_policy_version(c->g->store, &p->version)) != RG_OK)
		return r;
	p->before = access_policy_new(p->version);
	p->after = access_policy_new(p->version);
	if (p->before == NULL || p->after == NULL)
		return RG_E_NOMEM;
	if ((r = compare_roles(c)) != RG_OK ||
	    (r = compare_mappings(c)) != RG_OK)
		return r;
	if (p->document.has_roles &&
	    (r = store_each_role(c->g->store, take_leaving_role, c)) != RG_OK)
		return r;
	if ((r = access_policy_seal(p->before)) != RG_OK)
		return r;
	return access_policy_seal(p->after);
}

enum rg_err
gate_plan_make(struct gate *g, const json_t *document, int64_t now,
    struct gate_plan **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct gate_plan *p = NULL;
	struct comparing c = {g, NULL, now, 0, e};

	*out = NULL;
	err_clear(e);
	if ((p = calloc(1, sizeof(*p))) == NULL) {
		r = err_set(e, RG_E_NOMEM, "planning");
		goto out;
	}
	c.plan = p;
	if ((r = document_read(document, &p->document, e)) != RG_OK)
		goto out;
	/* One moment: never half of somebody's edit. */
	if ((r = store_begin_read(g->store)) == RG_OK)
		r = compare(&c);
	store_rollback(g->store);
	if (r != RG_OK) {
		if (e->code != r)
			(void)gate_store_err(g, r, "planning", e);
		goto out;
	}
	*out = p;
	p = NULL;
	r = RG_OK;
out:
	gate_plan_free(&p);
	return r;
}

void
gate_plan_free(struct gate_plan **pp)
{
	struct gate_plan *p = *pp;
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->step_count; i++)
		json_decref(p->steps[i].old);
	free(p->steps);
	document_clear(&p->document);
	access_policy_free(&p->before);
	access_policy_free(&p->after);
	free(p);
	*pp = NULL;
}

struct gate_plan_counts
gate_plan_counts(const struct gate_plan *p)
{
	struct gate_plan_counts n = {0, 0, 0};
	size_t i;

	for (i = 0; i < p->step_count; i++) {
		switch (p->steps[i].what) {
		case PLAN_ROLE_ADD:
		case PLAN_MAPPING_ADD:
			n.add++;
			break;
		case PLAN_ROLE_SET:
		case PLAN_MAPPING_SET:
			n.change++;
			break;
		case PLAN_ROLE_REMOVE:
		case PLAN_MAPPING_REMOVE:
			n.remove++;
			break;
		}
	}
	return n;
}

static const char *
step_list(enum plan_do what)
{
	return what == PLAN_ROLE_ADD || what == PLAN_ROLE_SET ||
		       what == PLAN_ROLE_REMOVE
		   ? "roles"
		   : "mappings";
}

enum rg_err
gate_plan_each(const struct gate_plan *p, gate_plan_fn *fn, void *ctx)
{
	enum rg_err r = RG_OK;
	size_t i;

	for (i = 0; r == RG_OK && i < p->step_count; i++) {
		const struct plan_step *s = &p->steps[i];
		const char *list = step_list(s->what);
		const json_t *now = NULL;

		if (s->what != PLAN_ROLE_REMOVE &&
		    s->what != PLAN_MAPPING_REMOVE)
			now = json_array_get(
			    json_object_get(p->document.json, list), s->at);
		r = fn(ctx, list[0] == 'r' ? "role" : "mapping", s->old, now);
	}
	return r;
}
