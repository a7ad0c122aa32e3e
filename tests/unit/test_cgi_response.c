/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cgi/response.h"

static struct buf out;

/* The whole answer as text; valid until the next call. */
static const char *
written(struct response *s, bool head_only)
{
	buf_clear(&out);
	response_write(s, head_only, &out);
	assert_true(buf_ok(&out));
	return buf_str(&out);
}

static const char *
body_of(const char *answer)
{
	const char *p = strstr(answer, "\r\n\r\n");

	assert_non_null(p);
	return p + 4;
}

static int
count(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void
assert_starts(struct response *s, const char *want)
{
	assert_memory_equal(written(s, false), want, strlen(want));
}

/* A complete 500 that holds nothing of what was planned. */
static void
assert_internal(struct response *s)
{
	const char *p = written(s, false);

	assert_ptr_equal(strstr(p, "Status: 500 "), p);
	assert_string_equal(body_of(p), "Internal error.\n");
	assert_non_null(strstr(p, "Content-Length: 16\r\n"));
	assert_non_null(strstr(p, "Cache-Control: no-store\r\n"));
	assert_null(strstr(p, "Set-Cookie"));
	assert_null(strstr(p, "Injected"));
	assert_int_equal(count(p, "Status:"), 1);
	response_clear(s);
}

static void
test_plain(void **state)
{
	struct response s = RESPONSE_INIT;
	const char *p;

	(void)state;
	response_header(&s, "Content-Type", "text/%s", "plain");
	buf_puts(&s.body, "hello");
	p = written(&s, false);
	assert_ptr_equal(strstr(p, "Status: 200 OK\r\n"), p);
	assert_non_null(strstr(p, "\r\nContent-Type: text/plain\r\n"));
	assert_non_null(strstr(p, "\r\nContent-Length: 5\r\n"));
	assert_string_equal(body_of(p), "hello");
	response_clear(&s);
}

/* What Apache would add to the page that was consented to. */
static void
test_bare(void **state)
{
	struct response s = RESPONSE_INIT;
	struct buf text = BUF_INIT;

	(void)state;
	response_header(&s, "Variable-A", "b");
	s.bare = true;
	response_write(&s, false, &text);
	assert_string_equal(
	    buf_str(&text), "Status: 200 OK\r\nVariable-A: b\r\n\r\n");
	/* A failure on the way is no consent, and a refusal is not bare. */
	buf_reset(&text);
	response_header(&s, "Variable-B", "c\r\nd");
	response_write(&s, false, &text);
	assert_ptr_equal(
	    strstr(buf_str(&text), "Status: 500 "), buf_str(&text));
	response_error(&s, 403, "denied", "No.", "-");
	assert_false(s.bare);
	response_clear(&s);
	buf_clear(&text);
}

static void
test_security_headers(void **state)
{
	static const char *const wanted[] = {"Cache-Control: no-store",
	    "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer",
	    "X-Frame-Options: DENY", "Cross-Origin-Opener-Policy: same-origin",
	    "Cross-Origin-Resource-Policy: same-origin", "default-src 'none'; ",
	    "frame-ancestors 'none'", "base-uri 'none'; ",
	    "form-action 'self'; ", "style-src 'self'; "};
	struct response s = RESPONSE_INIT;
	const char *p;
	size_t i;
	int round;

	(void)state;
	for (round = 0; round < 3; round++) {
		if (round == 1)
			response_redirect(&s, "/x");
		if (round == 2)
			response_error(&s, 404, "not_found", "No.", "id");
		p = written(&s, false);
		for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (count(p, wanted[i]) != 1)
				fail_msg("round %d: %s", round, wanted[i]);
		assert_null(strstr(p, "unsafe-inline"));
		assert_null(strstr(p, "script-src"));
	}
	response_clear(&s);
}

static void
test_cacheable(void **state)
{
	struct response s = RESPONSE_INIT;
	const char *p;

	(void)state;
	s.cacheable = true;
	response_header(&s, "Cache-Control", "public, max-age=60");
	p = written(&s, false);
	assert_null(strstr(p, "no-store"));
	assert_int_equal(count(p, "Cache-Control:"), 1);
	/* An error on the way is not cached for it. */
	response_error(&s, 500, "internal", "No.", "id");
	p = written(&s, false);
	assert_non_null(strstr(p, "Cache-Control: no-store"));
	assert_null(strstr(p, "max-age"));
	response_clear(&s);
}

static void
test_head(void **state)
{
	struct response s = RESPONSE_INIT;
	const char *p;

	(void)state;
	buf_puts(&s.body, "hello");
	p = written(&s, true);
	assert_non_null(strstr(p, "Content-Length: 5\r\n"));
	assert_string_equal(body_of(p), "");
	s.headers.failed = true;
	p = written(&s, true);
	assert_ptr_equal(strstr(p, "Status: 500 "), p);
	assert_string_equal(body_of(p), "");
	response_clear(&s);
}

static void
test_no_injection(void **state)
{
	static const char *const values[] = {"a\r\nInjected: 1", "a\nInjected",
	    "a\rInjected", "a\tb", "\x7f", "\x01", "x\r\n\r\nInjected"};
	struct response s = RESPONSE_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		response_header(&s, "Set-Cookie", "early=1");
		response_header(&s, "X-Value", "%s", values[i]);
		assert_internal(&s);
		response_redirect(&s, values[i]);
		assert_internal(&s);
	}
}

static void
test_bad_names(void **state)
{
	static const char *const names[] = {
	    "", "A B", "A:", "A\r\nInjected", "\xc3\xa9"};
	struct response s = RESPONSE_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		response_header(&s, names[i], "x");
		assert_internal(&s);
	}
}

/* Names of people have more than ASCII; headers may too. */
static void
test_utf8_value(void **state)
{
	struct response s = RESPONSE_INIT;

	(void)state;
	response_header(&s, "X-Name", "%s", "Zo\xc3\xab");
	assert_non_null(strstr(written(&s, false), "X-Name: Zo\xc3\xab\r\n"));
	response_clear(&s);
}

static void
test_long_headers(void **state)
{
	struct response s = RESPONSE_INIT;
	char value[8000];

	(void)state;
	memset(value, 'a', sizeof(value));
	value[7900 - 3] = '\0';
	response_header(&s, "X", "%s", value);
	assert_starts(&s, "Status: 200");
	response_clear(&s);
	value[7900 - 3] = 'a';
	value[7900 - 2] = '\0';
	response_header(&s, "X", "%s", value);
	assert_internal(&s);
}

static void
test_statuses(void **state)
{
	static const int good[] = {303, 401, 403, 404, 405, 413, 415, 503, 599};
	static const int bad[] = {0, -1, 100, 199, 600, 100000};
	struct response s = RESPONSE_INIT;
	char want[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		s.status = good[i];
		(void)snprintf(want, sizeof(want), "Status: %d ", good[i]);
		assert_starts(&s, want);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s.status = bad[i];
		assert_internal(&s);
	}
	s.status = 204;
	buf_puts(&s.body, "x");
	assert_null(strstr(written(&s, false), "Content-Length"));
	assert_string_equal(body_of(written(&s, false)), "");
	response_clear(&s);
}

static void
test_redirect(void **state)
{
	struct response s = RESPONSE_INIT;
	const char *p;

	(void)state;
	response_header(&s, "Set-Cookie", "a=1");
	buf_puts(&s.body, "left over");
	response_redirect(&s, "/me");
	p = written(&s, false);
	assert_ptr_equal(strstr(p, "Status: 303 See Other\r\n"), p);
	assert_non_null(strstr(p, "\r\nLocation: /me\r\n"));
	assert_non_null(strstr(p, "\r\nSet-Cookie: a=1\r\n"));
	assert_string_equal(body_of(p), "");
	response_clear(&s);
}

static void
test_json(void **state)
{
	struct response s = RESPONSE_INIT;
	const char *p;

	(void)state;
	response_json_own(&s, 200, json_pack("{s:i, s:s}", "b", 1, "a", "x"));
	p = written(&s, false);
	assert_non_null(strstr(p, "\r\nContent-Type: application/json\r\n"));
	assert_string_equal(body_of(p), "{\"a\":\"x\",\"b\":1}\n");
	response_clear(&s);
	/* What can't be built is a failure, not an empty answer. */
	response_json_own(&s, 200, NULL);
	assert_internal(&s);
}

static void
test_error_drops_the_rest(void **state)
{
	struct response s = RESPONSE_INIT;
	const char *p;

	(void)state;
	response_header(&s, "Set-Cookie", "session=1");
	response_header(&s, "X-Bad", "\n");
	buf_puts(&s.body, "secret");
	response_error(&s, 403, "denied", "No \"role\".", "r1");
	response_header(&s, "Retry-After", "%d", 10);
	p = written(&s, false);
	assert_ptr_equal(strstr(p, "Status: 403 Forbidden\r\n"), p);
	assert_null(strstr(p, "session=1"));
	assert_null(strstr(p, "secret"));
	assert_non_null(strstr(p, "\r\nRetry-After: 10\r\n"));
	assert_string_equal(body_of(p),
	    "{\"error\":\"denied\",\"message\":\"No \\\"role\\\".\","
	    "\"request_id\":\"r1\"}\n");
	response_clear(&s);
}

static void
test_failed_body(void **state)
{
	struct response s = RESPONSE_INIT;

	(void)state;
	response_header(&s, "Set-Cookie", "session=1");
	buf_puts(&s.body, "half a pa");
	s.body.failed = true;
	assert_internal(&s);
}

/* The last resort must not be cut short by what filled the buffer. */
static void
test_out_is_full(void **state)
{
	struct response s = RESPONSE_INIT;
	struct buf small = BUF_LIMITED(1000);

	(void)state;
	buf_printf(&s.body, "%02000d", 1);
	response_write(&s, false, &small);
	assert_true(buf_ok(&small));
	assert_ptr_equal(
	    strstr(buf_str(&small), "Status: 500 "), buf_str(&small));
	assert_string_equal(body_of(buf_str(&small)), "Internal error.\n");
	buf_clear(&small);
	response_clear(&s);
}

static int
forget(void **state)
{
	(void)state;
	buf_clear(&out);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_security_headers),
	    cmocka_unit_test(test_bare),
	    cmocka_unit_test(test_cacheable),
	    cmocka_unit_test(test_head),
	    cmocka_unit_test(test_no_injection),
	    cmocka_unit_test(test_bad_names),
	    cmocka_unit_test(test_utf8_value),
	    cmocka_unit_test(test_long_headers),
	    cmocka_unit_test(test_statuses),
	    cmocka_unit_test(test_redirect),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_error_drops_the_rest),
	    cmocka_unit_test(test_failed_body),
	    cmocka_unit_test(test_out_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
