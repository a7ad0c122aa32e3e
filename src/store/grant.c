/* SPDX-License-Identifier: ISC */
#include "store/grant.h"

#include "store/db.h"
#include "store/row.h"

void
store_grant_read(struct query *q, struct grant_row *g)
{
	g->id = db_column_int(q, 0);
	g->principal = db_column_int(q, 1);
	g->role = db_column_text(q, 2);
	g->reason = db_column_text(q, 3);
	g->expires_at = db_column_int(q, 4);
	g->created_by = db_column_text(q, 5);
	g->created_at = db_column_int(q, 6);
}

/* Hands out the rows of a query whose parameters are bound, and ends it. */
static enum rg_err
each(struct query *q, grant_fn *fn, void *ctx, int64_t *count)
{
	enum rg_err r;
	struct grant_row g;
	bool row;

	*count = 0;
	while ((r = db_step(q, &row)) == RG_OK && row) {
		(*count)++;
		store_grant_read(q, &g);
		if (fn != NULL && (r = fn(ctx, &g)) != RG_OK)
			break;
	}
	db_done(q);
	return r;
}

enum rg_err
store_each_grant(struct store *s, int64_t principal, grant_fn *fn, void *ctx)
{
	struct query q;
	int64_t count;

	db_query(&q, s, ST_GRANTS_OF);
	db_int(&q, principal);
	return each(&q, fn, ctx, &count);
}

enum rg_err
store_grant_find(struct store *s, int64_t id, grant_fn *fn, void *ctx)
{
	enum rg_err r;
	struct query q;
	int64_t count;

	db_query(&q, s, ST_GRANT_FIND);
	db_int(&q, id);
	r = each(&q, fn, ctx, &count);
	return r == RG_OK && count == 0 ? RG_E_NOT_FOUND : r;
}

enum rg_err
store_grant_add(struct store *s, const struct grant_row *g, int64_t *id)
{
	enum rg_err r;
	struct query q;
	bool row = false;

	*id = 0;
	if ((r = db_need_transaction(s)) != RG_OK)
		return r;
	db_query(&q, s, ST_GRANT_ADD);
	db_int(&q, g->principal);
	db_text(&q, g->role);
	db_text(&q, g->reason);
	db_int(&q, g->expires_at);
	db_text(&q, g->created_by);
	db_int(&q, g->created_at);
	r = db_step(&q, &row);
	if (r == RG_OK && row)
		*id = db_column_int(&q, 0);
	/* The foreign keys are checked when the statement ends. */
	if (r == RG_OK)
		r = db_run(&q);
	db_done(&q);
	if (r != RG_OK)
		*id = 0;
	return r;
}

enum rg_err
store_grant_update(struct store *s, const struct grant_row *g)
{
	enum rg_err r;
	struct query q;
	int64_t changed = 0;

	if ((r = db_need_transaction(s)) != RG_OK)
		return r;
	db_query(&q, s, ST_GRANT_UPDATE);
	db_int(&q, g->id);
	db_text(&q, g->reason);
	db_int(&q, g->expires_at);
	r = db_run_count(&q, &changed);
	return r == RG_OK && changed == 0 ? RG_E_NOT_FOUND : r;
}

enum rg_err
store_grant_remove(struct store *s, int64_t id)
{
	enum rg_err r;
	struct query q;
	int64_t removed = 0;

	if ((r = db_need_transaction(s)) != RG_OK)
		return r;
	db_query(&q, s, ST_GRANT_REMOVE);
	db_int(&q, id);
	r = db_run_count(&q, &removed);
	return r == RG_OK && removed == 0 ? RG_E_NOT_FOUND : r;
}
