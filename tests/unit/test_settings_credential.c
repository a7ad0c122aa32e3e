/* SPDX-License-Identifier: ISC */
/* What a provider section may prove rolegate with, and what it may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings.h"
#include "tests/unit/cert_util.h"
#include "tests/unit/util.h"

#define NOW ((int64_t)1700000000)
#define TID "aaaabbbb-0000-cccc-1111-dddd2222eeee"

static char folder[UTIL_PATH_MAX];
static EVP_PKEY *old_key, *new_key, *ec_key;

static const char *
in_folder(const char *name)
{
	static char ring[8][UTIL_PATH_MAX];
	static unsigned at;
	char *out = ring[at++ % 8];

	util_path(out, folder, name);
	return out;
}

static void
put(const char *name, mode_t mode, const char *one, const char *two)
{
	char text[2 * PEM_MAX];

	(void)snprintf(text, sizeof(text), "%s%s", one, two);
	util_write_text(in_folder(name), text, mode);
}

/* old.crt/.key, new.crt/.key, new.pem (both), ec.pem, one and two (secrets) */
static int
setup(void **state)
{
	char key[PEM_MAX], crt[PEM_MAX];

	(void)state;
	util_folder(folder);
	old_key = EVP_RSA_gen(2048);
	new_key = EVP_RSA_gen(2048);
	ec_key = EVP_EC_gen("P-256");
	pem_key(old_key, NULL, key);
	pem_cert(old_key, NOW - 300 * DAY, NOW + 60 * DAY, crt);
	put("old.key", 0600, key, "");
	put("old.crt", 0644, crt, "");
	pem_key(new_key, NULL, key);
	pem_cert(new_key, NOW - DAY, NOW + 360 * DAY, crt);
	put("new.key", 0640, key, "");
	put("new.crt", 0644, crt, "");
	put("new.pem", 0600, crt, key);
	put("open.pem", 0644, crt, key);
	pem_key(ec_key, NULL, key);
	pem_cert(ec_key, NOW - DAY, NOW + 360 * DAY, crt);
	put("ec.pem", 0600, key, crt);
	pem_key(new_key, "open sesame", key);
	put("locked.key", 0600, key, "");
	put("one", 0600, "first\n", "");
	put("two", 0600, "second\n", "");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(old_key);
	EVP_PKEY_free(new_key);
	EVP_PKEY_free(ec_key);
	util_remove(folder);
	return 0;
}

/* The settings with these lines, in which "@name" is a file of the folder. */
static enum rg_err
load(const char *type, const char *lines, struct settings **s, struct err *e)
{
	char text[8192];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text),
	    "[rolegate]\npublic_url = https://app.example.com\n"
	    "database = /nowhere/db\nkey_file = /nowhere/key\n"
	    "[provider.p]\nclient_id = cid\n%s",
	    strcmp(type, "entra") == 0
		? "type = entra\ntenant = " TID "\n"
		: "type = oidc\nissuer = https://id.example.com\n");
	for (; *lines != '\0'; lines++) {
		assert_true(n + UTIL_PATH_MAX < sizeof(text));
		if (*lines == '@')
			n += (size_t)snprintf(
			    text + n, sizeof(text) - n, "%s/", folder);
		else
			text[n++] = *lines;
	}
	text[n] = '\0';
	util_write_text(in_folder("conf"), text, 0644);
	return settings_load(in_folder("conf"), s, e);
}

static struct settings *
good(const char *type, const char *lines)
{
	struct settings *s = NULL;
	struct err e = {RG_OK, ""};

	if (load(type, lines, &s, &e) != RG_OK)
		fail_msg("%s: %s", lines, e.detail);
	return s;
}

static void
refused(const char *type, const char *lines, const char *why)
{
	struct settings *s = NULL;
	struct err e = {RG_OK, ""};

	assert_int_equal(load(type, lines, &s, &e), RG_E_CONF);
	assert_null(s);
	if (strstr(e.detail, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.detail, why);
	assert_null(strstr(e.detail, "PRIVATE KEY-----\n"));
}

static void
test_secrets_in_order(void **state)
{
	struct settings *s =
	    good("oidc", "client_secret_file =  @one \t@two\n");
	const struct provider *p = &s->providers[0];

	(void)state;
	assert_int_equal(p->credential_count, 2);
	assert_string_equal(p->credentials[0].secret, "first");
	assert_string_equal(p->credentials[1].secret, "second");
	settings_free(&s);
}

/* The newest certificate first, whatever the order of the files. */
static void
test_certificates(void **state)
{
	struct settings *s =
	    good("entra", "client_certificate_file = @old.crt @new.crt\n"
			  "client_key_file = @old.key @new.key\n");
	const struct provider *p = &s->providers[0];

	(void)state;
	assert_int_equal(p->credential_count, 2);
	assert_int_equal(p->credentials[0].kind, CREDENTIAL_CERTIFICATE);
	assert_int_equal(p->credentials[0].cert.not_before, NOW - DAY);
	assert_int_equal(p->credentials[1].cert.not_before, NOW - 300 * DAY);
	assert_int_equal(jose_key_alg(p->credentials[0].key), JOSE_PS256);
	assert_null(p->credentials[0].kid);
	settings_free(&s);
	s = good("entra", "client_certificate_file = @new.pem\n"
			  "client_assertion_alg = RS256\n");
	assert_int_equal(
	    jose_key_alg(s->providers[0].credentials[0].key), JOSE_RS256);
	settings_free(&s);
	s = good("oidc", "client_certificate_file = @ec.pem\n");
	assert_int_equal(
	    jose_key_alg(s->providers[0].credentials[0].key), JOSE_ES256);
	settings_free(&s);
}

/* From secrets to certificates to workload identity, without a gap. */
static void
test_all_kinds_at_once(void **state)
{
	struct settings *s = good("entra",
	    "client_secret_file = @one\nclient_certificate_file = @new.pem\n"
	    "client_assertion_file = /run/not/there/yet\n");
	const struct provider *p = &s->providers[0];

	(void)state;
	assert_int_equal(p->credential_count, 3);
	assert_int_equal(p->credentials[0].kind, CREDENTIAL_ASSERTION_FILE);
	assert_int_equal(p->credentials[1].kind, CREDENTIAL_CERTIFICATE);
	assert_int_equal(p->credentials[2].kind, CREDENTIAL_SECRET);
	settings_free(&s);
}

static void
test_names_of_keys(void **state)
{
	struct settings *s =
	    good("oidc", "client_certificate_file = @new.pem @ec.pem\n"
			 "client_assertion_kid = thumbprint\n");

	(void)state;
	assert_int_equal(
	    strlen(s->providers[0].credentials[0].kid), JOSE_THUMBPRINT_LEN);
	assert_string_not_equal(s->providers[0].credentials[0].kid,
	    s->providers[0].credentials[1].kid);
	settings_free(&s);
	s = good("oidc", "client_certificate_file = @old.crt @new.pem\n"
			 "client_key_file = @old.key @new.pem\n"
			 "client_assertion_kid = key-2025 spki\n");
	assert_int_equal(
	    strlen(s->providers[0].credentials[0].kid), JOSE_THUMBPRINT_LEN);
	assert_string_equal(s->providers[0].credentials[1].kid, "key-2025");
	settings_free(&s);
}

static void
test_what_is_refused(void **state)
{
	(void)state;
	refused("entra", "", "nothing proves who rolegate is");
	refused("entra", "client_secret_file = @one\nclient_secret_env = A\n",
	    "either");
	refused("entra", "client_secret_file = @one @nowhere\n", "nowhere");
	refused("entra", "client_secret_file = @one @one @one @one @one\n",
	    "more than 4");
	refused("entra",
	    "client_secret_file = @one @one @one @one\n"
	    "client_assertion_file = /x\n",
	    "more than 4");
	refused("entra", "client_certificate_file = @new.crt\n",
	    "no private key in it");
	refused("entra", "client_certificate_file = @open.pem\n",
	    "others must not read it");
	refused("entra",
	    "client_certificate_file = @new.crt\nclient_key_file = @old.key\n",
	    "new.crt: the certificate is of another key");
	refused("entra",
	    "client_certificate_file = @new.crt\n"
	    "client_key_file = @locked.key\n",
	    "passphrase");
	refused("entra",
	    "client_certificate_file = @new.key\nclient_key_file = @new.key\n",
	    "no certificate in it");
	refused("entra",
	    "client_certificate_file = @old.crt @new.crt\n"
	    "client_key_file = @old.key\n",
	    "one key for each certificate");
	refused(
	    "entra", "client_certificate_file = @nowhere.pem\n", "nowhere.pem");
	refused("entra", "client_certificate_file = @ec.pem\n",
	    "takes RSA keys only");
	refused("oidc",
	    "client_certificate_file = @ec.pem\n"
	    "client_assertion_alg = PS256\n",
	    "PS256 is not for an EC");
	refused("oidc",
	    "client_certificate_file = @new.pem\nclient_assertion_alg = "
	    "HS256\n",
	    "client_assertion_alg");
	refused("oidc",
	    "client_certificate_file = @new.pem\n"
	    "client_assertion_kid = a b\n",
	    "one for each certificate");
	/* What would have no effect. */
	refused("entra",
	    "client_secret_file = @one\nclient_key_file = @new.key\n",
	    "[provider.p] client_key_file: has no effect");
	refused("entra",
	    "client_secret_file = @one\nclient_assertion_kid = x\n",
	    "client_assertion_kid: has no effect");
	refused("entra",
	    "client_secret_file = @one\nclient_assertion_alg = PS256\n",
	    "client_assertion_alg: has no effect");
	refused("entra",
	    "client_certificate_file = @new.pem\nclient_auth = post\n",
	    "client_auth: has no effect");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_secrets_in_order),
	    cmocka_unit_test(test_certificates),
	    cmocka_unit_test(test_all_kinds_at_once),
	    cmocka_unit_test(test_names_of_keys),
	    cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests_name(
	    "settings_credential", tests, setup, teardown);
}
