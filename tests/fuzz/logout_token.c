/* SPDX-License-Identifier: ISC */
/*
 * Logout tokens: first the text as a token of unknown origin, then as claims
 * whose signature is good. An ID token never passes.
 */
#include "oidc/logout_token.h"
#include "base/json.h"
#include "fuzz.h"

#define NOW 1800000000
#define EVENT "http://schemas.openid.net/event/backchannel-logout"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "keycloak", issuer[] = "https://op.example",
		    client[] = "rolegate";
	const struct provider p = {
	    .name = name,
	    .issuer = issuer,
	    .client_id = client,
	};
	const struct provider *whose = NULL;
	char *text = fuzz_bytes(data, size);
	struct err e = {RG_OK, ""};
	json_t *claims = NULL;
	int64_t iat = 0;

	if (logout_token_provider(&p, 1, text, size, &whose, &e) == RG_OK)
		FUZZ_CHECK(whose == &p);
	if (json_load_strict(text, size, &claims) == RG_OK &&
	    logout_token_check(claims, &p, NOW, 60, &e) == RG_OK) {
		const json_t *events = json_object_get(claims, "events");

		FUZZ_CHECK(strcmp(json_str(claims, "iss"), issuer) == 0);
		FUZZ_CHECK(json_is_object(json_object_get(events, EVENT)));
		FUZZ_CHECK(json_object_get(claims, "nonce") == NULL);
		FUZZ_CHECK(json_str(claims, "jti") != NULL);
		FUZZ_CHECK(json_str(claims, "sub") != NULL ||
			   json_str(claims, "sid") != NULL);
		FUZZ_CHECK(json_int(claims, "iat", &iat));
		FUZZ_CHECK(iat <= NOW + 60);
		FUZZ_CHECK(iat > NOW - LOGOUT_TOKEN_AGE - 61);
	}
	json_decref(claims);
	free(text);
	return 0;
}
