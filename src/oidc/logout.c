/* SPDX-License-Identifier: ISC */
#include "oidc/logout.h"

#include <string.h>

#include "base/url.h"

enum rg_err
logout_url(struct buf *out, const char *endpoint, const struct provider *p,
    const char *post_logout_redirect_uri, const char *logout_hint)
{
	buf_puts(out, endpoint);
	buf_puts(
	    out, strchr(endpoint, '?') != NULL ? "&client_id=" : "?client_id=");
	url_encode(out, p->client_id);
	if (post_logout_redirect_uri != NULL) {
		buf_puts(out, "&post_logout_redirect_uri=");
		url_encode(out, post_logout_redirect_uri);
	}
	if (logout_hint != NULL) {
		buf_puts(out, "&logout_hint=");
		url_encode(out, logout_hint);
	}
	return buf_ok(out) ? RG_OK : RG_E_NOMEM;
}
