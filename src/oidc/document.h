/* SPDX-License-Identifier: ISC */
/*
 * Discovery documents and key sets: one good copy of each per issuer in
 * memory, behind it the cache that survives a restart, behind that the
 * provider. A text that does not pass validation never replaces a good one.
 * Private to oidc/.
 */
#ifndef RG_OIDC_DOCUMENT_H
#define RG_OIDC_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "net/fetch.h"
#include "oidc/discovery.h"
#include "oidc/oidc.h"
#include "oidc/provider.h"

/* What is known of one issuer; the parsed forms depend on entra, alg and
 * http_ok. */
struct documents {
	struct documents *next;
	char *issuer;
	const struct entra_tenancy *entra; /* the provider's */
	enum jose_alg alg;
	bool http_ok;
	struct discovery *discovery; /* NULL: none yet */
	struct jwks *keys;	     /* NULL: none yet */
	/* by enum oidc_document: when the provider gave it to us, and what */
	int64_t at[2];
	uint8_t digest[2][HASH_LEN];
	/* for bearer.c: when this process last looked into the cache for what
	 * others fetched, when for the key of a strange token, and when it
	 * last asked whether it may fetch some */
	int64_t checked_at, looked_at, asked_at;
};

struct oidc {
	const struct oidc_cache *cache; /* NULL: memory only */
	struct fetch *fetch;
	struct documents *all;
	struct client_memory *clients; /* oidc/token_request.h */
	struct app_token *app_tokens;  /* oidc/app_token.h */
	int64_t cold_wait_ms;	       /* REFRESH_..., shorter in tests */
	int64_t forced_wait_ms;
	/* Claims that the last refused token request was answered with. */
	struct buf challenge;
};

/* The entry of the provider's issuer, made when new; NULL: out of memory. */
struct documents *document_entry(struct oidc *, const struct provider *);

bool document_have(const struct documents *, enum oidc_document);

/* Frees the whole list. */
void document_free(struct documents **);

/*
 * Takes over what the cache has, if that is not older than ours, another text
 * and valid. True when it did: pointers into the old one are dangling then. The
 * same text with another time only changes its age.
 */
bool document_load(
    struct oidc *, struct documents *, enum oidc_document, int64_t now);

/*
 * Selects the key and checks the signature with the keys at hand. *others says
 * that other keys, if they can be had, deserve another look: for an unknown
 * kid, and without a kid, where only a signature that fails shows that there is
 * a new key. *key is borrowed; on RG_OK *claims is a new reference. The errors
 * of jwks_select() and jws_verify().
 */
enum rg_err document_verify(const struct documents *, const struct jws *,
    const struct jwk **key, json_t **claims, bool *others);

/*
 * Fetches one document from the provider into memory and cache. Keys need a
 * discovery document. On failure what is there stays.
 */
enum rg_err document_download(struct oidc *, struct documents *,
    const struct provider *, enum oidc_document, int64_t now, struct err *e);

#endif
