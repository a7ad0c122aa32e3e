/* SPDX-License-Identifier: ISC */
#include "oidc/token_response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
assert_refused(const char *text, enum rg_err want)
{
	struct token_response *t = NULL;
	struct err e = {0};

	assert_string_equal(
	    err_name(token_response_parse(text, strlen(text), &t, &e)),
	    err_name(want));
	assert_null(t);
	assert_null(strstr(e.detail, "hush"));
}

static void
test_success(void **state)
{
	static const char *const good[] = {
	    "{\"token_type\":\"Bearer\",\"access_token\":\"at\","
	    "\"id_token\":\"a.b.c\",\"expires_in\":3599,\"scope\":\"openid\"}",
	    "{\"token_type\":\"bearer\",\"access_token\":\"at\","
	    "\"id_token\":\"a.b.c\",\"refresh_token\":\"hush\"}"};
	struct token_response *t = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(
		    token_response_parse(good[i], strlen(good[i]), &t, NULL),
		    RG_OK);
		assert_string_equal(t->id_token, "a.b.c");
		assert_string_equal(t->access_token, "at");
		token_response_free(&t);
		assert_null(t);
	}
	token_response_free(&t);
}

static void
test_refused(void **state)
{
	(void)state;
#define T "\"token_type\":\"Bearer\""
#define A "\"access_token\":\"hush\""
#define I "\"id_token\":\"hush.b.c\""
	assert_refused("", RG_E_TOKEN_RESPONSE);
	assert_refused("<html>hush", RG_E_TOKEN_RESPONSE);
	assert_refused(
	    "access_token=hush&token_type=Bearer", RG_E_TOKEN_RESPONSE);
	assert_refused("[{" T "," A "," I "}]", RG_E_TOKEN_RESPONSE);
	assert_refused("{" T "," A "," I "}{}", RG_E_TOKEN_RESPONSE);
	assert_refused("{" T "," A "," I "," I "}", RG_E_TOKEN_RESPONSE);
	assert_refused("{" A "," I "}", RG_E_TOKEN_RESPONSE);
	assert_refused(
	    "{\"token_type\":\"DPoP\"," A "," I "}", RG_E_TOKEN_RESPONSE);
	assert_refused(
	    "{\"token_type\":[\"Bearer\"]," A "," I "}", RG_E_TOKEN_RESPONSE);
	assert_refused("{" T "," I "}", RG_E_TOKEN_RESPONSE);
	assert_refused(
	    "{" T ",\"access_token\":\"\"," I "}", RG_E_TOKEN_RESPONSE);
	assert_refused(
	    "{" T ",\"access_token\":\"a\\r\\nb\"," I "}", RG_E_TOKEN_RESPONSE);
	assert_refused(
	    "{" T ",\"access_token\":\"\\u007f\"," I "}", RG_E_TOKEN_RESPONSE);
	assert_refused("{" T "," A "}", RG_E_ID_TOKEN_MISSING);
	assert_refused(
	    "{" T "," A ",\"id_token\":null}", RG_E_ID_TOKEN_MISSING);
	assert_refused(
	    "{" T "," A ",\"id_token\":\"\"}", RG_E_ID_TOKEN_MISSING);
	assert_refused("{" T "," A ",\"id_token\":{}}", RG_E_ID_TOKEN_MISSING);
}

static void
test_too_large(void **state)
{
	struct token_response *t = NULL;
	char *big = malloc(TOKEN_RESPONSE_MAX_TEXT + 1);

	(void)state;
	assert_non_null(big);
	memset(big, ' ', TOKEN_RESPONSE_MAX_TEXT + 1);
	memcpy(big, "{" T "," A "," I "}", sizeof("{" T "," A "," I "}") - 1);
	assert_int_equal(
	    token_response_parse(big, TOKEN_RESPONSE_MAX_TEXT, &t, NULL),
	    RG_OK);
	token_response_free(&t);
	assert_int_equal(
	    token_response_parse(big, TOKEN_RESPONSE_MAX_TEXT + 1, &t, NULL),
	    RG_E_TOKEN_RESPONSE);
	memset(big, ' ', TOKEN_RESPONSE_MAX_TEXT + 1);
	memcpy(big, "{\"error\":\"invalid_grant\"}", 25);
	assert_int_equal(
	    token_response_error(400, big, TOKEN_RESPONSE_MAX_TEXT, NULL),
	    RG_E_GRANT);
	assert_int_equal(
	    token_response_error(400, big, TOKEN_RESPONSE_MAX_TEXT + 1, NULL),
	    RG_E_NET_STATUS);
	free(big);
}

static void
assert_cause(
    long status, const char *text, enum rg_err want, const char *detail)
{
	struct err e = {0};

	assert_string_equal(
	    err_name(token_response_error(status, text, strlen(text), &e)),
	    err_name(want));
	assert_int_equal(e.code, want);
	assert_string_equal(e.detail, detail);
}

static void
test_causes(void **state)
{
	(void)state;
	assert_cause(400, "{\"error\":\"invalid_grant\"}", RG_E_GRANT,
	    "status 400: invalid_grant");
	assert_cause(400,
	    "{\"error\":\"invalid_grant\",\"error_codes\":[54005,1],"
	    "\"error_description\":\"AADSTS54005: "
	    "dana@contoso.example\\r\\n\"}",
	    RG_E_GRANT,
	    "status 400: invalid_grant AADSTS54005: the code is too old or "
	    "was used before; sign in again");
	assert_cause(401,
	    "{\"error\":\"invalid_client\",\"error_codes\":[7000215]}",
	    RG_E_CLIENT_AUTH,
	    "status 401: invalid_client AADSTS7000215: the client secret is "
	    "wrong: it is the secret's value, not its id");
	assert_cause(400, "{\"error\":\"unauthorized_client\"}",
	    RG_E_REGISTRATION, "status 400: unauthorized_client");
	assert_cause(400, "{\"error\":\"invalid_scope\"}", RG_E_REGISTRATION,
	    "status 400: invalid_scope");
	/* An outage, not a verdict about the code or the client. */
	assert_cause(503, "{\"error\":\"temporarily_unavailable\"}",
	    RG_E_NET_STATUS, "status 503: temporarily_unavailable");
	assert_cause(500, "{\"error\":\"invalid_grant\"}", RG_E_NET_STATUS,
	    "status 500: invalid_grant");
	assert_cause(302, "", RG_E_NET_STATUS, "status 302");
	assert_cause(400, "<html>", RG_E_NET_STATUS, "status 400");
	assert_cause(400, "{}", RG_E_NET_STATUS, "status 400");
}

static void
test_nothing_odd_is_quoted(void **state)
{
	(void)state;
	assert_cause(400, "{\"error\":\"a b\"}", RG_E_NET_STATUS, "status 400");
	assert_cause(
	    400, "{\"error\":\"a\\nb\"}", RG_E_NET_STATUS, "status 400");
	assert_cause(400, "{\"error\":\"\"}", RG_E_NET_STATUS, "status 400");
	assert_cause(400, "{\"error\":[\"x\"]}", RG_E_NET_STATUS, "status 400");
	assert_cause(400,
	    "{\"error\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaa\"}",
	    RG_E_NET_STATUS, "status 400");
	assert_cause(400, "{\"error\":\"x\",\"error_codes\":[-1]}",
	    RG_E_PROVIDER_ERROR, "status 400: x");
	assert_cause(400, "{\"error\":\"x\",\"error_codes\":[\"54005\"]}",
	    RG_E_PROVIDER_ERROR, "status 400: x");
	assert_cause(400, "{\"error\":\"x\",\"error_codes\":54005}",
	    RG_E_PROVIDER_ERROR, "status 400: x");
	assert_cause(400, "{\"error\":\"x\",\"error_codes\":[99999999999]}",
	    RG_E_PROVIDER_ERROR, "status 400: x");
}

static void
assert_challenge(const char *text, const char *want)
{
	struct buf out = BUF_INIT;

	token_response_challenge(text, strlen(text), &out);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

static void
test_challenge(void **state)
{
	char big[1200];

	(void)state;
#define E "\"error\":\"interaction_required\""
	assert_challenge("{" E ",\"claims\":\"{\\\"access_token\\\":{}}\"}",
	    "{\"access_token\":{}}");
	assert_challenge("{" E "}", "");
	assert_challenge("{" E ",\"claims\":{}}", "");
	assert_challenge("{" E ",\"claims\":\"[]\"}", "");
	assert_challenge("{" E ",\"claims\":\"{}&prompt=none\"}", "");
	assert_challenge("{\"error\":\"invalid_grant\",\"claims\":\"{}\"}", "");
	assert_challenge("{\"claims\":\"{}\"}", "");
	memset(big, ' ', sizeof(big));
	memcpy(
	    big, "{" E ",\"claims\":\"{", sizeof("{" E ",\"claims\":\"{") - 1);
	memcpy(big + sizeof(big) - 4, "}\"}", 4);
	assert_challenge(big, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_success),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_too_large),
	    cmocka_unit_test(test_causes),
	    cmocka_unit_test(test_nothing_odd_is_quoted),
	    cmocka_unit_test(test_challenge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
