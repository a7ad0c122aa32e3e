/* SPDX-License-Identifier: ISC */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_equal(void **state)
{
	(void)state;
	assert_false(hash_equal("abc", 3, "abd", 3));
	assert_false(hash_equal("abc", 3, "bbc", 3));
	assert_false(hash_equal("abc", 3, "abcd", 4));
	assert_false(hash_equal("abc", 3, "abc", 2));
	assert_false(hash_equal("a\0b", 3, "a\0c", 3));
	assert_true(hash_equal("a\0b", 3, "a\0b", 3));
	assert_true(hash_equal("", 0, "", 0));
	assert_false(hash_equal_str("abc", "ab"));
	assert_false(hash_equal_str("abc", "ABC"));
	assert_false(hash_equal_str("", "a"));
	assert_true(hash_equal_str("abc", "abc"));
	assert_true(hash_equal_str("", ""));
}

/* FIPS 180-4 examples of NIST */
static void
test_sha256(void **state)
{
	uint8_t digest[HASH_LEN];
	char hex[HASH_HEX_LEN + 1];

	(void)state;
	assert_int_equal(hash_sha256("abc", 3, digest), RG_OK);
	hash_hex(digest, sizeof(digest), hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
				 "b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(hash_sha256("", 0, digest), RG_OK);
	hash_hex(digest, sizeof(digest), hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb924"
				 "27ae41e4649b934ca495991b7852b855");
	hash_hex(digest, 0, hex);
	assert_string_equal(hex, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_equal),
	    cmocka_unit_test(test_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
