/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "cgi/api.h"
#include "cgi/bearer.h"

/* "https://app.example.com" of "https://app.example.com/auth" */
static bool
is_our_origin(const struct settings *s, const char *origin)
{
	size_t n = strlen(s->public_url) - strlen(s->prefix);

	return strlen(origin) == n && strncmp(origin, s->public_url, n) == 0;
}

/*
 * Fetch Metadata, section 2.3: "none" is a person who typed the address, and
 * nobody types an edit.
 */
static bool
is_from_us(const struct settings *s, const struct request *q)
{
	if (q->tells_site && (!q->same_origin || q->cross_site))
		return false;
	if (q->origin != NULL && !is_our_origin(s, q->origin))
		return false;
	return q->tells_site || q->origin != NULL;
}

enum rg_err
api_caller(struct worker *w, const struct request *q, struct api_caller *out)
{
	bool reads = q->method == METHOD_GET || q->method == METHOD_HEAD;

	memset(out, 0, sizeof(*out));
	/*
	 * A token decides even beside a cookie. No browser sends one by itself,
	 * so it needs no other proof of what the caller wants.
	 */
	if (bearer_is_sent(q))
		return worker_authenticate(w, q, "api.failed", &out->id);
	out->by_cookie = true;
	if (q->cross_site)
		return RG_E_CROSS_SITE;
	if (!reads && (!q->csrf_header || !is_from_us(w->settings, q)))
		return RG_E_CROSS_SITE;
	return worker_identify(w, q, "api.failed", &out->id);
}

void
api_caller_clear(struct api_caller *c)
{
	gate_identity_clear(&c->id);
}
