/* SPDX-License-Identifier: ISC */
#include "base/json_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static void
test_structure(void **state)
{
	static const char *const list[] = {"x", "[", "{", ":"};
	struct buf out = BUF_INIT;

	(void)state;
	json_write_open(&out, '{');
	json_write_key(&out, "a");
	json_write_open(&out, '{');
	json_write_close(&out, '}');
	json_write_key(&out, "b");
	json_write_open(&out, '[');
	json_write_open(&out, '[');
	json_write_close(&out, ']');
	json_write_open(&out, '{');
	json_write_close(&out, '}');
	json_write_int(&out, INT64_MIN);
	json_write_int(&out, INT64_MAX);
	json_write_value(&out, json_null());
	json_write_close(&out, ']');
	json_write_key(&out, "c");
	json_write_strings(&out, list, 4);
	json_write_key(&out, "d");
	json_write_strings(&out, NULL, 0);
	json_write_member(&out, "e", "");
	json_write_close(&out, '}');
	assert_string_equal(buf_str(&out),
	    "{\"a\":{},\"b\":[[],{},-9223372036854775808,"
	    "9223372036854775807,null],\"c\":[\"x\",\"[\",\"{\",\":\"],"
	    "\"d\":[],\"e\":\"\"}");
	buf_clear(&out);
}

/* What a string of strangers holds must not end it: as jansson writes it. */
static void
test_strings(void **state)
{
	char text[4] = "a?b";
	struct buf out = BUF_INIT, want = BUF_INIT;
	json_t *value;
	int c;

	(void)state;
	for (c = 1; c < 0x80; c++) {
		text[1] = (char)c;
		value = json_string(text);
		buf_reset(&out);
		buf_reset(&want);
		json_write_string(&out, text);
		assert_true(json_put(&want, value));
		assert_string_equal(buf_str(&out), buf_str(&want));
		json_decref(value);
	}
	buf_reset(&out);
	json_write_string(&out, "\xc3\xa4 \xf0\x9f\x98\x80 \"\\\n\x01");
	assert_string_equal(
	    buf_str(&out), "\"\xc3\xa4 \xf0\x9f\x98\x80 \\\"\\\\\\n\\u0001\"");
	buf_clear(&out);
	buf_clear(&want);
}

static void
test_not_utf8(void **state)
{
	static const char *const bad[] = {
	    "\xff", "x\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf0\x9f\x98"};
	struct buf out = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_reset(&out);
		json_write_string(&out, bad[i]);
		assert_false(buf_ok(&out));
	}
	buf_reset(&out);
	json_write_value(&out, NULL);
	assert_false(buf_ok(&out));
	buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_structure),
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_not_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
