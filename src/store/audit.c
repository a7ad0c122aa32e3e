/* SPDX-License-Identifier: ISC */
#include "store/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/audit_internal.h"

static const char *
or_empty(const char *s)
{
	return s == NULL ? "" : s;
}

static void
put_field(struct buf *out, const char *text)
{
	size_t len = strlen(text);
	uint8_t size[8];
	int i;

	for (i = 0; i < 8; i++)
		size[i] = (uint8_t)((uint64_t)len >> (8 * (7 - i)));
	buf_put(out, size, sizeof(size));
	buf_put(out, text, len);
}

static void
put_number(struct buf *out, int64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, n);
	put_field(out, text);
}

enum rg_err
audit_row_hash(const struct audit_row *row, char out[static HASH_HEX_LEN + 1])
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf text = BUF_INIT;
	uint8_t digest[HASH_LEN];

	put_field(&text, row->prev_hash);
	put_number(&text, row->seq);
	put_number(&text, row->time);
	put_field(&text, row->event);
	put_field(&text, or_empty(row->actor));
	put_field(&text, or_empty(row->subject));
	put_field(&text, or_empty(row->client));
	put_field(&text, or_empty(row->request_id));
	put_field(&text, row->detail);
	if (!buf_ok(&text)) {
		r = RG_E_NOMEM;
		goto out;
	}
	if ((r = hash_sha256(buf_str(&text), text.len, digest)) != RG_OK)
		goto out;
	hash_hex(digest, sizeof(digest), out);
out:
	buf_clear(&text);
	return r;
}

enum rg_err
store_audit_head(struct store *s, struct audit_head *head)
{
	enum rg_err r;
	struct query q;
	bool row;

	memset(head, 0, sizeof(*head));
	db_query(&q, s, ST_AUDIT_HEAD);
	r = db_step(&q, &row);
	if (r == RG_OK && !row)
		r = db_fail(s, RG_E_STORE_CORRUPT, "meta has no row");
	if (r == RG_OK) {
		head->seq = db_column_int(&q, 0);
		(void)snprintf(head->hash, sizeof(head->hash), "%s",
		    db_column_text(&q, 1));
	}
	db_done(&q);
	return r;
}

enum rg_err
store_audit_add(struct store *s, const struct audit_row *given)
{
	enum rg_err r = RG_E_INTERNAL;
	struct audit_row row = *given;
	struct audit_head head;
	struct query q;

	/* Alone it would be a row about something that may not happen. */
	if (!db_in_transaction(s))
		return db_fail(s, RG_E_INTERNAL, "no transaction is open");
	if ((r = store_audit_head(s, &head)) != RG_OK)
		return r;
	row.seq = head.seq + 1;
	memcpy(row.prev_hash, head.hash, sizeof(row.prev_hash));
	if ((r = audit_row_hash(&row, row.hash)) != RG_OK)
		return r;
	db_query(&q, s, ST_AUDIT_ADD);
	db_int(&q, row.seq);
	db_int(&q, row.time);
	db_text(&q, row.event);
	db_text(&q, or_empty(row.actor));
	db_text(&q, or_empty(row.subject));
	db_text(&q, or_empty(row.client));
	db_text(&q, or_empty(row.request_id));
	db_text(&q, row.detail);
	db_text(&q, row.prev_hash);
	db_text(&q, row.hash);
	/* A trigger moves the head in meta. */
	return db_run(&q);
}

void
audit_read_row(struct query *q, struct audit_row *row)
{
	row->seq = db_column_int(q, 0);
	row->time = db_column_int(q, 1);
	row->event = db_column_text(q, 2);
	row->actor = db_column_text(q, 3);
	row->subject = db_column_text(q, 4);
	row->client = db_column_text(q, 5);
	row->request_id = db_column_text(q, 6);
	row->detail = db_column_text(q, 7);
	(void)snprintf(
	    row->prev_hash, sizeof(row->prev_hash), "%s", db_column_text(q, 8));
	(void)snprintf(
	    row->hash, sizeof(row->hash), "%s", db_column_text(q, 9));
}

void
audit_event_end(const char *event, struct buf *end)
{
	size_t len = strlen(event);

	buf_puts(end, event);
	if (len > 0 && event[len - 1] == '.' && buf_ok(end))
		end->p[len - 1] = '.' + 1;
	else
		buf_putc(end, '\1');
}

enum rg_err
store_audit_count(struct store *s, const char *event, int64_t since,
    int64_t until, int64_t *count)
{
	enum rg_err r;
	struct query q;
	bool row;

	*count = 0;
	db_query(&q, s, ST_AUDIT_COUNT);
	db_text(&q, event);
	db_int(&q, since);
	db_int(&q, until);
	if ((r = db_step(&q, &row)) == RG_OK && row)
		*count = db_column_int(&q, 0);
	db_done(&q);
	return r;
}

enum rg_err
store_audit_archive(struct store *s, const struct audit_head *last)
{
	struct query q;

	if (!db_in_transaction(s))
		return db_fail(s, RG_E_INTERNAL, "no transaction is open");
	db_query(&q, s, ST_AUDIT_ARCHIVE);
	db_int(&q, last->seq);
	db_text(&q, last->hash);
	return db_run(&q);
}

enum rg_err
store_audit_prune(struct store *s, int limit, int64_t *removed)
{
	struct query q;

	*removed = 0;
	if (limit <= 0) /* which SQL takes for "all" */
		return RG_OK;
	db_query(&q, s, ST_AUDIT_PRUNE);
	db_int(&q, limit);
	return db_run_count(&q, removed);
}
