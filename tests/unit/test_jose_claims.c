/* SPDX-License-Identifier: ISC */
/* What the vectors can't say of claims: the caller's side, and the details. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jose/claims.h"

#define ISSUER "https://op.example"
#define NONCE "nonce-of-this-browser"

static const struct claims_expect good = {
    .issuer = ISSUER,
    .audience = "us",
    .nonce = NONCE,
    .alg = JOSE_RS256,
    .now = 1000,
    .skew = 60,
};

static json_t *
good_claims(void)
{
	return json_pack("{s:s,s:s,s:s,s:i,s:i,s:s}", "iss", ISSUER, "aud",
	    "us", "sub", "dana", "exp", 2000, "iat", 1000, "nonce", NONCE);
}

static void
test_good(void **state)
{
	json_t *claims = good_claims();
	struct err e = {0};

	(void)state;
	assert_int_equal(claims_check_id_token(claims, &good, &e), RG_OK);
	assert_int_equal(e.code, RG_OK);
	assert_string_equal(e.detail, "");
	assert_int_equal(claims_check_id_token(claims, &good, NULL), RG_OK);
	json_decref(claims);
}

/* Nothing is accepted for want of something to compare with. */
static void
test_incomplete_expectations(void **state)
{
	struct claims_expect x;
	json_t *claims = good_claims(), *list = json_array();

	(void)state;
#define REFUSED(change)                                                        \
	do {                                                                   \
		x = good;                                                      \
		change;                                                        \
		assert_int_equal(                                              \
		    claims_check_id_token(claims, &x, NULL), RG_E_INTERNAL);   \
	} while (0)
	json_object_set_new(claims, "iss", json_string(""));
	REFUSED(x.issuer = "");
	REFUSED(x.issuer = NULL);
	json_object_set_new(claims, "iss", json_string(ISSUER));
	json_object_set_new(claims, "aud", json_string(""));
	REFUSED(x.audience = "");
	REFUSED(x.audience = NULL);
	json_object_set_new(claims, "aud", json_string("us"));
	json_object_set_new(claims, "nonce", json_string(""));
	REFUSED(x.nonce = "");
	json_object_set_new(claims, "nonce", json_string(NONCE));
	REFUSED(x.alg = JOSE__MAX);
	REFUSED(x.skew = -1);
	REFUSED(x.skew = CLAIMS_SKEW_MAX + 1);
#undef REFUSED
	x = good;
	x.skew = CLAIMS_SKEW_MAX;
	assert_int_equal(claims_check_id_token(claims, &x, NULL), RG_OK);
	assert_int_equal(claims_check_id_token(NULL, &x, NULL), RG_E_INTERNAL);
	assert_int_equal(claims_check_id_token(list, &x, NULL), RG_E_INTERNAL);
	json_decref(list);
	json_decref(claims);
}

/* The end of time does not wrap around to its beginning. */
static void
test_clock_at_the_ends(void **state)
{
	json_t *claims = good_claims();
	struct claims_expect x = good;

	(void)state;
	x.now = INT64_MAX;
	assert_int_equal(claims_check_id_token(claims, &x, NULL), RG_E_EXPIRED);
	x.now = INT64_MIN;
	assert_int_equal(
	    claims_check_id_token(claims, &x, NULL), RG_E_IAT_FUTURE);
	json_decref(claims);
}

/* The operator reads what was expected, and never the nonce. */
static void
test_details(void **state)
{
	json_t *claims = good_claims();
	struct err e = {0};

	(void)state;
	json_object_set_new(claims, "nonce", json_string("of-an-attacker"));
	assert_int_equal(claims_check_id_token(claims, &good, &e), RG_E_NONCE);
	assert_int_equal(e.code, RG_E_NONCE);
	assert_null(strstr(e.detail, NONCE));
	assert_null(strstr(e.detail, "of-an-attacker"));

	json_object_del(claims, "nonce");
	assert_int_equal(claims_check_id_token(claims, &good, &e), RG_E_NONCE);
	assert_non_null(strstr(e.detail, "missing"));

	json_object_set_new(claims, "iss", json_string("https://evil"));
	assert_int_equal(claims_check_id_token(claims, &good, &e), RG_E_ISS);
	assert_int_equal(e.code, RG_E_ISS);
	assert_non_null(strstr(e.detail, ISSUER));
	assert_non_null(strstr(e.detail, "https://evil"));
	json_decref(claims);
}

/* A token with several faults is refused for the first, in a known order. */
static void
test_order(void **state)
{
	static const struct {
		const char *name;
		enum rg_err want;
	} steps[] = {{"TID", RG_E_PAYLOAD_JSON}, {"iss", RG_E_ISS},
	    {"aud", RG_E_AUD}, {"azp", RG_E_AZP}, {"sub", RG_E_SUB},
	    {"exp", RG_E_TIME_TYPE}, {"nonce", RG_E_NONCE},
	    {"at_hash", RG_E_AT_HASH}};
	struct claims_expect x = good;
	json_t *claims, *fixed = good_claims();
	size_t i, j, n = sizeof(steps) / sizeof(steps[0]);

	(void)state;
	x.access_token = "access";
	json_object_set_new(fixed, "tid", json_string("t"));
	for (i = 0; i < n; i++) {
		claims = json_copy(fixed);
		for (j = i; j < n; j++)
			json_object_set_new(claims, steps[j].name, json_null());
		assert_int_equal(
		    claims_check_id_token(claims, &x, NULL), steps[i].want);
		json_decref(claims);
	}
	assert_int_equal(claims_check_id_token(fixed, &x, NULL), RG_OK);
	json_decref(fixed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_incomplete_expectations),
	    cmocka_unit_test(test_clock_at_the_ends),
	    cmocka_unit_test(test_details),
	    cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests_name("jose_claims", tests, NULL, NULL);
}
