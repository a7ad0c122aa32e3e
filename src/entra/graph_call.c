/* SPDX-License-Identifier: ISC */
#include "entra/graph_call.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/random.h"
#include "entra/graph_answer.h"

#define BACKOFF_MS 250 /* doubled with every attempt, and as much by chance */

void
graph_call_begin(
    struct graph_call *c, struct graph *g, const struct graph_question *q)
{
	memset(c, 0, sizeof(*c));
	c->graph = g;
	c->q = q;
}

static void
nap(int64_t ms)
{
	struct timespec left = {.tv_sec = (time_t)(ms / 1000),
	    .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		continue;
}

/* How long to wait when Graph does not say: apart from others who wait. */
static int64_t
backoff(unsigned attempt)
{
	int64_t step = (int64_t)BACKOFF_MS << attempt;
	uint16_t chance;

	random_bytes(&chance, sizeof(chance));
	return step + step * chance / UINT16_MAX;
}

/* RG_OK after the wait that makes another attempt worth it. */
static enum rg_err
wait_turn(struct graph_call *c, const struct fetch_response *res,
    unsigned attempt, struct err *e)
{
	int64_t ms = res->retry_after_ms;

	if (ms < 0)
		ms = backoff(attempt);
	if (attempt + 1 == GRAPH_ATTEMPTS)
		return err_set(e, RG_E_GRAPH_BUSY, "status %ld, %u times",
		    res->status, attempt + 1);
	if (clock_mono_ms() + ms >= c->q->deadline_ms)
		return err_set(e, RG_E_GRAPH_BUSY,
		    "status %ld, come back in %lld ms: there is no time",
		    res->status, (long long)ms);
	nap(ms);
	return RG_OK;
}

/* Sends once. Headers do not carry over from page to page: sent every time. */
static enum rg_err
send(struct graph_call *c, const char *url, const char *json,
    struct fetch_response *res, struct err *e)
{
	const char *const headers[] = {c->q->background
					   ? "x-ms-throttle-priority: low"
					   : "x-ms-throttle-priority: high",
	    json == NULL ? "ConsistencyLevel: eventual" : NULL, NULL};
	size_t room = GRAPH_BYTES_MAX - c->bytes;
	enum rg_err r;

	if (room == 0)
		return err_set(e, RG_E_GRAPH_TOO_LARGE, "%zu bytes", c->bytes);
	c->calls++;
	r = fetch(c->graph->fetch,
	    &(struct fetch_request){
		.url = url,
		.json = json,
		.headers = headers,
		.bearer = c->q->token,
		.ca_file = c->q->ca_file,
		.max_bytes = room < GRAPH_ANSWER_MAX ? room : GRAPH_ANSWER_MAX,
		.timeout_ms = c->q->timeout_ms,
		.deadline_ms = c->q->deadline_ms,
		.allow_loopback_http = c->q->allow_loopback_http,
	    },
	    res, e);
	c->bytes += res->body.len;
	return r;
}

enum rg_err
graph_call(struct graph_call *c, const char *url, const char *json,
    json_t **doc, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct fetch_response res = {0};
	unsigned attempt;

	for (attempt = 0;; attempt++) {
		if ((r = send(c, url, json, &res, e)) != RG_OK)
			goto out;
		if (res.status != 429 && res.status != 503 && res.status != 504)
			break;
		if ((r = wait_turn(c, &res, attempt, e)) != RG_OK)
			goto out;
		fetch_response_clear(&res);
	}
	c->status = res.status;
	if (res.status == 200)
		r = graph_read(buf_str(&res.body), res.body.len, doc, e);
	else
		r = graph_read_error(
		    res.status, buf_str(&res.body), res.body.len, e);
out:
	fetch_response_clear(&res);
	return r;
}
