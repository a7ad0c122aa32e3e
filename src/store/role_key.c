/* SPDX-License-Identifier: ISC */
#include "store/role_key.h"

#include "store/db.h"

enum rg_err
store_role_key_add(struct store *s, const struct role_key_row *row)
{
	struct query q;

	db_query(&q, s, ST_ROLE_KEY_ADD);
	db_text(&q, row->kid);
	db_text(&q, row->public_jwk);
	db_text(&q, row->sealed);
	db_int(&q, row->created_at);
	db_int(&q, row->signs_from);
	return db_run(&q);
}

enum rg_err
store_each_role_key(struct store *s, role_key_fn *fn, void *ctx)
{
	enum rg_err r;
	struct role_key_row k;
	struct query q;
	bool row;

	db_query(&q, s, ST_ROLE_KEYS);
	while ((r = db_step(&q, &row)) == RG_OK && row) {
		k.kid = db_column_text(&q, 0);
		k.public_jwk = db_column_text(&q, 1);
		k.sealed = db_column_text(&q, 2);
		k.created_at = db_column_int(&q, 3);
		k.signs_from = db_column_int(&q, 4);
		k.signs_until = db_column_int(&q, 5);
		if ((r = fn(ctx, &k)) != RG_OK)
			break;
	}
	db_done(&q);
	return r;
}

enum rg_err
store_role_keys_forget(struct store *s, int64_t before)
{
	struct query q;

	db_query(&q, s, ST_ROLE_KEYS_FORGET);
	db_int(&q, before);
	return db_run(&q);
}
