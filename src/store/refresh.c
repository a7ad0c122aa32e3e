/* SPDX-License-Identifier: ISC */
#include "store/refresh.h"

#include <stdlib.h>
#include <string.h>

#include "store/db.h"

enum rg_err
store_refresh_put(struct store *s, const uint8_t session[HASH_LEN],
    const char *sealed, int64_t due_at, int64_t ends_at)
{
	struct query q;

	db_query(&q, s, ST_REFRESH_PUT);
	db_blob(&q, session, HASH_LEN);
	db_text(&q, sealed);
	db_int(&q, due_at);
	db_int(&q, ends_at);
	return db_run(&q);
}

static enum rg_err
read_row(struct query *q, struct refresh_row *out)
{
	size_t len = 0;
	const void *hash = db_column_blob(q, 0, &len);

	if (len != HASH_LEN)
		return RG_E_STORE_CORRUPT;
	memcpy(out->session, hash, HASH_LEN);
	out->ends_at = db_column_int(q, 2);
	out->sealed = strdup(db_column_text(q, 1));
	return out->sealed == NULL ? RG_E_NOMEM : RG_OK;
}

enum rg_err
store_refresh_take(
    struct store *s, int64_t now, int64_t again, struct refresh_row *out)
{
	enum rg_err r;
	struct query q;
	bool row, more = false;

	memset(out, 0, sizeof(*out));
	db_query(&q, s, ST_REFRESH_TAKE);
	db_int(&q, now);
	db_int(&q, again);
	r = db_step(&q, &row);
	if (r == RG_OK && !row)
		r = RG_E_NOT_FOUND;
	if (r == RG_OK && (r = read_row(&q, out)) == RG_OK)
		r = db_step(&q, &more); /* to its end: it is a write */
	db_done(&q);
	if (r != RG_OK) {
		free(out->sealed);
		out->sealed = NULL;
	}
	return r;
}

enum rg_err
store_session_renew(struct store *s, const struct session_row *row, int64_t now)
{
	enum rg_err r;
	struct query q;
	int64_t changed = 0;

	db_query(&q, s, ST_SESSION_RENEW);
	db_blob(&q, row->hash, HASH_LEN);
	db_text(&q, row->claims);
	db_text(&q, row->groups);
	db_text(&q, row->roles);
	db_int(&q, row->expires_at);
	db_int(&q, now);
	r = db_run_count(&q, &changed);
	return r == RG_OK && changed == 0 ? RG_E_NOT_FOUND : r;
}
