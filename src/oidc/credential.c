/* SPDX-License-Identifier: ISC */
#include "oidc/credential.h"

#include <stdlib.h>
#include <string.h>

#define DAY 86400

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * The fractions are for certificates that live for hours, whose last month
 * begins before they do.
 */
enum cert_state
cert_state(const struct cert *c, int64_t now)
{
	int64_t life = c->not_after - c->not_before;
	int64_t left = c->not_after - now;

	if (now < c->not_before)
		return CERT_NOT_YET;
	if (left < 0) /* RFC 5280 section 4.1.2.5: notAfter is included */
		return CERT_EXPIRED;
	if (left < least(7 * DAY, life / 10))
		return CERT_URGENT;
	if (left < least(30 * DAY, life / 3))
		return CERT_ENDS_SOON;
	return CERT_GOOD;
}

const struct credential *
credential_last(const struct credential *list, size_t count)
{
	const struct credential *last = NULL;
	size_t i;

	for (i = 0; i < count; i++)
		if (list[i].kind == CREDENTIAL_CERTIFICATE &&
		    (last == NULL ||
			list[i].cert.not_after > last->cert.not_after))
			last = &list[i];
	return last;
}

void
credential_clear(struct credential *c)
{
	if (c->secret != NULL)
		explicit_bzero(c->secret, strlen(c->secret));
	free(c->secret);
	free(c->source);
	free(c->kid);
	jose_key_free(&c->key);
	memset(c, 0, sizeof(*c));
}
