/* SPDX-License-Identifier: ISC */
#include "oidc/logout_token.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "jose/claims.h"
#include "jose/jws.h"
#include "oidc/document.h"
#include "oidc/id_token.h"

#define EVENT "http://schemas.openid.net/event/backchannel-logout"
#define ID_MAX 255

enum rg_err
logout_token_provider(const struct provider *list, size_t count,
    const char *token, size_t len, const struct provider **out, struct err *e)
{
	enum rg_err r;
	struct jws *t = NULL;
	const json_t *claims;
	const char *iss;
	size_t i;

	*out = NULL;
	if (len > LOGOUT_TOKEN_MAX)
		return err_set(e, RG_E_TOKEN_SIZE, "%zu bytes", len);
	if ((r = jws_open(JWS_LOGOUT, token, len, &t)) != RG_OK)
		return err_set(e, r, "a logout token");
	r = RG_E_ISS;
	claims = jws_unverified(t);
	iss = json_str(claims, "iss");
	for (i = 0; iss != NULL && i < count && *out == NULL; i++) {
		if (list[i].type == PROVIDER_ENTRA ||
		    strcmp(list[i].issuer, iss) != 0)
			continue;
		r = RG_E_AUD;
		if (claims_has_audience(claims, list[i].client_id))
			*out = &list[i];
	}
	jws_free(&t);
	return *out != NULL ? RG_OK
			    : err_set(e, r, "a logout token of no provider");
}

static enum rg_err
check_times(const json_t *claims, int64_t now, int64_t skew, struct err *e)
{
	int64_t iat, exp;

	if (json_object_get(claims, "iat") == NULL)
		return err_set(e, RG_E_IAT_MISSING, "a logout token");
	if (!json_int(claims, "iat", &iat))
		return err_set(e, RG_E_TIME_TYPE, "iat of a logout token");
	if (iat > clock_add(now, skew))
		return err_set(e, RG_E_IAT_FUTURE, "iat %lld, now %lld",
		    (long long)iat, (long long)now);
	/* The jti is remembered for so long only. */
	if (now >= clock_add(clock_add(iat, LOGOUT_TOKEN_AGE), skew))
		return err_set(e, RG_E_EXPIRED, "iat %lld, now %lld",
		    (long long)iat, (long long)now);
	if (json_object_get(claims, "exp") == NULL)
		return RG_OK;
	if (!json_int(claims, "exp", &exp))
		return err_set(e, RG_E_TIME_TYPE, "exp of a logout token");
	if (clock_add(exp, skew) <= now)
		return err_set(e, RG_E_EXPIRED, "exp %lld, now %lld",
		    (long long)exp, (long long)now);
	return RG_OK;
}

/* Absent, or a string that can be one. */
static bool
fits(const json_t *claims, const char *name, bool *there)
{
	const json_t *v = json_object_get(claims, name);

	*there = v != NULL;
	return v == NULL || (json_is_string(v) && json_string_length(v) > 0 &&
				text_is_line(json_string_value(v), ID_MAX));
}

enum rg_err
logout_token_check(const json_t *claims, const struct provider *p, int64_t now,
    int64_t skew, struct err *e)
{
	enum rg_err r;
	const char *iss = json_str(claims, "iss");
	bool jti, sub, sid;

	if (iss == NULL || strcmp(iss, p->issuer) != 0)
		return err_set(e, RG_E_ISS, "of a logout token");
	if (!claims_has_audience(claims, p->client_id))
		return err_set(e, RG_E_AUD, "of a logout token");
	if ((r = check_times(claims, now, skew, e)) != RG_OK)
		return r;
	if (!fits(claims, "jti", &jti) || !jti)
		return err_set(e, RG_E_JTI_MISSING, "a logout token");
	if (!json_is_object(
		json_object_get(json_object_get(claims, "events"), EVENT)))
		return err_set(
		    e, RG_E_LOGOUT_EVENT, "events has no %s object", EVENT);
	/* What has a nonce may be an ID token. */
	if (json_object_get(claims, "nonce") != NULL)
		return err_set(e, RG_E_NONCE, "a logout token has none");
	if (!fits(claims, "sub", &sub) || !fits(claims, "sid", &sid) ||
	    (!sub && !sid))
		return err_set(e, RG_E_SUB, "neither sub nor sid is usable");
	return RG_OK;
}

enum rg_err
logout_token_verify(struct oidc *o, const struct provider *p, const char *token,
    size_t len, int64_t now, int64_t skew, json_t **claims, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct documents *d = document_entry(o, p);
	const struct jwk *key = NULL;
	json_t *doc = NULL;

	*claims = NULL;
	if (d == NULL) {
		r = err_set(e, RG_E_NOMEM, "documents of %s", p->name);
		goto out;
	}
	r = id_token_signature(
	    JWS_LOGOUT, o, d, p, token, len, now, &key, &doc, e);
	if (r != RG_OK)
		goto out;
	if ((r = logout_token_check(doc, p, now, skew, e)) != RG_OK)
		goto out;
	*claims = doc;
	doc = NULL;
	r = RG_OK;
out:
	json_decref(doc);
	return r;
}
