/* SPDX-License-Identifier: ISC */
#include "base/b64url.h"

static const char alphabet[64] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	if (c == '_')
		return 63;
	return -1;
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
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t i, n = 0;
	int v;

	*out_len = 0;
	if (len % 4 == 1)
		return RG_E_TOKEN_BASE64;
	for (i = 0; i < len; i++) {
		v = value_of(s[i]);
		if (v < 0)
			return RG_E_TOKEN_BASE64;
		acc = (acc << 6) | (uint32_t)v;
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
