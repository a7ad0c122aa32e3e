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
 * key whose "alg" differs from `pin` is refused. Errors: RG_E_JWK_*.
 */
enum rg_err jwk_parse(
    const json_t *obj, int pin, enum jose_alg rsa_default, struct jwk **out);
void jwk_free(struct jwk **);

/* "" when the key has none. Borrowed. */
const char *jwk_kid(const struct jwk *);
enum jose_alg jwk_alg(const struct jwk *);

/* Entra's "issuer" member of a key, or NULL. Borrowed. */
const char *jwk_issuer(const struct jwk *);

/*
 * Reads a key set. Keys of other types or uses, and keys that are too weak,
 * are left out; the set is refused when it is malformed, has private material,
 * two keys of one kid, or no usable key at all (`e` names the reason of the
 * last one left out).
 */
enum rg_err jwks_parse(const char *text, size_t len, enum jose_alg rsa_default,
    struct jwks **out, struct err *e);
void jwks_free(struct jwks **);

size_t jwks_count(const struct jwks *);

/*
 * The key for a token: by exact `kid`; when the token has none (NULL), the
 * only key whose algorithm is `alg`. RG_E_KID_UNKNOWN, RG_E_KID_MISSING. The
 * key is borrowed from the set.
 */
enum rg_err jwks_select(const struct jwks *, const char *kid, enum jose_alg alg,
    const struct jwk **out);

#endif
