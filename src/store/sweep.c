/* SPDX-License-Identifier: ISC */
#include "store/sweep.h"

#include "base/clock.h"
#include "store/audit.h"
#include "store/counter.h"
#include "store/db.h"
#include "store/session.h"

#define ROWS_FIRST 8
#define ROWS_MAX 32
#define LONG_MS 2

/* Up to `rows` of each kind; *more when there may be others. */
static enum rg_err
slice(struct store *s, const struct store_sweep *w, int rows, bool *more)
{
	int64_t dead = 0, minutes = 0, archived = 0;
	enum rg_err r;

	*more = false;
	if ((r = store_sweep(s, w->now, rows, &dead)) != RG_OK ||
	    (r = store_counters_sweep(s, w->counters_before, rows, &minutes)) !=
		RG_OK ||
	    (r = store_audit_prune(s, rows, &archived)) != RG_OK)
		return r;
	*more = dead == rows || minutes == rows || archived == rows;
	return RG_OK;
}

static enum rg_err
slices(struct store *s, const struct store_sweep *w, bool *more)
{
	int64_t begin = clock_mono_ms(), now;
	const int64_t end = begin + w->ms;
	int rows = ROWS_FIRST;
	enum rg_err r;

	while ((r = slice(s, w, rows, more)) == RG_OK && *more) {
		now = clock_mono_ms();
		if (now >= end)
			break;
		if (now - begin >= LONG_MS)
			rows = rows > 1 ? rows / 2 : 1;
		else if (rows < ROWS_MAX)
			rows *= 2;
		begin = now;
	}
	return r;
}

enum rg_err
store_sweep_step(struct store *s, const struct store_sweep *w, bool *more)
{
	enum rg_err r;

	store_chores_begin(s, 0);
	/* Rows of anywhere: 1000 pages are long to write back at once. */
	(void)db_exec(s, "PRAGMA wal_autocheckpoint = 100");
	r = slices(s, w, more);
	(void)db_exec(s, "PRAGMA wal_autocheckpoint = 1000"); /* the default */
	store_chores_end(s);
	if (r != RG_OK)
		*more = r == RG_E_STORE_BUSY;
	return r;
}
