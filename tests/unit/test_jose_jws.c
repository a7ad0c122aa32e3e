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

static void
test_peek_reads_the_header(void **state)
{
	const struct fixture *f = *state;
	struct jws_header h;
	struct vector v;

	assert_int_equal(jws_peek(f->v.token.p, f->v.token.len, &h), RG_OK);
	assert_int_equal(h.alg, JOSE_RS256);
	assert_true(h.has_kid);
	assert_string_equal(h.kid, "rs256");

	vector_load("664-kid-absent-one-key-fits", &v);
	assert_int_equal(jws_peek(v.token.p, v.token.len, &h), RG_OK);
	assert_false(h.has_kid);
	assert_string_equal(h.kid, "");
	vector_clear(&v);
}

/* A token that no key could verify is refused before a key is looked for. */
static void
test_peek_refuses_as_verify_does(void **state)
{
	static const char *const names[] = {"303-signature-empty",
	    "320-header-padded", "328-payload-padded", "336-signature-padded",
	    "400-alg-none-lower", "412-alg-prefix", "450-crit-unknown",
	    "463-typ-at-jwt", "584-payload-json-array",
	    "650-kid-256-characters"};
	const struct fixture *f = *state;
	struct buf payload = BUF_INIT;
	struct jws_header h;
	struct vector v;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		vector_load(names[i], &v);
		assert_int_not_equal(v.want, RG_OK);
		assert_int_equal(jws_peek(v.token.p, v.token.len, &h), v.want);
		assert_int_equal(
		    jws_verify(v.token.p, v.token.len, f->key, &payload),
		    v.want);
		vector_clear(&v);
	}
	assert_int_equal(payload.len, 0);
}

static void
test_payload_is_what_was_signed(void **state)
{
	const struct fixture *f = *state;
	const char *from = strchr(f->v.token.p, '.') + 1;
	size_t n = strcspn(from, "."), len = 0;
	uint8_t *want = malloc(B64URL_DEC_LEN(n));
	struct buf payload = BUF_INIT;

	buf_puts(&payload, "in front ");
	assert_int_equal(b64url_decode(from, n, want, &len), RG_OK);
	assert_int_equal(
	    jws_verify(f->v.token.p, f->v.token.len, f->key, &payload), RG_OK);
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
	    jws_verify(f->v.token.p, f->v.token.len, f->key, &payload),
	    RG_E_NOMEM);
	assert_int_equal(payload.len, 4);
	buf_clear(&payload);
}

/* Bytes behind the length are not looked at, and no NUL is needed. */
static void
test_length_counts(void **state)
{
	const struct fixture *f = *state;
	struct buf payload = BUF_INIT;
	size_t n = f->v.token.len;
	char *text = malloc(n + 1);

	memcpy(text, f->v.token.p, n);
	text[n] = '!';
	assert_int_equal(jws_verify(text, n, f->key, &payload), RG_OK);
	assert_int_equal(
	    jws_verify(text, n + 1, f->key, &payload), RG_E_TOKEN_BASE64);
	assert_int_equal(
	    jws_verify(text, n - 1, f->key, &payload), RG_E_TOKEN_BASE64);
	assert_int_equal(
	    jws_verify(text, 0, f->key, &payload), RG_E_TOKEN_PARTS);
	free(text);
	buf_clear(&payload);
}

/* One key serves many tokens, good and bad in turn. */
static void
test_key_is_not_used_up(void **state)
{
	const struct fixture *f = *state;
	struct buf payload = BUF_INIT;
	struct vector bad;
	int i;

	vector_load("025-rs256-last-bit", &bad);
	for (i = 0; i < 3; i++) {
		assert_int_equal(
		    jws_verify(f->v.token.p, f->v.token.len, f->key, &payload),
		    RG_OK);
		assert_int_equal(
		    jws_verify(bad.token.p, bad.token.len, f->key, &payload),
		    RG_E_SIGNATURE);
	}
	vector_clear(&bad);
	buf_clear(&payload);
}

static void
test_error_queue_stays_as_it_was(void **state)
{
	const struct fixture *f = *state;
	struct buf payload = BUF_INIT;
	struct vector bad;
	unsigned long before;

	vector_load("025-rs256-last-bit", &bad);
	ERR_raise(ERR_LIB_USER, 42);
	before = ERR_peek_last_error();
	assert_int_equal(
	    jws_verify(bad.token.p, bad.token.len, f->key, &payload),
	    RG_E_SIGNATURE);
	assert_true(ERR_peek_last_error() == before);
	ERR_clear_error();
	vector_clear(&bad);
}

/* Every bit of the token counts. */
static void
test_each_flipped_bit_is_refused(void **state)
{
	const struct fixture *f = *state;
	struct buf payload = BUF_INIT;
	size_t i, n = f->v.token.len;
	char *text = malloc(n);

	for (i = 0; i < 8 * n; i += 3) {
		memcpy(text, f->v.token.p, n);
		text[i / 8] = (char)(text[i / 8] ^ (1 << i % 8));
		assert_int_not_equal(
		    jws_verify(text, n, f->key, &payload), RG_OK);
	}
	assert_int_equal(payload.len, 0);
	free(text);
}

static void
test_each_prefix_is_refused(void **state)
{
	const struct fixture *f = *state;
	struct buf payload = BUF_INIT;
	size_t n;
	char *text;

	for (n = 0; n < f->v.token.len; n++) {
		/* A buffer of its own, so that a byte too far is noticed. */
		text = malloc(n + (n == 0));
		memcpy(text, f->v.token.p, n);
		assert_int_not_equal(
		    jws_verify(text, n, f->key, &payload), RG_OK);
		free(text);
	}
	assert_int_equal(payload.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_peek_reads_the_header),
	    cmocka_unit_test(test_peek_refuses_as_verify_does),
	    cmocka_unit_test(test_payload_is_what_was_signed),
	    cmocka_unit_test(test_payload_that_does_not_fit),
	    cmocka_unit_test(test_length_counts),
	    cmocka_unit_test(test_key_is_not_used_up),
	    cmocka_unit_test(test_error_queue_stays_as_it_was),
	    cmocka_unit_test(test_each_flipped_bit_is_refused),
	    cmocka_unit_test(test_each_prefix_is_refused),
	};

	return cmocka_run_group_tests_name("jose_jws", tests, setup, teardown);
}
