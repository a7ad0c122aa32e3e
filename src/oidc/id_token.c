/* SPDX-License-Identifier: ISC */
#include "oidc/id_token.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/url.h"
#include "jose/claims.h"
#include "jose/jws.h"
#include "oidc/refresh.h"

#define GUID_LEN 36
#define TENANT_MARK "{tenantid}"

static bool
is_guid(const char *s)
{
	size_t i;

	if (s == NULL || strlen(s) != GUID_LEN)
		return false;
	for (i = 0; i < GUID_LEN; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i] != '-')
				return false;
		} else if (strchr("0123456789abcdefABCDEF", s[i]) == NULL) {
			return false;
		}
	}
	return true;
}

/* The key may sign for `iss`; a template stands for each tenant's issuer. */
static bool
key_issuer_fits(const char *key_issuer, const char *iss, const char *tid)
{
	const char *mark = strcasestr(key_issuer, TENANT_MARK);
	size_t before;

	if (mark == NULL)
		return strcmp(key_issuer, iss) == 0;
	before = (size_t)(mark - key_issuer);
	return strncmp(iss, key_issuer, before) == 0 &&
	       strncasecmp(iss + before, tid, GUID_LEN) == 0 &&
	       strcmp(iss + before + GUID_LEN, mark + strlen(TENANT_MARK)) == 0;
}

/* Both issuer forms, v1 and v2, start their path with the tenant. */
static bool
issuer_names_tenant(const char *iss, const char *tid)
{
	struct url u;

	return url_parse(iss, &u) == RG_OK && u.path[0] == '/' &&
	       strncasecmp(u.path + 1, tid, GUID_LEN) == 0 &&
	       u.path[1 + GUID_LEN] == '/';
}

static bool
is_v2_issuer(const char *iss)
{
	size_t n = strlen(iss);

	return n > 5 && strcmp(iss + n - 5, "/v2.0") == 0;
}

enum rg_err
id_token_check_entra(const json_t *claims, const struct provider *p,
    const char *key_issuer, struct err *e)
{
	const char *tid = json_str(claims, "tid");
	const char *oid = json_str(claims, "oid");
	const char *iss = json_str(claims, "iss");
	const json_t *ver = json_object_get(claims, "ver");
	const char *name;
	json_t *v;

	/* "TID" beside "tid" is an attempt to be read differently elsewhere. */
	json_object_foreach((json_t *)(uintptr_t)claims, name,
	    v) if (strcasecmp(name, "tid") == 0 &&
		   strcmp(name, "tid") != 0) return err_set(e, RG_E_TID,
	    "a second tid claim");
	if (!is_guid(tid))
		return err_set(e, RG_E_TID, "no tid that is a GUID");
	if (p->tenant == NULL || strcasecmp(tid, p->tenant) != 0)
		return err_set(e, RG_E_TID, "it is %s", tid);
	if (!is_guid(oid))
		return err_set(e, RG_E_OID,
		    "is \"profile\" among the scopes? Entra leaves oid out "
		    "without it");
	if (iss == NULL || !issuer_names_tenant(iss, tid))
		return err_set(
		    e, RG_E_ISS, "the issuer is not of tenant %s", tid);
	/* An MSA key must not sign for an organisation, nor the reverse. */
	if (key_issuer != NULL && !key_issuer_fits(key_issuer, iss, tid))
		return err_set(e, RG_E_ISS,
		    "the key belongs to another issuer, \"%.120s\"",
		    key_issuer);
	if (ver != NULL && is_v2_issuer(iss) &&
	    (!json_is_string(ver) ||
		strcmp(json_string_value(ver), "2.0") != 0))
		return err_set(e, RG_E_ISS, "ver is not 2.0");
	return RG_OK;
}

/*
 * Selects the key and checks the signature. A second and a third look are
 * taken when other keys could be had: for an unknown kid, and for a provider
 * without kids, whose new key can only be noticed by a signature that fails.
 */
static enum rg_err
verify_signature(struct oidc *o, struct documents *d, const struct provider *p,
    const char *token, size_t len, int64_t now, struct buf *payload,
    const struct jwk **key, struct err *e)
{
	struct jws_header h;
	enum rg_err r;
	int looks;

	r = jws_peek(token, len, &h);
	if (r != RG_OK)
		return err_set(e, r, "the ID token");
	if (h.alg != p->alg)
		return err_set(e, RG_E_ALG_MISMATCH, "%s, configured is %s",
		    jose_alg_name(h.alg), jose_alg_name(p->alg));
	r = refresh_ensure(o, d, p, OIDC_KEYS, now, e);
	if (r != RG_OK)
		return r;
	for (looks = 0; looks < 3; looks++) {
		r = jwks_select(d->keys, h.has_kid ? h.kid : NULL, h.alg, key);
		if (r == RG_OK)
			r = jws_verify(token, len, *key, payload);
		if (r != RG_E_KID_UNKNOWN &&
		    !(r == RG_E_SIGNATURE && !h.has_kid))
			break;
		if (looks == 2 || !refresh_keys(o, d, p, now))
			break;
	}
	if (r != RG_OK)
		return err_set(e, r, "alg %s, kid \"%.64s\"",
		    jose_alg_name(h.alg), h.has_kid ? h.kid : "");
	return RG_OK;
}

enum rg_err
id_token_verify(struct oidc *o, struct documents *d, const struct provider *p,
    const char *token, size_t len, const struct id_token_expect *x,
    json_t **claims, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf payload = BUF_INIT;
	const struct jwk *key = NULL;
	json_t *doc = NULL;

	*claims = NULL;
	r = verify_signature(o, d, p, token, len, x->now, &payload, &key, e);
	if (r != RG_OK)
		goto out;
	if (json_load_strict(buf_str(&payload), payload.len, &doc) != RG_OK) {
		r = err_set(e, RG_E_PAYLOAD_JSON, "the ID token");
		goto out;
	}
	r = claims_check_id_token(doc,
	    &(struct claims_expect){
		.issuer = p->issuer,
		.audience = p->client_id,
		.nonce = x->nonce,
		.access_token = x->access_token,
		.alg = p->alg,
		.now = x->now,
		.skew = x->skew,
	    },
	    e);
	if (r != RG_OK)
		goto out;
	if (p->type == PROVIDER_ENTRA) {
		r = id_token_check_entra(doc, p, jwk_issuer(key), e);
		if (r != RG_OK)
			goto out;
	}
	*claims = doc;
	doc = NULL;
	r = RG_OK;
out:
	json_decref(doc);
	buf_clear(&payload);
	return r;
}
