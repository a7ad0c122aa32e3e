/* SPDX-License-Identifier: ISC */
/* RSA public keys, RFC 7518 section 6.3.1 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "jose/internal.h"

#define RSA_MIN_BITS 2048 /* RFC 7518 sections 3.3 and 3.5 */

/*
 * Odd and 2^16 < e < 2^32. The lower bound is the one of FIPS 186-5 section
 * A.1.1 and leaves out 1, which verifies anything, and 3, whose signatures are
 * forged wherever a verifier is lax about padding; the upper one bounds the
 * cost of a verification. In practice the exponent is 65537.
 */
static bool
exponent_is_sane(const BIGNUM *e)
{
	return BN_is_odd(e) && BN_num_bits(e) >= 17 && BN_num_bits(e) <= 32;
}

/*
 * CVE-2017-15361 (ROCA): the affected chips made primes that are powers of
 * 65537 modulo many small primes, so such a modulus is a power of 65537 modulo
 * each of them. An honest one passes for it in one of 10^8 cases.
 */
static bool
is_roca(const BIGNUM *n)
{
	static const unsigned char primes[] = {11, 13, 17, 19, 37, 53, 61, 71,
	    73, 79, 97, 103, 107, 109, 127, 151, 157};
	BN_ULONG residue, power, p;
	size_t i;

	for (i = 0; i < sizeof(primes); i++) {
		p = primes[i];
		residue = BN_mod_word(n, p);
		power = 1;
		do {
			power = power * 65537 % p;
		} while (power != residue && power != 1);
		if (power != residue)
			return false;
	}
	return true;
}

/*
 * NIST SP 800-89 section 5.3.3 asks for a modulus that is odd and has no
 * factor below 752. (It also asks for a proof that the modulus is composite;
 * that costs 4 ms to 120 ms a key, and only a provider that wants to be
 * impersonated would publish a prime.)
 */
static bool
has_small_factor(const BIGNUM *n)
{
	BN_ULONG d;

	if (!BN_is_odd(n))
		return true;
	for (d = 3; d < 752; d += 2) {
		if (BN_mod_word(n, d) == 0)
			return true;
	}
	return false;
}

static enum rg_err
build(const BIGNUM *n, const BIGNUM *e, EVP_PKEY **out)
{
	OSSL_PARAM_BLD *bld = NULL;
	OSSL_PARAM *params = NULL;
	enum rg_err r = RG_E_NOMEM;

	bld = OSSL_PARAM_BLD_new();
	if (bld == NULL ||
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) != 1 ||
	    (params = OSSL_PARAM_BLD_to_param(bld)) == NULL)
		goto out;
	r = jwk_from_params("RSA", params, out);
out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	return r;
}

/* Neither number may start with a zero byte: RFC 7518 section 2. */
static enum rg_err
read_number(const json_t *obj, const char *name, BIGNUM **out)
{
	uint8_t raw[JWK_NUMBER_ROOM];
	size_t len = 0;
	enum rg_err r;

	if ((r = jwk_number(obj, name, raw, &len)) != RG_OK)
		return r;
	if (raw[0] == 0)
		return RG_E_JWK_FORMAT;
	*out = BN_bin2bn(raw, (int)len, NULL);
	return *out != NULL ? RG_OK : RG_E_NOMEM;
}

enum rg_err
jwk_rsa_build(const json_t *obj, EVP_PKEY **out)
{
	BIGNUM *n = NULL, *e = NULL;
	enum rg_err r = RG_E_INTERNAL;

	*out = NULL;
	if ((r = read_number(obj, "n", &n)) != RG_OK ||
	    (r = read_number(obj, "e", &e)) != RG_OK)
		goto out;
	if (BN_num_bits(n) < RSA_MIN_BITS || !exponent_is_sane(e) ||
	    has_small_factor(n) || is_roca(n)) {
		r = RG_E_JWK_WEAK;
		goto out;
	}
	r = build(n, e, out);
out:
	BN_free(n);
	BN_free(e);
	return r;
}
