/* SPDX-License-Identifier: ISC */
#include "store/contextforge.h"

#include "store/db.h"

enum rg_err
store_each_cf_person(struct store *s, cf_id_fn *fn, void *ctx)
{
	enum rg_err r;
	struct query q;
	bool row;

	db_query(&q, s, ST_PERSON_IDS);
	while ((r = db_step(&q, &row)) == RG_OK && row)
		if ((r = fn(ctx, db_column_int(&q, 0))) != RG_OK)
			break;
	db_done(&q);
	return r;
}

static void
read_person(struct query *q, struct cf_person *p)
{
	struct principal_row *row = &p->principal;

	row->id = db_column_int(q, 0);
	row->provider = db_column_text(q, 1);
	row->issuer = db_column_text(q, 2);
	row->tenant = db_column_text(q, 3);
	row->subject = db_column_text(q, 4);
	row->kind = "user";
	row->name = db_column_text(q, 5);
	row->username = db_column_text(q, 6);
	row->email = db_column_text(q, 7);
	row->claims = db_column_text(q, 8);
	row->groups = db_column_text(q, 9);
	row->disabled = db_column_int(q, 10) != 0;
	p->session_until = db_column_int(q, 11);
}

enum rg_err
store_cf_person(
    struct store *s, int64_t id, int64_t now, cf_person_fn *fn, void *ctx)
{
	enum rg_err r;
	struct cf_person p = {0};
	struct query q;
	bool row;

	db_query(&q, s, ST_PERSON);
	db_int(&q, id);
	db_int(&q, now);
	r = db_step(&q, &row);
	if (r == RG_OK && !row)
		r = RG_E_NOT_FOUND;
	if (r == RG_OK) {
		read_person(&q, &p);
		r = fn(ctx, &p);
	}
	db_done(&q);
	return r;
}

enum rg_err
store_address_shared(struct store *s, int64_t id, const char *address,
    bool by_username, const char *provider, bool *shared)
{
	enum rg_err r;
	struct query q;

	*shared = true;
	db_query(&q, s, by_username ? ST_USERNAME_SHARED : ST_EMAIL_SHARED);
	db_int(&q, id);
	db_text(&q, address);
	db_text(&q, provider);
	r = db_step(&q, shared);
	db_done(&q);
	return r;
}

enum rg_err
store_each_cf_grant(struct store *s, const char *gateway, int64_t principal,
    cf_grant_fn *fn, void *ctx)
{
	enum rg_err r;
	struct cf_grant_row g = {.gateway = gateway, .principal = principal};
	struct query q;
	bool row;

	db_query(&q, s, ST_CF_GRANTS);
	db_int(&q, principal);
	db_text(&q, gateway);
	while ((r = db_step(&q, &row)) == RG_OK && row) {
		g.email = db_column_text(&q, 0);
		g.role_id = db_column_text(&q, 1);
		g.scope = db_column_text(&q, 2);
		g.scope_id = db_column_text(&q, 3);
		g.role = db_column_text(&q, 4);
		g.pending = db_column_int(&q, 5) != 0;
		g.expires_at = db_column_int(&q, 6);
		g.changed_at = db_column_int(&q, 7);
		if ((r = fn(ctx, &g)) != RG_OK)
			break;
	}
	db_done(&q);
	return r;
}

static void
bind_key(struct query *q, const struct cf_grant_row *g)
{
	db_text(q, g->gateway);
	db_text(q, g->email);
	db_text(q, g->role_id);
	db_text(q, g->scope);
	db_text(q, g->scope_id);
}

static void
bind_all(struct query *q, const struct cf_grant_row *g, bool pending)
{
	bind_key(q, g);
	db_int(q, g->principal);
	db_text(q, g->role);
	db_int(q, pending ? 1 : 0);
	db_int(q, g->expires_at);
	db_int(q, g->changed_at);
}

enum rg_err
store_cf_grant_claim(
    struct store *s, const struct cf_grant_row *g, int64_t stale)
{
	enum rg_err r;
	struct query q;
	int64_t count = 0;

	if (!db_in_transaction(s))
		return db_fail(s, RG_E_INTERNAL, "no transaction");
	db_query(&q, s, ST_CF_GRANT_CLAIM);
	bind_all(&q, g, true);
	db_int(&q, stale);
	r = db_run_count(&q, &count);
	return r == RG_OK && count == 0 ? RG_E_EXISTS : r;
}

enum rg_err
store_cf_grant_put(struct store *s, const struct cf_grant_row *g)
{
	struct query q;

	if (!db_in_transaction(s))
		return db_fail(s, RG_E_INTERNAL, "no transaction");
	db_query(&q, s, ST_CF_GRANT_PUT);
	bind_all(&q, g, g->pending);
	return db_run(&q);
}

enum rg_err
store_cf_grant_remove(struct store *s, const struct cf_grant_row *g)
{
	struct query q;

	if (!db_in_transaction(s))
		return db_fail(s, RG_E_INTERNAL, "no transaction");
	db_query(&q, s, ST_CF_GRANT_REMOVE);
	bind_key(&q, g);
	return db_run(&q);
}
