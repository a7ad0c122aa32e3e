/* SPDX-License-Identifier: ISC */
#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_unknown_code(void **state)
{
	(void)state;
	assert_string_equal(err_name((enum rg_err)RG__MAX), "RG_E_INTERNAL");
	assert_string_equal(err_name((enum rg_err)9999), "RG_E_INTERNAL");
	assert_string_equal(
	    err_text((enum rg_err)9999), err_text(RG_E_INTERNAL));
}

static void
test_names(void **state)
{
	int i, j;

	(void)state;
	assert_int_equal(RG_OK, 0);
	assert_string_equal(err_name(RG_OK), "RG_OK");
	assert_string_equal(err_name(RG_E_AUD), "RG_E_AUD");
	for (i = 1; i < RG__MAX; i++) {
		assert_int_equal(
		    strncmp(err_name((enum rg_err)i), "RG_E_", 5), 0);
		assert_string_not_equal(err_text((enum rg_err)i), "");
		for (j = 0; j < i; j++)
			assert_string_not_equal(
			    err_name((enum rg_err)i), err_name((enum rg_err)j));
	}
}

static void
test_set(void **state)
{
	struct err e = {RG_OK, "old"};
	char text[1001];

	(void)state;
	assert_int_equal(err_set(NULL, RG_E_AUD, "%d", 1), RG_E_AUD);
	err_clear(NULL);
	assert_int_equal(err_set(&e, RG_E_AUD, "got %d", 5), RG_E_AUD);
	assert_int_equal(e.code, RG_E_AUD);
	assert_string_equal(e.detail, "got 5");
	memset(text, 'x', 1000);
	text[1000] = '\0';
	(void)err_set(&e, RG_E_ISS, "%s", text);
	assert_int_equal(strlen(e.detail), sizeof(e.detail) - 1);
	/* A character that the end or a precision cuts would make the whole
	 * of it unfit for JSON. */
	(void)err_set(&e, RG_E_ISS, "%.230s\xc3\xa4", text);
	assert_string_equal(e.detail + 228, "xx?");
	(void)err_set(&e, RG_E_ISS, "\"%.3s\" it is", "ab\xe2\x82\xac");
	assert_string_equal(e.detail, "\"ab?\" it is");
	err_clear(&e);
	assert_int_equal(e.code, RG_OK);
	assert_string_equal(e.detail, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unknown_code),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
