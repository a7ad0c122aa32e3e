/* SPDX-License-Identifier: ISC */
#include "base/seal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/b64url.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/seal_internal.h"

#define ID_LEN SEAL_ID_LEN
#define KEY_LEN SEAL_KEY_LEN
#define NONCE_LEN 12
#define TAG_LEN 16
#define OVERHEAD (1 + ID_LEN + NONCE_LEN + TAG_LEN)
#define VERSION 1

enum rg_err
seal(const struct seal_keys *keys, const char *purpose, const void *plain,
    size_t len, struct buf *out)
{
	enum rg_err r = RG_E_INTERNAL;
	uint8_t raw[OVERHEAD + SEAL_MAX_PLAIN];
	char text[B64URL_ENC_LEN(sizeof(raw)) + 1];
	uint8_t *nonce = raw + 1 + ID_LEN, *ct = nonce + NONCE_LEN;
	EVP_CIPHER_CTX *ctx = NULL;
	int n = 0;

	if (len > SEAL_MAX_PLAIN) {
		r = RG_E_TOO_LARGE;
		goto out;
	}
	raw[0] = VERSION;
	memcpy(raw + 1, keys->k[0].id, ID_LEN);
	random_bytes(nonce, NONCE_LEN);
	if ((ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_EncryptInit_ex(
		ctx, EVP_aes_256_gcm(), NULL, keys->k[0].key, nonce) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, raw, 1 + ID_LEN) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)purpose,
		(int)strlen(purpose)) != 1 ||
	    EVP_EncryptUpdate(ctx, ct, &n, plain, (int)len) != 1 ||
	    n != (int)len || EVP_EncryptFinal_ex(ctx, ct + len, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, ct + len) != 1)
		goto out;
	b64url_encode(raw, OVERHEAD + len, text);
	buf_puts(out, text);
	r = buf_ok(out) ? RG_OK : RG_E_NOMEM;
out:
	EVP_CIPHER_CTX_free(ctx);
	return r;
}

static const uint8_t *
key_by_id(const struct seal_keys *keys, const uint8_t *id)
{
	size_t i;

	for (i = 0; i < keys->count; i++)
		if (memcmp(keys->k[i].id, id, ID_LEN) == 0 &&
		    (keys->k[i].until == 0 || clock_now() < keys->k[i].until))
			return keys->k[i].key;
	return NULL;
}

enum rg_err
seal_open(const struct seal_keys *keys, const char *purpose, const char *text,
    size_t len, struct buf *out)
{
	enum rg_err r = RG_E_SEAL;
	uint8_t raw[B64URL_DEC_LEN(B64URL_ENC_LEN(OVERHEAD + SEAL_MAX_PLAIN))];
	uint8_t plain[SEAL_MAX_PLAIN];
	const uint8_t *nonce = raw + 1 + ID_LEN, *ct = nonce + NONCE_LEN;
	const uint8_t *key;
	EVP_CIPHER_CTX *ctx = NULL;
	size_t n, plen;
	int got = 0, last = 0;

	if (len > B64URL_ENC_LEN(OVERHEAD + SEAL_MAX_PLAIN) ||
	    b64url_decode(text, len, raw, &n) != RG_OK || n < OVERHEAD ||
	    raw[0] != VERSION || (key = key_by_id(keys, raw + 1)) == NULL)
		goto out;
	plen = n - OVERHEAD;
	if ((ctx = EVP_CIPHER_CTX_new()) == NULL) {
		r = RG_E_NOMEM;
		goto out;
	}
	/* Not for what was sealed: a want of memory must not look forged. */
	if (EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) != 1) {
		r = RG_E_NOMEM;
		goto out;
	}
	if (EVP_DecryptUpdate(ctx, NULL, &got, raw, 1 + ID_LEN) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &got, (const uint8_t *)purpose,
		(int)strlen(purpose)) != 1 ||
	    EVP_DecryptUpdate(ctx, plain, &got, ct, (int)plen) != 1 ||
	    got != (int)plen ||
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, raw + n - TAG_LEN) != 1 ||
	    EVP_DecryptFinal_ex(ctx, plain + plen, &last) != 1)
		goto out;
	buf_put(out, plain, plen);
	r = buf_ok(out) ? RG_OK : RG_E_NOMEM;
out:
	EVP_CIPHER_CTX_free(ctx);
	explicit_bzero(plain, sizeof(plain));
	return r;
}

enum rg_err
seal_mac(const struct seal_keys *keys, const char *purpose, const char *text,
    char out[static SEAL_MAC_LEN + 1])
{
	uint8_t key[HASH_LEN], digest[HASH_LEN];
	enum rg_err r = RG_E_NOMEM;
	unsigned int n = 0;

	out[0] = '\0';

	/* A key of its own for each purpose, apart from the one that seals. */
	if (HMAC(EVP_sha256(), keys->k[0].key, KEY_LEN,
		(const unsigned char *)purpose, strlen(purpose), key,
		&n) == NULL ||
	    HMAC(EVP_sha256(), key, sizeof(key), (const unsigned char *)text,
		strlen(text), digest, &n) == NULL)
		goto out;
	hash_hex(digest, SEAL_MAC_LEN / 2, out);
	r = RG_OK;
out:
	explicit_bzero(key, sizeof(key));
	return r;
}
