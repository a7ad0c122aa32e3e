/* SPDX-License-Identifier: ISC */
/* Discovery documents: every endpoint of an accepted one is https. */
#include "oidc/discovery.h"
#include "base/url.h"
#include "fuzz.h"

static void
check(const char *endpoint, bool loopback)
{
	struct url u;

	FUZZ_CHECK(url_parse(endpoint, &u) == RG_OK);
	FUZZ_CHECK(u.https || (loopback && url_is_loopback(&u)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_bytes(data, size);
	struct discovery *d = NULL;
	struct err e = {RG_OK, ""};
	enum rg_err r;
	int loopback;

	for (loopback = 0; loopback < 2; loopback++) {
		r = discovery_parse(text, size, "https://op.example", NULL,
		    loopback != 0, &d, &e);
		FUZZ_CHECK((r == RG_OK) == (d != NULL));
		if (r == RG_OK) {
			check(d->authorization_endpoint, loopback != 0);
			check(d->token_endpoint, loopback != 0);
			check(d->jwks_uri, loopback != 0);
			if (d->userinfo_endpoint != NULL)
				check(d->userinfo_endpoint, loopback != 0);
			if (d->end_session_endpoint != NULL)
				check(d->end_session_endpoint, loopback != 0);
		}
		discovery_free(&d);
	}
	free(text);
	return 0;
}
