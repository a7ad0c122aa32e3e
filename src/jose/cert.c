/* SPDX-License-Identifier: ISC */
#include "jose/cert.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "jose/internal.h"

static bool
read_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

/* base64url of the digest of the DER form. */
static bool
thumbprint(const X509 *x, const EVP_MD *md, char *out)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (X509_digest(x, md, digest, &len) != 1)
		return false;
	b64url_encode(digest, len, out);
	return true;
}

enum rg_err
cert_parse(const char *pem, size_t len, const struct jose_key *key,
    struct cert *out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	X509 *x = NULL;
	BIO *in = NULL;

	memset(out, 0, sizeof(*out));
	if (len > JOSE_KEY_MAX_PEM) {
		r = err_set(e, RG_E_TOO_LARGE, "certificate of %zu bytes", len);
		goto out;
	}
	if ((in = BIO_new_mem_buf(pem, (int)len)) == NULL) {
		r = err_set(e, RG_E_NOMEM, "certificate");
		goto out;
	}
	if ((x = PEM_read_bio_X509(in, NULL, NULL, NULL)) == NULL) {
		r = err_set(e, RG_E_CERT_FORMAT,
		    "no certificate in it (-----BEGIN CERTIFICATE-----)");
		goto out;
	}
	if (!read_time(X509_get0_notBefore(x), &out->not_before) ||
	    !read_time(X509_get0_notAfter(x), &out->not_after)) {
		r = err_set(e, RG_E_CERT_FORMAT, "its validity can't be read");
		goto out;
	}
	/* Of a key that can't be read there is none, which equals no other. */
	if (EVP_PKEY_eq(X509_get0_pubkey(x), key->pkey) != 1) {
		r = err_set(
		    e, RG_E_CERT_KEY, "the certificate is of another key");
		goto out;
	}
	if (!thumbprint(x, EVP_sha1(), out->x5t) ||
	    !thumbprint(x, EVP_sha256(), out->x5t_s256)) {
		r = err_set(e, RG_E_NOMEM, "certificate");
		goto out;
	}
	r = RG_OK;
out:
	X509_free(x);
	BIO_free(in);
	ERR_clear_error();
	return r;
}
