/* SPDX-License-Identifier: ISC */
#include "store/document.h"

#include "store/db.h"

enum rg_err
store_document_load(struct store *s, const char *issuer, const char *kind,
    struct buf *text, int64_t *fetched_at)
{
	enum rg_err r;
	struct query q;
	bool row;

	*fetched_at = 0;
	db_query(&q, s, ST_DOCUMENT_LOAD);
	db_text(&q, issuer);
	db_text(&q, kind);
	r = db_step(&q, &row);
	if (r == RG_OK && !row)
		r = RG_E_NOT_FOUND;
	if (r == RG_OK) {
		buf_puts(text, db_column_text(&q, 0));
		*fetched_at = db_column_int(&q, 1);
		r = buf_ok(text) ? RG_OK : RG_E_NOMEM;
	}
	db_done(&q);
	return r;
}

enum rg_err
store_document_save(struct store *s, const char *issuer, const char *kind,
    const char *text, size_t len, int64_t fetched_at)
{
	struct query q;

	db_query(&q, s, ST_DOCUMENT_SAVE);
	db_text(&q, issuer);
	db_text(&q, kind);
	db_text_len(&q, text, len);
	db_int(&q, fetched_at);
	return db_run(&q);
}

enum rg_err
store_document_may_fetch(struct store *s, const char *issuer, const char *kind,
    int64_t now, int64_t interval, bool *granted)
{
	enum rg_err r;
	struct query q;
	int64_t changed = 0;

	*granted = false;
	db_query(&q, s, ST_DOCUMENT_MAY_FETCH);
	db_text(&q, issuer);
	db_text(&q, kind);
	db_int(&q, now);
	db_int(&q, interval);
	if ((r = db_run_count(&q, &changed)) != RG_OK)
		return r;
	*granted = changed > 0;
	return RG_OK;
}
