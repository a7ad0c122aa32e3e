/* SPDX-License-Identifier: ISC */
/* Compact JWS (RFC 7515 section 7.1) and nothing else. Pure. */
#ifndef RG_JOSE_JWS_H
#define RG_JOSE_JWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "jose/jwk.h"

#define JWS_MAX_TOKEN (64 * 1024)

/* What an unverified header says; good for finding the key, nothing else. */
struct jws_header {
	enum jose_alg alg;
	bool has_kid;
	char kid[JWK_KID_MAX + 1];
};

/*
 * Checks the shape of the whole token (size, three canonical non-empty parts,
 * strict JSON header and payload objects, alg accepted, no crit or b64, typ
 * absent or "JWT") and reads the header. Nothing is verified yet.
 */
enum rg_err jws_peek(const char *token, size_t len, struct jws_header *out);

/*
 * Verifies with `key`: the header's alg must be the key's, byte for byte, and
 * a kid in the header must be the key's if that has one. On RG_OK the payload
 * bytes are appended to `payload`; otherwise nothing is.
 */
enum rg_err jws_verify(
    const char *token, size_t len, const struct jwk *key, struct buf *payload);

/* The same, but any payload bytes are accepted (RFC 7515 vectors, the CLI). */
enum rg_err jws_verify_raw(
    const char *token, size_t len, const struct jwk *key, struct buf *payload);

#endif
