/* SPDX-License-Identifier: ISC */
/* Several credentials of one client, and when the next one is tried. */
#include "tests/unit/oidc_stub.h"

#include "base/form.h"
#include "oidc/token_request.h"
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    OP_TEST(test_next_after_invalid_client),
	    OP_TEST(test_all_refused),
	    OP_TEST(test_any_other_answer_ends_it),
	    OP_TEST(test_assertion_file),
	};

	return cmocka_run_group_tests_name(
	    "oidc/token_request", tests, op_make_keys, op_free_keys);
}
