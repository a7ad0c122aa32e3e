/* SPDX-License-Identifier: ISC */
#include "entra/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/text.h"
#include "entra/graph_answer.h"
#include "entra/graph_call.h"
#include "net/fetch.h"

/* What the list is asked for, and must be asked for again on every page. */
#define LIST                                                                   \
	"/transitiveMemberOf/microsoft.graph.group?$select=id&$top=999"        \
	"&$count=true"

/* One question under way. */
struct asking {
	const struct graph_question *q;
	struct graph_call call;
	struct graph_groups groups;
	struct buf person; /* ".../v1.0/me" or ".../v1.0/users/<oid>" */
};

struct graph *
graph_new(void)
{
	struct graph *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	if ((g->fetch = fetch_new()) == NULL)
		graph_free(&g);
	return g;
}

void
graph_free(struct graph **g)
{
	if (*g == NULL)
		return;
	fetch_free(&(*g)->fetch);
	free(*g);
	*g = NULL;
}

/* {"groupIds":["...", ...]} for the ids [from, to). */
static void
put_ids(struct buf *out, const struct graph_groups *g, size_t from, size_t to)
{
	size_t i;

	buf_puts(out, "{\"groupIds\":[");
	for (i = from; i < to; i++)
		buf_printf(out, "%s\"%s\"", i == from ? "" : ",", g->all[i].id);
	buf_puts(out, "]}");
}

static enum rg_err
check(struct asking *a, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf url = BUF_INIT, body = BUF_INIT;
	json_t *doc = NULL;
	size_t from, to;

	buf_printf(&url, "%s/checkMemberGroups", buf_str(&a->person));
	for (from = 0; from < a->groups.count; from = to) {
		to = from + GRAPH_CHECK_MAX;
		if (to > a->groups.count)
			to = a->groups.count;
		buf_reset(&body);
		put_ids(&body, &a->groups, from, to);
		if (!buf_ok(&url) || !buf_ok(&body)) {
			r = err_set(e, RG_E_NOMEM, "asking Graph");
			goto out;
		}
		if ((r = graph_call(&a->call, buf_str(&url), buf_str(&body),
			 &doc, e)) != RG_OK ||
		    (r = graph_read_check(doc, &a->groups, from, to, e)) !=
			RG_OK)
			goto out;
		json_decref(doc);
		doc = NULL;
	}
	r = RG_OK;
out:
	json_decref(doc);
	buf_clear(&url);
	buf_clear(&body);
	return r;
}

static size_t
calls_to_check(const struct asking *a)
{
	return (a->groups.count + GRAPH_CHECK_MAX - 1) / GRAPH_CHECK_MAX;
}

/* Pages that were seen, so that a list which bites its tail ends. */
struct trail {
	uint8_t links[GRAPH_PAGES_MAX][HASH_LEN];
	size_t pages;
};

static enum rg_err
step(struct trail *t, const struct asking *a, const char *link, struct err *e)
{
	uint8_t hash[HASH_LEN];
	enum rg_err r;
	size_t i;

	if ((r = graph_check_link(a->q->base, link, e)) != RG_OK)
		return r;
	if ((r = hash_sha256(link, strlen(link), hash)) != RG_OK)
		return err_set(e, r, "asking Graph");
	for (i = 0; i < t->pages; i++)
		if (memcmp(t->links[i], hash, HASH_LEN) == 0)
			return err_set(
			    e, RG_E_GRAPH_LOOP, "page %zu again", i + 1);
	if (t->pages == GRAPH_PAGES_MAX)
		return err_set(
		    e, RG_E_GRAPH_TOO_LARGE, "more than %zu pages", t->pages);
	memcpy(t->links[t->pages++], hash, HASH_LEN);
	return RG_OK;
}

/* *instead is set when the first page shows that checking is cheaper. */
static enum rg_err
list(struct asking *a, bool *instead, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct trail trail = {.pages = 0};
	struct buf url = BUF_INIT;
	const char *next = NULL;
	json_t *doc = NULL;
	size_t ids = 0;
	int64_t total;

	buf_printf(&url, "%s%s", buf_str(&a->person), LIST);
	for (;;) {
		if (!buf_ok(&url)) {
			r = err_set(e, RG_E_NOMEM, "asking Graph");
			goto out;
		}
		if ((r = step(&trail, a, buf_str(&url), e)) != RG_OK ||
		    (r = graph_call(&a->call, buf_str(&url), NULL, &doc, e)) !=
			RG_OK ||
		    (r = graph_read_page(
			 doc, &a->groups, &ids, &next, &total, e)) != RG_OK)
			goto out;
		if (ids > GRAPH_IDS_MAX) {
			r = err_set(e, RG_E_GRAPH_TOO_LARGE, "%zu ids", ids);
			goto out;
		}
		if (next == NULL)
			break;
		if (trail.pages == 1 &&
		    total / GRAPH_PAGE > (int64_t)calls_to_check(a)) {
			*instead = true;
			break;
		}
		buf_reset(&url);
		buf_puts(&url, next);
		json_decref(doc);
		doc = NULL;
	}
	r = RG_OK;
out:
	json_decref(doc);
	buf_clear(&url);
	return r;
}

static enum rg_err
start(struct asking *a, struct graph *g, const struct graph_question *q,
    struct err *e)
{
	a->q = q;
	graph_call_begin(&a->call, g, q);
	if (q->user != NULL && !text_is_guid(q->user))
		return err_set(e, RG_E_INVALID, "the object id is no GUID");
	if (q->user == NULL)
		buf_printf(&a->person, "%s/v1.0/me", q->base);
	else
		buf_printf(&a->person, "%s/v1.0/users/%s", q->base, q->user);
	if (!buf_ok(&a->person) ||
	    graph_groups_set(&a->groups, q->groups, q->group_count) != RG_OK)
		return err_set(e, RG_E_NOMEM, "asking Graph");
	return RG_OK;
}

/* The members, as a sorted array; NULL when out of memory. */
static json_t *
members(const struct graph_groups *g)
{
	json_t *ids = json_array();
	size_t i;

	for (i = 0; ids != NULL && i < g->count; i++) {
		if (g->all[i].member && json_array_append_new(ids,
					    json_string(g->all[i].id)) != 0) {
			json_decref(ids);
			return NULL;
		}
	}
	return ids;
}

enum rg_err
graph_member_of(struct graph *g, const struct graph_question *q,
    struct graph_answer *out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct asking a = {.q = NULL};
	bool by_check;

	memset(out, 0, sizeof(*out));
	if ((r = start(&a, g, q, e)) != RG_OK)
		goto out;
	by_check = a.groups.count <= GRAPH_CHECK_BEST;
	if (!by_check && (r = list(&a, &by_check, e)) != RG_OK)
		goto out;
	if (by_check && (r = check(&a, e)) != RG_OK)
		goto out;
	if ((out->ids = members(&a.groups)) == NULL) {
		r = err_set(e, RG_E_NOMEM, "asking Graph");
		goto out;
	}
	r = RG_OK;
out:
	out->calls = a.call.calls;
	graph_groups_clear(&a.groups);
	buf_clear(&a.person);
	return r;
}

const char *
graph_reason(enum rg_err r)
{
	switch (r) {
	case RG_E_GRAPH_REFUSED:
		return "graph_refused";
	case RG_E_GRAPH_BUSY:
		return "graph_busy";
	case RG_E_NET_TIMEOUT:
		return "graph_timeout";
	case RG_E_NET_SIZE:
	case RG_E_GRAPH_TOO_LARGE:
		return "graph_too_large";
	case RG_E_NET_URL:
	case RG_E_NET_CONNECT:
	case RG_E_NET_TLS:
	case RG_E_NET:
		return "graph_unreachable";
	case RG_E_GRAPH_ERROR:
		return "graph_error";
	default:
		return "graph_invalid";
	}
}
