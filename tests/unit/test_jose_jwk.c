/* SPDX-License-Identifier: ISC */
/* What the vectors can't say of keys and key sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "vector.h"

static json_t *
key_of(const char *kid)
{
	const json_t *list =
	    json_object_get(json_object_get(vector_defaults(), "jwks"), "keys");
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		if (strcmp(json_str(json_array_get(list, i), "kid"), kid) == 0)
			return json_deep_copy(json_array_get(list, i));
	}
	fail_msg("no key %s", kid);
	return NULL;
}

static enum rg_err
parse_text(const char *text, struct jwks **out, struct err *e)
{
	return jwks_parse(text, strlen(text), JOSE_RS256, out, e);
}

static void
test_algorithm_names(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < JOSE__MAX; i++)
		assert_int_equal(
		    jose_alg_parse(jose_alg_name((enum jose_alg)i)), i);
	assert_string_equal(jose_alg_name(JOSE_EDDSA), "EdDSA");
	assert_string_equal(jose_alg_name(JOSE__MAX), "?");
	assert_int_equal(jose_alg_parse("none"), -1);
	assert_int_equal(jose_alg_parse("HS256"), -1);
	assert_int_equal(jose_alg_parse("rs256"), -1);
	assert_int_equal(jose_alg_parse(""), -1);
}

static void
test_members(void **state)
{
	json_t *obj = key_of("rs256");
	struct jwk *k = NULL;

	(void)state;
	json_object_set_new(obj, "issuer", json_string("https://a/{tenantid}"));
	json_object_set_new(
	    obj, "cloud_instance_name", json_string("microsoftonline.us"));
	assert_int_equal(jwk_parse(obj, -1, JOSE_RS256, &k), RG_OK);
	assert_string_equal(jwk_kid(k), "rs256");
	assert_string_equal(jwk_issuer(k), "https://a/{tenantid}");
	assert_string_equal(jwk_cloud(k), "microsoftonline.us");
	assert_int_equal(jwk_alg(k), JOSE_RS256);
	jwk_free(&k);
	assert_null(k);
	jwk_free(&k); /* of nothing is fine */

	json_object_del(obj, "kid");
	json_object_del(obj, "issuer");
	json_object_del(obj, "cloud_instance_name");
	json_object_del(obj, "alg");
	assert_int_equal(jwk_parse(obj, -1, JOSE_PS384, &k), RG_OK);
	assert_string_equal(jwk_kid(k), "");
	assert_null(jwk_issuer(k));
	assert_null(jwk_cloud(k));
	assert_int_equal(jwk_alg(k), JOSE_PS384);
	jwk_free(&k);
	json_decref(obj);
}

/* What a key says of itself is printable text, and not too long. */
static void
test_members_that_are_refused(void **state)
{
	static const char *const names[] = {
	    "kid", "issuer", "cloud_instance_name"};
	static char longest[JWK_KID_MAX + 2];
	json_t *obj = key_of("es256");
	struct jwk *k = NULL;
	size_t i;

	(void)state;
	memset(longest, 'k', JWK_KID_MAX + 1);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_object_set_new(obj, names[i], json_string(longest));
		assert_int_equal(
		    jwk_parse(obj, -1, JOSE_RS256, &k), RG_E_JWK_FORMAT);
		json_object_set_new(obj, names[i], json_integer(1));
		assert_int_equal(
		    jwk_parse(obj, -1, JOSE_RS256, &k), RG_E_JWK_FORMAT);
		assert_null(k);
		json_object_set_new(obj, names[i], json_string(longest + 1));
		assert_int_equal(jwk_parse(obj, -1, JOSE_RS256, &k), RG_OK);
		jwk_free(&k);
	}
	json_decref(obj);
}

/*
 * A coordinate that can't be read refuses the key, whatever lies where the one
 * of an earlier key was.
 */
static void
test_coordinates(void **state)
{
	static const char *const bad[] = {"", "=", "AAAA"};
	static const char *const names[] = {"x", "y"};
	json_t *good = key_of("es256"), *obj;
	struct jwk *k = NULL;
	size_t i, j;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (j = 0; j < sizeof(bad) / sizeof(bad[0]); j++) {
			assert_int_equal(
			    jwk_parse(good, -1, JOSE_RS256, &k), RG_OK);
			jwk_free(&k);
			obj = json_deep_copy(good);
			json_object_set_new(obj, names[i], json_string(bad[j]));
			assert_int_equal(jwk_parse(obj, -1, JOSE_RS256, &k),
			    RG_E_JWK_FORMAT);
			assert_null(k);
			json_decref(obj);
		}
	}
	json_decref(good);
}

/* A caller's mistake is refused, it doesn't choose an algorithm by accident. */
static void
test_callers_mistakes(void **state)
{
	json_t *obj = key_of("rs256"), *list = json_array();
	struct jwk *k = (struct jwk *)obj;

	(void)state;
	assert_int_equal(
	    jwk_parse(obj, JOSE__MAX, JOSE_RS256, &k), RG_E_INTERNAL);
	assert_null(k);
	assert_int_equal(jwk_parse(obj, -1, JOSE_ES256, &k), RG_E_INTERNAL);
	assert_int_equal(jwk_parse(NULL, -1, JOSE_RS256, &k), RG_E_JWK_FORMAT);
	assert_int_equal(jwk_parse(list, -1, JOSE_RS256, &k), RG_E_JWK_FORMAT);
	json_decref(list);
	json_decref(obj);
}

/* libcurl looks into the same error queue. */
static void
test_error_queue_stays_as_it_was(void **state)
{
	json_t *obj = key_of("es256");
	struct jwk *k = NULL;
	unsigned long before;

	(void)state;
	ERR_raise(ERR_LIB_USER, 42);
	before = ERR_peek_last_error();
	json_object_set(obj, "y", json_object_get(obj, "x"));
	assert_int_equal(jwk_parse(obj, -1, JOSE_RS256, &k), RG_E_JWK_FORMAT);
	assert_true(ERR_peek_last_error() == before);
	ERR_clear_error();
	json_decref(obj);
}

static void
test_set_keeps_the_usable(void **state)
{
	char *text = json_dumps(json_object_get(vector_defaults(), "jwks"), 0);
	const struct jwk *k = NULL, *same = NULL;
	struct jwks *s = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(parse_text(text, &s, &e), RG_OK);
	assert_int_equal(e.code, RG_OK);
	assert_int_equal(jwks_count(s), JOSE__MAX);
	assert_int_equal(jwks_select(s, "es384", JOSE_ES384, &k), RG_OK);
	assert_int_equal(jwk_alg(k), JOSE_ES384);
	assert_int_equal(jwks_select(s, NULL, JOSE_ES384, &same), RG_OK);
	assert_ptr_equal(k, same);
	/* Found by kid: whether the algorithm fits is for jws_verify(). */
	assert_int_equal(jwks_select(s, "es384", JOSE_RS256, &same), RG_OK);
	assert_ptr_equal(k, same);
	assert_int_equal(
	    jwks_select(s, "es38", JOSE_ES384, &k), RG_E_KID_UNKNOWN);
	assert_null(k);
	assert_int_equal(jwks_select(s, "", JOSE_ES384, &k), RG_E_KID_UNKNOWN);
	jwks_free(&s);
	assert_null(s);
	jwks_free(&s);
	free(text);
}

static void
test_set_says_why(void **state)
{
	struct jwks *s = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(parse_text("{\"keys\":[{\"kty\":\"oct\"}]}", &s, &e),
	    RG_E_JWKS_EMPTY);
	assert_int_equal(e.code, RG_E_JWKS_EMPTY);
	assert_non_null(strstr(e.detail, "RG_E_JWK_TYPE"));
	assert_null(s);
	assert_int_equal(parse_text("[]", &s, &e), RG_E_JSON);
	assert_int_equal(e.code, RG_E_JSON);
	assert_int_equal(parse_text("{}", &s, NULL), RG_E_JWK_FORMAT);
	assert_int_equal(
	    parse_text("{\"keys\":[{\"d\":1}]}", &s, &e), RG_E_JWK_PRIVATE);
	assert_int_equal(e.code, RG_E_JWK_PRIVATE);
}

/* The limit on the text, met exactly and passed by one. */
static void
test_set_size(void **state)
{
	static char text[JWKS_MAX_TEXT + 2];
	json_t *obj = key_of("es256");
	char *key = json_dumps(obj, JSON_COMPACT);
	struct jwks *s = NULL;
	int n;

	(void)state;
	memset(text, ' ', sizeof(text) - 1);
	n = snprintf(text, sizeof(text), "{\"keys\":[%s]}", key);
	text[n] = ' ';
	assert_int_equal(
	    jwks_parse(text, JWKS_MAX_TEXT, JOSE_RS256, &s, NULL), RG_OK);
	jwks_free(&s);
	assert_int_equal(
	    jwks_parse(text, JWKS_MAX_TEXT + 1, JOSE_RS256, &s, NULL),
	    RG_E_TOO_LARGE);
	assert_null(s);
	free(key);
	json_decref(obj);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_algorithm_names),
	    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_members_that_are_refused),
	    cmocka_unit_test(test_coordinates),
	    cmocka_unit_test(test_callers_mistakes),
	    cmocka_unit_test(test_error_queue_stays_as_it_was),
	    cmocka_unit_test(test_set_keeps_the_usable),
	    cmocka_unit_test(test_set_says_why),
	    cmocka_unit_test(test_set_size),
	};

	return cmocka_run_group_tests_name("jose_jwk", tests, NULL, NULL);
}
