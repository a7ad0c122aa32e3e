/* SPDX-License-Identifier: ISC */
#include "store/counter.h"

#include "store/db.h"

static enum rg_err
add(struct store *s, const struct counter_row *row)
{
	enum rg_err r;
	struct query q;

	db_query(&q, s, ST_COUNTER_ADD);
	db_int(&q, row->minute);
	db_text(&q, row->name);
	db_text(&q, row->reason);
	db_int(&q, row->count);
	if ((r = db_run(&q)) != RG_OK)
		return r;
	db_query(&q, s, ST_COUNTER_TOTAL_ADD);
	db_text(&q, row->name);
	db_text(&q, row->reason);
	db_int(&q, row->count);
	return db_run(&q);
}

enum rg_err
store_counters_add(
    struct store *s, const struct counter_row *rows, size_t count)
{
	enum rg_err r;
	size_t i;

	r = store_begin(s);
	for (i = 0; r == RG_OK && i < count; i++)
		r = add(s, &rows[i]);
	if (r == RG_OK)
		r = store_commit(s);
	store_rollback(s);
	return r;
}

enum rg_err
store_counters_sweep(
    struct store *s, int64_t minute, int limit, int64_t *removed)
{
	struct query q;

	*removed = 0;
	if (limit <= 0) /* which SQL takes for "all" */
		return RG_OK;
	db_query(&q, s, ST_COUNTER_SWEEP);
	db_int(&q, minute);
	db_int(&q, limit);
	return db_run_count(&q, removed);
}

static enum rg_err
each(struct query *q, counter_fn *fn, void *ctx)
{
	enum rg_err r;
	struct counter_row row;
	bool more;

	while ((r = db_step(q, &more)) == RG_OK && more) {
		row.minute = db_column_int(q, 0);
		row.name = db_column_text(q, 1);
		row.reason = db_column_text(q, 2);
		row.count = db_column_int(q, 3);
		if ((r = fn(ctx, &row)) != RG_OK)
			break;
	}
	db_done(q);
	return r;
}

enum rg_err
store_each_total(struct store *s, counter_fn *fn, void *ctx)
{
	struct query q;

	db_query(&q, s, ST_COUNTER_TOTALS);
	return each(&q, fn, ctx);
}

enum rg_err
store_each_counter(struct store *s, int64_t since, counter_fn *fn, void *ctx)
{
	struct query q;

	db_query(&q, s, ST_COUNTERS);
	db_int(&q, since);
	return each(&q, fn, ctx);
}
