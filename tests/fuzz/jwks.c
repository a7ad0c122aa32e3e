/* SPDX-License-Identifier: ISC */
/* Key sets: each key of an accepted one is found by its own name. */
#include "jose/jwk.h"
#include "base/json.h"
#include "fuzz.h"

static void
check_found(const struct jwks *set, const json_t *kid)
{
	const struct jwk *key = NULL;
	int alg;

	for (alg = 0; alg < JOSE__MAX; alg++) {
		if (jwks_select(set, json_string_value(kid), (enum jose_alg)alg,
			&key) == RG_OK)
			FUZZ_CHECK(
			    strcmp(jwk_kid(key), json_string_value(kid)) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_bytes(data, size);
	struct jwks *set = NULL;
	struct jwk *one = NULL;
	struct err e = {RG_OK, ""};
	json_t *o = NULL, *list, *item;
	size_t i;
	enum rg_err r = jwks_parse(text, size, JOSE_RS256, &set, &e);

	FUZZ_CHECK((r == RG_OK) == (set != NULL));
	(void)json_load_strict(text, size, &o);
	list = json_object_get(o, "keys");
	if (r == RG_OK) {
		FUZZ_CHECK(jwks_count(set) >= 1);
		FUZZ_CHECK(jwks_count(set) <= JWKS_MAX_KEYS);
		FUZZ_CHECK(jwks_count(set) <= json_array_size(list));
		json_array_foreach(list, i, item)
		{
			if (json_is_string(json_object_get(item, "kid")))
				check_found(set, json_object_get(item, "kid"));
		}
	}
	jwks_free(&set);
	r = jwk_parse(o, -1, JOSE_RS256, &one);
	FUZZ_CHECK((r == RG_OK) == (one != NULL));
	jwk_free(&one);
	json_decref(o);
	free(text);
	return 0;
}
