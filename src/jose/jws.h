/* SPDX-License-Identifier: ISC */
/* Compact JWS (RFC 7515 section 7.1) and nothing else. Pure. */
#ifndef RG_JOSE_JWS_H
#define RG_JOSE_JWS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "jose/jwk.h"

#define JWS_MAX_TOKEN (64 * 1024)

/* What a token is taken for; decides which "typ" it may have. */
enum jws_kind {
	JWS_PLAIN,  /* "JWT" in any case, or none */
	JWS_ACCESS, /* also "at+jwt", "application/at+jwt" (RFC 9068) */
	JWS_LOGOUT, /* also "logout+jwt" (Back-Channel Logout 1.0) */
	JWS__KINDS
};

/* What an unverified header says; good for finding the key, nothing else. */
struct jws_header {
	enum jose_alg alg;
	bool has_kid;
	bool own_typ; /* typ says more than "JWT" */
	char kid[JWK_KID_MAX + 1];
};

/*
 * A token taken apart once: to find out whose key to verify it with, and to
 * verify it. It borrows the token's bytes.
 */
struct jws;

/*
 * Checks the shape of the whole token and reads header and payload. Nothing is
 * verified yet. Errors, in the order of the checks: RG_E_TOKEN_SIZE,
 * RG_E_TOKEN_PARTS (three, none empty), RG_E_TOKEN_BASE64, RG_E_HEADER_JSON,
 * RG_E_ALG_MISSING, RG_E_ALG_NONE, RG_E_ALG_UNSUPPORTED, RG_E_CRIT (crit or
 * b64), RG_E_TYP (there, and not one of the kind's), RG_E_KID_TYPE,
 * RG_E_PAYLOAD_JSON. On RG_OK *out is the caller's, for jws_free().
 */
enum rg_err
jws_open(enum jws_kind, const char *token, size_t len, struct jws **out);
void jws_free(struct jws **);

/* What anybody could have written; borrowed. */
const struct jws_header *jws_header(const struct jws *);
const json_t *jws_unverified(const struct jws *);

/*
 * Verifies with `key`: the header's alg must be the key's, byte for byte, and
 * a kid in the header must be the key's if that has one. On RG_OK *claims is a
 * new reference to what the signed payload says; otherwise NULL:
 * RG_E_ALG_MISMATCH, RG_E_KID_UNKNOWN, RG_E_SIGNATURE, RG_E_NOMEM.
 */
enum rg_err
jws_verify(const struct jws *, const struct jwk *key, json_t **claims);

/*
 * The same in one go, but any payload bytes are accepted (RFC 7515 vectors,
 * the CLI): on RG_OK they are appended to `payload`, otherwise nothing is. The
 * errors of both; RG_E_NOMEM also when `payload` can't take the bytes.
 */
enum rg_err jws_verify_raw(
    const char *token, size_t len, const struct jwk *key, struct buf *payload);

#endif
