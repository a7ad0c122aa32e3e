/* SPDX-License-Identifier: ISC */
/*
 * Out of memory at every single allocation, OpenSSL's and jansson's included:
 * a good token may then be refused, a bad one is never accepted, and nothing
 * of a refused one reaches the caller. (libjwt 1.10.2, for one, calls a
 * token verified when it can't allocate the key.)
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vector.h"

#define ALLOCATIONS_MAX 20000

/* The window is open while it is >= 0; the allocation at 0 and later fail. */
static long countdown = -1;
static bool once; /* only one fails, the later ones succeed again */
static long failures;

#ifndef RG_SANITIZED
/* glibc's own names; AddressSanitizer has no such second door. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static bool
must_fail(void)
{
	if (countdown < 0)
		return false;
	if (countdown > 0) {
		countdown--;
		return false;
	}
	if (once)
		countdown = -1;
	failures++;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return must_fail() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return must_fail() ? NULL : __libc_realloc(p, n);
}
#endif

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
	long n;

	for (n = 0; n < ALLOCATIONS_MAX; n++) {
		failures = 0;
		countdown = n;
		r = jwk_parse(s->jwk, -1, JOSE_RS256, &key);
		countdown = -1;
		if (r == RG_OK)
			assert_int_equal(vector_verify(s->v.token.p,
					     s->v.token.len, key, &claims),
			    RG_OK);
		else
			assert_null(key);
		json_decref(claims);
		claims = NULL;
		jwk_free(&key);
		if (failures == 0)
			break;
	}
	assert_true(n < ALLOCATIONS_MAX);
}

/* Every allocation in turn; how many verdicts were RG_OK in spite of it. */
static long
starve(const struct sample *s)
{
	json_t *claims = NULL;
	long n, accepted = 0;
	enum rg_err r;

	for (n = 0; n < ALLOCATIONS_MAX; n++) {
		failures = 0;
		countdown = n;
		r = judge(s, &claims);
		countdown = -1;
		if (s->v.want != RG_OK)
			assert_int_not_equal(r, RG_OK);
		if (s->v.want == RG_E_SIGNATURE)
			assert_null(claims);
		json_decref(claims);
		if (failures == 0) {
			assert_int_equal(r, s->v.want);
			break;
		}
		accepted += r == RG_OK;
	}
	assert_true(n < ALLOCATIONS_MAX);
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
	once = false;
	assert_int_equal(starve(&s), 0);
	once = true;
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
	long n;

	(void)state;
	once = true;
	for (n = 0; n < ALLOCATIONS_MAX; n++) {
		failures = 0;
		countdown = n;
		r = jwks_parse(text, strlen(text), JOSE_RS256, &set, NULL);
		countdown = -1;
		if (failures == 0)
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_tokens),
	    cmocka_unit_test(test_bad_tokens),
	    cmocka_unit_test(test_key_set),
	};

	return cmocka_run_group_tests_name("jose_nomem", tests, NULL, NULL);
}
