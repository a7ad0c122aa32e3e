/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cgi/cookie.h"

static const struct cookie_style https = {.secure = true};
static const struct cookie_style demo = {.secure = false};

static void
assert_headers(struct response *s, const char *want)
{
	assert_true(buf_ok(&s->headers));
	assert_string_equal(buf_str(&s->headers), want);
	response_clear(s);
}

static void
test_names(void **state)
{
	char name[COOKIE_NAME_MAX];
	char longest[COOKIE_NAME_MAX];

	(void)state;
	cookie_name(&https, "rolegate", name);
	assert_string_equal(name, "__Host-rolegate");
	cookie_name(&demo, "rolegate", name);
	assert_string_equal(name, "rolegate");
	/* Never a cut name, which could be that of another cookie. */
	memset(longest, 'a', sizeof(longest));
	longest[COOKIE_NAME_MAX - 1] = '\0';
	cookie_name(&https, longest, name);
	assert_string_equal(name, "");
}

static void
test_secure(void **state)
{
	struct response s = RESPONSE_INIT;

	(void)state;
	cookie_set(&s, &https, "rolegate", "aZ09-_", -1, SAME_SITE_LAX);
	assert_headers(&s,
	    "Set-Cookie: __Host-rolegate=aZ09-_; Path=/; HttpOnly; Secure; "
	    "SameSite=Lax\r\n");
	cookie_set(&s, &https, "rolegate-tx-ab", "v", 600, SAME_SITE_NONE);
	assert_headers(&s,
	    "Set-Cookie: __Host-rolegate-tx-ab=v; Path=/; HttpOnly; Secure; "
	    "SameSite=None; Max-Age=600\r\n");
}

static void
test_demo(void **state)
{
	struct response s = RESPONSE_INIT;

	(void)state;
	cookie_set(&s, &demo, "rolegate", "v", 0, SAME_SITE_LAX);
	assert_headers(&s,
	    "Set-Cookie: rolegate=v; Path=/; HttpOnly; SameSite=Lax; "
	    "Max-Age=0\r\n");
	/* Browsers would drop None without Secure. */
	cookie_set(&s, &demo, "rolegate", "v", -1, SAME_SITE_NONE);
	assert_headers(
	    &s, "Set-Cookie: rolegate=v; Path=/; HttpOnly; SameSite=Lax\r\n");
}

static void
test_forget(void **state)
{
	struct response s = RESPONSE_INIT;

	(void)state;
	/* The same attributes, or a browser keeps the "__Host-" cookie. */
	cookie_forget(&s, &https, "rolegate", SAME_SITE_LAX);
	assert_headers(&s,
	    "Set-Cookie: __Host-rolegate=; Path=/; HttpOnly; Secure; "
	    "SameSite=Lax; Max-Age=0\r\n");
}

static void
test_bad_parts(void **state)
{
	static const char *const values[] = {"a;Domain=x", "a b", "a,b", "a=b",
	    "\"a\"", "a\r\nX: y", "\xc3\xa9"};
	static const char *const names[] = {
	    "a=b", "a;b", "a b", "a,b", "a\tb", "a\r\nX: y"};
	struct response s = RESPONSE_INIT;
	char longest[COOKIE_NAME_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		cookie_set(&s, &https, "a", values[i], -1, SAME_SITE_LAX);
		assert_false(buf_ok(&s.headers));
		response_clear(&s);
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cookie_forget(&s, &https, names[i], SAME_SITE_LAX);
		assert_false(buf_ok(&s.headers));
		response_clear(&s);
	}
	memset(longest, 'a', sizeof(longest));
	longest[COOKIE_NAME_MAX - 1] = '\0';
	cookie_set(&s, &https, longest, "v", -1, SAME_SITE_LAX);
	assert_false(buf_ok(&s.headers));
	response_clear(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_secure),
	    cmocka_unit_test(test_demo),
	    cmocka_unit_test(test_forget),
	    cmocka_unit_test(test_bad_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
