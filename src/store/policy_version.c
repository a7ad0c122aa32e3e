/* SPDX-License-Identifier: ISC */
#include "store/db.h"
#include "store/policy.h"

enum rg_err
store_policy_version(struct store *s, int64_t *version)
{
	enum rg_err r;
	struct query q;
	bool row;

	*version = 0;
	db_query(&q, s, ST_POLICY_VERSION);
	r = db_step(&q, &row);
	if (r == RG_OK && !row)
		r = db_fail(s, RG_E_STORE_CORRUPT, "meta has no row");
	if (r == RG_OK)
		*version = db_column_int(&q, 0);
	db_done(&q);
	return r;
}

/* Whether each version in between is on record. */
static enum rg_err
are_recorded(struct store *s, int64_t since, int64_t version, bool *all)
{
	enum rg_err r;
	struct query q;
	bool row;

	*all = false;
	db_query(&q, s, ST_POLICY_CHANGE_COUNT);
	db_int(&q, since);
	db_int(&q, version);
	if ((r = db_step(&q, &row)) == RG_OK && row)
		*all =
		    since < version && db_column_int(&q, 0) == version - since;
	db_done(&q);
	return r;
}

enum rg_err
store_each_policy_change(struct store *s, int64_t since, int64_t version,
    policy_change_fn *fn, void *ctx)
{
	enum rg_err r;
	struct query q;
	bool row, all;

	if ((r = are_recorded(s, since, version, &all)) != RG_OK)
		return r;
	if (!all)
		return RG_E_NOT_FOUND;
	db_query(&q, s, ST_POLICY_CHANGES);
	db_int(&q, since);
	db_int(&q, version);
	while ((r = db_step(&q, &row)) == RG_OK && row)
		if ((r = fn(ctx, db_column_int(&q, 0))) != RG_OK)
			break;
	db_done(&q);
	return r;
}
