/* SPDX-License-Identifier: ISC */
#include "entra/aadsts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_number(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} rows[] = {
	    {"AADSTS50105: Your administrator ...\r\nTrace ID: 1", 50105},
	    {"AADSTS7000222", 7000222},
	    {"AADSTS9010010 x", 9010010},
	    {"AADSTS1000: x", 1000},
	    {"AADSTS999999999: x", 999999999},
	    {"AADSTS00050105: x", 50105},
	    {NULL, 0},
	    {"", 0},
	    {"AADSTS", 0},
	    {"AADSTS: 50105", 0},
	    {"AADSTS999: x", 0},
	    {"AADSTS1234567890: x", 0},
	    {"AADSTS18446744073709601721: wraps to 50105", 0},
	    {"AADSTS-50105: x", 0},
	    {"AADSTS+50105: x", 0},
	    {"AADSTS 50105: x", 0},
	    {"AADSTS50105x: x", 0},
	    {"AADSTS0x50105: x", 0},
	    {"aadsts50105: x", 0},
	    {" AADSTS50105: x", 0},
	    /* A name that somebody gave a group, behind other words. */
	    {"no such user AADSTS50105: x", 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(aadsts_number(rows[i].text), rows[i].want);
}

/* What each number must come to; the brief for whoever edits the table. */
static void
test_table(void **state)
{
	static const struct {
		int64_t number;
		enum rg_err code;
		const char *word; /* of the advice */
	} rows[] = {
	    {50105, RG_E_NOT_ASSIGNED, "assign"},
	    {65001, RG_E_CONSENT, "consent"},
	    {90094, RG_E_CONSENT, "administrator"},
	    {50020, RG_E_WRONG_ACCOUNT, "guest"},
	    {7000222, RG_E_CLIENT_AUTH, "expired"},
	    {7000215, RG_E_CLIENT_AUTH, "value"},
	    {700027, RG_E_CLIENT_AUTH, "certificate"},
	    {50011, RG_E_REGISTRATION, "redirect URI"},
	    {700016, RG_E_REGISTRATION, "client_id"},
	    {90002, RG_E_REGISTRATION, "tenant"},
	    {700054, RG_E_REGISTRATION, "response type"},
	    {700005, RG_E_REGISTRATION, "another tenant"},
	    {650053, RG_E_REGISTRATION, "scope"},
	    {70011, RG_E_REGISTRATION, "scope"},
	    {9010010, RG_E_REGISTRATION, "scope"},
	    {50074, RG_E_MFA, "second factor"},
	    {50076, RG_E_MFA, "Conditional Access"},
	    {50079, RG_E_MFA, "register"},
	    {53000, RG_E_CONDITIONAL_ACCESS, "compliant"},
	    {53003, RG_E_CONDITIONAL_ACCESS, "Conditional Access"},
	    {65004, RG_E_DECLINED, "declined"},
	    {50126, RG_E_ACCOUNT, "password"},
	    {50058, RG_E_INTERACTION, "prompt=none"},
	    {54005, RG_E_GRANT, "before"},
	    {70008, RG_E_GRANT, "too old"},
	    {90033, RG_E_PROVIDER_BUSY, "passes"},
	    {90090, RG_E_PROVIDER_BUSY, "passes"},
	    {90024, RG_E_PROVIDER_BUSY, "passes"},
	    {50196, RG_E_SIGN_IN_LOOP, "again"},
	};
	const struct aadsts *a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a = aadsts_find(rows[i].number);
		assert_non_null(a);
		assert_int_equal(a->number, rows[i].number);
		assert_string_equal(err_name(a->code), err_name(rows[i].code));
		if (strstr(a->advice, rows[i].word) == NULL)
			fail_msg("AADSTS%lld: no \"%s\" in \"%s\"",
			    (long long)a->number, rows[i].word, a->advice);
		/* With status, code and number it fits in struct err. */
		assert_true(strlen(a->advice) < 140);
	}
	assert_null(aadsts_find(0));
	assert_null(aadsts_find(-50105));
	assert_null(aadsts_find(12345));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_number),
	    cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
