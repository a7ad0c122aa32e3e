/* SPDX-License-Identifier: ISC */
/*
 * Tokens that we sign: our own strict verifier takes them, and so does who has
 * nothing to do with it (libjwt, and OpenSSL told every parameter).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jwt.h>
#include <openssl/core_names.h>

#include "base/b64url.h"
#include "base/json.h"
#include "jose/cert.h"
#include "jose/jws.h"
#include "jose/sign.h"
#include "tests/unit/cert_util.h"

#define NOW ((int64_t)1700000000)

static char rsa_pem[PEM_MAX], ec_pem[PEM_MAX];
static EVP_PKEY *rsa_key, *ec_key;

static int
make_keys(void **state)
{
	(void)state;
	rsa_key = EVP_RSA_gen(2048);
	ec_key = EVP_EC_gen("P-256");
	if (rsa_key == NULL || ec_key == NULL)
		return -1;
	pem_key(rsa_key, NULL, rsa_pem);
	pem_key(ec_key, NULL, ec_pem);
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa_key);
	EVP_PKEY_free(ec_key);
	return 0;
}

static enum rg_err
parse(const char *pem, int alg, struct jose_key **key)
{
	struct err e = {RG_OK, ""};
	enum rg_err r = jose_key_parse(pem, strlen(pem), alg, key, &e);

	assert_int_equal(r, e.code);
	assert_int_equal(r == RG_OK, *key != NULL);
	assert_null(strstr(e.detail, "BEGIN PRIVATE KEY-----\n"));
	return r;
}

static void
refused(const char *pem, int alg, enum rg_err want)
{
	struct jose_key *key = NULL;

	assert_string_equal(err_name(parse(pem, alg, &key)), err_name(want));
}

/* {"alg":...,"kid":"k",...} of a token, decoded. */
static json_t *
part(const char *token, int which)
{
	uint8_t bytes[4096];
	size_t n, len = 0;
	json_t *value = NULL;

	for (; which > 0; which--)
		token = strchr(token, '.') + 1;
	n = strcspn(token, ".");
	assert_true(B64URL_DEC_LEN(n) <= sizeof(bytes));
	assert_int_equal(b64url_decode(token, n, bytes, &len), RG_OK);
	assert_int_equal(
	    json_load_strict((const char *)bytes, len, &value), RG_OK);
	return value;
}

/* With the public half, by jws_verify(). */
static void
assert_verifies(const struct jose_key *key, const struct buf *token)
{
	struct buf payload = BUF_INIT;
	struct jwk *pub = NULL;
	struct jws *t = NULL;
	json_t *jwk = jose_key_jwk(key), *claims = NULL;

	assert_non_null(jwk);
	assert_int_equal(
	    jwk_parse(jwk, (int)jose_key_alg(key), JOSE_RS256, &pub), RG_OK);
	assert_int_equal(
	    jws_open(JWS_PLAIN, buf_str(token), token->len, &t), RG_OK);
	assert_int_equal(jws_verify(t, pub, &claims), RG_OK);
	assert_true(json_put(&payload, claims));
	assert_string_equal(
	    buf_str(&payload), "{\"exp\":1700000300,\"sub\":\"\xc3\xa4\"}");
	buf_clear(&payload);
	jws_free(&t);
	jwk_free(&pub);
	json_decref(claims);
	json_decref(jwk);
}

static void
sign_one(const char *pem, int alg, const char *name)
{
	struct buf token = BUF_INIT;
	struct jose_key *key = NULL;
	json_t *header = json_pack("{s:s, s:s}", "kid", "k", "x5t#S256", "abc");
	json_t *claims = json_pack(
	    "{s:s, s:I}", "sub", "\xc3\xa4", "exp", (json_int_t)1700000300);
	json_t *got;

	assert_int_equal(parse(pem, alg, &key), RG_OK);
	assert_int_equal(jose_sign(key, header, claims, &token), RG_OK);
	assert_verifies(key, &token);
	got = part(buf_str(&token), 0);
	assert_string_equal(json_str(got, "alg"), name);
	assert_string_equal(json_str(got, "typ"), "JWT");
	assert_string_equal(json_str(got, "kid"), "k");
	assert_string_equal(json_str(got, "x5t#S256"), "abc");
	assert_int_equal(json_object_size(got), 4);
	assert_int_equal(json_object_size(header), 2);
	json_decref(got);
	buf_clear(&token);
	/* Without members of its own. */
	assert_int_equal(jose_sign(key, NULL, claims, &token), RG_OK);
	assert_verifies(key, &token);
	buf_clear(&token);
	json_decref(header);
	json_decref(claims);
	jose_key_free(&key);
}

static void
test_each_algorithm(void **state)
{
	(void)state;
	sign_one(rsa_pem, JOSE_PS256, "PS256");
	sign_one(rsa_pem, JOSE_RS256, "RS256");
	sign_one(ec_pem, JOSE_ES256, "ES256");
	/* What the key says where nobody else does. */
	sign_one(rsa_pem, -1, "PS256");
	sign_one(ec_pem, -1, "ES256");
}

/* RFC 7518 section 3.5 fixes salt length and hash; a verifier may be strict. */
static void
test_pss_parameters(void **state)
{
	struct buf token = BUF_INIT;
	struct jose_key *key = NULL;
	json_t *claims = json_pack("{s:s}", "a", "b");
	EVP_MD_CTX *ctx;
	EVP_PKEY_CTX *pctx;
	uint8_t sig[1024];
	size_t signed_len, len = 0;
	int salt;

	(void)state;
	assert_int_equal(parse(rsa_pem, JOSE_PS256, &key), RG_OK);
	assert_int_equal(jose_sign(key, NULL, claims, &token), RG_OK);
	signed_len = (size_t)(strrchr(buf_str(&token), '.') - token.p);
	assert_int_equal(b64url_decode(token.p + signed_len + 1,
			     token.len - signed_len - 1, sig, &len),
	    RG_OK);
	for (salt = 31; salt <= 33; salt++) {
		ctx = EVP_MD_CTX_new();
		assert_int_equal(EVP_DigestVerifyInit(
				     ctx, &pctx, EVP_sha256(), NULL, rsa_key),
		    1);
		(void)EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
		(void)EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, EVP_sha256());
		(void)EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt);
		assert_int_equal(EVP_DigestVerify(ctx, sig, len,
				     (const uint8_t *)token.p, signed_len) == 1,
		    salt == 32);
		EVP_MD_CTX_free(ctx);
	}
	json_decref(claims);
	buf_clear(&token);
	jose_key_free(&key);
}

/* Every signature is another one: a salt, or a nonce, is drawn for each. */
static void
test_signatures_differ(void **state)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct jose_key *key = NULL;
	json_t *claims = json_pack("{s:s}", "a", "b");

	(void)state;
	assert_int_equal(parse(rsa_pem, JOSE_PS256, &key), RG_OK);
	assert_int_equal(jose_sign(key, NULL, claims, &one), RG_OK);
	assert_int_equal(jose_sign(key, NULL, claims, &two), RG_OK);
	assert_string_not_equal(buf_str(&one), buf_str(&two));
	buf_clear(&one);
	buf_clear(&two);
	json_decref(claims);
	jose_key_free(&key);
}

/*
 * RFC 7518 section 3.4: 64 bytes, though one number in 256 is shorter than its
 * 32; signs until there was one in either place.
 */
static void
test_es256_is_padded(void **state)
{
	struct buf token = BUF_INIT;
	struct jose_key *key = NULL;
	json_t *claims =
	    json_pack("{s:s, s:I}", "sub", "\xc3\xa4", "exp", 1700000300LL);
	uint8_t sig[80];
	const char *text;
	size_t len;
	int i, padded_r = 0, padded_s = 0;

	(void)state;
	assert_int_equal(parse(ec_pem, -1, &key), RG_OK);
	for (i = 0; i < 20000 && (padded_r == 0 || padded_s == 0); i++) {
		buf_clear(&token);
		assert_int_equal(jose_sign(key, NULL, claims, &token), RG_OK);
		text = strrchr(buf_str(&token), '.') + 1;
		assert_int_equal(strlen(text), B64URL_ENC_LEN(64));
		assert_int_equal(b64url_decode(text, 86, sig, &len), RG_OK);
		if (sig[0] != 0 && sig[32] != 0)
			continue;
		padded_r += sig[0] == 0;
		padded_s += sig[32] == 0;
		assert_verifies(key, &token);
	}
	assert_true(padded_r > 0);
	assert_true(padded_s > 0);
	buf_clear(&token);
	json_decref(claims);
	jose_key_free(&key);
}

/* libjwt as a second reader of what it did not make itself to verify. */
static void
test_libjwt_agrees(void **state)
{
	static const struct {
		bool ec;
		int alg;
	} cases[] = {{false, JOSE_RS256}, {true, JOSE_ES256}};
	json_t *claims = json_pack("{s:s}", "sub", "x");
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		EVP_PKEY *pkey = cases[i].ec ? ec_key : rsa_key;
		BIO *mem = BIO_new(BIO_s_mem());
		struct buf token = BUF_INIT;
		struct jose_key *key = NULL;
		char pub[PEM_MAX];
		jwt_t *jwt = NULL;
		int n;

		assert_int_equal(PEM_write_bio_PUBKEY(mem, pkey), 1);
		n = BIO_read(mem, pub, sizeof(pub) - 1);
		assert_int_equal(
		    parse(cases[i].ec ? ec_pem : rsa_pem, cases[i].alg, &key),
		    RG_OK);
		assert_int_equal(jose_sign(key, NULL, claims, &token), RG_OK);
		assert_int_equal(
		    jwt_decode(&jwt, buf_str(&token), (unsigned char *)pub, n),
		    0);
		assert_string_equal(jwt_get_grant(jwt, "sub"), "x");
		jwt_free(jwt);
		jose_key_free(&key);
		buf_clear(&token);
		BIO_free(mem);
	}
	json_decref(claims);
}

static void
test_misuse(void **state)
{
	struct buf token = BUF_INIT, small = BUF_LIMITED(20);
	struct jose_key *key = NULL;
	json_t *list = json_array(), *claims = json_object();
	json_t *alg = json_pack("{s:s}", "alg", "none");
	json_t *typ = json_pack("{s:s}", "typ", "at+jwt");

	(void)state;
	assert_int_equal(parse(rsa_pem, -1, &key), RG_OK);
	assert_int_equal(jose_sign(key, NULL, NULL, &token), RG_E_USAGE);
	assert_int_equal(jose_sign(key, NULL, list, &token), RG_E_USAGE);
	assert_int_equal(jose_sign(key, list, claims, &token), RG_E_USAGE);
	assert_int_equal(jose_sign(key, alg, claims, &token), RG_E_USAGE);
	assert_int_equal(jose_sign(key, typ, claims, &token), RG_E_USAGE);
	assert_int_equal(token.len, 0);
	buf_puts(&small, "kept");
	assert_int_equal(jose_sign(key, NULL, claims, &small), RG_E_NOMEM);
	assert_int_equal(small.len, 4);
	buf_clear(&small);
	json_decref(list);
	json_decref(claims);
	json_decref(alg);
	json_decref(typ);
	jose_key_free(&key);
}

/* A token that nobody would take is not made. */
static void
test_payload_size(void **state)
{
	static char text[JWS_MAX_TOKEN + 1];
	struct buf token = BUF_INIT;
	struct jose_key *key = NULL;
	json_t *claims = json_object();

	(void)state;
	assert_int_equal(parse(ec_pem, -1, &key), RG_OK);
	memset(text, 'a', JWS_MAX_TOKEN - strlen("{\"a\":\"\"}"));
	json_object_set_new(claims, "a", json_string(text));
	assert_int_equal(jose_sign(key, NULL, claims, &token), RG_OK);
	buf_clear(&token);
	text[strlen(text)] = 'a';
	json_object_set_new(claims, "a", json_string(text));
	assert_int_equal(jose_sign(key, NULL, claims, &token), RG_E_TOO_LARGE);
	assert_int_equal(token.len, 0);
	assert_int_equal(
	    jose_sign(key, claims, claims, &token), RG_E_TOO_LARGE);
	assert_int_equal(token.len, 0);
	json_decref(claims);
	jose_key_free(&key);
}

static void
test_keys_that_are_refused(void **state)
{
	static char text[2 * PEM_MAX];
	EVP_PKEY *weak = EVP_RSA_gen(1024), *p384 = EVP_EC_gen("P-384");
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct jose_key *key = NULL;
	struct err e;
	BIO *mem;
	int n;

	(void)state;
	refused("", -1, RG_E_JWK_FORMAT);
	refused("hello", -1, RG_E_JWK_FORMAT);
	refused(
	    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	    -1, RG_E_JWK_FORMAT);
	pem_key(rsa_key, "open sesame", text);
	refused(text, -1, RG_E_KEY_ENCRYPTED);
	/* The old form, which says so in a header line. */
	mem = BIO_new(BIO_s_mem());
	assert_int_equal(
	    PEM_write_bio_PrivateKey_traditional(mem, rsa_key,
		EVP_aes_128_cbc(), (const unsigned char *)"x", 1, NULL, NULL),
	    1);
	n = BIO_read(mem, text, sizeof(text) - 1);
	text[n] = '\0';
	assert_non_null(strstr(text, "4,ENCRYPTED"));
	refused(text, -1, RG_E_KEY_ENCRYPTED);
	BIO_free(mem);
	pem_key(weak, NULL, text);
	refused(text, -1, RG_E_JWK_WEAK);
	pem_key(p384, NULL, text);
	refused(text, -1, RG_E_JWK_ALG);
	pem_key(ed, NULL, text);
	refused(text, -1, RG_E_JWK_ALG);
	refused(rsa_pem, JOSE_ES256, RG_E_JWK_ALG);
	refused(ec_pem, JOSE_RS256, RG_E_JWK_ALG);
	refused(rsa_pem, JOSE_RS512, RG_E_JWK_ALG);
	assert_int_equal(
	    jose_key_parse(ec_pem, strlen(ec_pem), JOSE_PS256, &key, &e),
	    RG_E_JWK_ALG);
	assert_string_equal(e.detail, "PS256 is not for an EC P-256 key");
	assert_int_equal(
	    jose_key_parse(rsa_pem, strlen(rsa_pem), JOSE_ES256, &key, &e),
	    RG_E_JWK_ALG);
	assert_string_equal(e.detail, "ES256 is not for an RSA key");
	assert_int_equal(
	    jose_key_parse(rsa_pem, JOSE_KEY_MAX_PEM + 1, -1, &key, &e),
	    RG_E_TOO_LARGE);
	assert_null(key);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(ed);
}

/* RFC 7638 section 3.1, computed from the public members there. */
static void
test_names_of_a_key(void **state)
{
	char thumb[JOSE_THUMBPRINT_LEN + 1], spki[JOSE_THUMBPRINT_LEN + 1];
	char want[JOSE_THUMBPRINT_LEN + 1], text[2048];
	uint8_t digest[HASH_LEN];
	struct jose_key *key = NULL;
	unsigned char *der = NULL;
	json_t *jwk;
	int n;

	(void)state;
	assert_int_equal(parse(ec_pem, -1, &key), RG_OK);
	jwk = jose_key_jwk(key);
	n = snprintf(text, sizeof(text),
	    "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
	    json_str(jwk, "x"), json_str(jwk, "y"));
	assert_int_equal(strlen(json_str(jwk, "x")), 43);
	assert_int_equal(hash_sha256(text, (size_t)n, digest), RG_OK);
	b64url_encode(digest, sizeof(digest), want);
	assert_int_equal(jose_key_thumbprint(key, thumb), RG_OK);
	assert_string_equal(thumb, want);
	n = i2d_PUBKEY(ec_key, &der);
	assert_int_equal(hash_sha256(der, (size_t)n, digest), RG_OK);
	b64url_encode(digest, sizeof(digest), want);
	assert_int_equal(jose_key_spki_digest(key, spki), RG_OK);
	assert_string_equal(spki, want);
	OPENSSL_free(der);
	json_decref(jwk);
	jose_key_free(&key);
}

static void
test_certificate(void **state)
{
	static char both[2 * PEM_MAX];
	char pem[PEM_MAX];
	struct jose_key *key = NULL;
	struct cert c;
	struct err e = {RG_OK, ""};
	uint8_t der[20];
	size_t len;

	(void)state;
	pem_cert(rsa_key, NOW - DAY, NOW + 9 * DAY, pem);
	assert_int_equal(parse(rsa_pem, -1, &key), RG_OK);
	assert_int_equal(cert_parse(pem, strlen(pem), key, &c, &e), RG_OK);
	assert_int_equal(c.not_after - c.not_before, 10 * DAY);
	assert_int_equal(strlen(c.x5t), 27);
	assert_int_equal(strlen(c.x5t_s256), 43);
	assert_int_equal(b64url_decode(c.x5t, 27, der, &len), RG_OK);
	assert_int_equal(len, 20);
	/* Both in one file, in either order. */
	jose_key_free(&key);
	(void)snprintf(both, sizeof(both), "%s%s", pem, rsa_pem);
	assert_int_equal(parse(both, -1, &key), RG_OK);
	assert_int_equal(cert_parse(both, strlen(both), key, &c, &e), RG_OK);
	jose_key_free(&key);
	(void)snprintf(both, sizeof(both), "%s%s", rsa_pem, pem);
	assert_int_equal(parse(both, -1, &key), RG_OK);
	assert_int_equal(cert_parse(both, strlen(both), key, &c, &e), RG_OK);
	/* Another key's, none, nonsense. */
	pem_cert(ec_key, NOW - DAY, NOW + 9 * DAY, pem);
	assert_int_equal(
	    cert_parse(pem, strlen(pem), key, &c, &e), RG_E_CERT_KEY);
	assert_int_equal(cert_parse(rsa_pem, strlen(rsa_pem), key, &c, &e),
	    RG_E_CERT_FORMAT);
	assert_int_equal(cert_parse("x", 1, key, &c, &e), RG_E_CERT_FORMAT);
	assert_int_equal(
	    cert_parse(pem, JOSE_KEY_MAX_PEM + 1, key, &c, &e), RG_E_TOO_LARGE);
	jose_key_free(&key);
}

/* What lies behind them is read up to the limit and no further. */
static void
test_longest_files(void **state)
{
	static char text[JOSE_KEY_MAX_PEM + 2], pem[PEM_MAX];
	struct jose_key *key = NULL;
	struct cert c;

	(void)state;
	memset(text, '\n', JOSE_KEY_MAX_PEM + 1);
	memcpy(text, rsa_pem, strlen(rsa_pem));
	refused(text, -1, RG_E_TOO_LARGE);
	text[JOSE_KEY_MAX_PEM] = '\0';
	assert_int_equal(parse(text, -1, &key), RG_OK);
	pem_cert(rsa_key, NOW, NOW + DAY, pem);
	memset(text, '\n', JOSE_KEY_MAX_PEM);
	memcpy(text, pem, strlen(pem));
	assert_int_equal(
	    cert_parse(text, JOSE_KEY_MAX_PEM, key, &c, NULL), RG_OK);
	jose_key_free(&key);
}

/* A time that is none must not pass for one long ago or far away. */
static void
test_certificate_times(void **state)
{
	struct jose_key *key = NULL;
	struct err e;
	struct cert c;
	char pem[PEM_MAX];
	int end;

	(void)state;
	assert_int_equal(parse(ec_pem, -1, &key), RG_OK);
	for (end = 0; end < 2; end++) {
		BIO *mem = BIO_new(BIO_s_mem());
		X509 *x;

		pem_cert(ec_key, NOW, NOW + DAY, pem);
		assert_int_equal(BIO_puts(mem, pem), (int)strlen(pem));
		x = PEM_read_bio_X509(mem, NULL, NULL, NULL);
		assert_non_null(x);
		assert_int_equal(ASN1_STRING_set(end ? X509_getm_notAfter(x)
						     : X509_getm_notBefore(x),
				     "991332999999Z", -1),
		    1);
		assert_true(X509_sign(x, ec_key, EVP_sha256()) > 0);
		assert_int_equal(PEM_write_bio_X509(mem, x), 1);
		X509_free(x);
		pem_take(mem, pem);
		assert_int_equal(cert_parse(pem, strlen(pem), key, &c, &e),
		    RG_E_CERT_FORMAT);
		assert_int_equal(e.code, RG_E_CERT_FORMAT);
	}
	jose_key_free(&key);
}

/* For a peer that shares a secret; libjwt, told it, takes it back. */
static void
test_hs256(void **state)
{
	static const char secret[] = "0123456789abcdef0123456789abcdef";
	const size_t len = sizeof(secret) - 1;
	json_t *claims = json_pack("{s:s, s:n}", "sub", "a@b", "none");
	struct buf token = BUF_INIT;
	jwt_t *jwt = NULL;

	(void)state;
	assert_int_equal(
	    jose_sign_hs256(secret, len - 1, claims, &token), RG_E_JWK_WEAK);
	assert_int_equal(token.len, 0);
	assert_int_equal(jose_sign_hs256(secret, len, claims, &token), RG_OK);
	assert_int_equal(jwt_decode(&jwt, buf_str(&token),
			     (const unsigned char *)secret, (int)len),
	    0);
	assert_int_equal(jwt_get_alg(jwt), JWT_ALG_HS256);
	assert_string_equal(jwt_get_grant(jwt, "sub"), "a@b");
	jwt_free(jwt);
	jwt = NULL;
	assert_int_not_equal(
	    jwt_decode(&jwt, buf_str(&token),
		(const unsigned char *)"0123456789abcdef0123456789abcdeX", 32),
	    0);
	jwt_free(jwt);
	json_decref(claims);
	claims = json_array();
	assert_int_equal(
	    jose_sign_hs256(secret, len, claims, &token), RG_E_USAGE);
	json_decref(claims);
	buf_clear(&token);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_algorithm),
	    cmocka_unit_test(test_pss_parameters),
	    cmocka_unit_test(test_signatures_differ),
	    cmocka_unit_test(test_es256_is_padded),
	    cmocka_unit_test(test_libjwt_agrees),
	    cmocka_unit_test(test_misuse),
	    cmocka_unit_test(test_payload_size),
	    cmocka_unit_test(test_keys_that_are_refused),
	    cmocka_unit_test(test_names_of_a_key),
	    cmocka_unit_test(test_certificate),
	    cmocka_unit_test(test_longest_files),
	    cmocka_unit_test(test_certificate_times),
	    cmocka_unit_test(test_hs256),
	};

	return cmocka_run_group_tests_name(
	    "jose/sign", tests, make_keys, free_keys);
}
