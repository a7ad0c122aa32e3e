/* SPDX-License-Identifier: ISC */
#include "jose/jws.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "base/b64url.h"
#include "base/json.h"
#include "jose/internal.h"

#define DER_MAX 160 /* two integers of P-521 are 139 bytes of DER */

/* The typ of each kind besides "JWT" and none, in lower case. */
static const char *const own_types[JWS__KINDS][2] = {
    [JWS_ACCESS] = {"at+jwt", "application/at+jwt"},
    [JWS_LOGOUT] = {"logout+jwt", "application/logout+jwt"},
};

struct bytes {
	uint8_t *p;
	size_t len;
};

/* The parts point into `mem`. */
struct jws {
	uint8_t *mem;
	size_t mem_len;
	struct bytes head, payload, sig;
	const char *token; /* borrowed; what is signed of it: */
	size_t signed_len; /* its bytes before the second dot */
	struct jws_header header;
	json_t *claims; /* of the payload; NULL: it may be anything */
};

void
jws_free(struct jws **tp)
{
	struct jws *t = *tp;

	if (t == NULL)
		return;
	/* The payload is about a person. */
	if (t->mem != NULL)
		explicit_bzero(t->mem, t->mem_len);
	free(t->mem);
	json_decref(t->claims);
	free(t);
	*tp = NULL;
}

/*
 * Finds the two dots. Stops at a third one, so that a token of dots costs
 * nothing (CVE-2025-30204).
 */
static enum rg_err
find_dots(const char *token, size_t len, size_t dot[static 2])
{
	const char *at = token, *end = token + len;
	size_t n;

	for (n = 0; (at = memchr(at, '.', (size_t)(end - at))) != NULL; n++) {
		if (n == 2)
			return RG_E_TOKEN_PARTS;
		dot[n] = (size_t)(at++ - token);
	}
	if (n != 2 || dot[0] == 0 || dot[1] == dot[0] + 1 || dot[1] == len - 1)
		return RG_E_TOKEN_PARTS;
	return RG_OK;
}

/* RFC 7515 section 5.2 steps 1 to 3 */
static enum rg_err
split(const char *token, size_t len, struct jws *out)
{
	size_t dot[2] = {0, 0};
	enum rg_err r;

	if (len > JWS_MAX_TOKEN)
		return RG_E_TOKEN_SIZE;
	if ((r = find_dots(token, len, dot)) != RG_OK)
		return r;
	out->token = token;
	out->signed_len = dot[1];
	out->mem_len = B64URL_DEC_LEN(len) + 8; /* three parts round up */
	if ((out->mem = malloc(out->mem_len)) == NULL)
		return RG_E_NOMEM;
	out->head.p = out->mem;
	r = b64url_decode(token, dot[0], out->head.p, &out->head.len);
	if (r != RG_OK)
		return r;
	out->payload.p = out->head.p + out->head.len;
	r = b64url_decode(token + dot[0] + 1, dot[1] - dot[0] - 1,
	    out->payload.p, &out->payload.len);
	if (r != RG_OK)
		return r;
	out->sig.p = out->payload.p + out->payload.len;
	return b64url_decode(
	    token + dot[1] + 1, len - dot[1] - 1, out->sig.p, &out->sig.len);
}

static enum rg_err
read_alg(const json_t *header, enum jose_alg *out)
{
	const char *name = json_str(header, "alg");
	int alg;

	if (name == NULL)
		return RG_E_ALG_MISSING;
	/* Other libraries have taken "nOnE" for none: it deserves its name. */
	if (strcasecmp(name, "none") == 0)
		return RG_E_ALG_NONE;
	if ((alg = jose_alg_parse(name)) < 0)
		return RG_E_ALG_UNSUPPORTED;
	*out = (enum jose_alg)alg;
	return RG_OK;
}

/* kid is text from a stranger: only ever compared, never looked up by. */
static enum rg_err
read_kid(const json_t *header, struct jws_header *out)
{
	const json_t *v = json_object_get(header, "kid");
	const char *kid = json_string_value(v);

	if (v == NULL)
		return RG_OK;
	if (kid == NULL || !jose_printable(kid, JWK_KID_MAX))
		return RG_E_KID_TYPE;
	out->has_kid = true;
	memcpy(out->kid, kid, strlen(kid) + 1);
	return RG_OK;
}

/* RFC 8725 section 3.11: no other kind of token passes for this one. */
static enum rg_err
read_typ(const json_t *header, enum jws_kind kind, struct jws_header *out)
{
	const json_t *v = json_object_get(header, "typ");
	const char *typ = json_string_value(v);
	size_t i;

	if (v == NULL || (typ != NULL && strcasecmp(typ, "JWT") == 0))
		return RG_OK;
	for (i = 0; typ != NULL && i < 2 && own_types[kind][i] != NULL; i++) {
		if (strcasecmp(typ, own_types[kind][i]) == 0) {
			out->own_typ = true;
			return RG_OK;
		}
	}
	return RG_E_TYP;
}

/*
 * jku, jwk, x5u and x5c are not looked at: a token can't bring its own key
 * (RFC 8725 section 3.10).
 */
static enum rg_err
read_header(
    const struct bytes *text, enum jws_kind kind, struct jws_header *out)
{
	json_t *header = NULL;
	enum rg_err r = RG_E_INTERNAL;

	memset(out, 0, sizeof(*out));
	if (json_load_strict((const char *)text->p, text->len, &header) !=
	    RG_OK) {
		r = RG_E_HEADER_JSON;
		goto out;
	}
	if ((r = read_alg(header, &out->alg)) != RG_OK)
		goto out;
	/* No extension is understood: RFC 7515 section 4.1.11, RFC 7797 */
	if (json_object_get(header, "crit") != NULL ||
	    json_object_get(header, "b64") != NULL) {
		r = RG_E_CRIT;
		goto out;
	}
	if ((r = read_typ(header, kind, out)) == RG_OK)
		r = read_kid(header, out);
out:
	json_decref(header);
	return r;
}

/* Everything that can be said of a token without a key. */
static enum rg_err
open_as(enum jws_kind kind, bool any_payload, const char *token, size_t len,
    struct jws **out)
{
	struct jws *t = NULL;
	enum rg_err r = RG_E_INTERNAL;

	*out = NULL;
	if ((t = calloc(1, sizeof(*t))) == NULL) {
		r = RG_E_NOMEM;
		goto out;
	}
	if ((r = split(token, len, t)) != RG_OK ||
	    (r = read_header(&t->head, kind, &t->header)) != RG_OK)
		goto out;
	if (!any_payload && json_load_strict((const char *)t->payload.p,
				t->payload.len, &t->claims) != RG_OK) {
		r = RG_E_PAYLOAD_JSON;
		goto out;
	}
	*out = t;
	t = NULL;
	r = RG_OK;
out:
	jws_free(&t);
	return r;
}

enum rg_err
jws_open(enum jws_kind kind, const char *token, size_t len, struct jws **out)
{
	return open_as(kind, false, token, len, out);
}

const struct jws_header *
jws_header(const struct jws *t)
{
	return &t->header;
}

const json_t *
jws_unverified(const struct jws *t)
{
	return t->claims;
}

/*
 * ECDSA signatures are r and s side by side (RFC 7518 section 3.4), OpenSSL
 * wants them in DER. It refuses r and s outside 1 to n - 1 (CVE-2022-21449 was
 * a verifier that did not); the vectors hold it to that.
 */
static bool
to_der(const struct bytes *raw, uint8_t der[static DER_MAX], size_t *der_len)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw->p, (int)(raw->len / 2), NULL);
	BIGNUM *s = BN_bin2bn(raw->p + raw->len / 2, (int)(raw->len / 2), NULL);
	bool ok = false;
	int n;

	/* ECDSA_SIG_set0() refuses NULL for r or s. */
	if (sig == NULL || ECDSA_SIG_set0(sig, r, s) != 1)
		goto out;
	r = s = NULL; /* sig owns them now */
	n = i2d_ECDSA_SIG(sig, NULL);
	if (n <= 0 || n > DER_MAX)
		goto out;
	n = i2d_ECDSA_SIG(sig, &der);
	if (n <= 0)
		goto out;
	*der_len = (size_t)n;
	ok = true;
out:
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return ok;
}

static enum rg_err
check_signature(const struct jws *t, const struct jwk *key)
{
	uint8_t der[DER_MAX];
	struct bytes s = t->sig;
	EVP_MD_CTX *ctx = NULL;
	enum rg_err r = RG_E_SIGNATURE;

	/* libcurl's TLS must not find our failures in OpenSSL's error queue. */
	ERR_set_mark();
	if (s.len != key->sig_len)
		goto out;
	if (strcmp(alg_info(key->alg)->kty, "EC") == 0) {
		if (!to_der(&t->sig, der, &s.len))
			goto out;
		s.p = der;
	}
	/* Copying a prepared context is cheaper than preparing another. */
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL || EVP_MD_CTX_copy_ex(ctx, key->ready) != 1) {
		r = RG_E_NOMEM;
		goto out;
	}
	if (EVP_DigestVerify(ctx, s.p, s.len, (const unsigned char *)t->token,
		t->signed_len) != 1)
		goto out;
	r = RG_OK;
out:
	EVP_MD_CTX_free(ctx);
	ERR_pop_to_mark();
	return r;
}

static enum rg_err
check(const struct jws *t, const struct jwk *key)
{
	/* Names are parsed case-sensitively: equal values are equal bytes. */
	if (t->header.alg != key->alg)
		return RG_E_ALG_MISMATCH;
	if (t->header.has_kid && key->kid[0] != '\0' &&
	    strcmp(t->header.kid, key->kid) != 0)
		return RG_E_KID_UNKNOWN;
	return check_signature(t, key);
}

enum rg_err
jws_verify(const struct jws *t, const struct jwk *key, json_t **claims)
{
	enum rg_err r = check(t, key);

	*claims = r == RG_OK ? json_incref(t->claims) : NULL;
	return r;
}

enum rg_err
jws_verify_raw(
    const char *token, size_t len, const struct jwk *key, struct buf *payload)
{
	struct jws *t = NULL;
	enum rg_err r;

	if ((r = open_as(JWS_PLAIN, true, token, len, &t)) != RG_OK ||
	    (r = check(t, key)) != RG_OK)
		goto out;
	buf_put(payload, t->payload.p, t->payload.len);
	r = buf_ok(payload) ? RG_OK : RG_E_NOMEM;
out:
	jws_free(&t);
	return r;
}
