/* SPDX-License-Identifier: ISC */
/* The rules of a logout token, one broken at a time. */
#include "oidc/logout_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

#define NOW 1800000000
#define EVENT "http://schemas.openid.net/event/backchannel-logout"

static char issuer[] = "https://op.example";
static char client[] = "client";
static const struct provider provider = {
    .type = PROVIDER_OIDC, .issuer = issuer, .client_id = client};

/* A good token with `change` (JSON; null removes) on top. */
static void
check(const char *change, enum rg_err want)
{
	json_t *c, *more = json_loads(change, 0, NULL), *v;
	const char *name;
	struct err e = {RG_OK, ""};

	c = json_pack("{s:s, s:s, s:i, s:i, s:s, s:{s:{}}, s:s, s:s}", "iss",
	    issuer, "aud", client, "iat", NOW, "exp", NOW + 120, "jti", "j1",
	    "events", EVENT, "sub", "s1", "sid", "x1");
	assert_non_null(c);
	assert_non_null(more);
	json_object_foreach(more, name, v)
	{
		if (json_is_null(v))
			(void)json_object_del(c, name);
		else
			(void)json_object_set(c, name, v);
	}
	assert_string_equal(
	    err_name(logout_token_check(c, &provider, NOW, 60, &e)),
	    err_name(want));
	json_decref(more);
	json_decref(c);
}

static void
test_good(void **state)
{
	(void)state;
	check("{}", RG_OK);
	check("{\"sid\":null}", RG_OK);
	check("{\"sub\":null}", RG_OK);
	check("{\"exp\":null}", RG_OK);
	check("{\"aud\":[\"client\"]}", RG_OK);
	check("{\"events\":{\"" EVENT "\":{},\"urn:other\":{}}}", RG_OK);
}

static void
test_refused(void **state)
{
	(void)state;
	check("{\"iss\":\"https://op.example/\"}", RG_E_ISS);
	check("{\"iss\":null}", RG_E_ISS);
	check("{\"aud\":\"other\"}", RG_E_AUD);
	check("{\"aud\":null}", RG_E_AUD);
	check("{\"aud\":[]}", RG_E_AUD);
	check("{\"iat\":null}", RG_E_IAT_MISSING);
	check("{\"iat\":\"1800000000\"}", RG_E_TIME_TYPE);
	check("{\"iat\":1800000061}", RG_E_IAT_FUTURE);
	check("{\"iat\":1799999640}", RG_E_EXPIRED);
	check("{\"exp\":1799999940}", RG_E_EXPIRED);
	check("{\"exp\":\"x\"}", RG_E_TIME_TYPE);
	check("{\"jti\":null}", RG_E_JTI_MISSING);
	check("{\"jti\":\"\"}", RG_E_JTI_MISSING);
	check("{\"events\":null}", RG_E_LOGOUT_EVENT);
	check("{\"events\":{}}", RG_E_LOGOUT_EVENT);
	check("{\"events\":[\"" EVENT "\"]}", RG_E_LOGOUT_EVENT);
	check("{\"events\":{\"" EVENT "\":true}}", RG_E_LOGOUT_EVENT);
	check("{\"events\":{\"" EVENT "/\":{}}}", RG_E_LOGOUT_EVENT);
	check("{\"nonce\":\"n\"}", RG_E_NONCE);
	check("{\"nonce\":\"\"}", RG_E_NONCE);
	check("{\"sub\":null,\"sid\":null}", RG_E_SUB);
	check("{\"sub\":7}", RG_E_SUB);
	check("{\"sid\":\"\"}", RG_E_SUB);
	check("{\"sid\":[\"x1\"]}", RG_E_SUB);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
