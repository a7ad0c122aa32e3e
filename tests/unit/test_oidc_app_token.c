/* SPDX-License-Identifier: ISC */
#include "oidc/app_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "oidc_stub.h"

#define SCOPE "https://graph.example/.default"

static void
answer(struct op *x, const char *token, int expires_in)
{
	op_answer(x, "/token", 200,
	    json_pack("{s:s, s:s, s:i}", "token_type", "Bearer", "access_token",
		token, "expires_in", expires_in));
}

/* The token at this time; the number of requests so far must be `hits`. */
static void
assert_token(struct op *x, int64_t now, const char *want, unsigned hits)
{
	const char *token = NULL;

	err_clear(&x->e);
	assert_err(
	    oidc_app_token(x->oidc, &x->provider, SCOPE, now, &token, &x->e),
	    RG_OK);
	assert_string_equal(token, want);
	assert_int_equal(stub_hits(&x->stub, "/token"), hits);
}

static void
assert_no_token(struct op *x, int64_t now, enum rg_err want)
{
	const char *token = "x";

	assert_err(
	    oidc_app_token(x->oidc, &x->provider, SCOPE, now, &token, &x->e),
	    want);
	assert_null(token);
	assert_null(strstr(x->e.detail, "hush"));
}

/* Asked for once, and again shortly before it ends. */
static void
test_kept(void **state)
{
	struct op *x = *state;

	answer(x, "first-hush", 3600);
	assert_token(x, NOW, "first-hush", 1);
	assert_true(
	    stub_saw(&x->stub, "/token", "grant_type=client_credentials"));
	assert_true(stub_saw(&x->stub, "/token",
	    "scope=https%3A%2F%2Fgraph.example%2F.default"));
	answer(x, "second-hush", 3600);
	assert_token(x, NOW + 3599 - APP_TOKEN_MARGIN, "first-hush", 1);
	assert_token(x, NOW + 3600 - APP_TOKEN_MARGIN, "second-hush", 2);
	/* Without a word of how long, or for less than that: not kept. */
	answer(x, "short-hush", 10);
	assert_token(x, NOW + 7200, "short-hush", 3);
	assert_token(x, NOW + 7200, "short-hush", 4);
}

static void
test_refused(void **state)
{
	struct op *x = *state;

	op_answer(x, "/token", 401,
	    json_pack("{s:s, s:s}", "error", "invalid_client",
		"error_description", "AADSTS7000222: hush"));
	assert_no_token(x, NOW, RG_E_CLIENT_AUTH);
	op_answer(x, "/token", 200, json_pack("{s:s}", "token_type", "Bearer"));
	assert_no_token(x, NOW, RG_E_TOKEN_RESPONSE);
	/* An old one is not used beyond its time because no new one comes. */
	answer(x, "first-hush", 3600);
	assert_token(x, NOW, "first-hush", 3);
	stub_raw(&x->stub, "/token", STUB_CLOSE, "");
	assert_no_token(x, NOW + 3600, RG_E_NET);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    OP_TEST(test_kept),
	    OP_TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, op_make_keys, op_free_keys);
}
