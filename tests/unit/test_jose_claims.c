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

/* Several APIs may be meant, but nothing that is no name. */
static void
test_audiences(void **state)
{
	static const struct {
		const char *aud;
		bool us;
	} cases[] = {
	    {"\"us\"", true},
	    {"\"them\"", false},
	    {"\"\"", false},
	    {"[\"us\"]", true},
	    {"[\"us\",\"them\"]", true},
	    {"[\"them\",\"us\"]", true},
	    {"[\"them\",\"others\"]", false},
	    {"[]", false},
	    {"[\"us\",1]", false},
	    {"[null,\"us\"]", false},
	    {"[[\"us\"]]", false},
	    {"{\"us\":\"us\"}", false},
	    {"1", false},
	    {"null", false},
	};
	json_t *claims = json_object();
	size_t i;

	(void)state;
	assert_false(claims_has_audience(claims, "us"));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_object_set_new(claims, "aud",
		    json_loads(cases[i].aud, JSON_DECODE_ANY, NULL));
		assert_int_equal(
		    claims_has_audience(claims, "us"), cases[i].us);
	}
	json_decref(claims);
}

static const char *const ours[] = {"us", "api://us"};

static const struct claims_access access_of_ours = {
    .issuer = ISSUER,
    .audiences = ours,
    .audience_count = 2,
    .now = 1000,
    .skew = 60,
};

static enum rg_err
check_access(const struct claims_access *x, const char *name, const char *value)
{
	json_t *claims = good_claims();
	struct err e = {0};
	enum rg_err r;

	if (name != NULL)
		json_object_set_new(
		    claims, name, json_loads(value, JSON_DECODE_ANY, NULL));
	r = claims_check_access_token(claims, x, &e);
	assert_int_equal(e.code, r);
	json_decref(claims);
	return r;
}

/* RFC 9068 section 4; no nonce and no azp belong to an access token. */
static void
test_access_token(void **state)
{
	static const struct {
		const char *name, *value;
		enum rg_err want;
	} cases[] = {
	    {NULL, NULL, RG_OK},
	    {"nonce", "\"of another\"", RG_OK},
	    {"azp", "\"another\"", RG_OK},
	    {"aud", "\"api://us\"", RG_OK},
	    {"aud", "[\"them\",\"api://us\"]", RG_OK},
	    {"aud", "\"them\"", RG_E_AUD},
	    {"aud", "[\"us\",1]", RG_E_AUD},
	    {"SUB", "\"another\"", RG_E_PAYLOAD_JSON},
	    {"iss", "\"https://evil\"", RG_E_ISS},
	    {"iss", "null", RG_E_ISS},
	    {"sub", "\"\"", RG_E_SUB},
	    {"sub", "1", RG_E_SUB},
	    {"exp", "940", RG_E_EXPIRED},
	    {"exp", "941", RG_OK},
	    {"iat", "1060", RG_OK},
	    {"iat", "1061", RG_E_IAT_FUTURE},
	    {"nbf", "1061", RG_E_NOT_YET},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(check_access(&access_of_ours, cases[i].name,
				     cases[i].value),
		    cases[i].want);
}

/* Nothing is accepted for want of something to compare with. */
static void
test_access_token_of_nobody(void **state)
{
	struct claims_access x = access_of_ours;
	json_t *list = json_array();

	(void)state;
	x.issuer = "";
	assert_int_equal(check_access(&x, "iss", "\"\""), RG_E_INTERNAL);
	x.issuer = NULL;
	assert_int_equal(check_access(&x, NULL, NULL), RG_E_INTERNAL);
	x = access_of_ours;
	x.audience_count = 0;
	assert_int_equal(check_access(&x, NULL, NULL), RG_E_AUD);
	x.audience_count = 1; /* the second name is no longer ours */
	assert_int_equal(check_access(&x, "aud", "\"api://us\""), RG_E_AUD);
	x.skew = -1;
	assert_int_equal(check_access(&x, NULL, NULL), RG_E_INTERNAL);
	x.skew = CLAIMS_SKEW_MAX + 1;
	assert_int_equal(check_access(&x, NULL, NULL), RG_E_INTERNAL);
	x.skew = CLAIMS_SKEW_MAX;
	assert_int_equal(check_access(&x, NULL, NULL), RG_OK);
	x.skew = 0;
	assert_int_equal(check_access(&x, NULL, NULL), RG_OK);
	x = access_of_ours;
	assert_int_equal(
	    claims_check_access_token(NULL, &x, NULL), RG_E_INTERNAL);
	assert_int_equal(
	    claims_check_access_token(list, &x, NULL), RG_E_INTERNAL);
	json_decref(list);
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
	    cmocka_unit_test(test_audiences),
	    cmocka_unit_test(test_access_token),
	    cmocka_unit_test(test_access_token_of_nobody),
	};

	return cmocka_run_group_tests_name("jose_claims", tests, NULL, NULL);
}
