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
 * Checks the shape of the whole token and reads the header. Nothing is verified
 * yet. Errors, in the order of the checks: RG_E_TOKEN_SIZE, RG_E_TOKEN_PARTS
 * (three, none empty), RG_E_TOKEN_BASE64, RG_E_HEADER_JSON, RG_E_ALG_MISSING,
 * RG_E_ALG_NONE, RG_E_ALG_UNSUPPORTED, RG_E_CRIT (crit or b64), RG_E_TYP
 * (there, and not one of the kind's), RG_E_KID_TYPE, RG_E_PAYLOAD_JSON.
 * jws_peek() is for JWS_PLAIN.
 */
enum rg_err jws_peek(const char *token, size_t len, struct jws_header *out);

/*
 * The same for any kind. With `unverified`, what the payload claims is put
 * there, a new reference: good for finding out whose key to verify with.
 */
enum rg_err jws_peek_as(enum jws_kind, const char *token, size_t len,
    struct jws_header *out, json_t **unverified);

/*
 * Verifies with `key`: the header's alg must be the key's, byte for byte, and
 * a kid in the header must be the key's if that has one. On RG_OK the payload
 * bytes are appended to `payload`; otherwise nothing is. After the errors of
 * jws_peek() come RG_E_ALG_MISMATCH, RG_E_KID_UNKNOWN and RG_E_SIGNATURE;
 * RG_E_NOMEM also when `payload` can't take the bytes. jws_verify() is for
 * JWS_PLAIN.
 */
enum rg_err jws_verify(
    const char *token, size_t len, const struct jwk *key, struct buf *payload);

enum rg_err jws_verify_as(enum jws_kind, const char *token, size_t len,
    const struct jwk *key, struct buf *payload);

/* The same, but any payload bytes are accepted (RFC 7515 vectors, the CLI). */
enum rg_err jws_verify_raw(
    const char *token, size_t len, const struct jwk *key, struct buf *payload);

#endif
