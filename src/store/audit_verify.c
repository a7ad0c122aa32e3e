/* SPDX-License-Identifier: ISC */
/* Whether the audit is what was written. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "store/audit_internal.h"

#define DETAIL_COLUMN 7 /* in AUDIT_COLUMNS */

static enum rg_err
bad(struct err *e, int64_t seq, const char *how)
{
	return err_set(e, RG_E_AUDIT_CHAIN, "row %" PRId64 " %s", seq, how);
}

void
store_audit_chain_begin(struct audit_chain *c, const struct audit_head *expect)
{
	memset(c, 0, sizeof(*c));
	memcpy(c->at.hash, AUDIT_GENESIS, sizeof(c->at.hash));
	c->expect = expect;
}

enum rg_err
store_audit_chain_next(
    struct audit_chain *c, const struct audit_row *row, struct err *e)
{
	enum rg_err r;
	char hash[HASH_HEX_LEN + 1];

	if (row->seq > c->at.seq + 1)
		return bad(e, c->at.seq + 1, "is missing");
	if (row->seq <= c->at.seq)
		return bad(e, row->seq, "is out of order");
	if (strcmp(row->prev_hash, c->at.hash) != 0)
		return bad(e, row->seq, "does not follow the row before it");
	if ((r = audit_row_hash(row, hash)) != RG_OK)
		return err_set(e, r, "row %" PRId64, row->seq);
	if (strcmp(hash, row->hash) != 0)
		return bad(e, row->seq, "was changed");
	if (c->expect != NULL && c->expect->seq == row->seq &&
	    strcmp(c->expect->hash, row->hash) != 0)
		return bad(e, row->seq, "is not the one expected there");
	c->at.seq = row->seq;
	memcpy(c->at.hash, row->hash, sizeof(c->at.hash));
	c->count++;
	return RG_OK;
}

/* `at` is where the rows ended, `head` what meta says. */
static enum rg_err
verify_end(
    const struct audit_chain *c, const struct audit_head *head, struct err *e)
{
	const struct audit_head *at = &c->at, *expect = c->expect;

	if (at->seq < head->seq)
		return bad(e, at->seq + 1, "is missing: the end was cut off");
	if (at->seq > head->seq)
		return bad(e, head->seq + 1, "was added behind the end");
	if (strcmp(at->hash, head->hash) != 0)
		return bad(e, at->seq, "is not the one that was added last");
	if (expect != NULL && expect->seq > at->seq)
		return err_set(e, RG_E_AUDIT_CHAIN,
		    "row %" PRId64 " is missing: the chain once had %" PRId64
		    " rows",
		    at->seq + 1, expect->seq);
	return RG_OK;
}

enum rg_err
store_audit_archived(struct store *s, struct audit_head *head)
{
	enum rg_err r;
	struct query q;
	bool row;

	memset(head, 0, sizeof(*head));
	db_query(&q, s, ST_AUDIT_ARCHIVED);
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

struct claim {
	const struct audit_head *archived;
	bool found;
};

static enum rg_err
take_claim(void *ctx, const struct audit_row *row)
{
	struct claim *c = ctx;
	json_t *detail = NULL;
	const char *hash;

	if (json_load_strict(row->detail, strlen(row->detail), &detail) !=
	    RG_OK)
		return RG_OK;
	hash = json_str(detail, "hash");
	if (hash != NULL && strcmp(hash, c->archived->hash) == 0)
		c->found = true;
	json_decref(detail);
	return RG_OK;
}

/* That rows are gone from here must be on record among those that are left. */
static enum rg_err
verify_claim(struct store *s, const struct audit_head *archived, struct err *e)
{
	enum rg_err r;
	struct claim claim = {archived, false};
	struct audit_filter f = {0};
	char subject[40];

	if (archived->seq == 0)
		return RG_OK;
	(void)snprintf(
	    subject, sizeof(subject), "audit:%" PRId64, archived->seq);
	f.event = "audit.archived";
	f.subject = subject;
	f.after = archived->seq;
	r = store_audit_each(s, &f, take_claim, &claim);
	if (r != RG_OK)
		return err_set(e, r, "%s: %s", db_path(s), db_error(s));
	if (!claim.found)
		return err_set(e, RG_E_AUDIT_CHAIN,
		    "rows up to %" PRId64
		    " are missing: no row says that they were archived",
		    archived->seq);
	return RG_OK;
}

/* Where the live rows begin, and whether the chain gets there. */
static enum rg_err
verify_begin(struct store *s, struct audit_chain *c, struct err *e)
{
	enum rg_err r;
	struct audit_head archived;
	const struct audit_head *expect = c->expect;

	if ((r = store_audit_archived(s, &archived)) != RG_OK)
		return err_set(e, r, "%s: %s", db_path(s), db_error(s));
	if (c->at.seq == 0 && archived.seq > 0) {
		if (expect != NULL && expect->seq < archived.seq)
			return err_set(e, RG_E_AUDIT_CHAIN,
			    "row %" PRId64 ", which is expected, was archived:"
			    " name the folder of the segments",
			    expect->seq);
		c->at = archived;
	}
	if (c->at.seq < archived.seq)
		return bad(e, c->at.seq + 1,
		    "is missing: it was archived, and no segment has it");
	if (c->at.seq == archived.seq && strcmp(c->at.hash, archived.hash) != 0)
		return bad(
		    e, archived.seq, "is not the one that was archived last");
	if (expect != NULL && expect->seq == c->at.seq &&
	    strcmp(expect->hash, c->at.hash) != 0)
		return bad(e, expect->seq, "is not the one expected there");
	return verify_claim(s, &archived, e);
}

/* A text that goes on behind a NUL, where only SQLite looks. */
static bool
hides_text(struct query *q)
{
	size_t len;
	int i;

	for (i = 2; i < DETAIL_COLUMN + 3; i++) {
		(void)db_column_blob(q, i, &len);
		if (strlen(db_column_text(q, i)) != len)
			return true;
	}
	return false;
}

/* Up to `limit` rows, unless that is 0. */
static enum rg_err
verify_rows(struct store *s, struct audit_chain *c, int64_t limit, bool *end,
    struct err *e)
{
	enum rg_err r = RG_OK;
	int64_t last = c->at.seq + limit;
	struct audit_row row;
	struct query q;
	bool more = true;

	*end = false;

	db_query(&q, s, ST_AUDIT_ALL);
	db_int(&q, c->at.seq);
	while ((limit == 0 || c->at.seq < last) &&
	       (r = db_step(&q, &more)) == RG_OK && more) {
		audit_read_row(&q, &row);
		if (hides_text(&q) && row.seq == c->at.seq + 1)
			r = bad(e, row.seq, "was changed");
		else
			r = store_audit_chain_next(c, &row, e);
		if (r != RG_OK)
			goto out;
	}
	if (r != RG_OK)
		(void)err_set(e, r, "%s: %s", db_path(s), db_error(s));
	*end = !more;
out:
	db_done(&q);
	return r;
}

static enum rg_err
go_on(struct store *s, struct audit_chain *c, int64_t limit,
    struct audit_head *head, bool *end, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;

	*end = false;
	if (c->expect != NULL && c->expect->seq == 0 &&
	    strcmp(c->expect->hash, AUDIT_GENESIS) != 0)
		return err_set(e, RG_E_AUDIT_CHAIN,
		    "the expected head is of no chain of ours");
	if (db_in_transaction(s))
		return err_set(e, RG_E_INTERNAL, "a transaction is open");
	/* Others go on adding rows: look at one moment. */
	if ((r = store_begin_read(s)) != RG_OK ||
	    (r = store_audit_head(s, head)) != RG_OK) {
		(void)err_set(e, r, "%s: %s", db_path(s), db_error(s));
		goto out;
	}
	if ((r = verify_begin(s, c, e)) == RG_OK &&
	    (r = verify_rows(s, c, limit, end, e)) == RG_OK && *end)
		r = verify_end(c, head, e);
out:
	store_rollback(s);
	return r;
}

enum rg_err
store_audit_chain_end(struct store *s, struct audit_chain *c, struct err *e)
{
	struct audit_head head;
	bool end;

	return go_on(s, c, 0, &head, &end, e);
}

enum rg_err
store_audit_chain_step(struct store *s, struct audit_chain *c, int64_t limit,
    struct audit_head *head, bool *end, struct err *e)
{
	return go_on(s, c, limit, head, end, e);
}

enum rg_err
store_audit_verify(struct store *s, const struct audit_head *expect,
    int64_t *count, struct err *e)
{
	enum rg_err r;
	struct audit_chain c;

	store_audit_chain_begin(&c, expect);
	r = store_audit_chain_end(s, &c, e);
	*count = c.at.seq;
	return r;
}
