/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "oidc/login.h"

static char dir[] = "/tmp/rolegate-login-XXXXXX";
static char path[2][64];
static struct seal_keys *keys, *other;

static int
setup(void **state)
{
	struct err e;
	int i;

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	for (i = 0; i < 2; i++) {
		(void)snprintf(path[i], sizeof(path[i]), "%s/key%d", dir, i);
		if (seal_keys_create(path[i], &e) != RG_OK)
			return -1;
	}
	if (seal_keys_load(path[0], &keys, &e) != RG_OK ||
	    seal_keys_load(path[1], &other, &e) != RG_OK)
		return -1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	seal_keys_free(&keys);
	seal_keys_free(&other);
	(void)unlink(path[0]);
	(void)unlink(path[1]);
	return rmdir(dir);
}

static void
test_round_trip(void **state)
{
	struct login a, b;
	struct buf text = BUF_INIT;
	char va[3][RANDOM_TOKEN_LEN + 1], vb[3][RANDOM_TOKEN_LEN + 1];
	int i;

	(void)state;
	assert_int_equal(
	    login_new(&a, "entra", "/app?x=1", NULL, 1800000000), RG_OK);
	assert_int_equal(a.max_age, PROVIDER_NO_MAX_AGE);
	assert_int_equal(login_set_step_up(&a, "c1"), RG_OK);
	a.max_age = 1LL << 40;
	a.again = true;
	assert_int_equal(login_seal(&a, keys, &text), RG_OK);
	assert_int_equal(login_open(buf_str(&text), keys, &b), RG_OK);
	assert_string_equal(b.step_up, "c1");
	assert_int_equal(b.max_age, 1LL << 40);
	assert_true(b.again);
	assert_string_equal(b.provider, "entra");
	assert_string_equal(b.return_to, "/app?x=1");
	assert_int_equal(b.created, 1800000000);
	for (i = 0; i < 3; i++) {
		assert_int_equal(
		    login_derive(&a, (enum login_value)i, va[i]), RG_OK);
		assert_int_equal(
		    login_derive(&b, (enum login_value)i, vb[i]), RG_OK);
		assert_string_equal(va[i], vb[i]);
		assert_int_equal(strlen(va[i]), RANDOM_TOKEN_LEN);
	}
	/* what the front channel shows does not lead to the verifier */
	assert_string_not_equal(va[LOGIN_STATE], va[LOGIN_NONCE]);
	assert_string_not_equal(va[LOGIN_STATE], va[LOGIN_VERIFIER]);
	assert_string_not_equal(va[LOGIN_NONCE], va[LOGIN_VERIFIER]);
	buf_clear(&text);
}

static void
test_session_to_end_is_remembered(void **state)
{
	struct login a, b;
	struct buf text = BUF_INIT;
	uint8_t hash[HASH_LEN], none[HASH_LEN] = {0};

	(void)state;
	assert_int_equal(hash_sha256("cookie", 6, hash), RG_OK);
	assert_int_equal(login_new(&a, "entra", "/", "cookie", 1), RG_OK);
	assert_int_equal(login_seal(&a, keys, &text), RG_OK);
	assert_int_equal(login_open(buf_str(&text), keys, &b), RG_OK);
	assert_memory_equal(b.session, hash, HASH_LEN);
	assert_int_equal(login_new(&a, "entra", "/", NULL, 1), RG_OK);
	assert_memory_equal(a.session, none, HASH_LEN);
	buf_clear(&text);
}

static void
test_two_logins_differ(void **state)
{
	struct login a, b;
	char va[RANDOM_TOKEN_LEN + 1], vb[RANDOM_TOKEN_LEN + 1];

	(void)state;
	assert_int_equal(login_new(&a, "entra", "/", NULL, 1), RG_OK);
	assert_int_equal(login_new(&b, "entra", "/", NULL, 1), RG_OK);
	assert_int_equal(login_derive(&a, LOGIN_STATE, va), RG_OK);
	assert_int_equal(login_derive(&b, LOGIN_STATE, vb), RG_OK);
	assert_string_not_equal(va, vb);
}

static void
test_every_changed_character_is_refused(void **state)
{
	struct login a, b;
	struct buf text = BUF_INIT;
	size_t i;

	(void)state;
	assert_int_equal(login_new(&a, "entra", "/me", NULL, 1), RG_OK);
	assert_int_equal(login_seal(&a, keys, &text), RG_OK);
	for (i = 0; i < text.len; i++) {
		char kept = text.p[i];

		text.p[i] = kept == 'A' ? 'B' : 'A';
		assert_int_equal(login_open(text.p, keys, &b), RG_E_SEAL);
		assert_int_equal(b.created, 0);
		text.p[i] = kept;
	}
	text.p[text.len - 1] = '\0';
	assert_int_equal(login_open(text.p, keys, &b), RG_E_SEAL);
	assert_int_equal(login_open("", keys, &b), RG_E_SEAL);
	buf_clear(&text);
}

static void
test_other_key_or_purpose_is_refused(void **state)
{
	struct login a, b;
	struct buf text = BUF_INIT;

	(void)state;
	assert_int_equal(login_new(&a, "entra", "/me", NULL, 1), RG_OK);
	assert_int_equal(login_seal(&a, keys, &text), RG_OK);
	assert_int_equal(login_open(buf_str(&text), other, &b), RG_E_SEAL);
	buf_reset(&text);
	assert_int_equal(
	    seal(keys, "something else", &a, sizeof(a.secret), &text), RG_OK);
	assert_int_equal(login_open(buf_str(&text), keys, &b), RG_E_SEAL);
	/* our key and purpose, but not what login_seal makes */
	buf_reset(&text);
	assert_int_equal(seal(keys, "login", &a, 75, &text), RG_OK);
	assert_int_equal(login_open(buf_str(&text), keys, &b), RG_E_SEAL);
	buf_clear(&text);
}

static void
test_sizes(void **state)
{
	struct login a;
	struct buf text = BUF_INIT;
	char long_path[LOGIN_RETURN_MAX + 2];

	(void)state;
	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(
	    login_new(&a, "entra", long_path, NULL, 1), RG_E_TOO_LARGE);
	long_path[LOGIN_RETURN_MAX] = '\0';
	assert_int_equal(login_new(&a, "entra", long_path, NULL, 1), RG_OK);
	assert_int_equal(login_seal(&a, keys, &text), RG_OK);
	/* browsers keep cookies of 4096 bytes */
	assert_true(text.len < 3000);
	buf_reset(&text);
	/* and eight of the usual size fit into a web server's 8 KB */
	assert_int_equal(login_new(&a, "entra", "/auth/me", NULL, 1), RG_OK);
	assert_int_equal(login_seal(&a, keys, &text), RG_OK);
	assert_true(text.len < 200);
	buf_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_session_to_end_is_remembered),
	    cmocka_unit_test(test_two_logins_differ),
	    cmocka_unit_test(test_every_changed_character_is_refused),
	    cmocka_unit_test(test_other_key_or_purpose_is_refused),
	    cmocka_unit_test(test_sizes)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
