/* SPDX-License-Identifier: ISC */
#include "base/asset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_find(void **state)
{
	const struct asset *a;

	(void)state;
	assert_null(asset_find(""));
	assert_null(asset_find("sql/0001"));
	assert_null(asset_find("/etc/passwd"));
	assert_null(asset_find("../sql/0001-init.sql"));
	a = asset_find("sql/0001-init.sql");
	assert_non_null(a);
	assert_int_equal(strlen(a->data), a->len);
	assert_non_null(strstr(a->data, "CREATE TABLE"));
	assert_int_equal(a->data[a->len - 1], '\n');
}

static void
test_sorted(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; assets[i].name != NULL; i++) {
		assert_int_equal(assets[i].data[assets[i].len], '\0');
		if (i > 0)
			assert_true(
			    strcmp(assets[i - 1].name, assets[i].name) < 0);
	}
	assert_true(i > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
