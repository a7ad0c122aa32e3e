/* SPDX-License-Identifier: ISC */
/* Claims of an ID token whose signature is good. */
#include "jose/claims.h"
#include "base/json.h"
#include "fuzz.h"

#define NOW 1800000000

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct claims_expect want = {
	    .issuer = "https://op.example",
	    .audience = "rolegate",
	    .nonce = "n-0S6_WzA2Mj",
	    .access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
	    .alg = JOSE_RS256,
	    .now = NOW,
	    .skew = 60,
	};
	const char *const audiences[] = {"rolegate", "api://rolegate"};
	const struct claims_access access = {
	    "https://op.example", audiences, 2, NOW, 60};
	char *text = fuzz_bytes(data, size);
	struct err e = {RG_OK, ""};
	json_t *claims = NULL;
	int64_t exp = 0;

	if (json_load_strict(text, size, &claims) == RG_OK) {
		if (claims_check_id_token(claims, &want, &e) == RG_OK) {
			FUZZ_CHECK(json_int(claims, "exp", &exp));
			FUZZ_CHECK(exp > NOW - 60);
			FUZZ_CHECK(
			    strcmp(json_str(claims, "iss"), want.issuer) == 0);
			FUZZ_CHECK(
			    strcmp(json_str(claims, "nonce"), want.nonce) == 0);
			FUZZ_CHECK(claims_has_audience(claims, want.audience));
		}
		if (claims_check_access_token(claims, &access, &e) == RG_OK) {
			FUZZ_CHECK(json_int(claims, "exp", &exp));
			FUZZ_CHECK(exp > NOW - 60);
			FUZZ_CHECK(json_str(claims, "sub") != NULL);
		}
	}
	json_decref(claims);
	free(text);
	return 0;
}
