/* SPDX-License-Identifier: ISC */
#include "oidc/authn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

#define NOW 1800000000

static json_t *
load(const char *text)
{
	json_t *claims = NULL;

	assert_int_equal(json_load_strict(text, strlen(text), &claims), RG_OK);
	return claims;
}

static void
check(const char *text, const char *step_up, const int64_t *max_age,
    enum rg_err want)
{
	json_t *claims = load(text);
	struct err e = {RG_OK, ""};
	enum rg_err r;

	r = authn_check(claims,
	    &(struct authn_expect){
		.step_up = step_up, .max_age = max_age, .now = NOW, .skew = 60},
	    &e);
	assert_string_equal(err_name(r), err_name(want));
	json_decref(claims);
}

static void
test_values(void **state)
{
	static const char too_long[] =
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "4";
	static const char *const entra[] = {"c1", "c9", "c10", "c99"};
	static const char *const not_entra[] = {"", "c", "c0", "c00", "c01",
	    "c100", "C1", "c1 ", " c1", "c-1", "c1,c2", "1", "c1c", "urn:x"};
	static const char *const other[] = {
	    "2", "urn:mace:incommon:iap:silver", "https://x.example/loa-2"};
	static const char *const not_other[] = {
	    "", "a b", "a\"b", "a\nb", too_long};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(entra) / sizeof(entra[0]); i++)
		assert_true(authn_is_value(PROVIDER_ENTRA, entra[i]));
	for (i = 0; i < sizeof(not_entra) / sizeof(not_entra[0]); i++)
		assert_false(authn_is_value(PROVIDER_ENTRA, not_entra[i]));
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_true(authn_is_value(PROVIDER_OIDC, other[i]));
	for (i = 0; i < sizeof(not_other) / sizeof(not_other[0]); i++)
		assert_false(authn_is_any_value(not_other[i]));
}

static void
test_step_up(void **state)
{
	(void)state;
	check("{}", NULL, NULL, RG_OK);
	check("{\"acrs\":[\"p1\",\"c1\"]}", "c1", NULL, RG_OK);
	check("{\"acrs\":\"c1\"}", "c1", NULL, RG_OK);
	check("{\"acr\":\"urn:x\"}", "urn:x", NULL, RG_OK);
	check("{}", "c1", NULL, RG_E_STEP_UP);
	check("{\"acrs\":[]}", "c1", NULL, RG_E_STEP_UP);
	check("{\"acrs\":[\"c2\",\"c11\",\"C1\"]}", "c1", NULL, RG_E_STEP_UP);
	check("{\"acrs\":\"c1 c2\"}", "c1", NULL, RG_E_STEP_UP);
	check("{\"acrs\":{\"c1\":true}}", "c1", NULL, RG_E_STEP_UP);
	check("{\"acrs\":[[\"c1\"],1,null]}", "c1", NULL, RG_E_STEP_UP);
	check("{\"ACRS\":[\"c1\"],\"amr\":[\"c1\"]}", "c1", NULL, RG_E_STEP_UP);
}

static void
test_max_age(void **state)
{
	const int64_t hour = 3600, none = 0, huge = INT64_MAX;

	(void)state;
	check("{\"auth_time\":1799996400}", NULL, &hour, RG_OK);
	/* Exactly max_age and skew ago, and a second more. */
	check("{\"auth_time\":1799996340}", NULL, &hour, RG_OK);
	check("{\"auth_time\":1799996339}", NULL, &hour, RG_E_AUTH_TIME_OLD);
	check("{\"auth_time\":1799999940}", NULL, &none, RG_OK);
	check("{\"auth_time\":1799999939}", NULL, &none, RG_E_AUTH_TIME_OLD);
	check("{\"auth_time\":1800000060}", NULL, &none, RG_OK);
	check("{\"auth_time\":1800000061}", NULL, &hour, RG_E_AUTH_TIME_FUTURE);
	check("{\"auth_time\":0}", NULL, &huge, RG_OK);
	check("{}", NULL, &huge, RG_E_AUTH_TIME_MISSING);
	check("{\"auth_time\":\"1800000000\"}", NULL, &huge,
	    RG_E_AUTH_TIME_MISSING);
	/* What was not asked for is not checked. */
	check("{\"auth_time\":0}", NULL, NULL, RG_OK);
	check(
	    "{\"auth_time\":0,\"acr\":\"x\"}", "x", &hour, RG_E_AUTH_TIME_OLD);
}

static void
test_shown(void **state)
{
	json_t *claims, *list;

	(void)state;
	claims = load("{\"acrs\":[\"c1\",3,\"a b\",\"c2\"],\"acr\":\"1\"}");
	list = authn_values(claims);
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(json_string_value(json_array_get(list, 1)), "c2");
	assert_string_equal(json_string_value(json_array_get(list, 2)), "1");
	json_decref(list);
	json_decref(claims);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_step_up),
	    cmocka_unit_test(test_max_age),
	    cmocka_unit_test(test_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
