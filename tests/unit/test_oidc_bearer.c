/* SPDX-License-Identifier: ISC */
/* Signatures of bearer tokens, and how often strangers make us fetch keys. */
#include "oidc/bearer.h"

#include "tests/unit/oidc_stub.h"

static char *audiences[] = {(char[]){"api://client"}};

static int
setup(void **state)
{
	struct op *x;

	if (op_setup(state) != 0)
		return -1;
	x = *state;
	x->provider.audiences = audiences;
	x->provider.audience_count = 1;
	op_set(x->claims, "aud", json_string("api://client"));
	op_set(x->claims, "nonce", NULL);
	op_set(x->claims, "scp", json_string("mcp.read"));
	return 0;
}

static enum rg_err
verify_at(struct op *x, int which, int64_t now)
{
	struct buf token = BUF_INIT;
	struct access_token t = {0};
	struct jws *jws = NULL;
	enum rg_err r;

	op_sign(x, which, &token);
	err_clear(&x->e);
	if ((r = access_token_open(buf_str(&token), token.len, &jws, &x->e)) ==
	    RG_OK)
		r = bearer_verify(
		    x->oidc, &x->provider, jws, now, 60, &t, &x->e);
	jws_free(&jws);
	assert_int_equal(r == RG_OK, t.claims != NULL);
	assert_int_equal(r, x->e.code);
	access_token_clear(&t);
	buf_clear(&token);
	return r;
}

static enum rg_err
verify(struct op *x, int which)
{
	return verify_at(x, which, NOW);
}

/* The keys are there, as after a sign-in. */
static void
warm(struct op *x)
{
	assert_err(oidc_warm(x->oidc, &x->provider, NOW, &x->e), RG_OK);
}

static void
test_verified(void **state)
{
	struct op *x = *state;

	warm(x);
	assert_err(verify(x, 0), RG_OK);
	op_set(x->header, "typ", json_string("at+jwt"));
	assert_err(verify(x, 0), RG_OK);
	op_set(x->header, "typ", json_string("application/at+JWT"));
	assert_err(verify(x, 0), RG_OK);
	op_set(x->header, "typ", NULL);
	assert_err(verify(x, 0), RG_OK);
	op_set(x->header, "typ", json_string("logout+jwt"));
	assert_err(verify(x, 0), RG_E_TYP);
	op_set(x->header, "typ", json_string("JWT"));
	assert_err(verify(x, 1), RG_E_SIGNATURE);
	op_set(x->header, "alg", json_string("RS512"));
	assert_err(verify(x, 0), RG_E_ALG_MISMATCH);
	op_set(x->header, "alg", json_string("HS256"));
	assert_err(verify(x, 0), RG_E_ALG_UNSUPPORTED);
	op_set(x->header, "alg", json_string("RS256"));
	op_set(x->claims, "nonce", json_string(NONCE));
	assert_err(verify(x, 0), RG_E_BEARER_ID_TOKEN);
}

static void
test_no_network(void **state)
{
	struct op *x = *state;

	/* Nothing is fetched by verifying, neither at first nor later. */
	assert_err(verify(x, 0), RG_E_JWKS_EMPTY);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 0);
	assert_true(
	    bearer_should_fetch(x->oidc, &x->provider, RG_E_JWKS_EMPTY, NOW));
	assert_true(bearer_fetch(x->oidc, &x->provider, NOW));
	assert_err(verify(x, 0), RG_OK);
	op_set(x->header, "kid", json_string("k9"));
	assert_err(verify(x, 0), RG_E_KID_UNKNOWN);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 1);
}

static void
test_flood(void **state)
{
	struct op *x = *state;
	int i, loads;

	warm(x);
	op_set(x->header, "kid", json_string("k9"));
	loads = x->mem.loads;
	for (i = 0; i < 50; i++) {
		assert_err(verify(x, 0), RG_E_KID_UNKNOWN);
		if (bearer_should_fetch(
			x->oidc, &x->provider, RG_E_KID_UNKNOWN, NOW))
			assert_false(bearer_fetch(x->oidc, &x->provider, NOW));
	}
	/* Two looks into the database, one question, one fetch. */
	assert_true(x->mem.loads - loads <= 2);
	assert_int_equal(x->mem.asked[OIDC_BEARER], 1);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
	/* Another process asks for itself, and is told no. */
	op_restart(x);
	assert_err(verify(x, 0), RG_E_KID_UNKNOWN);
	assert_false(bearer_fetch(x->oidc, &x->provider, NOW + 1));
	assert_int_equal(x->mem.granted[OIDC_BEARER], 1);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
	/* Sign-ins have a counter of their own, which is untouched. */
	assert_int_equal(x->mem.asked[OIDC_KEYS], 0);
	/* And a minute later it is tried again. */
	assert_true(bearer_should_fetch(x->oidc, &x->provider, RG_E_KID_UNKNOWN,
	    NOW + 1 + BEARER_REFETCH_INTERVAL));
}

static void
test_rotation(void **state)
{
	struct op *x = *state;
	uint8_t before[HASH_LEN], after[HASH_LEN];

	warm(x);
	assert_true(bearer_keys(x->oidc, &x->provider, NOW, before));
	op_set(x->header, "kid", json_string("k1"));
	op_publish_key(x, 1, "k1");
	assert_err(verify(x, 1), RG_E_KID_UNKNOWN);
	assert_true(bearer_fetch(x->oidc, &x->provider, NOW));
	assert_err(verify(x, 1), RG_OK);
	assert_true(bearer_keys(x->oidc, &x->provider, NOW, after));
	assert_memory_not_equal(before, after, HASH_LEN);
	/* What was signed with the old key is good no more. */
	op_set(x->header, "kid", json_string("k0"));
	assert_err(verify(x, 0), RG_E_KID_UNKNOWN);
}

/* Another process fetches a new key, which is used `after` so many seconds. */
static void
find_in_cache(struct op *x, int after)
{
	struct oidc *other = x->oidc;

	warm(x);
	op_start(x, &x->cache);
	assert_err(verify(x, 0), RG_OK);
	op_publish_key(x, 1, "k1");
	assert_true(bearer_fetch(other, &x->provider, NOW));
	oidc_free(&other);
	op_set(x->header, "kid", json_string("k1"));
	assert_err(verify_at(x, 1, NOW + after), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
}

/* It is found without asking. */
static void
test_found_in_cache(void **state)
{
	find_in_cache(*state, 1);
}

/* Also in the second in which the cache was looked into before. */
static void
test_found_in_cache_at_once(void **state)
{
	find_in_cache(*state, 0);
}

/*
 * Another process has fetched keys without the one that this process knows: a
 * token of that counts no more, also where no token of a new key was brought.
 */
static void
test_withdrawn_elsewhere(void **state)
{
	struct op *x = *state;
	struct oidc *other = x->oidc;
	uint8_t before[HASH_LEN], after[HASH_LEN];

	warm(x);
	op_start(x, &x->cache);
	assert_err(verify(x, 0), RG_OK);
	assert_true(bearer_keys(x->oidc, &x->provider, NOW, before));
	op_publish_key(x, 1, "k1");
	assert_true(bearer_fetch(other, &x->provider, NOW));
	oidc_free(&other);
	assert_true(bearer_keys(x->oidc, &x->provider, NOW + 1, after));
	assert_memory_not_equal(before, after, HASH_LEN);
	assert_err(verify_at(x, 0, NOW + 1), RG_E_KID_UNKNOWN);
}

static void
test_old_keys(void **state)
{
	struct op *x = *state;
	const int64_t later = NOW + OIDC_DOCUMENT_AGE;

	warm(x);
	assert_false(bearer_should_fetch(x->oidc, &x->provider, RG_OK, NOW));
	assert_false(
	    bearer_should_fetch(x->oidc, &x->provider, RG_E_AUD, later));
	assert_true(bearer_should_fetch(x->oidc, &x->provider, RG_OK, later));
	/* The provider is down: they stay good, and it is left alone. */
	stub_json(&x->stub, "/keys", 500, "{}");
	assert_false(bearer_fetch(x->oidc, &x->provider, later));
	assert_false(bearer_should_fetch(x->oidc, &x->provider, RG_OK, later));
	op_set(x->claims, "exp", json_integer(later + 600));
	assert_err(verify_at(x, 0, later), RG_OK);
}

static void
test_broken_database(void **state)
{
	struct op *x = *state;

	warm(x);
	x->mem.may_fetch_error = RG_E_STORE_BUSY;
	assert_false(bearer_fetch(x->oidc, &x->provider, NOW));
	assert_int_equal(stub_hits(&x->stub, "/keys"), 1);
	assert_err(verify(x, 0), RG_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, op_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_verified),
	    TEST(test_no_network),
	    TEST(test_flood),
	    TEST(test_rotation),
	    TEST(test_found_in_cache),
	    TEST(test_found_in_cache_at_once),
	    TEST(test_withdrawn_elsewhere),
	    TEST(test_old_keys),
	    TEST(test_broken_database),
	};

	return cmocka_run_group_tests(tests, op_make_keys, op_free_keys);
}
