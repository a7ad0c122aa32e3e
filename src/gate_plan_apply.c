/* SPDX-License-Identifier: ISC */
/* Doing what a plan says, in one transaction. */
#include "base/json.h"
#include "gate_plan_internal.h"

static enum rg_err
set_role(struct gate *g, const struct role_row *row,
    const struct gate_edit *edit, struct err *e)
{
	static const char *const none[] = {NULL};
	struct gate_role_change change = {row->description, row->permissions,
	    row->permission_count, row->is_admin};

	if (change.permissions == NULL)
		change.permissions = none;
	return gate_role_update(g, row->name, &change, edit, e);
}

static enum rg_err
take_step(struct gate *g, const struct gate_plan *p, const struct plan_step *s,
    const struct gate_edit *edit, struct err *e)
{
	const struct document *d = &p->document;
	struct gate_mapping_change change = {0};
	struct mapping_row m;
	int64_t id;

	switch (s->what) {
	case PLAN_ROLE_ADD:
		return gate_role_insert(g, &d->roles[s->at].row, edit, e);
	case PLAN_ROLE_SET:
		return set_role(g, &d->roles[s->at].row, edit, e);
	case PLAN_ROLE_REMOVE:
		return gate_role_delete(g, json_str(s->old, "name"), edit, e);
	case PLAN_MAPPING_REMOVE:
		return gate_mapping_delete(g, s->id, edit, e);
	case PLAN_MAPPING_ADD:
		m = d->mappings[s->at].row;
		return gate_mapping_insert(g, &m, edit, &id, e);
	case PLAN_MAPPING_SET:
		m = d->mappings[s->at].row;
		change.label = m.label;
		change.note = m.note;
		change.enabled = m.enabled;
		change.expires_at = m.expires_at;
		return gate_mapping_update(g, s->id, &change, edit, e);
	}
	return RG_E_INTERNAL;
}

static enum rg_err
check_version(struct gate *g, const struct gate_plan *p, struct err *e)
{
	int64_t version;
	enum rg_err r;

	if ((r = store_policy_version(g->store, &version)) != RG_OK ||
	    version == p->version)
		return r;
	return err_set(e, RG_E_PRECONDITION,
	    "roles or mappings were edited meanwhile; nothing was changed");
}

static enum rg_err
take_steps(struct gate *g, const struct gate_plan *p,
    const struct gate_edit *edit, struct err *e)
{
	struct gate_plan_counts n = gate_plan_counts(p);
	enum rg_err r;
	size_t i;

	if ((r = check_version(g, p, e)) != RG_OK)
		return r;
	for (i = 0; r == RG_OK && i < p->step_count; i++)
		r = take_step(g, p, &p->steps[i], edit, e);
	if (r != RG_OK)
		return r;
	return gate_audit(g, edit->ctx, "policy.apply", edit->ctx->actor, "",
	    json_pack("{s:I, s:I, s:I}", "add", (json_int_t)n.add, "change",
		(json_int_t)n.change, "remove", (json_int_t)n.remove));
}

enum rg_err
gate_plan_apply(struct gate *g, const struct gate_plan *p,
    const struct gate_edit *edit, struct err *e)
{
	struct gate_edit_run t = {.doing = "applying the document"};

	if (p->step_count == 0)
		return RG_OK;
	while (gate_edit_next(g, edit, &t, e))
		t.r = take_steps(g, p, edit, e);
	return t.r;
}
