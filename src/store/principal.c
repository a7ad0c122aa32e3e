/* SPDX-License-Identifier: ISC */
#include "store/principal.h"

#include "store/db.h"

enum rg_err
store_principal_state(
    struct store *s, const struct principal_row *p, struct principal_state *out)
{
	enum rg_err r;
	struct query q;
	bool row = false;

	db_query(&q, s, ST_PRINCIPAL_STATE);
	db_text(&q, p->provider);
	db_text(&q, p->issuer);
	db_text(&q, p->tenant);
	db_text(&q, p->subject);
	if ((r = db_step(&q, &row)) == RG_OK && row) {
		out->id = db_column_int(&q, 0);
		out->disabled = db_column_int(&q, 1) != 0;
	}
	db_done(&q);
	return r == RG_OK && !row ? RG_E_NOT_FOUND : r;
}

enum rg_err
store_principal_add(struct store *s, const struct principal_row *p, int64_t *id)
{
	enum rg_err r;
	struct query q;
	bool row = false;

	db_query(&q, s, ST_PRINCIPAL_ADD);
	db_text(&q, p->provider);
	db_text(&q, p->issuer);
	db_text(&q, p->tenant);
	db_text(&q, p->subject);
	db_text(&q, p->kind);
	db_text(&q, p->name);
	db_text(&q, p->username);
	db_text(&q, p->email);
	db_text(&q, p->roles);
	db_int(&q, p->first_seen);
	db_int(&q, p->last_seen);
	db_text(&q, p->claims);
	db_text(&q, p->groups);
	if ((r = db_step(&q, &row)) == RG_OK && row)
		*id = db_column_int(&q, 0);
	if (r == RG_OK)
		r = db_run(&q);
	db_done(&q);
	return r;
}
