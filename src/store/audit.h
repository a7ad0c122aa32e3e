/* SPDX-License-Identifier: ISC */
/*
 * The audit: append-only (triggers refuse UPDATE and DELETE) and hash-chained,
 * so that a changed, removed or inserted row is found by anyone who has the
 * file. A row's hash is SHA-256 over the hash before it and every field, each
 * with its length before it. Who can rewrite the whole file can also rewrite
 * the whole chain: keep heads (store_audit_head) elsewhere to notice that.
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
 * Appends; seq and the hashes are computed here and ignored in `row`. Must be
 * called inside a transaction: the one of what the row is about.
 */
enum rg_err store_audit_add(struct store *, const struct audit_row *row);

struct audit_filter {
	int64_t since;	     /* 0: from the beginning */
	const char *event;   /* exact, or a prefix ending in "."; NULL: any */
	const char *subject; /* exact; NULL: any */
	int64_t limit;	     /* 0: none; otherwise the newest ones */
};

/* Oldest first; rows are borrowed for the call. */
typedef enum rg_err audit_fn(void *ctx, const struct audit_row *);
enum rg_err store_audit_each(
    struct store *, const struct audit_filter *, audit_fn *fn, void *ctx);

/* How many rows of exactly this event are at or after `since`. */
enum rg_err store_audit_count(
    struct store *, const char *event, int64_t since, int64_t *count);

struct audit_head {
	int64_t seq; /* 0: empty */
	char hash[HASH_HEX_LEN + 1];
};

enum rg_err store_audit_head(struct store *, struct audit_head *);

/*
 * Recomputes the chain from the first row. RG_E_AUDIT_CHAIN names the first
 * bad row in `e` (changed, missing, inserted, or cut off at the end against
 * the head that meta records); *count is how many rows were good.
 * `expect` (may be NULL) is a head noted earlier that must be in the chain.
 */
enum rg_err store_audit_verify(struct store *, const struct audit_head *expect,
    int64_t *count, struct err *e);

#endif
