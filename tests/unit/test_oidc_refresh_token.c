/* SPDX-License-Identifier: ISC */
/*
 * The refresh grant. That it is about the same person is the gate's to see
 * (tests/e2e/refresh.test.mjs).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "oidc_stub.h"

#define LATER (NOW + 1800)

static enum rg_err
refresh(struct op *x, struct oidc_tokens *tokens, json_t **claims)
{
	enum rg_err r;

	err_clear(&x->e);
	r = oidc_refresh(x->oidc, &x->provider,
	    &(struct oidc_refresh){
		.refresh_token = "old-hush", .nonce = NONCE, .skew = 60},
	    LATER, tokens, claims, &x->e);
	assert_int_equal(r == RG_OK, *claims != NULL);
	assert_int_equal(r, x->e.code);
	assert_null(strstr(x->e.detail, "hush"));
	return r;
}

/* A good answer with a new refresh token. */
static void
op_issue_refresh(struct op *x, const char *refresh_token)
{
	struct buf token = BUF_INIT;

	op_sign(x, 0, &token);
	op_answer(x, "/token", 200,
	    json_pack("{s:s, s:s, s:i, s:s, s:s}", "token_type", "Bearer",
		"access_token", "access-hush", "expires_in", 3599, "id_token",
		buf_str(&token), "refresh_token", refresh_token));
	buf_clear(&token);
}

/* One claim of a good answer replaced; NULL takes it away. */
static void
assert_answer(struct op *x, const char *claim, json_t *value, enum rg_err want)
{
	struct oidc_tokens tokens;
	json_t *was = json_deep_copy(x->claims), *claims = NULL;

	op_set(x->claims, claim, value);
	op_issue_refresh(x, "new-hush");
	assert_err(refresh(x, &tokens, &claims), want);
	if (want != RG_OK)
		assert_null(tokens.access_token);
	/* The old one may be good no more: this one is never lost. */
	assert_non_null(tokens.refresh_token);
	assert_string_equal(tokens.refresh_token, "new-hush");
	json_decref(claims);
	oidc_tokens_clear(&tokens);
	json_decref(x->claims);
	x->claims = was;
}

static int
setup(void **state)
{
	struct op *x;

	if (op_setup(state) != 0)
		return -1;
	x = *state;
	op_set(x->claims, "iat", json_integer(LATER));
	op_set(x->claims, "nbf", json_integer(LATER));
	op_set(x->claims, "exp", json_integer(LATER + 600));
	op_set(x->claims, "nonce", NULL);
	return 0;
}

/* Section 12.2 of OpenID Connect Core: no nonce, or the one of the sign-in. */
static void
test_verified_like_the_first(void **state)
{
	struct op *x = *state;

	assert_answer(x, "nonce", NULL, RG_OK);
	assert_true(stub_saw(&x->stub, "/token", "grant_type=refresh_token"));
	assert_true(stub_saw(&x->stub, "/token", "refresh_token=old-hush"));
	assert_answer(x, "nonce", json_string(NONCE), RG_OK);
	assert_answer(x, "nonce", json_string("another"), RG_E_NONCE);
	assert_answer(x, "nonce", json_null(), RG_E_NONCE);
	assert_answer(x, "iss", json_string("https://x.example"), RG_E_ISS);
	assert_answer(x, "aud", json_string("another"), RG_E_AUD);
	assert_answer(x, "exp", json_integer(LATER - 61), RG_E_EXPIRED);
	assert_answer(x, "iat", NULL, RG_E_IAT_MISSING);
	assert_answer(x, "sub", NULL, RG_E_SUB);
	assert_answer(x, "oid", NULL, RG_E_OID);
	assert_answer(x, "tid", json_string(OID), RG_E_ISS_TENANT);
	/* A logout token of typ JWT would pass without this rule. */
	assert_answer(x, "events",
	    json_pack(
		"{s:{}}", "http://schemas.openid.net/event/backchannel-logout"),
	    RG_E_TYP);
}

/* Nothing is carried over: what the new token lacks is not there. */
static void
test_absent_is_absent(void **state)
{
	struct op *x = *state;
	struct oidc_tokens tokens;
	json_t *claims = NULL;

	op_set(x->claims, "groups", json_pack("[s]", "a"));
	op_issue(x, 0);
	assert_err(refresh(x, &tokens, &claims), RG_OK);
	assert_non_null(json_object_get(claims, "groups"));
	assert_string_equal(tokens.access_token, "access-hush");
	/* None came: the old one goes on. */
	assert_null(tokens.refresh_token);
	json_decref(claims);
	oidc_tokens_clear(&tokens);
	op_set(x->claims, "groups", NULL);
	op_issue(x, 0);
	assert_err(refresh(x, &tokens, &claims), RG_OK);
	assert_null(json_object_get(claims, "groups"));
	json_decref(claims);
	oidc_tokens_clear(&tokens);
}

/*
 * Userinfo does not answer: the caller is told, and decides. Somebody else's
 * answer is refused. In neither case is the new refresh token lost.
 */
static void
test_userinfo_fails(void **state)
{
	static const enum claims_from from[] = {
	    CLAIMS_FROM_ID_TOKEN, CLAIMS_FROM_USERINFO};
	struct op *x = *state;
	struct oidc_tokens tokens;
	json_t *claims = NULL;
	size_t i;

	op_set(x->metadata, "userinfo_endpoint", op_url(x, "/userinfo"));
	op_publish(x);
	op_issue_refresh(x, "new-hush");
	x->provider.userinfo = true;
	for (i = 0; i < 2; i++) {
		x->provider.claims_from = from[i];
		stub_json(&x->stub, "/userinfo", 500, "{}");
		assert_err(refresh(x, &tokens, &claims), RG_OK);
		assert_int_equal(tokens.userinfo, RG_E_USERINFO);
		assert_string_equal(tokens.refresh_token, "new-hush");
		json_decref(claims);
		oidc_tokens_clear(&tokens);
		stub_json(&x->stub, "/userinfo", 200, "{\"sub\":\"other\"}");
		assert_err(refresh(x, &tokens, &claims), RG_E_USERINFO_SUB);
		assert_string_equal(tokens.refresh_token, "new-hush");
		oidc_tokens_clear(&tokens);
	}
}

static void
test_refused(void **state)
{
	struct op *x = *state;
	struct oidc_tokens tokens;
	json_t *claims = NULL;

	op_answer(x, "/token", 400,
	    json_pack("{s:s, s:s}", "error", "invalid_grant",
		"error_description", "AADSTS70008: hush"));
	assert_err(refresh(x, &tokens, &claims), RG_E_GRANT);
	op_answer(x, "/token", 200,
	    json_pack("{s:s, s:s, s:s}", "token_type", "Bearer", "access_token",
		"access-hush", "refresh_token", "new-hush"));
	assert_err(refresh(x, &tokens, &claims), RG_E_ID_TOKEN_MISSING);
	assert_null(tokens.refresh_token);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_verified_like_the_first, setup, op_teardown),
	    cmocka_unit_test_setup_teardown(
		test_absent_is_absent, setup, op_teardown),
	    cmocka_unit_test_setup_teardown(
		test_userinfo_fails, setup, op_teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, op_teardown),
	};

	return cmocka_run_group_tests(tests, op_make_keys, op_free_keys);
}
