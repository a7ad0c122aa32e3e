/* SPDX-License-Identifier: ISC */
/*
 * Private keys, and compact JWS made with them, signed with OpenSSL; and HS256
 * with libjwt, whose only includer this is. Pure: no I/O, no clock; what makes
 * a token unique is for the caller to draw.
 */
#ifndef RG_JOSE_SIGN_H
#define RG_JOSE_SIGN_H

#include <stddef.h>

#include <jansson.h>

#include "base/b64url.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "jose/jwk.h"

#define JOSE_KEY_MAX_PEM                                                       \
	((size_t)64 * 1024) /* certificates may be in it too                   \
			     */
#define JOSE_THUMBPRINT_LEN B64URL_ENC_LEN(HASH_LEN)

/* A private key that signs with exactly one algorithm. */
struct jose_key;

/*
 * Reads the first private key of a PEM text (PKCS#8, or the older forms of RSA
 * and EC). `alg` is JOSE_RS256, JOSE_PS256 or JOSE_ES256; -1: PS256 for an RSA
 * key, ES256 for a P-256 key. On RG_OK *out is the caller's, for
 * jose_key_free(). RG_E_KEY_ENCRYPTED, RG_E_JWK_FORMAT (no key in it),
 * RG_E_JWK_ALG (an algorithm that is not for this type of key or not one of
 * the three), RG_E_JWK_WEAK (RSA below 2048 bits), RG_E_TOO_LARGE, RG_E_NOMEM.
 */
enum rg_err jose_key_parse(
    const char *pem, size_t len, int alg, struct jose_key **out, struct err *e);

/* Wipes it. */
void jose_key_free(struct jose_key **);

enum jose_alg jose_key_alg(const struct jose_key *);

/*
 * The public half: the members that RFC 7638 section 3.2 names and no others,
 * so add kid, use and alg before you publish it. A new reference; NULL when
 * out of memory.
 */
json_t *jose_key_jwk(const struct jose_key *);

/*
 * Names for a key, base64url of a SHA-256: of the JWK (RFC 7638), or of the DER
 * SubjectPublicKeyInfo, which is what Keycloak calls a key that it was given
 * as a certificate. RG_E_NOMEM.
 */
enum rg_err jose_key_thumbprint(
    const struct jose_key *, char out[static JOSE_THUMBPRINT_LEN + 1]);
enum rg_err jose_key_spki_digest(
    const struct jose_key *, char out[static JOSE_THUMBPRINT_LEN + 1]);

/*
 * Appends header.payload.signature. `header` has the members beside "alg",
 * which is the key's, and "typ", which is "JWT"; NULL: none. `payload` is an
 * object. Both are borrowed and unchanged. RG_E_USAGE, RG_E_TOO_LARGE (more
 * than JWS_MAX_TOKEN bytes of either), RG_E_NOMEM, RG_E_INTERNAL; nothing is
 * appended then.
 */
enum rg_err jose_sign(const struct jose_key *, const json_t *header,
    const json_t *payload, struct buf *token);

#define JOSE_HS256_MIN 32 /* bytes of a secret: RFC 7518 section 3.2 */

/*
 * The same with HMAC-SHA-256, for a peer that knows nothing else and shares the
 * secret: `len` bytes, JOSE_HS256_MIN at least, else RG_E_JWK_WEAK. Not for a
 * process that serves others: libjwt 1.10.2 (write_js() in its jwt.c) reads at
 * NULL when there is no memory for the text that it is to sign.
 */
enum rg_err jose_sign_hs256(
    const char *secret, size_t len, const json_t *payload, struct buf *token);

#endif
