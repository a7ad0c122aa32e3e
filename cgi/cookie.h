/* SPDX-License-Identifier: ISC */
#ifndef RG_CGI_COOKIE_H
#define RG_CGI_COOKIE_H

#include <stdbool.h>

#include "cgi/response.h"

/*
 * How cookies of this installation look. With https: "__Host-" names and
 * Secure; plain names only for http on loopback (the demo), where browsers
 * keep no Secure cookie.
 */
struct cookie_style {
	bool secure;
};

#define COOKIE_NAME_MAX 64

/* Writes the full name for a base name such as "rolegate". */
void cookie_name(const struct cookie_style *, const char *base,
    char out[static COOKIE_NAME_MAX]);

enum same_site {
	SAME_SITE_LAX,
	SAME_SITE_NONE
};

/*
 * Adds Set-Cookie: name=value; Path=/; HttpOnly; [Secure;] SameSite=…;
 * max_age seconds, -1 for a cookie that ends with the browser. `value` must be
 * made of base64url characters.
 */
void cookie_set(struct response *, const struct cookie_style *,
    const char *base, const char *value, long max_age, enum same_site);

/* Makes the browser forget it. */
void cookie_forget(struct response *, const struct cookie_style *,
    const char *base, enum same_site);

#endif
