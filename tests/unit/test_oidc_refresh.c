/* SPDX-License-Identifier: ISC */
/* When documents are fetched, and which copy counts. */
#include "oidc/refresh.h"

#include "base/clock.h"
#include "tests/unit/oidc_stub.h"

/* Verifies an ID token of key `which` at `now`, without the token endpoint. */
static enum rg_err
verify_at(struct op *x, int which, int64_t now)
{
	struct buf token = BUF_INIT;
	json_t *claims = NULL;
	enum rg_err r;

	op_set(x->claims, "iat", json_integer(now));
	op_set(x->claims, "nbf", json_integer(now));
	op_set(x->claims, "exp", json_integer(now + 600));
	op_sign(x, which, &token);
	err_clear(&x->e);
	r = oidc_verify_id_token(x->oidc, &x->provider, buf_str(&token),
	    token.len, NONCE, NULL, now, 60, &claims, &x->e);
	assert_int_equal(r == RG_OK, claims != NULL);
	assert_int_equal(r, x->e.code);
	json_decref(claims);
	buf_clear(&token);
	return r;
}

static void
use_kid(struct op *x, const char *kid)
{
	op_set(x->header, "kid", json_string(kid));
}

static void
test_restart_during_an_outage(void **state)
{
	struct op *x = *state;
	struct buf url = BUF_INIT;

	assert_err(verify_at(x, 0, NOW), RG_OK);
	stub_halt(&x->stub);
	op_restart(x);
	assert_err(verify_at(x, 0, NOW + HOUR), RG_OK);
	assert_err(op_begin_at(x, NOW + HOUR, &url), RG_OK);
	buf_clear(&url);
	/* ... and when the copies are old, too */
	op_restart(x);
	assert_err(verify_at(x, 0, NOW + 48 * HOUR), RG_OK);
}

static void
test_new_key_is_fetched_at_once(void **state)
{
	struct op *x = *state;

	assert_err(verify_at(x, 0, NOW), RG_OK);
	op_publish_key(x, 1, "k1");
	use_kid(x, "k1");
	/* in the same second as the first fetch */
	assert_err(verify_at(x, 1, NOW), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
	/* The old key is gone with its set. */
	use_kid(x, "k0");
	assert_err(verify_at(x, 0, NOW), RG_E_KID_UNKNOWN);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
}

static void
test_unknown_kids_do_not_hammer(void **state)
{
	struct op *x = *state;
	int i;

	assert_err(verify_at(x, 0, NOW), RG_OK);
	for (i = 0; i < 3; i++) {
		use_kid(x, i == 0 ? "a" : i == 1 ? "b" : "c");
		/* other processes count into the same interval */
		op_restart(x);
		assert_err(verify_at(x, 0, NOW + i), RG_E_KID_UNKNOWN);
	}
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
	assert_int_equal(x->mem.granted[OIDC_KEYS], 1);
	assert_err(
	    verify_at(x, 0, NOW + OIDC_REFETCH_INTERVAL - 1), RG_E_KID_UNKNOWN);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
	assert_err(
	    verify_at(x, 0, NOW + OIDC_REFETCH_INTERVAL), RG_E_KID_UNKNOWN);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 3);
}

/* An attempt counts even when it fails, and the good keys stay. */
static void
test_failed_refetch_counts(void **state)
{
	struct op *x = *state;

	assert_err(verify_at(x, 0, NOW), RG_OK);
	stub_json(&x->stub, "/keys", 500, "{}");
	stub_json(&x->stub, DISCOVERY_PATH, 500, "{}");
	use_kid(x, "a");
	assert_err(verify_at(x, 0, NOW + 1), RG_E_KID_UNKNOWN);
	assert_err(verify_at(x, 0, NOW + 2), RG_E_KID_UNKNOWN);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
	assert_int_equal(stub_hits(&x->stub, DISCOVERY_PATH), 2);
	use_kid(x, "k0");
	assert_err(verify_at(x, 0, NOW + 3), RG_OK);
	op_restart(x);
	assert_err(verify_at(x, 0, NOW + 4), RG_OK);
}

static void
test_key_known_to_another_process(void **state)
{
	struct op *x = *state;
	struct oidc *first = x->oidc;

	assert_err(verify_at(x, 0, NOW), RG_OK);
	/* A second process meets the new key. */
	op_start(x, &x->cache);
	op_publish_key(x, 1, "k1");
	use_kid(x, "k1");
	assert_err(verify_at(x, 1, NOW + 1), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
	oidc_free(&x->oidc);
	/* The first one takes it from the cache, though it might fetch. */
	x->oidc = first;
	assert_err(verify_at(x, 1, NOW + 2 + OIDC_REFETCH_INTERVAL), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
	assert_int_equal(x->mem.granted[OIDC_KEYS], 1);
}

/* What could not be saved here is not replaced by what others saved before. */
static void
test_older_cache_does_not_win(void **state)
{
	struct op *x = *state;
	struct buf old = BUF_INIT;

	assert_err(verify_at(x, 0, NOW), RG_OK);
	buf_put(&old, x->mem.text[OIDC_KEYS].p, x->mem.text[OIDC_KEYS].len);
	op_publish_key(x, 1, "k1");
	use_kid(x, "k1");
	assert_err(verify_at(x, 1, NOW + 10), RG_OK);
	/* The database was full, say: it has the keys of before. */
	assert_int_equal(
	    mem_save(&x->mem, "", OIDC_KEYS, old.p, old.len, NOW), RG_OK);
	use_kid(x, "k0");
	assert_err(verify_at(x, 0, NOW + 11), RG_E_KID_UNKNOWN);
	use_kid(x, "k1");
	assert_err(verify_at(x, 1, NOW + 11), RG_OK);
	/* A copy of ours from the future is not to be kept for that. */
	use_kid(x, "k0");
	assert_err(verify_at(x, 0, NOW + 9), RG_OK);
	buf_clear(&old);
}

/* The cache has other keys, but those are not new enough either. */
static void
test_cache_then_network(void **state)
{
	struct op *x = *state;
	struct oidc *first = x->oidc;

	assert_err(verify_at(x, 0, NOW), RG_OK);
	op_start(x, &x->cache);
	op_publish_key(x, 0, "k0-renamed");
	use_kid(x, "k0-renamed");
	assert_err(verify_at(x, 0, NOW + 1), RG_OK);
	oidc_free(&x->oidc);
	x->oidc = first;
	op_publish_key(x, 1, "k1");
	use_kid(x, "k1");
	assert_err(verify_at(x, 1, NOW + 1 + OIDC_REFETCH_INTERVAL), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 3);
}

static void
test_jwks_uri_moves(void **state)
{
	struct op *x = *state;

	assert_err(verify_at(x, 0, NOW), RG_OK);
	op_set(x->metadata, "jwks_uri", op_url(x, "/keys2"));
	op_publish(x);
	op_answer(
	    x, "/keys2", 200, json_pack("{s:[o]}", "keys", op_jwk(1, "k1")));
	use_kid(x, "k1");
	assert_err(verify_at(x, 1, NOW + 1), RG_OK);
}

/* Without kids, only a signature that fails shows that the key has changed. */
static void
test_rotation_without_kids(void **state)
{
	struct op *x = *state;

	op_publish_key(x, 0, NULL);
	op_set(x->header, "kid", NULL);
	assert_err(verify_at(x, 0, NOW), RG_OK);
	op_publish_key(x, 1, NULL);
	assert_err(verify_at(x, 1, NOW + 1), RG_OK);
	assert_err(verify_at(x, 0, NOW + 2), RG_E_SIGNATURE);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
}

static void
test_old_documents_are_refreshed(void **state)
{
	struct op *x = *state;

	assert_err(verify_at(x, 0, NOW), RG_OK);
	assert_err(verify_at(x, 0, NOW + OIDC_DOCUMENT_AGE - 1), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 1);
	assert_err(verify_at(x, 0, NOW + OIDC_DOCUMENT_AGE), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
	assert_int_equal(stub_hits(&x->stub, DISCOVERY_PATH), 2);
	/* A key that was taken back is refused from then on. */
	op_publish_key(x, 1, "k1");
	assert_err(
	    verify_at(x, 0, NOW + 2 * OIDC_DOCUMENT_AGE), RG_E_KID_UNKNOWN);
}

/* The clock was set back: a copy from the future is old. */
static void
test_clock_set_back(void **state)
{
	struct op *x = *state;

	assert_err(verify_at(x, 0, NOW), RG_OK);
	x->mem.last[OIDC_DISCOVERY] = 0; /* as the database would judge */
	assert_err(verify_at(x, 0, NOW - HOUR), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
	assert_err(verify_at(x, 0, NOW - HOUR + 1), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
}

static void
test_old_and_provider_down(void **state)
{
	struct op *x = *state;
	int64_t later = NOW + OIDC_DOCUMENT_AGE + 1;

	assert_err(verify_at(x, 0, NOW), RG_OK);
	stub_json(&x->stub, DISCOVERY_PATH, 503, "");
	stub_json(&x->stub, "/keys", 503, "");
	assert_err(verify_at(x, 0, later), RG_OK);
	assert_err(verify_at(x, 0, later + 1), RG_OK);
	assert_int_equal(stub_hits(&x->stub, DISCOVERY_PATH), 2);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
	assert_err(verify_at(x, 0, later + OIDC_REFETCH_INTERVAL), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 3);
}

static void
test_bad_documents_replace_nothing(void **state)
{
	static const char *const bad[] = {"", "<html>", "{}", "{\"keys\":[]}",
	    "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\",\"kid\":\"k0\"}]}"};
	struct op *x = *state;
	int64_t now = NOW;
	size_t i;

	assert_err(verify_at(x, 0, NOW), RG_OK);
	op_set(x->metadata, "issuer", json_string("https://evil.example"));
	op_publish(x);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		stub_json(&x->stub, "/keys", 200, bad[i]);
		now += OIDC_DOCUMENT_AGE;
		assert_err(verify_at(x, 0, now), RG_OK);
	}
	assert_int_equal(stub_hits(&x->stub, "/keys"), 6);
	assert_int_equal(x->mem.saved[OIDC_DISCOVERY], 1);
	assert_int_equal(x->mem.saved[OIDC_KEYS], 1);
}

static void
test_cold_and_bad(void **state)
{
	struct op *x = *state;
	struct buf url = BUF_INIT;

	op_set(x->metadata, "issuer", json_string("https://evil.example"));
	op_publish(x);
	assert_err(op_begin_at(x, NOW, &url), RG_E_DISCOVERY_ISSUER);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 0);
	assert_int_equal(url.len, 0);
	/* It is the cause for those who need the keys, too. */
	assert_err(verify_at(x, 0, NOW + REFRESH_COLD_INTERVAL),
	    RG_E_DISCOVERY_ISSUER);
	/* Nothing of it was kept. */
	assert_int_equal(x->mem.saved[OIDC_DISCOVERY], 0);
}

/* A sign-in can begin while the keys can't be had, but not end. */
static void
test_cold_without_keys(void **state)
{
	struct op *x = *state;
	struct buf url = BUF_INIT;

	stub_json(&x->stub, "/keys", 200, "{\"keys\":[]}");
	assert_err(op_begin_at(x, NOW, &url), RG_OK);
	buf_clear(&url);
	assert_err(
	    oidc_ready(x->oidc, &x->provider, NOW, &x->e), RG_E_JWKS_EMPTY);
	assert_err(
	    verify_at(x, 0, NOW + REFRESH_COLD_INTERVAL), RG_E_JWKS_EMPTY);
	/* while discovery, which is there, would not do as the cause */
	stub_json(&x->stub, DISCOVERY_PATH, 500, "");
	assert_err(
	    verify_at(x, 0, NOW + 2 * REFRESH_COLD_INTERVAL), RG_E_JWKS_EMPTY);
	op_publish_key(x, 0, "k0");
	assert_err(verify_at(x, 0, NOW + 3 * REFRESH_COLD_INTERVAL), RG_OK);
}

/* Without a document, attempts are two seconds apart, not five minutes. */
static void
test_cold_attempts_are_spaced(void **state)
{
	struct op *x = *state;
	struct buf url = BUF_INIT;
	int64_t start;

	stub_json(&x->stub, DISCOVERY_PATH, 500, "");
	assert_err(op_begin_at(x, NOW, &url), RG_E_NET_STATUS);
	start = clock_mono_ms();
	op_publish(x);
	assert_err(op_begin_at(x, NOW, &url), RG_OK);
	assert_true(clock_mono_ms() - start >= 1500);
	assert_int_equal(stub_hits(&x->stub, DISCOVERY_PATH), 2);
	buf_clear(&url);
}

/* The wait for another process ends, whatever that one does. */
static void
test_cold_wait_ends(void **state)
{
	struct op *x = *state;
	struct buf url = BUF_INIT;

	x->mem.last[OIDC_DISCOVERY] = NOW; /* it was granted, and died */
	x->oidc->cold_wait_ms = 100;
	assert_err(op_begin_at(x, NOW, &url), RG_E_NET);
	assert_int_equal(stub_hits(&x->stub, DISCOVERY_PATH), 0);
}

/* While the copies are fresh, neither the cache nor the network is asked. */
static void
test_fresh_copies_are_enough(void **state)
{
	struct op *x = *state;
	struct oidc *first = x->oidc;
	int64_t later = NOW + OIDC_DOCUMENT_AGE;
	int loads, asked;

	assert_err(verify_at(x, 0, NOW), RG_OK);
	loads = x->mem.loads;
	assert_err(verify_at(x, 0, NOW + 1), RG_OK);
	assert_int_equal(x->mem.loads, loads);
	/* A second process refreshes; the first one only takes that over. */
	op_start(x, &x->cache);
	assert_err(verify_at(x, 0, later), RG_OK);
	oidc_free(&x->oidc);
	x->oidc = first;
	asked = x->mem.asked[OIDC_DISCOVERY];
	assert_err(verify_at(x, 0, later + OIDC_REFETCH_INTERVAL), RG_OK);
	assert_int_equal(x->mem.asked[OIDC_DISCOVERY], asked);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 2);
}

static const char *late_text;
static enum oidc_document late_kind;
static int late_loads;

/* Another process saves a document while we wait for it. */
static enum rg_err
late_load(void *ctx, const char *issuer, enum oidc_document kind,
    struct buf *text, int64_t *at)
{
	(void)ctx;
	(void)issuer;
	if (kind != late_kind || ++late_loads < 4)
		return RG_E_NOT_FOUND;
	buf_puts(text, late_text);
	*at = NOW;
	return RG_OK;
}

static void
test_cold_waits_for_another_process(void **state)
{
	struct op *x = *state;
	struct buf url = BUF_INIT, text = BUF_INIT;

	assert_true(json_put(&text, x->metadata));
	late_text = buf_str(&text);
	late_kind = OIDC_DISCOVERY;
	late_loads = 0;
	x->cache.load = late_load;
	x->mem.last[OIDC_DISCOVERY] = NOW; /* it was granted */
	assert_err(op_begin_at(x, NOW, &url), RG_OK);
	assert_int_equal(stub_hits(&x->stub, DISCOVERY_PATH), 0);
	buf_clear(&url);
	buf_clear(&text);
}

/* Another process has met the new key and is fetching it right now. */
static void
test_unknown_key_waits_for_another_process(void **state)
{
	struct op *x = *state;
	struct buf text = BUF_INIT;
	json_t *set = json_pack("{s:[o]}", "keys", op_jwk(1, "k1"));

	assert_err(verify_at(x, 0, NOW), RG_OK);
	assert_true(json_put(&text, set));
	late_text = buf_str(&text);
	late_kind = OIDC_KEYS;
	late_loads = 0;
	x->cache.load = late_load;
	x->oidc->forced_wait_ms = 1000;
	x->mem.last[OIDC_KEYS] = NOW;
	use_kid(x, "k1");
	assert_err(verify_at(x, 1, NOW), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 1);
	json_decref(set);
	buf_clear(&text);
}

static void
test_broken_database(void **state)
{
	struct op *x = *state;
	struct buf url = BUF_INIT;

	x->mem.may_fetch_error = RG_E_STORE_BUSY;
	assert_err(op_begin_at(x, NOW, &url), RG_E_STORE_BUSY);
	assert_int_equal(stub_hits(&x->stub, DISCOVERY_PATH), 0);
	/* What is known goes on being used. */
	x->mem.may_fetch_error = RG_OK;
	assert_err(verify_at(x, 0, NOW), RG_OK);
	x->mem.may_fetch_error = RG_E_STORE_BUSY;
	assert_err(verify_at(x, 0, NOW + 48 * HOUR), RG_OK);
	use_kid(x, "a");
	assert_err(verify_at(x, 0, NOW + 48 * HOUR), RG_E_KID_UNKNOWN);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 1);
}

/* A cached text is validated like a fetched one. */
static void
test_damaged_cache(void **state)
{
	struct op *x = *state;

	buf_puts(&x->mem.text[OIDC_DISCOVERY],
	    "{\"issuer\":\"https://evil.example\"}");
	buf_puts(&x->mem.text[OIDC_KEYS], "{\"keys\":[]}");
	x->mem.at[OIDC_DISCOVERY] = x->mem.at[OIDC_KEYS] = NOW;
	assert_err(verify_at(x, 0, NOW), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 1);
}

static void
test_without_a_cache(void **state)
{
	struct op *x = *state;

	oidc_free(&x->oidc);
	op_start(x, NULL);
	assert_err(verify_at(x, 0, NOW), RG_OK);
	assert_err(verify_at(x, 0, NOW), RG_OK);
	assert_int_equal(stub_hits(&x->stub, "/keys"), 1);
	op_publish_key(x, 1, "k1");
	use_kid(x, "k1");
	assert_err(verify_at(x, 1, NOW), RG_OK);
}

/* What one issuer says counts for that issuer only. */
static void
test_issuers_are_apart(void **state)
{
	struct op *x = *state;
	char other[256];
	struct buf url = BUF_INIT;

	oidc_free(&x->oidc);
	op_start(x, NULL);
	assert_err(verify_at(x, 0, NOW), RG_OK);
	(void)snprintf(other, sizeof(other), "%s/other", x->issuer);
	x->provider.issuer = other;
	assert_err(verify_at(x, 0, NOW), RG_E_NET_STATUS);
	assert_err(op_begin_at(x, NOW, &url), RG_E_NET_STATUS);
	/* Nor does a document outlive the permission that it needed. */
	x->provider.issuer = x->issuer;
	assert_err(op_begin_at(x, NOW, &url), RG_OK);
	x->provider.allow_loopback_http = false;
	assert_err(op_begin_at(x, NOW, &url), RG_E_NET_URL);
	buf_clear(&url);
}

/* Plain http is for the demo, on loopback, when the configuration says so. */
static void
test_http_needs_permission(void **state)
{
	struct op *x = *state;
	struct buf url = BUF_INIT;

	x->provider.allow_loopback_http = false;
	assert_err(op_begin_at(x, NOW, &url), RG_E_NET_URL);
	assert_int_equal(atomic_load(&x->stub.s->accepts), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    OP_TEST(test_restart_during_an_outage),
	    OP_TEST(test_new_key_is_fetched_at_once),
	    OP_TEST(test_unknown_kids_do_not_hammer),
	    OP_TEST(test_failed_refetch_counts),
	    OP_TEST(test_key_known_to_another_process),
	    OP_TEST(test_older_cache_does_not_win),
	    OP_TEST(test_cache_then_network),
	    OP_TEST(test_jwks_uri_moves),
	    OP_TEST(test_rotation_without_kids),
	    OP_TEST(test_old_documents_are_refreshed),
	    OP_TEST(test_clock_set_back),
	    OP_TEST(test_old_and_provider_down),
	    OP_TEST(test_bad_documents_replace_nothing),
	    OP_TEST(test_cold_and_bad),
	    OP_TEST(test_cold_without_keys),
	    OP_TEST(test_cold_attempts_are_spaced),
	    OP_TEST(test_cold_waits_for_another_process),
	    OP_TEST(test_cold_wait_ends),
	    OP_TEST(test_fresh_copies_are_enough),
	    OP_TEST(test_unknown_key_waits_for_another_process),
	    OP_TEST(test_broken_database),
	    OP_TEST(test_damaged_cache),
	    OP_TEST(test_without_a_cache),
	    OP_TEST(test_issuers_are_apart),
	    OP_TEST(test_http_needs_permission),
	};

	return cmocka_run_group_tests(tests, op_make_keys, op_free_keys);
}
