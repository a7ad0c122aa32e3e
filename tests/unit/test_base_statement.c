/* SPDX-License-Identifier: ISC */
#include "base/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "util.h"

static char folder[UTIL_PATH_MAX], path[UTIL_PATH_MAX];

static int
setup(void **state)
{
	(void)state;
	util_folder(folder);
	util_path(path, folder, "key.pem");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	util_remove(folder);
	return 0;
}

static struct keypair *
made(void)
{
	struct keypair *k = NULL;
	struct err e = {RG_OK, ""};

	assert_int_equal(keypair_create(path, &e), RG_OK);
	assert_int_equal(keypair_load(path, &k, &e), RG_OK);
	return k;
}

static void
sign(const struct keypair *k, struct buf *text)
{
	buf_puts(text, "kind-v1\n");
	statement_put(text, "name", "value");
	statement_put(text, "empty", "");
	assert_int_equal(statement_sign(k, text), RG_OK);
}

static void
test_any_changed_byte_is_refused(void **state)
{
	struct keypair *k = made();
	struct buf text = BUF_INIT;
	struct err e;
	char *value;
	size_t i;

	(void)state;
	sign(k, &text);
	assert_int_equal(statement_verify(k, "kind-v1", &text, &e), RG_OK);
	assert_int_equal(
	    statement_verify(k, "kind-v2", &text, &e), RG_E_INVALID);
	assert_int_equal(statement_verify(k, "kind", &text, &e), RG_E_INVALID);
	value = statement_get(&text, "name");
	assert_string_equal(value, "value");
	free(value);
	value = statement_get(&text, "empty");
	assert_string_equal(value, "");
	free(value);
	assert_null(statement_get(&text, "signature"));
	assert_null(statement_get(&text, "nam"));
	for (i = 0; i < text.len; i++) {
		text.p[i] ^= 1;
		assert_int_not_equal(
		    statement_verify(k, "kind-v1", &text, &e), RG_OK);
		text.p[i] ^= 1;
	}
	/* nothing before the end may be left out, nor be added behind it */
	for (i = 0; i < text.len; i++) {
		struct buf less = BUF_INIT;

		buf_put(&less, text.p, i);
		assert_int_equal(
		    statement_verify(k, "kind-v1", &less, &e), RG_E_INVALID);
		buf_clear(&less);
	}
	buf_puts(&text, "x: y\n");
	assert_int_equal(
	    statement_verify(k, "kind-v1", &text, &e), RG_E_INVALID);
	buf_clear(&text);
	keypair_free(&k);
}

static void
test_a_value_is_one_line(void **state)
{
	struct keypair *k = made();
	struct buf text = BUF_INIT;

	(void)state;
	buf_puts(&text, "kind-v1\n");
	statement_put(&text, "name", "a\nseq: 9");
	assert_int_equal(statement_sign(k, &text), RG_E_INVALID);
	buf_clear(&text);
	keypair_free(&k);
}

static void
test_public_half(void **state)
{
	struct keypair *k = made(), *public = NULL;
	char public_path[UTIL_PATH_MAX];
	struct buf pem = BUF_INIT, text = BUF_INIT;
	uint8_t signature[KEYPAIR_SIGNATURE_LEN];
	struct err e;

	(void)state;
	util_path(public_path, folder, "key.pub");
	keypair_put_public(k, &pem);
	assert_int_equal(
	    file_create_secret(public_path, pem.p, pem.len, &e), RG_OK);
	assert_int_equal(keypair_load_public(public_path, &public, &e), RG_OK);
	assert_string_equal(keypair_id(k), keypair_id(public));
	sign(k, &text);
	assert_int_equal(statement_verify(public, "kind-v1", &text, &e), RG_OK);
	assert_int_equal(
	    keypair_sign(public, "x", 1, signature), RG_E_INTERNAL);
	keypair_free(&public);
	/* each where the other belongs */
	assert_int_equal(keypair_load(public_path, &public, &e), RG_E_CONF);
	assert_int_equal(keypair_load_public(path, &public, &e), RG_E_CONF);
	assert_null(public);
	buf_clear(&pem);
	buf_clear(&text);
	keypair_free(&k);
}

/* RFC 8032 section 7.1, test 2: as PKCS#8. */
static void
test_known_signature(void **state)
{
	static const char pem[] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
	    "-----END PRIVATE KEY-----\n";
	static const uint8_t want[] = {0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca,
	    0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40};
	uint8_t signature[KEYPAIR_SIGNATURE_LEN];
	struct keypair *k = NULL;
	struct err e = {RG_OK, ""};

	(void)state;
	assert_int_equal(
	    file_create_secret(path, pem, sizeof(pem) - 1, &e), RG_OK);
	assert_int_equal(keypair_load(path, &k, &e), RG_OK);
	assert_int_equal(keypair_sign(k, "\x72", 1, signature), RG_OK);
	assert_memory_equal(signature, want, sizeof(want));
	assert_true(keypair_verify(k, "\x72", 1, signature));
	assert_false(keypair_verify(k, "\x73", 1, signature));
	keypair_free(&k);
}

static void
test_files_refused(void **state)
{
	struct keypair *k = made();
	struct err e = {RG_OK, ""};

	(void)state;
	keypair_free(&k);
	assert_int_equal(keypair_create(path, &e), RG_E_EXISTS);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(keypair_load(path, &k, &e), RG_E_FILE_MODE);
	assert_null(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_any_changed_byte_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_a_value_is_one_line, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_public_half, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_known_signature, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_files_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
