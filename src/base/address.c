/* SPDX-License-Identifier: ISC */
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

_Static_assert(ADDRESS_TEXT_MAX == INET6_ADDRSTRLEN, "the same length");

bool
address_parse(const char *text, struct address *out)
{
	struct in6_addr six;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, out->raw) == 1)
		return true;
	if (inet_pton(AF_INET6, text, &six) != 1)
		return false;
	out->is_v6 = !IN6_IS_ADDR_V4MAPPED(&six);
	if (out->is_v6)
		memcpy(out->raw, six.s6_addr, sizeof(out->raw));
	else
		memcpy(out->raw, six.s6_addr + 12, 4);
	return true;
}

bool
address_equal(const struct address *a, const struct address *b)
{
	return a->is_v6 == b->is_v6 &&
	       memcmp(a->raw, b->raw, sizeof(a->raw)) == 0;
}

bool
address_is_loopback(const struct address *a)
{
	static const uint8_t one[16] = {[15] = 1};

	return a->is_v6 ? memcmp(a->raw, one, sizeof(one)) == 0
			: a->raw[0] == 127;
}

void
address_network(const struct address *a, char out[static ADDRESS_TEXT_MAX])
{
	uint8_t raw[16];

	memcpy(raw, a->raw, sizeof(raw));
	if (a->is_v6)
		memset(raw + 8, 0, 8);
	/* Can't fail: the room is enough for either kind. */
	(void)inet_ntop(
	    a->is_v6 ? AF_INET6 : AF_INET, raw, out, ADDRESS_TEXT_MAX);
}
