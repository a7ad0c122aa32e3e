/* SPDX-License-Identifier: ISC */
/*
 * The audit: append-only (triggers refuse UPDATE and DELETE) and hash-chained,
 * so that a changed, removed or inserted row is found by anyone who has the
 * file. Who can rewrite the whole file can also rewrite the whole chain: keep
 * heads (store_audit_head) elsewhere to notice that.
 *
 * A row's hash is the SHA-256, in lower-case hexadecimal, of these nine fields
 * one after the other, each preceded by its length in bytes as an unsigned
 * 64-bit big-endian number:
 *
 *     prev_hash   the 64 hexadecimal characters of the row before it, or 64
 *                 times "0" in row 1
 *     seq, time   decimal, without leading zeros
 *     event, actor, subject, client, request_id, detail
 *                 the UTF-8 bytes as stored; nothing for ""
 *
 * rolegatectl(8) says the same to those who write a verifier. seq counts from 1
 * without gaps. The table meta records seq and hash of the
 * last row in the same transaction, so that a cut-off end shows.
 */
#ifndef RG_STORE_AUDIT_H
#define RG_STORE_AUDIT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "store/store.h"

struct audit_row {
	int64_t seq; /* from 1, without gaps */
	int64_t time;
	const char *event;   /* "sign_in.ok", "mapping.add", ... */
	const char *actor;   /* who did it; "" for nobody known */
	const char *subject; /* about whom or what */
	const char *client;  /* network address, "" for the CLI */
	const char *request_id;
	const char *detail; /* JSON object */
	char prev_hash[HASH_HEX_LEN + 1];
	char hash[HASH_HEX_LEN + 1];
};

/*
 * Appends; seq and the hashes are computed here and ignored in `row`; a NULL
 * actor, subject, client or request_id is "". RG_E_INTERNAL outside a
 * transaction: the row belongs into the one of what it is about. RG_E_INVALID
 * when a field is too long (sql/0001-init.sql).
 */
enum rg_err store_audit_add(struct store *, const struct audit_row *row);

struct audit_filter {
	int64_t since;	     /* 0: from the beginning */
	int64_t until;	     /* the last second; 0: no end */
	const char *event;   /* exact, or a prefix ending in "."; NULL: any */
	const char *subject; /* exact, as the rest; NULL: any */
	const char *actor;
	const char *request_id;
	int64_t after; /* seq; rows up to it are left out */
	int64_t limit; /* 0: none; otherwise the newest ones */
};

/* Rows are borrowed for the call; what it returns, if not RG_OK, ends it. */
typedef enum rg_err audit_fn(void *ctx, const struct audit_row *);

/* In the order of seq, oldest first. */
enum rg_err store_audit_each(
    struct store *, const struct audit_filter *, audit_fn *fn, void *ctx);

/*
 * One page, newest first: by time, and by seq within a second. `before` is the
 * seq of the last row of the page before, 0 for the first page; that row need
 * not fit the filter. Fewer than `limit` rows are the last ones. The cost does
 * not depend on how many rows there are (f->after and f->limit are ignored).
 * RG_E_NOT_FOUND when there is no row `before`: it may have been archived.
 */
enum rg_err store_audit_page(struct store *, const struct audit_filter *f,
    int64_t before, int limit, audit_fn *fn, void *ctx);

/* How many rows of exactly this event are within [since, until]. */
enum rg_err store_audit_count(struct store *, const char *event, int64_t since,
    int64_t until, int64_t *count);

struct audit_head {
	int64_t seq; /* 0: empty */
	char hash[HASH_HEX_LEN + 1];
};

/*
 * Lets rows up to `last` be deleted. In the transaction of the audit row
 * "audit.archived" about "audit:SEQ" that says so, behind it; a trigger refuses
 * otherwise (RG_E_STORE).
 */
enum rg_err store_audit_archive(struct store *, const struct audit_head *last);

/* Deletes up to `limit` of the rows that were archived, a small step. */
enum rg_err store_audit_prune(struct store *, int limit, int64_t *removed);

enum rg_err store_audit_head(struct store *, struct audit_head *);

/* Where the live rows begin: the last row that was archived. */
enum rg_err store_audit_archived(struct store *, struct audit_head *);

/*
 * A chain under verification: rows are given one after the other, from segment
 * files and then from the database.
 */
struct audit_chain {
	struct audit_head at;		 /* the last row, which was good */
	int64_t count;			 /* how many rows were good */
	const struct audit_head *expect; /* must be in the chain; or NULL */
};

/* At the beginning, before row 1. `expect` is borrowed. */
void
store_audit_chain_begin(struct audit_chain *, const struct audit_head *expect);

/*
 * Judges the next row. RG_E_AUDIT_CHAIN says in `e` which row is bad, and how
 * (changed, missing, inserted).
 */
enum rg_err store_audit_chain_next(
    struct audit_chain *, const struct audit_row *, struct err *e);

/*
 * Goes on with the rows of the database, up to the head that meta records. A
 * chain that is still at its beginning skips what was archived; an audit row
 * must say that it was. RG_E_INTERNAL inside a transaction.
 */
enum rg_err
store_audit_chain_end(struct store *, struct audit_chain *, struct err *e);

/*
 * The same, but no more than `limit` (1 or more) rows of the database. *end is
 * true when these were the last ones, and the head that meta records, in *head,
 * is the last of them.
 */
enum rg_err store_audit_chain_step(struct store *, struct audit_chain *,
    int64_t limit, struct audit_head *head, bool *end, struct err *e);

/*
 * The same for the database alone; *count is the seq of the last good row.
 */
enum rg_err store_audit_verify(struct store *, const struct audit_head *expect,
    int64_t *count, struct err *e);

#endif
