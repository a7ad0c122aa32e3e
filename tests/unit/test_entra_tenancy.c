/* SPDX-License-Identifier: ISC */
/* All clouds, all modes, both versions; and every forgery by its name. */
#include "entra/tenancy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OURS "aaaabbbb-0000-cccc-1111-dddd2222eeee"
#define SECOND "22222222-3333-4444-5555-666666666666"
#define OTHER "bbbbcccc-1111-dddd-2222-eeee3333ffff"
#define OID "00aa00aa-bb11-cc22-dd33-44ee44ee44ee"
#define GLOBAL "https://login.microsoftonline.com"
#define CHINA_STS "https://sts.china.example"

#define assert_err(got, want) assert_string_equal(err_name(got), err_name(want))

static entra_guid listed[] = {OURS, SECOND, ENTRA_PERSONAL};

/* OURS and SECOND are listed; with ENTRA_COMMON personal accounts are, too. */
static struct entra_tenancy
tenancy(const struct entra_cloud *cloud, enum entra_mode mode)
{
	struct entra_tenancy t = {.cloud = cloud,
	    .mode = mode,
	    .allowed = listed,
	    .allowed_count = mode == ENTRA_COMMON ? 3 : 2,
	    .guests = true,
	    .authority = (char *)(uintptr_t)cloud->authority,
	    .authority_v1 = (char *)(uintptr_t)cloud->authority_v1};

	if (mode == ENTRA_ONE)
		(void)snprintf(t.tenant, sizeof(t.tenant), "%s", OURS);
	if (mode == ENTRA_CONSUMERS)
		(void)snprintf(
		    t.tenant, sizeof(t.tenant), "%s", ENTRA_PERSONAL);
	return t;
}

static json_t *
token(const char *authority, const char *tid, int version)
{
	char iss[160];

	(void)snprintf(iss, sizeof(iss), "%s/%s/%s", authority, tid,
	    version == 2 ? "v2.0" : "");
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "iss", iss, "tid", tid,
	    "ver", version == 2 ? "2.0" : "1.0", "oid", OID, "sub", "pairwise");
}

static enum rg_err
check(const struct entra_tenancy *t, json_t *claims, const char *key_issuer)
{
	struct entra_signer by = {key_issuer, NULL, NULL};
	enum rg_err r;

	assert_non_null(claims);
	r = entra_check_tenancy(t, claims, &by, NULL);
	json_decref(claims);
	return r;
}

static void
test_clouds(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; entra_cloud_names[i] != NULL; i++)
		assert_string_equal(entra_cloud_names[i], entra_clouds[i].name);
	assert_null(entra_clouds[i].name);
	assert_int_equal(i, 4);
}

/* Who of these may sign in: [mode][tenant]. */
static const char *const tenants[] = {OURS, SECOND, OTHER, ENTRA_PERSONAL};
static const enum rg_err verdicts[][4] = {
    [ENTRA_ONE] = {RG_OK, RG_E_TENANT, RG_E_TENANT, RG_E_TENANT_PERSONAL},
    [ENTRA_ORGANIZATIONS] = {RG_OK, RG_OK, RG_E_TENANT, RG_E_TENANT_PERSONAL},
    [ENTRA_COMMON] = {RG_OK, RG_OK, RG_E_TENANT, RG_OK},
    [ENTRA_CONSUMERS] = {RG_E_TENANT, RG_E_TENANT, RG_E_TENANT, RG_OK},
};

static void
test_every_cloud_mode_and_version(void **state)
{
	const struct entra_cloud *c;
	char template[96];
	size_t mode, i;
	int tested = 0;

	(void)state;
	for (c = entra_clouds; c->name != NULL; c++) {
		for (mode = ENTRA_ONE; mode <= ENTRA_CONSUMERS; mode++) {
			struct entra_tenancy t =
			    tenancy(c, (enum entra_mode)mode);

			(void)snprintf(template, sizeof(template),
			    "%s/{tenantid}/v2.0", c->authority);
			for (i = 0; i < 4; i++) {
				assert_err(
				    check(&t,
					token(c->authority, tenants[i], 2),
					template),
				    verdicts[mode][i]);
				if (t.authority_v1 == NULL)
					t.authority_v1 =
					    (char *)(uintptr_t)CHINA_STS;
				assert_err(
				    check(&t,
					token(t.authority_v1, tenants[i], 1),
					template),
				    verdicts[mode][i]);
				tested += 2;
			}
		}
	}
	assert_int_equal(tested, 4 * 4 * 4 * 2);
}

/* "*" means every organization, and no personal account. */
static void
test_any_organization(void **state)
{
	struct entra_tenancy t = tenancy(entra_clouds, ENTRA_COMMON);

	(void)state;
	t.any_organization = true;
	assert_err(entra_check_tenant(&t, OTHER, NULL), RG_OK);
	assert_err(entra_check_tenant(&t, ENTRA_PERSONAL, NULL), RG_OK);
	t.allowed_count = 0;
	assert_err(entra_check_tenant(&t, OTHER, NULL), RG_OK);
	assert_err(
	    entra_check_tenant(&t, ENTRA_PERSONAL, NULL), RG_E_TENANT_PERSONAL);
	t.any_organization = false;
	assert_err(entra_check_tenant(&t, OURS, NULL), RG_E_TENANT);
	t.mode = ENTRA_ORGANIZATIONS;
	t.allowed_count = 3; /* nobody can configure that */
	assert_err(
	    entra_check_tenant(&t, ENTRA_PERSONAL, NULL), RG_E_TENANT_PERSONAL);
}

/* One claim of a good token of OURS replaced; NULL takes it away. */
struct forgery {
	const char *what;
	const char *claim, *value;
	enum rg_err want;
};

static const struct forgery forgeries[] = {
    {"tid of another tenant", "tid", SECOND, RG_E_ISS_TENANT},
    {"no tid", "tid", NULL, RG_E_TID},
    {"empty tid", "tid", "", RG_E_TID},
    {"tid is no GUID", "tid", "contoso.onmicrosoft.com", RG_E_TID},
    {"tid with one digit more", "tid", OURS "0", RG_E_TID},
    {"tid is the placeholder", "tid", "{tenantid}", RG_E_TENANT_TEMPLATE},
    {"the same, in other case", "tid", "{TenantId}", RG_E_TENANT_TEMPLATE},
    {"tid twice", "TID", OURS, RG_E_TID_DUPLICATE},
    {"another tid, too", "Tid", SECOND, RG_E_TID_DUPLICATE},
    {"no iss", "iss", NULL, RG_E_ISS},
    {"iss of another tenant", "iss", GLOBAL "/" SECOND "/v2.0",
	RG_E_ISS_TENANT},
    {"iss of another tenant, v1.0", "iss",
	"https://sts.windows.net/" SECOND "/", RG_E_ISS_TENANT},
    {"iss is the placeholder", "iss", GLOBAL "/{tenantid}/v2.0",
	RG_E_TENANT_TEMPLATE},
    {"iss is the placeholder in other case", "iss", GLOBAL "/{TENANTID}/v2.0",
	RG_E_TENANT_TEMPLATE},
    {"the host is user info", "iss", GLOBAL "@evil.example/" OURS "/v2.0",
	RG_E_ISS_USERINFO},
    {"user info with a password", "iss",
	"https://a:b@login.microsoftonline.com/" OURS "/v2.0",
	RG_E_ISS_USERINFO},
    {"another cloud", "iss", "https://login.microsoftonline.us/" OURS "/v2.0",
	RG_E_ISS_CLOUD},
    {"yet another cloud", "iss",
	"https://login.partner.microsoftonline.cn/" OURS "/v2.0",
	RG_E_ISS_CLOUD},
    {"a slash at the end", "iss", GLOBAL "/" OURS "/v2.0/", RG_E_ISS},
    {"no version", "iss", GLOBAL "/" OURS, RG_E_ISS},
    {"v1.0 without its slash", "iss", "https://sts.windows.net/" OURS,
	RG_E_ISS},
    {"v1.0 host with a v2.0 path", "iss",
	"https://sts.windows.net/" OURS "/v2.0", RG_E_ISS},
    {"two slashes", "iss", GLOBAL "//" OURS "/v2.0", RG_E_ISS},
    {"a path before the tenant", "iss", GLOBAL "/x/" OURS "/v2.0", RG_E_ISS},
    {"the tenant in upper case", "iss",
	GLOBAL "/AAAABBBB-0000-CCCC-1111-DDDD2222EEEE/v2.0", RG_E_ISS},
    {"the host in upper case", "iss",
	"https://LOGIN.microsoftonline.com/" OURS "/v2.0", RG_E_ISS},
    {"http", "iss", "http://login.microsoftonline.com/" OURS "/v2.0", RG_E_ISS},
    {"a port", "iss", GLOBAL ":443/" OURS "/v2.0", RG_E_ISS},
    {"a longer host", "iss", GLOBAL ".evil.example/" OURS "/v2.0", RG_E_ISS},
    {"another host of Microsoft", "iss",
	"https://login.windows.net/" OURS "/v2.0", RG_E_ISS},
    {"a blank at the end", "iss", GLOBAL "/" OURS "/v2.0 ", RG_E_ISS},
    {"a query", "iss", GLOBAL "/" OURS "/v2.0?x", RG_E_ISS},
    {"a name instead of the id", "iss", GLOBAL "/contoso.com/v2.0", RG_E_ISS},
    {"v2.0 that says 1.0", "ver", "1.0", RG_E_TOKEN_VERSION},
    {"no ver", "ver", NULL, RG_E_TOKEN_VERSION},
    {"another ver", "ver", "3.0", RG_E_TOKEN_VERSION},
};

static void
test_forgeries(void **state)
{
	struct entra_tenancy one = tenancy(entra_clouds, ENTRA_ONE);
	struct entra_tenancy many = tenancy(entra_clouds, ENTRA_ORGANIZATIONS);
	size_t i;

	(void)state;
	many.any_organization = true;
	for (i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		const struct forgery *f = &forgeries[i];
		json_t *c = token(GLOBAL, OURS, 2);
		enum rg_err r;

		if (f->value == NULL)
			(void)json_object_del(c, f->claim);
		else
			(void)json_object_set_new(
			    c, f->claim, json_string(f->value));
		r = check(&one, json_incref(c), GLOBAL "/{tenantid}/v2.0");
		if (r != f->want)
			fail_msg("%s: %s", f->what, err_name(r));
		/* Allowing every organization weakens nothing. */
		r = check(&many, c, GLOBAL "/{tenantid}/v2.0");
		if (r != f->want)
			fail_msg("%s: %s", f->what, err_name(r));
	}
}

static void
test_types(void **state)
{
	struct entra_tenancy t = tenancy(entra_clouds, ENTRA_ONE);
	json_t *c;

	(void)state;
	c = token(GLOBAL, OURS, 2);
	(void)json_object_set_new(c, "tid", json_pack("[s]", OURS));
	assert_err(check(&t, c, NULL), RG_E_TID);
	c = token(GLOBAL, OURS, 2);
	(void)json_object_set_new(c, "iss", json_integer(1));
	assert_err(check(&t, c, NULL), RG_E_ISS);
	c = token(GLOBAL, OURS, 2);
	(void)json_object_set_new(c, "ver", json_real(2.0));
	assert_err(check(&t, c, NULL), RG_E_TOKEN_VERSION);
	/* A GUID is the same in either case; the issuer has it in lower case.
	 */
	c = token(GLOBAL, OURS, 2);
	(void)json_object_set_new(
	    c, "tid", json_string("AAAABBBB-0000-CCCC-1111-DDDD2222EEEE"));
	assert_err(check(&t, c, NULL), RG_OK);
}

/* Without an origin for them, v1.0 tokens are of nobody. */
static void
test_no_v1_issuer(void **state)
{
	struct entra_tenancy t = tenancy(&entra_clouds[3], ENTRA_ONE);

	(void)state;
	assert_null(t.authority_v1);
	assert_err(check(&t, token(CHINA_STS, OURS, 1), NULL), RG_E_ISS);
	assert_err(check(&t, token("", OURS, 1), NULL), RG_E_ISS);
}

static void
test_key_issuer(void **state)
{
	static const struct {
		const char *issuer;
		enum rg_err want;
	} keys[] = {
	    {GLOBAL "/{tenantid}/v2.0", RG_OK},
	    {GLOBAL "/{tenantId}/v2.0", RG_OK},
	    {GLOBAL "/" OURS "/v2.0", RG_OK},
	    /* The key of personal accounts, of another tenant, of no one. */
	    {GLOBAL "/" ENTRA_PERSONAL "/v2.0", RG_E_KEY_ISSUER},
	    {GLOBAL "/" OTHER "/v2.0", RG_E_KEY_ISSUER},
	    {GLOBAL "/AAAABBBB-0000-CCCC-1111-DDDD2222EEEE/v2.0",
		RG_E_KEY_ISSUER},
	    {"https://login.microsoftonline.us/{tenantid}/v2.0",
		RG_E_KEY_ISSUER},
	    {"https://sts.windows.net/{tenantid}/", RG_E_KEY_ISSUER},
	    {GLOBAL "/{tenantid}/v2.0/", RG_E_KEY_ISSUER},
	    {GLOBAL "/{tenantid}", RG_E_KEY_ISSUER},
	    {GLOBAL "/{tenantid}/{tenantid}/v2.0", RG_E_KEY_ISSUER},
	    {"{tenantid}", RG_E_KEY_ISSUER},
	    {"", RG_E_KEY_ISSUER},
	};
	struct entra_tenancy one = tenancy(entra_clouds, ENTRA_ONE);
	struct entra_tenancy many = tenancy(entra_clouds, ENTRA_COMMON);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_err(check(&one, token(GLOBAL, OURS, 2), keys[i].issuer),
		    keys[i].want);
		assert_err(check(&many, token(GLOBAL, OURS, 2), keys[i].issuer),
		    keys[i].want);
		/* A v1.0 token is compared in the form of v2.0. */
		assert_err(
		    check(&many, token("https://sts.windows.net", OURS, 1),
			keys[i].issuer),
		    keys[i].want);
	}
	/* The v1.0 document names no issuers: good enough for one tenant. */
	assert_err(check(&one, token(GLOBAL, OURS, 2), NULL), RG_OK);
	assert_err(check(&one, token("https://sts.windows.net", OURS, 1), NULL),
	    RG_OK);
	assert_err(check(&many, token(GLOBAL, OURS, 2), NULL), RG_E_KEY_ISSUER);
	assert_err(check(&many, token(GLOBAL, ENTRA_PERSONAL, 2),
		       GLOBAL "/" ENTRA_PERSONAL "/v2.0"),
	    RG_OK);
}

static void
test_key_cloud(void **state)
{
	static const struct {
		struct entra_signer by;
		enum rg_err want;
	} rows[] = {
	    {{NULL, "microsoftonline.com", "microsoftonline.com"}, RG_OK},
	    {{NULL, "microsoftonline.com", NULL}, RG_OK},
	    {{NULL, NULL, "microsoftonline.com"}, RG_OK},
	    {{NULL, "microsoftonline.us", "microsoftonline.com"},
		RG_E_KEY_CLOUD},
	    {{NULL, "Microsoftonline.com", "microsoftonline.com"},
		RG_E_KEY_CLOUD},
	    {{NULL, "", "microsoftonline.com"}, RG_E_KEY_CLOUD},
	};
	struct entra_tenancy t = tenancy(entra_clouds, ENTRA_ONE);
	json_t *c = token(GLOBAL, OURS, 2);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_err(entra_check_tenancy(&t, c, &rows[i].by, NULL),
		    rows[i].want);
	json_decref(c);
}

static void
test_actor(void **state)
{
	static const struct {
		const char *claims;
		enum entra_actor want;
	} rows[] = {
	    {"{\"sub\": \"x\", \"oid\": \"" OID "\"}", ENTRA_UNSAID},
	    {"{}", ENTRA_UNSAID},
	    {"{\"idtyp\": \"user\"}", ENTRA_PERSON},
	    {"{\"idtyp\": \"app\"}", ENTRA_APP},
	    {"{\"idtyp\": \"app\", \"scp\": \"read\"}", ENTRA_APP},
	    {"{\"idtyp\": \"User\"}", ENTRA_APP},
	    {"{\"idtyp\": \"device\"}", ENTRA_APP},
	    {"{\"idtyp\": [\"user\"]}", ENTRA_APP},
	    {"{\"scp\": \"read write\"}", ENTRA_PERSON},
	    {"{\"scp\": \"\"}", ENTRA_UNSAID},
	    {"{\"sub\": \"" OID "\", \"oid\": \"" OID "\"}", ENTRA_APP},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *c = json_loads(rows[i].claims, 0, NULL);

		assert_non_null(c);
		if (entra_actor(c) != rows[i].want)
			fail_msg("%s", rows[i].claims);
		json_decref(c);
	}
}

static void
test_person(void **state)
{
	static const struct {
		const char *more;
		enum rg_err guests, none; /* guests = yes, guests = no */
	} rows[] = {
	    {"{\"acct\": 0}", RG_OK, RG_OK},
	    {"{\"acct\": \"0\"}", RG_OK, RG_OK},
	    /* A member who signs in elsewhere is a member. */
	    {"{\"acct\": 0, \"idp\": \"https://elsewhere.example\"}", RG_OK,
		RG_OK},
	    {"{\"acct\": 1}", RG_OK, RG_E_GUEST},
	    {"{\"acct\": \"1\"}", RG_OK, RG_E_GUEST},
	    {"{\"acct\": true}", RG_OK, RG_E_GUEST},
	    {"{\"acct\": null}", RG_OK, RG_E_GUEST},
	    {"{\"idp\": \"https://elsewhere.example\"}", RG_OK, RG_E_GUEST},
	    {"{}", RG_OK, RG_E_GUEST_UNKNOWN},
	    {"{\"tid\": \"" ENTRA_PERSONAL "\"}", RG_OK, RG_OK},
	    {"{\"idtyp\": \"app\", \"acct\": 0}", RG_E_APP_ONLY, RG_E_APP_ONLY},
	    {"{\"sub\": \"" OID "\"}", RG_E_APP_ONLY, RG_E_APP_ONLY},
	    {"{\"oid\": \"\"}", RG_E_OID, RG_E_OID},
	    {"{\"oid\": null}", RG_E_OID, RG_E_OID},
	    {"{\"oid\": \"dana@contoso.example\"}", RG_E_OID, RG_E_OID},
	    {"{\"oid\": \"" OID "0\"}", RG_E_OID, RG_E_OID},
	};
	struct entra_tenancy t = tenancy(entra_clouds, ENTRA_COMMON);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *c = token(GLOBAL, OURS, 2);
		json_t *more = json_loads(rows[i].more, 0, NULL);

		assert_int_equal(json_object_update(c, more), 0);
		t.guests = true;
		if (entra_check_person(&t, c, NULL) != rows[i].guests)
			fail_msg("guests = yes: %s", rows[i].more);
		t.guests = false;
		if (entra_check_person(&t, c, NULL) != rows[i].none)
			fail_msg("guests = no: %s", rows[i].more);
		json_decref(more);
		json_decref(c);
	}
}

static void
test_recorded_principals(void **state)
{
	struct entra_tenancy t = tenancy(entra_clouds, ENTRA_ORGANIZATIONS);
	struct buf issuer = BUF_INIT;

	(void)state;
	entra_issuer(&t, SECOND, &issuer);
	assert_string_equal(buf_str(&issuer), GLOBAL "/" SECOND "/v2.0");
	assert_true(entra_is_ours(&t, buf_str(&issuer), SECOND));
	assert_false(entra_is_ours(&t, buf_str(&issuer), OURS));
	t.allowed_count = 1; /* SECOND was taken off the list */
	assert_false(entra_is_ours(&t, buf_str(&issuer), SECOND));
	assert_true(entra_is_ours(&t, GLOBAL "/" OURS "/v2.0", OURS));
	t = tenancy(&entra_clouds[1], ENTRA_ORGANIZATIONS);
	assert_false(entra_is_ours(&t, GLOBAL "/" OURS "/v2.0", OURS));
	assert_false(entra_is_ours(&t, "", ""));
	buf_clear(&issuer);
}

static enum rg_err
metadata(const struct entra_tenancy *t, const char *issuer,
    const char *instance, const char *graph)
{
	json_t *d = json_pack("{s:s*, s:s*, s:s*}", "issuer", issuer,
	    "cloud_instance_name", instance, "msgraph_host", graph);
	enum rg_err r = entra_check_metadata(t, d, NULL);

	json_decref(d);
	return r;
}

static void
test_metadata(void **state)
{
	const struct entra_cloud *c;
	struct entra_tenancy t;
	char issuer[128];
	size_t mode;

	(void)state;
	for (c = entra_clouds; c->name != NULL; c++) {
		for (mode = ENTRA_ONE; mode <= ENTRA_CONSUMERS; mode++) {
			t = tenancy(c, (enum entra_mode)mode);
			(void)snprintf(issuer, sizeof(issuer), "%s/%s/v2.0",
			    c->authority,
			    entra_many_tenants(&t) ? "{tenantid}" : t.tenant);
			assert_err(
			    metadata(&t, issuer, c->instance, c->graph), RG_OK);
			assert_err(metadata(&t, issuer, NULL, NULL), RG_OK);
			assert_err(metadata(&t, issuer, "other", NULL),
			    RG_E_DISCOVERY_CLOUD);
			assert_err(
			    metadata(&t, issuer, c->instance, "graph.example"),
			    RG_E_DISCOVERY_CLOUD);
			(void)strncat(
			    issuer, "/", sizeof(issuer) - strlen(issuer) - 1);
			assert_err(metadata(&t, issuer, c->instance, c->graph),
			    RG_E_DISCOVERY_ISSUER);
		}
	}
	t = tenancy(entra_clouds, ENTRA_ONE);
	assert_err(metadata(&t, GLOBAL "/{tenantid}/v2.0", NULL, NULL),
	    RG_E_DISCOVERY_ISSUER);
	assert_err(metadata(&t, NULL, NULL, NULL), RG_E_DISCOVERY_ISSUER);
	t = tenancy(entra_clouds, ENTRA_COMMON);
	assert_err(metadata(&t, GLOBAL "/" OURS "/v2.0", NULL, NULL),
	    RG_E_DISCOVERY_ISSUER);
	assert_err(metadata(&t, GLOBAL "/{TenantId}/v2.0", NULL, NULL),
	    RG_E_DISCOVERY_ISSUER);
	assert_err(
	    metadata(&t, "https://login.microsoftonline.us/{tenantid}/v2.0",
		NULL, NULL),
	    RG_E_DISCOVERY_ISSUER);
	/* The two US clouds: one tenant knows where it is, a template can't. */
	t = tenancy(&entra_clouds[1], ENTRA_ONE);
	assert_err(
	    metadata(&t, "https://login.microsoftonline.us/" OURS "/v2.0", NULL,
		"dod-graph.microsoft.us"),
	    RG_E_DISCOVERY_CLOUD);
	t = tenancy(&entra_clouds[2], ENTRA_ORGANIZATIONS);
	assert_err(
	    metadata(&t, "https://login.microsoftonline.us/{tenantid}/v2.0",
		NULL, "graph.microsoft.us"),
	    RG_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_clouds),
	    cmocka_unit_test(test_every_cloud_mode_and_version),
	    cmocka_unit_test(test_any_organization),
	    cmocka_unit_test(test_forgeries),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_no_v1_issuer),
	    cmocka_unit_test(test_key_issuer),
	    cmocka_unit_test(test_key_cloud),
	    cmocka_unit_test(test_actor),
	    cmocka_unit_test(test_person),
	    cmocka_unit_test(test_recorded_principals),
	    cmocka_unit_test(test_metadata),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
