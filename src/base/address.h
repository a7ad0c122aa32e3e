/* SPDX-License-Identifier: ISC */
/* Addresses of clients and proxies, however they are written. */
#ifndef RG_BASE_ADDRESS_H
#define RG_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#define ADDRESS_TEXT_MAX 46 /* INET6_ADDRSTRLEN */

struct address {
	bool is_v6;
	uint8_t raw[16]; /* in network order; 4 of them for IPv4 */
};

/*
 * "192.0.2.7" or "2001:db8::7". An IPv4-mapped one ("::ffff:192.0.2.7", which a
 * server with one socket for both kinds says) is the IPv4 address. False if it
 * is neither.
 */
bool address_parse(const char *text, struct address *out);

bool address_equal(const struct address *, const struct address *);

/* 127.0.0.0/8 and ::1 */
bool address_is_loopback(const struct address *);

/*
 * What one customer of a network has: an IPv4 address, the first 64 bits of an
 * IPv6 one (RFC 6177).
 */
void address_network(const struct address *, char out[static ADDRESS_TEXT_MAX]);

#endif
