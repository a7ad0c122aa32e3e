/* SPDX-License-Identifier: ISC */
#include "jose/keygen.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

enum rg_err
jose_key_generate(struct buf *pem)
{
	enum rg_err r = RG_E_INTERNAL;
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	if (pkey == NULL || bio == NULL ||
	    PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) != 1)
		goto out;
	len = BIO_get_mem_data(bio, &text);
	if (len <= 0)
		goto out;
	buf_put(pem, text, (size_t)len);
	OPENSSL_cleanse(text, (size_t)len);
	r = buf_ok(pem) ? RG_OK : RG_E_NOMEM;
out:
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	return r;
}
