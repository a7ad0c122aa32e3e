/* SPDX-License-Identifier: ISC */
#include "oidc/oidc.h"

#include <stdlib.h>
#include <string.h>

#include "oidc/app_token.h"
#include "oidc/authorize.h"
#include "oidc/document.h"
#include "oidc/exchange.h"
#include "oidc/id_token.h"
#include "oidc/logout.h"
#include "oidc/refresh.h"
#include "oidc/token_request.h"
#include "oidc/userinfo.h"

struct oidc *
oidc_new(const struct oidc_cache *cache)
{
	struct oidc *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->cache = cache;
	o->cold_wait_ms = REFRESH_COLD_WAIT_MS;
	o->forced_wait_ms = REFRESH_FORCED_WAIT_MS;
	o->fetch = fetch_new();
	if (o->fetch == NULL)
		oidc_free(&o);
	return o;
}

void
oidc_free(struct oidc **o)
{
	if (*o == NULL)
		return;
	document_free(&(*o)->all);
	buf_clear(&(*o)->challenge);
	client_memory_free(&(*o)->clients);
	app_token_free(&(*o)->app_tokens);
	fetch_free(&(*o)->fetch);
	free(*o);
	*o = NULL;
}

/* The provider's documents with discovery at hand, fetched if need be. */
static enum rg_err
discover(struct oidc *o, const struct provider *p, int64_t now,
    struct documents **out, struct err *e)
{
	*out = document_entry(o, p);
	if (*out == NULL)
		return err_set(e, RG_E_NOMEM, "documents of %s", p->name);
	return refresh_ensure(o, *out, p, OIDC_DISCOVERY, now, e);
}

enum rg_err
oidc_begin(struct oidc *o, const struct provider *p, const struct oidc_begin *b,
    int64_t now, struct buf *url, struct err *e)
{
	struct documents *d;
	enum rg_err r;

	r = discover(o, p, now, &d, e);
	if (r != RG_OK)
		return r;
	return authorize_url(
	    url, d->discovery->authorization_endpoint, p, b, e);
}

/* Before the token is there, any tenant's issuer may be the one. */
static bool
is_issuer(const struct provider *p, const char *iss)
{
	if (p->entra == NULL)
		return strcmp(iss, p->issuer) == 0;
	return entra_is_metadata_issuer(p->entra, iss) ||
	       (entra_many_tenants(p->entra) &&
		   entra_is_token_issuer(p->entra, iss));
}

enum rg_err
oidc_check_iss(struct oidc *o, const struct provider *p, const char *iss,
    int64_t now, struct err *e)
{
	struct documents *d;
	enum rg_err r;

	/* Section 2.4: compared as strings, and always when it is there. */
	if (iss != NULL) {
		if (is_issuer(p, iss))
			return RG_OK;
		return err_set(e, RG_E_ISS_PARAM, "it is \"%.120s\"", iss);
	}
	r = discover(o, p, now, &d, e);
	if (r != RG_OK)
		return r;
	if (d->discovery->iss_parameter)
		return err_set(e, RG_E_ISS_PARAM,
		    "missing, though the provider says it sends it");
	return RG_OK;
}

enum rg_err
oidc_finish(struct oidc *o, const struct provider *p,
    const struct oidc_finish *f, int64_t now, struct oidc_tokens *tokens,
    json_t **claims, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct token_response *t = NULL;
	struct documents *d = NULL;
	json_t *found = NULL;

	*claims = NULL;
	if (tokens != NULL)
		memset(tokens, 0, sizeof(*tokens));
	/* Before the code is sent anywhere: that is what RFC 9207 is for. */
	r = oidc_check_iss(o, p, f->iss, now, e);
	if (r != RG_OK)
		goto out;
	if (f->nonce == NULL) {
		r = err_set(e, RG_E_USAGE, "no nonce");
		goto out;
	}
	r = discover(o, p, now, &d, e);
	if (r != RG_OK)
		goto out;
	buf_reset(&o->challenge);
	r = exchange_code(o, d->discovery->token_endpoint, p, f, now, &t, e);
	if (r != RG_OK && f->challenge != NULL)
		buf_put(f->challenge, buf_str(&o->challenge), o->challenge.len);
	if (r != RG_OK)
		goto out;
	r = id_token_verify(o, d, p, t->id_token, strlen(t->id_token),
	    &(struct id_token_expect){
		.nonce = f->nonce,
		.access_token = t->access_token,
		.now = now,
		.skew = f->skew,
	    },
	    &found, e);
	if (r != RG_OK)
		goto out;
	r = authn_check(found,
	    &(struct authn_expect){
		.step_up = f->step_up,
		.max_age = f->max_age,
		.now = now,
		.skew = f->skew,
	    },
	    e);
	if (r != RG_OK)
		goto out;
	r = userinfo_claims(o->fetch, d->discovery->userinfo_endpoint, p,
	    t->access_token, found, tokens == NULL ? NULL : &tokens->userinfo,
	    e);
	if (r != RG_OK)
		goto out;
	if (tokens != NULL) {
		tokens->access_token = t->access_token;
		tokens->refresh_token = t->refresh_token;
		t->access_token = t->refresh_token = NULL;
	}
	*claims = found;
	found = NULL;
	r = RG_OK;
out:
	json_decref(found);
	token_response_free(&t);
	return r;
}

enum rg_err
oidc_verify_id_token(struct oidc *o, const struct provider *p,
    const char *token, size_t len, const char *nonce, const char *access_token,
    int64_t now, int64_t skew, json_t **claims, struct err *e)
{
	struct documents *d = document_entry(o, p);

	*claims = NULL;
	if (d == NULL)
		return err_set(e, RG_E_NOMEM, "documents of %s", p->name);
	return id_token_verify(o, d, p, token, len,
	    &(struct id_token_expect){
		.nonce = nonce,
		.access_token = access_token,
		.now = now,
		.skew = skew,
	    },
	    claims, e);
}

/* The documents without asking the network: memory, else the cache. */
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

enum rg_err
oidc_logout_url(struct oidc *o, const struct provider *p,
    const char *post_logout_redirect_uri, const char *logout_hint, int64_t now,
    struct buf *url)
{
	const struct documents *d = at_hand(o, p, now);

	/* Old or not: a sign-out must not fail because the provider is down. */
	if (d == NULL)
		return RG_E_NOMEM;
	if (d->discovery == NULL || d->discovery->end_session_endpoint == NULL)
		return RG_E_NOT_FOUND;
	return logout_url(url, d->discovery->end_session_endpoint, p,
	    post_logout_redirect_uri, logout_hint);
}

enum rg_err
oidc_warm(struct oidc *o, const struct provider *p, int64_t now, struct err *e)
{
	struct documents *d;
	enum rg_err r;

	r = discover(o, p, now, &d, e);
	return r == RG_OK ? refresh_ensure(o, d, p, OIDC_KEYS, now, e) : r;
}

enum rg_err
oidc_ready(struct oidc *o, const struct provider *p, int64_t now, struct err *e)
{
	const struct documents *d = at_hand(o, p, now);

	/* An old copy is used until a newer one can be had. */
	if (d == NULL)
		return err_set(e, RG_E_NOMEM, "documents of %s", p->name);
	if (d->discovery == NULL)
		return err_set(
		    e, RG_E_DISCOVERY, "%s: not fetched yet", p->name);
	if (d->keys == NULL)
		return err_set(
		    e, RG_E_JWKS_EMPTY, "%s: not fetched yet", p->name);
	return RG_OK;
}

enum cert_state
oidc_certificate(struct oidc *o, const struct provider *p, int64_t now)
{
	return client_certificate(o, p, now);
}
