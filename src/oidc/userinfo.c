/* SPDX-License-Identifier: ISC */
#include "oidc/userinfo.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* For people to read; so is email, with what belongs to it. */
static const char *const shown[] = {
    "name", "preferred_username", "given_name", "family_name"};

/* What a token says of itself and of the sign-in. Absent there, it is absent.
 */
static const char *const of_tokens[] = {"iss", "sub", "aud", "azp", "exp",
    "nbf", "iat", "nonce", "at_hash", "c_hash", "s_hash", "sid", "jti", "uti",
    "acr", "acrs", "amr", "auth_time", "tid", "oid", "idp", "idtyp", "acct",
    "ver", "events"};

static bool
is_in(const char *const *list, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/*
 * An object in a list: no path leads into one (access/claim.h), so that no
 * mapping ever gives a role for what nobody signed.
 */
#define SHOWN "_userinfo"

const json_t *
userinfo_shown(const json_t *claims)
{
	return json_array_get(json_object_get(claims, SHOWN), 0);
}

static bool
is_taken(const char *name, const json_t *value, enum claims_from from)
{
	if (strcmp(name, "email") == 0 || strcmp(name, "email_verified") == 0)
		return false; /* take_email() */
	if (is_in(shown, COUNT(shown), name))
		return json_is_string(value);
	return from == CLAIMS_FROM_USERINFO &&
	       !is_in(of_tokens, COUNT(of_tokens), name);
}

/*
 * An address and whether it was verified are one statement: beside the address
 * of one document, the word of another would vouch for what it never saw.
 */
static enum rg_err
take_email(const json_t *doc, const json_t *claims, json_t *to)
{
	json_t *email = json_object_get(doc, "email");
	json_t *verified = json_object_get(doc, "email_verified");

	if (!json_is_string(email) || json_object_get(claims, "email") != NULL)
		return RG_OK;
	(void)json_object_del(to, "email_verified");
	if (json_object_set(to, "email", email) != 0 ||
	    (verified != NULL &&
		json_object_set(to, "email_verified", verified) != 0))
		return RG_E_NOMEM;
	return RG_OK;
}

/* What is taken of `doc` and absent in `claims`. */
static enum rg_err
fill_in(json_t *doc, enum claims_from from, const json_t *claims, json_t *to)
{
	const char *name;
	json_t *v;

	json_object_foreach(doc, name, v)
	{
		if (is_taken(name, v, from) &&
		    json_object_get(claims, name) == NULL &&
		    json_object_set(to, name, v) != 0)
			return RG_E_NOMEM;
	}
	return take_email(doc, claims, to);
}

static enum rg_err
take(json_t *doc, enum claims_from from, json_t *claims)
{
	enum rg_err r = RG_E_NOMEM;
	json_t *apart = NULL;

	if (from == CLAIMS_FROM_USERINFO)
		return fill_in(doc, from, claims, claims);
	if ((apart = json_object()) == NULL ||
	    fill_in(doc, from, claims, apart) != RG_OK)
		goto out;
	if (json_object_size(apart) > 0 &&
	    json_object_set_new(claims, SHOWN, json_pack("[O]", apart)) != 0)
		goto out;
	r = RG_OK;
out:
	json_decref(apart);
	return r;
}

enum rg_err
userinfo_apply(const char *text, size_t len, enum claims_from from,
    json_t *claims, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	json_t *doc = NULL;
	const char *sub, *ours = json_str(claims, "sub");

	if (len > USERINFO_MAX_TEXT ||
	    json_load_strict(text, len, &doc) != RG_OK) {
		r = err_set(e, RG_E_USERINFO, "not a strict JSON object");
		goto out;
	}
	sub = json_str(doc, "sub");
	if (sub == NULL || ours == NULL || strcmp(sub, ours) != 0) {
		r = err_set(e, RG_E_USERINFO_SUB, "%s",
		    sub == NULL ? "no sub" : "another sub");
		goto out;
	}
	if ((r = take(doc, from, claims)) != RG_OK)
		(void)err_set(e, r, "userinfo");
out:
	json_decref(doc);
	return r;
}

enum rg_err
userinfo_carry_over(const json_t *was, json_t *claims)
{
	json_t *list = json_object_get(was, SHOWN);

	return list == NULL || json_object_set(claims, SHOWN, list) == 0
		   ? RG_OK
		   : RG_E_NOMEM;
}

enum rg_err
userinfo_fetch(struct fetch *net, const char *endpoint,
    const struct provider *p, const char *access_token, json_t *claims,
    struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct fetch_response res = {0};
	struct err why = {0};

	if (endpoint == NULL) {
		r = err_set(
		    e, RG_E_USERINFO, "the provider has no userinfo_endpoint");
		goto out;
	}
	r = fetch(net,
	    &(struct fetch_request){
		.url = endpoint,
		.bearer = access_token,
		.ca_file = p->ca_file,
		.max_bytes = USERINFO_MAX_TEXT,
		.timeout_ms = p->timeout_ms,
		.allow_loopback_http = p->allow_loopback_http,
	    },
	    &res, &why);
	if (r != RG_OK) {
		r = err_set(
		    e, RG_E_USERINFO, "%s: %s", err_name(r), why.detail);
		goto out;
	}
	if (res.status != 200) {
		r = err_set(e, RG_E_USERINFO, "status %ld", res.status);
		goto out;
	}
	r = userinfo_apply(
	    buf_str(&res.body), res.body.len, p->claims_from, claims, e);
	if (r != RG_OK)
		goto out;
	r = RG_OK;
out:
	fetch_response_clear(&res);
	return r;
}

enum rg_err
userinfo_claims(struct fetch *net, const char *endpoint,
    const struct provider *p, const char *access_token, json_t *claims,
    enum rg_err *missing, struct err *e)
{
	enum rg_err r;

	(void)json_object_del(claims, SHOWN); /* nobody else writes it */
	if (!p->userinfo && p->claims_from != CLAIMS_FROM_USERINFO)
		return RG_OK;
	r = userinfo_fetch(net, endpoint, p, access_token, claims, e);
	if (r != RG_E_USERINFO || missing == NULL)
		return r;
	*missing = r;
	log_warn("userinfo.unavailable", "provider=%s detail=%s", p->name,
	    log_quote(e->detail));
	err_clear(e);
	return RG_OK;
}
