/* SPDX-License-Identifier: ISC */
#include "gate_edit.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"

/* Two edits never look at the same "before". */
static enum rg_err
begin(struct gate *g, const struct gate_edit *edit, struct gate_edit_run *t,
    struct err *e)
{
	enum rg_err r;

	err_clear(e);
	t->again = false;
	if ((r = store_begin(g->store)) != RG_OK)
		return r;
	return gate_admins_before(g, edit->ctx->now, &t->admins);
}

/* Where somebody could be admin before, somebody must be able to after it. */
static enum rg_err
guard_admin(struct gate *g, const struct gate_edit *edit,
    struct gate_edit_run *t, struct err *e)
{
	const char *loss;
	enum rg_err r;

	r = gate_admins_lost(g, edit->ctx->now, &t->admins, &loss, &t->again);
	if (r != RG_OK || loss == NULL)
		return r;
	if (!edit->force)
		return err_set(e, RG_E_LAST_ADMIN, "%s", loss);
	return gate_audit(g, edit->ctx, "policy.no_admin", edit->ctx->actor, "",
	    json_pack("{s:b, s:s}", "forced", true, "loss", loss));
}

/* SQLite's words about its indexes say nothing to an administrator. */
static bool
is_in_sql(const char *s)
{
	return strncmp(s, "UNIQUE", 6) == 0 || strncmp(s, "CHECK", 5) == 0 ||
	       strncmp(s, "FOREIGN", 7) == 0;
}

static void
explain(struct gate *g, enum rg_err r, const char *doing, struct err *e)
{
	if (e != NULL && e->code == r && e->detail[0] != '\0')
		return;
	if (r == RG_E_NOT_FOUND || is_in_sql(store_error(g->store)))
		(void)err_set(e, r, "%s: %s", doing, err_text(r));
	else
		(void)gate_store_err(g, r, doing, e);
}

static void
end(struct gate *g, const struct gate_edit *edit, struct gate_edit_run *t,
    struct err *e)
{
	if (t->r == RG_OK)
		t->r = guard_admin(g, edit, t, e);
	if (t->r == RG_OK && t->again) {
		gate_rollback(g);
		t->r = gate_admins_search(g, edit->ctx->now, &t->admins);
	} else if (t->r == RG_OK) {
		t->r = gate_try_commit(g);
	}
	if (t->r != RG_OK) {
		t->again = false;
		explain(g, t->r, t->doing, e);
		gate_rollback(g);
	}
}

bool
gate_edit_next(struct gate *g, const struct gate_edit *edit,
    struct gate_edit_run *t, struct err *e)
{
	if (t->begun)
		end(g, edit, t, e);
	if (!t->begun || t->again) {
		t->begun = true;
		if ((t->r = begin(g, edit, t, e)) == RG_OK) {
			t->r = RG_E_INTERNAL;
			return true;
		}
		end(g, edit, t, e);
	}
	gate_admins_clear(&t->admins);
	return false;
}

void
gate_tag(json_t *thing, char out[static GATE_TAG_LEN + 1])
{
	static const char *const passing[] = {
	    "last_seen", "name", "username", "email", "roles", NULL};
	json_t *copy = json_copy(thing);
	struct buf text = BUF_INIT;
	uint8_t hash[HASH_LEN];
	size_t i;

	/* Of a person only what is edited: the rest comes with a sign-in. */
	if (json_object_get(copy, "first_seen") != NULL)
		for (i = 0; passing[i] != NULL; i++)
			(void)json_object_del(copy, passing[i]);
	/* Without memory it matches nothing. */
	if (copy == NULL || !json_put(&text, copy) ||
	    hash_sha256(buf_str(&text), text.len, hash) != RG_OK)
		random_bytes(hash, sizeof(hash));
	hash_hex(hash, GATE_TAG_LEN / 2, out);
	buf_clear(&text);
	json_decref(copy);
}

/* The strong comparison of RFC 9110 section 13.1.1: W/"..." never matches. */
static bool
names_tag(const char *list, const char *tag)
{
	const char *p = list;
	size_t n;

	while (*(p += strspn(p, " \t,")) != '\0') {
		if (*p == '*' && (p[1] == '\0' || strchr(" \t,", p[1]) != NULL))
			return true;
		n = strcspn(p, ",");
		if (n >= GATE_TAG_LEN + 2 && p[0] == '"' &&
		    strncmp(p + 1, tag, GATE_TAG_LEN) == 0 &&
		    p[GATE_TAG_LEN + 1] == '"' &&
		    strspn(p + GATE_TAG_LEN + 2, " \t") == n - GATE_TAG_LEN - 2)
			return true;
		p += n;
	}
	return false;
}

enum rg_err
gate_edit_match(const struct gate_edit *edit, json_t *now, struct err *e)
{
	char tag[GATE_TAG_LEN + 1];

	if (edit->if_match == NULL)
		return RG_OK;
	gate_tag(now, tag);
	if (names_tag(edit->if_match, tag))
		return RG_OK;
	return err_set(e, RG_E_PRECONDITION,
	    "it was changed since you read it; read it again");
}

enum rg_err
gate_edit_covers(
    const struct gate_edit *edit, const struct role_row *role, struct err *e)
{
	const struct access_decision *a = edit->authority;
	size_t i;

	if (a == NULL || role == NULL)
		return RG_OK;
	if (role->is_admin && !(a->is_admin && access_has_permission(a, "*")))
		return err_set(e, RG_E_AUTHORITY,
		    "%s is an admin role; only an admin may give or take it",
		    role->name);
	for (i = 0; i < role->permission_count; i++)
		if (!access_has_permission(a, role->permissions[i]))
			return err_set(e, RG_E_AUTHORITY,
			    "role %s has permission %s, which you do not have",
			    role->name, role->permissions[i]);
	return RG_OK;
}

struct covered {
	const struct gate_edit *edit;
	const char *name;
	bool found;
	struct err *e;
};

static enum rg_err
take_covered(void *ctx, const struct role_row *row)
{
	struct covered *c = ctx;

	if (strcmp(row->name, c->name) != 0)
		return RG_OK;
	c->found = true;
	return gate_edit_covers(c->edit, row, c->e);
}

enum rg_err
gate_edit_covers_name(struct gate *g, const struct gate_edit *edit,
    const char *role, struct err *e)
{
	struct covered c = {edit, role, false, e};
	enum rg_err r;

	if (role == NULL)
		return RG_OK;
	r = store_each_role(g->store, take_covered, &c);
	if (r == RG_OK && !c.found)
		r = err_set(
		    e, RG_E_NOT_FOUND, "role: there is no role %s", role);
	return r;
}

enum rg_err
gate_edit_line(const char *field, const char *value, size_t max, struct err *e)
{
	if (value == NULL || text_is_line(value, max))
		return RG_OK;
	return err_set(e, RG_E_INVALID,
	    "%s: expected one line of at most %zu bytes, without control "
	    "characters",
	    field, max);
}

enum rg_err
gate_edit_time(const char *field, int64_t when, int64_t now, struct err *e)
{
	if (when == 0 || (when > now && when <= EDIT_TIME_MAX))
		return RG_OK;
	return err_set(e, RG_E_INVALID,
	    "%s: expected a time to come, in seconds since 1970, or 0 for "
	    "never",
	    field);
}

void
gate_edit_subject(
    const char *what, int64_t id, char out[static EDIT_SUBJECT_MAX])
{
	(void)snprintf(
	    out, EDIT_SUBJECT_MAX, "%.10s:%lld", what, (long long)id);
}
