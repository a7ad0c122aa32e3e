/* SPDX-License-Identifier: ISC */
/* The whole code flow against a provider of canned answers. */
#include "oidc/oidc.h"

#include "oidc/userinfo.h"
#include "tests/unit/oidc_stub.h"

static void
test_begin(void **state)
{
	struct op *x = *state;
	struct buf url = BUF_INIT;
	char want[160];

	assert_err(op_begin_at(x, NOW, &url), RG_OK);
	(void)snprintf(want, sizeof(want),
	    "http://127.0.0.1:%u/authorize?response_type=code&", x->stub.port);
	assert_ptr_equal(strstr(buf_str(&url), want), buf_str(&url));
	/* Always, though this provider does not advertise it. */
	assert_non_null(strstr(buf_str(&url), "&code_challenge_method=S256"));
	buf_clear(&url);
}

static void
test_sign_in(void **state)
{
	struct op *x = *state;
	json_t *claims = NULL;

	op_issue(x, 0);
	assert_err(op_finish_at(x, NOW, NULL, &claims), RG_OK);
	assert_string_equal(json_str(claims, "sub"), "sub-1");
	assert_string_equal(json_str(claims, "oid"), OID);
	json_decref(claims);
	assert_true(stub_saw(&x->stub, "/token",
	    "\r\n\r\ngrant_type=authorization_code&code=" CODE
	    "&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback"
	    "&code_verifier=" VERIFIER));
	/* client:s%3Ahush */
	assert_true(stub_saw(&x->stub, "/token",
	    "\r\nAuthorization: Basic Y2xpZW50OnMlM0FodXNo\r\n"));
	assert_false(stub_saw(&x->stub, "/token", "client_secret"));
	assert_false(stub_saw(&x->stub, "/token", "Origin:"));
	/* one connection for discovery, keys and token */
	assert_int_equal(atomic_load(&x->stub.s->accepts), 1);
	/* and the documents once for both sign-ins */
	assert_err(op_finish(x), RG_OK);
	assert_int_equal(stub_hits(&x->stub, DISCOVERY_PATH), 1);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 1);
	assert_int_equal(stub_hits(&x->stub, "/token"), 2);
}

static void
test_client_secret_post(void **state)
{
	struct op *x = *state;

	op_issue(x, 0);
	x->provider.client_auth = CLIENT_SECRET_POST;
	assert_err(op_finish(x), RG_OK);
	assert_true(stub_saw(
	    &x->stub, "/token", "&client_id=client&client_secret=s%3Ahush"));
	assert_false(stub_saw(&x->stub, "/token", "Authorization"));
}

/* Any other provider: no tenant, no object id. */
static void
test_plain_openid(void **state)
{
	struct op *x = *state;

	op_set(x->claims, "tid", NULL);
	op_set(x->claims, "oid", NULL);
	op_set(x->claims, "ver", NULL);
	op_issue(x, 0);
	x->provider.type = PROVIDER_OIDC;
	x->provider.entra = NULL;
	x->provider.tenant = NULL;
	assert_err(op_finish(x), RG_OK);
}

static void
test_claims_refused(void **state)
{
	struct op *x = *state;
	const struct {
		const char *name;
		json_t *value;
		enum rg_err want;
	} cases[] = {
	    {"iss", json_string("https://evil.example/" TID "/v2.0"), RG_E_ISS},
	    {"iss", NULL, RG_E_ISS},
	    {"aud", json_string("other"), RG_E_AUD},
	    {"aud", json_pack("[s,s]", "client", "other"), RG_E_AUD},
	    {"azp", json_string("other"), RG_E_AZP},
	    {"sub", NULL, RG_E_SUB},
	    {"sub", json_string(""), RG_E_SUB},
	    {"exp", json_integer(NOW - 61), RG_E_EXPIRED},
	    {"exp", json_string("1700000600"), RG_E_TIME_TYPE},
	    {"exp", NULL, RG_E_EXP_MISSING},
	    {"nbf", json_integer(NOW + 61), RG_E_NOT_YET},
	    {"iat", NULL, RG_E_IAT_MISSING},
	    {"iat", json_integer(NOW + 61), RG_E_IAT_FUTURE},
	    {"nonce", json_string("other"), RG_E_NONCE},
	    {"nonce", NULL, RG_E_NONCE},
	    {"at_hash", json_string("AAAAAAAAAAAAAAAAAAAAAA"), RG_E_AT_HASH},
	    {"tid", json_string(OID), RG_E_ISS_TENANT},
	    {"tid", NULL, RG_E_TID},
	    {"oid", json_string("dana"), RG_E_OID},
	    {"oid", NULL, RG_E_OID},
	    {"ver", json_string("1.0"), RG_E_TOKEN_VERSION},
	};
	json_t *good = json_deep_copy(x->claims);
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		op_set(x->claims, cases[i].name, cases[i].value);
		op_issue(x, 0);
		assert_err(op_finish(x), cases[i].want);
		json_decref(x->claims);
		x->claims = json_deep_copy(good);
	}
	op_issue(x, 0);
	assert_err(op_finish(x), RG_OK);
	json_decref(good);
}

static void
test_signature_refused(void **state)
{
	struct op *x = *state;

	/* signed by another key under the same kid: no refetch for that */
	op_issue(x, 1);
	assert_err(op_finish(x), RG_E_SIGNATURE);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 1);
	op_set(x->header, "alg", json_string("none"));
	op_issue(x, 0);
	assert_err(op_finish(x), RG_E_ALG_NONE);
	op_set(x->header, "alg", json_string("HS256"));
	op_issue(x, 0);
	assert_err(op_finish(x), RG_E_ALG_UNSUPPORTED);
	op_set(x->header, "alg", json_string("RS512"));
	op_issue(x, 0);
	assert_err(op_finish(x), RG_E_ALG_MISMATCH);
	op_set(x->header, "alg", json_string("RS256"));
	op_set(x->header, "crit", json_pack("[s]", "exp"));
	op_issue(x, 0);
	assert_err(op_finish(x), RG_E_CRIT);
}

/* The configured algorithm decides, not what the key set would allow. */
static void
test_alg_is_configured(void **state)
{
	struct op *x = *state;
	json_t *jwk = op_jwk(0, "k0");

	op_set(jwk, "alg", json_string("RS512"));
	op_answer(x, "/keys", 200, json_pack("{s:[o]}", "keys", jwk));
	op_set(x->header, "alg", json_string("RS512"));
	op_issue(x, 0);
	assert_err(op_finish(x), RG_E_ALG_MISMATCH);
	x->provider.alg = JOSE_RS512;
	assert_err(op_finish(x), RG_OK);
}

/* Two sections with one issuer, each with its own algorithm. */
static void
test_alg_per_provider(void **state)
{
	struct op *x = *state;

	op_issue(x, 0);
	assert_err(op_finish(x), RG_OK);
	x->provider.alg = JOSE_RS512;
	assert_err(op_finish(x), RG_E_ALG_MISMATCH);
	op_set(x->header, "alg", json_string("RS512"));
	op_issue(x, 0);
	assert_err(op_finish(x), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 1);
}

static void
test_kid_absent(void **state)
{
	struct op *x = *state;

	op_set(x->header, "kid", NULL);
	op_issue(x, 0);
	assert_err(op_finish(x), RG_OK);
	/* Two keys that fit: no guessing. */
	op_restart(x);
	buf_clear(&x->mem.text[OIDC_KEYS]);
	x->mem.last[OIDC_DISCOVERY] = 0;
	op_answer(x, "/keys", 200,
	    json_pack("{s:[o,o]}", "keys", op_jwk(0, "k0"), op_jwk(1, "k1")));
	assert_err(op_finish(x), RG_E_KID_MISSING);
}

static void
test_key_of_another_issuer(void **state)
{
	struct op *x = *state;
	json_t *jwk = op_jwk(0, "k0");

	op_set(jwk, "issuer",
	    json_string("https://login.example/9188040d-6c67-4c5b-b112-"
			"36a304b66dad/v2.0"));
	op_answer(x, "/keys", 200, json_pack("{s:[o]}", "keys", jwk));
	op_issue(x, 0);
	assert_err(op_finish(x), RG_E_KEY_ISSUER);
	/* A plain provider knows no such member. */
	x->provider.type = PROVIDER_OIDC;
	x->provider.entra = NULL;
	assert_err(op_finish(x), RG_OK);
}

/* A key of another cloud, published by ours: Microsoft does that. */
static void
test_key_of_another_cloud(void **state)
{
	struct op *x = *state;
	json_t *jwk = op_jwk(0, "k0");

	op_set(x->metadata, "cloud_instance_name",
	    json_string("microsoftonline.com"));
	op_publish(x);
	op_set(jwk, "cloud_instance_name", json_string("microsoftonline.us"));
	op_answer(x, "/keys", 200, json_pack("{s:[o]}", "keys", jwk));
	op_issue(x, 0);
	assert_err(op_finish(x), RG_E_KEY_CLOUD);
}

/* Metadata of several tenants, whose issuer is the template. */
static void
test_several_tenants(void **state)
{
	struct op *x = *state;
	static entra_guid allowed[] = {TID};
	char template[160];
	json_t *jwk = op_jwk(0, "k0");

	(void)snprintf(
	    template, sizeof(template), "%s/{tenantid}/v2.0", x->authority);
	op_issue(x, 0);
	op_answer(x, "/keys", 200, json_pack("{s:[O]}", "keys", jwk));
	/* One tenant has an issuer, no template. */
	op_set(x->metadata, "issuer", json_string(template));
	op_publish(x);
	assert_err(op_finish(x), RG_E_DISCOVERY_ISSUER);
	x->entra.mode = ENTRA_ORGANIZATIONS;
	x->entra.tenant[0] = '\0';
	x->mem.last[OIDC_DISCOVERY] = 0;
	assert_err(op_finish(x), RG_E_KEY_ISSUER); /* the key names none */
	op_set(jwk, "issuer", json_string(template));
	op_answer(x, "/keys", 200, json_pack("{s:[O]}", "keys", jwk));
	buf_clear(&x->mem.text[0]);
	buf_clear(&x->mem.text[1]);
	x->mem.last[OIDC_DISCOVERY] = 0;
	op_restart(x);
	assert_err(op_finish(x), RG_E_TENANT);
	x->entra.allowed = allowed;
	x->entra.allowed_count = 1;
	assert_err(op_finish(x), RG_OK);
	/* RFC 9207: any tenant's issuer, but of this cloud. */
	assert_err(op_finish_at(x, NOW, x->issuer, NULL), RG_OK);
	assert_err(op_finish_at(x, NOW, template, NULL), RG_OK);
	assert_err(op_finish_at(x, NOW,
		       "https://login.microsoftonline.us/" TID "/v2.0", NULL),
	    RG_E_ISS_PARAM);
	json_decref(jwk);
}

static void
test_iss_parameter(void **state)
{
	struct op *x = *state;

	op_issue(x, 0);
	assert_err(
	    op_finish_at(x, NOW, "https://evil.example", NULL), RG_E_ISS_PARAM);
	assert_err(op_finish_at(x, NOW, "", NULL), RG_E_ISS_PARAM);
	/* The code did not go anywhere. */
	assert_int_equal(stub_hits(&x->stub, "/token"), 0);
	assert_err(op_finish_at(x, NOW, x->issuer, NULL), RG_OK);
	assert_err(op_finish_at(x, NOW, NULL, NULL), RG_OK);
}

static void
test_iss_parameter_advertised(void **state)
{
	struct op *x = *state;

	op_set(x->metadata, "authorization_response_iss_parameter_supported",
	    json_true());
	op_publish(x);
	op_issue(x, 0);
	assert_err(op_finish_at(x, NOW, NULL, NULL), RG_E_ISS_PARAM);
	assert_int_equal(stub_hits(&x->stub, "/token"), 0);
	assert_err(op_finish_at(x, NOW, x->issuer, NULL), RG_OK);
	/* An error response too. */
	assert_err(oidc_check_iss(x->oidc, &x->provider, NULL, NOW, &x->e),
	    RG_E_ISS_PARAM);
}

static void
test_token_endpoint_refuses(void **state)
{
	struct op *x = *state;

	op_answer(x, "/token", 400,
	    json_pack("{s:s, s:[i], s:s}", "error", "invalid_grant",
		"error_codes", 54005, "error_description",
		"AADSTS54005: dana@hush.example"));
	assert_err(op_finish(x), RG_E_GRANT);
	assert_string_equal(x->e.detail,
	    "status 400: invalid_grant AADSTS54005: the code is too old or "
	    "was used before; sign in again");
	op_answer(
	    x, "/token", 401, json_pack("{s:s}", "error", "invalid_client"));
	assert_err(op_finish(x), RG_E_CLIENT_AUTH);
	stub_json(&x->stub, "/token", 503, "<html>hush");
	assert_err(op_finish(x), RG_E_NET_STATUS);
	stub_json(&x->stub, "/token", 200, "<html>hush");
	assert_err(op_finish(x), RG_E_TOKEN_RESPONSE);
	stub_json(&x->stub, "/token", 200, "{\"error\":\"hush\"}");
	assert_err(op_finish(x), RG_E_TOKEN_RESPONSE);
	stub_json(&x->stub, "/token", 200,
	    "{\"token_type\":\"Bearer\",\"access_token\":\"hush\"}");
	assert_err(op_finish(x), RG_E_ID_TOKEN_MISSING);
	/* Each code went out once. */
	assert_int_equal(stub_hits(&x->stub, "/token"), 6);
}

static void
test_token_endpoint_redirects(void **state)
{
	struct op *x = *state;

	stub_raw(&x->stub, "/token", STUB_PLAIN,
	    "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\n"
	    "Content-Length: 0\r\n\r\n");
	stub_json(&x->stub, "/elsewhere", 200, "{}");
	assert_err(op_finish(x), RG_E_NET_STATUS);
	assert_int_equal(stub_hits(&x->stub, "/elsewhere"), 0);
}

static void
test_token_endpoint_silent(void **state)
{
	struct op *x = *state;

	x->provider.timeout_ms = 200;
	stub_raw(&x->stub, "/token", STUB_HANG, "");
	assert_err(op_finish(x), RG_E_NET_TIMEOUT);
	assert_int_equal(stub_hits(&x->stub, "/token"), 1);
}

static void
test_userinfo(void **state)
{
	struct op *x = *state;
	json_t *claims = NULL;

	op_issue(x, 0);
	x->provider.userinfo = true;
	assert_err(op_finish(x), RG_E_USERINFO); /* no endpoint */
	op_restart(x);
	buf_clear(&x->mem.text[OIDC_DISCOVERY]);
	x->mem.last[OIDC_DISCOVERY] = 0;
	op_set(x->metadata, "userinfo_endpoint", op_url(x, "/userinfo"));
	op_publish(x);
	stub_json(&x->stub, "/userinfo", 200,
	    "{\"sub\":\"sub-1\",\"email\":\"dana@x.example\"}");
	assert_err(op_finish_at(x, NOW, NULL, &claims), RG_OK);
	assert_string_equal(
	    json_str(userinfo_shown(claims), "email"), "dana@x.example");
	json_decref(claims);
	assert_true(stub_saw(&x->stub, "/userinfo",
	    "\r\nAuthorization: Bearer access-hush\r\n"));
	stub_json(&x->stub, "/userinfo", 200, "{\"sub\":\"sub-2\"}");
	assert_err(op_finish(x), RG_E_USERINFO_SUB);
	stub_json(&x->stub, "/userinfo", 401, "{\"sub\":\"sub-1\"}");
	assert_err(op_finish(x), RG_E_USERINFO);
	stub_json(&x->stub, "/userinfo", 200, "eyJhbGciOiJSUzI1NiJ9.e30.hush");
	assert_err(op_finish(x), RG_E_USERINFO);
	stub_raw(&x->stub, "/userinfo", STUB_CLOSE, "");
	assert_err(op_finish(x), RG_E_USERINFO);
}

/* Without an answer a sign-in that knows what it lacks, be it only names. */
static void
test_userinfo_missing(void **state)
{
	struct op *x = *state;
	struct oidc_finish f = {.code = CODE,
	    .redirect_uri = CALLBACK,
	    .nonce = NONCE,
	    .code_verifier = VERIFIER,
	    .skew = 60};
	struct oidc_tokens tokens;
	json_t *claims = NULL;
	struct err e = {0};
	int i;

	x->provider.claims_from = CLAIMS_FROM_USERINFO;
	op_set(x->metadata, "userinfo_endpoint", op_url(x, "/userinfo"));
	op_publish(x);
	op_issue(x, 0);
	stub_json(&x->stub, "/userinfo", 200,
	    "{\"sub\":\"sub-1\",\"memberships\":[\"a\"],\"acct\":1}");
	assert_err(
	    oidc_finish(x->oidc, &x->provider, &f, NOW, &tokens, &claims, &e),
	    RG_OK);
	assert_int_equal(tokens.userinfo, RG_OK);
	assert_non_null(json_object_get(claims, "memberships"));
	assert_null(json_object_get(claims, "acct"));
	json_decref(claims);
	oidc_tokens_clear(&tokens);
	stub_json(&x->stub, "/userinfo", 503, "{}");
	for (i = 0; i < 2; i++) {
		x->provider.userinfo = i == 0;
		x->provider.claims_from =
		    i == 0 ? CLAIMS_FROM_ID_TOKEN : CLAIMS_FROM_USERINFO;
		assert_err(oidc_finish(x->oidc, &x->provider, &f, NOW, &tokens,
			       &claims, &e),
		    RG_OK);
		assert_int_equal(tokens.userinfo, RG_E_USERINFO);
		assert_null(json_object_get(claims, "memberships"));
		json_decref(claims);
		oidc_tokens_clear(&tokens);
	}
	/* Who can't be told about it gets an error. */
	assert_err(
	    oidc_finish(x->oidc, &x->provider, &f, NOW, NULL, &claims, &e),
	    RG_E_USERINFO);
	/* Somebody else's answer is no outage. */
	stub_json(&x->stub, "/userinfo", 200, "{\"sub\":\"sub-2\"}");
	assert_err(
	    oidc_finish(x->oidc, &x->provider, &f, NOW, &tokens, &claims, &e),
	    RG_E_USERINFO_SUB);
	assert_null(claims);
	oidc_tokens_clear(&tokens);
}

/* Nothing is sent without what makes a sign-in safe. */
static void
test_incomplete_call(void **state)
{
	struct op *x = *state;
	struct oidc_finish good = {.code = CODE,
	    .redirect_uri = CALLBACK,
	    .nonce = NONCE,
	    .code_verifier = VERIFIER,
	    .skew = 60};
	struct oidc_finish f[4] = {good, good, good, good};
	json_t *claims = NULL;
	size_t i;

	op_issue(x, 0);
	f[0].code = NULL;
	f[1].redirect_uri = NULL;
	f[2].nonce = NULL;
	f[3].code_verifier = NULL;
	for (i = 0; i < 4; i++) {
		assert_err(oidc_finish(x->oidc, &x->provider, &f[i], NOW, NULL,
			       &claims, &x->e),
		    RG_E_USAGE);
		assert_null(claims);
	}
	x->provider.credential_count = 0;
	assert_err(oidc_finish(
		       x->oidc, &x->provider, &good, NOW, NULL, &claims, &x->e),
	    RG_E_USAGE);
	assert_int_equal(stub_hits(&x->stub, "/token"), 0);
	x->provider.credential_count = 1;
	assert_err(oidc_finish(
		       x->oidc, &x->provider, &good, NOW, NULL, &claims, &x->e),
	    RG_OK);
	json_decref(claims);
}

static void
test_provider_down(void **state)
{
	struct op *x = *state;

	stub_halt(&x->stub);
	assert_err(op_finish(x), RG_E_NET_CONNECT);
	x->mem.last[OIDC_DISCOVERY] = 0;
	assert_err(op_finish_at(x, NOW, x->issuer, NULL), RG_E_NET_CONNECT);
	x->mem.last[OIDC_DISCOVERY] = 0;
	assert_err(oidc_check_iss(x->oidc, &x->provider, NULL, NOW, &x->e),
	    RG_E_NET_CONNECT);
}

static void
test_no_logout_endpoint(void **state)
{
	struct op *x = *state;
	struct buf url = BUF_INIT;

	op_set(x->metadata, "end_session_endpoint", NULL);
	op_publish(x);
	assert_err(op_begin_at(x, NOW, &url), RG_OK);
	buf_clear(&url);
	assert_err(
	    oidc_logout_url(x->oidc, &x->provider, NULL, NULL, NOW, &url),
	    RG_E_NOT_FOUND);
	assert_int_equal(url.len, 0);
	assert_err(oidc_ready(x->oidc, &x->provider, NOW, &x->e), RG_OK);
}

static void
test_verify_at_hand(void **state)
{
	struct op *x = *state;
	struct buf token = BUF_INIT;
	json_t *claims = NULL;

	op_sign(x, 0, &token);
	assert_err(oidc_verify_id_token(x->oidc, &x->provider, buf_str(&token),
		       token.len, NULL, NULL, NOW, 60, &claims, &x->e),
	    RG_OK);
	json_decref(claims);
	assert_err(oidc_verify_id_token(x->oidc, &x->provider, buf_str(&token),
		       token.len, "other", NULL, NOW, 60, &claims, &x->e),
	    RG_E_NONCE);
	assert_null(claims);
	assert_err(oidc_verify_id_token(x->oidc, &x->provider, "junk", 4, NULL,
		       NULL, NOW, 60, &claims, &x->e),
	    RG_E_TOKEN_PARTS);
	buf_clear(&token);
}

static void
test_logout_and_ready(void **state)
{
	struct op *x = *state;
	struct buf url = BUF_INIT;
	char want[160];

	/* Nothing is known yet, and nobody is asked. */
	assert_err(
	    oidc_logout_url(x->oidc, &x->provider, NULL, NULL, NOW, &url),
	    RG_E_NOT_FOUND);
	assert_err(
	    oidc_ready(x->oidc, &x->provider, NOW, &x->e), RG_E_DISCOVERY);
	assert_int_equal(atomic_load(&x->stub.s->accepts), 0);
	assert_err(op_begin_at(x, NOW, &url), RG_OK);
	buf_clear(&url);
	/* Another process, long after, with the provider gone. */
	op_restart(x);
	stub_halt(&x->stub);
	assert_err(
	    oidc_ready(x->oidc, &x->provider, NOW + 999 * HOUR, &x->e), RG_OK);
	assert_err(oidc_logout_url(x->oidc, &x->provider,
		       "https://app.example/", "h", NOW + 999 * HOUR, &url),
	    RG_OK);
	(void)snprintf(want, sizeof(want),
	    "http://127.0.0.1:%u/logout?client_id=client"
	    "&post_logout_redirect_uri=https%%3A%%2F%%2Fapp.example%%2F"
	    "&logout_hint=h",
	    x->stub.port);
	assert_string_equal(buf_str(&url), want);
	buf_clear(&url);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    OP_TEST(test_begin),
	    OP_TEST(test_sign_in),
	    OP_TEST(test_client_secret_post),
	    OP_TEST(test_plain_openid),
	    OP_TEST(test_claims_refused),
	    OP_TEST(test_signature_refused),
	    OP_TEST(test_alg_is_configured),
	    OP_TEST(test_alg_per_provider),
	    OP_TEST(test_kid_absent),
	    OP_TEST(test_key_of_another_issuer),
	    OP_TEST(test_key_of_another_cloud),
	    OP_TEST(test_several_tenants),
	    OP_TEST(test_iss_parameter),
	    OP_TEST(test_iss_parameter_advertised),
	    OP_TEST(test_token_endpoint_refuses),
	    OP_TEST(test_token_endpoint_redirects),
	    OP_TEST(test_token_endpoint_silent),
	    OP_TEST(test_userinfo),
	    OP_TEST(test_userinfo_missing),
	    OP_TEST(test_incomplete_call),
	    OP_TEST(test_provider_down),
	    OP_TEST(test_no_logout_endpoint),
	    OP_TEST(test_verify_at_hand),
	    OP_TEST(test_logout_and_ready),
	};

	return cmocka_run_group_tests(tests, op_make_keys, op_free_keys);
}
