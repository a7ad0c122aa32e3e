/* SPDX-License-Identifier: ISC */
/* What the files of this room share and nobody else sees. */
#ifndef RG_JOSE_INTERNAL_H
#define RG_JOSE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "base/b64url.h"
#include "base/err.h"
#include "jose/jwk.h"

/*
 * The biggest number in a key, in bytes: an RSA modulus of 8192 bits. Each
 * doubling would cost four times the CPU time.
 */
#define JWK_NUMBER_MAX 1024
#define JWK_NUMBER_ROOM B64URL_DEC_LEN(B64URL_ENC_LEN(JWK_NUMBER_MAX))

struct jwk {
	enum jose_alg alg;
	size_t sig_len; /* bytes of every signature by this key */
	EVP_PKEY *pkey;
	EVP_MD_CTX *ready; /* initialised for alg and pkey; only ever copied */
	char *kid;	   /* "" when it has none */
	char *issuer;	   /* or NULL; likewise the next */
	char *cloud;
};

/* A private key: jose/sign.h */
struct jose_key {
	enum jose_alg alg;
	EVP_PKEY *pkey;
};

/* What an algorithm is made of, RFC 7518 section 3.1 and RFC 8037 */
struct alg_info {
	const char *name;
	const char *kty;
	const char *crv;    /* NULL for RSA */
	const char *digest; /* NULL when the signature scheme has its own */
	bool pss;
};

const struct alg_info *alg_info(enum jose_alg);

/*
 * Decodes the base64url member `name`: RG_E_JWK_FORMAT unless it is a string
 * of 1 to JWK_NUMBER_MAX canonically written bytes.
 */
enum rg_err jwk_number(const json_t *obj, const char *name,
    uint8_t out[static JWK_NUMBER_ROOM], size_t *len);

/*
 * Public keys from the members of a JWK. On RG_OK *out is the caller's;
 * RG_E_JWK_FORMAT, RG_E_JWK_WEAK. `crv` is the expected curve.
 */
enum rg_err jwk_rsa_build(const json_t *obj, EVP_PKEY **out);
enum rg_err jwk_ec_build(const json_t *obj, const char *crv, EVP_PKEY **out);
enum rg_err jwk_okp_build(const json_t *obj, EVP_PKEY **out);

/* EVP_PKEY_fromdata for a public key; takes over nothing. */
enum rg_err
jwk_from_params(const char *type, OSSL_PARAM params[], EVP_PKEY **out);

/* 1 to `max` printable ASCII characters, space included. */
bool jose_printable(const char *s, size_t max);

#endif
