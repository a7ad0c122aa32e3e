/* SPDX-License-Identifier: ISC */
#include "access/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Where a path leads: to the text of the claim, or nowhere. */
static void
test_claim_paths(void **state)
{
	static const char text[] =
	    "{\"https://x.example/r\": \"url\", \"a.b\": \"exact\","
	    " \"a\": {\"b\": \"inner\", \"c\": \"c\", \"\": \"empty\"},"
	    " \"resource_access\": {"
	    "  \"my.app\": {\"roles\": \"dotted\"},"
	    "  \"my\": {\"app\": {\"roles\": \"nested\"}},"
	    "  \"my.app.roles\": {\"roles\": \"stranger\"}},"
	    " \"back\\\\slash\": \"bs\", \"list\": [{\"x\": \"in list\"}],"
	    " \"in\\\\side\": {\"c\": \"kept\"}, \"inside\": {\"c\": "
	    "\"lost\"}}";
	static const struct {
		const char *path, *want;
	} rows[] = {
	    {"https://x.example/r", "url"},
	    {"a.b", "exact"},
	    {"a.c", "c"},
	    {"a.", "empty"},
	    {"a\\.b", "exact"},
	    {"resource_access.my\\.app.roles", "dotted"},
	    {"resource_access.my.app.roles", "nested"},
	    {"resource_access.my\\.app\\.roles.roles", "stranger"},
	    {"resource_access.my.app\\.roles", NULL},
	    {"resource_access.my\\.app", NULL}, /* an object: no text */
	    {"back\\slash", "bs"},
	    {"in\\side.c", "kept"}, /* only before a dot */
	    {"list.x", NULL},
	    {"list.0", NULL},
	    {"A.c", NULL},
	    {"a.c.d", NULL},
	};
	json_t *claims = json_loads(text, 0, NULL);
	size_t i;

	(void)state;
	assert_non_null(claims);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got =
		    json_string_value(claim_at(claims, rows[i].path));

		if (got == NULL || rows[i].want == NULL
			? got != rows[i].want
			: strcmp(got, rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].path, got);
	}
	json_decref(claims);
}

static void
test_claim_path_too_long(void **state)
{
	char path[2 * CLAIM_ROOM], root[CLAIM_ROOM];
	/* The empty name is what a name that does not fit must not be. */
	json_t *claims = json_pack(
	    "{s:{s:s}, s:s, s:{s:s}}", "a", "b", "c", "", "x", "r", "", "y");

	(void)state;
	assert_non_null(claims);
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_null(claim_at(claims, path));
	memcpy(path, "r.", 2);
	assert_null(claim_at(claims, path));
	assert_string_equal(json_string_value(claim_at(claims, "r.")), "y");
	/* What just fits, and one byte more. */
	path[2 + CLAIM_ROOM - 1] = '\0';
	assert_int_equal(json_object_set_new(json_object_get(claims, "r"),
			     path + 2, json_string("fits")),
	    0);
	assert_string_equal(json_string_value(claim_at(claims, path)), "fits");
	path[2 + CLAIM_ROOM - 1] = 'a';
	path[2 + CLAIM_ROOM] = '\0';
	assert_null(claim_at(claims, path));
	memset(path, 'a', sizeof(path) - 1);
	claim_root(path, root);
	assert_string_equal(root, "");
	claim_root("resource_access.my\\.app.roles", root);
	assert_string_equal(root, "resource_access");
	claim_root("my\\.app.roles", root);
	assert_string_equal(root, "my.app");
	json_decref(claims);
}

/* The values of a claim in each of its shapes, joined with "|". */
static void
test_claim_shapes(void **state)
{
	static const struct {
		const char *claim, *want;
	} rows[] = {
	    {"[\"a\", \"b\"]", "a|b|"},
	    {"\"a\"", "a|"},
	    {"\"\"", "|"},
	    {"[]", ""},
	    {"{}", ""},
	    {"null", "|"},
	    {"[true, 7, null, 1.5, [\"x\"], {\"y\": 1}]", "true|7|||||"},
	    {"{\"shop\": [\"clerk\", \"boss\"], \"bank\": [\"clerk\"]}",
		"shop:clerk|shop:boss|bank:clerk|"},
	    {"{\"shop\": \"clerk\"}", "shop:clerk|"},
	    /* "a:b" + "c" would be what "a" + "b:c" is. */
	    {"{\"a:b\": [\"c\"], \"a\": [\"b:c\"]}", "a:b:c|"},
	    {"{\"a\": {\"b\": [\"c\"]}, \"d\": [true, [\"e\"]], \"f\": []}",
		"|||"},
	};
	struct claim_values all;
	const char *v;
	char got[256];
	json_t *claim;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		claim = json_loads(rows[i].claim, JSON_DECODE_ANY, NULL);
		assert_non_null(claim);
		got[0] = '\0';
		n = 0;
		claim_values(&all, claim);
		while ((v = claim_next(&all)) != NULL) {
			n += (size_t)snprintf(
			    got + n, sizeof(got) - n, "%s|", v);
			assert_true(n < sizeof(got));
		}
		assert_string_equal(got, rows[i].want);
		json_decref(claim);
	}
	claim_values(&all, NULL);
	assert_null(claim_next(&all));
}

/* A value that is cut, or none, is no other value. */
static void
test_no_value_matches_by_mistake(void **state)
{
	char name[CLAIM_ROOM], value[CLAIM_ROOM + 2];
	json_t *claim = json_real(1.5);

	(void)state;
	assert_false(claim_has(claim, ""));
	json_decref(claim);
	/* "name:vw" is one byte more than fits with its end, "name:v" fits. */
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 3] = '\0';
	memcpy(value, name, sizeof(name) - 3);
	strcpy(value + sizeof(name) - 3, ":v");
	claim = json_pack("{s:s}", name, "v");
	assert_true(claim_has(claim, value));
	json_decref(claim);
	claim = json_pack("{s:s}", name, "vw");
	assert_false(claim_has(claim, value));
	strcpy(value + sizeof(name) - 3, ":vw");
	assert_false(claim_has(claim, value));
	json_decref(claim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_claim_paths),
	    cmocka_unit_test(test_claim_path_too_long),
	    cmocka_unit_test(test_claim_shapes),
	    cmocka_unit_test(test_no_value_matches_by_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
