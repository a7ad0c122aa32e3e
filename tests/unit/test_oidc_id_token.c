/* SPDX-License-Identifier: ISC */
/*
 * That Entra's rules hold for ID tokens; the rules one by one are in
 * test_entra_tenancy.c, the rest of id_token.c is in test_oidc_oidc.c.
 */
#include "oidc/id_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/json.h"

#define TID "aaaabbbb-0000-cccc-1111-dddd2222eeee"
#define OTHER "bbbbcccc-1111-dddd-2222-eeee3333ffff"
#define OID "00aa00aa-bb11-cc22-dd33-44ee44ee44ee"
#define AUTHORITY "https://login.microsoftonline.com"
#define ISSUER AUTHORITY "/" TID "/v2.0"

#define assert_err(got, want) assert_string_equal(err_name(got), err_name(want))

static struct entra_tenancy tenancy = {.cloud = entra_clouds,
    .mode = ENTRA_ONE,
    .tenant = TID,
    .authority = (char[]){AUTHORITY},
    .authority_v1 = (char[]){"https://sts.windows.net"}};
static const struct provider provider = {.type = PROVIDER_ENTRA,
    .issuer = (char[]){ISSUER},
    .tenant = (char[]){TID},
    .entra = &tenancy};

static enum rg_err
check(const struct provider *p, const char *key_issuer, const char *changes)
{
	struct entra_signer by = {key_issuer, NULL, NULL};
	json_t *c = json_pack("{s:s, s:s, s:s, s:s, s:i}", "iss", ISSUER, "tid",
	    TID, "oid", OID, "ver", "2.0", "acct", 0);
	json_t *more = json_loads(changes, 0, NULL);
	enum rg_err r;

	assert_non_null(c);
	assert_int_equal(json_object_update(c, more), 0);
	r = id_token_check_entra(c, p, &by, NULL);
	json_decref(more);
	json_decref(c);
	return r;
}

static void
test_rules(void **state)
{
	(void)state;
	assert_err(check(&provider, NULL, "{}"), RG_OK);
	assert_err(check(&provider, NULL, "{\"tid\": \"" OTHER "\"}"),
	    RG_E_ISS_TENANT);
	assert_err(check(&provider, NULL,
		       "{\"tid\": \"" OTHER "\", \"iss\": \"" AUTHORITY
		       "/" OTHER "/v2.0\"}"),
	    RG_E_TENANT);
	assert_err(check(&provider, AUTHORITY "/" OTHER "/v2.0", "{}"),
	    RG_E_KEY_ISSUER);
	assert_err(check(&provider, NULL, "{\"oid\": null}"), RG_E_OID);
	assert_err(check(&provider, NULL, "{\"acct\": 1}"), RG_E_GUEST);
	assert_err(
	    check(&provider, NULL, "{\"idtyp\": \"app\"}"), RG_E_APP_ONLY);
}

/* As access tokens they are good, and no sign-in has them. */
static void
test_v1(void **state)
{
	(void)state;
	assert_err(
	    check(&provider, NULL,
		"{\"ver\": \"1.0\", \"iss\": \"https://sts.windows.net/" TID
		"/\"}"),
	    RG_E_TOKEN_VERSION);
}

static void
test_without_tenancy(void **state)
{
	struct provider p = provider;

	(void)state;
	p.entra = NULL;
	assert_err(check(&p, NULL, "{}"), RG_E_INTERNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_v1),
	    cmocka_unit_test(test_without_tenancy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
