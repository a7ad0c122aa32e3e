/* SPDX-License-Identifier: ISC */
#include "jose/sign.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <jwt.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/json.h"
#include "jose/internal.h"
#include "jose/jws.h"

#define RSA_MIN_BITS 2048 /* RFC 7518 sections 3.3 and 3.5 */
#define P256_BYTES 32

/* Instead of a prompt on the terminal: notes that one would have come. */
static int
no_passphrase(char *to, int size, int writing, void *asked)
{
	(void)to;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

static enum rg_err
read_pem(const char *pem, size_t len, EVP_PKEY **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	bool asked = false;
	BIO *in;

	if (len > JOSE_KEY_MAX_PEM)
		return err_set(e, RG_E_TOO_LARGE, "key of %zu bytes", len);
	if ((in = BIO_new_mem_buf(pem, (int)len)) == NULL)
		return err_set(e, RG_E_NOMEM, "private key");
	*out = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, &asked);
	if (asked)
		r = err_set(e, RG_E_KEY_ENCRYPTED,
		    "the key has a passphrase, which nobody could type at "
		    "start; store it without (openssl pkey)");
	else if (*out == NULL)
		r = err_set(e, RG_E_JWK_FORMAT,
		    "no private key in it (-----BEGIN PRIVATE KEY-----)");
	else
		r = RG_OK;
	BIO_free(in);
	ERR_clear_error();
	return r;
}

static bool
is_p256(EVP_PKEY *pkey)
{
	char group[32] = "";
	size_t len;

	/* No other kind of key has a group of this name. */
	return EVP_PKEY_get_group_name(pkey, group, sizeof(group), &len) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

/* The algorithm that the key will have, or why it can't have it. */
static enum rg_err
choose_alg(EVP_PKEY *pkey, int alg, enum jose_alg *out, struct err *e)
{
	bool rsa = EVP_PKEY_is_a(pkey, "RSA") == 1;

	if (!rsa && !is_p256(pkey))
		return err_set(
		    e, RG_E_JWK_ALG, "the key is neither RSA nor EC P-256");
	if (alg < 0)
		alg = rsa ? JOSE_PS256 : JOSE_ES256;
	if (rsa ? (alg != JOSE_RS256 && alg != JOSE_PS256) : alg != JOSE_ES256)
		return err_set(e, RG_E_JWK_ALG, "%s is not for an %s key",
		    jose_alg_name((enum jose_alg)alg),
		    rsa ? "RSA" : "EC P-256");
	if (rsa && EVP_PKEY_get_bits(pkey) < RSA_MIN_BITS)
		return err_set(e, RG_E_JWK_WEAK,
		    "the RSA key has %d bits; %d are the least",
		    EVP_PKEY_get_bits(pkey), RSA_MIN_BITS);
	*out = (enum jose_alg)alg;
	return RG_OK;
}

enum rg_err
jose_key_parse(
    const char *pem, size_t len, int alg, struct jose_key **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct jose_key *k = NULL;

	*out = NULL;
	if ((k = calloc(1, sizeof(*k))) == NULL) {
		r = err_set(e, RG_E_NOMEM, "private key");
		goto out;
	}
	if ((r = read_pem(pem, len, &k->pkey, e)) != RG_OK ||
	    (r = choose_alg(k->pkey, alg, &k->alg, e)) != RG_OK)
		goto out;
	*out = k;
	k = NULL;
	r = RG_OK;
out:
	jose_key_free(&k);
	return r;
}

void
jose_key_free(struct jose_key **kp)
{
	struct jose_key *k = *kp;

	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
	*kp = NULL;
}

enum jose_alg
jose_key_alg(const struct jose_key *k)
{
	return k->alg;
}

/* A number of the public key, base64url, padded to `width` bytes (0: not). */
static json_t *
number(const struct jose_key *k, const char *param, int width)
{
	uint8_t
	    bytes[JWK_NUMBER_MAX * 2]; /* OpenSSL's own limit is 16384 bits */
	char text[B64URL_ENC_LEN(sizeof(bytes)) + 1];
	BIGNUM *n = NULL;
	json_t *value = NULL;
	int len;

	if (EVP_PKEY_get_bn_param(k->pkey, param, &n) != 1)
		goto out;
	len = width > 0 ? width : BN_num_bytes(n);
	if (len > (int)sizeof(bytes) || BN_bn2binpad(n, bytes, len) != len)
		goto out;
	b64url_encode(bytes, (size_t)len, text);
	value = json_string(text);
out:
	BN_free(n);
	return value;
}

json_t *
jose_key_jwk(const struct jose_key *k)
{
	if (k->alg == JOSE_ES256)
		return json_pack("{s:s, s:s, s:o, s:o}", "kty", "EC", "crv",
		    "P-256", "x",
		    number(k, OSSL_PKEY_PARAM_EC_PUB_X, P256_BYTES), "y",
		    number(k, OSSL_PKEY_PARAM_EC_PUB_Y, P256_BYTES));
	return json_pack("{s:s, s:o, s:o}", "kty", "RSA", "n",
	    number(k, OSSL_PKEY_PARAM_RSA_N, 0), "e",
	    number(k, OSSL_PKEY_PARAM_RSA_E, 0));
}

enum rg_err
jose_key_thumbprint(
    const struct jose_key *k, char out[static JOSE_THUMBPRINT_LEN + 1])
{
	enum rg_err r = RG_E_NOMEM;
	uint8_t digest[HASH_LEN];
	struct buf text = BUF_INIT;
	json_t *jwk = jose_key_jwk(k);

	/* Section 3: sorted by name, no white space: what json_put() makes. */
	if (jwk == NULL || !json_put(&text, jwk))
		goto out;
	if ((r = hash_sha256(buf_str(&text), text.len, digest)) != RG_OK)
		goto out;
	b64url_encode(digest, sizeof(digest), out);
out:
	json_decref(jwk);
	buf_clear(&text);
	return r;
}

enum rg_err
jose_key_spki_digest(
    const struct jose_key *k, char out[static JOSE_THUMBPRINT_LEN + 1])
{
	uint8_t digest[HASH_LEN];
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(k->pkey, &der);
	enum rg_err r;

	if (len <= 0)
		return RG_E_NOMEM;
	if ((r = hash_sha256(der, (size_t)len, digest)) == RG_OK)
		b64url_encode(digest, sizeof(digest), out);
	OPENSSL_free(der);
	return r;
}

/* Appends base64url of the compact text of `value`. */
static enum rg_err
put_part(struct buf *out, const json_t *value)
{
	enum rg_err r = RG_E_NOMEM;
	struct buf text = BUF_INIT;
	char *b64 = NULL;

	if (!json_put(&text, value))
		goto out;
	if (text.len > JWS_MAX_TOKEN) {
		r = RG_E_TOO_LARGE; /* nobody would read it, we least of all */
		goto out;
	}
	if ((b64 = malloc(B64URL_ENC_LEN(text.len) + 1)) == NULL)
		goto out;
	b64url_encode(buf_str(&text), text.len, b64);
	buf_puts(out, b64);
	r = buf_ok(out) ? RG_OK : RG_E_NOMEM;
out:
	free(b64);
	buf_clear(&text);
	return r;
}

/*
 * RFC 7518 section 3.4: both numbers, 32 bytes each, where OpenSSL makes DER.
 * False when there is no memory.
 */
static bool
der_to_raw(uint8_t sig[static 2 * P256_BYTES], size_t *len)
{
	const unsigned char *der = sig;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)*len);
	bool ok;

	ok = pair != NULL &&
	     BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig, P256_BYTES) ==
		 P256_BYTES &&
	     BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig + P256_BYTES,
		 P256_BYTES) == P256_BYTES;
	*len = 2 * P256_BYTES;
	ECDSA_SIG_free(pair);
	return ok;
}

/* Appends the signature of what is there. */
static enum rg_err
put_signature(const struct jose_key *k, struct buf *token)
{
	enum rg_err r = RG_E_INTERNAL;
	const struct alg_info *alg = alg_info(k->alg);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	uint8_t sig[JWK_NUMBER_MAX * 2];
	char b64[B64URL_ENC_LEN(sizeof(sig)) + 1];
	size_t len = sizeof(sig);

	if (ctx == NULL || EVP_DigestSignInit_ex(ctx, &pctx, alg->digest, NULL,
			       NULL, k->pkey, NULL) != 1)
		goto out;
	/* RFC 7518 section 3.5: MGF1 with the same hash, salt as long as it. */
	if (alg->pss &&
	    (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1 ||
		EVP_PKEY_CTX_set_rsa_pss_saltlen(
		    pctx, RSA_PSS_SALTLEN_DIGEST) != 1))
		goto out;
	if (EVP_DigestSign(ctx, sig, &len, (const uint8_t *)buf_str(token),
		token->len) != 1 ||
	    (k->alg == JOSE_ES256 && !der_to_raw(sig, &len)))
		goto out;
	b64url_encode(sig, len, b64);
	buf_putc(token, '.');
	buf_puts(token, b64);
	r = buf_ok(token) ? RG_OK : RG_E_NOMEM;
out:
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return r;
}

static enum rg_err
sign_parts(const struct jose_key *k, const json_t *header,
    const json_t *payload, struct buf *token)
{
	enum rg_err r = RG_E_NOMEM;
	json_t *full =
	    json_pack("{s:s, s:s}", "typ", "JWT", "alg", jose_alg_name(k->alg));

	if (full == NULL ||
	    (header != NULL &&
		json_object_update(full, (json_t *)(uintptr_t)header) != 0))
		goto out;
	if ((r = put_part(token, full)) != RG_OK)
		goto out;
	buf_putc(token, '.');
	if ((r = put_part(token, payload)) != RG_OK)
		goto out;
	r = put_signature(k, token);
out:
	json_decref(full);
	return r;
}

enum rg_err
jose_sign(const struct jose_key *k, const json_t *header, const json_t *payload,
    struct buf *token)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf made = BUF_INIT;

	if (!json_is_object(payload) ||
	    (header != NULL && (!json_is_object(header) ||
				   json_object_get(header, "alg") != NULL ||
				   json_object_get(header, "typ") != NULL)))
		return RG_E_USAGE;
	r = sign_parts(k, header, payload, &made);
	if (r == RG_OK) {
		buf_put(token, made.p, made.len);
		r = buf_ok(token) ? RG_OK : RG_E_NOMEM;
	}
	buf_clear(&made);
	return r;
}

enum rg_err
jose_sign_hs256(
    const char *secret, size_t len, const json_t *payload, struct buf *token)
{
	enum rg_err r = RG_E_NOMEM;
	struct buf body = BUF_INIT;
	jwt_t *jwt = NULL;
	char *text = NULL;

	if (!json_is_object(payload) || len > INT_MAX)
		return RG_E_USAGE;
	if (len < JOSE_HS256_MIN)
		return RG_E_JWK_WEAK;
	if (!json_put(&body, payload) || jwt_new(&jwt) != 0)
		goto out;
	r = RG_E_INTERNAL;
	if (jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret,
		(int)len) != 0 ||
	    jwt_add_grants_json(jwt, buf_str(&body)) != 0 ||
	    (text = jwt_encode_str(jwt)) == NULL)
		goto out;
	buf_puts(token, text);
	r = buf_ok(token) ? RG_OK : RG_E_NOMEM;
out:
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
	jwt_free(jwt); /* wipes its copy of the secret */
	buf_clear(&body);
	return r;
}
