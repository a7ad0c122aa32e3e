/* SPDX-License-Identifier: ISC */
#include "oidc/authorize.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char client_id[] = "my client";
static char scope[] = "openid profile";

#define STATE "sssssssssssssssssssssssssssssssssssssssssss"
#define NONCE "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
/* RFC 7636 appendix B */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static const struct provider provider = {
    .client_id = client_id, .scope = scope, .response_mode = RESPONSE_QUERY};

static const struct oidc_begin plain = {
    .redirect_uri = "https://app.example/callback?a=b",
    .state = STATE,
    .nonce = NONCE,
    .code_verifier = VERIFIER};

static void
test_url(void **state)
{
	struct buf url = BUF_INIT;

	(void)state;
	assert_int_equal(authorize_url(&url, "https://op.example/authorize",
			     &provider, &plain, NULL),
	    RG_OK);
	assert_string_equal(buf_str(&url),
	    "https://op.example/authorize?response_type=code"
	    "&client_id=my%20client"
	    "&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback%3Fa%3Db"
	    "&scope=openid%20profile&response_mode=query"
	    "&state=" STATE "&nonce=" NONCE "&code_challenge=" CHALLENGE
	    "&code_challenge_method=S256");
	/* The verifier stays here. */
	assert_null(strstr(buf_str(&url), VERIFIER));
	buf_clear(&url);
}

static void
test_hints_and_form_post(void **state)
{
	struct provider p = provider;
	struct oidc_begin b = plain;
	struct buf url = BUF_INIT;

	(void)state;
	p.response_mode = RESPONSE_FORM_POST;
	b.login_hint = "dana@contoso.example&state=x#";
	b.domain_hint = "contoso.example";
	b.prompt = "login";
	assert_int_equal(
	    authorize_url(&url, "https://op.example/a", &p, &b, NULL), RG_OK);
	assert_non_null(strstr(buf_str(&url), "&response_mode=form_post&"));
	/* A hint can't add or change a parameter. */
	assert_non_null(strstr(buf_str(&url),
	    "&login_hint=dana%40contoso.example%26state%3Dx%23"
	    "&domain_hint=contoso.example&prompt=login"));
	/* Entra: a hint and a choice exclude each other. */
	buf_reset(&url);
	b.prompt = "select_account";
	assert_int_equal(
	    authorize_url(&url, "https://op.example/a", &p, &b, NULL), RG_OK);
	assert_null(strstr(buf_str(&url), "login_hint"));
	assert_non_null(strstr(buf_str(&url), "&prompt=select_account"));
	buf_clear(&url);
}

static void
test_authentication_context(void **state)
{
	struct provider p = provider;
	struct oidc_begin b = plain;
	struct buf url = BUF_INIT;
	const int64_t max_age = 0;

	(void)state;
	b.step_up = "c1";
	b.max_age = &max_age;
	p.type = PROVIDER_ENTRA;
	assert_int_equal(
	    authorize_url(&url, "https://op.example/a", &p, &b, NULL), RG_OK);
	assert_non_null(strstr(buf_str(&url),
	    "&claims=%7B%22id_token%22%3A%7B%22acrs%22%3A%7B%22essential%22%3A"
	    "true%2C%22value%22%3A%22c1%22%7D%7D%7D&max_age=0"));
	assert_null(strstr(buf_str(&url), "acr_values"));
	buf_reset(&url);
	p.type = PROVIDER_OIDC;
	b.step_up = "urn:x:2";
	assert_int_equal(
	    authorize_url(&url, "https://op.example/a", &p, &b, NULL), RG_OK);
	assert_non_null(strstr(buf_str(&url), "&acr_values=urn%3Ax%3A2"));
	assert_null(strstr(buf_str(&url), "claims="));
	buf_reset(&url);
	b.claims_challenge = "not JSON";
	assert_int_equal(
	    authorize_url(&url, "https://op.example/a", &p, &b, NULL),
	    RG_E_JSON);
	buf_clear(&url);
}

static void
test_endpoint_with_query(void **state)
{
	struct buf url = BUF_INIT;

	(void)state;
	assert_int_equal(authorize_url(&url, "https://op.example/a?p=b2c",
			     &provider, &plain, NULL),
	    RG_OK);
	assert_ptr_equal(strstr(buf_str(&url), "https://op.example/a?p=b2c&"
					       "response_type=code&"),
	    buf_str(&url));
	buf_clear(&url);
}

static void
test_no_secret_no_url(void **state)
{
	static const char *const bad[] = {NULL, "", "short",
	    "ssssssssssssssssssssssssssssssssssssssssss", /* 42 */
	    "ssssssssssssssssssssssssssssssssssssssssss&"};
	struct buf url = BUF_INIT;
	struct oidc_begin b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		b = plain;
		b.state = bad[i];
		assert_int_equal(
		    authorize_url(&url, "https://x/", &provider, &b, NULL),
		    RG_E_USAGE);
		b = plain;
		b.nonce = bad[i];
		assert_int_equal(
		    authorize_url(&url, "https://x/", &provider, &b, NULL),
		    RG_E_USAGE);
		b = plain;
		b.code_verifier = bad[i];
		assert_int_equal(
		    authorize_url(&url, "https://x/", &provider, &b, NULL),
		    RG_E_USAGE);
	}
	b = plain;
	b.redirect_uri = NULL;
	assert_int_equal(
	    authorize_url(&url, "https://x/", &provider, &b, NULL), RG_E_USAGE);
	assert_int_equal(url.len, 0);
	buf_clear(&url);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_url),
	    cmocka_unit_test(test_hints_and_form_post),
	    cmocka_unit_test(test_authentication_context),
	    cmocka_unit_test(test_endpoint_with_query),
	    cmocka_unit_test(test_no_secret_no_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
