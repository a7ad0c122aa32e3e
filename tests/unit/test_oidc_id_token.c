/* SPDX-License-Identifier: ISC */
/* Entra's rules; the rest of id_token.c is in test_oidc_oidc.c. */
#include "oidc/id_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define TID "aaaabbbb-0000-cccc-1111-dddd2222eeee"
#define OTHER "bbbbcccc-1111-dddd-2222-eeee3333ffff"
#define OID "00aa00aa-bb11-cc22-dd33-44ee44ee44ee"
#define ISSUER "https://login.example/" TID "/v2.0"

static char issuer[] = ISSUER;
static char tenant[] = TID;
static const struct provider provider = {
    .type = PROVIDER_ENTRA, .issuer = issuer, .tenant = tenant};

static json_t *
good(void)
{
	json_t *c = json_pack("{s:s, s:s, s:s, s:s}", "iss", ISSUER, "tid", TID,
	    "oid", OID, "ver", "2.0");

	assert_non_null(c);
	return c;
}

static enum rg_err
check(json_t *claims, const char *key_issuer)
{
	enum rg_err r =
	    id_token_check_entra(claims, &provider, key_issuer, NULL);

	json_decref(claims);
	return r;
}

/* The good claims with one of them replaced; NULL takes it away. */
static enum rg_err
check_with(const char *name, json_t *value)
{
	json_t *c = good();

	if (value == NULL)
		(void)json_object_del(c, name);
	else
		assert_int_equal(json_object_set_new(c, name, value), 0);
	return check(c, NULL);
}

static void
test_accepted(void **state)
{
	(void)state;
	assert_int_equal(check(good(), NULL), RG_OK);
	assert_int_equal(check_with("ver", NULL), RG_OK);
	assert_int_equal(
	    check_with(
		"tid", json_string("AAAABBBB-0000-CCCC-1111-DDDD2222EEEE")),
	    RG_OK);
}

static void
test_tid(void **state)
{
	(void)state;
	assert_int_equal(check_with("tid", NULL), RG_E_TID);
	assert_int_equal(check_with("tid", json_string(OTHER)), RG_E_TID);
	assert_int_equal(check_with("tid", json_string("")), RG_E_TID);
	assert_int_equal(
	    check_with("tid", json_string("{tenantid}")), RG_E_TID);
	assert_int_equal(check_with("tid", json_string(TID "0")), RG_E_TID);
	assert_int_equal(
	    check_with(
		"tid", json_string("aaaabbbb-0000-cccc-1111-dddd2222eeeg")),
	    RG_E_TID);
	assert_int_equal(check_with("tid", json_integer(7)), RG_E_TID);
	assert_int_equal(check_with("tid", json_pack("[s]", TID)), RG_E_TID);
	assert_int_equal(check_with("TID", json_string(TID)), RG_E_TID);
	assert_int_equal(check_with("Tid", json_string(OTHER)), RG_E_TID);
}

static void
test_oid(void **state)
{
	(void)state;
	assert_int_equal(check_with("oid", NULL), RG_E_OID);
	assert_int_equal(check_with("oid", json_string("")), RG_E_OID);
	assert_int_equal(
	    check_with("oid", json_string("dana@contoso.example")), RG_E_OID);
	assert_int_equal(
	    check_with(
		"oid", json_string("00aa00aa0bb11-cc22-dd33-44ee44ee44ee")),
	    RG_E_OID);
	assert_int_equal(check_with("oid", json_true()), RG_E_OID);
	assert_int_equal(check_with("oid", json_string(OID "0")), RG_E_OID);
	assert_int_equal(
	    check_with(
		"oid", json_string("00aa00aa-bb11-cc22-dd33-44ee44ee44eg")),
	    RG_E_OID);
}

static void
test_issuer_and_version(void **state)
{
	(void)state;
	assert_int_equal(
	    check_with("iss", json_string("https://login.example/v2.0")),
	    RG_E_ISS);
	assert_int_equal(
	    check_with(
		"iss", json_string("https://login.example/" OTHER "/v2.0")),
	    RG_E_ISS);
	assert_int_equal(
	    check_with(
		"iss", json_string("https://login.example/" TID "0/v2.0")),
	    RG_E_ISS);
	assert_int_equal(check_with("iss", NULL), RG_E_ISS);
	assert_int_equal(check_with("ver", json_string("1.0")), RG_E_ISS);
	assert_int_equal(check_with("ver", json_real(2.0)), RG_E_ISS);
	/* A v1 issuer has no /v2.0 and its tokens say 1.0. */
	assert_int_equal(check(json_pack("{s:s, s:s, s:s, s:s}", "iss",
				   "https://sts.example/" TID "/", "tid", TID,
				   "oid", OID, "ver", "1.0"),
			     NULL),
	    RG_OK);
}

static void
test_key_issuer(void **state)
{
	(void)state;
	assert_int_equal(check(good(), ISSUER), RG_OK);
	assert_int_equal(
	    check(good(), "https://login.example/{tenantid}/v2.0"), RG_OK);
	assert_int_equal(
	    check(good(), "https://login.example/{tenantId}/v2.0"), RG_OK);
	/* The key of another tenant, cloud or version must not sign for us. */
	assert_int_equal(
	    check(good(), "https://login.example/" OTHER "/v2.0"), RG_E_ISS);
	assert_int_equal(
	    check(good(), "https://login.other/{tenantid}/v2.0"), RG_E_ISS);
	assert_int_equal(
	    check(good(), "https://login.example/{tenantid}/v2.0/"), RG_E_ISS);
	assert_int_equal(
	    check(good(), "https://login.example/{tenantid}"), RG_E_ISS);
	assert_int_equal(check(good(), "{tenantid}"), RG_E_ISS);
	assert_int_equal(check(good(), ISSUER "{tenantid}"), RG_E_ISS);
	assert_int_equal(check(good(), ""), RG_E_ISS);
}

static void
test_no_tenant_configured(void **state)
{
	struct provider p = provider;
	json_t *c = good();

	(void)state;
	p.tenant = NULL;
	assert_int_equal(id_token_check_entra(c, &p, NULL, NULL), RG_E_TID);
	json_decref(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_accepted),
	    cmocka_unit_test(test_tid),
	    cmocka_unit_test(test_oid),
	    cmocka_unit_test(test_issuer_and_version),
	    cmocka_unit_test(test_key_issuer),
	    cmocka_unit_test(test_no_tenant_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
