/* SPDX-License-Identifier: ISC */
#include "oidc/provider_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
check(const char *error, const char *subcode, int64_t number, enum rg_err want,
    const char *detail)
{
	struct err e = {0};
	enum rg_err r;

	r = provider_error(
	    &(struct provider_error){
		.error = error,
		.subcode = subcode,
		.number = number,
		.fallback = RG_E_PROVIDER_ERROR,
	    },
	    &e);
	assert_string_equal(err_name(r), err_name(want));
	assert_int_equal(e.code, want);
	assert_string_equal(e.detail, detail);
}

static void
test_causes(void **state)
{
	(void)state;
	check("access_denied", NULL, 0, RG_E_PROVIDER_ERROR, "access_denied");
	check("access_denied", "cancel", 0, RG_E_DECLINED, "access_denied");
	check("access_denied", "cancel", 65004, RG_E_DECLINED,
	    "access_denied AADSTS65004: the person declined to consent");
	check("login_required", NULL, 0, RG_E_INTERACTION, "login_required");
	check("interaction_required", NULL, 0, RG_E_INTERACTION,
	    "interaction_required");
	check("consent_required", NULL, 0, RG_E_CONSENT, "consent_required");
	check("temporarily_unavailable", NULL, 0, RG_E_PROVIDER_BUSY,
	    "temporarily_unavailable");
	check("invalid_scope", NULL, 0, RG_E_REGISTRATION, "invalid_scope");
	/* Known numbers say more than the code, unknown ones are noted. */
	check("interaction_required", NULL, 50076, RG_E_MFA,
	    "interaction_required AADSTS50076: a second factor was asked for "
	    "and not given: a Conditional Access policy demands it");
	check("login_required", NULL, 12345, RG_E_INTERACTION,
	    "login_required AADSTS12345");
}

static void
test_strange_text_stays_out(void **state)
{
	(void)state;
	check("a\r\nb", NULL, 0, RG_E_PROVIDER_ERROR, "?");
	check("<b>", NULL, 50105, RG_E_NOT_ASSIGNED,
	    "? AADSTS50105: assign the person, or a group of theirs, to the "
	    "enterprise application, or turn off \"Assignment required\" "
	    "there");
	check("", NULL, 0, RG_E_PROVIDER_ERROR, "?");
	check("x", "<cancel>", 0, RG_E_PROVIDER_ERROR, "x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_causes),
	    cmocka_unit_test(test_strange_text_stays_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
