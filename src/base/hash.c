/* SPDX-License-Identifier: ISC */
#include "base/hash.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum rg_err
hash_sha256(const void *data, size_t len, uint8_t out[static HASH_LEN])
{
	/* SHA256() looks the algorithm up by its name each time. */
	static EVP_MD *algorithm;
	static EVP_MD_CTX *ctx;

	if (algorithm == NULL)
		algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (ctx == NULL)
		ctx = EVP_MD_CTX_new();
	if (algorithm == NULL || ctx == NULL ||
	    EVP_DigestInit_ex(ctx, algorithm, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, data, len) != 1 ||
	    EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		return RG_E_NOMEM;
	return RG_OK;
}

void
hash_hex(const uint8_t *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * len] = '\0';
}

bool
hash_equal(const void *a, size_t alen, const void *b, size_t blen)
{
	return alen == blen && CRYPTO_memcmp(a, b, alen) == 0;
}

bool
hash_equal_str(const char *a, const char *b)
{
	return hash_equal(a, strlen(a), b, strlen(b));
}
