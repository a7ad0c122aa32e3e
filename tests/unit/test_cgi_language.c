/* SPDX-License-Identifier: ISC */
#include "cgi/language.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void
test_chosen(void **state)
{
	(void)state;
	assert_string_equal(language_for("")->tag, "en");
	assert_string_equal(language_for("de-AT,en;q=0.5")->tag, "de");
	assert_string_equal(language_for("de")->name, "Deutsch");
	assert_string_equal(language_for("xx, ../en, \"")->tag, "en");
	assert_ptr_equal(language_for("de"), language_for("de-DE"));
}

static void
test_names(void **state)
{
	json_t *names = language_names();

	(void)state;
	assert_int_equal(json_object_size(names), 2);
	assert_string_equal(
	    json_string_value(json_object_get(names, "en")), "English");
	json_decref(names);
}

/* Whatever can go wrong has words, in each language. */
static void
test_problems(void **state)
{
	static const char *const parts[] = {"title", "message", "advice"};
	const struct language *en = language_for("en"),
			      *de = language_for("de");
	size_t i;
	int e;

	(void)state;
	for (e = 0; e < RG__MAX; e++) {
		const struct problem *p = problem_of((enum rg_err)e);

		for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			const char *a = language_problem(en, p, parts[i]);
			const char *b = language_problem(de, p, parts[i]);

			if (*a == '\0' || *b == '\0' || strcmp(a, b) == 0)
				fail_msg("%s: no %s", p->code, parts[i]);
		}
	}
	assert_int_equal(
	    json_object_size(en->problems), json_object_size(de->problems));
	/* Programs are answered in English. */
	assert_string_equal(language_message(problem_of(RG_E_SESSION_NONE)),
	    "There is no valid session.");
}

static void
test_next(void **state)
{
	static const enum rg_err each[] = {
	    RG_E_INTERACTION, RG_E_NOT_ASSIGNED, RG_E_SEAL};
	const char *prompt;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		assert_true(*language_word(language_for("de"),
				problem_next(each[i], &prompt)) != '\0');
}

static void
test_no_words(void **state)
{
	(void)state;
	assert_string_equal(language_word(NULL, "sign_in"), "");
	assert_string_equal(language_word(language_for(""), "no such"), "");
	assert_string_equal(
	    language_problem(language_for(""), problem_of(RG_E_SEAL), "x"), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_chosen),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_problems),
	    cmocka_unit_test(test_next),
	    cmocka_unit_test(test_no_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
