/* SPDX-License-Identifier: ISC */
#include "entra/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "tests/unit/http_stub.h"

#define ME "/v1.0/me"
#define CHECK ME "/checkMemberGroups"
#define LIST ME "/transitiveMemberOf/microsoft.graph.group"
#define OID "ada00000-0000-4000-8000-000000000011"
#define MANY 200

struct fixture {
	struct stub stub;
	struct graph *graph;
	char base[64];
	char ids[MANY][37];
	const char *groups[MANY];
	struct graph_question q;
	struct graph_answer answer;
	struct err e;
};

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	size_t i;

	if (x == NULL || !stub_start(&x->stub))
		return -1;
	x->graph = graph_new();
	(void)snprintf(
	    x->base, sizeof(x->base), "http://127.0.0.1:%u", x->stub.port);
	for (i = 0; i < MANY; i++) {
		(void)snprintf(x->ids[i], sizeof(x->ids[i]),
		    "AAAAAAAA-0000-4000-8000-%012zx", i);
		x->groups[i] = x->ids[i];
	}
	x->q = (struct graph_question){.base = x->base,
	    .token = "to.k.en",
	    .groups = x->groups,
	    .group_count = 3,
	    .timeout_ms = 2000,
	    .allow_loopback_http = true};
	*state = x;
	return x->graph == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	json_decref(x->answer.ids);
	graph_free(&x->graph);
	stub_stop(&x->stub);
	free(x);
	return 0;
}

/* Asks with so many groups and so much time. */
static enum rg_err
ask_for(struct fixture *x, size_t groups, int64_t ms)
{
	json_decref(x->answer.ids);
	x->q.group_count = groups;
	x->q.deadline_ms = clock_mono_ms() + ms;
	return graph_member_of(x->graph, &x->q, &x->answer, &x->e);
}

static void
assert_error(struct fixture *x, size_t groups, enum rg_err want)
{
	enum rg_err r = ask_for(x, groups, 3000);

	assert_string_equal(err_name(r), err_name(want));
	assert_int_equal(x->e.code, want);
	assert_null(x->answer.ids);
	assert_null(strstr(x->e.detail, "to.k.en"));
}

static void
assert_members(struct fixture *x, const char *want)
{
	struct buf text = BUF_INIT;

	assert_true(json_put(&text, x->answer.ids));
	assert_string_equal(buf_str(&text), want);
	buf_clear(&text);
}

static void
test_check(void **state)
{
	struct fixture *x = *state;

	stub_json(&x->stub, CHECK, 200,
	    "{\"@odata.context\":\"x\",\"value\":["
	    "\"aaaaaaaa-0000-4000-8000-000000000002\","
	    "\"AAAAAAAA-0000-4000-8000-000000000000\"]}");
	assert_int_equal(ask_for(x, 3, 3000), RG_OK);
	assert_members(x, "[\"aaaaaaaa-0000-4000-8000-000000000000\","
			  "\"aaaaaaaa-0000-4000-8000-000000000002\"]");
	assert_int_equal(x->answer.calls, 1);
	assert_true(stub_saw(&x->stub, CHECK, "POST " CHECK " HTTP/1.1\r\n"));
	assert_true(
	    stub_saw(&x->stub, CHECK, "\r\nAuthorization: Bearer to.k.en\r\n"));
	assert_true(
	    stub_saw(&x->stub, CHECK, "\r\nx-ms-throttle-priority: high\r\n"));
	assert_true(stub_saw(&x->stub, CHECK,
	    "\r\n\r\n{\"groupIds\":["
	    "\"aaaaaaaa-0000-4000-8000-000000000000\","
	    "\"aaaaaaaa-0000-4000-8000-000000000001\","
	    "\"aaaaaaaa-0000-4000-8000-000000000002\"]}"));
}

static void
test_check_in_steps_of_20(void **state)
{
	struct fixture *x = *state;

	stub_json(&x->stub, CHECK, 200, "{\"value\":[]}");
	assert_int_equal(ask_for(x, GRAPH_CHECK_BEST, 3000), RG_OK);
	assert_members(x, "[]");
	assert_int_equal(stub_hits(&x->stub, CHECK), 3);
	assert_int_equal(x->answer.calls, 3);
	/* The last step had the last 20, and no other. */
	assert_true(stub_saw(&x->stub, CHECK, "-000000000028\""));
	assert_true(stub_saw(&x->stub, CHECK, "-00000000003b\"]}"));
	assert_false(stub_saw(&x->stub, CHECK, "-000000000027\""));
}

/* One that Graph would refuse the whole request for. */
static void
test_malformed_ids_are_left_out(void **state)
{
	struct fixture *x = *state;

	x->groups[0] = "data-analysts";
	x->groups[1] = "\"],\"x\":[\"";
	x->groups[4] = x->groups[3];
	stub_json(&x->stub, CHECK, 200, "{\"value\":[]}");
	assert_int_equal(ask_for(x, 5, 3000), RG_OK);
	assert_true(stub_saw(&x->stub, CHECK,
	    "{\"groupIds\":[\"aaaaaaaa-0000-4000-8000-000000000002\","
	    "\"aaaaaaaa-0000-4000-8000-000000000003\"]}"));
	/* Nothing to ask about: nothing is asked. */
	assert_int_equal(ask_for(x, 2, 3000), RG_OK);
	assert_int_equal(ask_for(x, 0, 3000), RG_OK);
	assert_members(x, "[]");
	assert_int_equal(x->answer.calls, 0);
	assert_int_equal(stub_hits(&x->stub, CHECK), 1);
}

static void
test_app(void **state)
{
	struct fixture *x = *state;

	x->q.user = OID;
	x->q.background = true;
	stub_json(&x->stub, "/v1.0/users/" OID "/checkMemberGroups", 200,
	    "{\"value\":[]}");
	assert_int_equal(ask_for(x, 1, 3000), RG_OK);
	assert_true(stub_saw(&x->stub, "/v1.0/users/" OID "/checkMemberGroups",
	    "\r\nx-ms-throttle-priority: low\r\n"));
	/* An object id goes into the path: nothing else may. */
	x->q.user = "../me";
	assert_error(x, 1, RG_E_INVALID);
	assert_int_equal(atomic_load(&x->stub.s->requests), 1);
}

/* A page that names group `n` and goes on at `next`, a path or NULL. */
static void
page(struct fixture *x, const char *path, unsigned n, const char *extra,
    const char *next)
{
	char body[1024], link[512] = "";

	if (next != NULL)
		(void)snprintf(link, sizeof(link),
		    ",\"@odata.nextLink\":\"%s%s\"",
		    next[0] == '/' ? x->base : "", next);
	(void)snprintf(body, sizeof(body),
	    "{\"value\":[{\"id\":\"aaaaaaaa-0000-4000-8000-%012x\"},"
	    "{\"@odata.type\":\"#microsoft.graph.group\","
	    "\"id\":\"bbbbbbbb-0000-4000-8000-000000000000\","
	    "\"displayName\":null}]%s%s}",
	    n, extra, link);
	stub_json(&x->stub, path, 200, body);
}

static void
test_list(void **state)
{
	static const char query[] =
	    "?$select=id&$top=999&$count=true HTTP/1.1\r\n";
	struct fixture *x = *state;

	page(x, LIST, 0, ",\"@odata.count\":2400", "/v1.0/p2?$skiptoken=a");
	stub_json(&x->stub, "/v1.0/p2", 200, "{\"value\":[]}");
	page(x, "/v1.0/p2", 1, "", "/v1.0/p3");
	page(x, "/v1.0/p3", 199, "", NULL);
	assert_int_equal(ask_for(x, MANY, 3000), RG_OK);
	assert_members(x, "[\"aaaaaaaa-0000-4000-8000-000000000000\","
			  "\"aaaaaaaa-0000-4000-8000-000000000001\","
			  "\"aaaaaaaa-0000-4000-8000-0000000000c7\"]");
	assert_int_equal(x->answer.calls, 3);
	assert_int_equal(stub_hits(&x->stub, CHECK), 0);
	assert_true(stub_saw(&x->stub, LIST, query));
	assert_true(
	    stub_saw(&x->stub, "/v1.0/p2", "GET /v1.0/p2?$skiptoken=a "));
	/* Not carried over by Graph, so sent with every page. */
	assert_true(stub_saw(
	    &x->stub, "/v1.0/p3", "\r\nConsistencyLevel: eventual\r\n"));
	assert_true(stub_saw(
	    &x->stub, "/v1.0/p3", "\r\nAuthorization: Bearer to.k.en\r\n"));
}

static void
test_empty_page_is_not_the_end(void **state)
{
	struct fixture *x = *state;
	char body[256];

	(void)snprintf(body, sizeof(body),
	    "{\"value\":[],\"@odata.nextLink\":\"%s/v1.0/p2\"}", x->base);
	stub_json(&x->stub, LIST, 200, body);
	page(x, "/v1.0/p2", 7, "", NULL);
	assert_int_equal(ask_for(x, MANY, 3000), RG_OK);
	assert_members(x, "[\"aaaaaaaa-0000-4000-8000-000000000007\"]");
}

/* Somebody in 20 000 groups: the first page says so, and checking is cheaper */
static void
test_long_list_is_not_read(void **state)
{
	struct fixture *x = *state;

	page(x, LIST, 0, ",\"@odata.count\":20000", "/v1.0/p2");
	stub_json(&x->stub, CHECK, 200, "{\"value\":[]}");
	assert_int_equal(ask_for(x, MANY, 3000), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/v1.0/p2"), 0);
	assert_int_equal(stub_hits(&x->stub, CHECK), 10);
	assert_int_equal(x->answer.calls, 11);
}

static void
test_wrong_answers_to_check(void **state)
{
	static const struct {
		const char *body;
		enum rg_err want;
	} cases[] = {
	    {"", RG_E_GRAPH_JSON},
	    {"<html>", RG_E_GRAPH_JSON},
	    {"[]", RG_E_GRAPH_JSON},
	    {"{\"value\":[]", RG_E_GRAPH_JSON},
	    {"{\"value\":[],\"value\":[]}", RG_E_GRAPH_JSON},
	    {"{}", RG_E_GRAPH_TYPE},
	    {"{\"value\":null}", RG_E_GRAPH_TYPE},
	    {"{\"value\":{}}", RG_E_GRAPH_TYPE},
	    {"{\"value\":\"aaaaaaaa-0000-4000-8000-000000000000\"}",
		RG_E_GRAPH_TYPE},
	    {"{\"value\":[1]}", RG_E_GRAPH_TYPE},
	    {"{\"value\":[null]}", RG_E_GRAPH_TYPE},
	    {"{\"value\":[{\"id\":\"aaaaaaaa-0000-4000-8000-000000000000\"}]}",
		RG_E_GRAPH_TYPE},
	    {"{\"value\":[\"admins\"]}", RG_E_GRAPH_ID},
	    /* never asked about */
	    {"{\"value\":[\"aaaaaaaa-0000-4000-8000-0000000000c0\"]}",
		RG_E_GRAPH_ID},
	    {"{\"value\":[],\"@odata.nextLink\":\"https://x.example/\"}",
		RG_E_GRAPH_LINK},
	    {"{\"error\":{\"code\":\"Authorization_RequestDenied\"}}",
		RG_E_GRAPH_ERROR},
	    {"{\"value\":[],\"error\":{}}", RG_E_GRAPH_ERROR},
	    {"{\"value\":[],\"error\":null}", RG_E_GRAPH_ERROR},
	};
	struct fixture *x = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		stub_json(&x->stub, CHECK, 200, cases[i].body);
		assert_error(x, 2, cases[i].want);
	}
	/* The second of two steps is about the second 20. */
	stub_json(&x->stub, CHECK, 200,
	    "{\"value\":[\"aaaaaaaa-0000-4000-8000-000000000000\"]}");
	assert_error(x, 21, RG_E_GRAPH_ID);
}

static void
test_wrong_pages(void **state)
{
	static const struct {
		const char *body;
		enum rg_err want;
	} cases[] = {
	    {"{\"value\":[\"aaaaaaaa-0000-4000-8000-000000000000\"]}",
		RG_E_GRAPH_TYPE},
	    {"{\"value\":[{}]}", RG_E_GRAPH_TYPE},
	    {"{\"value\":[{\"id\":null}]}", RG_E_GRAPH_TYPE},
	    {"{\"value\":[{\"id\":\"admins\"}]}", RG_E_GRAPH_ID},
	    {"{\"value\":[{\"id\":\"aaaaaaaa-0000-4000-8000-000000000000\","
	     "\"@odata.type\":\"#microsoft.graph.directoryRole\"}]}",
		RG_E_GRAPH_TYPE},
	    {"{\"value\":[],\"@odata.nextLink\":7}", RG_E_GRAPH_TYPE},
	    {"{\"value\":[],\"@odata.nextLink\":null}", RG_E_GRAPH_TYPE},
	    {"{\"value\":[],\"@odata.nextLink\":\"\"}", RG_E_GRAPH_LINK},
	};
	struct fixture *x = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		stub_json(&x->stub, LIST, 200, cases[i].body);
		assert_error(x, MANY, cases[i].want);
	}
	/* Good pages, then a bad one: nothing of them is taken. */
	page(x, LIST, 0, "", "/v1.0/p2");
	stub_json(&x->stub, "/v1.0/p2", 500, "{}");
	assert_error(x, MANY, RG_E_GRAPH_ERROR);
}

static void
test_links_to_elsewhere(void **state)
{
	static const char *const bad[] = {
	    "https://graph.microsoft.com/v1.0/me",
	    "http://127.0.0.1:1/v1.0/p2",
	    "http://localhost/v1.0/p2",
	    "http://evil.example/v1.0/p2",
	    "//evil.example/v1.0/p2",
	    "v1.0/p2",
	};
	static const char *const paths[] = {"@evil.example/v1.0/p2", "/p2",
	    "/beta/p2", "/v1.0", "/v1.00/p2", "/v1.0/../p2", "/v1.0/.%2e/p2",
	    "/v1.0/%2E%2E/p2", "/v1.0/%2e%2e%2fp2", "/v1.0//p2", "/v1.0/p2#x",
	    "/v1.0/p 2", "/v1.0/\\\\p2"};
	struct fixture *x = *state;
	char link[256];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(link, sizeof(link),
		    "{\"value\":[],"
		    "\"@odata.nextLink\":\"%s\"}",
		    bad[i]);
		stub_json(&x->stub, LIST, 200, link);
		assert_error(x, MANY, RG_E_GRAPH_LINK);
	}
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		(void)snprintf(link, sizeof(link),
		    "{\"value\":[],"
		    "\"@odata.nextLink\":\"%s%s\"}",
		    x->base, paths[i]);
		stub_json(&x->stub, LIST, 200, link);
		assert_error(x, MANY, RG_E_GRAPH_LINK);
	}
	/* The token went nowhere but to the first page. */
	assert_int_equal(
	    atomic_load(&x->stub.s->requests), stub_hits(&x->stub, LIST));
}

static void
test_prefix_of_base(void **state)
{
	struct fixture *x = *state;
	char base[80];

	(void)snprintf(base, sizeof(base), "%s/graph", x->base);
	x->q.base = base;
	page(x, "/graph" LIST, 0, "", "/graph/v1.0/p2");
	page(x, "/graph/v1.0/p2", 1, "", "/v1.0/p3");
	assert_error(x, MANY, RG_E_GRAPH_LINK);
	assert_int_equal(stub_hits(&x->stub, "/graph/v1.0/p2"), 1);
}

static void
test_loops_and_endless_lists(void **state)
{
	struct fixture *x = *state;
	char next[64];
	int i;

	page(x, LIST, 0, "", "/v1.0/p2");
	page(x, "/v1.0/p2", 1, "", "/v1.0/p3");
	page(x, "/v1.0/p3", 2, "", "/v1.0/p2");
	assert_error(x, MANY, RG_E_GRAPH_LOOP);
	assert_int_equal(x->answer.calls, 3);
	/* To itself. */
	page(x, "/v1.0/p2", 1, "", "/v1.0/p2");
	assert_error(x, MANY, RG_E_GRAPH_LOOP);
	/* Without end: the path stays, the query moves. */
	for (i = 0; i < 2; i++) {
		(void)snprintf(next, sizeof(next), "/v1.0/p2?n=%d", i);
		page(x, i == 0 ? LIST : "/v1.0/p2", 1, "", next);
	}
	assert_error(x, MANY, RG_E_GRAPH_LOOP);
}

static void
test_too_large(void **state)
{
	struct fixture *x = *state;

	stub_raw(&x->stub, CHECK, STUB_ENDLESS,
	    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
	    "{\"value\":[\"");
	assert_error(x, 1, RG_E_NET_SIZE);
	assert_string_equal(graph_reason(RG_E_NET_SIZE), "graph_too_large");
}

static void
test_refused(void **state)
{
	struct fixture *x = *state;

	stub_json(&x->stub, CHECK, 403,
	    "{\"error\":{\"code\":\"Authorization_RequestDenied\",\"message\":"
	    "\"Insufficient privileges\",\"innerError\":{\"date\":\"x\"}}}");
	assert_error(x, 1, RG_E_GRAPH_REFUSED);
	assert_string_equal(
	    x->e.detail, "status 403: Authorization_RequestDenied");
	stub_json(&x->stub, CHECK, 401,
	    "{\"error\":{\"code\":\"Invalid\\nToken\",\"innererror\":{}}}");
	assert_error(x, 1, RG_E_GRAPH_REFUSED);
	assert_string_equal(x->e.detail, "status 401: ?");
	/* Not tried again: it would be refused again. */
	assert_int_equal(stub_hits(&x->stub, CHECK), 2);
	stub_json(&x->stub, CHECK, 404,
	    "{\"error\":{\"code\":\"Request_ResourceNotFound\"}}");
	assert_error(x, 1, RG_E_GRAPH_ERROR);
	stub_json(&x->stub, CHECK, 206, "{\"value\":[]}");
	assert_error(x, 1, RG_E_GRAPH_ERROR);
	stub_raw(&x->stub, CHECK, STUB_PLAIN,
	    "HTTP/1.1 302 Found\r\nLocation: /v1.0/p2\r\n"
	    "Content-Length: 0\r\n\r\n");
	assert_error(x, 1, RG_E_GRAPH_ERROR);
	assert_int_equal(stub_hits(&x->stub, "/v1.0/p2"), 0);
}

static void
test_throttled(void **state)
{
	static const char *const busy[] = {
	    "HTTP/1.1 429 Too Many\r\nRetry-After: 0.3\r\n"
	    "Content-Length: 0\r\n\r\n",
	    "HTTP/1.1 503 Unavailable\r\nRetry-After: 0\r\n"
	    "Content-Length: 0\r\n\r\n",
	    "HTTP/1.1 504 Timeout\r\nDate: Fri, 31 Dec 1999 23:59:59 GMT\r\n"
	    "Retry-After: Fri, 31 Dec 1999 23:59:50 GMT\r\n"
	    "Content-Length: 0\r\n\r\n"};
	struct fixture *x = *state;
	int64_t start, took;
	size_t i;

	for (i = 0; i < sizeof(busy) / sizeof(busy[0]); i++) {
		struct stub_route *r =
		    stub_json(&x->stub, CHECK, 200, "{\"value\":[]}");

		atomic_store(&r->hits, 0);
		stub_first(&x->stub, CHECK, 1, busy[i]);
		start = clock_mono_ms();
		assert_int_equal(ask_for(x, 1, 3000), RG_OK);
		took = clock_mono_ms() - start;
		assert_int_equal(x->answer.calls, 2);
		assert_true(i == 0 ? took >= 300 : took < 250);
	}
}

static void
test_throttled_too_long(void **state)
{
	struct fixture *x = *state;
	int64_t start = clock_mono_ms();

	/* Longer than there is time: said at once, not waited for. */
	stub_raw(&x->stub, CHECK, STUB_PLAIN,
	    "HTTP/1.1 429 Too Many\r\nRetry-After: 30\r\n"
	    "Content-Length: 0\r\n\r\n");
	assert_error(x, 1, RG_E_GRAPH_BUSY);
	assert_true(clock_mono_ms() - start < 1000);
	assert_int_equal(stub_hits(&x->stub, CHECK), 1);
	/* Again and again. */
	stub_raw(&x->stub, CHECK, STUB_PLAIN,
	    "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\n"
	    "Content-Length: 0\r\n\r\n");
	assert_error(x, 1, RG_E_GRAPH_BUSY);
	assert_int_equal(stub_hits(&x->stub, CHECK), 1 + GRAPH_ATTEMPTS);
	/* Without a word how long: a growing wait, within the time. */
	stub_raw(&x->stub, CHECK, STUB_PLAIN,
	    "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
	start = clock_mono_ms();
	assert_int_equal(ask_for(x, 1, 900), RG_E_GRAPH_BUSY);
	assert_true(clock_mono_ms() - start < 1000);
	assert_true(x->answer.calls >= 2);
}

static void
test_slow(void **state)
{
	struct fixture *x = *state;
	int64_t start = clock_mono_ms();

	stub_raw(&x->stub, CHECK, STUB_HANG, "");
	assert_int_equal(ask_for(x, 60, 300), RG_E_NET_TIMEOUT);
	assert_true(clock_mono_ms() - start < 1500);
	assert_null(x->answer.ids);
	stub_raw(&x->stub, CHECK, STUB_CLOSE, "");
	assert_int_equal(ask_for(x, 1, 3000), RG_E_NET);
	stub_halt(&x->stub);
	assert_int_equal(ask_for(x, 1, 3000), RG_E_NET_CONNECT);
	assert_int_equal(ask_for(x, 1, 0), RG_E_NET_TIMEOUT);
}

static void
test_plain_http_is_refused(void **state)
{
	struct fixture *x = *state;

	x->q.allow_loopback_http = false;
	assert_error(x, 1, RG_E_NET_URL);
	assert_int_equal(atomic_load(&x->stub.s->requests), 0);
}

static void
test_reasons(void **state)
{
	(void)state;
	assert_string_equal(graph_reason(RG_E_GRAPH_REFUSED), "graph_refused");
	assert_string_equal(graph_reason(RG_E_GRAPH_BUSY), "graph_busy");
	assert_string_equal(graph_reason(RG_E_NET_TIMEOUT), "graph_timeout");
	assert_string_equal(
	    graph_reason(RG_E_NET_CONNECT), "graph_unreachable");
	assert_string_equal(graph_reason(RG_E_NET_TLS), "graph_unreachable");
	assert_string_equal(graph_reason(RG_E_GRAPH_LOOP), "graph_invalid");
	assert_string_equal(graph_reason(RG_E_GRAPH_JSON), "graph_invalid");
	assert_string_equal(graph_reason(RG_E_GRAPH_ERROR), "graph_error");
}

/* What a group is called, as Graph answers it. */
static void
test_group_name(void **state)
{
#define GROUP "aaaaaaaa-0000-4000-8000-000000000001"
	static const struct {
		long status;
		const char *body;
		enum rg_err want;
		const char *name;
	} rows[] = {
	    {200, "{\"id\":\"" GROUP "\",\"displayName\":\"devs\"}", RG_OK,
		"devs"},
	    {200, "{\"id\":\"" GROUP "\",\"displayName\":null}", RG_OK, NULL},
	    {200, "{\"id\":\"" GROUP "\"}", RG_OK, NULL},
	    {200, "{\"id\":\"" OID "\",\"displayName\":\"devs\"}",
		RG_E_GRAPH_ID, NULL},
	    {200, "{\"displayName\":\"devs\"}", RG_E_GRAPH_ID, NULL},
	    {200, "{\"id\":\"" GROUP "\",\"displayName\":7}", RG_E_GRAPH_TYPE,
		NULL},
	    {200, "{\"error\":{\"code\":\"x\"}}", RG_E_GRAPH_ERROR, NULL},
	    {200, "[]", RG_E_GRAPH_JSON, NULL},
	    {404, "{\"error\":{\"code\":\"Request_ResourceNotFound\"}}",
		RG_E_NOT_FOUND, NULL},
	    {403, "{\"error\":{\"code\":\"Authorization_RequestDenied\"}}",
		RG_E_GRAPH_REFUSED, NULL},
	    {500, "", RG_E_GRAPH_ERROR, NULL},
	};
	struct fixture *x = *state;
	char *name;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stub_json(&x->stub, "/v1.0/groups/" GROUP, (int)rows[i].status,
		    rows[i].body);
		x->q.deadline_ms = clock_mono_ms() + 3000;
		assert_string_equal(err_name(graph_group_name(
					x->graph, &x->q, GROUP, &name, &x->e)),
		    err_name(rows[i].want));
		if (rows[i].name == NULL)
			assert_null(name);
		else
			assert_string_equal(name, rows[i].name);
		free(name);
	}
	assert_int_equal(
	    graph_group_name(x->graph, &x->q, "../me", &name, &x->e),
	    RG_E_INVALID);
	assert_int_equal(stub_hits(&x->stub, "/v1.0/groups/" GROUP),
	    sizeof(rows) / sizeof(rows[0]));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_check),
	    T(test_check_in_steps_of_20),
	    T(test_malformed_ids_are_left_out),
	    T(test_app),
	    T(test_list),
	    T(test_empty_page_is_not_the_end),
	    T(test_long_list_is_not_read),
	    T(test_wrong_answers_to_check),
	    T(test_wrong_pages),
	    T(test_links_to_elsewhere),
	    T(test_prefix_of_base),
	    T(test_loops_and_endless_lists),
	    T(test_too_large),
	    T(test_refused),
	    T(test_throttled),
	    T(test_throttled_too_long),
	    T(test_slow),
	    T(test_plain_http_is_refused),
	    T(test_reasons),
	    T(test_group_name),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
