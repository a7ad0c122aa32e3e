/* SPDX-License-Identifier: ISC */
#include "base/random.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/b64url.h"

void
random_bytes(void *out, size_t len)
{
	unsigned char *p = out;
	ssize_t n;

	while (len > 0) {
		n = getrandom(p, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		/* A guessable session id is worse than no service. */
		if (n <= 0)
			abort();
		p += n;
		len -= (size_t)n;
	}
}

void
random_token(char out[static RANDOM_TOKEN_LEN + 1])
{
	uint8_t raw[32];

	random_bytes(raw, sizeof(raw));
	b64url_encode(raw, sizeof(raw), out);
	explicit_bzero(raw, sizeof(raw));
}

void
random_name(char *out, size_t len)
{
	static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
	size_t i;

	random_bytes(out, len);
	for (i = 0; i < len; i++)
		out[i] = alphabet[(unsigned char)out[i] % 32];
	out[len] = '\0';
}
