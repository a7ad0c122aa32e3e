/* SPDX-License-Identifier: ISC */
/*
 * Lists in pages. One more row is read than is shown: it tells that there is
 * another page. The cursor is the key of the last row that is shown.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "gate_edit.h"
#include "store/admin.h"

struct filling {
	struct gate *g;
	struct gate_page *page;
	struct err *e;
};

static enum rg_err
begin(struct gate_page *page)
{
	page->next[0] = '\0';
	page->items = json_array();
	return page->items == NULL ? RG_E_NOMEM : RG_OK;
}

static enum rg_err
finish(struct gate *g, struct gate_page *page, enum rg_err r, struct err *e)
{
	if (r == RG_OK)
		return r;
	json_decref(page->items);
	page->items = NULL;
	if (e->code != r)
		(void)gate_store_err(g, r, "the list", e);
	return r;
}

static enum rg_err
bad_cursor(struct err *e)
{
	return err_set(e, RG_E_INVALID,
	    "cursor: expected what the page before said in \"next\"");
}

static enum rg_err
parse_id(const char *s, int64_t *id, struct err *e)
{
	char *end;

	*id = 0;
	if (*s == '\0')
		return RG_OK;
	errno = 0;
	*id = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0' || *s == '-' || *s == '+' || *id <= 0)
		return bad_cursor(e);
	return RG_OK;
}

/* The words that a list can be sorted by. */
struct sort_word {
	const char *word;
	enum store_key key;
};

static enum rg_err
parse_sort(const struct gate_page *page, const struct sort_word *words,
    size_t count, struct store_order *out, struct err *e)
{
	const char *s = page->sort;
	struct buf known = BUF_INIT;
	size_t i;

	memset(out, 0, sizeof(*out));
	if (s == NULL)
		return RG_OK;
	out->down = *s == '-';
	for (i = 0; i < count; i++) {
		buf_printf(&known, "%s%s", i > 0 ? ", " : "", words[i].word);
		if (strcmp(s + out->down, words[i].word) == 0)
			out->key = words[i].key;
	}
	if (out->key == BY_ID)
		(void)err_set(e, RG_E_INVALID,
		    "sort: expected one of %s, or - and one of them",
		    buf_str(&known));
	buf_clear(&known);
	return out->key == BY_ID ? RG_E_INVALID : RG_OK;
}

#define PARSE_SORT(page, words, out, e)                                        \
	parse_sort(page, words, sizeof(words) / sizeof((words)[0]), out, e)

/*
 * Behind a row that is gone nothing is found, although the page before promised
 * more: to say "the end" would hide what is left.
 */
static enum rg_err
check_place(const struct gate_page *page, struct store_order order,
    enum rg_err there, struct err *e)
{
	if (there != RG_E_NOT_FOUND || order.key == BY_ID ||
	    json_array_size(page->items) > 0)
		return RG_OK;
	return err_set(e, RG_E_INVALID,
	    "cursor: what was last on the page before is gone; begin again");
}

/* True when the row is the one too many. */
static bool
is_full(const struct gate_page *page)
{
	return json_array_size(page->items) >= (size_t)page->limit;
}

static enum rg_err put_own(struct gate_page *page, json_t *item,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static enum rg_err
put_own(struct gate_page *page, json_t *item, const char *fmt, ...)
{
	va_list ap;

	if (json_array_append_new(page->items, item) != 0)
		return RG_E_NOMEM;
	if (!is_full(page))
		return RG_OK;
	va_start(ap, fmt);
	(void)vsnprintf(page->next, sizeof(page->next), fmt, ap);
	va_end(ap);
	return RG_OK;
}

/* The end was reached: there is no page after this one. */
static void
settle(struct gate_page *page, bool more)
{
	if (!more)
		page->next[0] = '\0';
}

struct roles {
	struct gate_page *page;
	bool more;
};

static enum rg_err
take_role(void *ctx, const struct role_row *row)
{
	struct roles *f = ctx;

	/* They come in order of their names, and there are not many. */
	if (strcmp(row->name, f->page->after) <= 0)
		return RG_OK;
	if (is_full(f->page)) {
		f->more = true;
		return RG_OK;
	}
	return put_own(f->page, gate_role_json(row), "%s", row->name);
}

enum rg_err
gate_role_list(struct gate *g, struct gate_page *page, struct err *e)
{
	struct roles f = {page, false};
	enum rg_err r;

	if ((r = begin(page)) == RG_OK)
		r = store_each_role(g->store, take_role, &f);
	settle(page, f.more);
	return finish(g, page, r, e);
}

struct rows {
	struct gate *g;
	struct gate_page *page;
	bool more;
	struct err *e;
};

static enum rg_err
take_mapping(void *ctx, const struct mapping_row *row)
{
	struct rows *f = ctx;

	if ((f->more = is_full(f->page)))
		return RG_OK;
	return put_own(f->page, gate_mapping_json(row), "%" PRId64, row->id);
}

enum rg_err
gate_mapping_list(struct gate *g, const char *provider, const char *role,
    const char *search, struct gate_page *page, struct err *e)
{
	static const struct sort_word words[] = {
	    {"label", BY_NAME}, {"provider", BY_PROVIDER}, {"role", BY_ROLE}};
	struct rows f = {g, page, false, e};
	struct mapping_filter filter = {.limit = page->limit + 1,
	    .provider = provider,
	    .role = role,
	    .search = search};
	enum rg_err r;

	if ((r = begin(page)) == RG_OK &&
	    (r = parse_id(page->after, &filter.after, e)) == RG_OK &&
	    (r = PARSE_SORT(page, words, &filter.order, e)) == RG_OK &&
	    (r = store_mapping_page(g->store, &filter, take_mapping, &f)) ==
		RG_OK &&
	    filter.after > 0)
		r = check_place(page, filter.order,
		    store_mapping_find(g->store, filter.after, NULL, NULL), e);
	settle(page, f.more);
	return finish(g, page, r, e);
}

static enum rg_err
take_grant(void *ctx, const struct grant_row *row)
{
	struct rows *f = ctx;
	json_t *person = NULL, *item;
	enum rg_err r;

	if ((f->more = is_full(f->page)))
		return RG_OK;
	r = gate_principal_get(f->g, row->principal, &person, f->e);
	if (r != RG_OK)
		return r;
	item = gate_grant_json(row, json_str(person, "subject"));
	json_decref(person);
	return put_own(f->page, item, "%" PRId64, row->id);
}

enum rg_err
gate_grant_list(struct gate *g, int64_t principal, const char *role,
    struct gate_page *page, struct err *e)
{
	static const struct sort_word words[] = {
	    {"role", BY_ROLE}, {"expires_at", BY_TIME}};
	struct rows f = {g, page, false, e};
	struct grant_filter filter = {
	    .limit = page->limit + 1, .principal = principal, .role = role};
	enum rg_err r;

	if ((r = begin(page)) == RG_OK &&
	    (r = parse_id(page->after, &filter.after, e)) == RG_OK &&
	    (r = PARSE_SORT(page, words, &filter.order, e)) == RG_OK &&
	    (r = store_grant_page(g->store, &filter, take_grant, &f)) ==
		RG_OK &&
	    filter.after > 0)
		r = check_place(page, filter.order,
		    store_grant_find(g->store, filter.after, NULL, NULL), e);
	settle(page, f.more);
	return finish(g, page, r, e);
}

static enum rg_err
take_principal(void *ctx, const struct principal_row *row)
{
	struct rows *f = ctx;

	if ((f->more = is_full(f->page)))
		return RG_OK;
	return put_own(f->page, gate_principal_json(row), "%" PRId64, row->id);
}

enum rg_err
gate_principal_list(struct gate *g, const struct gate_people *people,
    struct gate_page *page, struct err *e)
{
	static const struct sort_word words[] = {{"name", BY_NAME},
	    {"provider", BY_PROVIDER}, {"last_seen", BY_TIME}};
	struct rows f = {g, page, false, e};
	struct principal_filter filter = {.limit = page->limit + 1,
	    .provider = people->provider,
	    .search = people->search,
	    .disabled = people->disabled};
	enum rg_err r;

	/* People are never removed: their place is always there. */
	if ((r = begin(page)) == RG_OK &&
	    (r = parse_id(page->after, &filter.after, e)) == RG_OK &&
	    (r = PARSE_SORT(page, words, &filter.order, e)) == RG_OK)
		r = store_principal_page(g->store, &filter, take_principal, &f);
	settle(page, f.more);
	return finish(g, page, r, e);
}

static enum rg_err
take_session(void *ctx, const struct session_row *row)
{
	struct rows *f = ctx;

	if ((f->more = is_full(f->page)))
		return RG_OK;
	return put_own(f->page, gate_session_json(row), "%" PRId64 ":%s",
	    row->issued_at, row->public_id);
}

/* "<issued_at>:<public id>" */
static enum rg_err
parse_session(const char *s, struct session_filter *f, struct err *e)
{
	char *end;

	f->before = INT64_MAX;
	f->before_id = "";
	if (*s == '\0')
		return RG_OK;
	errno = 0;
	f->before = strtoll(s, &end, 10);
	if (errno != 0 || end == s || *end != ':' || f->before < 0)
		return bad_cursor(e);
	f->before_id = end + 1;
	return RG_OK;
}

enum rg_err
gate_session_list(
    struct gate *g, int64_t principal, struct gate_page *page, struct err *e)
{
	struct rows f = {g, page, false, e};
	struct session_filter filter = {
	    .now = page->now, .principal = principal, .limit = page->limit + 1};
	enum rg_err r;

	if ((r = begin(page)) == RG_OK &&
	    (r = parse_session(page->after, &filter, e)) == RG_OK)
		r = store_session_page(g->store, &filter, take_session, &f);
	settle(page, f.more);
	return finish(g, page, r, e);
}

static enum rg_err
take_audit(void *ctx, const struct audit_row *a)
{
	struct rows *f = ctx;

	if ((f->more = is_full(f->page)))
		return RG_OK;
	return put_own(f->page,
	    json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:o?, s:s, s:s}",
		"seq", (json_int_t)a->seq, "time", (json_int_t)a->time, "event",
		a->event, "actor", a->actor, "subject", a->subject, "client",
		a->client, "request_id", a->request_id, "detail",
		json_loads(a->detail, 0, NULL), "prev_hash", a->prev_hash,
		"hash", a->hash),
	    "%" PRId64, a->seq);
}

enum rg_err
gate_audit_list(struct gate *g, const struct gate_audit_query *query,
    struct gate_page *page, struct err *e)
{
	struct rows f = {g, page, false, e};
	struct audit_filter filter = {.since = query->since,
	    .until = query->until,
	    .event = query->event,
	    .subject = query->subject,
	    .actor = query->actor};
	int64_t before;
	enum rg_err r;

	if ((r = begin(page)) == RG_OK &&
	    (r = parse_id(page->after, &before, e)) == RG_OK)
		r = store_audit_page(
		    g->store, &filter, before, page->limit + 1, take_audit, &f);
	/* That row was archived since; so were those that come after it. */
	if (r == RG_E_NOT_FOUND)
		r = RG_OK;
	settle(page, f.more);
	return finish(g, page, r, e);
}
