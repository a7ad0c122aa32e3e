/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/json.h"
#include "gate_edit.h"

/* "entra:<tid>:<oid>" of a principal, as a JSON string. */
static enum rg_err
subject_of(struct gate *g, int64_t id, json_t **out, struct err *e)
{
	json_t *person = NULL;
	enum rg_err r = gate_principal_get(g, id, &person, e);

	*out = json_incref(json_object_get(person, "subject"));
	json_decref(person);
	return r;
}

struct take {
	struct gate *g;
	json_t *json;
	struct err *e;
};

static enum rg_err
take_grant(void *ctx, const struct grant_row *row)
{
	struct take *t = ctx;
	json_t *subject = NULL;
	enum rg_err r = subject_of(t->g, row->principal, &subject, t->e);

	if (r == RG_OK && (t->json = gate_grant_json(
			       row, json_string_value(subject))) == NULL)
		r = RG_E_NOMEM;
	json_decref(subject);
	return r;
}

enum rg_err
gate_grant_get(struct gate *g, int64_t id, json_t **out, struct err *e)
{
	struct take t = {g, NULL, e};
	enum rg_err r = store_grant_find(g->store, id, take_grant, &t);

	*out = t.json;
	if (r == RG_E_NOT_FOUND)
		return err_set(e, r, "there is no such grant");
	return r == RG_OK ? r : gate_store_err(g, r, "the grant", e);
}

/* The audit row is about the person, so that it is found with the others. */
static enum rg_err
audit_grant(struct gate *g, const struct gate_context *ctx, const char *event,
    json_t *old, json_t *now)
{
	json_t *one = old == NULL ? now : old;

	return gate_audit(g, ctx, event, ctx->actor,
	    json_string_value(json_object_get(one, "subject")),
	    json_pack("{s:O?, s:O?}", "old", old, "new", now));
}

static enum rg_err
insert(struct gate *g, const struct grant_row *row,
    const struct gate_edit *edit, int64_t *id, struct err *e)
{
	json_t *now = NULL;
	enum rg_err r;

	if ((r = gate_edit_covers_name(g, edit, row->role, e)) != RG_OK)
		return r;
	r = store_grant_add(g->store, row, id);
	if (r == RG_E_EXISTS)
		(void)err_set(
		    e, r, "role: it is granted to this person already");
	else if (r == RG_E_NOT_FOUND)
		(void)err_set(e, r, "principal: nobody has this id");
	if (r == RG_OK && (r = gate_grant_get(g, *id, &now, e)) == RG_OK)
		r = audit_grant(g, edit->ctx, "grant.add", NULL, now);
	json_decref(now);
	return r;
}

enum rg_err
gate_grant_add(struct gate *g, const struct grant_row *grant,
    const struct gate_edit *edit, int64_t *id, struct err *e)
{
	struct grant_row row = *grant;
	struct gate_edit_run t = {.doing = "granting the role"};
	enum rg_err r;

	*id = 0;
	row.created_by = edit->ctx->actor;
	row.created_at = edit->ctx->now;
	if ((r = gate_edit_line("reason", row.reason, EDIT_TEXT_MAX, e)) !=
		RG_OK ||
	    (r = gate_edit_time(
		 "expires_at", row.expires_at, edit->ctx->now, e)) != RG_OK)
		return r;
	while (gate_edit_next(g, edit, &t, e))
		t.r = insert(g, &row, edit, id, e);
	if (t.r != RG_OK)
		*id = 0;
	return t.r;
}

/* As it is, for who may touch it and has read it. */
static enum rg_err
find_old(struct gate *g, int64_t id, const struct gate_edit *edit, json_t **old,
    struct err *e)
{
	enum rg_err r;

	if ((r = gate_grant_get(g, id, old, e)) != RG_OK ||
	    (r = gate_edit_covers_name(g, edit, json_str(*old, "role"), e)) !=
		RG_OK)
		return r;
	return gate_edit_match(edit, *old, e);
}

static enum rg_err
store_change(struct gate *g, const json_t *old,
    const struct gate_grant_change *to, const struct gate_edit *edit,
    struct err *e)
{
	struct grant_row row = {0};
	int64_t was;
	enum rg_err r;

	if (!json_int(old, "id", &row.id) || !json_int(old, "expires_at", &was))
		return RG_E_INTERNAL;
	row.reason = to->reason == NULL ? json_str(old, "reason") : to->reason;
	row.expires_at = to->expires_at < 0 ? was : to->expires_at;
	if ((r = gate_edit_line("reason", to->reason, EDIT_TEXT_MAX, e)) !=
	    RG_OK)
		return r;
	/* One that is over can still be given another reason. */
	if (row.expires_at != was &&
	    (r = gate_edit_time(
		 "expires_at", row.expires_at, edit->ctx->now, e)) != RG_OK)
		return r;
	return store_grant_update(g->store, &row);
}

static enum rg_err
update(struct gate *g, int64_t id, const struct gate_grant_change *to,
    const struct gate_edit *edit, struct err *e)
{
	json_t *old = NULL, *now = NULL;
	enum rg_err r;

	if ((r = find_old(g, id, edit, &old, e)) == RG_OK &&
	    (r = store_change(g, old, to, edit, e)) == RG_OK &&
	    (r = gate_grant_get(g, id, &now, e)) == RG_OK)
		r = audit_grant(g, edit->ctx, "grant.set", old, now);
	json_decref(old);
	json_decref(now);
	return r;
}

enum rg_err
gate_grant_set(struct gate *g, int64_t id, const struct gate_grant_change *to,
    const struct gate_edit *edit, struct err *e)
{
	struct gate_edit_run t = {.doing = "changing the grant"};

	while (gate_edit_next(g, edit, &t, e))
		t.r = update(g, id, to, edit, e);
	return t.r;
}

static enum rg_err
take_back(
    struct gate *g, int64_t id, const struct gate_edit *edit, struct err *e)
{
	json_t *old = NULL;
	enum rg_err r;

	if ((r = find_old(g, id, edit, &old, e)) == RG_OK &&
	    (r = store_grant_remove(g->store, id)) == RG_OK)
		r = audit_grant(g, edit->ctx, "grant.remove", old, NULL);
	json_decref(old);
	return r;
}

enum rg_err
gate_grant_remove(
    struct gate *g, int64_t id, const struct gate_edit *edit, struct err *e)
{
	struct gate_edit_run t = {.doing = "removing the grant"};

	while (gate_edit_next(g, edit, &t, e))
		t.r = take_back(g, id, edit, e);
	return t.r;
}
