/* SPDX-License-Identifier: ISC */
/* Elliptic-curve public keys: RFC 7518 section 6.2.1, RFC 8037 section 2 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "jose/internal.h"

#define COORDINATE_MAX 66 /* P-521 */
#define ED25519_LEN 32

static size_t
coordinate_len(const char *crv)
{
	if (strcmp(crv, "P-256") == 0)
		return 32;
	return strcmp(crv, "P-384") == 0 ? 48 : COORDINATE_MAX;
}

/* The full length of the curve, leading zeros included: RFC 7518 6.2.1.2 */
static enum rg_err
coordinate(const json_t *obj, const char *name, uint8_t *out, size_t want)
{
	uint8_t raw[JWK_NUMBER_ROOM];
	size_t len = 0;
	enum rg_err r;

	if ((r = jwk_number(obj, name, raw, &len)) != RG_OK)
		return r;
	if (len != want)
		return RG_E_JWK_FORMAT;
	memcpy(out, raw, want);
	return RG_OK;
}

enum rg_err
jwk_ec_build(const json_t *obj, const char *crv, EVP_PKEY **out)
{
	uint8_t point[1 + 2 * COORDINATE_MAX];
	char group[16];
	size_t n = coordinate_len(crv);
	OSSL_PARAM params[3];
	enum rg_err r;

	*out = NULL;
	point[0] = 4; /* SEC 1 section 2.3.3: not compressed */
	if ((r = coordinate(obj, "x", point + 1, n)) != RG_OK)
		return r;
	if ((r = coordinate(obj, "y", point + 1 + n, n)) != RG_OK)
		return r;
	/* OSSL_PARAM has no const strings. */
	memset(group, 0, sizeof(group));
	memcpy(group, crv, strlen(crv));
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * n);
	params[2] = OSSL_PARAM_construct_end();
	/* This refuses a point that is not on the curve. */
	return jwk_from_params("EC", params, out);
}

enum rg_err
jwk_okp_build(const json_t *obj, EVP_PKEY **out)
{
	uint8_t point[ED25519_LEN];
	OSSL_PARAM params[2];
	enum rg_err r;

	*out = NULL;
	if ((r = coordinate(obj, "x", point, sizeof(point))) != RG_OK)
		return r;
	params[0] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	params[1] = OSSL_PARAM_construct_end();
	return jwk_from_params("ED25519", params, out);
}
