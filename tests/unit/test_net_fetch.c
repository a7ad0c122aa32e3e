/* SPDX-License-Identifier: ISC */
#include "net/fetch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/version.h"
#include "tests/unit/http_stub.h"

struct fixture {
	struct stub stub;
	struct fetch *fetch;
	char url[128];
};

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	if (x == NULL || !stub_start(&x->stub))
		return -1;
	x->fetch = fetch_new();
	*state = x;
	return x->fetch == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	fetch_free(&x->fetch);
	stub_stop(&x->stub);
	free(x);
	return 0;
}

/* A request that is allowed: GET, loopback, 1 KiB, 2 s. */
static struct fetch_request
request(struct fixture *x, const char *path)
{
	(void)snprintf(x->url, sizeof(x->url), "http://127.0.0.1:%u%s",
	    x->stub.port, path);
	return (struct fetch_request){.url = x->url,
	    .max_bytes = 1024,
	    .timeout_ms = 2000,
	    .allow_loopback_http = true};
}

static void
assert_refused(
    struct fixture *x, const struct fetch_request *q, enum rg_err want)
{
	struct fetch_response res;
	struct err e = {0};

	assert_string_equal(
	    err_name(fetch(x->fetch, q, &res, &e)), err_name(want));
	assert_int_equal(e.code, want);
	assert_null(res.body.p);
	assert_int_equal(res.status, 0);
	/* The query and credentials never come out. */
	assert_null(strstr(e.detail, "hush"));
}

static void
test_get(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/doc?a=b");
	struct fetch_response res;
	struct err e = {0};

	stub_raw(&x->stub, "/doc", STUB_PLAIN,
	    "HTTP/1.1 200 OK\r\nContent-Type: Application/JSON ; charset=x\r\n"
	    "Content-Length: 2\r\n\r\n{}");
	assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
	assert_int_equal(res.status, 200);
	assert_string_equal(res.content_type, "application/json");
	assert_string_equal(buf_str(&res.body), "{}");
	assert_true(stub_saw(&x->stub, "/doc", "GET /doc?a=b HTTP/1.1\r\n"));
	assert_true(
	    stub_saw(&x->stub, "/doc", "User-Agent: rolegate/" RG_VERSION));
	assert_false(stub_saw(&x->stub, "/doc", "Accept-Encoding"));
	assert_false(stub_saw(&x->stub, "/doc", "Authorization"));
	fetch_response_clear(&res);
	assert_null(res.body.p);
}

static void
test_long_content_type(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/doc");
	struct fetch_response res;
	struct err e = {0};
	char text[512], type[201];

	memset(type, 'a', sizeof(type) - 1);
	type[sizeof(type) - 1] = '\0';
	(void)snprintf(text, sizeof(text),
	    "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: 0\r\n"
	    "\r\n",
	    type);
	stub_raw(&x->stub, "/doc", STUB_PLAIN, text);
	assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
	assert_string_equal(res.content_type, "");
	assert_string_equal(buf_str(&res.body), "");
	fetch_response_clear(&res);
}

static void
test_post_form(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/token");
	struct fetch_response res;
	struct err e = {0};

	q.form = "grant_type=authorization_code&code=1";
	q.basic_user = "id%3Aa";
	q.basic_pass = "s%25";
	stub_json(&x->stub, "/token", 200, "{}");
	assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
	assert_true(stub_saw(&x->stub, "/token", "POST /token HTTP/1.1\r\n"));
	assert_true(stub_saw(&x->stub, "/token",
	    "Content-Type: application/x-www-form-urlencoded\r\n"));
	/* printf id%3Aa:s%25 | base64 */
	assert_true(stub_saw(
	    &x->stub, "/token", "Authorization: Basic aWQlM0FhOnMlMjU=\r\n"));
	assert_true(stub_saw(&x->stub, "/token",
	    "\r\n\r\ngrant_type=authorization_code&code=1"));
	assert_false(stub_saw(&x->stub, "/token", "Origin:"));
	assert_false(stub_saw(&x->stub, "/token", "Expect:"));
	assert_false(stub_saw(&x->stub, "/token", "Cookie"));
	fetch_response_clear(&res);
}

static void
test_nothing_is_left_over(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/one");
	struct fetch_response res;
	struct err e = {0};

	stub_raw(&x->stub, "/one", STUB_PLAIN,
	    "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\n"
	    "Content-Length: 0\r\n\r\n");
	stub_json(&x->stub, "/two", 200, "{}");
	q.form = "a=b";
	q.basic_user = "u";
	q.basic_pass = "hush";
	assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
	fetch_response_clear(&res);
	q = request(x, "/two");
	assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
	fetch_response_clear(&res);
	assert_true(stub_saw(&x->stub, "/two", "GET /two"));
	assert_false(stub_saw(&x->stub, "/two", "Authorization"));
	assert_false(stub_saw(&x->stub, "/two", "Cookie"));
}

static void
test_bearer(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/me");
	struct fetch_response res;
	struct err e = {0};

	q.bearer = "abc.def";
	stub_json(&x->stub, "/me", 200, "{}");
	assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
	assert_true(
	    stub_saw(&x->stub, "/me", "Authorization: Bearer abc.def\r\n"));
	fetch_response_clear(&res);
	q.bearer = "hush\r\nX-Evil: 1";
	assert_refused(x, &q, RG_E_USAGE);
	q.bearer = "hush\x7f";
	assert_refused(x, &q, RG_E_USAGE);
	q.bearer = "";
	assert_refused(x, &q, RG_E_USAGE);
}

static void
test_urls_refused(void **state)
{
	static const char *const bad[] = {"http://example.com/",
	    "http://127.0.0.1.example.com/", "http://127.0.0.1@example.com/",
	    "https://user:hush@example.com/", "file:///etc/passwd",
	    "gopher://127.0.0.1/", "HTTPS://example.com/",
	    "https://example.com/#hush", "https://example.com/a b", "", "/x"};
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/doc");
	size_t i;

	stub_json(&x->stub, "/doc", 200, "{}");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		q.url = bad[i];
		assert_refused(x, &q, RG_E_NET_URL);
	}
	/* http to loopback, where the configuration does not allow it */
	q = request(x, "/doc");
	q.allow_loopback_http = false;
	assert_refused(x, &q, RG_E_NET_URL);
	q = request(x, "/doc");
	q.url = NULL;
	assert_refused(x, &q, RG_E_USAGE);
	q = request(x, "/doc");
	q.max_bytes = 0;
	assert_refused(x, &q, RG_E_USAGE);
	q = request(x, "/doc");
	q.timeout_ms = 0;
	assert_refused(x, &q, RG_E_USAGE);
	assert_int_equal(atomic_load(&x->stub.s->requests), 0);
}

static void
test_redirect_is_an_answer(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/moved");
	struct fetch_response res;
	struct err e = {0};

	stub_raw(&x->stub, "/moved", STUB_PLAIN,
	    "HTTP/1.1 302 Found\r\nLocation: /target\r\n"
	    "Content-Length: 0\r\n\r\n");
	stub_json(&x->stub, "/target", 200, "{}");
	assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
	assert_int_equal(res.status, 302);
	assert_int_equal(stub_hits(&x->stub, "/target"), 0);
	fetch_response_clear(&res);
}

static void
test_connection_is_reused(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/doc");
	struct fetch_response res;
	struct err e = {0};
	int i;

	stub_json(&x->stub, "/doc", 200, "{}");
	for (i = 0; i < 5; i++) {
		assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
		fetch_response_clear(&res);
	}
	assert_int_equal(stub_hits(&x->stub, "/doc"), 5);
	assert_int_equal(atomic_load(&x->stub.s->accepts), 1);
}

/* A kept connection that the peer has dropped meanwhile costs nothing. */
static void
test_provider_restarts(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/token");
	struct fetch_response res;
	struct err e = {0};

	q.form = "code=1";
	stub_json(&x->stub, "/token", 200, "{}");
	assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
	fetch_response_clear(&res);
	stub_halt(&x->stub);
	assert_true(stub_start_on(&x->stub, x->stub.port));
	assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
	fetch_response_clear(&res);
	assert_int_equal(stub_hits(&x->stub, "/token"), 2);
}

static void
test_size_cap(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/big");
	struct fetch_response res;
	struct err e = {0};
	char body[1100];

	memset(body, 'x', sizeof(body));
	body[1024] = '\0';
	stub_json(&x->stub, "/big", 200, body);
	assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
	assert_int_equal(res.body.len, 1024);
	fetch_response_clear(&res);
	/* announced */
	body[1024] = 'x';
	body[1025] = '\0';
	stub_json(&x->stub, "/big", 200, body);
	assert_refused(x, &q, RG_E_NET_SIZE);
	/* not announced */
	q = request(x, "/endless");
	stub_raw(&x->stub, "/endless", STUB_ENDLESS,
	    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	assert_refused(x, &q, RG_E_NET_SIZE);
	/* in the head */
	q = request(x, "/head");
	stub_raw(&x->stub, "/head", STUB_ENDLESS, "HTTP/1.1 200 OK\r\nX: ");
	assert_refused(x, &q, RG_E_NET);
}

static void
test_many_header_lines(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/lines");
	static char head[STUB_RESPONSE_MAX];
	size_t n;

	n = (size_t)snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\n");
	while (n < 70000)
		n += (size_t)snprintf(
		    head + n, sizeof(head) - n, "X-Line: 0123456789\r\n");
	(void)snprintf(
	    head + n, sizeof(head) - n, "Content-Length: 2\r\n\r\n{}");
	stub_raw(&x->stub, "/lines", STUB_PLAIN, head);
	assert_refused(x, &q, RG_E_NET_SIZE);
}

static void
test_timeouts(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/hang");
	int64_t start = clock_mono_ms();

	stub_raw(&x->stub, "/hang", STUB_HANG, "");
	q.timeout_ms = 200;
	assert_refused(x, &q, RG_E_NET_TIMEOUT);
	/* A byte now and then does not extend it. */
	q = request(x, "/drip");
	q.timeout_ms = 300;
	stub_raw(&x->stub, "/drip", STUB_DRIP,
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
	assert_refused(x, &q, RG_E_NET_TIMEOUT);
	assert_true(clock_mono_ms() - start < 2000);
}

static void
test_deadline(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/hang");
	int64_t start = clock_mono_ms();

	stub_raw(&x->stub, "/hang", STUB_HANG, "");
	/* The deadline is sooner than the timeout. */
	q.deadline_ms = start + 200;
	assert_refused(x, &q, RG_E_NET_TIMEOUT);
	assert_true(clock_mono_ms() - start < 1000);
	/* It has passed: nothing is asked. */
	assert_refused(x, &q, RG_E_NET_TIMEOUT);
	assert_int_equal(stub_hits(&x->stub, "/hang"), 1);
	/* The timeout is sooner. */
	q.timeout_ms = 100;
	q.deadline_ms = clock_mono_ms() + 60000;
	start = clock_mono_ms();
	assert_refused(x, &q, RG_E_NET_TIMEOUT);
	assert_true(clock_mono_ms() - start < 1000);
}

static void
test_post_json(void **state)
{
	static const char *const headers[] = {
	    "ConsistencyLevel: eventual", "x-ms-throttle-priority: high", NULL};
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/check");
	struct fetch_response res;
	struct err e = {0};

	q.json = "{\"groupIds\":[]}";
	q.headers = headers;
	q.bearer = "t.o.k";
	stub_json(&x->stub, "/check", 200, "{}");
	assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
	assert_true(stub_saw(&x->stub, "/check", "POST /check HTTP/1.1\r\n"));
	assert_true(
	    stub_saw(&x->stub, "/check", "Content-Type: application/json\r\n"));
	assert_true(
	    stub_saw(&x->stub, "/check", "\r\nConsistencyLevel: eventual\r\n"));
	assert_true(stub_saw(
	    &x->stub, "/check", "\r\nx-ms-throttle-priority: high\r\n"));
	assert_true(stub_saw(
	    &x->stub, "/check", "\r\nAuthorization: Bearer t.o.k\r\n"));
	assert_true(stub_saw(&x->stub, "/check", "\r\n\r\n{\"groupIds\":[]}"));
	assert_false(stub_saw(&x->stub, "/check", "Expect:"));
	assert_int_equal(res.retry_after_ms, -1);
	assert_int_equal(res.date, 0);
	fetch_response_clear(&res);
	q.form = "a=b";
	assert_refused(x, &q, RG_E_USAGE);
}

static void
test_header_lines_refused(void **state)
{
	static const char *const bad[] = {"", "Name", ": v", "Name:", "Name:v",
	    "Name: ", "Na me: v", "Name: v\r\nX: y", "Name: \xc3\xa4",
	    "Na\tme: v"};
	struct fixture *x = *state;
	const char *headers[] = {"Good: one", NULL, NULL};
	struct fetch_request q = request(x, "/doc");
	size_t i;

	q.headers = headers;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		headers[1] = bad[i];
		assert_refused(x, &q, RG_E_USAGE);
	}
	assert_int_equal(atomic_load(&x->stub.s->requests), 0);
}

/* What fetch() makes of these header lines. */
static int64_t
retry_after(struct fixture *x, const char *lines)
{
	struct fetch_request q = request(x, "/busy");
	struct fetch_response res;
	struct err e = {0};
	char text[512];
	int64_t ms;

	(void)snprintf(text, sizeof(text),
	    "HTTP/1.1 429 Too Many Requests\r\n%sContent-Length: 0\r\n\r\n",
	    lines);
	stub_raw(&x->stub, "/busy", STUB_PLAIN, text);
	assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
	assert_int_equal(res.status, 429);
	ms = res.retry_after_ms;
	fetch_response_clear(&res);
	assert_int_equal(res.retry_after_ms, -1);
	return ms;
}

static void
test_retry_after(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
	    {"0", 0},
	    {"7", 7000},
	    {"2.128", 2128},
	    {"0.5", 500},
	    {"1.0009", 1000},
	    {"1.", 1000},
	    {"99999999999999999999", 86400000},
	    {"-1", -1},
	    {"soon", -1},
	    {"1e3", -1},
	    {"1,5", -1},
	    {".5", -1},
	};
	struct fixture *x = *state;
	char line[256];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(
		    line, sizeof(line), "retry-after: %s\r\n", cases[i].text);
		assert_int_equal(retry_after(x, line), cases[i].ms);
	}
	assert_int_equal(retry_after(x, ""), -1);
	/* Two that differ say nothing. */
	assert_int_equal(
	    retry_after(x, "Retry-After: 1\r\nRetry-After: 2\r\n"), -1);
}

static void
test_retry_after_date(void **state)
{
	struct fixture *x = *state;
	int64_t ms;

	/* Counted from the server's own clock, which may be wrong. */
	assert_int_equal(
	    retry_after(x, "Date: Fri, 31 Dec 1999 23:59:50 GMT\r\n"
			   "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n"),
	    9000);
	assert_int_equal(
	    retry_after(x, "Date: Fri, 31 Dec 1999 23:59:59 GMT\r\n"
			   "Retry-After: Fri, 31 Dec 1999 23:59:50 GMT\r\n"),
	    0);
	/* Without it from ours. */
	assert_int_equal(
	    retry_after(x, "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n"),
	    0);
	ms = retry_after(x, "Retry-After: Fri, 31 Dec 2060 23:59:59 GMT\r\n");
	assert_int_equal(ms, 86400000);
}

static void
test_garbage(void **state)
{
	static const char *const bad[] = {"\x16\x03\x01garbage\r\n\r\n",
	    "{\"plain\": \"http 0.9\"}", "HTTP/1.1 abc\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n"
	    "Connection: close\r\n\r\n{}",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	    "Connection: close\r\n\r\nzz\r\n"};
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/bad?hush");
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* The stub closes after "Connection: close" only. */
		char text[256];

		(void)snprintf(text, sizeof(text), "%s%s", bad[i],
		    strstr(bad[i], "Connection: close") ? ""
							: "Connection: close");
		stub_raw(&x->stub, "/bad", STUB_PLAIN, text);
		assert_refused(x, &q, RG_E_NET);
	}
	stub_raw(&x->stub, "/bad", STUB_CLOSE, "");
	assert_refused(x, &q, RG_E_NET);
}

static void
test_no_connection(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/doc?hush");

	stub_halt(&x->stub);
	q.basic_user = "u";
	q.basic_pass = "hush";
	assert_refused(x, &q, RG_E_NET_CONNECT);
	/* https to something that does not speak TLS */
	assert_true(stub_start_on(&x->stub, 0));
	stub_json(&x->stub, "/doc", 200, "{}");
	(void)snprintf(x->url, sizeof(x->url), "https://127.0.0.1:%u/doc?hush",
	    x->stub.port);
	stub_raw(&x->stub, "/", STUB_CLOSE, "");
	q.timeout_ms = 300;
	{
		struct fetch_response res;
		struct err e = {0};

		assert_int_not_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
		assert_null(strstr(e.detail, "hush"));
	}
}

static void
test_environment_proxy_is_ignored(void **state)
{
	struct fixture *x = *state;
	struct fetch_request q = request(x, "/doc");
	struct fetch_response res;
	struct err e = {0};

	stub_json(&x->stub, "/doc", 200, "{}");
	(void)setenv("http_proxy", "http://127.0.0.1:1", 1);
	(void)setenv("all_proxy", "http://127.0.0.1:1", 1);
	assert_int_equal(fetch(x->fetch, &q, &res, &e), RG_OK);
	fetch_response_clear(&res);
	(void)unsetenv("http_proxy");
	(void)unsetenv("all_proxy");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_get),
	    T(test_long_content_type),
	    T(test_post_form),
	    T(test_nothing_is_left_over),
	    T(test_bearer),
	    T(test_urls_refused),
	    T(test_redirect_is_an_answer),
	    T(test_connection_is_reused),
	    T(test_provider_restarts),
	    T(test_size_cap),
	    T(test_many_header_lines),
	    T(test_timeouts),
	    T(test_deadline),
	    T(test_post_json),
	    T(test_header_lines_refused),
	    T(test_retry_after),
	    T(test_retry_after_date),
	    T(test_garbage),
	    T(test_no_connection),
	    T(test_environment_proxy_is_ignored),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
