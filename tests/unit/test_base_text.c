/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_guid(void **state)
{
	static const char *const bad[] = {"", "-",
	    "11111111-2222-3333-4444-55555555555",
	    "11111111-2222-3333-4444-5555555555555",
	    "11111111-2222-3333-4444-55555555555g",
	    "{11111111-2222-3333-4444-555555555555}",
	    " 11111111-2222-3333-4444-555555555555",
	    "11111111-2222-3333-4444-555555555555 ",
	    "11111111-2222-3333-4444-555555555555\n",
	    "11111111222233334444555555555555",
	    "111111112-222-3333-4444-555555555555",
	    "11111111-2222-3333-4444_555555555555",
	    "11111111-2222-3333-4444-5555555555\xc3\xa4"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (text_is_guid(bad[i]))
			fail_msg("accepted \"%s\"", bad[i]);
	assert_true(text_is_guid("00000000-0000-0000-0000-000000000000"));
	assert_true(text_is_guid("aBcDeF01-2345-6789-AbCd-eF0123456789"));
}

static void
test_lower(void **state)
{
	char s[] = "AZaz09-[`\xc3\x84";

	(void)state;
	text_lower(s);
	assert_string_equal(s, "azaz09-[`\xc3\x84");
}

static void
test_mend(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"", ""},
	    {"plain", "plain"},
	    {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
		"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"},
	    {"\xed\x9f\xbf\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xf4\x8f\xbf\xbf"},
	    {"a\xc3", "a?"},
	    {"a\xe2\x82", "a??"},
	    {"\xf0\x9f\x98z", "???z"},
	    {"\xa4z\xff", "?z?"},
	    {"\xc0\xaf", "??"},
	    {"\xe0\x80\xaf", "???"},
	    {"\xed\xa0\x80", "???"},
	    {"\xf0\x80\x80\xaf", "????"},
	    {"\xf4\x90\x80\x80", "????"},
	};
	char s[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)strcpy(s, rows[i].text);
		text_mend(s);
		assert_string_equal(s, rows[i].want);
		/* What is mended, jansson takes. */
		assert_true(text_is_line(s, sizeof(s)));
	}
}

static void
test_name(void **state)
{
	(void)state;
	assert_false(text_is_name("", "-", 5));
	assert_false(text_is_name("abcdef", "-", 5));
	assert_false(text_is_name("a_b", "-", 5));
	assert_false(text_is_name("a b", "-", 5));
	assert_false(text_is_name("a\n", "-", 5));
	assert_false(text_is_name("\xc3\xa4", "-", 5));
	assert_false(text_is_name("a/b", "", 5));
	assert_true(text_is_name("a-B-9", "-", 5));
	assert_true(text_is_name("-", "-", 5));
}

static void
test_line(void **state)
{
	(void)state;
	assert_false(text_is_line("abcdef", 5));
	assert_false(text_is_line("a\nb", 5));
	assert_false(text_is_line("a\rb", 5));
	assert_false(text_is_line("a\tb", 5));
	assert_false(text_is_line("\x1b[2J", 5));
	assert_false(text_is_line("\x7f", 5));
	assert_false(text_is_line("\xc2\x9b", 5)); /* CSI, as 8 bits */
	assert_false(text_is_line("\xc2\x80", 5));
	assert_true(text_is_line("\xc2\xa0", 5));
	assert_false(text_is_line("\xc3", 5));	       /* cut off */
	assert_false(text_is_line("\xc0\xaf", 5));     /* overlong */
	assert_false(text_is_line("\xed\xa0\x80", 5)); /* a surrogate */
	assert_false(text_is_line("\xff", 5));
	assert_true(text_is_line("", 5));
	assert_true(text_is_line("a b\xc3\xa4", 5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_guid),
	    cmocka_unit_test(test_lower),
	    cmocka_unit_test(test_mend),
	    cmocka_unit_test(test_name),
	    cmocka_unit_test(test_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
