/* SPDX-License-Identifier: ISC */
/* Keys and self-signed certificates as PEM. After <cmocka.h>. */
#ifndef RG_TESTS_CERT_UTIL_H
#define RG_TESTS_CERT_UTIL_H

#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define PEM_MAX 8192
#define DAY 86400

static inline void
pem_take(BIO *mem, char out[static PEM_MAX])
{
	int n = BIO_read(mem, out, PEM_MAX - 1);

	assert_true(n > 0);
	out[n] = '\0';
	BIO_free(mem);
}

/* The private key; protected if `pass` is not NULL. */
static inline void
pem_key(EVP_PKEY *key, const char *pass, char out[static PEM_MAX])
{
	BIO *mem = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(mem, key,
			     pass == NULL ? NULL : EVP_aes_256_cbc(), pass,
			     pass == NULL ? 0 : (int)strlen(pass), NULL, NULL),
	    1);
	pem_take(mem, out);
}

/* A certificate of `key` from `from` to `to` (seconds since 1970). */
static inline void
pem_cert(EVP_PKEY *key, int64_t from, int64_t to, char out[static PEM_MAX])
{
	X509 *x = X509_new();
	BIO *mem = BIO_new(BIO_s_mem());

	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), from));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), to));
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(mem, x), 1);
	pem_take(mem, out);
	X509_free(x);
}

#endif
