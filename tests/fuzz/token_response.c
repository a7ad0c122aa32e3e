/* SPDX-License-Identifier: ISC */
/* Answers of a token endpoint, taken as success and as error. */
#include "oidc/token_response.h"
#include "oidc/claims_request.h"
#include "base/json.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_bytes(data, size);
	struct token_response *t = NULL;
	struct buf challenge = BUF_INIT;
	struct err e = {RG_OK, ""};
	json_t *o = NULL;
	enum rg_err r = token_response_parse(text, size, &t, &e);

	FUZZ_CHECK((r == RG_OK) == (t != NULL));
	if (r == RG_OK) {
		FUZZ_CHECK(t->id_token != NULL && t->access_token != NULL);
		FUZZ_CHECK(t->expires_in >= 0);
	}
	token_response_free(&t);
	r = token_response_parse_app(text, size, &t, &e);
	FUZZ_CHECK((r == RG_OK) == (t != NULL));
	FUZZ_CHECK(r != RG_OK || t->access_token != NULL);
	token_response_free(&t);
	FUZZ_CHECK(token_response_error(400, text, size, &e) != RG_OK);
	FUZZ_CHECK(token_response_error(401, text, size, &e) != RG_OK);
	(void)token_response_is_invalid_client(401, text, size);
	token_response_challenge(text, size, &challenge);
	if (challenge.len > 0) {
		FUZZ_CHECK(challenge.len <= CLAIMS_CHALLENGE_MAX);
		FUZZ_CHECK(
		    json_load_strict(challenge.p, challenge.len, &o) == RG_OK);
		json_decref(o);
	}
	buf_clear(&challenge);
	free(text);
	return 0;
}
