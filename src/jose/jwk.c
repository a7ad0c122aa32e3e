/* SPDX-License-Identifier: ISC */
#include "jose/jwk.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "jose/internal.h"

#define KEY_OPS_MAX 16

enum rg_err
jwk_number(const json_t *obj, const char *name,
    uint8_t out[static JWK_NUMBER_ROOM], size_t *len)
{
	const json_t *v = json_object_get(obj, name);
	const char *s = json_string_value(v);
	size_t n = json_string_length(v);

	/* n: 0 for what is no string */
	if (n == 0 || n > B64URL_ENC_LEN(JWK_NUMBER_MAX) ||
	    b64url_decode(s, n, out, len) != RG_OK)
		return RG_E_JWK_FORMAT;
	return RG_OK;
}

enum rg_err
jwk_from_params(const char *type, OSSL_PARAM params[], EVP_PKEY **out)
{
	EVP_PKEY_CTX *ctx = NULL;
	enum rg_err r = RG_E_NOMEM;

	*out = NULL;
	ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		goto out;
	r = RG_E_JWK_FORMAT;
	if (EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) != 1)
		goto out;
	r = RG_OK;
out:
	EVP_PKEY_CTX_free(ctx);
	return r;
}

/*
 * RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1. A provider that publishes one of
 * these has lost the key, whatever the key's type says.
 */
static bool
has_private_member(const json_t *obj)
{
	static const char *const names[] = {
	    "d", "p", "q", "dp", "dq", "qi", "oth", "k"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (json_object_get(obj, names[i]) != NULL)
			return true;
	}
	return false;
}

/* RFC 7517 section 4.3: unique strings, and "verify" must be one of them. */
static enum rg_err
check_key_ops(const json_t *ops)
{
	const char *s, *t;
	size_t i, j, n = json_array_size(ops);
	bool verify = false;

	if (ops == NULL)
		return RG_OK;
	if (!json_is_array(ops) || n > KEY_OPS_MAX)
		return RG_E_JWK_FORMAT;
	for (i = 0; i < n; i++) {
		if ((s = json_string_value(json_array_get(ops, i))) == NULL)
			return RG_E_JWK_FORMAT;
		for (j = 0; j < i; j++) {
			t = json_string_value(json_array_get(ops, j));
			if (strcmp(s, t) == 0)
				return RG_E_JWK_FORMAT;
		}
		if (strcmp(s, "verify") == 0)
			verify = true;
	}
	return verify ? RG_OK : RG_E_JWK_USE;
}

/* RFC 7517 section 4.2 */
static enum rg_err
check_use(const json_t *use)
{
	if (use == NULL)
		return RG_OK;
	if (!json_is_string(use))
		return RG_E_JWK_FORMAT;
	return strcmp(json_string_value(use), "sig") == 0 ? RG_OK
							  : RG_E_JWK_USE;
}

/* A copy of the optional string member `name`, `absent` when it isn't there. */
static enum rg_err
copy_member(const json_t *obj, const char *name, const char *absent, char **out)
{
	const json_t *v = json_object_get(obj, name);
	const char *s = absent;

	if (v != NULL) {
		s = json_string_value(v);
		if (s == NULL || !jose_printable(s, JWK_KID_MAX))
			return RG_E_JWK_FORMAT;
	}
	if (s != NULL && (*out = strdup(s)) == NULL)
		return RG_E_NOMEM;
	return RG_OK;
}

/* The algorithm of a key that names none. */
static enum rg_err
implied_alg(const char *kty, const char *crv, enum jose_alg rsa_default,
    enum jose_alg *out)
{
	const struct alg_info *a;
	unsigned i;

	if (strcmp(kty, "RSA") == 0) {
		*out = rsa_default;
		return RG_OK;
	}
	for (i = 0; i < JOSE__MAX; i++) {
		a = alg_info(i);
		if (strcmp(a->kty, kty) == 0 && strcmp(a->crv, crv) == 0) {
			*out = i;
			return RG_OK;
		}
	}
	return RG_E_JWK_TYPE;
}

/* Fixes the one algorithm of the key and proves that it fits type and curve. */
static enum rg_err
choose_alg(
    const json_t *obj, int pin, enum jose_alg rsa_default, enum jose_alg *out)
{
	const json_t *alg = json_object_get(obj, "alg");
	const json_t *kty = json_object_get(obj, "kty");
	const json_t *crv = json_object_get(obj, "crv");
	enum jose_alg implied;
	enum rg_err r;
	int named = pin;

	if (!json_is_string(kty) || (alg != NULL && !json_is_string(alg)))
		return RG_E_JWK_FORMAT;
	if (strcmp(json_string_value(kty), "RSA") != 0 &&
	    strcmp(json_string_value(kty), "EC") != 0 &&
	    strcmp(json_string_value(kty), "OKP") != 0)
		return RG_E_JWK_TYPE;
	if (strcmp(json_string_value(kty), "RSA") != 0 && !json_is_string(crv))
		return RG_E_JWK_FORMAT;
	r = implied_alg(json_string_value(kty), json_string_value(crv),
	    rsa_default, &implied);
	if (r != RG_OK)
		return r;
	if (alg != NULL) {
		named = jose_alg_parse(json_string_value(alg));
		if (named < 0 || (pin >= 0 && named != pin))
			return RG_E_JWK_ALG;
	}
	if (named < 0)
		named = (int)implied;
	/* A curve has one algorithm; RSA has six. */
	if (strcmp(alg_info((enum jose_alg)named)->kty,
		alg_info(implied)->kty) != 0 ||
	    (alg_info(implied)->crv != NULL && named != (int)implied))
		return RG_E_JWK_ALG;
	*out = (enum jose_alg)named;
	return RG_OK;
}

static enum rg_err
build_key(struct jwk *k, const json_t *obj)
{
	const struct alg_info *a = alg_info(k->alg);
	int size;
	enum rg_err r;

	if (a->crv == NULL)
		r = jwk_rsa_build(obj, &k->pkey);
	else if (k->alg == JOSE_EDDSA)
		r = jwk_okp_build(obj, &k->pkey);
	else
		r = jwk_ec_build(obj, a->crv, &k->pkey);
	if (r != RG_OK)
		return r;
	/*
	 * On a curve: two numbers as long as its own, RFC 7518 section 3.4 and
	 * RFC 8032 section 5.1.6.
	 */
	size = a->crv != NULL ? (EVP_PKEY_get_bits(k->pkey) + 7) / 8 * 2
			      : EVP_PKEY_get_size(k->pkey);
	if (size <= 0)
		return RG_E_INTERNAL;
	k->sig_len = (size_t)size;
	return RG_OK;
}

/*
 * All that a verification needs but the token. RFC 7518 section 3.5: the salt
 * is as long as the digest, and MGF1 uses the same digest.
 */
static enum rg_err
prepare(struct jwk *k)
{
	const struct alg_info *a = alg_info(k->alg);
	EVP_PKEY_CTX *ctx = NULL; /* belongs to k->ready */

	k->ready = EVP_MD_CTX_new();
	if (k->ready == NULL || EVP_DigestVerifyInit_ex(k->ready, &ctx,
				    a->digest, NULL, NULL, k->pkey, NULL) != 1)
		return RG_E_NOMEM;
	if (a->pss &&
	    (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1 ||
		EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) !=
		    1))
		return RG_E_INTERNAL;
	return RG_OK;
}

enum rg_err
jwk_parse(
    const json_t *obj, int pin, enum jose_alg rsa_default, struct jwk **out)
{
	struct jwk *k = NULL;
	enum rg_err r = RG_E_INTERNAL;

	*out = NULL;
	/* libcurl's TLS must not find our failures in OpenSSL's error queue. */
	ERR_set_mark();
	if (pin >= JOSE__MAX || (unsigned)rsa_default > JOSE_PS512) {
		r = RG_E_INTERNAL;
		goto out;
	}
	if (has_private_member(obj)) {
		r = RG_E_JWK_PRIVATE;
		goto out;
	}
	if ((k = calloc(1, sizeof(*k))) == NULL) {
		r = RG_E_NOMEM;
		goto out;
	}
	if ((r = copy_member(obj, "kid", "", &k->kid)) != RG_OK ||
	    (r = copy_member(obj, "issuer", NULL, &k->issuer)) != RG_OK ||
	    (r = copy_member(obj, "cloud_instance_name", NULL, &k->cloud)) !=
		RG_OK ||
	    (r = check_use(json_object_get(obj, "use"))) != RG_OK ||
	    (r = check_key_ops(json_object_get(obj, "key_ops"))) != RG_OK ||
	    (r = choose_alg(obj, pin, rsa_default, &k->alg)) != RG_OK ||
	    (r = build_key(k, obj)) != RG_OK || (r = prepare(k)) != RG_OK)
		goto out;
	*out = k;
	k = NULL;
	r = RG_OK;
out:
	jwk_free(&k);
	ERR_pop_to_mark();
	return r;
}

void
jwk_free(struct jwk **k)
{
	if (*k == NULL)
		return;
	EVP_MD_CTX_free((*k)->ready);
	EVP_PKEY_free((*k)->pkey);
	free((*k)->kid);
	free((*k)->issuer);
	free((*k)->cloud);
	free(*k);
	*k = NULL;
}

const char *
jwk_kid(const struct jwk *k)
{
	return k->kid;
}

enum jose_alg
jwk_alg(const struct jwk *k)
{
	return k->alg;
}

const char *
jwk_issuer(const struct jwk *k)
{
	return k->issuer;
}

const char *
jwk_cloud(const struct jwk *k)
{
	return k->cloud;
}
