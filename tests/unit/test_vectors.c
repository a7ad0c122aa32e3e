/* SPDX-License-Identifier: ISC */
/* Every vector of tests/vectors/ is a test of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "vector.h"

/* Fewer means that files were lost, not that an attack went away. */
#define VECTOR_FLOOR 804

#define BEFORE "what was there before"

static void
run_vector(void **state)
{
	struct buf payload = BUF_INIT;
	struct vector v;
	enum rg_err got;

	vector_load(*state, &v);
	buf_puts(&payload, BEFORE);
	got = vector_run(&v, true, &payload);
	if (got != v.want)
		fail_msg("%s: %s, wanted %s", v.name, err_name(got),
		    err_name(v.want));
	/* Refused before its claims were read: not a byte of it gets out. */
	if (got >= RG_E_ISS && got <= RG_E_AT_HASH)
		assert_true(payload.len > strlen(BEFORE));
	else if (got != RG_OK && strstr(v.name, "two-cases") == NULL)
		assert_string_equal(buf_str(&payload), BEFORE);
	assert_int_equal(ERR_peek_error(), 0);
	buf_clear(&payload);
	vector_clear(&v);
}

/* Each reason to refuse a key, a token or a claim is shown by some vector. */
static void
test_every_error_has_a_vector(void **state)
{
	static char *names[VECTOR_MAX];
	bool seen[RG__MAX] = {false};
	struct vector v;
	size_t i, n;
	int code;

	(void)state;
	n = vector_list(names);
	for (i = 0; i < n; i++) {
		vector_load(names[i], &v);
		seen[v.want] = true;
		vector_clear(&v);
		free(names[i]);
	}
	for (code = RG_E_TOKEN_SIZE; code <= RG_E_AT_HASH; code++) {
		if (!seen[code])
			fail_msg(
			    "no vector wants %s", err_name((enum rg_err)code));
	}
	assert_true(seen[RG_OK]);
	assert_true(n >= VECTOR_FLOOR);
}

int
main(void)
{
	static struct CMUnitTest tests[VECTOR_MAX + 1];
	static char *names[VECTOR_MAX];
	size_t i, n = vector_list(names);
	int failed;

	for (i = 0; i < n; i++) {
		tests[i].name = names[i];
		tests[i].test_func = run_vector;
		tests[i].initial_state = names[i];
	}
	tests[n].name = "test_every_error_has_a_vector";
	tests[n].test_func = test_every_error_has_a_vector;
	failed = _cmocka_run_group_tests("vectors", tests, n + 1, NULL, NULL);
	fprintf(stderr, "%zu vectors\n", n);
	for (i = 0; i < n; i++)
		free(names[i]);
	return failed;
}
