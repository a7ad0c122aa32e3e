/* SPDX-License-Identifier: ISC */
#include "base/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/b64url.h"
#include "base/clock.h"
#include "util.h"

/* 32 bytes each */
#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define KEY_B "__________________________________________8"
#define KEY_C "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct fixture {
	char folder[UTIL_PATH_MAX];
	char path[UTIL_PATH_MAX];
	struct seal_keys *keys; /* A */
};

static struct seal_keys *
load(const struct fixture *f, const char *text)
{
	struct seal_keys *keys = NULL;
	struct err e = {RG_OK, ""};

	util_write_text(f->path, text, 0600);
	if (seal_keys_load(f->path, &keys, &e) != RG_OK)
		fail_msg("%s", e.detail);
	return keys;
}

static int
setup(void **state)
{
	static struct fixture f;

	util_folder(f.folder);
	util_path(f.path, f.folder, "key");
	f.keys = load(&f, KEY_A "\n");
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	seal_keys_free(&f->keys);
	assert_null(f->keys);
	util_remove(f->folder);
	return 0;
}

static enum rg_err
try_open(const struct seal_keys *keys, const char *purpose, const char *text,
    size_t len)
{
	struct buf out = BUF_INIT;
	enum rg_err r = seal_open(keys, purpose, text, len, &out);

	/* not a byte of what is not ours gets out */
	if (r != RG_OK)
		assert_int_equal(out.len, 0);
	buf_clear(&out);
	return r;
}

static void
test_changed(void **state)
{
	struct fixture *f = *state;
	struct buf text = BUF_INIT, copy = BUF_INIT;
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				       "mnopqrstuvwxyz0123456789-_";
	size_t i;

	assert_int_equal(
	    seal(f->keys, "login", "some plain text", 15, &text), RG_OK);
	assert_int_equal(
	    try_open(f->keys, "login", buf_str(&text), text.len), RG_OK);
	for (i = 0; i < text.len; i++) {
		size_t at = (size_t)(strchr(alphabet, text.p[i]) - alphabet);

		/* any character, changed in its highest bit */
		buf_reset(&copy);
		buf_puts(&copy, buf_str(&text));
		copy.p[i] = alphabet[at ^ 32];
		assert_int_equal(
		    try_open(f->keys, "login", copy.p, copy.len), RG_E_SEAL);
		/* cut off there */
		assert_int_equal(
		    try_open(f->keys, "login", buf_str(&text), i), RG_E_SEAL);
	}
	buf_puts(&text, "A");
	assert_int_equal(
	    try_open(f->keys, "login", buf_str(&text), text.len), RG_E_SEAL);
	buf_clear(&text);
	buf_clear(&copy);
}

static void
test_rubbish(void **state)
{
	struct fixture *f = *state;
	char long_text[5000];

	assert_int_equal(try_open(f->keys, "p", "", 0), RG_E_SEAL);
	assert_int_equal(try_open(f->keys, "p", "AQ", 2), RG_E_SEAL);
	assert_int_equal(try_open(f->keys, "p", "not base64!", 11), RG_E_SEAL);
	memset(long_text, 'A', sizeof(long_text));
	assert_int_equal(
	    try_open(f->keys, "p", long_text, sizeof(long_text)), RG_E_SEAL);
	assert_int_equal(try_open(f->keys, "p", long_text, 4044), RG_E_SEAL);
}

/* What was sealed as one thing can't be used as another. */
static void
test_purpose(void **state)
{
	struct fixture *f = *state;
	struct buf text = BUF_INIT;

	assert_int_equal(seal(f->keys, "login", "x", 1, &text), RG_OK);
	assert_int_equal(
	    try_open(f->keys, "logi", buf_str(&text), text.len), RG_E_SEAL);
	assert_int_equal(
	    try_open(f->keys, "session", buf_str(&text), text.len), RG_E_SEAL);
	assert_int_equal(
	    try_open(f->keys, "", buf_str(&text), text.len), RG_E_SEAL);
	buf_clear(&text);
}

static void
test_sizes(void **state)
{
	struct fixture *f = *state;
	struct buf text = BUF_INIT, out = BUF_INIT;
	static char plain[SEAL_MAX_PLAIN + 1];
	size_t i;

	for (i = 0; i < sizeof(plain); i++)
		plain[i] = (char)(i * 7);
	for (i = 0; i <= SEAL_MAX_PLAIN; i += i < 40 ? 1 : 592) {
		buf_reset(&text);
		buf_reset(&out);
		assert_int_equal(seal(f->keys, "p", plain, i, &text), RG_OK);
		assert_true(text.len < 4096);
		assert_int_equal(
		    seal_open(f->keys, "p", buf_str(&text), text.len, &out),
		    RG_OK);
		assert_int_equal(out.len, i);
		assert_memory_equal(buf_str(&out), plain, i);
	}
	buf_reset(&text);
	assert_int_equal(
	    seal(f->keys, "p", plain, SEAL_MAX_PLAIN, &text), RG_OK);
	assert_true(text.len < 4096);
	assert_int_equal(
	    try_open(f->keys, "p", buf_str(&text), text.len), RG_OK);
	buf_reset(&text);
	assert_int_equal(seal(f->keys, "p", plain, SEAL_MAX_PLAIN + 1, &text),
	    RG_E_TOO_LARGE);
	assert_int_equal(text.len, 0);
	buf_clear(&text);
	buf_clear(&out);
}

/* Equal plain texts must not be recognizable. */
static void
test_fresh_nonce(void **state)
{
	struct fixture *f = *state;
	struct buf a = BUF_INIT, b = BUF_INIT;

	assert_int_equal(seal(f->keys, "p", "x", 1, &a), RG_OK);
	assert_int_equal(seal(f->keys, "p", "x", 1, &b), RG_OK);
	assert_string_not_equal(buf_str(&a), buf_str(&b));
	buf_clear(&a);
	buf_clear(&b);
}

static void
test_rotation(void **state)
{
	struct fixture *f = *state;
	struct seal_keys *both, *only_b;
	struct buf old = BUF_INIT, new = BUF_INIT;

	both = load(f, KEY_B "\n" KEY_A "\n");
	only_b = load(f, KEY_B "\n");
	assert_int_equal(seal(f->keys, "p", "x", 1, &old), RG_OK);
	assert_int_equal(seal(both, "p", "x", 1, &new), RG_OK);
	/* the first key seals, each opens */
	assert_int_equal(try_open(both, "p", buf_str(&old), old.len), RG_OK);
	assert_int_equal(try_open(both, "p", buf_str(&new), new.len), RG_OK);
	assert_int_equal(try_open(only_b, "p", buf_str(&new), new.len), RG_OK);
	assert_int_equal(
	    try_open(only_b, "p", buf_str(&old), old.len), RG_E_SEAL);
	assert_int_equal(
	    try_open(f->keys, "p", buf_str(&new), new.len), RG_E_SEAL);
	seal_keys_free(&both);
	seal_keys_free(&only_b);
	buf_clear(&old);
	buf_clear(&new);
}

/* A key opens until its time, also in a process that has read it before. */
static void
test_until(void **state)
{
	struct fixture *f = *state;
	struct seal_keys *keys;
	struct buf old = BUF_INIT, text = BUF_INIT;
	int64_t now = clock_now();

	assert_int_equal(seal(f->keys, "p", "x", 1, &old), RG_OK);
	buf_printf(&text, KEY_B "\n" KEY_A " %lld\n", (long long)now + 2);
	keys = load(f, buf_str(&text));
	assert_int_equal(try_open(keys, "p", buf_str(&old), old.len), RG_OK);
	while (clock_now() < now + 2)
		(void)usleep(20000);
	assert_int_equal(
	    try_open(keys, "p", buf_str(&old), old.len), RG_E_SEAL);
	seal_keys_free(&keys);
	/* one that is over takes no room: five lines, four keys */
	keys = load(f, KEY_B "\n" KEY_A " 1\n" KEY_C "\n" KEY_B "\n" KEY_C);
	assert_int_equal(
	    try_open(keys, "p", buf_str(&old), old.len), RG_E_SEAL);
	seal_keys_free(&keys);
	buf_clear(&old);
	buf_clear(&text);
}

static void
assert_no_keys(
    const struct fixture *f, const char *text, mode_t mode, enum rg_err want)
{
	struct seal_keys *keys = NULL;
	struct err e = {RG_OK, ""};

	util_write_text(f->path, text, mode);
	if (seal_keys_load(f->path, &keys, &e) != want)
		fail_msg("\"%s\": %s", text, e.detail);
	assert_null(keys);
	assert_non_null(strstr(e.detail, f->path));
	assert_null(strstr(e.detail, "AAECAw")); /* not the key itself */
	assert_int_equal(chmod(f->path, 0600), 0);
}

static void
test_key_file(void **state)
{
	struct fixture *f = *state;
	struct seal_keys *keys = NULL;
	struct err e;

	assert_no_keys(f, "", 0600, RG_E_CONF);
	assert_no_keys(f, "\n", 0600, RG_E_CONF);
	assert_no_keys(f, KEY_A "=\n", 0600, RG_E_CONF);
	assert_no_keys(f, KEY_A "\r\n", 0600, RG_E_CONF);
	assert_no_keys(f, " " KEY_A "\n", 0600, RG_E_CONF);
	assert_no_keys(f, KEY_A "\n\n" KEY_B "\n", 0600, RG_E_CONF);
	assert_no_keys(f, KEY_A KEY_B "\n", 0600, RG_E_CONF);
	assert_no_keys(f, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh\n", 0600,
	    RG_E_CONF); /* 31.5 bytes */
	assert_no_keys(f, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9\n", 0600,
	    RG_E_CONF); /* not canonical */
	assert_no_keys(f, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH+8\n", 0600,
	    RG_E_CONF);
	assert_no_keys(f,
	    KEY_A "\n" KEY_B "\n" KEY_C "\n" KEY_A "\n" KEY_B "\n", 0600,
	    RG_E_CONF); /* five */
	/* the first has no end, and an end is a number behind one blank */
	assert_no_keys(f, KEY_A " 99999999999\n", 0600, RG_E_CONF);
	assert_no_keys(f, KEY_A " 1\n" KEY_B " 99999999999\n", 0600, RG_E_CONF);
	assert_no_keys(f, KEY_A "\n" KEY_B " \n", 0600, RG_E_CONF);
	assert_no_keys(f, KEY_A "\n" KEY_B " 0\n", 0600, RG_E_CONF);
	assert_no_keys(f, KEY_A "\n" KEY_B " -1\n", 0600, RG_E_CONF);
	assert_no_keys(f, KEY_A "\n" KEY_B "  1\n", 0600, RG_E_CONF);
	assert_no_keys(f, KEY_A "\n" KEY_B " 1s\n", 0600, RG_E_CONF);
	assert_no_keys(f, KEY_A "\n" KEY_B " 9999999999999\n", 0600, RG_E_CONF);
	assert_no_keys(f, KEY_A "\n", 0644, RG_E_FILE_MODE);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(seal_keys_load(f->path, &keys, &e), RG_E_FILE);
	keys = load(f, KEY_A "\n" KEY_B "\n" KEY_C "\n" KEY_A);
	seal_keys_free(&keys);
	seal_keys_free(&keys);
}

static void
test_create(void **state)
{
	struct fixture *f = *state;
	struct seal_keys *one = NULL, *two = NULL;
	struct buf text = BUF_INIT;
	char other[UTIL_PATH_MAX];
	struct err e = {RG_OK, ""};

	util_path(other, f->folder, "new");
	assert_int_equal(seal_keys_create(other, &e), RG_OK);
	assert_int_equal(util_mode(other), 0600);
	/* an existing key is never overwritten: all would be signed out */
	assert_int_equal(seal_keys_create(other, &e), RG_E_EXISTS);
	assert_int_equal(seal_keys_load(other, &one, &e), RG_OK);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(seal_keys_create(other, &e), RG_OK);
	assert_int_equal(seal_keys_load(other, &two, &e), RG_OK);
	assert_int_equal(seal(one, "p", "x", 1, &text), RG_OK);
	assert_int_equal(try_open(one, "p", buf_str(&text), text.len), RG_OK);
	assert_int_equal(
	    try_open(two, "p", buf_str(&text), text.len), RG_E_SEAL);
	seal_keys_free(&one);
	seal_keys_free(&two);
	buf_clear(&text);
}

#define seal_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    seal_test(test_changed),
	    seal_test(test_rubbish),
	    seal_test(test_purpose),
	    seal_test(test_sizes),
	    seal_test(test_fresh_nonce),
	    seal_test(test_rotation),
	    seal_test(test_until),
	    seal_test(test_key_file),
	    seal_test(test_create),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
