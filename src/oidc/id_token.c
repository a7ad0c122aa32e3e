/* SPDX-License-Identifier: ISC */
#include "oidc/id_token.h"

#include <string.h>

#include "base/json.h"
#include "jose/claims.h"
#include "jose/jws.h"
#include "oidc/refresh.h"

enum rg_err
id_token_check_entra(const json_t *claims, const struct provider *p,
    const struct entra_signer *by, struct err *e)
{
	enum rg_err r;

	if (p->entra == NULL)
		return err_set(e, RG_E_INTERNAL, "no tenancy");
	if ((r = entra_check_tenancy(p->entra, claims, by, e)) != RG_OK)
		return r;
	/* The endpoint says which version an ID token has: ours is v2.0. */
	if (entra_version(claims) != 2)
		return err_set(e, RG_E_TOKEN_VERSION, "an ID token of v1.0");
	return entra_check_person(p->entra, claims, e);
}

/* A second and a third look are taken when other keys could be had. */
static enum rg_err
verify_with(struct oidc *o, struct documents *d, const struct provider *p,
    const struct jws *t, int64_t now, const struct jwk **key, json_t **claims)
{
	enum rg_err r;
	bool others;
	int looks;

	for (looks = 0;; looks++) {
		r = document_verify(d, t, key, claims, &others);
		if (!others || looks == 2 || !refresh_keys(o, d, p, now))
			return r;
	}
}

enum rg_err
id_token_signature(enum jws_kind kind, struct oidc *o, struct documents *d,
    const struct provider *p, const char *token, size_t len, int64_t now,
    const struct jwk **key, json_t **claims, struct err *e)
{
	const struct jws_header *h;
	struct jws *t = NULL;
	enum rg_err r;

	*claims = NULL;
	if ((r = jws_open(kind, token, len, &t)) != RG_OK)
		return err_set(e, r, "the token");
	h = jws_header(t);
	if (h->alg != p->alg)
		r = err_set(e, RG_E_ALG_MISMATCH, "%s, configured is %s",
		    jose_alg_name(h->alg), jose_alg_name(p->alg));
	else if ((r = refresh_ensure(o, d, p, OIDC_KEYS, now, e)) == RG_OK &&
		 (r = verify_with(o, d, p, t, now, key, claims)) != RG_OK)
		r = err_set(e, r, "alg %s, kid \"%.64s\"",
		    jose_alg_name(h->alg), h->has_kid ? h->kid : "");
	jws_free(&t);
	return r;
}

enum rg_err
id_token_verify(struct oidc *o, struct documents *d, const struct provider *p,
    const char *token, size_t len, const struct id_token_expect *x,
    json_t **claims, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	const struct jwk *key = NULL;
	json_t *doc = NULL;

	*claims = NULL;
	r = id_token_signature(
	    JWS_PLAIN, o, d, p, token, len, x->now, &key, &doc, e);
	if (r != RG_OK)
		goto out;
	/*
	 * A logout token may have typ JWT, and one that is refreshed needs no
	 * nonce: this is what tells them apart (OpenID Connect Back-Channel
	 * Logout 1.0 section 2.4, RFC 8417 section 4.1).
	 */
	if (json_object_get(doc, "events") != NULL) {
		r = err_set(e, RG_E_TYP, "it has events: no ID token");
		goto out;
	}
	/* Entra's issuer depends on tid; what is right was checked above it. */
	if (p->type == PROVIDER_ENTRA) {
		r = id_token_check_entra(doc, p,
		    &(struct entra_signer){
			.key_issuer = jwk_issuer(key),
			.key_cloud = jwk_cloud(key),
			.cloud =
			    d->discovery == NULL ? NULL : d->discovery->cloud,
		    },
		    e);
		if (r != RG_OK)
			goto out;
	}
	r = claims_check_id_token(doc,
	    &(struct claims_expect){
		.issuer = p->type == PROVIDER_ENTRA ? json_str(doc, "iss")
						    : p->issuer,
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
	*claims = doc;
	doc = NULL;
	r = RG_OK;
out:
	json_decref(doc);
	return r;
}
