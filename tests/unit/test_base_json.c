/* SPDX-License-Identifier: ISC */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum rg_err
load(const char *s)
{
	json_t *v = NULL;
	enum rg_err r = json_load_strict(s, strlen(s), &v);

	assert_true((r == RG_OK) == (v != NULL));
	json_decref(v);
	return r;
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"", " ", "[]", "[{}]", "\"x\"", "1",
	    "null", "true", "{", "}", "{}}", "{}{}", "{} x", "{},",
	    "{\"a\":1,}", "{a:1}", "{'a':1}", "{\"a\":1 \"b\":2}", "{\"a\"}",
	    "{\"a\":}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":NaN}",
	    "{\"a\":Infinity}", "{\"a\":0x1}", "{\"a\":1e999}",
	    "{\"a\":99999999999999999999}", "{\"a\":1} // x", "{/**/}",
	    /* the reader behind us might take the other one */
	    "{\"iss\":\"a\",\"iss\":\"b\"}", "{\"a\":1,\"\\u0061\":2}",
	    "{\"x\":{\"a\":1,\"a\":1}}",
	    /* a C string would end there */
	    "{\"a\":\"x\\u0000y\"}", "{\"a\\u0000b\":1}",
	    /* not UTF-8 */
	    "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\xaf\"}",
	    "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\\ud800\"}",
	    "{\"a\":\"\\udc00\\ud800\"}", "\xef\xbb\xbf{}",
	    "{\"a\":\"line\nbreak\"}", "{\"a\":\"\\x\"}"};
	json_t *v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (load(bad[i]) != RG_E_JSON)
			fail_msg("accepted %s", bad[i]);
	assert_int_equal(json_load_strict("{}\0{}", 5, &v), RG_E_JSON);
	assert_int_equal(json_load_strict("{}\0", 3, &v), RG_E_JSON);
	assert_null(v);
	/* the length counts, not the NUL */
	assert_int_equal(json_load_strict("{\"a\":1}", 6, &v), RG_E_JSON);
	assert_int_equal(json_load_list("{}", 2, &v), RG_E_JSON);
	assert_int_equal(json_load_list("[1", 2, &v), RG_E_JSON);
	assert_int_equal(json_load_list("[1]", 3, &v), RG_OK);
	json_decref(v);
}

static void
nest(char *s, size_t depth)
{
	memcpy(s, "{\"a\":", 5);
	memset(s + 5, '[', depth - 1);
	memset(s + 5 + depth - 1, ']', depth - 1);
	memcpy(s + 5 + 2 * (depth - 1), "}", 2);
}

static void
test_depth(void **state)
{
	static char s[400000];

	(void)state;
	nest(s, JSON_MAX_DEPTH + 1);
	assert_int_equal(load(s), RG_E_JSON);
	nest(s, 150000);
	assert_int_equal(load(s), RG_E_JSON);
	nest(s, JSON_MAX_DEPTH);
	assert_int_equal(load(s), RG_OK);
	/* brackets in strings are no depth, quotes in strings no end */
	memset(s, '[', 1000);
	memcpy(s, "{\"a\":\"\\\"", 8);
	memcpy(s + 1000, "\"}", 3);
	assert_int_equal(load(s), RG_OK);
	memset(s, '[', 1000);
	memcpy(s, "{\"a\":\"\\\\\",\"b\":", 14);
	s[1000] = '\0';
	assert_int_equal(load(s), RG_E_JSON);
	/* many side by side are not deep */
	s[0] = '\0';
	memcpy(s, "{\"a\":[", 6);
	memset(s + 6, ' ', 1000);
	memcpy(s + 300, "[],[],[],[],[{}]", 16);
	memcpy(s + 1006, "]}", 3);
	assert_int_equal(load(s), RG_OK);
}

static void
test_members(void **state)
{
	static const char text[] =
	    "{\"s\":\"x\",\"i\":-5,\"r\":5.0,\"b\":true,\"n\":null,"
	    "\"t\":\"5\",\"max\":9223372036854775807}";
	json_t *v;
	int64_t n = 77;

	(void)state;
	assert_int_equal(json_load_strict(text, strlen(text), &v), RG_OK);
	assert_null(json_str(v, "i"));
	assert_null(json_str(v, "n"));
	assert_null(json_str(v, "absent"));
	assert_string_equal(json_str(v, "s"), "x");
	/* "exp":"5" or 5.0 is no time */
	assert_false(json_int(v, "t", &n));
	assert_false(json_int(v, "r", &n));
	assert_false(json_int(v, "b", &n));
	assert_false(json_int(v, "n", &n));
	assert_false(json_int(v, "absent", &n));
	assert_int_equal(n, 77);
	assert_true(json_int(v, "i", &n));
	assert_int_equal(n, -5);
	assert_true(json_int(v, "max", &n));
	assert_true(n == INT64_MAX);
	json_decref(v);
}

static void
test_put(void **state)
{
	static const char text[] =
	    " { \"b\" : [ 1, \"\\u00e4/\" ] , \"a\":{} }";
	struct buf out = BUF_INIT, tight = BUF_LIMITED(5);
	json_t *v, *s;

	(void)state;
	assert_int_equal(json_load_strict(text, strlen(text), &v), RG_OK);
	assert_true(json_put(&out, v));
	assert_string_equal(
	    buf_str(&out), "{\"a\":{},\"b\":[1,\"\xc3\xa4/\"]}");
	assert_false(json_put(&tight, v));
	assert_false(buf_ok(&tight));
	buf_reset(&out);
	s = json_string("x");
	assert_true(json_put(&out, s));
	assert_string_equal(buf_str(&out), "\"x\"");
	assert_false(json_put(&out, NULL));
	assert_false(buf_ok(&out));
	json_decref(s);
	json_decref(v);
	buf_clear(&out);
	buf_clear(&tight);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
