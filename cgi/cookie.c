/* SPDX-License-Identifier: ISC */
#include "cgi/cookie.h"

#include <stdio.h>
#include <string.h>

void
cookie_name(const struct cookie_style *style, const char *base,
    char out[static COOKIE_NAME_MAX])
{
	int n;

	/*
	 * draft-ietf-httpbis-rfc6265bis 4.1.3.2: a browser takes a "__Host-"
	 * cookie only over https, from this very host, for the whole host.
	 */
	n = snprintf(
	    out, COOKIE_NAME_MAX, "%s%s", style->secure ? "__Host-" : "", base);
	if (n < 0 || n >= COOKIE_NAME_MAX)
		out[0] = '\0'; /* a name that no cookie has */
}

static void
put(struct response *s, const struct cookie_style *style, const char *base,
    const char *value, const char *age, enum same_site same_site)
{
	char name[COOKIE_NAME_MAX];

	cookie_name(style, base, name);
	/* base64url, so that nothing can be appended to the cookie. */
	if (name[0] == '\0' || name[strcspn(name, "=; ,\t")] != '\0' ||
	    value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz"
				"0123456789-_")] != '\0') {
		s->headers.failed = true;
		return;
	}
	/* Browsers drop SameSite=None without Secure. */
	response_header(s, "Set-Cookie", "%s=%s; Path=/; HttpOnly%s%s%s", name,
	    value, style->secure ? "; Secure" : "",
	    same_site == SAME_SITE_NONE && style->secure ? "; SameSite=None"
							 : "; SameSite=Lax",
	    age);
}

void
cookie_set(struct response *s, const struct cookie_style *style,
    const char *base, const char *value, long max_age, enum same_site same_site)
{
	char age[48] = "";

	if (max_age >= 0)
		(void)snprintf(age, sizeof(age), "; Max-Age=%ld", max_age);
	put(s, style, base, value, age, same_site);
}

void
cookie_forget(struct response *s, const struct cookie_style *style,
    const char *base, enum same_site same_site)
{
	put(s, style, base, "", "; Max-Age=0", same_site);
}
