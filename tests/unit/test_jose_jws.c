/* SPDX-License-Identifier: ISC */
/* What the vectors can't say of signed tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "base/b64url.h"
#include "vector.h"

struct fixture {
	struct vector v;
	struct jwks *set;
	const struct jwk *key;
};

/* The accepted RS256 token of the vectors and its key. */
static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	vector_load("020-rs256", &f->v);
	if (jwks_parse(f->v.jwks.p, f->v.jwks.len, JOSE_RS256, &f->set, NULL) !=
		RG_OK ||
	    jwks_select(f->set, "rs256", JOSE_RS256, &f->key) != RG_OK)
		return -1;
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	vector_clear(&f->v);
	jwks_free(&f->set);
	free(f);
	return 0;
}

/* What vector_verify() says, which hands out claims exactly when it is RG_OK.
 */
static enum rg_err
verify(const struct fixture *f, const char *token, size_t len)
{
	json_t *claims = NULL;
	enum rg_err r = vector_verify(token, len, f->key, &claims);

	assert_int_equal(r == RG_OK, claims != NULL);
	json_decref(claims);
	return r;
}

static enum rg_err
verify_vector(const struct fixture *f, const struct vector *v)
{
	return verify(f, v->token.p, v->token.len);
}

static void
test_open_reads_the_header(void **state)
{
	const struct fixture *f = *state;
	const struct jws_header *h;
	struct jws *t = NULL;
	struct vector v;

	assert_int_equal(
	    jws_open(JWS_PLAIN, f->v.token.p, f->v.token.len, &t), RG_OK);
	h = jws_header(t);
	assert_int_equal(h->alg, JOSE_RS256);
	assert_true(h->has_kid);
	assert_string_equal(h->kid, "rs256");
	jws_free(&t);
	assert_null(t);

	vector_load("664-kid-absent-one-key-fits", &v);
	assert_int_equal(
	    jws_open(JWS_PLAIN, v.token.p, v.token.len, &t), RG_OK);
	assert_false(jws_header(t)->has_kid);
	assert_string_equal(jws_header(t)->kid, "");
	jws_free(&t);
	vector_clear(&v);
}

/* A token that no key could verify is refused before a key is looked for. */
static void
test_open_refuses_what_no_key_verifies(void **state)
{
	static const char *const names[] = {"303-signature-empty",
	    "320-header-padded", "328-payload-padded", "336-signature-padded",
	    "400-alg-none-lower", "412-alg-prefix", "450-crit-unknown",
	    "463-typ-at-jwt", "584-payload-json-array",
	    "650-kid-256-characters"};
	struct jws *t = NULL;
	struct vector v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		vector_load(names[i], &v);
		assert_int_not_equal(v.want, RG_OK);
		assert_int_equal(
		    jws_open(JWS_PLAIN, v.token.p, v.token.len, &t), v.want);
		assert_null(t);
		vector_clear(&v);
	}
}

/* The bytes between the two dots. */
static uint8_t *
payload_of(const struct fixture *f, size_t *len)
{
	const char *from = strchr(f->v.token.p, '.') + 1;
	size_t n = strcspn(from, ".");
	uint8_t *bytes = malloc(B64URL_DEC_LEN(n));

	assert_int_equal(b64url_decode(from, n, bytes, len), RG_OK);
	return bytes;
}

static void
test_claims_are_what_was_signed(void **state)
{
	const struct fixture *f = *state;
	json_t *want = NULL, *claims = NULL;
	struct jws *t = NULL;
	size_t len = 0;
	uint8_t *bytes = payload_of(f, &len);

	assert_int_equal(
	    json_load_strict((const char *)bytes, len, &want), RG_OK);
	assert_int_equal(
	    jws_open(JWS_PLAIN, f->v.token.p, f->v.token.len, &t), RG_OK);
	assert_true(json_equal(jws_unverified(t), want));
	assert_int_equal(jws_verify(t, f->key, &claims), RG_OK);
	jws_free(&t);
	/* The claims outlive the token that they are of. */
	assert_true(json_equal(claims, want));
	json_decref(claims);
	json_decref(want);
	free(bytes);
}

static void
test_raw_payload_is_what_was_signed(void **state)
{
	const struct fixture *f = *state;
	size_t len = 0;
	uint8_t *want = payload_of(f, &len);
	struct buf payload = BUF_INIT;

	buf_puts(&payload, "in front ");
	assert_int_equal(
	    jws_verify_raw(f->v.token.p, f->v.token.len, f->key, &payload),
	    RG_OK);
	assert_int_equal(payload.len, 9 + len);
	assert_memory_equal(payload.p, "in front ", 9);
	assert_memory_equal(payload.p + 9, want, len);
	free(want);
	buf_clear(&payload);
}

/* No room for the payload is no success, and no half of it either. */
static void
test_payload_that_does_not_fit(void **state)
{
	const struct fixture *f = *state;
	struct buf payload = BUF_LIMITED(50);

	buf_puts(&payload, "kept");
	assert_int_equal(
	    jws_verify_raw(f->v.token.p, f->v.token.len, f->key, &payload),
	    RG_E_NOMEM);
	assert_int_equal(payload.len, 4);
	buf_clear(&payload);
}

/* Bytes behind the length are not looked at, and no NUL is needed. */
static void
test_length_counts(void **state)
{
	const struct fixture *f = *state;
	size_t n = f->v.token.len;
	char *text = malloc(n + 1);

	memcpy(text, f->v.token.p, n);
	text[n] = '!';
	assert_int_equal(verify(f, text, n), RG_OK);
	assert_int_equal(verify(f, text, n + 1), RG_E_TOKEN_BASE64);
	assert_int_equal(verify(f, text, n - 1), RG_E_TOKEN_BASE64);
	assert_int_equal(verify(f, text, 0), RG_E_TOKEN_PARTS);
	free(text);
}

/* One key serves many tokens, good and bad in turn. */
static void
test_key_is_not_used_up(void **state)
{
	const struct fixture *f = *state;
	struct vector bad;
	int i;

	vector_load("025-rs256-last-bit", &bad);
	for (i = 0; i < 3; i++) {
		assert_int_equal(verify_vector(f, &f->v), RG_OK);
		assert_int_equal(verify_vector(f, &bad), RG_E_SIGNATURE);
	}
	vector_clear(&bad);
}

static void
test_error_queue_stays_as_it_was(void **state)
{
	const struct fixture *f = *state;
	struct vector bad;
	unsigned long before;

	vector_load("025-rs256-last-bit", &bad);
	ERR_raise(ERR_LIB_USER, 42);
	before = ERR_peek_last_error();
	assert_int_equal(verify_vector(f, &bad), RG_E_SIGNATURE);
	assert_true(ERR_peek_last_error() == before);
	ERR_clear_error();
	vector_clear(&bad);
}

/* Every bit of the token counts. */
static void
test_each_flipped_bit_is_refused(void **state)
{
	const struct fixture *f = *state;
	size_t i, n = f->v.token.len;
	char *text = malloc(n);

	for (i = 0; i < 8 * n; i += 3) {
		memcpy(text, f->v.token.p, n);
		text[i / 8] = (char)(text[i / 8] ^ (1 << i % 8));
		assert_int_not_equal(verify(f, text, n), RG_OK);
	}
	free(text);
}

static void
test_each_prefix_is_refused(void **state)
{
	const struct fixture *f = *state;
	size_t n;
	char *text;

	for (n = 0; n < f->v.token.len; n++) {
		/* A buffer of its own, so that a byte too far is noticed. */
		text = malloc(n + (n == 0));
		memcpy(text, f->v.token.p, n);
		assert_int_not_equal(verify(f, text, n), RG_OK);
		free(text);
	}
}

/* The typ that each kind may have besides "JWT" and none: RFC 8725 3.11 */
static void
test_each_kind_has_its_typ(void **state)
{
	static const struct {
		const char *typ; /* as JSON */
		enum rg_err want[JWS__KINDS];
		bool own[JWS__KINDS];
	} cases[] = {
#define PLAIN_ACCESS_LOGOUT(p, a, l)                                           \
	{[JWS_PLAIN] = (p), [JWS_ACCESS] = (a), [JWS_LOGOUT] = (l)}
	    {"\"JWT\"", PLAIN_ACCESS_LOGOUT(RG_OK, RG_OK, RG_OK),
		PLAIN_ACCESS_LOGOUT(false, false, false)},
	    {"\"jwt\"", PLAIN_ACCESS_LOGOUT(RG_OK, RG_OK, RG_OK),
		PLAIN_ACCESS_LOGOUT(false, false, false)},
	    {"\"at+jwt\"", PLAIN_ACCESS_LOGOUT(RG_E_TYP, RG_OK, RG_E_TYP),
		PLAIN_ACCESS_LOGOUT(false, true, false)},
	    {"\"application/at+JWT\"",
		PLAIN_ACCESS_LOGOUT(RG_E_TYP, RG_OK, RG_E_TYP),
		PLAIN_ACCESS_LOGOUT(false, true, false)},
	    {"\"logout+jwt\"", PLAIN_ACCESS_LOGOUT(RG_E_TYP, RG_E_TYP, RG_OK),
		PLAIN_ACCESS_LOGOUT(false, false, true)},
	    {"\"application/logout+jwt\"",
		PLAIN_ACCESS_LOGOUT(RG_E_TYP, RG_E_TYP, RG_OK),
		PLAIN_ACCESS_LOGOUT(false, false, true)},
	    {"\"at+jwt2\"", PLAIN_ACCESS_LOGOUT(RG_E_TYP, RG_E_TYP, RG_E_TYP),
		PLAIN_ACCESS_LOGOUT(false, false, false)},
	    {"\"\"", PLAIN_ACCESS_LOGOUT(RG_E_TYP, RG_E_TYP, RG_E_TYP),
		PLAIN_ACCESS_LOGOUT(false, false, false)},
	    {"5", PLAIN_ACCESS_LOGOUT(RG_E_TYP, RG_E_TYP, RG_E_TYP),
		PLAIN_ACCESS_LOGOUT(false, false, false)},
	    {"null", PLAIN_ACCESS_LOGOUT(RG_E_TYP, RG_E_TYP, RG_E_TYP),
		PLAIN_ACCESS_LOGOUT(false, false, false)},
#undef PLAIN_ACCESS_LOGOUT
	};
	char header[128], b64[256], token[300];
	struct jws *t = NULL;
	size_t i;
	int n, kind;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = snprintf(header, sizeof(header),
		    "{\"alg\":\"RS256\",\"typ\":%s}", cases[i].typ);
		b64url_encode(header, (size_t)n, b64);
		n = snprintf(token, sizeof(token), "%s.e30.AA", b64);
		for (kind = 0; kind < JWS__KINDS; kind++) {
			assert_int_equal(
			    jws_open((enum jws_kind)kind, token, (size_t)n, &t),
			    cases[i].want[kind]);
			if (t != NULL)
				assert_int_equal(
				    jws_header(t)->own_typ, cases[i].own[kind]);
			jws_free(&t);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_open_reads_the_header),
	    cmocka_unit_test(test_open_refuses_what_no_key_verifies),
	    cmocka_unit_test(test_each_kind_has_its_typ),
	    cmocka_unit_test(test_claims_are_what_was_signed),
	    cmocka_unit_test(test_raw_payload_is_what_was_signed),
	    cmocka_unit_test(test_payload_that_does_not_fit),
	    cmocka_unit_test(test_length_counts),
	    cmocka_unit_test(test_key_is_not_used_up),
	    cmocka_unit_test(test_error_queue_stays_as_it_was),
	    cmocka_unit_test(test_each_flipped_bit_is_refused),
	    cmocka_unit_test(test_each_prefix_is_refused),
	};

	return cmocka_run_group_tests_name("jose_jws", tests, setup, teardown);
}
