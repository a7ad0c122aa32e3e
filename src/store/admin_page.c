/* SPDX-License-Identifier: ISC */
/* Mappings, grants and people page by page, in some orders. */
#include "store/admin.h"

#include <string.h>

#include "base/buf.h"
#include "store/db.h"
#include "store/row.h"

/* The statements of a list in an order; ST__MAX where there is none. */
struct sorted {
	enum store_key key;
	enum stmt up, down;
};

static enum stmt
find_sorted(const struct sorted *list, size_t count, struct store_order order)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (list[i].key == order.key)
			return order.down ? list[i].down : list[i].up;
	return ST__MAX;
}

#define FIND_SORTED(list, order)                                               \
	find_sorted(list, sizeof(list) / sizeof((list)[0]), order)

static enum rg_err
no_order(struct store *s)
{
	return db_fail(s, RG_E_INTERNAL, "no list has this order");
}

enum rg_err
store_grant_page(
    struct store *s, const struct grant_filter *f, grant_fn *fn, void *ctx)
{
	static const struct sorted orders[] = {{BY_ID, ST_GRANT_PAGE, ST__MAX},
	    {BY_ROLE, ST_GRANT_ROLE_UP, ST_GRANT_ROLE_DOWN},
	    {BY_TIME, ST_GRANT_END_UP, ST_GRANT_END_DOWN}};
	enum stmt which = FIND_SORTED(orders, f->order);
	enum rg_err r;
	struct grant_row g;
	struct query q;
	bool row;

	if (which == ST__MAX)
		return no_order(s);
	db_query(&q, s, which);
	db_int(&q, f->after);
	db_int(&q, f->limit);
	db_int(&q, f->principal);
	db_text(&q, f->role);
	while ((r = db_step(&q, &row)) == RG_OK && row) {
		store_grant_read(&q, &g);
		if ((r = fn(ctx, &g)) != RG_OK)
			break;
	}
	db_done(&q);
	return r;
}

/*
 * "%a\_b%": what LIKE knows is escaped, so that "%" finds a percent sign.
 * Nothing for NULL.
 */
static enum rg_err
put_pattern(struct buf *out, const char *search)
{
	if (search == NULL)
		return RG_OK;
	buf_putc(out, '%');
	for (; *search != '\0'; search++) {
		if (strchr("%_\\", *search) != NULL)
			buf_putc(out, '\\');
		buf_putc(out, *search);
	}
	buf_putc(out, '%');
	if (buf_ok(out))
		return RG_OK;
	buf_clear(out);
	return RG_E_NOMEM;
}

enum rg_err
store_mapping_page(
    struct store *s, const struct mapping_filter *f, mapping_fn *fn, void *ctx)
{
	static const struct sorted orders[] = {
	    {BY_ID, ST_MAPPING_PAGE, ST__MAX},
	    {BY_NAME, ST_MAPPING_LABEL_UP, ST_MAPPING_LABEL_DOWN},
	    {BY_PROVIDER, ST_MAPPING_PROVIDER_UP, ST_MAPPING_PROVIDER_DOWN},
	    {BY_ROLE, ST_MAPPING_ROLE_UP, ST_MAPPING_ROLE_DOWN}};
	enum stmt which = FIND_SORTED(orders, f->order);
	struct buf pattern = BUF_INIT;
	struct mapping_row m;
	struct query q;
	enum rg_err r;
	bool row;

	if (which == ST_MAPPING_PAGE && f->role != NULL)
		which = ST_MAPPING_PAGE_ROLE;
	if (which == ST__MAX)
		return no_order(s);
	if ((r = put_pattern(&pattern, f->search)) != RG_OK)
		return r;
	db_query(&q, s, which);
	db_int(&q, f->after);
	db_int(&q, f->limit);
	db_text(&q, f->provider);
	db_text(&q, f->search == NULL ? NULL : buf_str(&pattern));
	if (which != ST_MAPPING_PAGE)
		db_text(&q, f->role);
	while ((r = db_step(&q, &row)) == RG_OK && row) {
		store_mapping_read(&q, &m);
		if ((r = fn(ctx, &m)) != RG_OK)
			break;
	}
	db_done(&q);
	buf_clear(&pattern);
	return r;
}

enum rg_err
store_principal_page(struct store *s, const struct principal_filter *f,
    principal_fn *fn, void *ctx)
{
	static const struct sorted orders[] = {
	    {BY_ID, ST_PRINCIPAL_PAGE, ST__MAX},
	    {BY_NAME, ST_PRINCIPAL_NAME_UP, ST_PRINCIPAL_NAME_DOWN},
	    {BY_PROVIDER, ST_PRINCIPAL_PROVIDER_UP, ST_PRINCIPAL_PROVIDER_DOWN},
	    {BY_TIME, ST_PRINCIPAL_SEEN_UP, ST_PRINCIPAL_SEEN_DOWN}};
	enum stmt which = FIND_SORTED(orders, f->order);
	struct buf pattern = BUF_INIT;
	struct principal_row p;
	struct query q;
	enum rg_err r;
	bool row;

	if (which == ST__MAX)
		return no_order(s);
	if ((r = put_pattern(&pattern, f->search)) != RG_OK)
		return r;
	db_query(&q, s, which);
	db_int(&q, f->after);
	db_int(&q, f->limit);
	db_text(&q, f->provider);
	db_text(&q, f->search == NULL ? NULL : buf_str(&pattern));
	db_int(&q, f->disabled);
	while ((r = db_step(&q, &row)) == RG_OK && row) {
		store_principal_read(&q, 0, &p);
		if ((r = fn(ctx, &p)) != RG_OK)
			break;
	}
	db_done(&q);
	buf_clear(&pattern);
	return r;
}
