/* SPDX-License-Identifier: ISC */
#ifndef RG_BASE_URL_H
#define RG_BASE_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define URL_MAX 2048
#define URL_HOST_MAX 253

/* An absolute http or https URL, taken apart. */
struct url {
	bool https;
	char host[URL_HOST_MAX + 1]; /* lower case; IPv6 in brackets */
	unsigned port;		     /* the default one when not written */
	char path[URL_MAX + 1];	     /* "" or "/..."; without the query */
	bool has_query;
};

/*
 * Strict on purpose: scheme http or https in lower case, no user info, no
 * fragment, host of letters, digits, dots and hyphens or a bracketed IPv6
 * address, visible ASCII only, no backslash. RG_E_NET_URL otherwise.
 */
enum rg_err url_parse(const char *s, struct url *out);

/* 127.0.0.0/8, [::1] or localhost: traffic that never leaves the machine. */
bool url_is_loopback(const struct url *);

/* Same scheme, host and port. */
bool url_same_origin(const struct url *, const struct url *);

/* Appends `s` with everything but RFC 3986 "unreserved" as %XX. */
void url_encode(struct buf *out, const char *s);

/*
 * True for a value that, put in a Location header, leads a browser to a path
 * of the same site: it starts with one "/" that neither "/" nor "\" follows,
 * has visible ASCII only, no backslash anywhere, and at most URL_MAX bytes.
 * (Browsers take "\" for "/" and drop tabs and newlines: WHATWG URL 4.4.)
 */
bool url_is_local_path(const char *s);

#endif
