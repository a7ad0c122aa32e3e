/* SPDX-License-Identifier: ISC */
/* What is remembered of verified bearer tokens, and for how long. */
#include "gate_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW ((int64_t)1700000000)

static void
hash_of(int n, uint8_t hash[static HASH_LEN])
{
	assert_int_equal(hash_sha256(&n, sizeof(n), hash), RG_OK);
}

static void
put(struct verdicts *v, int n, size_t size, int64_t exp)
{
	struct verdict x = {.token = {.expires_at = exp, .client = ""}};
	uint8_t hash[HASH_LEN];

	hash_of(n, hash);
	x.token.claims = json_pack("{s:i}", "n", n);
	verdicts_put(v, hash, &x, size, NOW);
	json_decref(x.token.claims);
}

static bool
has(struct verdicts *v, int n, int64_t now)
{
	const struct verdict *x;
	uint8_t hash[HASH_LEN];
	json_int_t got;

	hash_of(n, hash);
	if ((x = verdicts_find(v, hash, now)) == NULL)
		return false;
	got = json_integer_value(json_object_get(x->token.claims, "n"));
	assert_int_equal(got, n);
	return true;
}

static void
test_time(void **state)
{
	struct verdicts *v = verdicts_new();

	(void)state;
	assert_non_null(v);
	put(v, 1, 100, NOW + 60);
	assert_true(has(v, 1, NOW));
	assert_true(has(v, 1, NOW + 59));
	assert_false(has(v, 2, NOW));
	assert_false(has(v, 1, NOW + 60)); /* no skew here */
	assert_false(has(v, 1, NOW));	   /* it is gone */
	put(v, 1, 100, NOW + 60);
	assert_false(has(v, 1, NOW - 1)); /* the clock was set back */
	verdicts_free(&v);
	assert_null(v);
}

/* All that differs in one byte, the signature included, is another token. */
static void
test_whole_token(void **state)
{
	struct verdicts *v = verdicts_new();
	uint8_t hash[HASH_LEN];
	size_t i;

	(void)state;
	put(v, 1, 100, NOW + 60);
	for (i = 0; i < HASH_LEN; i++) {
		hash_of(1, hash);
		hash[i] ^= 1;
		assert_null(verdicts_find(v, hash, NOW));
	}
	hash_of(1, hash);
	verdicts_drop(v, hash);
	assert_false(has(v, 1, NOW));
	verdicts_drop(v, hash);
	verdicts_free(&v);
}

static void
test_bounded(void **state)
{
	struct verdicts *v = verdicts_new();
	int i, found = 0;

	(void)state;
	put(v, 0, 100, NOW + 60);
	for (i = 1; i < 3 * VERDICTS_MAX; i++) {
		put(v, i, 100, NOW + 60);
		assert_true(has(v, 0, NOW)); /* in use, so it stays */
	}
	for (i = 0; i < 3 * VERDICTS_MAX; i++)
		found += has(v, i, NOW);
	assert_int_equal(found, VERDICTS_MAX);
	verdicts_free(&v);

	v = verdicts_new();
	for (i = 0; i < 20; i++)
		put(v, i, VERDICTS_BYTES / 10, NOW + 60);
	for (i = found = 0; i < 20; i++)
		found += has(v, i, NOW);
	assert_int_equal(found, 10);
	assert_true(has(v, 19, NOW));
	put(v, 99, VERDICTS_BYTES + 1, NOW + 60);
	assert_false(has(v, 99, NOW));
	verdicts_free(&v);
}

/* What Graph said stays with its token, counts in the bound, and is freed. */
static void
test_groups(void **state)
{
	struct verdicts *v = verdicts_new();
	struct verdict with = {.groups_until = NOW + 30, .groups_policy = 7};
	const struct verdict *found;
	json_t *ids = json_array();
	uint8_t hash[HASH_LEN];
	int i, left = 0;

	(void)state;
	with.groups = json_pack("{s:s}", "state", "unknown");
	hash_of(1, hash);
	verdicts_put_groups(v, hash, &with); /* no such token: no effect */
	assert_false(has(v, 1, NOW));
	put(v, 1, 100, NOW + 60);
	put(v, 2, 100, NOW + 60);
	for (i = 0; i < 3; i++) /* the last one counts, each is freed */
		verdicts_put_groups(v, hash, &with);
	found = verdicts_find(v, hash, NOW);
	assert_non_null(found);
	assert_ptr_equal(found->groups, with.groups);
	assert_int_equal(found->groups_until, NOW + 30);
	assert_int_equal(found->groups_policy, 7);
	hash_of(2, hash);
	assert_null(verdicts_find(v, hash, NOW)->groups);
	json_decref(with.groups);

	/* A list of ids pushes others out; one that is too long is not kept. */
	for (i = 0; i < 2000; i++)
		(void)json_array_append_new(ids, json_string("id"));
	with.groups = json_pack("{s:O}", "ids", ids);
	for (i = 3; i < 13; i++) {
		put(v, i, 100, NOW + 60);
		hash_of(i, hash);
		verdicts_put_groups(v, hash, &with);
	}
	for (i = 1; i < 13; i++)
		left += has(v, i, NOW);
	assert_in_range(left, 1, 5);
	assert_true(has(v, 12, NOW));
	for (i = 0; i < 8000; i++)
		(void)json_array_append_new(ids, json_string("id"));
	put(v, 20, 100, NOW + 60);
	hash_of(20, hash);
	verdicts_put_groups(v, hash, &with);
	assert_null(verdicts_find(v, hash, NOW)->groups);
	json_decref(with.groups);
	json_decref(ids);
	verdicts_free(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_whole_token),
	    cmocka_unit_test(test_bounded),
	    cmocka_unit_test(test_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
