/* SPDX-License-Identifier: ISC */
#include "base/b64url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum rg_err
decode(const char *s)
{
	uint8_t out[64];
	size_t n = 99;
	enum rg_err r;

	assert_true(B64URL_DEC_LEN(strlen(s)) <= sizeof(out));
	r = b64url_decode(s, strlen(s), out, &n);
	if (r != RG_OK)
		assert_int_equal(n, 0);
	return r;
}

/* One value has one text: everything else is how signatures are forged. */
static void
test_refused(void **state)
{
	static const char *const bad[] = {"A", /* no byte has 6 bits */
	    "AAAAA",			       /* likewise */
	    "AA==",			       /* padding */
	    "AAA=", "AA=", "=", "+/AA",	       /* the other alphabet */
	    "AA A", " AAA", "AAA ", "AA\nA", "AAA\n", "AA\tA", "AA.A", "AA!A",
	    "AAA\x80", "\x80YYY", "AB", /* unused bits are not zero */
	    "AP", "A_", "AAB", "AAD", "AA_"};
	size_t i, n;
	uint8_t out[8];

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (decode(bad[i]) != RG_E_TOKEN_BASE64)
			fail_msg("accepted \"%s\"", bad[i]);
	assert_int_equal(b64url_decode("AA\0A", 4, out, &n), RG_E_TOKEN_BASE64);
}

static void
test_every_byte_outside(void **state)
{
	const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstu"
			       "vwxyz0123456789-_";
	char s[4] = "AAA";
	uint8_t out[8];
	size_t n;
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		s[0] = (char)c;
		assert_int_equal(b64url_decode(s, 3, out, &n) == RG_OK,
		    c != 0 && strchr(alphabet, c) != NULL);
	}
}

/* RFC 4648 section 10 without padding; the last from RFC 7515 appendix C. */
static void
test_vectors(void **state)
{
	static const struct {
		const char *plain;
		size_t len;
		const char *text;
	} v[] = {{"", 0, ""}, {"f", 1, "Zg"}, {"fo", 2, "Zm8"},
	    {"foo", 3, "Zm9v"}, {"foob", 4, "Zm9vYg"}, {"fooba", 5, "Zm9vYmE"},
	    {"foobar", 6, "Zm9vYmFy"}, {"\0\0\0", 3, "AAAA"},
	    {"\x03\xec\xff\xe0\xc1", 5, "A-z_4ME"}};
	char text[32];
	uint8_t out[32];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		b64url_encode(v[i].plain, v[i].len, text);
		assert_string_equal(text, v[i].text);
		assert_int_equal(strlen(text), B64URL_ENC_LEN(v[i].len));
		assert_int_equal(
		    b64url_decode(text, strlen(text), out, &n), RG_OK);
		assert_int_equal(n, v[i].len);
		assert_memory_equal(out, v[i].plain, n);
	}
}

static void
test_all_lengths(void **state)
{
	uint8_t in[256], *out;
	char text[B64URL_ENC_LEN(256) + 1];
	size_t len, i, n;

	(void)state;
	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 167 + 13);
	for (len = 0; len <= sizeof(in); len++) {
		b64url_encode(in, len, text);
		/* exactly as large as documented, for ASan to watch */
		out = test_malloc(B64URL_DEC_LEN(strlen(text)));
		assert_int_equal(
		    b64url_decode(text, strlen(text), out, &n), RG_OK);
		assert_int_equal(n, len);
		assert_memory_equal(out, in, len);
		test_free(out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_every_byte_outside),
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_all_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
