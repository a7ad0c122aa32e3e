/* SPDX-License-Identifier: ISC */
/* What is an access token for us, claim by claim; signatures are tested in
 * test_oidc_bearer.c. */
#include "oidc/access_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/b64url.h"
#include "base/buf.h"
#include "base/json.h"

#define TID "aaaabbbb-0000-cccc-1111-dddd2222eeee"
#define OTHER "bbbbcccc-1111-dddd-2222-eeee3333ffff"
#define OID "00aa00aa-bb11-cc22-dd33-44ee44ee44ee"
#define API "11112222-3333-4444-5555-666677778888"
#define CLIENT "99998888-7777-6666-5555-444433332222"
#define ISSUER "https://login.microsoftonline.com/" TID "/v2.0"
#define STS "https://sts.windows.net/" TID "/"
#define KEYCLOAK "https://sso.example/realms/r"
#define GRAPH "00000003-0000-0000-c000-000000000000"
#define NOW ((int64_t)1700000000)

#define assert_err(got, want) assert_string_equal(err_name(got), err_name(want))

static char *audiences[] = {
    (char[]){API}, (char[]){"api://" API}, (char[]){"https://gw.example/mcp"}};
static char *scopes[] = {(char[]){"mcp.read"}, (char[]){"mcp.call"}};
static struct entra_tenancy tenancy = {.cloud = entra_clouds,
    .mode = ENTRA_ONE,
    .tenant = TID,
    .guests = true,
    .authority = (char[]){"https://login.microsoftonline.com"},
    .authority_v1 = (char[]){"https://sts.windows.net"}};
static const struct entra_signer signer = {NULL, NULL, NULL};
static const struct provider entra = {.name = (char[]){"entra"},
    .type = PROVIDER_ENTRA,
    .issuer = (char[]){ISSUER},
    .tenant = (char[]){TID},
    .entra = &tenancy,
    .client_id = (char[]){API},
    .audiences = audiences,
    .audience_count = 3};
static const struct provider keycloak = {.name = (char[]){"keycloak"},
    .type = PROVIDER_OIDC,
    .issuer = (char[]){KEYCLOAK},
    .client_id = (char[]){"web"},
    .audiences = audiences,
    .audience_count = 3};

static json_t *
good(void)
{
	json_t *c = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s,"
			      " s:I, s:I, s:I}",
	    "iss", ISSUER, "aud", API, "sub", "pairwise", "tid", TID, "oid",
	    OID, "ver", "2.0", "azp", CLIENT, "scp", "mcp.read mcp.call", "exp",
	    (json_int_t)(NOW + 600), "iat", (json_int_t)NOW, "nbf",
	    (json_int_t)NOW);

	assert_non_null(c);
	return c;
}

/* Changes of good(): a JSON object; null takes a claim away. */
static json_t *
changed(json_t *c, const char *changes)
{
	json_t *x = json_loads(changes, 0, NULL), *v;
	const char *name;

	assert_non_null(x);
	json_object_foreach(x, name, v)
	{
		if (json_is_null(v))
			(void)json_object_del(c, name);
		else
			assert_int_equal(json_object_set(c, name, v), 0);
	}
	json_decref(x);
	return c;
}

static json_t *
of_keycloak(void)
{
	return changed(good(),
	    "{\"iss\": \"" KEYCLOAK "\", \"tid\": null, \"oid\": null,"
	    " \"ver\": null, \"scp\": null, \"azp\": \"web\","
	    " \"scope\": \"openid mcp.read\", \"typ\": \"Bearer\"}");
}

static enum rg_err
check_of(const struct provider *p, json_t *c, bool own_typ, bool *app)
{
	struct access_token_expect x = {
	    .now = NOW, .skew = 60, .own_typ = own_typ};
	struct access_token t;
	struct err e = {RG_OK, ""};
	enum rg_err r = access_token_check(c, p, &signer, &x, &t, &e);

	json_decref(c);
	if (app != NULL)
		*app = t.app;
	assert_int_equal(r == RG_OK, t.claims != NULL);
	assert_int_equal(r, e.code);
	access_token_clear(&t);
	return r;
}

static enum rg_err
check(const char *changes)
{
	return check_of(&entra, changed(good(), changes), false, NULL);
}

#define V1                                                                     \
	"\"iss\": \"" STS "\", \"ver\": \"1.0\", \"azp\": null,"               \
	" \"appid\": \"" CLIENT "\""
#define APP "\"scp\": null, \"idtyp\": \"app\", \"roles\": [\"Jobs.Run\"]"

static void
test_people(void **state)
{
	struct access_token t;
	struct access_token_expect x = {.now = NOW, .skew = 60};
	json_t *c = good();

	(void)state;
	assert_err(access_token_check(c, &entra, &signer, &x, &t, NULL), RG_OK);
	assert_false(t.app);
	assert_string_equal(t.client, CLIENT);
	assert_int_equal(t.issued_at, NOW);
	assert_int_equal(t.expires_at, NOW + 600);
	json_decref(c);
	access_token_clear(&t);
	assert_err(check("{" V1 "}"), RG_OK);
	assert_err(check("{" V1 ", \"aud\": \"api://" API "\"}"), RG_OK);
	assert_err(check("{\"idtyp\": \"user\"}"), RG_OK);
	assert_err(check("{\"aud\": [\"https://gw.example/mcp\"]}"), RG_OK);
	/* A token may be good for several APIs. */
	assert_err(check("{\"aud\": [\"other\", \"" API "\"]}"), RG_OK);
	assert_err(check("{\"nbf\": null}"), RG_OK);
}

static void
test_apps(void **state)
{
	bool app = false;

	(void)state;
	assert_err(
	    check_of(&entra, changed(good(), "{" APP "}"), false, &app), RG_OK);
	assert_true(app);
	assert_err(check("{" V1 ", " APP "}"), RG_OK);
	/* Whoever may not be told apart from an ID token is not let in. */
	assert_err(check("{\"scp\": null, \"roles\": [\"Jobs.Run\"]}"),
	    RG_E_BEARER_KIND);
	assert_err(
	    check("{\"scp\": null, \"idtyp\": \"user\"}"), RG_E_BEARER_KIND);
	assert_err(
	    check("{\"scp\": null, \"idtyp\": \"App\"}"), RG_E_BEARER_KIND);
	assert_err(
	    check("{\"scp\": null, \"idtyp\": [\"app\"]}"), RG_E_BEARER_KIND);
	assert_err(check("{\"idtyp\": \"app\"}"), RG_E_BEARER_KIND);
	assert_err(check("{" APP ", \"azp\": null}"), RG_E_AZP);
	assert_err(check("{" APP ", \"azp\": \"me\"}"), RG_E_AZP);
	assert_err(check("{" APP ", \"appid\": \"" OTHER "\"}"), RG_E_AZP);
	assert_err(check("{" APP ", \"oid\": null}"), RG_E_OID);
}

static void
test_other_kinds(void **state)
{
	(void)state;
	assert_err(check("{\"nonce\": \"n\"}"), RG_E_BEARER_ID_TOKEN);
	assert_err(check("{\"at_hash\": \"h\"}"), RG_E_BEARER_ID_TOKEN);
	assert_err(check("{\"c_hash\": \"h\"}"), RG_E_BEARER_ID_TOKEN);
	assert_err(check("{" APP ", \"nonce\": \"n\"}"), RG_E_BEARER_ID_TOKEN);
	/* One without a nonce: the client's own, with nothing to scope it. */
	assert_err(check("{\"scp\": null}"), RG_E_BEARER_ID_TOKEN);
	assert_err(check("{\"scp\": null, \"roles\": [\"auditor\"]}"),
	    RG_E_BEARER_KIND);
	assert_err(check("{\"scp\": null, \"aud\": \"api://" API "\"}"),
	    RG_E_BEARER_KIND);
	assert_err(check("{\"scp\": \"\"}"), RG_E_BEARER_KIND);
	assert_err(check("{\"scp\": \"  \"}"), RG_E_BEARER_KIND);
	assert_err(check("{\"scp\": 7}"), RG_E_BEARER_KIND);
	assert_err(check("{\"scp\": []}"), RG_E_BEARER_KIND);
	assert_err(check("{\"scp\": [7]}"), RG_E_BEARER_KIND);
	assert_err(check("{\"aud\": \"" GRAPH "\"}"), RG_E_BEARER_GRAPH);
	assert_err(check("{\"aud\": [\"" API "\", \"" GRAPH "\"]}"),
	    RG_E_BEARER_GRAPH);
	assert_err(check("{\"aud\": \"https://graph.microsoft.com\"}"),
	    RG_E_BEARER_GRAPH);
	assert_err(check("{\"aud\": \"https://graph.microsoft.us/\"}"),
	    RG_E_BEARER_GRAPH);
}

static void
test_audience(void **state)
{
	static const char *const bad[] = {"null", "\"\"", "[]", "7", "true",
	    "{}", "\"" OTHER "\"", "[\"" OTHER "\"]", "[7, \"" API "\"]",
	    "[[\"" API "\"]]", "\"" API " \"", "\"api://" API "/\"",
	    "\"https://gw.example/mcp/\"", "\"https://gw.example/mc\"",
	    "\"" API "," OTHER "\""};
	struct provider none = entra;
	char changes[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(
		    changes, sizeof(changes), "{\"aud\": %s}", bad[i]);
		assert_err(check(changes), RG_E_AUD);
	}
	none.audience_count = 0;
	assert_err(check_of(&none, good(), false, NULL), RG_E_AUD);
}

static void
test_issuer_and_version(void **state)
{
	static const char *const bad[] = {"https://sts.windows.net/" TID,
	    "https://sts.windows.net/" OTHER "/",
	    "https://login.microsoftonline.com/" TID "/",
	    "https://login.microsoftonline.com/" OTHER "/v2.0",
	    "https://login.microsoftonline.com/{tenantid}/v2.0",
	    "https://login.microsoftonline.com@evil/" TID "/v2.0", ISSUER "/",
	    "https://sts.windows.net/" TID "/v2.0", ""};
	char changes[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(
		    changes, sizeof(changes), "{\"iss\": \"%s\"}", bad[i]);
		assert_err(check(changes), RG_E_ISS);
	}
	assert_err(check("{\"iss\": null}"), RG_E_ISS);
	assert_err(check("{\"iss\": [\"" ISSUER "\"]}"), RG_E_ISS);
	assert_err(check("{\"ver\": \"1.0\"}"), RG_E_TOKEN_VERSION);
	assert_err(check("{\"ver\": null}"), RG_E_TOKEN_VERSION);
	assert_err(check("{\"iss\": \"" STS "\"}"), RG_E_TOKEN_VERSION);
	assert_err(check("{\"tid\": \"" OTHER "\"}"), RG_E_ISS_TENANT);
	assert_err(check("{\"TID\": \"" TID "\"}"), RG_E_PAYLOAD_JSON);
	assert_err(check("{\"Scp\": \"mcp.read\"}"), RG_E_PAYLOAD_JSON);
	assert_err(check("{\"IDTYP\": \"app\", \"idtyp\": \"user\"}"),
	    RG_E_PAYLOAD_JSON);
	assert_err(check("{\"oid\": null}"), RG_E_OID);
	/* Only Entra has a second issuer. */
	assert_err(
	    check_of(&keycloak,
		changed(of_keycloak(), "{\"iss\": \"" STS "\"}"), false, NULL),
	    RG_E_ISS);
}

static void
test_times_and_subject(void **state)
{
	(void)state;
	assert_err(check("{\"exp\": null}"), RG_E_EXP_MISSING);
	assert_err(check("{\"exp\": 1699999940}"), RG_E_EXPIRED);
	assert_err(check("{\"exp\": 1699999941}"), RG_OK); /* the skew */
	assert_err(check("{\"exp\": \"1800000000\"}"), RG_E_TIME_TYPE);
	assert_err(check("{\"exp\": 1e300}"), RG_E_TIME_TYPE);
	assert_err(check("{\"exp\": -1}"), RG_E_TIME_TYPE);
	assert_err(check("{\"iat\": null}"), RG_E_IAT_MISSING);
	assert_err(check("{\"iat\": 1700000061}"), RG_E_IAT_FUTURE);
	assert_err(check("{\"nbf\": 1700000061}"), RG_E_NOT_YET);
	assert_err(check("{\"sub\": null}"), RG_E_SUB);
	assert_err(check("{\"sub\": \"\"}"), RG_E_SUB);
}

static void
test_scopes(void **state)
{
	struct provider p = entra;

	(void)state;
	p.required_scopes = scopes;
	p.required_scope_count = 2;
	assert_err(check_of(&p, good(), false, NULL), RG_OK);
	assert_err(check_of(&p, changed(good(), "{\"scp\": \"mcp.read\"}"),
		       false, NULL),
	    RG_E_SCOPE);
	assert_err(
	    check_of(&p, changed(good(), "{\"scp\": \"mcp.read mcp.callx\"}"),
		false, NULL),
	    RG_E_SCOPE);
	assert_err(
	    check_of(&p,
		changed(good(), "{\"scp\": [\"mcp.call\", \"mcp.read\"]}"),
		false, NULL),
	    RG_OK);
	/* What an application may do, its roles say. */
	assert_err(
	    check_of(&p, changed(good(), "{" APP "}"), false, NULL), RG_OK);
	/* The first thing wrong is said, not that a scope is missing. */
	assert_err(check_of(&p, changed(good(), "{\"scp\": \"x\", \"exp\": 1}"),
		       false, NULL),
	    RG_E_EXPIRED);
}

static void
test_other_providers(void **state)
{
	bool app = true;

	(void)state;
	assert_err(check_of(&keycloak, of_keycloak(), false, &app), RG_OK);
	assert_false(app);
	/* RFC 9068 section 2.2: a client on its own behalf. */
	assert_err(
	    check_of(&keycloak,
		changed(of_keycloak(), "{\"sub\": \"job\", \"azp\": null,"
				       " \"client_id\": \"job\"}"),
		true, &app),
	    RG_OK);
	assert_true(app);
	/* typ at+jwt says it; so the scope may be missing. */
	assert_err(check_of(&keycloak,
		       changed(of_keycloak(), "{\"scope\": null}"), true, NULL),
	    RG_OK);
	assert_err(
	    check_of(&keycloak, changed(of_keycloak(), "{\"scope\": null}"),
		false, NULL),
	    RG_E_BEARER_KIND);
	/* For Entra it says nothing: Entra never sends it. */
	assert_err(
	    check_of(&entra, changed(good(), "{\"scp\": null, \"roles\": []}"),
		true, NULL),
	    RG_E_BEARER_KIND);
	assert_err(
	    check_of(&keycloak, changed(of_keycloak(), "{\"nonce\": \"n\"}"),
		true, NULL),
	    RG_E_BEARER_ID_TOKEN);
}

/* "e30.claims.AA" of a header {"alg": "RS256"}. */
static char *
unsigned_token(json_t *claims)
{
	struct buf text = BUF_INIT, token = BUF_INIT;
	char b64[4096];

	assert_true(json_put(&text, claims));
	b64url_encode(buf_str(&text), text.len, b64);
	buf_printf(&token, "eyJhbGciOiJSUzI1NiJ9.%s.AA", b64);
	buf_clear(&text);
	json_decref(claims);
	return buf_steal(&token);
}

/* Taken apart, and whose it is. */
static enum rg_err
provider_of(const struct provider *list, size_t n, const char *token,
    size_t len, const struct provider **out)
{
	struct jws *t = NULL;
	enum rg_err r;

	*out = NULL;
	if ((r = access_token_open(token, len, &t, NULL)) == RG_OK)
		r = access_token_provider(list, n, t, out, NULL);
	jws_free(&t);
	return r;
}

static enum rg_err
whose(const struct provider *list, size_t n, json_t *claims, const char **name)
{
	const struct provider *p = NULL;
	char *token = unsigned_token(claims);
	enum rg_err r = provider_of(list, n, token, strlen(token), &p);

	free(token);
	assert_int_equal(r == RG_OK, p != NULL);
	if (name != NULL)
		*name = p == NULL ? "" : p->name;
	return r;
}

static void
test_provider(void **state)
{
	struct provider list[3] = {entra, keycloak, entra};
	char *other[] = {(char[]){"api://other"}};
	const char *name;

	(void)state;
	/* Two applications of one tenant: the audience tells which. */
	list[2].name = (char[]){"second"};
	list[2].audiences = other;
	list[2].audience_count = 1;
	assert_err(whose(list, 3, good(), &name), RG_OK);
	assert_string_equal(name, "entra");
	assert_err(whose(list, 3, of_keycloak(), &name), RG_OK);
	assert_string_equal(name, "keycloak");
	assert_err(whose(list, 3, changed(good(), "{\"aud\": \"api://other\"}"),
		       &name),
	    RG_OK);
	assert_string_equal(name, "second");
	assert_err(whose(list, 3, changed(good(), "{" V1 "}"), &name), RG_OK);
	assert_string_equal(name, "entra");

	assert_err(
	    whose(list, 3, changed(good(), "{\"iss\": \"https://x\"}"), NULL),
	    RG_E_ISS);
	assert_err(
	    whose(list, 3, changed(good(), "{\"iss\": null}"), NULL), RG_E_ISS);
	assert_err(whose(list, 3, changed(good(), "{\"aud\": \"else\"}"), NULL),
	    RG_E_AUD);
	assert_err(
	    whose(list, 3,
		changed(good(), "{\"aud\": \"x\", \"nonce\": \"n\"}"), NULL),
	    RG_E_BEARER_ID_TOKEN);
	/* Refused before anything else of it is read. */
	assert_err(
	    whose(list, 3,
		changed(good(), "{\"aud\": \"" GRAPH "\", \"iss\": 7}"), NULL),
	    RG_E_BEARER_GRAPH);
	list[1].audience_count = 0;
	assert_err(whose(list, 3, of_keycloak(), NULL), RG_E_BEARER_OFF);
	assert_err(whose(list, 0, good(), NULL), RG_E_ISS);
}

static enum rg_err
text_of(const char *token)
{
	const struct provider *p;

	return provider_of(&entra, 1, token, strlen(token), &p);
}

static void
test_shape(void **state)
{
	const struct provider *p;
	char *big = malloc(ACCESS_TOKEN_MAX + 2);

	(void)state;
	assert_non_null(big);
	memset(big, 'A', ACCESS_TOKEN_MAX + 1);
	big[ACCESS_TOKEN_MAX + 1] = '\0';
	big[2] = big[8] = '.';
	assert_err(provider_of(&entra, 1, big, ACCESS_TOKEN_MAX + 1, &p),
	    RG_E_TOKEN_SIZE);
	free(big);
	/* An opaque token is none for us. */
	assert_err(text_of("s3cr3t"), RG_E_TOKEN_PARTS);
	assert_err(text_of(""), RG_E_TOKEN_PARTS);
	/* {"alg":"none"} */
	assert_err(text_of("eyJhbGciOiJub25lIn0.e30.AA"), RG_E_ALG_NONE);
	/* {"alg":"RS256","typ":"logout+jwt"} */
	assert_err(
	    text_of("eyJhbGciOiJSUzI1NiIsInR5cCI6ImxvZ291dCtqd3QifQ.e30.AA"),
	    RG_E_TYP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_people),
	    cmocka_unit_test(test_apps),
	    cmocka_unit_test(test_other_kinds),
	    cmocka_unit_test(test_audience),
	    cmocka_unit_test(test_issuer_and_version),
	    cmocka_unit_test(test_times_and_subject),
	    cmocka_unit_test(test_scopes),
	    cmocka_unit_test(test_other_providers),
	    cmocka_unit_test(test_provider),
	    cmocka_unit_test(test_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
