/* SPDX-License-Identifier: ISC */
/*
 * What happened how often, minute by minute. Counted in memory and written
 * down between requests, so that no stranger's request costs a write, and a
 * flood of them costs a row a minute and reason.
 */
#include "gate_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "store/counter.h"
#include "store/sweep.h"

#define PAIRS_MAX 256 /* not yet written down, in one process */
#define FLUSH_MS 5000 /* at most this often */
#define LOCK_MS 20    /* for another process's lock; next time will do */
#define LOCK_LAST_MS 200

#define KEEP_SECONDS (48 * 3600) /* minutes; totals are for ever */
#define SWEEP_MS 4		 /* and a slice of a few rows */
#define SWEEP_PAUSE_MS 250	 /* between two steps */

struct count {
	int64_t minute; /* its first second */
	char name[COUNTER_WORD_MAX + 1];
	char reason[COUNTER_WORD_MAX + 1];
	int64_t count;
	int64_t open; /* more, if the open transaction is committed */
};

struct counters {
	struct count all[PAIRS_MAX];
	size_t used;
	int64_t tried; /* to write them down: clock_mono_ms() */
	int64_t swept; /* likewise */
	bool more;     /* the last step did not sweep all */
};

struct counters *
gate_counters_new(void)
{
	return calloc(1, sizeof(struct counters));
}

/* The entry for it; of another minute when there is no room for its own. */
static struct count *
entry(struct counters *c, const char *name, const char *reason, int64_t minute)
{
	struct count *other = NULL, *e;
	size_t i;

	for (i = 0; i < c->used; i++) {
		e = &c->all[i];
		if (strcmp(e->reason, reason) != 0 ||
		    strcmp(e->name, name) != 0)
			continue;
		if (e->minute == minute)
			return e;
		other = e;
	}
	if (c->used == PAIRS_MAX)
		return other;
	e = &c->all[c->used++];
	e->minute = minute;
	e->count = e->open = 0;
	(void)snprintf(e->name, sizeof(e->name), "%s", name);
	(void)snprintf(e->reason, sizeof(e->reason), "%s", reason);
	return e;
}

static bool
is_word(const char *s)
{
	return text_is_name(s, "_./:-", COUNTER_WORD_MAX);
}

static struct count *
find(struct gate *g, const char *name, const char *reason, int64_t now)
{
	if (g == NULL || now < 0 || !is_word(name) || !is_word(reason))
		return NULL;
	return entry(g->counters, name, reason, now - now % 60);
}

void
gate_count(struct gate *g, const char *name, const char *reason, int64_t now)
{
	struct count *e = find(g, name, reason, now);

	if (e != NULL)
		e->count++;
}

void
gate_count_row(struct gate *g, const char *event, int64_t now)
{
	struct count *e = find(g, "audit", event, now);

	if (e != NULL)
		e->open++;
}

static void
count_rows(struct counters *c, bool written)
{
	size_t i;

	for (i = 0; i < c->used; i++) {
		if (written)
			c->all[i].count += c->all[i].open;
		c->all[i].open = 0;
	}
}

enum rg_err
gate_try_commit(struct gate *g)
{
	enum rg_err r = store_commit(g->store);

	if (r == RG_OK)
		count_rows(g->counters, true);
	return r;
}

void
gate_rollback(struct gate *g)
{
	store_rollback(g->store);
	count_rows(g->counters, false);
}

/* All or none: what can't be written now is kept for the next time. */
static void
flush(struct gate *g, int patience_ms)
{
	struct counters *c = g->counters;
	struct counter_row rows[PAIRS_MAX];
	enum rg_err r;
	size_t i, n = 0;

	for (i = 0; i < c->used; i++)
		if (c->all[i].count > 0) /* else it was rolled back */
			rows[n++] = (struct counter_row){c->all[i].minute,
			    c->all[i].name, c->all[i].reason, c->all[i].count};
	store_chores_begin(g->store, patience_ms);
	r = store_counters_add(g->store, rows, n);
	store_chores_end(g->store);
	if (r == RG_OK)
		c->used = 0;
	else
		log_event(r == RG_E_STORE_BUSY ? LOG_DEBUG : LOG_WARN,
		    "counters.kept", "error=%s", err_name(r));
}

static void
sweep(struct gate *g, int64_t now)
{
	struct store_sweep w = {now, now - KEEP_SECONDS, SWEEP_MS};

	g->counters->swept = clock_mono_ms();
	/* Another one has the lock: the next time will do. */
	(void)store_sweep_step(g->store, &w, &g->counters->more);
}

/* In how many milliseconds something is due `every` so often; 0: it is. */
static int
due(int64_t last, int every, int64_t now)
{
	return now - last >= every ? 0 : (int)(every - (now - last));
}

void
gate_sweep(struct gate *g, int64_t now)
{
	if (due(g->counters->swept, FLUSH_MS, clock_mono_ms()) == 0)
		sweep(g, now);
}

int
gate_idle(struct gate *g)
{
	struct counters *c = g->counters;
	int64_t now = clock_mono_ms();
	bool counted = c->used > 0 && due(c->tried, FLUSH_MS, now) == 0;
	bool more = c->more && due(c->swept, SWEEP_PAUSE_MS, now) == 0;

	if (counted) {
		c->tried = now;
		flush(g, LOCK_MS);
	}
	if (counted || more)
		sweep(g, clock_now());
	if (c->more)
		return due(c->swept, SWEEP_PAUSE_MS, now);
	return c->used > 0 ? due(c->tried, FLUSH_MS, now) : -1;
}

void
gate_counters_end(struct gate *g)
{
	if (g->counters != NULL && g->store != NULL && g->counters->used > 0)
		flush(g, LOCK_LAST_MS);
	free(g->counters);
	g->counters = NULL;
}
