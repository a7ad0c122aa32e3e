/* SPDX-License-Identifier: ISC */
/* How often things happened: by minute for a while, and in all. */
#ifndef RG_STORE_COUNTER_H
#define RG_STORE_COUNTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define COUNTER_WORD_MAX 63

struct counter_row {
	int64_t minute;	    /* its first second; 0 in a total */
	const char *name;   /* what, in a word of ours */
	const char *reason; /* why, likewise */
	int64_t count;
};

/*
 * Adds the counts to their minutes and to the totals: all or none, in a
 * transaction of its own.
 */
enum rg_err store_counters_add(
    struct store *, const struct counter_row *rows, size_t count);

/* Removes up to `limit` minutes' rows from before `minute`, a small step. */
enum rg_err store_counters_sweep(
    struct store *, int64_t minute, int limit, int64_t *removed);

/* Rows are borrowed for the call; what it returns, if not RG_OK, ends it. */
typedef enum rg_err counter_fn(void *ctx, const struct counter_row *);

/* By name and reason. */
enum rg_err store_each_total(struct store *, counter_fn *fn, void *ctx);

/* By minute, name and reason, from `since` on. */
enum rg_err
store_each_counter(struct store *, int64_t since, counter_fn *fn, void *ctx);

#endif
