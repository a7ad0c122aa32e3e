/* SPDX-License-Identifier: ISC */
/*
 * Tokens, against the public keys of tests/vectors/. The corpus has tokens that
 * are good; whatever else passes is forged.
 */
#include "base/b64url.h"
#include "base/json.h"
#include "jose/jws.h"
#include "fuzz.h"

#define KEYS "tests/vectors/defaults.json"
#define CASE(name) "tests/vectors/cases/" name ".jwt"

static const char *const goods[] = {
    CASE("020-rs256"), CASE("038-ps256"), CASE("056-es256"), CASE("074-eddsa")};

static struct jwks *
load_keys(void)
{
	json_t *all = json_load_file(KEYS, 0, NULL);
	char *text = json_dumps(json_object_get(all, "jwks"), 0);
	struct jwks *keys = NULL;

	FUZZ_CHECK(text != NULL);
	FUZZ_CHECK(
	    jwks_parse(text, strlen(text), JOSE_RS256, &keys, NULL) == RG_OK);
	free(text);
	json_decref(all);
	return keys;
}

/* What is signed in a token is all before its last dot. */
static size_t
signed_length(const char *token, size_t size)
{
	const char *dot = memrchr(token, '.', size);

	FUZZ_CHECK(dot != NULL);
	return (size_t)(dot - token);
}

static bool
is_signed_by_us(const char *token, size_t size)
{
	size_t i, n = signed_length(token, size);
	char good[4096];

	for (i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		FILE *f = fopen(goods[i], "rb");
		size_t len;

		FUZZ_CHECK(f != NULL);
		len = fread(good, 1, sizeof(good), f);
		(void)fclose(f);
		if (signed_length(good, len) == n &&
		    memcmp(good, token, n) == 0)
			return true;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct jwks *keys;
	char *token = fuzz_bytes(data, size);
	const struct jws_header *h;
	const struct jwk *key;
	int kind;
	enum rg_err r;

	if (keys == NULL)
		keys = load_keys();
	for (kind = JWS_PLAIN; kind < JWS__KINDS; kind++) {
		json_t *claims = NULL;
		struct jws *t = NULL;

		if (jws_open((enum jws_kind)kind, token, size, &t) != RG_OK) {
			FUZZ_CHECK(t == NULL);
			continue;
		}
		FUZZ_CHECK(json_is_object(jws_unverified(t)));
		h = jws_header(t);
		r = jwks_select(keys, h->has_kid ? h->kid : NULL, h->alg, &key);
		if (r == RG_OK)
			r = jws_verify(t, key, &claims);
		if (r == RG_OK) {
			FUZZ_CHECK(jwk_alg(key) == h->alg);
			FUZZ_CHECK(is_signed_by_us(token, size));
		}
		FUZZ_CHECK((claims != NULL) == (r == RG_OK));
		json_decref(claims);
		jws_free(&t);
	}
	free(token);
	return 0;
}
