/* SPDX-License-Identifier: ISC */
/* Which key signs when, and when one may be forgotten. */
#include "store/role_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store_util.h"

#define KID_LEN 43

static enum rg_err
put(struct store *s, char mark, int64_t created_at, int64_t signs_from)
{
	char kid[KID_LEN + 1] = "";
	struct role_key_row k = {.kid = kid,
	    .public_jwk = "{\"kty\":\"EC\"}",
	    .sealed = "sealed",
	    .created_at = created_at,
	    .signs_from = signs_from};
	enum rg_err r;

	memset(kid, mark, KID_LEN);
	assert_int_equal(store_begin(s), RG_OK);
	if ((r = store_role_key_add(s, &k)) == RG_OK)
		r = store_commit(s);
	else
		store_rollback(s);
	return r;
}

/* "a 10-20, b 20-0": who signs from when until when. */
static enum rg_err
put_line(void *ctx, const struct role_key_row *k)
{
	struct buf *out = ctx;

	assert_int_equal(strlen(k->kid), KID_LEN);
	assert_string_equal(k->public_jwk, "{\"kty\":\"EC\"}");
	assert_string_equal(k->sealed, "sealed");
	buf_printf(out, "%s%c %d-%d", out->len > 0 ? ", " : "", k->kid[0],
	    (int)k->signs_from, (int)k->signs_until);
	return RG_OK;
}

static void
assert_keys(struct store *s, const char *want)
{
	struct buf got = BUF_INIT;

	assert_int_equal(store_each_role_key(s, put_line, &got), RG_OK);
	assert_string_equal(buf_str(&got), want);
	buf_clear(&got);
}

static void
test_each_signs_until_the_next(void **state)
{
	struct store *s = ((struct fixture *)*state)->s;

	assert_keys(s, "");
	assert_int_equal(put(s, 'a', 5, 10), RG_OK);
	assert_keys(s, "a 10-0");
	assert_int_equal(put(s, 'c', 6, 30), RG_OK);
	/* By when they sign, not by when they were made. */
	assert_int_equal(put(s, 'b', 7, 20), RG_OK);
	assert_keys(s, "a 10-20, b 20-30, c 30-0");
}

static void
test_one_at_a_time(void **state)
{
	struct store *s = ((struct fixture *)*state)->s;

	assert_int_equal(put(s, 'a', 10, 10), RG_OK);
	assert_int_equal(put(s, 'b', 10, 10), RG_E_EXISTS);
	assert_int_equal(put(s, 'a', 10, 20), RG_E_EXISTS);
	/* A key can't have signed before it was there. */
	assert_int_equal(put(s, 'c', 10, 9), RG_E_INVALID);
	assert_keys(s, "a 10-0");
}

static void
test_forgotten(void **state)
{
	struct store *s = ((struct fixture *)*state)->s;
	int64_t before;

	assert_int_equal(put(s, 'a', 5, 10), RG_OK);
	assert_int_equal(put(s, 'b', 5, 20), RG_OK);
	assert_int_equal(put(s, 'c', 5, 30), RG_OK);
	/* Not the one that still signs, however old; nor a later one. */
	for (before = 0; before <= 20; before += 5) {
		assert_int_equal(store_begin(s), RG_OK);
		assert_int_equal(store_role_keys_forget(s, before), RG_OK);
		assert_int_equal(store_commit(s), RG_OK);
		assert_keys(s, "a 10-20, b 20-30, c 30-0");
	}
	assert_int_equal(store_begin(s), RG_OK);
	assert_int_equal(store_role_keys_forget(s, 21), RG_OK);
	assert_int_equal(store_commit(s), RG_OK);
	assert_keys(s, "b 20-30, c 30-0");
	assert_int_equal(store_begin(s), RG_OK);
	assert_int_equal(store_role_keys_forget(s, INT32_MAX), RG_OK);
	assert_int_equal(store_commit(s), RG_OK);
	assert_keys(s, "c 30-0");
}

static enum rg_err
stop(void *ctx, const struct role_key_row *k)
{
	(void)k;
	(*(int *)ctx)++;
	return RG_E_NOMEM;
}

static void
test_a_caller_that_stops(void **state)
{
	struct store *s = ((struct fixture *)*state)->s;
	int calls = 0;

	assert_int_equal(put(s, 'a', 5, 10), RG_OK);
	assert_int_equal(put(s, 'b', 5, 20), RG_OK);
	assert_int_equal(store_each_role_key(s, stop, &calls), RG_E_NOMEM);
	assert_int_equal(calls, 1);
	assert_keys(s, "a 10-20, b 20-0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    store_test(test_each_signs_until_the_next),
	    store_test(test_one_at_a_time),
	    store_test(test_forgotten),
	    store_test(test_a_caller_that_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
