/* SPDX-License-Identifier: ISC */
#include "oidc/discovery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ISSUER "https://op.example/t/v2.0"
#define REQUIRED                                                               \
	"\"issuer\":\"" ISSUER "\","                                           \
	"\"authorization_endpoint\":\"https://op.example/t/authorize\","       \
	"\"token_endpoint\":\"https://op.example/t/token\","                   \
	"\"jwks_uri\":\"https://keys.example/t/keys\""

static enum rg_err
parse(const char *text, bool http_ok, struct discovery **d, struct err *e)
{
	return discovery_parse(text, strlen(text), ISSUER, NULL, http_ok, d, e);
}

static void
assert_refused(const char *text, bool http_ok, enum rg_err want)
{
	struct discovery *d = NULL;
	struct err e = {0};

	assert_string_equal(
	    err_name(parse(text, http_ok, &d, &e)), err_name(want));
	assert_null(d);
	assert_int_equal(e.code, want);
}

static void
test_minimal(void **state)
{
	struct discovery *d = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(parse("{" REQUIRED "}", false, &d, &e), RG_OK);
	assert_string_equal(
	    d->authorization_endpoint, "https://op.example/t/authorize");
	assert_string_equal(d->token_endpoint, "https://op.example/t/token");
	assert_string_equal(d->jwks_uri, "https://keys.example/t/keys");
	assert_null(d->userinfo_endpoint);
	assert_null(d->end_session_endpoint);
	assert_false(d->iss_parameter);
	discovery_free(&d);
	assert_null(d);
	discovery_free(&d);
}

/* Entra: endpoints on other hosts and paths, null members, no PKCE list. */
static void
test_entra_shape(void **state)
{
	struct discovery *d = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(
	    parse("{" REQUIRED ","
		  "\"userinfo_endpoint\":\"https://graph.example/oidc\","
		  "\"end_session_endpoint\":\"https://op.example/logout\","
		  "\"authorization_response_iss_parameter_supported\":true,"
		  "\"tenant_region_scope\":null,\"unknown\":[{}]}",
		false, &d, &e),
	    RG_OK);
	assert_string_equal(d->userinfo_endpoint, "https://graph.example/oidc");
	assert_string_equal(
	    d->end_session_endpoint, "https://op.example/logout");
	assert_true(d->iss_parameter);
	discovery_free(&d);
	assert_int_equal(parse("{" REQUIRED ",\"end_session_endpoint\":null}",
			     false, &d, &e),
	    RG_OK);
	assert_null(d->end_session_endpoint);
	discovery_free(&d);
}

static void
test_issuer_must_be_equal(void **state)
{
	static const char *const wrong[] = {"https://op.example/t/v2.0/",
	    "https://op.example/T/v2.0", "https://op.example/t/v2.",
	    "https://op.example:443/t/v2.0", "http://op.example/t/v2.0",
	    "https://op.example/{tenantid}/v2.0", "",
	    "https://op.example/t/v2.0\\n"};
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct discovery *d = NULL;
		char *at;

		(void)snprintf(text, sizeof(text),
		    "{\"authorization_endpoint\":\"https://op.example/a\","
		    "\"token_endpoint\":\"https://op.example/t\","
		    "\"jwks_uri\":\"https://op.example/k\",\"issuer\":\"%s\"}",
		    wrong[i]);
		assert_refused(text, true, RG_E_DISCOVERY_ISSUER);
		/* Only the issuer was wrong. */
		at = strstr(text, "\"issuer\":\"") + 10;
		(void)snprintf(
		    at, sizeof(text) - (size_t)(at - text), "%s", ISSUER "\"}");
		assert_int_equal(parse(text, true, &d, NULL), RG_OK);
		discovery_free(&d);
	}
	assert_refused("{}", true, RG_E_DISCOVERY_ISSUER);
	assert_refused(
	    "{\"issuer\":[\"" ISSUER "\"]}", true, RG_E_DISCOVERY_ISSUER);
}

static void
test_endpoints(void **state)
{
	static const char *const names[] = {
	    "authorization_endpoint", "token_endpoint", "jwks_uri"};
	static const char *const bad[] = {"\"http://op.example/x\"",
	    "\"http://127.0.0.1.op.example/x\"", "\"/relative\"",
	    "\"javascript:alert(1)\"", "\"https://op.example/x#y\"",
	    "\"https://u@op.example/\"", "\"\"", "null", "7", "[]",
	    "\"https://op.example/\\r\\nX: y\""};
	char text[512];
	size_t i, j, k;

	(void)state;
	for (i = 0; i < 3; i++) {
		for (j = 0; j < sizeof(bad) / sizeof(bad[0]); j++) {
			size_t n = (size_t)snprintf(
			    text, sizeof(text), "{\"issuer\":\"%s\"", ISSUER);

			for (k = 0; k < 3; k++)
				n += (size_t)snprintf(text + n,
				    sizeof(text) - n, ",\"%s\":%s", names[k],
				    k == i ? bad[j]
					   : "\"https://op.example/\"");
			(void)snprintf(text + n, sizeof(text) - n, "}");
			assert_refused(text, true, RG_E_DISCOVERY);
		}
	}
	assert_refused("{" REQUIRED ",\"userinfo_endpoint\":\"http://x.y/\"}",
	    true, RG_E_DISCOVERY);
	assert_refused(
	    "{" REQUIRED ",\"end_session_endpoint\":7}", true, RG_E_DISCOVERY);
	assert_refused(
	    "{" REQUIRED
	    ",\"authorization_response_iss_parameter_supported\":\"true\"}",
	    true, RG_E_DISCOVERY);
}

static void
test_loopback_http(void **state)
{
	static const char text[] =
	    "{\"issuer\":\"" ISSUER "\","
	    "\"authorization_endpoint\":\"http://127.0.0.1:8/a\","
	    "\"token_endpoint\":\"http://localhost:8/t\","
	    "\"jwks_uri\":\"http://[::1]:8/k\"}";
	struct discovery *d = NULL;

	(void)state;
	assert_refused(text, false, RG_E_DISCOVERY);
	assert_int_equal(parse(text, true, &d, NULL), RG_OK);
	discovery_free(&d);
}

static void
test_not_a_document(void **state)
{
	struct discovery *d = NULL;
	char *big;

	(void)state;
	assert_refused("", true, RG_E_DISCOVERY);
	assert_refused(
	    "<!doctype html><title>Sign in</title>", true, RG_E_DISCOVERY);
	assert_refused("[]", true, RG_E_DISCOVERY);
	assert_refused("\"x\"", true, RG_E_DISCOVERY);
	assert_refused("{" REQUIRED "} x", true, RG_E_DISCOVERY);
	/* two answers to one question */
	assert_refused(
	    "{" REQUIRED ",\"issuer\":\"" ISSUER "\"}", true, RG_E_DISCOVERY);
	assert_refused("{" REQUIRED ",\"jwks_uri\":\"https://evil.example/\"}",
	    true, RG_E_DISCOVERY);
	/* valid, but followed by more white space than we read */
	big = malloc(DISCOVERY_MAX_TEXT + 1);
	assert_non_null(big);
	memset(big, ' ', DISCOVERY_MAX_TEXT + 1);
	memcpy(big, "{" REQUIRED "}", sizeof("{" REQUIRED "}") - 1);
	assert_int_equal(discovery_parse(big, DISCOVERY_MAX_TEXT, ISSUER, NULL,
			     false, &d, NULL),
	    RG_OK);
	discovery_free(&d);
	assert_int_equal(discovery_parse(big, DISCOVERY_MAX_TEXT + 1, ISSUER,
			     NULL, false, &d, NULL),
	    RG_E_DISCOVERY);
	free(big);
}

static void
test_address(void **state)
{
	struct buf out = BUF_INIT;

	(void)state;
	discovery_url(&out, "https://op.example/t/v2.0");
	assert_string_equal(buf_str(&out),
	    "https://op.example/t/v2.0/.well-known/openid-configuration");
	buf_clear(&out);
	discovery_url(&out, "https://op.example/");
	assert_string_equal(buf_str(&out),
	    "https://op.example/.well-known/openid-configuration");
	buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_minimal),
	    cmocka_unit_test(test_entra_shape),
	    cmocka_unit_test(test_issuer_must_be_equal),
	    cmocka_unit_test(test_endpoints),
	    cmocka_unit_test(test_loopback_http),
	    cmocka_unit_test(test_not_a_document),
	    cmocka_unit_test(test_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
