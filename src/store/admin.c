/* SPDX-License-Identifier: ISC */
#include "store/admin.h"

#include <string.h>

#include "store/db.h"
#include "store/row.h"

enum rg_err
store_each_admin_provider(
    struct store *s, int64_t now, admin_provider_fn *fn, void *ctx)
{
	enum rg_err r;
	struct query q;
	bool row;

	db_query(&q, s, ST_ADMIN_PROVIDERS);
	db_int(&q, now);
	while ((r = db_step(&q, &row)) == RG_OK && row)
		if ((r = fn(ctx, db_column_text(&q, 0))) != RG_OK)
			break;
	db_done(&q);
	return r;
}

void
store_principal_read(struct query *q, int at, struct principal_row *p)
{
	memset(p, 0, sizeof(*p));
	p->id = db_column_int(q, at);
	p->provider = db_column_text(q, at + 1);
	p->issuer = db_column_text(q, at + 2);
	p->tenant = db_column_text(q, at + 3);
	p->subject = db_column_text(q, at + 4);
	p->kind = db_column_text(q, at + 5);
	p->name = db_column_text(q, at + 6);
	p->username = db_column_text(q, at + 7);
	p->email = db_column_text(q, at + 8);
	p->roles = db_column_text(q, at + 9);
	p->first_seen = db_column_int(q, at + 10);
	p->last_seen = db_column_int(q, at + 11);
	p->disabled = db_column_int(q, at + 12) != 0;
}

enum rg_err
store_principal_get(struct store *s, int64_t id, principal_fn *fn, void *ctx)
{
	struct principal_row p;
	struct query q;
	enum rg_err r;
	bool row;

	db_query(&q, s, ST_PRINCIPAL_GET);
	db_int(&q, id);
	if ((r = db_step(&q, &row)) == RG_OK) {
		if (row) {
			store_principal_read(&q, 0, &p);
			r = fn(ctx, &p);
		} else {
			r = RG_E_NOT_FOUND;
		}
	}
	db_done(&q);
	return r;
}

enum rg_err
store_principal_lookup(struct store *s, const char *provider,
    const char *tenant, const char *subject, int64_t *id)
{
	struct query q;
	enum rg_err r;
	bool row;

	*id = 0;
	db_query(&q, s, ST_PRINCIPAL_LOOKUP);
	db_text(&q, provider);
	db_text(&q, tenant);
	db_text(&q, subject);
	if ((r = db_step(&q, &row)) == RG_OK) {
		if (row)
			*id = db_column_int(&q, 0);
		else
			r = RG_E_NOT_FOUND;
	}
	db_done(&q);
	return r;
}

enum rg_err
store_principal_count(struct store *s, int64_t *count)
{
	struct query q;
	enum rg_err r;
	bool row;

	*count = 0;
	db_query(&q, s, ST_PRINCIPAL_COUNT);
	if ((r = db_step(&q, &row)) == RG_OK && row)
		*count = db_column_int(&q, 0);
	db_done(&q);
	return r;
}

/* Calls `fn` for each row of a query with claims and groups; ends the query. */
static enum rg_err
each_known(struct query *q, principal_fn *fn, void *ctx)
{
	struct principal_row p;
	enum rg_err r;
	bool row;

	while ((r = db_step(q, &row)) == RG_OK && row) {
		store_principal_read(q, 0, &p);
		p.claims = db_column_text(q, 13);
		p.groups = db_column_text(q, 14);
		if ((r = fn(ctx, &p)) != RG_OK)
			break;
	}
	db_done(q);
	return r;
}

enum rg_err
store_known_page(
    struct store *s, int64_t after, int limit, principal_fn *fn, void *ctx)
{
	struct query q;

	db_query(&q, s, ST_KNOWN_PAGE);
	db_int(&q, after);
	db_int(&q, limit);
	return each_known(&q, fn, ctx);
}

enum rg_err
store_each_known_admin(struct store *s, principal_fn *fn, void *ctx)
{
	struct query q;

	db_query(&q, s, ST_KNOWN_ADMINS);
	return each_known(&q, fn, ctx);
}

enum rg_err
store_known_last(struct store *s, const char *provider, int limit,
    principal_fn *fn, void *ctx)
{
	struct query q;

	db_query(&q, s, ST_KNOWN_LAST);
	db_text(&q, provider);
	db_int(&q, limit);
	return each_known(&q, fn, ctx);
}

enum rg_err
store_principal_disable(struct store *s, int64_t id, bool disabled)
{
	int64_t count = 0;
	struct query q;
	enum rg_err r;

	if (!db_in_transaction(s))
		return db_fail(s, RG_E_INTERNAL, "no transaction is open");
	db_query(&q, s, ST_PRINCIPAL_DISABLE);
	db_int(&q, id);
	db_int(&q, disabled);
	r = db_run_count(&q, &count);
	return r == RG_OK && count == 0 ? RG_E_NOT_FOUND : r;
}

static enum rg_err
take_disabled(void *ctx, const struct principal_row *p)
{
	bool *disabled = ctx;

	*disabled = p->disabled;
	return RG_OK;
}

enum rg_err
store_principal_is_disabled(struct store *s, int64_t id, bool *disabled)
{
	*disabled = true;
	return store_principal_get(s, id, take_disabled, disabled);
}

enum rg_err
store_session_page(
    struct store *s, const struct session_filter *f, session_fn *fn, void *ctx)
{
	struct session_row row;
	struct query q;
	enum rg_err r;
	bool more;

	db_query(&q, s,
	    f->principal == 0 ? ST_SESSION_PAGE : ST_SESSION_PAGE_PRINCIPAL);
	db_int(&q, f->now);
	db_int(&q, f->before);
	db_text(&q, f->before_id);
	db_int(&q, f->limit);
	if (f->principal != 0)
		db_int(&q, f->principal);
	while ((r = db_step(&q, &more)) == RG_OK && more) {
		memset(&row, 0, sizeof(row));
		row.public_id = db_column_text(&q, 0);
		row.issued_at = db_column_int(&q, 1);
		row.last_used = db_column_int(&q, 2);
		row.expires_at = db_column_int(&q, 3);
		store_principal_read(&q, 4, &row.principal);
		if ((r = fn(ctx, &row)) != RG_OK)
			break;
	}
	db_done(&q);
	return r;
}

enum rg_err
store_session_owner(struct store *s, const char *public_id, int64_t *principal)
{
	struct query q;
	enum rg_err r;
	bool row;

	*principal = 0;
	db_query(&q, s, ST_SESSION_OWNER);
	db_text(&q, public_id);
	if ((r = db_step(&q, &row)) == RG_OK) {
		if (row)
			*principal = db_column_int(&q, 0);
		else
			r = RG_E_NOT_FOUND;
	}
	db_done(&q);
	return r;
}

enum rg_err
store_session_end_all(struct store *s, int64_t now)
{
	struct query q;
	enum rg_err r;

	if (!db_in_transaction(s))
		return db_fail(s, RG_E_INTERNAL, "no transaction is open");
	db_query(&q, s, ST_SESSION_END_ALL);
	db_int(&q, now);
	if ((r = db_run(&q)) != RG_OK)
		return r;
	/* The few of this second, which the mark lets live. */
	db_query(&q, s, ST_SESSION_REMOVE_FROM);
	db_int(&q, now);
	return db_run(&q);
}
