/* SPDX-License-Identifier: ISC */
/* Who would gain or lose a role, and the document of what there is. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "gate_known.h"
#include "gate_plan_internal.h"
#include "store/admin.h"

#define PAGE 500

struct asking {
	struct gate *g;
	const struct gate_plan *plan;
	const struct gate_what_if_query *query;
	json_t *changed;
	bool truncated;
	int64_t last_id;
	int64_t total, same, gain, lose, unknown, skipped;
	int64_t admins_before, admins_after;
};

/* Those of `a` that `b` lacks; both are sorted. */
static json_t *
missing(const struct access_decision *a, const struct access_decision *b)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < a->role_count; i++)
		if (!access_has_role(b, a->roles[i]))
			(void)json_array_append_new(
			    list, json_string(a->roles[i]));
	return list;
}

/* Takes the references. */
static enum rg_err
list_own(struct asking *q, const struct principal_row *row,
    const struct access_decision *before, const struct access_decision *after,
    json_t *gained, json_t *lost)
{
	json_t *person, *item;

	if (json_array_size(q->changed) >= q->query->limit) {
		q->truncated = true;
		json_decref(gained);
		json_decref(lost);
		return RG_OK;
	}
	person = gate_principal_json(row);
	item = json_pack("{s:I, s:O?, s:s, s:s, s:o, s:o, s:o, s:o, s:b}",
	    "principal", (json_int_t)row->id, "subject",
	    json_object_get(person, "subject"), "name", row->name, "username",
	    row->username, "before",
	    json_strings(before->roles, before->role_count), "after",
	    json_strings(after->roles, after->role_count), "gained", gained,
	    "lost", lost, "groups_unknown",
	    after->groups_state == GROUPS_UNKNOWN);
	json_decref(person);
	return json_array_append_new(q->changed, item) == 0 ? RG_OK
							    : RG_E_NOMEM;
}

/*
 * Where the groups are not known, a role that is not there any more may still
 * be theirs: that is "unknown", and not a loss.
 */
static enum rg_err
count(struct asking *q, const struct principal_row *row,
    const struct access_decision *before, const struct access_decision *after)
{
	json_t *gained = missing(after, before);
	json_t *lost = missing(before, after);
	bool unknown = after->groups_state == GROUPS_UNKNOWN;
	bool gains = json_array_size(gained) > 0;
	bool loses = json_array_size(lost) > 0;

	q->admins_before += before->is_admin;
	q->admins_after += after->is_admin;
	q->unknown += unknown;
	q->gain += gains;
	q->lose += loses && !unknown;
	if (!gains && !loses) {
		q->same++;
		json_decref(gained);
		json_decref(lost);
		return RG_OK;
	}
	return list_own(q, row, before, after, gained, lost);
}

static enum rg_err
take_person(void *ctx, const struct principal_row *row)
{
	struct asking *q = ctx;
	struct access_decision before = {0}, after = {0};
	struct gate_known k;
	enum rg_err r;

	q->last_id = row->id;
	q->total++;
	/* Of who has only ever shown a token nothing is on record. */
	r = row->disabled || strcmp(row->claims, "{}") == 0
		? RG_E_PROVIDER_UNKNOWN
		: gate_known_load(q->g, row, q->query->now, &k);
	if (gate_known_is_left_out(r)) {
		q->skipped++;
		return RG_OK;
	}
	if (r != RG_OK)
		return r;
	if ((r = access_decide(q->plan->before, &k.subject, &before)) ==
		RG_OK &&
	    (r = access_decide(q->plan->after, &k.subject, &after)) == RG_OK)
		r = count(q, row, &before, &after);
	access_decision_clear(&before);
	access_decision_clear(&after);
	gate_known_clear(&k);
	return r;
}

static json_t *
answer(const struct asking *q)
{
	struct gate_plan_counts n = gate_plan_counts(q->plan);

	return json_pack("{s:{s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I, s:I, s:I, "
			 "s:I, s:I}, s:O, s:b}",
	    "plan", "add", (json_int_t)n.add, "change", (json_int_t)n.change,
	    "remove", (json_int_t)n.remove, "people", "total",
	    (json_int_t)q->total, "same", (json_int_t)q->same, "gain",
	    (json_int_t)q->gain, "lose", (json_int_t)q->lose, "unknown",
	    (json_int_t)q->unknown, "skipped", (json_int_t)q->skipped,
	    "admins_before", (json_int_t)q->admins_before, "admins_after",
	    (json_int_t)q->admins_after, "changed", q->changed, "truncated",
	    q->truncated);
}

enum rg_err
gate_what_if(struct gate *g, const struct gate_plan *plan,
    const struct gate_what_if_query *query, json_t **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct asking q = {.g = g, .plan = plan, .query = query};
	int64_t people = 0, page;

	*out = NULL;
	err_clear(e);
	if ((q.changed = json_array()) == NULL) {
		r = RG_E_NOMEM;
		goto out;
	}
	if ((r = store_principal_count(g->store, &people)) != RG_OK)
		goto out;
	do {
		page = q.total;
		r = store_known_page(
		    g->store, q.last_id, PAGE, take_person, &q);
		if (query->progress != NULL)
			query->progress(query->ctx, q.total, people);
	} while (r == RG_OK && q.total > page);
	if (r == RG_OK && (*out = answer(&q)) == NULL)
		r = RG_E_NOMEM;
out:
	if (r != RG_OK && e->code != r)
		(void)gate_store_err(g, r, "asking what if", e);
	json_decref(q.changed);
	return r;
}

static enum rg_err
export_role(void *ctx, const struct role_row *row)
{
	if (strcmp(row->name, "admin") == 0)
		return RG_OK;
	return json_array_append_new(
		   json_object_get(ctx, "roles"), gate_role_json(row)) == 0
		   ? RG_OK
		   : RG_E_NOMEM;
}

/* Without what the next database gives it: id, author and time. */
static enum rg_err
export_mapping(void *ctx, const struct mapping_row *row)
{
	static const char *const own[] = {"id", "created_by", "created_at"};
	json_t *m = gate_mapping_json(row);
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		(void)json_object_del(m, own[i]);
	return json_array_append_new(json_object_get(ctx, "mappings"), m) == 0
		   ? RG_OK
		   : RG_E_NOMEM;
}

enum rg_err
gate_policy_export(struct gate *g, json_t **out, struct err *e)
{
	enum rg_err r = RG_E_NOMEM;
	json_t *doc;

	*out = NULL;
	err_clear(e);
	doc = json_pack("{s:s, s:[], s:[]}", "schema", GATE_DOCUMENT_SCHEMA,
	    "roles", "mappings");
	if (doc != NULL && (r = store_begin_read(g->store)) == RG_OK &&
	    (r = store_each_role(g->store, export_role, doc)) == RG_OK)
		r = store_each_mapping(g->store, export_mapping, doc);
	store_rollback(g->store);
	if (r != RG_OK) {
		(void)gate_store_err(g, r, "exporting", e);
		json_decref(doc);
		return r;
	}
	*out = doc;
	return RG_OK;
}
