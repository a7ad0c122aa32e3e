/* SPDX-License-Identifier: ISC */
#include "oidc/access_token.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"
#include "base/url.h"
#include "jose/claims.h"

#define GRAPH_APP "00000003-0000-0000-c000-000000000000"

/* ---- what it claims to be --------------------------------------------------
 */

static bool
has_any(const json_t *claims, const char *const *names)
{
	for (; *names != NULL; names++)
		if (json_object_get(claims, *names) != NULL)
			return true;
	return false;
}

static bool
is_graph_audience(const json_t *aud)
{
	static const char *const hosts[] = {"graph.microsoft.com",
	    "graph.microsoft.us", "dod-graph.microsoft.us",
	    "microsoftgraph.chinacloudapi.cn", "graph.windows.net"};
	const char *s = json_string_value(aud);
	struct url u;
	size_t i;

	if (s == NULL)
		return false;
	if (strcasecmp(s, GRAPH_APP) == 0)
		return true;
	if (url_parse(s, &u) != RG_OK)
		return false;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (strcmp(u.host, hosts[i]) == 0)
			return true;
	return false;
}

/*
 * Graph's tokens are signed in a way that only Graph can check: they are not
 * to be looked into ("Access tokens", section "Validate tokens").
 */
static bool
is_graph_token(const json_t *claims)
{
	const json_t *aud = json_object_get(claims, "aud");
	size_t i;

	for (i = 0; i < json_array_size(aud); i++)
		if (is_graph_audience(json_array_get(aud, i)))
			return true;
	return is_graph_audience(aud);
}

static bool
has_scopes(const json_t *claims)
{
	const json_t *v = json_object_get(claims, "scp");
	const char *s;

	if (v == NULL)
		v = json_object_get(claims, "scope");
	if (json_is_array(v))
		v = json_array_get(v, 0);
	s = json_string_value(v);
	return s != NULL && s[strspn(s, " ")] != '\0';
}

/* In an ID token of OpenID Connect, and in no access token. */
static bool
has_id_token_mark(const json_t *claims)
{
	static const char *const marks[] = {
	    "nonce", "at_hash", "c_hash", "s_hash", NULL};

	return has_any(claims, marks);
}

static bool
is_for_client(const json_t *claims, const struct provider *p)
{
	return p->client_id != NULL &&
	       claims_has_audience(claims, p->client_id);
}

static bool
looks_like_id_token(
    const json_t *claims, const struct provider *p, bool own_typ)
{
	static const char *const marks[] = {
	    "scp", "scope", "idtyp", "roles", "client_id", NULL};

	return has_id_token_mark(claims) ||
	       (!own_typ && is_for_client(claims, p) &&
		   !has_any(claims, marks));
}

bool
access_token_issuer(const struct provider *p, const char *iss)
{
	if (iss == NULL)
		return false;
	return p->entra != NULL ? entra_is_token_issuer(p->entra, iss)
				: strcmp(iss, p->issuer) == 0;
}

bool
access_token_is_for(const json_t *claims, char *const *audiences, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (claims_has_audience(claims, audiences[i]))
			return true;
	return false;
}

enum rg_err
access_token_open(
    const char *token, size_t len, struct jws **out, struct err *e)
{
	enum rg_err r;

	*out = NULL;
	if (len > ACCESS_TOKEN_MAX)
		return err_set(e, RG_E_TOKEN_SIZE, "%zu bytes", len);
	r = jws_open(JWS_ACCESS, token, len, out);
	return r == RG_OK ? r : err_set(e, r, "the bearer token");
}

enum rg_err
access_token_provider(const struct provider *list, size_t count,
    const struct jws *token, const struct provider **out, struct err *e)
{
	const struct provider *same = NULL, *open = NULL;
	const json_t *claims = jws_unverified(token);
	size_t i;

	*out = NULL;
	if (is_graph_token(claims))
		return err_set(e, RG_E_BEARER_GRAPH, "only Graph can read it");
	for (i = 0; i < count && *out == NULL; i++) {
		if (!access_token_issuer(&list[i], json_str(claims, "iss")))
			continue;
		same = &list[i];
		if (list[i].audience_count > 0)
			open = &list[i];
		if (access_token_is_for(
			claims, list[i].audiences, list[i].audience_count))
			*out = &list[i];
	}
	if (*out != NULL)
		return RG_OK;
	if (same == NULL)
		return err_set(e, RG_E_ISS, "iss is of no configured provider");
	if (looks_like_id_token(claims, same, jws_header(token)->own_typ))
		return err_set(
		    e, RG_E_BEARER_ID_TOKEN, "of provider %s", same->name);
	if (open == NULL)
		return err_set(e, RG_E_BEARER_OFF,
		    "provider %s has no audiences", same->name);
	return err_set(
	    e, RG_E_AUD, "aud names no audience of provider %s", open->name);
}

/* ---- what it is ------------------------------------------------------------
 */

/* One of several names for the same; "" if there is none. */
static const char *
first_of(const json_t *claims, const char *const *names)
{
	const char *s = NULL;

	for (; *names != NULL && s == NULL; names++)
		s = json_str(claims, *names);
	return s == NULL ? "" : s;
}

/* Of a person or of an application: it is one in its tenant's directory. */
static enum rg_err
check_directory(const json_t *claims, const struct provider *p,
    const struct access_token *t, struct err *e)
{
	const char *oid = json_str(claims, "oid");

	if (p->entra == NULL)
		return RG_OK;
	if (!t->app)
		return entra_check_person(p->entra, claims, e);
	if (oid == NULL || !text_is_guid(oid))
		return err_set(e, RG_E_OID, "of the application");
	return RG_OK;
}

/*
 * An application without a person. Entra says so in idtyp, an optional claim
 * of the API; what else tells it apart ("roles but no scp") is also true of
 * some ID tokens. RFC 9068 section 2.2: sub is the client then.
 */
static bool
is_app(const json_t *claims, const struct provider *p, const char *client)
{
	const char *idtyp = json_str(claims, "idtyp");
	const char *sub = json_str(claims, "sub");

	if (p->type == PROVIDER_ENTRA)
		return idtyp != NULL && strcmp(idtyp, "app") == 0;
	return client[0] != '\0' && sub != NULL && strcmp(sub, client) == 0;
}

static enum rg_err
check_client(const json_t *claims, const struct provider *p,
    const struct access_token *t, struct err *e)
{
	const char *azp = json_str(claims, "azp");
	const char *appid = json_str(claims, "appid");

	if (p->type != PROVIDER_ENTRA)
		return RG_OK;
	if (azp != NULL && appid != NULL && strcasecmp(azp, appid) != 0)
		return err_set(e, RG_E_AZP, "azp and appid differ");
	if (t->app && !text_is_guid(t->client))
		return err_set(e, RG_E_AZP, "an application without azp");
	return RG_OK;
}

static enum rg_err
check_kind(const json_t *claims, const struct provider *p,
    const struct access_token_expect *x, const struct access_token *t,
    struct err *e)
{
	bool scopes = has_scopes(claims);

	if (t->app && scopes && p->type == PROVIDER_ENTRA)
		return err_set(e, RG_E_BEARER_KIND, "idtyp is app, with scp");
	if (t->app || scopes || (x->own_typ && p->type != PROVIDER_ENTRA))
		return RG_OK;
	return err_set(e, RG_E_BEARER_KIND,
	    p->type == PROVIDER_ENTRA
		? "neither scp nor idtyp \"app\" (an optional claim of the "
		  "API)"
		: "neither scope nor typ at+jwt, and sub is no client");
}

static bool
list_has(const char *list, const char *word)
{
	size_t n = strlen(word), len;

	while (*(list += strspn(list, " ")) != '\0') {
		len = strcspn(list, " ");
		if (len == n && strncmp(list, word, n) == 0)
			return true;
		list += len;
	}
	return false;
}

bool
access_token_has_scope(const json_t *claims, const char *scope)
{
	const json_t *v = json_object_get(claims, "scp");
	const char *one;
	size_t i;

	if (v == NULL)
		v = json_object_get(claims, "scope");
	if (json_is_string(v))
		return list_has(json_string_value(v), scope);
	for (i = 0; i < json_array_size(v); i++) {
		one = json_string_value(json_array_get(v, i));
		if (one != NULL && strcmp(one, scope) == 0)
			return true;
	}
	return false;
}

static enum rg_err
check_scopes(const json_t *claims, const struct provider *p, struct err *e)
{
	size_t i;

	for (i = 0; i < p->required_scope_count; i++)
		if (!access_token_has_scope(claims, p->required_scopes[i]))
			return err_set(e, RG_E_SCOPE, "it lacks \"%.120s\"",
			    p->required_scopes[i]);
	return RG_OK;
}

enum rg_err
access_token_check(json_t *claims, const struct provider *p,
    const struct entra_signer *by, const struct access_token_expect *x,
    struct access_token *out, struct err *e)
{
	static const char *const clients[] = {
	    "azp", "appid", "client_id", NULL};
	const char *iss = json_str(claims, "iss");
	struct access_token t = {0};
	enum rg_err r;

	memset(out, 0, sizeof(*out));
	if (is_graph_token(claims))
		return err_set(e, RG_E_BEARER_GRAPH, "only Graph can read it");
	if (looks_like_id_token(claims, p, x->own_typ))
		return err_set(e, RG_E_BEARER_ID_TOKEN, "of %s", p->name);
	if (!access_token_issuer(p, iss))
		return err_set(e, RG_E_ISS, "not of provider %s", p->name);
	r = claims_check_access_token(claims,
	    &(struct claims_access){
		.issuer = iss,
		.audiences = (const char *const *)p->audiences,
		.audience_count = p->audience_count,
		.now = x->now,
		.skew = x->skew,
	    },
	    e);
	if (r != RG_OK)
		return r;
	t.client = first_of(claims, clients);
	t.app = is_app(claims, p, t.client);
	if ((p->entra != NULL &&
		(r = entra_check_tenancy(p->entra, claims, by, e)) != RG_OK) ||
	    (r = check_client(claims, p, &t, e)) != RG_OK ||
	    (r = check_kind(claims, p, x, &t, e)) != RG_OK ||
	    (r = check_directory(claims, p, &t, e)) != RG_OK ||
	    (!t.app && (r = check_scopes(claims, p, e)) != RG_OK))
		return r;
	(void)json_int(claims, "iat", &t.issued_at);
	(void)json_int(claims, "exp", &t.expires_at);
	t.claims = json_incref(claims);
	*out = t;
	return RG_OK;
}

void
access_token_clear(struct access_token *t)
{
	json_decref(t->claims);
	memset(t, 0, sizeof(*t));
}
