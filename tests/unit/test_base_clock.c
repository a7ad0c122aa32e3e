/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
assert_format(int64_t t, const char *want)
{
	char text[32];

	clock_format(t, text);
	assert_string_equal(text, want);
}

static void
test_format(void **state)
{
	(void)state;
	assert_format(INT64_MAX, "?");
	assert_format(INT64_MIN, "?");
	assert_format(253402300800, "?"); /* the year 10000 */
	assert_format(253402300799, "9999-12-31T23:59:59Z");
	assert_format(0, "1970-01-01T00:00:00Z");
	assert_format(-1, "1969-12-31T23:59:59Z");
	assert_format(951782400, "2000-02-29T00:00:00Z");
	assert_format(2147483648, "2038-01-19T03:14:08Z");
}

/* exp = 2^63 - 1 must not become a time in the past. */
static void
test_add(void **state)
{
	(void)state;
	assert_true(clock_add(INT64_MAX, 1) == INT64_MAX);
	assert_true(clock_add(1, INT64_MAX) == INT64_MAX);
	assert_true(clock_add(INT64_MAX, INT64_MAX) == INT64_MAX);
	assert_true(clock_add(INT64_MIN, -1) == INT64_MIN);
	assert_true(clock_add(INT64_MIN, INT64_MIN) == INT64_MIN);
	assert_true(clock_add(INT64_MAX, INT64_MIN) == -1);
	assert_true(clock_add(40, 2) == 42);
}

static void
test_now(void **state)
{
	int64_t a, b;

	(void)state;
	assert_true(clock_now() > 1700000000);
	a = clock_mono_ms();
	b = clock_mono_ms();
	assert_true(b >= a && b - a < 60000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_format),
	    cmocka_unit_test(test_add),
	    cmocka_unit_test(test_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
