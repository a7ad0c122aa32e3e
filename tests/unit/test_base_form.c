/* SPDX-License-Identifier: ISC */
#include "base/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum rg_err
parse(const char *s, struct form **f)
{
	return form_parse(s, strlen(s), f);
}

static void
test_malformed(void **state)
{
	static const char *const bad[] = {"a=%", "a=%4", "a=%zz", "a=%4z",
	    "%=1", "a=%00", "%00=1", "a=%01", "a=%1b", "a=%7f", "a=\x7f",
	    "a=\x01", "x=1&a=%", "a=%%41", "a=%u0041", "a=%-1", "a=% 1"};
	struct form *f = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i], &f) != RG_E_REQ_MALFORMED)
			fail_msg("accepted \"%s\"", bad[i]);
		assert_null(f);
	}
	assert_int_equal(form_parse("a=1\0b=2", 7, &f), RG_E_REQ_MALFORMED);
	form_free(&f);
}

/* Two readers of one request must not see two different parameters. */
static void
test_duplicates(void **state)
{
	static const char *const twice[] = {"state=a&state=b",
	    "state=a&state=a", "state=a&x=1&st%61te=b", "state&state=b",
	    "state=&state=", "state=a&state=b&state=c"};
	struct form *f;
	const char *v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(twice) / sizeof(twice[0]); i++) {
		assert_int_equal(parse(twice[i], &f), RG_OK);
		v = "old";
		assert_int_equal(form_get(f, "state", &v), RG_E_REQ_DUPLICATE);
		assert_null(v);
		form_free(&f);
	}
	/* names are exact */
	assert_int_equal(parse("state=a&State=b&state+=c", &f), RG_OK);
	assert_int_equal(form_get(f, "state", &v), RG_OK);
	assert_string_equal(v, "a");
	form_free(&f);
}

static void
test_too_many(void **state)
{
	char text[2 * (FORM_MAX_FIELDS + 1) + 1] = "";
	struct form *f;
	size_t i;

	(void)state;
	for (i = 0; i < FORM_MAX_FIELDS + 1; i++)
		memcpy(text + 2 * i, "a&", 2);
	assert_int_equal(parse(text, &f), RG_E_REQ_TOO_LARGE);
	assert_null(f);
	assert_int_equal(form_parse(text, 2 * FORM_MAX_FIELDS, &f), RG_OK);
	assert_non_null(form_nth(f, "a", FORM_MAX_FIELDS - 1));
	form_free(&f);
}

static void
test_values(void **state)
{
	struct form *f;
	const char *v;

	(void)state;
	assert_int_equal(parse("&&code=a%2Bb+c&empty=&none&e=x=y&%61=%C3%A4&"
			       "error_description=AADSTS50105%3A+x%0D%0ATrace",
			     &f),
	    RG_OK);
	assert_int_equal(form_get(f, "code", &v), RG_OK);
	assert_string_equal(v, "a+b c");
	assert_int_equal(form_get(f, "empty", &v), RG_OK);
	assert_string_equal(v, "");
	assert_int_equal(form_get(f, "none", &v), RG_OK);
	assert_string_equal(v, "");
	assert_int_equal(form_get(f, "e", &v), RG_OK);
	assert_string_equal(v, "x=y");
	assert_int_equal(form_get(f, "a", &v), RG_OK);
	assert_string_equal(v, "\xc3\xa4");
	/* CR LF of Entra's texts, which must not make lines of a log */
	assert_int_equal(form_get(f, "error_description", &v), RG_OK);
	assert_string_equal(v, "AADSTS50105: x  Trace");
	assert_int_equal(form_get(f, "absent", &v), RG_OK);
	assert_null(v);
	form_free(&f);
	assert_null(f);
	form_free(&f);
	assert_int_equal(form_parse("", 0, &f), RG_OK);
	assert_int_equal(form_get(f, "", &v), RG_OK);
	assert_null(v);
	form_free(&f);
}

static void
test_nth(void **state)
{
	struct form *f;

	(void)state;
	assert_int_equal(parse("role=a&x=1&role=b", &f), RG_OK);
	assert_string_equal(form_nth(f, "role", 0), "a");
	assert_string_equal(form_nth(f, "role", 1), "b");
	assert_null(form_nth(f, "role", 2));
	form_free(&f);
}

static void
test_has_only(void **state)
{
	static const char *const names[] = {"role", "permission", NULL};
	static const char *const none[] = {NULL};
	struct form *f;

	(void)state;
	/* ?roles= for ?role= must not pass as "no role is required" */
	assert_int_equal(parse("role=a&roles=b", &f), RG_OK);
	assert_false(form_has_only(f, names));
	form_free(&f);
	assert_int_equal(parse("=", &f), RG_OK);
	assert_false(form_has_only(f, names));
	form_free(&f);
	assert_int_equal(parse("permission=a&role=b&role=c", &f), RG_OK);
	assert_true(form_has_only(f, names));
	assert_false(form_has_only(f, none));
	form_free(&f);
	assert_int_equal(parse("", &f), RG_OK);
	assert_true(form_has_only(f, none));
	form_free(&f);
}

static void
test_put(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	form_put(&b, "a b", "1&c=2");
	form_put(&b, "d", "\r\n\xc3\xa4+");
	assert_string_equal(buf_str(&b), "a%20b=1%26c%3D2&d=%0D%0A%C3%A4%2B");
	buf_reset(&b);
	buf_puts(&b, "https://h/?");
	form_put(&b, "a", "");
	form_put(&b, "b", "c");
	assert_string_equal(buf_str(&b), "https://h/?a=&b=c");
	buf_clear(&b);
}

/* What put writes, parse reads. */
static void
test_round_trip(void **state)
{
	struct buf b = BUF_INIT;
	struct form *f;
	const char *v;
	char all[256];
	size_t n = 0;
	int c;

	(void)state;
	for (c = 0x20; c < 256; c++)
		if (c != 0x7f)
			all[n++] = (char)c;
	all[n] = '\0';
	form_put(&b, "x", all);
	assert_int_equal(form_parse(buf_str(&b), b.len, &f), RG_OK);
	assert_int_equal(form_get(f, "x", &v), RG_OK);
	assert_string_equal(v, all);
	form_free(&f);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_duplicates),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_nth),
	    cmocka_unit_test(test_has_only),
	    cmocka_unit_test(test_put),
	    cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
