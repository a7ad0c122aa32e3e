/* SPDX-License-Identifier: ISC */
#include "store/sealed.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "store/db.h"

#define KEY_MAX 64

/* The key of a row: a text, or the hash of a session. */
struct place {
	bool is_hash;
	char bytes[KEY_MAX];
	size_t len;
};

static void
bind_place(struct query *q, const struct place *at)
{
	if (at->is_hash)
		db_blob(q, at->bytes, at->len);
	else
		db_text(q, at->bytes);
}

/* The row behind `at`, which becomes its place; RG_E_NOT_FOUND at the end. */
static enum rg_err
next(struct store *s, enum stmt which, struct place *at, struct buf *sealed)
{
	enum rg_err r;
	struct query q;
	const void *key;
	bool row;
	size_t len;

	db_query(&q, s, which);
	bind_place(&q, at);
	r = db_step(&q, &row);
	if (r == RG_OK && !row)
		r = RG_E_NOT_FOUND;
	if (r == RG_OK) {
		key = db_column_blob(&q, 0, &len);
		if (len >= sizeof(at->bytes)) {
			r = RG_E_STORE_CORRUPT;
		} else {
			memcpy(at->bytes, key, len);
			at->bytes[len] = '\0';
			at->len = len;
			buf_reset(sealed);
			buf_puts(sealed, db_column_text(&q, 1));
			r = buf_ok(sealed) ? RG_OK : RG_E_NOMEM;
		}
	}
	db_done(&q);
	return r;
}

static enum rg_err
put(struct store *s, enum stmt which, const struct place *at,
    const char *sealed)
{
	struct query q;

	db_query(&q, s, which);
	bind_place(&q, at);
	db_text(&q, sealed);
	return db_run(&q);
}

static enum rg_err
reseal(struct store *s, enum stmt read, enum stmt write, struct place *at,
    sealed_fn *fn, void *ctx, int64_t *count)
{
	struct buf sealed = BUF_INIT, fresh = BUF_INIT;
	enum rg_err r;

	*count = 0;
	while ((r = next(s, read, at, &sealed)) == RG_OK) {
		buf_reset(&fresh);
		r = fn(ctx, buf_str(&sealed), &fresh);
		if (r == RG_E_SEAL)
			continue;
		if (r != RG_OK ||
		    (r = put(s, write, at, buf_str(&fresh))) != RG_OK)
			break;
		(*count)++;
	}
	buf_clear(&sealed);
	buf_clear(&fresh);
	return r == RG_E_NOT_FOUND ? RG_OK : r;
}

enum rg_err
store_reseal_role_keys(
    struct store *s, sealed_fn *fn, void *ctx, int64_t *count)
{
	struct place at = {.is_hash = false};

	return reseal(
	    s, ST_SEALED_ROLE_KEY, ST_SEALED_ROLE_KEY_PUT, &at, fn, ctx, count);
}

enum rg_err
store_reseal_refreshes(
    struct store *s, sealed_fn *fn, void *ctx, int64_t *count)
{
	struct place at = {.is_hash = true};

	return reseal(
	    s, ST_SEALED_REFRESH, ST_SEALED_REFRESH_PUT, &at, fn, ctx, count);
}
