/* SPDX-License-Identifier: ISC */
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/b64url.h"
#include "util.h"

#define MANY 200

static void
test_tokens_differ(void **state)
{
	static char tokens[MANY][RANDOM_TOKEN_LEN + 1];
	uint8_t raw[B64URL_DEC_LEN(RANDOM_TOKEN_LEN)];
	size_t i, j, n;

	(void)state;
	for (i = 0; i < MANY; i++) {
		random_token(tokens[i]);
		assert_int_equal(strlen(tokens[i]), RANDOM_TOKEN_LEN);
		assert_int_equal(
		    b64url_decode(tokens[i], RANDOM_TOKEN_LEN, raw, &n), RG_OK);
		assert_int_equal(n, 32);
		for (j = 0; j < i; j++)
			assert_string_not_equal(tokens[i], tokens[j]);
	}
}

static int
write_token(void *ctx)
{
	char token[RANDOM_TOKEN_LEN + 1];
	const int *fd = ctx;

	random_token(token);
	return write(*fd, token, RANDOM_TOKEN_LEN) == RANDOM_TOKEN_LEN ? 0 : 1;
}

/* Workers are forked: each must draw its own. */
static void
test_after_fork(void **state)
{
	char a[RANDOM_TOKEN_LEN], b[RANDOM_TOKEN_LEN];
	char warm[RANDOM_TOKEN_LEN + 1];
	int fds[2];

	(void)state;
	random_token(warm);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(util_child(write_token, &fds[1]), 0);
	assert_int_equal(util_child(write_token, &fds[1]), 0);
	assert_int_equal(read(fds[0], a, sizeof(a)), sizeof(a));
	assert_int_equal(read(fds[0], b, sizeof(b)), sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void
test_fills_all(void **state)
{
	uint8_t bytes[1000] = {0};
	size_t i, zeros = 0;

	(void)state;
	random_bytes(bytes, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++)
		zeros += bytes[i] == 0;
	/* 4 are expected; 40 is beyond all chance */
	assert_true(zeros < 40);
	random_bytes(bytes, 0);
}

/* What people type: never an option, nothing that looks like another. */
static void
test_names(void **state)
{
	char a[23], b[23];
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		random_name(a, 22);
		random_name(b, 22);
		assert_int_equal(strlen(a), 22);
		assert_int_equal(
		    strspn(a, "0123456789abcdefghjkmnpqrstvwxyz"), 22);
		assert_string_not_equal(a, b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tokens_differ),
	    cmocka_unit_test(test_after_fork),
	    cmocka_unit_test(test_fills_all),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
