/* SPDX-License-Identifier: ISC */
#include "oidc/bearer.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "jose/jws.h"
#include "oidc/document.h"

/* The keys in memory, else in the cache; NULL when out of memory. */
static struct documents *
at_hand(struct oidc *o, const struct provider *p, int64_t now)
{
	struct documents *d = document_entry(o, p);

	if (d == NULL)
		return NULL;
	if (d->discovery == NULL)
		(void)document_load(o, d, OIDC_DISCOVERY, now);
	if (d->keys == NULL)
		(void)document_load(o, d, OIDC_KEYS, now);
	return d;
}

/*
 * As at_hand(), and a second later with what another process has fetched: a
 * key that the provider withdrew must not stay good here because nobody has
 * brought a token of the new one.
 */
static struct documents *
lately(struct oidc *o, const struct provider *p, int64_t now)
{
	struct documents *d = at_hand(o, p, now);

	if (d != NULL && d->checked_at != now) {
		d->checked_at = now;
		(void)document_load(o, d, OIDC_KEYS, now);
	}
	return d;
}

/*
 * Another process may have fetched the new key. The cache is in the database:
 * a flood of strange tokens must not read it for each of them.
 */
static bool
look_again(struct oidc *o, struct documents *d, int64_t now)
{
	if (d->looked_at == now)
		return false;
	d->looked_at = now;
	return document_load(o, d, OIDC_KEYS, now);
}

static enum rg_err
verify_signature(struct oidc *o, struct documents *d, const struct provider *p,
    const struct jws *t, int64_t now, const struct jwk **key, json_t **claims)
{
	enum rg_err r;
	bool others;

	if (jws_header(t)->alg != p->alg)
		return RG_E_ALG_MISMATCH;
	if (d->keys == NULL)
		return RG_E_JWKS_EMPTY;
	r = document_verify(d, t, key, claims, &others);
	if (others && look_again(o, d, now))
		r = document_verify(d, t, key, claims, &others);
	return r;
}

enum rg_err
bearer_verify(struct oidc *o, const struct provider *p, const struct jws *token,
    int64_t now, int64_t skew, struct access_token *out, struct err *e)
{
	const struct access_token_expect x = {
	    .now = now, .skew = skew, .own_typ = jws_header(token)->own_typ};
	struct documents *d = lately(o, p, now);
	const struct jwk *key = NULL;
	json_t *claims = NULL;
	enum rg_err r;

	memset(out, 0, sizeof(*out));
	if (d == NULL)
		return err_set(e, RG_E_NOMEM, "documents of %s", p->name);
	r = verify_signature(o, d, p, token, now, &key, &claims);
	if (r != RG_OK)
		return err_set(e, r, "a token of provider %s", p->name);
	r = access_token_check(claims, p,
	    &(struct entra_signer){
		.key_issuer = jwk_issuer(key),
		.key_cloud = jwk_cloud(key),
		.cloud = d->discovery == NULL ? NULL : d->discovery->cloud,
	    },
	    &x, out, e);
	json_decref(claims);
	return r;
}

static bool
is_old(const struct documents *d, int64_t now)
{
	return d->keys == NULL || d->at[OIDC_KEYS] > now ||
	       now >= clock_add(d->at[OIDC_KEYS], OIDC_DOCUMENT_AGE);
}

bool
bearer_should_fetch(
    struct oidc *o, const struct provider *p, enum rg_err r, int64_t now)
{
	const struct documents *d = at_hand(o, p, now);

	if (d == NULL ||
	    (d->asked_at != 0 && d->asked_at <= now &&
		now < clock_add(d->asked_at, BEARER_REFETCH_INTERVAL)))
		return false;
	switch (r) {
	case RG_OK:
		return is_old(d, now);
	case RG_E_KID_UNKNOWN:
	case RG_E_KID_MISSING:
	case RG_E_SIGNATURE:
	case RG_E_JWKS_EMPTY:
		return true;
	default:
		return false;
	}
}

bool
bearer_fetch(struct oidc *o, const struct provider *p, int64_t now)
{
	struct documents *d = document_entry(o, p);
	uint8_t before[HASH_LEN];
	struct err e = {RG_OK, ""};
	bool granted = o->cache == NULL;
	enum rg_err r;

	if (d == NULL)
		return false;
	d->asked_at = now;
	memcpy(before, d->digest[OIDC_KEYS], sizeof(before));
	if (o->cache != NULL &&
	    o->cache->may_fetch(o->cache->ctx, d->issuer, OIDC_BEARER, now,
		BEARER_REFETCH_INTERVAL, &granted) != RG_OK)
		granted = false;
	if (!granted)
		return document_load(o, d, OIDC_KEYS, now);
	/* jwks_uri may have moved; where it was is better than nowhere. */
	r = document_download(o, d, p, OIDC_DISCOVERY, now, &e);
	if (r == RG_OK || d->discovery != NULL)
		r = document_download(o, d, p, OIDC_KEYS, now, &e);
	if (r != RG_OK)
		log_warn("provider.fetch_failed",
		    "provider=%s for=bearer error=%s detail=%s", p->name,
		    err_name(e.code), log_quote(e.detail));
	return memcmp(before, d->digest[OIDC_KEYS], sizeof(before)) != 0;
}

bool
bearer_keys(struct oidc *o, const struct provider *p, int64_t now,
    uint8_t digest[static HASH_LEN])
{
	const struct documents *d = lately(o, p, now);

	if (d == NULL || d->keys == NULL)
		return false;
	memcpy(digest, d->digest[OIDC_KEYS], HASH_LEN);
	return true;
}
