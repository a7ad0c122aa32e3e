/* SPDX-License-Identifier: ISC */
#include "oidc/claims_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
check(const char *acrs, const char *challenge, const char *want)
{
	struct buf out = BUF_INIT;

	assert_int_equal(claims_request(&out, acrs, challenge), RG_OK);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

static void
test_made(void **state)
{
	(void)state;
#define C1 "{\"essential\":true,\"value\":\"c1\"}"
	check("c1", NULL, "{\"id_token\":{\"acrs\":" C1 "}}");
	check(NULL, "{\"access_token\":{\"nbf\":null}}",
	    "{\"access_token\":{\"nbf\":null}}");
	check("c1", "{\"access_token\":{\"nbf\":null}}",
	    "{\"access_token\":{\"nbf\":null},\"id_token\":{\"acrs\":" C1 "}}");
	/* A challenge adds to what we demand, it can't replace it. */
	check("c1", "{\"id_token\":{\"acrs\":{\"value\":\"c2\"},\"x\":null}}",
	    "{\"id_token\":{\"acrs\":" C1 ",\"x\":null}}");
	check("c1", "{\"id_token\":7}", "{\"id_token\":{\"acrs\":" C1 "}}");
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"", "x", "[]", "\"x\"", "{}{}",
	    "{\"a\":1,\"a\":2}", "{\"a\":\"\\u0000\"}"};
	char *big = malloc(CLAIMS_CHALLENGE_MAX + 2);
	struct buf out = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(claims_request(&out, NULL, bad[i]), RG_E_JSON);
	assert_non_null(big);
	memset(big, ' ', CLAIMS_CHALLENGE_MAX + 1);
	memcpy(big, "{}", 2);
	big[CLAIMS_CHALLENGE_MAX + 1] = '\0';
	assert_int_equal(claims_request(&out, NULL, big), RG_E_JSON);
	big[CLAIMS_CHALLENGE_MAX] = '\0';
	assert_int_equal(out.len, 0);
	assert_int_equal(claims_request(&out, NULL, big), RG_OK);
	free(big);
	buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_made),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
