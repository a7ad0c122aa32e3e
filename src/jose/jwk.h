/* SPDX-License-Identifier: ISC */
/*
 * JSON Web Keys (RFC 7517): public keys, checked when they are read and turned
 * into OpenSSL keys once. Each key is pinned to exactly one algorithm, because
 * an algorithm that a token may choose is an attack (RFC 8725 section 3.1).
 * Pure: no I/O, no clock.
 */
#ifndef RG_JOSE_JWK_H
#define RG_JOSE_JWK_H

#include <stddef.h>

#include <jansson.h>

#include "base/err.h"

#define JWKS_MAX_KEYS 128 /* Entra publishes up to a dozen, Keycloak a few */
#define JWKS_MAX_TEXT (512 * 1024)
#define JWK_KID_MAX 255

enum jose_alg {
	JOSE_RS256,
	JOSE_RS384,
	JOSE_RS512,
	JOSE_PS256,
	JOSE_PS384,
	JOSE_PS512,
	JOSE_ES256,
	JOSE_ES384,
	JOSE_ES512,
	JOSE_EDDSA,
	JOSE__MAX
};

/* The registered name, "RS256". */
const char *jose_alg_name(enum jose_alg);

/* Case-sensitive; -1 for a name that rolegate does not accept. */
int jose_alg_parse(const char *name);

struct jwk;
struct jwks;

/*
 * Reads one public key. `pin` fixes the algorithm (-1: the key's own "alg";
 * without that, RSA keys get `rsa_default`, others what their curve says). A
 * key whose "alg" differs from `pin` is refused. On RG_OK *out is the
 * caller's, for jwk_free(). Errors, in the order of the checks:
 *
 *   RG_E_JWK_FORMAT   not an object; kid, issuer, cloud_instance_name, use,
 *                     key_ops, kty, alg or crv of a wrong type (kid: 1 to
 * JWK_KID_MAX printable ASCII); a number that is not canonical base64url, an
 *                     RSA number with a leading zero byte or above 8192 bits,
 *                     a coordinate of a wrong length or off the curve
 *   RG_E_JWK_PRIVATE  members of a private or symmetric key
 *   RG_E_JWK_USE      "use" other than "sig", key_ops without "verify"
 *   RG_E_JWK_TYPE     kty other than RSA, EC, OKP; a curve other than P-256,
 *                     P-384, P-521, Ed25519
 *   RG_E_JWK_ALG      an unknown alg, not `pin`, or not fit for kty and crv
 *   RG_E_JWK_WEAK     RSA below 2048 bits, with an exponent that is even,
 *                     below 2^16 or above 2^32, with a factor below 752, or
 *                     with the mark of CVE-2017-15361
 *   RG_E_NOMEM, RG_E_INTERNAL
 */
enum rg_err jwk_parse(
    const json_t *obj, int pin, enum jose_alg rsa_default, struct jwk **out);
void jwk_free(struct jwk **);

/* "" when the key has none. Borrowed. */
const char *jwk_kid(const struct jwk *);
enum jose_alg jwk_alg(const struct jwk *);

/* Entra's "issuer" member of a key, or NULL. Borrowed. */
const char *jwk_issuer(const struct jwk *);

/* Its "cloud_instance_name", or NULL. Borrowed. */
const char *jwk_cloud(const struct jwk *);

/*
 * Reads a key set. Keys that are of other types or uses, malformed or too weak
 * are left out, as RFC 7517 section 5 advises; the others keep their order.
 * The set is refused when it is not strict JSON (RG_E_JSON), has no array of
 * objects (RG_E_JWK_FORMAT), is over a limit (RG_E_TOO_LARGE), has private
 * material (RG_E_JWK_PRIVATE), two usable keys of one kid (RG_E_JWK_DUPLICATE)
 * or no usable key at all (RG_E_JWKS_EMPTY; `e` names the reason of the last
 * one left out). On RG_OK *out is the caller's, for jwks_free().
 */
enum rg_err jwks_parse(const char *text, size_t len, enum jose_alg rsa_default,
    struct jwks **out, struct err *e);
void jwks_free(struct jwks **);

size_t jwks_count(const struct jwks *);

/*
 * The key for a token: by exact `kid`; when the token has none (NULL), the
 * only key whose algorithm is `alg`. RG_E_KID_UNKNOWN when no key fits,
 * RG_E_KID_MISSING when a token without a kid leaves a choice. That the alg of
 * a key found by kid fits is for jws_verify() to say. *out is borrowed from
 * the set.
 */
enum rg_err jwks_select(const struct jwks *, const char *kid, enum jose_alg alg,
    const struct jwk **out);

#endif
