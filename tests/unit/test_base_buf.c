/* SPDX-License-Identifier: ISC */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_limit(void **state)
{
	struct buf b = BUF_LIMITED(5);

	(void)state;
	buf_puts(&b, "12345");
	assert_true(buf_ok(&b));
	buf_put(&b, "", 0);
	assert_true(buf_ok(&b));
	buf_putc(&b, '6');
	assert_false(buf_ok(&b));
	assert_string_equal(buf_str(&b), "");
	/* what fits must not follow what did not */
	buf_reset(&b);
	buf_puts(&b, "123456");
	buf_puts(&b, "1");
	assert_false(buf_ok(&b));
	assert_null(buf_steal(&b));
	assert_true(buf_ok(&b));
	buf_printf(&b, "%d", 123456);
	assert_false(buf_ok(&b));
	buf_clear(&b);
	assert_true(buf_ok(&b));
	buf_printf(&b, "%d", 12345);
	assert_string_equal(buf_str(&b), "12345");
	buf_clear(&b);
}

static void
test_absurd_size(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_puts(&b, "x");
	buf_put(&b, "y", SIZE_MAX);
	assert_false(buf_ok(&b));
	buf_reset(&b);
	buf_puts(&b, "x");
	buf_put(&b, "y", SIZE_MAX / 2);
	assert_false(buf_ok(&b));
	buf_reset(&b);
	buf_puts(&b, "x");
	buf_put(&b, "y", SIZE_MAX / 4);
	assert_false(buf_ok(&b));
	buf_clear(&b);
}

static void
test_contents(void **state)
{
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_puts(&b, "a");
	buf_putc(&b, 'b');
	buf_put(&b, "c\0d", 3);
	buf_printf(&b, "-%s-%d", "e", 5);
	assert_int_equal(b.len, 9);
	assert_memory_equal(b.p, "abc\0d-e-5", 10);
	buf_reset(&b);
	assert_string_equal(buf_str(&b), "");
	for (i = 0; i < 10000; i++)
		buf_putc(&b, (char)('a' + i % 26));
	assert_int_equal(strlen(buf_str(&b)), 10000);
	for (i = 0; i < 10000; i++)
		assert_int_equal(b.p[i], 'a' + (int)(i % 26));
	buf_clear(&b);
	assert_null(b.p);
}

static void
test_reset_wipes(void **state)
{
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	buf_puts(&b, "a secret");
	buf_reset(&b);
	for (i = 0; i < b.cap && i < 8; i++)
		assert_int_equal(b.p[i], 0);
	buf_clear(&b);
}

static void
test_steal(void **state)
{
	struct buf b = BUF_INIT;
	char *p;

	(void)state;
	p = buf_steal(&b);
	assert_non_null(p);
	assert_string_equal(p, "");
	free(p);
	buf_puts(&b, "mine");
	p = buf_steal(&b);
	assert_string_equal(p, "mine");
	free(p);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_str(&b), "");
	buf_puts(&b, "again");
	assert_string_equal(buf_str(&b), "again");
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_absurd_size),
	    cmocka_unit_test(test_contents),
	    cmocka_unit_test(test_reset_wipes),
	    cmocka_unit_test(test_steal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
