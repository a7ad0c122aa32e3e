/* SPDX-License-Identifier: ISC */
#include "oidc/document.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct documents *
document_entry(struct oidc *o, const struct provider *p)
{
	struct documents *d;

	for (d = o->all; d != NULL; d = d->next)
		if (d->alg == p->alg && d->entra == p->entra &&
		    d->http_ok == p->allow_loopback_http &&
		    strcmp(d->issuer, p->issuer) == 0)
			return d;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	d->issuer = strdup(p->issuer);
	if (d->issuer == NULL) {
		free(d);
		return NULL;
	}
	d->entra = p->entra;
	d->alg = p->alg;
	d->http_ok = p->allow_loopback_http;
	d->next = o->all;
	o->all = d;
	return d;
}

bool
document_have(const struct documents *d, enum oidc_document kind)
{
	return kind == OIDC_DISCOVERY ? d->discovery != NULL : d->keys != NULL;
}

void
document_free(struct documents **all)
{
	struct documents *d;

	while ((d = *all) != NULL) {
		*all = d->next;
		discovery_free(&d->discovery);
		jwks_free(&d->keys);
		free(d->issuer);
		free(d);
	}
}

/* Validates a text and, only then, puts it in the place of the one we have. */
static enum rg_err
install(struct documents *d, enum oidc_document kind, const struct buf *text,
    int64_t at, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct discovery *discovery = NULL;
	struct jwks *keys = NULL;
	uint8_t digest[HASH_LEN];

	if ((r = hash_sha256(buf_str(text), text->len, digest)) != RG_OK)
		return err_set(e, r, "installing a document");
	if (kind == OIDC_DISCOVERY) {
		r = discovery_parse(buf_str(text), text->len, d->issuer,
		    d->entra, d->http_ok, &discovery, e);
		if (r != RG_OK)
			return r;
		discovery_free(&d->discovery);
		d->discovery = discovery;
	} else {
		r = jwks_parse(buf_str(text), text->len, d->alg, &keys, e);
		if (r != RG_OK)
			return r;
		jwks_free(&d->keys);
		d->keys = keys;
	}
	d->at[kind] = at;
	memcpy(d->digest[kind], digest, sizeof(digest));
	return RG_OK;
}

bool
document_load(
    struct oidc *o, struct documents *d, enum oidc_document kind, int64_t now)
{
	struct buf text = BUF_INIT;
	struct err e = {0};
	uint8_t digest[HASH_LEN];
	int64_t at = 0;
	bool changed = false;

	if (o->cache == NULL ||
	    o->cache->load(o->cache->ctx, d->issuer, kind, &text, &at) != RG_OK)
		goto out;
	/* Not every process could save what it fetched. A copy of ours from the
	 * future (the clock was set back) gives way to any other. */
	if (document_have(d, kind) && at < d->at[kind] && d->at[kind] <= now)
		goto out;
	if (hash_sha256(buf_str(&text), text.len, digest) != RG_OK)
		goto out;
	if (document_have(d, kind) &&
	    memcmp(digest, d->digest[kind], sizeof(digest)) == 0) {
		d->at[kind] = at;
		goto out;
	}
	if (install(d, kind, &text, at, &e) != RG_OK) {
		log_warn("provider.cached_document_refused",
		    "issuer=%s error=%s detail=%s", d->issuer, err_name(e.code),
		    log_quote(e.detail));
		goto out;
	}
	changed = true;
out:
	buf_clear(&text);
	return changed;
}

enum rg_err
document_verify(const struct documents *d, const struct jws *t,
    const struct jwk **key, json_t **claims, bool *others)
{
	const struct jws_header *h = jws_header(t);
	enum rg_err r;

	r = jwks_select(d->keys, h->has_kid ? h->kid : NULL, h->alg, key);
	if (r == RG_OK)
		r = jws_verify(t, *key, claims);
	*others = r == RG_E_KID_UNKNOWN || (r == RG_E_SIGNATURE && !h->has_kid);
	return r;
}

enum rg_err
document_download(struct oidc *o, struct documents *d, const struct provider *p,
    enum oidc_document kind, int64_t now, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct fetch_response res = {0};
	struct buf url = BUF_INIT;

	if (kind == OIDC_DISCOVERY)
		discovery_url(&url, d->issuer);
	else if (d->discovery != NULL)
		buf_puts(&url, d->discovery->jwks_uri);
	if (!buf_ok(&url) || url.len == 0) {
		r = err_set(e, RG_E_INTERNAL, "no URL to fetch");
		goto out;
	}
	r = fetch(o->fetch,
	    &(struct fetch_request){
		.url = buf_str(&url),
		.ca_file = p->ca_file,
		.max_bytes = kind == OIDC_DISCOVERY ? DISCOVERY_MAX_TEXT
						    : (size_t)JWKS_MAX_TEXT,
		.timeout_ms = p->timeout_ms,
		.allow_loopback_http = p->allow_loopback_http,
	    },
	    &res, e);
	if (r != RG_OK)
		goto out;
	if (res.status != 200) {
		r = err_set(e, RG_E_NET_STATUS, "%s: status %ld",
		    kind == OIDC_DISCOVERY ? "discovery" : "keys", res.status);
		goto out;
	}
	r = install(d, kind, &res.body, now, e);
	if (r != RG_OK)
		goto out;
	if (o->cache != NULL &&
	    o->cache->save(o->cache->ctx, d->issuer, kind, buf_str(&res.body),
		res.body.len, now) != RG_OK)
		log_warn("provider.document_not_cached", "issuer=%s",
		    d->issuer); /* a restart will fetch again */
	r = RG_OK;
out:
	fetch_response_clear(&res);
	buf_clear(&url);
	return r;
}
