/* SPDX-License-Identifier: ISC */
#include "base/b64url.h"

static const char alphabet[64] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The place of each byte in the alphabet, and one more: 0 if it has none. */
static const uint8_t *
places(void)
{
	static uint8_t table[256];
	uint8_t i;

	for (i = 0; table[(unsigned char)alphabet[63]] == 0; i++)
		table[(unsigned char)alphabet[i]] = (uint8_t)(i + 1);
	return table;
}

void
b64url_encode(const void *data, size_t len, char *out)
{
	const uint8_t *p = data;
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		acc = (acc << 8) | p[i];
		bits += 8;
		while (bits >= 6) {
			bits -= 6;
			*out++ = alphabet[(acc >> bits) & 63];
		}
	}
	if (bits > 0)
		*out++ = alphabet[(acc << (6 - bits)) & 63];
	*out = '\0';
}

enum rg_err
b64url_decode(const char *s, size_t len, uint8_t *out, size_t *out_len)
{
	const uint8_t *table = places();
	uint32_t acc = 0;
	unsigned bits = 0, place;
	size_t i, n = 0;

	*out_len = 0;
	if (len % 4 == 1)
		return RG_E_TOKEN_BASE64;
	for (i = 0; i < len; i++) {
		place = table[(unsigned char)s[i]];
		if (place == 0)
			return RG_E_TOKEN_BASE64;
		acc = (acc << 6) | (place - 1);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (uint8_t)(acc >> bits);
			acc &= (1U << bits) - 1;
		}
	}
	/* RFC 4648 section 3.5: leftover bits must be zero. */
	if (acc != 0)
		return RG_E_TOKEN_BASE64;
	*out_len = n;
	return RG_OK;
}
