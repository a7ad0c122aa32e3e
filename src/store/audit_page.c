/* SPDX-License-Identifier: ISC */
/* Reading the audit: all of it in order, or a page of the newest. */
#include "store/audit.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "store/audit_internal.h"

#define TIME_MAX 253402300799 /* as the schema says */
#define EVENTS_MAX 64	      /* names that one prefix may stand for */

/* A place in the order of time and seq: rows are below it. */
struct place {
	int64_t time;
	int64_t seq;
};

/* The last second that can be in the answer. */
static int64_t
until(const struct audit_filter *f, int64_t most)
{
	int64_t t = f->until > 0 ? f->until : TIME_MAX;

	return t < most ? t : most;
}

static bool
is_prefix(const char *event)
{
	size_t n = event == NULL ? 0 : strlen(event);

	return n > 0 && event[n - 1] == '.';
}

/* Parameters 1 to 7 of sql.c. */
static void
bind_filter(struct query *q, const struct audit_filter *f, int64_t last,
    const char *event, const char *event_end)
{
	db_int(q, f->since);
	db_int(q, last);
	db_text(q, event);
	db_text(q, event_end);
	db_text(q, f->subject);
	db_text(q, f->actor);
	db_text(q, f->request_id);
}

/* Runs a page's statement for the filter, its event given apart. */
static enum rg_err
page(struct store *s, enum stmt which, const struct audit_filter *f,
    const char *event, struct place below, int limit, audit_fn *fn, void *ctx)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf end = BUF_INIT;
	struct audit_row row;
	struct query q;
	bool more;

	if (event != NULL)
		audit_event_end(event, &end);
	if (!buf_ok(&end)) {
		r = RG_E_NOMEM;
		goto out;
	}
	db_query(&q, s, which);
	bind_filter(&q, f, until(f, below.time), event,
	    event == NULL ? NULL : buf_str(&end));
	db_int(&q, below.time);
	db_int(&q, below.seq);
	db_int(&q, limit);
	while ((r = db_step(&q, &more)) == RG_OK && more) {
		audit_read_row(&q, &row);
		if ((r = fn(ctx, &row)) != RG_OK)
			break;
	}
	db_done(&q);
out:
	buf_clear(&end);
	return r;
}

/* One of the events of a prefix, and the newest of its rows not yet given. */
struct head {
	char *event;
	struct place at; /* seq 0: none left */
};

struct heads {
	size_t count;
	bool too_many;
	struct head all[EVENTS_MAX];
};

static void
heads_clear(struct heads *h)
{
	size_t i;

	for (i = 0; i < h->count; i++)
		free(h->all[i].event);
}

static enum rg_err
take_place(void *ctx, const struct audit_row *row)
{
	struct place *at = ctx;

	at->time = row->time;
	at->seq = row->seq;
	return RG_OK;
}

static enum rg_err
advance(struct store *s, const struct audit_filter *f, struct head *h,
    struct place below)
{
	h->at.seq = 0;
	return page(s, ST_AUDIT_PAGE_BY_EVENT, f, h->event, below, 1,
	    take_place, &h->at);
}

/* The name after `last` among those that begin with the prefix; "" at the end.
 */
static enum rg_err
next_event(struct store *s, const char *last, const char *end, char **out)
{
	enum rg_err r;
	struct query q;
	bool row;

	*out = NULL;
	db_query(&q, s, ST_AUDIT_NEXT_EVENT);
	db_text(&q, last);
	db_text(&q, end);
	if ((r = db_step(&q, &row)) == RG_OK && row &&
	    (*out = strdup(db_column_text(&q, 0))) == NULL)
		r = RG_E_NOMEM;
	db_done(&q);
	return r;
}

static enum rg_err
find_heads(struct store *s, const struct audit_filter *f, struct place below,
    struct heads *h)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf end = BUF_INIT;
	const char *last = f->event;
	char *event = NULL;

	audit_event_end(f->event, &end);
	if (!buf_ok(&end)) {
		r = RG_E_NOMEM;
		goto out;
	}
	while ((r = next_event(s, last, buf_str(&end), &event)) == RG_OK &&
	       event != NULL) {
		if (h->count == EVENTS_MAX) {
			h->too_many = true;
			free(event);
			break;
		}
		h->all[h->count].event = event;
		r = advance(s, f, &h->all[h->count++], below);
		if (r != RG_OK)
			break;
		last = event;
	}
out:
	buf_clear(&end);
	return r;
}

static struct head *
newest(struct heads *h)
{
	struct head *best = NULL, *x;
	size_t i;

	for (i = 0; i < h->count; i++) {
		x = &h->all[i];
		if (x->at.seq == 0)
			continue;
		if (best == NULL || x->at.time > best->at.time ||
		    (x->at.time == best->at.time && x->at.seq > best->at.seq))
			best = x;
	}
	return best;
}

static enum rg_err
give_row(struct store *s, int64_t seq, audit_fn *fn, void *ctx)
{
	enum rg_err r;
	struct audit_row row;
	struct query q;
	bool more;

	db_query(&q, s, ST_AUDIT_ROW);
	db_int(&q, seq);
	if ((r = db_step(&q, &more)) == RG_OK && more) {
		audit_read_row(&q, &row);
		r = fn(ctx, &row);
	}
	db_done(&q);
	return r;
}

/*
 * A prefix is some events, and the index has the rows of each in order: they
 * are merged. An index on the prefix itself would have them event by event, so
 * that all had to be sorted.
 */
static enum rg_err
page_by_prefix(struct store *s, const struct audit_filter *f,
    struct place below, int limit, audit_fn *fn, void *ctx)
{
	enum rg_err r;
	struct heads h = {0};
	struct head *best;

	r = find_heads(s, f, below, &h);
	if (r == RG_OK && h.too_many) {
		r = page(s, ST_AUDIT_PAGE_BY_TIME, f, f->event, below, limit,
		    fn, ctx);
		goto out;
	}
	for (; r == RG_OK && limit > 0; limit--) {
		if ((best = newest(&h)) == NULL)
			break;
		if ((r = give_row(s, best->at.seq, fn, ctx)) == RG_OK)
			r = advance(s, f, best, best->at);
	}
out:
	heads_clear(&h);
	return r;
}

static enum rg_err
find_place(struct store *s, int64_t before, struct place *below)
{
	enum rg_err r;

	below->time = INT64_MAX;
	below->seq = INT64_MAX;
	if (before <= 0)
		return RG_OK;
	below->seq = 0;
	if ((r = give_row(s, before, take_place, below)) != RG_OK)
		return r;
	if (below->seq == 0)
		return db_fail(s, RG_E_NOT_FOUND, "no such row");
	return RG_OK;
}

enum rg_err
store_audit_page(struct store *s, const struct audit_filter *f, int64_t before,
    int limit, audit_fn *fn, void *ctx)
{
	enum rg_err r;
	struct place below;
	enum stmt which;

	if (limit <= 0) /* which SQL takes for "all" */
		return RG_OK;
	if ((r = find_place(s, before, &below)) != RG_OK)
		return r;
	if (f->request_id != NULL && f->request_id[0] != '\0')
		which = ST_AUDIT_PAGE_BY_REQUEST;
	else if (f->subject != NULL && f->subject[0] != '\0')
		which = ST_AUDIT_PAGE_BY_SUBJECT;
	else if (f->actor != NULL && f->actor[0] != '\0')
		which = ST_AUDIT_PAGE_BY_ACTOR;
	else if (is_prefix(f->event))
		return page_by_prefix(s, f, below, limit, fn, ctx);
	else
		which = f->event != NULL ? ST_AUDIT_PAGE_BY_EVENT
					 : ST_AUDIT_PAGE_BY_TIME;
	return page(s, which, f, f->event, below, limit, fn, ctx);
}

/* ---- in order ----------------------------------------------------------- */

struct seqs {
	int64_t *all;
	size_t count;
	size_t room;
	int64_t after;
};

static enum rg_err
take_seq(void *ctx, const struct audit_row *row)
{
	struct seqs *x = ctx;

	if (row->seq <= x->after)
		return RG_OK;
	if (x->count == x->room)
		return RG_E_INTERNAL;
	x->all[x->count++] = row->seq;
	return RG_OK;
}

static int
by_seq(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Those of a page, in the order of seq. */
static enum rg_err
each_of_newest(
    struct store *s, const struct audit_filter *f, audit_fn *fn, void *ctx)
{
	enum rg_err r;
	struct seqs x = {.after = f->after};
	size_t i;
	int limit = f->limit > INT_MAX ? INT_MAX : (int)f->limit;

	x.room = (size_t)limit;
	if ((x.all = calloc(x.room, sizeof(*x.all))) == NULL)
		return RG_E_NOMEM;
	r = store_audit_page(s, f, 0, limit, take_seq, &x);
	if (r == RG_OK && x.count > 0)
		qsort(x.all, x.count, sizeof(*x.all), by_seq);
	for (i = 0; r == RG_OK && i < x.count; i++)
		r = give_row(s, x.all[i], fn, ctx);
	free(x.all);
	return r;
}

enum rg_err
store_audit_each(
    struct store *s, const struct audit_filter *f, audit_fn *fn, void *ctx)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf end = BUF_INIT;
	struct audit_row row;
	struct query q;
	bool more;

	if (f->limit > 0)
		return each_of_newest(s, f, fn, ctx);
	if (f->event != NULL)
		audit_event_end(f->event, &end);
	if (!buf_ok(&end)) {
		r = RG_E_NOMEM;
		goto out;
	}
	db_query(&q, s, ST_AUDIT_EACH);
	bind_filter(&q, f, until(f, TIME_MAX), f->event,
	    f->event == NULL ? NULL : buf_str(&end));
	db_int(&q, f->after);
	while ((r = db_step(&q, &more)) == RG_OK && more) {
		audit_read_row(&q, &row);
		if ((r = fn(ctx, &row)) != RG_OK)
			break;
	}
	db_done(&q);
out:
	buf_clear(&end);
	return r;
}
