/* SPDX-License-Identifier: ISC */
/* A new key is one that signs, and no two are the same. */
#include "jose/keygen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/json.h"
#include "jose/sign.h"

#define MANY 20

static void
make(char thumbprint[static JOSE_THUMBPRINT_LEN + 1])
{
	struct buf pem = BUF_INIT;
	struct jose_key *key = NULL;
	struct err e = {RG_OK, ""};
	json_t *jwk;

	assert_int_equal(jose_key_generate(&pem), RG_OK);
	/* PKCS#8, in the clear: it is the caller who seals it. */
	assert_memory_equal(pem.p, "-----BEGIN PRIVATE KEY-----\n", 28);
	assert_int_equal(
	    jose_key_parse(buf_str(&pem), pem.len, JOSE_ES256, &key, &e),
	    RG_OK);
	assert_int_equal(jose_key_alg(key), JOSE_ES256);
	assert_int_equal(jose_key_thumbprint(key, thumbprint), RG_OK);
	jwk = jose_key_jwk(key);
	assert_string_equal(json_str(jwk, "kty"), "EC");
	assert_string_equal(json_str(jwk, "crv"), "P-256");
	assert_null(json_object_get(jwk, "d"));
	json_decref(jwk);
	jose_key_free(&key);
	buf_clear(&pem);
}

static void
test_fresh(void **state)
{
	char all[MANY][JOSE_THUMBPRINT_LEN + 1];
	size_t i, k;

	(void)state;
	for (i = 0; i < MANY; i++) {
		make(all[i]);
		for (k = 0; k < i; k++)
			assert_string_not_equal(all[i], all[k]);
	}
}

static void
test_appended(void **state)
{
	struct buf pem = BUF_INIT;

	(void)state;
	buf_puts(&pem, "before\n");
	assert_int_equal(jose_key_generate(&pem), RG_OK);
	assert_memory_equal(pem.p, "before\n-----BEGIN", 17);
	buf_clear(&pem);
}

/* A buffer that failed before stays failed, and that is said. */
static void
test_no_memory(void **state)
{
	struct buf pem = BUF_INIT;

	(void)state;
	pem.failed = true;
	assert_int_equal(jose_key_generate(&pem), RG_E_NOMEM);
	buf_clear(&pem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fresh),
	    cmocka_unit_test(test_appended),
	    cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
