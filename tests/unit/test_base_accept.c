/* SPDX-License-Identifier: ISC */
#include "base/accept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const tags[] = {"en", "de", "pt-BR"};
#define COUNT (sizeof(tags) / sizeof(tags[0]))

static void
expect(const char *header, const char *tag)
{
	size_t i = accept_language(header, tags, COUNT);

	assert_true(i < COUNT);
	if (strcmp(tags[i], tag) != 0)
		fail_msg("\"%s\" gives %s, not %s", header, tags[i], tag);
}

static void
test_asked_for(void **state)
{
	(void)state;
	expect("de", "de");
	expect("DE", "de");
	expect("de-CH", "de");
	expect("de-Latn-CH-1996", "de");
	expect("fr, de", "de");
	expect("en, de", "en");
	expect("de, en", "de");
	expect("en;q=0.8, de", "de");
	expect("en;q=0.8,de;q=0.9", "de");
	expect("en;q=0.800 ,\tde;q=0.801", "de");
	expect("de;q=0.5, en;q=0.5", "de");
	expect("de ; q=0.5", "de");
	expect("de;Q=1.000, en;q=0.999", "de");
	expect("pt-br", "pt-BR");
	/* As people's browsers send it. */
	expect("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "de");
	expect("en-GB,en;q=0.9,de;q=0.8", "en");
}

static void
test_first_for_all_others(void **state)
{
	static const char *const others[] = {"", "fr", "*", "fr, *;q=0.1",
	    "de;q=0", "de;q=0.000, fr", "pt", "deu", "d", "den", "-", "-de",
	    "*, de;q=0.5", "*-de"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		expect(others[i], "en");
}

/* What is no weight or range counts for nothing; what is beside it does. */
static void
test_malformed(void **state)
{
	static const char *const bad[] = {"de;q=", "de;q=2", "de;q=1.001",
	    "de;q=-1", "de;q=0.0001", "de;q=0.5555", "de;q=.5", "de;q=0.5x",
	    "de;q", "de;", "de;x=1", "de q=1", "d e", "de;q=1;q=1", "de\n",
	    "\"de\"", "de;;q=1", "de\xc3\xa9", "../de", "de/", "{{de}}", ";;;",
	    ",,,", ";q=1", "=", "\x01\x7f"};
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		expect(bad[i], "en");
		(void)snprintf(text, sizeof(text), "%s, fr, de;q=0.1", bad[i]);
		expect(text, "de");
	}
}

/* Reads each byte of the longest a few times at most, and none behind it. */
static void
test_long(void **state)
{
	enum {
		SIZE = 65536
	};
	static const char fill[] = "-,;a*q=0";
	char *text = malloc(SIZE);
	size_t i;

	(void)state;
	assert_non_null(text);
	for (i = 0; i < sizeof(fill) - 1; i++) {
		memset(text, fill[i], SIZE - 1);
		text[SIZE - 1] = '\0';
		expect(text, "en");
		memcpy(text + SIZE - 4, ",de", 3);
		expect(text, "de");
	}
	free(text);
}

static void
test_nothing_to_choose(void **state)
{
	(void)state;
	assert_int_equal(accept_language("de", tags, 0), 0);
	assert_int_equal(accept_language("*", tags, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_asked_for),
	    cmocka_unit_test(test_first_for_all_others),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_nothing_to_choose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
