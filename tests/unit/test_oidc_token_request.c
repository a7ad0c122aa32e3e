/* SPDX-License-Identifier: ISC */
/* Several credentials of one client, and when the next one is tried. */
#include "tests/unit/oidc_stub.h"

#include "base/form.h"
#include "base/random.h"
#include "jose/jws.h"
#include "oidc/token_request.h"
#include "tests/unit/cert_util.h"
#include "tests/unit/util.h"

#define OK_BODY "{\"token_type\":\"Bearer\",\"access_token\":\"a\"}"
#define REFUSED "{\"error\":\"invalid_client\"}"

static char first[] = "first-hush", second[] = "second-hush",
	    third[] = "third-hush", src1[] = "one.file", src2[] = "two.file",
	    src3[] = "three.file";

/* Three secrets, sent in the form so that the stub can tell them apart. */
static void
three_secrets(struct op *x)
{
	static char *const secrets[] = {first, second, third};
	static char *const sources[] = {src1, src2, src3};
	size_t i;

	for (i = 0; i < 3; i++)
		x->provider.credentials[i] =
		    (struct credential){.kind = CREDENTIAL_SECRET,
			.source = sources[i],
			.secret = secrets[i]};
	x->provider.credential_count = 3;
	x->provider.client_auth = CLIENT_SECRET_POST;
}

/* 200 for requests that have `text` in them, 401 invalid_client for others. */
static void
accept_only(struct op *x, const char *text)
{
	struct stub_route *r = stub_json(&x->stub, "/token", 200, OK_BODY);

	(void)snprintf(r->need, sizeof(r->need), "%s", text);
	stub_otherwise(r, 401, REFUSED);
}

static enum rg_err
ask(struct op *x)
{
	struct fetch_response res = {0};
	struct buf form = BUF_INIT, url = BUF_INIT;
	enum rg_err r;

	form_put(&form, "grant_type", "authorization_code");
	form_put(&form, "code", CODE);
	buf_printf(&url, "http://127.0.0.1:%u/token", x->stub.port);
	err_clear(&x->e);
	r = token_request(
	    x->oidc, &x->provider, buf_str(&url), &form, NOW, &res, &x->e);
	assert_int_equal(r, x->e.code);
	assert_int_equal(res.body.len > 0, r == RG_OK);
	assert_null(strstr(x->e.detail, "hush"));
	assert_string_equal(
	    buf_str(&form), "grant_type=authorization_code&code=" CODE);
	fetch_response_clear(&res);
	buf_clear(&form);
	buf_clear(&url);
	return r;
}

static void
test_next_after_invalid_client(void **state)
{
	struct op *x = *state;

	three_secrets(x);
	accept_only(x, "client_secret=second-hush");
	assert_err(ask(x), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/token"), 2);
	/* Remembered: the refused one is not tried again. */
	assert_err(ask(x), RG_OK);
	assert_err(ask(x), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/token"), 4);
	/* The second is withdrawn; the first has been registered meanwhile. */
	accept_only(x, "client_secret=first-hush");
	assert_err(ask(x), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/token"), 7);
	assert_err(ask(x), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/token"), 8);
}

/* Each at most once, however often the provider says no. */
static void
test_all_refused(void **state)
{
	struct op *x = *state;

	three_secrets(x);
	accept_only(x, "nothing has this");
	assert_err(ask(x), RG_E_CLIENT_AUTH);
	assert_int_equal(stub_hits(&x->stub, "/token"), 3);
	assert_err(ask(x), RG_E_CLIENT_AUTH);
	assert_int_equal(stub_hits(&x->stub, "/token"), 6);
}

/* A code that may have been consumed is not sent again. */
static void
test_any_other_answer_ends_it(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum rg_err want;
	} cases[] = {
	    {400, "{\"error\":\"invalid_grant\"}", RG_E_GRANT},
	    {400, "{\"error\":\"unauthorized_client\"}", RG_E_REGISTRATION},
	    /* "Error validating credentials", of a code as well */
	    {400, "{\"error\":\"invalid_grant\",\"error_codes\":[70002]}",
		RG_E_CLIENT_AUTH},
	    {400, "{\"error\":\"invalid_request\"}", RG_E_PROVIDER_ERROR},
	    {401, "{\"error\":\"unknown_thing\"}", RG_E_PROVIDER_ERROR},
	    {401, "<html>who are you?", RG_E_NET_STATUS},
	    {403, REFUSED, RG_E_NET_STATUS},
	    {500, REFUSED, RG_E_NET_STATUS},
	    {503, "{\"error\":\"temporarily_unavailable\"}", RG_E_NET_STATUS},
	};
	struct op *x = *state;
	size_t i;

	three_secrets(x);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)stub_json(
		    &x->stub, "/token", cases[i].status, cases[i].body);
		assert_err(ask(x), cases[i].want);
		assert_int_equal(stub_hits(&x->stub, "/token"), i + 1);
	}
	op_restart(x); /* or libcurl would suspect the kept connection */
	(void)stub_raw(&x->stub, "/token", STUB_CLOSE, "");
	assert_int_not_equal(ask(x), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/token"), i + 1);
}

/* The assertion of somebody else: read for each request, and looked at. */
static void
test_assertion_file(void **state)
{
	struct op *x = *state;
	char folder[UTIL_PATH_MAX], path[UTIL_PATH_MAX];

	util_folder(folder);
	util_path(path, folder, "token");
	x->provider.credentials[0] = (struct credential){
	    .kind = CREDENTIAL_ASSERTION_FILE, .source = path};
	(void)stub_json(&x->stub, "/token", 200, OK_BODY);
	util_write_text(path, "eyJ.one_hush.sig-\n", 0644);
	assert_err(ask(x), RG_OK);
	assert_true(stub_saw(&x->stub, "/token",
	    "&client_id=client&client_assertion_type=urn%3Aietf%3Aparams%3A"
	    "oauth%3Aclient-assertion-type%3Ajwt-bearer"
	    "&client_assertion=eyJ.one_hush.sig-"));
	util_write_text(path, "eyJ.two_hush.sig-", 0640);
	assert_err(ask(x), RG_OK);
	assert_true(stub_saw(
	    &x->stub, "/token", "&client_assertion=eyJ.two_hush.sig-"));
	util_write_text(path, "eyJ.two_hush.sig-", 0660);
	assert_err(ask(x), RG_E_FILE_MODE);
	util_write_text(path, "eyJ.two_hush.sig-", 0602);
	assert_err(ask(x), RG_E_FILE_MODE);
	util_write_text(path, "hush", 0600);
	assert_err(ask(x), RG_E_CLIENT_ASSERTION);
	util_write_text(path, "a.b.hush&x=y", 0600);
	assert_err(ask(x), RG_E_CLIENT_ASSERTION);
	util_write_text(path, "a.b.c.hush", 0600);
	assert_err(ask(x), RG_E_CLIENT_ASSERTION);
	util_write_text(path, "a..hush", 0600);
	assert_err(ask(x), RG_E_CLIENT_ASSERTION);
	util_write_text(path, "", 0600);
	assert_err(ask(x), RG_E_CLIENT_ASSERTION);
	util_write(path, "a.b.c\0.d", 8, 0600);
	assert_err(ask(x), RG_E_CLIENT_ASSERTION);
	assert_int_equal(truncate(path, 17 * 1024), 0);
	assert_err(ask(x), RG_E_TOO_LARGE);
	util_remove(folder);
	assert_err(ask(x), RG_E_FILE);
	assert_int_equal(stub_hits(&x->stub, "/token"), 2);
	/* One that can't be used is passed over. */
	x->provider.credentials[1] = (struct credential){
	    .kind = CREDENTIAL_SECRET, .source = src1, .secret = first};
	x->provider.credential_count = 2;
	assert_err(ask(x), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/token"), 3);
}

/* A certificate of op_keys[which], as the settings would read it. */
static void
certificate(struct op *x, size_t at, int which, int64_t from, int64_t to)
{
	struct credential *c = &x->provider.credentials[at];
	char pem[PEM_MAX];

	*c = (struct credential){
	    .kind = CREDENTIAL_CERTIFICATE, .source = at == 0 ? src1 : src2};
	pem_key(op_keys[which], NULL, pem);
	assert_err(jose_key_parse(pem, strlen(pem), -1, &c->key, NULL), RG_OK);
	pem_cert(op_keys[which], from, to, pem);
	assert_err(cert_parse(pem, strlen(pem), c->key, &c->cert, NULL), RG_OK);
	x->provider.credential_count = at + 1;
}

/* The assertion that the token endpoint was sent last, in *token. */
static void
last_assertion(struct op *x, struct buf *token)
{
	const char *at =
	    strstr(stub_route(&x->stub, "/token")->last, "&client_assertion=");

	assert_non_null(at);
	at += strlen("&client_assertion=");
	buf_put(token, at, strcspn(at, "& \r\n"));
}

/* Verified with the public half; header and claims are new references. */
static void
open_assertion(struct op *x, int which, json_t **header, json_t **claims)
{
	struct buf token = BUF_INIT;
	json_t *jwk = op_jwk(which, NULL);
	struct jwk *key = NULL;
	struct jws *t = NULL;
	uint8_t head[1024];
	size_t len = 0;

	last_assertion(x, &token);
	assert_err(jwk_parse(jwk, JOSE_PS256, JOSE_PS256, &key), RG_OK);
	assert_err(jws_open(JWS_PLAIN, buf_str(&token), token.len, &t), RG_OK);
	assert_err(jws_verify(t, key, claims), RG_OK);
	assert_err(
	    b64url_decode(token.p, strcspn(token.p, "."), head, &len), RG_OK);
	assert_err(json_load_strict((const char *)head, len, header), RG_OK);
	jws_free(&t);
	jwk_free(&key);
	json_decref(jwk);
	buf_clear(&token);
}

/*
 * What Microsoft's page asks of an assertion, and that each is a new one.
 * learn.microsoft.com/entra/identity-platform/certificate-credentials
 */
static void
test_assertion_of_a_certificate(void **state)
{
	struct op *x = *state;
	json_t *header, *claims, *again;
	char url[64];

	(void)stub_json(&x->stub, "/token", 200, OK_BODY);
	certificate(x, 0, 0, NOW - DAY, NOW + 90 * DAY);
	assert_err(ask(x), RG_OK);
	assert_false(stub_saw(&x->stub, "/token", "Authorization"));
	assert_false(stub_saw(&x->stub, "/token", "client_secret"));
	assert_true(stub_saw(&x->stub, "/token", "&client_id=client&"));
	open_assertion(x, 0, &header, &claims);
	assert_string_equal(json_str(header, "alg"), "PS256");
	assert_string_equal(json_str(header, "typ"), "JWT");
	assert_string_equal(json_str(header, "x5t#S256"),
	    x->provider.credentials[0].cert.x5t_s256);
	assert_int_equal(json_object_size(header), 3);
	(void)snprintf(
	    url, sizeof(url), "http://127.0.0.1:%u/token", x->stub.port);
	assert_string_equal(json_str(claims, "aud"), url);
	assert_string_equal(json_str(claims, "iss"), "client");
	assert_string_equal(json_str(claims, "sub"), "client");
	assert_int_equal(
	    json_integer_value(json_object_get(claims, "iat")), NOW);
	assert_int_equal(
	    json_integer_value(json_object_get(claims, "nbf")), NOW);
	assert_int_equal(
	    json_integer_value(json_object_get(claims, "exp")), NOW + 300);
	assert_int_equal(strlen(json_str(claims, "jti")), RANDOM_TOKEN_LEN);
	assert_int_equal(json_object_size(claims), 7);
	json_decref(header);
	assert_err(ask(x), RG_OK);
	open_assertion(x, 0, &header, &again);
	assert_string_not_equal(
	    json_str(claims, "jti"), json_str(again, "jti"));
	json_decref(header);
	json_decref(claims);
	json_decref(again);
	jose_key_free(&x->provider.credentials[0].key);
}

/* Of two, the one that is valid now; an expired one is never sent. */
static void
test_validity_of_certificates(void **state)
{
	struct op *x = *state;
	json_t *header, *claims;

	(void)stub_json(&x->stub, "/token", 200, OK_BODY);
	certificate(x, 0, 0, NOW + 1, NOW + 90 * DAY);
	assert_err(ask(x), RG_E_CERT_NOT_YET);
	certificate(x, 1, 1, NOW - 90 * DAY, NOW);
	assert_err(ask(x), RG_OK); /* the last second counts */
	open_assertion(x, 1, &header, &claims);
	json_decref(header);
	json_decref(claims);
	jose_key_free(&x->provider.credentials[1].key);
	certificate(x, 1, 1, NOW - 90 * DAY, NOW - 1);
	assert_err(ask(x), RG_E_CERT_NOT_YET);
	jose_key_free(&x->provider.credentials[0].key);
	jose_key_free(&x->provider.credentials[1].key);
	certificate(x, 0, 0, NOW - 90 * DAY, NOW - 1);
	assert_err(ask(x), RG_E_CERT_EXPIRED);
	assert_non_null(strstr(x->e.detail, "one.file: on 2023-11-14T22:13"));
	assert_int_equal(stub_hits(&x->stub, "/token"), 1);
	jose_key_free(&x->provider.credentials[0].key);
}

static enum cert_state
state_of(int64_t life, int64_t left)
{
	struct cert c = {
	    .not_before = NOW + left - life, .not_after = NOW + left};

	return cert_state(&c, NOW);
}

static void
test_how_soon_it_ends(void **state)
{
	(void)state;
	assert_int_equal(state_of(365 * DAY, 31 * DAY), CERT_GOOD);
	assert_int_equal(state_of(365 * DAY, 29 * DAY), CERT_ENDS_SOON);
	assert_int_equal(state_of(365 * DAY, 6 * DAY), CERT_URGENT);
	assert_int_equal(state_of(365 * DAY, -1), CERT_EXPIRED);
	assert_int_equal(state_of(10, 11), CERT_NOT_YET);
	/* One that lives for a day is no reason to worry in the morning. */
	assert_int_equal(state_of(DAY, DAY / 2), CERT_GOOD);
	assert_int_equal(state_of(DAY, DAY / 4), CERT_ENDS_SOON);
	assert_int_equal(state_of(DAY, DAY / 11), CERT_URGENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    OP_TEST(test_next_after_invalid_client),
	    OP_TEST(test_all_refused),
	    OP_TEST(test_any_other_answer_ends_it),
	    OP_TEST(test_assertion_file),
	    OP_TEST(test_assertion_of_a_certificate),
	    OP_TEST(test_validity_of_certificates),
	    cmocka_unit_test(test_how_soon_it_ends),
	};

	return cmocka_run_group_tests_name(
	    "oidc/token_request", tests, op_make_keys, op_free_keys);
}
