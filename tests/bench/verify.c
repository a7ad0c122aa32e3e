/* SPDX-License-Identifier: ISC */
/*
 * What one EVP_DigestVerify() of RS256 costs, in microseconds of CPU time: what
 * a bearer token that was not seen before can't cost less than.
 *
 *   verify BITS BYTES
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#define SECONDS 1.0
#define BYTES_MAX 65536
#define SIGNATURE_MAX 1024

static unsigned char data[BYTES_MAX];
static unsigned char signature[SIGNATURE_MAX];

static double
used(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static int
sign(EVP_PKEY *key, size_t len, size_t *siglen)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	*siglen = sizeof(signature);
	ok = ctx != NULL &&
	     EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestSign(ctx, signature, siglen, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static int
verify(EVP_PKEY *key, size_t len, size_t siglen)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	ok = ctx != NULL &&
	     EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestVerify(ctx, signature, siglen, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

int
main(int argc, char **argv)
{
	EVP_PKEY *key = NULL;
	double begun;
	size_t len, siglen;
	unsigned bits, n = 0;
	int status = 1;

	if (argc != 3 || (bits = (unsigned)atoi(argv[1])) < 2048 ||
	    bits > 8192 || (len = (size_t)atol(argv[2])) > sizeof(data)) {
		(void)fputs("usage: verify BITS BYTES\n", stderr);
		return 2;
	}
	(void)memset(data, 'x', sizeof(data));
	if ((key = EVP_RSA_gen(bits)) == NULL || !sign(key, len, &siglen))
		goto out;
	begun = used();
	do {
		if (!verify(key, len, siglen))
			goto out;
		n++;
	} while (used() - begun < SECONDS);
	(void)printf("%.1f\n", (used() - begun) * 1e6 / n);
	status = 0;
out:
	if (status != 0)
		(void)fputs("verify: failed\n", stderr);
	EVP_PKEY_free(key);
	return status;
}
