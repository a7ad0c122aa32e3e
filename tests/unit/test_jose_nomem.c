/* SPDX-License-Identifier: ISC */
/*
 * Out of memory at every single allocation, OpenSSL's and jansson's included:
 * a good token may then be refused, a bad one is never accepted, and nothing
 * of a refused one reaches the caller. (libjwt 1.10.2, for one, calls a
 * token verified when it can't allocate the key.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jose/cert.h"
#include "jose/keygen.h"
#include "jose/sign.h"
#include "tests/unit/cert_util.h"
#include "tests/unit/nomem.h"
#include "vector.h"

struct sample {
	struct vector v;
	json_t *jwk;
};

static void
load(struct sample *s, const char *name, const char *kid)
{
	const json_t *list =
	    json_object_get(json_object_get(vector_defaults(), "jwks"), "keys");
	size_t i;

	vector_load(name, &s->v);
	s->jwk = NULL;
	for (i = 0; i < json_array_size(list); i++) {
		if (strcmp(json_str(json_array_get(list, i), "kid"), kid) == 0)
			s->jwk = json_array_get(list, i);
	}
	assert_non_null(s->jwk);
}

/* From the key to the claims. */
static enum rg_err
judge(const struct sample *s, json_t **claims)
{
	struct jwk *key = NULL;
	enum rg_err r;

	*claims = NULL;
	r = jwk_parse(s->jwk, -1, JOSE_RS256, &key);
	if (r == RG_OK)
		r = vector_verify(s->v.token.p, s->v.token.len, key, claims);
	if (r == RG_OK)
		r = vector_check_claims(&s->v, *claims, jwk_alg(key));
	jwk_free(&key);
	return r;
}

/* The key alone is read in the shortage: half a key is worse than none. */
static void
starve_key(const struct sample *s)
{
	json_t *claims = NULL;
	struct jwk *key = NULL;
	enum rg_err r;
	bool done;
	long n;

	for (n = 0; n < NOMEM_MAX; n++) {
		fault_begin(n);
		r = jwk_parse(s->jwk, -1, JOSE_RS256, &key);
		done = fault_end();
		if (r == RG_OK)
			assert_int_equal(vector_verify(s->v.token.p,
					     s->v.token.len, key, &claims),
			    RG_OK);
		else
			assert_null(key);
		json_decref(claims);
		claims = NULL;
		jwk_free(&key);
		if (done)
			break;
	}
	assert_true(n < NOMEM_MAX);
}

/* Every allocation in turn; how many verdicts were RG_OK in spite of it. */
static long
starve(const struct sample *s)
{
	json_t *claims = NULL;
	long n, accepted = 0;
	enum rg_err r;
	bool done;

	for (n = 0; n < NOMEM_MAX; n++) {
		fault_begin(n);
		r = judge(s, &claims);
		done = fault_end();
		if (s->v.want != RG_OK)
			assert_int_not_equal(r, RG_OK);
		if (s->v.want == RG_E_SIGNATURE)
			assert_null(claims);
		json_decref(claims);
		if (done) {
			assert_int_equal(r, s->v.want);
			break;
		}
		accepted += r == RG_OK;
	}
	assert_true(n < NOMEM_MAX);
	return accepted;
}

static void
starve_both(const char *name, const char *kid)
{
	struct sample s;
	json_t *claims = NULL;

	load(&s, name, kid);
	/* What is allocated once and kept, is so before the shortage. */
	assert_int_equal(judge(&s, &claims), s.v.want);
	json_decref(claims);
	fault_once = false;
	assert_int_equal(starve(&s), 0);
	fault_once = true;
	starve(&s);
	if (s.v.want == RG_OK)
		starve_key(&s);
	vector_clear(&s.v);
}

static void
test_good_tokens(void **state)
{
	(void)state;
	starve_both("020-rs256", "rs256");
	starve_both("038-ps256", "ps256");
	starve_both("056-es256", "es256");
	starve_both("074-eddsa", "eddsa");
}

static void
test_bad_tokens(void **state)
{
	(void)state;
	starve_both("025-rs256-last-bit", "rs256");
	starve_both("043-ps256-last-bit", "ps256");
	starve_both("061-es256-last-bit", "es256");
	starve_both("079-eddsa-last-bit", "eddsa");
	starve_both("201-es256-zero-zero", "es256");
	starve_both("1102-at-hash-of-another", "rs256");
}

/* A set is whole, or smaller, or refused; never a success without a set. */
static void
test_key_set(void **state)
{
	char *text = json_dumps(json_object_get(vector_defaults(), "jwks"), 0);
	struct jwks *set = NULL;
	enum rg_err r;
	bool done;
	long n;

	(void)state;
	fault_once = true;
	for (n = 0; n < NOMEM_MAX; n++) {
		fault_begin(n);
		r = jwks_parse(text, strlen(text), JOSE_RS256, &set, NULL);
		done = fault_end();
		if (done)
			break;
		if (r == RG_OK)
			assert_in_range(jwks_count(set), 1, JOSE__MAX);
		else
			assert_null(set);
		jwks_free(&set);
	}
	assert_int_equal(r, RG_OK);
	assert_int_equal(jwks_count(set), JOSE__MAX);
	jwks_free(&set);
	free(text);
}

static char ec_pem[PEM_MAX], ec_cert[PEM_MAX];

static void
make_ec(struct jose_key **key)
{
	EVP_PKEY *ec = EVP_EC_gen("P-256");

	pem_key(ec, NULL, ec_pem);
	pem_cert(ec, 1700000000, 1800000000, ec_cert);
	EVP_PKEY_free(ec);
	assert_int_equal(
	    jose_key_parse(ec_pem, strlen(ec_pem), -1, key, NULL), RG_OK);
}

/* A private key and its names: read whole, or not. */
static void
test_private_key(void **state)
{
	char print[JOSE_THUMBPRINT_LEN + 1], want[JOSE_THUMBPRINT_LEN + 1];
	char spki[JOSE_THUMBPRINT_LEN + 1], want_spki[JOSE_THUMBPRINT_LEN + 1];
	struct jose_key *key = NULL;
	enum rg_err r = RG_E_INTERNAL;
	bool done = false;
	long n;

	(void)state;
	make_ec(&key);
	assert_int_equal(jose_key_thumbprint(key, want), RG_OK);
	assert_int_equal(jose_key_spki_digest(key, want_spki), RG_OK);
	fault_once = true;
	/* OpenSSL's own reading takes thousands of them: not each. */
	for (n = 0; n < NOMEM_MAX && !done; n += 1 + n / 20) {
		jose_key_free(&key);
		fault_begin(n);
		r = jose_key_parse(ec_pem, strlen(ec_pem), -1, &key, NULL);
		done = fault_end();
		assert_int_equal(r == RG_OK, key != NULL);
	}
	assert_true(done);
	assert_int_equal(r, RG_OK);
	for (n = 0, done = false; n < NOMEM_MAX && !done; n++) {
		print[0] = spki[0] = '\0';
		fault_begin(n);
		r = jose_key_thumbprint(key, print);
		if (r == RG_OK)
			r = jose_key_spki_digest(key, spki);
		done = fault_end();
		if (r != RG_OK)
			continue;
		assert_string_equal(print, want);
		assert_string_equal(spki, want_spki);
	}
	assert_true(done);
	assert_int_equal(r, RG_OK);
	jose_key_free(&key);
}

static void
test_certificate(void **state)
{
	struct jose_key *key = NULL;
	struct cert whole, cert;
	enum rg_err r = RG_E_INTERNAL;
	bool done = false;
	long n;

	(void)state;
	make_ec(&key);
	assert_int_equal(
	    cert_parse(ec_cert, strlen(ec_cert), key, &whole, NULL), RG_OK);
	fault_once = true;
	for (n = 0; n < NOMEM_MAX && !done; n++) {
		fault_begin(n);
		r = cert_parse(ec_cert, strlen(ec_cert), key, &cert, NULL);
		done = fault_end();
		if (r != RG_OK)
			continue;
		assert_int_equal(cert.not_before, whole.not_before);
		assert_int_equal(cert.not_after, whole.not_after);
		assert_string_equal(cert.x5t, whole.x5t);
		assert_string_equal(cert.x5t_s256, whole.x5t_s256);
	}
	assert_true(done);
	assert_int_equal(r, RG_OK);
	jose_key_free(&key);
}

static void
assert_signed(const struct buf *token, const struct jwk *pub)
{
	struct jws *t = NULL;
	json_t *claims = NULL;

	assert_int_equal(
	    jws_open(JWS_PLAIN, buf_str(token), token->len, &t), RG_OK);
	assert_string_equal(jws_header(t)->kid, "k");
	assert_int_equal(jws_verify(t, pub, &claims), RG_OK);
	json_decref(claims);
	jws_free(&t);
}

/* A token is whole, or none of it is there. */
static void
starve_signing(EVP_PKEY *pkey, int alg)
{
	static char pem[PEM_MAX], sub[300]; /* the signature needs room anew */
	json_t *header = json_pack("{s:s}", "kid", "k");
	json_t *payload, *public;
	struct buf token = BUF_INIT;
	struct jwk *pub = NULL;
	struct jose_key *key = NULL;
	enum rg_err r = RG_E_INTERNAL;
	bool done = false;
	long n;

	memset(sub, 's', sizeof(sub) - 1);
	payload = json_pack("{s:s}", "sub", sub);
	pem_key(pkey, NULL, pem);
	assert_int_equal(
	    jose_key_parse(pem, strlen(pem), alg, &key, NULL), RG_OK);
	public = jose_key_jwk(key);
	assert_int_equal(jwk_parse(public, alg, JOSE_RS256, &pub), RG_OK);
	json_decref(public);
	assert_int_equal(jose_sign(key, header, payload, &token), RG_OK);
	fault_once = true;
	for (n = 0; n < NOMEM_MAX && !done; n++) {
		buf_clear(&token);
		fault_begin(n);
		r = jose_sign(key, header, payload, &token);
		done = fault_end();
		if (r == RG_OK)
			assert_signed(&token, pub);
		else
			assert_int_equal(token.len, 0);
	}
	assert_true(done);
	assert_int_equal(r, RG_OK);
	buf_clear(&token);
	jwk_free(&pub);
	jose_key_free(&key);
	json_decref(header);
	json_decref(payload);
}

static void
test_signing(void **state)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048), *ec = EVP_EC_gen("P-256");

	(void)state;
	starve_signing(rsa, JOSE_RS256);
	starve_signing(rsa, JOSE_PS256);
	starve_signing(ec, JOSE_ES256);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
}

static void
test_new_key(void **state)
{
	struct buf pem = BUF_INIT;
	enum rg_err r = RG_E_INTERNAL;
	bool done = false;
	long n;

	(void)state;
	fault_once = true;
	for (n = 0; n < NOMEM_MAX && !done; n++) {
		fault_begin(n);
		r = jose_key_generate(&pem);
		done = fault_end();
		if (r == RG_OK)
			assert_non_null(strstr(
			    buf_str(&pem), "\n-----END PRIVATE KEY-----\n"));
		buf_clear(&pem);
	}
	assert_true(done);
	assert_int_equal(r, RG_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_tokens),
	    cmocka_unit_test(test_bad_tokens),
	    cmocka_unit_test(test_key_set),
	    cmocka_unit_test(test_private_key),
	    cmocka_unit_test(test_certificate),
	    cmocka_unit_test(test_signing),
	    cmocka_unit_test(test_new_key),
	};

	nomem_hook_libraries();
	return cmocka_run_group_tests_name("jose_nomem", tests, NULL, NULL);
}
