/* SPDX-License-Identifier: ISC */
#include "base/keypair.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "base/hash.h"

#define FILE_MAX 4096

struct keypair {
	EVP_PKEY *key;
	bool is_private;
	char id[HASH_HEX_LEN + 1];
};

/* A passphrase that is asked for would hang a timer's run. */
static int
no_passphrase(char *out, int size, int writing, void *ctx)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

static bool
find_id(struct keypair *k)
{
	uint8_t digest[HASH_LEN];
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(k->key, &der);
	bool ok;

	if (len <= 0)
		return false;
	ok = hash_sha256(der, (size_t)len, digest) == RG_OK;
	OPENSSL_free(der);
	if (ok)
		hash_hex(digest, KEYPAIR_ID_LEN / 2, k->id);
	return ok;
}

static enum rg_err
parse(const char *path, const struct buf *pem, bool is_private,
    struct keypair **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct keypair *k = NULL;
	BIO *in = NULL;

	if ((k = calloc(1, sizeof(*k))) == NULL || pem->len > FILE_MAX ||
	    (in = BIO_new_mem_buf(pem->p, (int)pem->len)) == NULL) {
		r = err_set(e, RG_E_NOMEM, "reading %s", path);
		goto out;
	}
	k->is_private = is_private;
	k->key = is_private
		     ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL)
		     : PEM_read_bio_PUBKEY(in, NULL, no_passphrase, NULL);
	ERR_clear_error();
	if (k->key == NULL || EVP_PKEY_is_a(k->key, "ED25519") != 1 ||
	    !find_id(k)) {
		r = err_set(e, RG_E_CONF, "%s is not an Ed25519 %s key in PEM",
		    path, is_private ? "private" : "public");
		goto out;
	}
	*out = k;
	k = NULL;
	r = RG_OK;
out:
	BIO_free(in);
	keypair_free(&k);
	return r;
}

enum rg_err
keypair_load(const char *path, struct keypair **out, struct err *e)
{
	enum rg_err r;
	struct buf pem = BUF_INIT;

	*out = NULL;
	if ((r = file_read_secret(path, FILE_MAX, &pem, e)) == RG_OK)
		r = parse(path, &pem, true, out, e);
	buf_clear(&pem);
	return r;
}

enum rg_err
keypair_load_public(const char *path, struct keypair **out, struct err *e)
{
	enum rg_err r;
	struct buf pem = BUF_INIT;

	*out = NULL;
	if ((r = file_read(path, FILE_MAX, &pem, e)) == RG_OK)
		r = parse(path, &pem, false, out, e);
	buf_clear(&pem);
	return r;
}

enum rg_err
keypair_create(const char *path, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	BIO *mem = BIO_new(BIO_s_secmem());
	char *text = NULL;
	long len;

	if (key == NULL || mem == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(
		mem, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    (len = BIO_get_mem_data(mem, &text)) <= 0) {
		r = err_set(e, RG_E_INTERNAL, "%s: no key could be made", path);
		goto out;
	}
	r = file_create_secret(path, text, (size_t)len, e);
out:
	BIO_free(mem);
	EVP_PKEY_free(key);
	return r;
}

void
keypair_free(struct keypair **k)
{
	if (*k != NULL)
		EVP_PKEY_free((*k)->key);
	free(*k);
	*k = NULL;
}

void
keypair_put_public(const struct keypair *k, struct buf *out)
{
	BIO *mem = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;

	if (mem != NULL && PEM_write_bio_PUBKEY(mem, k->key) == 1 &&
	    (len = BIO_get_mem_data(mem, &text)) > 0)
		buf_put(out, text, (size_t)len);
	else
		out->failed = true;
	BIO_free(mem);
}

const char *
keypair_id(const struct keypair *k)
{
	return k->id;
}

enum rg_err
keypair_sign(const struct keypair *k, const void *data, size_t len,
    uint8_t signature[static KEYPAIR_SIGNATURE_LEN])
{
	enum rg_err r = RG_E_INTERNAL;
	EVP_MD_CTX *md = NULL;
	size_t n = KEYPAIR_SIGNATURE_LEN;

	if (k->is_private && (md = EVP_MD_CTX_new()) != NULL &&
	    EVP_DigestSignInit(md, NULL, NULL, NULL, k->key) == 1 &&
	    EVP_DigestSign(md, signature, &n, data, len) == 1 &&
	    n == KEYPAIR_SIGNATURE_LEN)
		r = RG_OK;
	EVP_MD_CTX_free(md);
	return r;
}

bool
keypair_verify(const struct keypair *k, const void *data, size_t len,
    const uint8_t signature[static KEYPAIR_SIGNATURE_LEN])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good;

	good = md != NULL &&
	       EVP_DigestVerifyInit(md, NULL, NULL, NULL, k->key) == 1 &&
	       EVP_DigestVerify(
		   md, signature, KEYPAIR_SIGNATURE_LEN, data, len) == 1;
	ERR_clear_error();
	EVP_MD_CTX_free(md);
	return good;
}
