/* SPDX-License-Identifier: ISC */
/* What rolegatectl doctor asks. */
#include "base/buf.h"
#include "oidc/client_auth.h"
#include "oidc/document.h"
#include "oidc/oidc.h"

#define PROBE_MAX ((size_t)256 * 1024)

enum rg_err
oidc_clock(
    struct oidc *o, const struct provider *p, int64_t *date, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct fetch_response res = {0};
	struct buf url = BUF_INIT;

	*date = 0;
	buf_printf(&url, "%s/.well-known/openid-configuration", p->issuer);
	if (!buf_ok(&url)) {
		r = err_set(e, RG_E_NOMEM, "asking %s", p->name);
		goto out;
	}
	r = fetch(o->fetch,
	    &(struct fetch_request){
		.url = buf_str(&url),
		.ca_file = p->ca_file,
		.max_bytes = PROBE_MAX,
		.timeout_ms = p->timeout_ms,
		.allow_loopback_http = p->allow_loopback_http,
	    },
	    &res, e);
	if (r != RG_OK)
		goto out;
	if (res.status != 200) {
		r = err_set(e, RG_E_NET_STATUS, "%s: status %ld", p->issuer,
		    res.status);
		goto out;
	}
	*date = res.date;
	r = RG_OK;
out:
	fetch_response_clear(&res);
	buf_clear(&url);
	return r;
}

enum rg_err
oidc_assertion_check(const struct credential *c, struct err *e)
{
	struct buf jwt = BUF_INIT;
	enum rg_err r = client_auth_read(c, &jwt, e);

	buf_clear(&jwt);
	return r;
}
