/* SPDX-License-Identifier: ISC */
#include "oidc/userinfo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "access/claim.h"
#include "base/json.h"

static json_t *
claims(void)
{
	json_t *c = json_pack("{s:s, s:s}", "sub", "s1", "name", "Dana");

	assert_non_null(c);
	return c;
}

static void
assert_refused_from(const char *text, enum claims_from from, enum rg_err want)
{
	json_t *c = claims();
	struct err e = {0};

	assert_string_equal(
	    err_name(userinfo_apply(text, strlen(text), from, c, &e)),
	    err_name(want));
	assert_int_equal(e.code, want);
	assert_int_equal(json_object_size(c), 2);
	json_decref(c);
}

static void
assert_refused(const char *text, enum rg_err want)
{
	assert_refused_from(text, CLAIMS_FROM_ID_TOKEN, want);
	assert_refused_from(text, CLAIMS_FROM_USERINFO, want);
}

static void
test_shown_apart_from_the_claims(void **state)
{
	static const char text[] =
	    "{\"sub\":\"s1\",\"name\":\"Eve\",\"email\":\"dana@x.example\","
	    "\"given_name\":\"Dana\",\"family_name\":7,"
	    "\"groups\":[\"admins\"],\"roles\":[\"admin\"],\"oid\":\"x\"}";
	json_t *c = claims(), *want;

	(void)state;
	assert_null(userinfo_shown(c));
	assert_int_equal(userinfo_apply(text, sizeof(text) - 1,
			     CLAIMS_FROM_ID_TOKEN, c, NULL),
	    RG_OK);
	/* The signed value wins, and nothing that gives access is there. */
	want = json_pack(
	    "{s:s, s:s}", "email", "dana@x.example", "given_name", "Dana");
	assert_true(json_equal(userinfo_shown(c), want));
	json_decref(want);
	/* No path of a mapping leads to it. */
	assert_null(json_object_get(c, "email"));
	assert_int_equal(json_object_size(c), 3);
	assert_null(claim_at(c, "_userinfo.email"));
	assert_null(claim_at(c, "_userinfo.0.email"));
	assert_false(claim_has(claim_at(c, "_userinfo"), "dana@x.example"));
	json_decref(c);
}

/* All that the ID token lacks, and nothing that only it may say. */
static void
test_claims_from_userinfo(void **state)
{
	static const char text[] =
	    "{\"sub\":\"s1\",\"name\":\"Eve\",\"groups\":[\"a\"],"
	    "\"roles\":[\"admin\"],\"realm_access\":{\"roles\":[\"b\"]},"
	    "\"iss\":\"i\",\"aud\":\"x\",\"exp\":1,\"iat\":1,\"nonce\":\"n\","
	    "\"tid\":\"t\",\"oid\":\"o\",\"sid\":\"s\",\"acr\":\"2\","
	    "\"amr\":[\"mfa\"],\"auth_time\":1,\"azp\":\"x\",\"acct\":0,"
	    "\"idtyp\":\"app\",\"email\":7,\"_claim_names\":{\"x\":\"y\"}}";
	json_t *c = claims(), *want;

	(void)state;
	assert_int_equal(json_object_set_new(c, "roles", json_array()), 0);
	assert_int_equal(userinfo_apply(text, sizeof(text) - 1,
			     CLAIMS_FROM_USERINFO, c, NULL),
	    RG_OK);
	/* Also an empty list of the ID token is what it says. */
	want = json_pack("{s:s, s:s, s:[], s:[s], s:{s:[s]}, s:{s:s}}", "sub",
	    "s1", "name", "Dana", "roles", "groups", "a", "realm_access",
	    "roles", "b", "_claim_names", "x", "y");
	assert_true(json_equal(c, want));
	json_decref(want);
	json_decref(c);
}

/* The address and whether it was verified come from the same document. */
static void
test_email_with_its_verification(void **state)
{
	static const struct {
		const char *ours, *answer, *want;
	} rows[] = {
	    {"{}", "{\"email\":\"a@x\",\"email_verified\":false}",
		"{\"email\":\"a@x\",\"email_verified\":false}"},
	    {"{}", "{\"email\":\"a@x\"}", "{\"email\":\"a@x\"}"},
	    {"{\"email_verified\":true}", "{\"email\":\"a@x\"}",
		"{\"email\":\"a@x\"}"},
	    {"{\"email_verified\":true}",
		"{\"email\":\"a@x\",\"email_verified\":false}",
		"{\"email\":\"a@x\",\"email_verified\":false}"},
	    {"{\"email\":\"b@x\"}",
		"{\"email\":\"a@x\",\"email_verified\":true}",
		"{\"email\":\"b@x\"}"},
	    {"{\"email\":\"a@x\"}", "{\"email_verified\":true}",
		"{\"email\":\"a@x\"}"},
	    {"{}", "{\"email\":7,\"email_verified\":true}", "{}"},
	    {"{}", "{\"email_verified\":true}", "{}"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *c = json_loads(rows[i / 2].ours, 0, NULL);
		json_t *was = json_loads(rows[i / 2].answer, 0, NULL);
		const json_t *shown;
		char *text, *got;

		assert_int_equal(
		    json_object_set_new(was, "sub", json_string("s1")), 0);
		assert_int_equal(
		    json_object_set_new(c, "sub", json_string("s1")), 0);
		text = json_dumps(was, 0);
		assert_int_equal(userinfo_apply(text, strlen(text),
				     i % 2 == 0 ? CLAIMS_FROM_ID_TOKEN
						: CLAIMS_FROM_USERINFO,
				     c, NULL),
		    RG_OK);
		(void)json_object_del(c, "sub");
		shown = userinfo_shown(c);
		if (json_object_get(c, "email") == NULL && shown != NULL)
			got = json_dumps(shown, JSON_COMPACT | JSON_SORT_KEYS);
		else
			got = json_dumps(c, JSON_COMPACT | JSON_SORT_KEYS);
		assert_string_equal(got, rows[i / 2].want);
		free(got);
		json_decref(was);
		json_decref(c);
		free(text);
	}
}

/* What was shown last time, and no claim of that time. */
static void
test_carried_over(void **state)
{
	json_t *was = json_pack("{s:s, s:s, s:[s], s:[{s:s}]}", "sub", "s1",
	    "name", "Eve", "groups", "a", "_userinfo", "given_name", "E");
	json_t *c = claims(), *want;

	(void)state;
	assert_int_equal(userinfo_carry_over(c, c), RG_OK);
	assert_int_equal(json_object_size(c), 2);
	assert_int_equal(userinfo_carry_over(was, c), RG_OK);
	want = json_pack("{s:s, s:s, s:[{s:s}]}", "sub", "s1", "name", "Dana",
	    "_userinfo", "given_name", "E");
	assert_true(json_equal(c, want));
	json_decref(want);
	json_decref(c);
	json_decref(was);
}

/* A provider can't put there what would be taken for an answer of userinfo. */
static void
test_no_claim_of_that_name(void **state)
{
	const struct provider p = {.claims_from = CLAIMS_FROM_ID_TOKEN};
	json_t *c = claims();

	(void)state;
	assert_int_equal(json_object_set_new(c, "_userinfo",
			     json_pack("[{s:s}]", "email", "x@y")),
	    0);
	assert_int_equal(
	    userinfo_claims(NULL, NULL, &p, NULL, c, NULL, NULL), RG_OK);
	assert_null(userinfo_shown(c));
	json_decref(c);
}

static void
test_refused(void **state)
{
	(void)state;
	assert_refused("{\"sub\":\"s2\",\"email\":\"x\"}", RG_E_USERINFO_SUB);
	assert_refused("{\"sub\":\"S1\"}", RG_E_USERINFO_SUB);
	assert_refused("{\"email\":\"x\"}", RG_E_USERINFO_SUB);
	assert_refused("{\"sub\":[\"s1\"]}", RG_E_USERINFO_SUB);
	assert_refused("", RG_E_USERINFO);
	assert_refused("eyJhbGciOiJub25lIn0.e30.", RG_E_USERINFO);
	assert_refused("[]", RG_E_USERINFO);
	assert_refused("{\"sub\":\"s1\",\"sub\":\"s1\"}", RG_E_USERINFO);
}

static void
test_too_large(void **state)
{
	char *big = malloc(USERINFO_MAX_TEXT + 1);
	json_t *c = claims();

	(void)state;
	assert_non_null(big);
	memset(big, ' ', USERINFO_MAX_TEXT + 1);
	memcpy(big, "{\"sub\":\"s1\"}", 12);
	assert_int_equal(userinfo_apply(big, USERINFO_MAX_TEXT,
			     CLAIMS_FROM_ID_TOKEN, c, NULL),
	    RG_OK);
	assert_int_equal(userinfo_apply(big, USERINFO_MAX_TEXT + 1,
			     CLAIMS_FROM_USERINFO, c, NULL),
	    RG_E_USERINFO);
	json_decref(c);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shown_apart_from_the_claims),
	    cmocka_unit_test(test_claims_from_userinfo),
	    cmocka_unit_test(test_email_with_its_verification),
	    cmocka_unit_test(test_carried_over),
	    cmocka_unit_test(test_no_claim_of_that_name),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
