/* SPDX-License-Identifier: ISC */
#include "oidc/exchange.h"

#include "base/buf.h"
#include "base/form.h"
#include "oidc/token_request.h"

enum rg_err
exchange_code(struct oidc *o, const char *endpoint, const struct provider *p,
    const struct oidc_finish *f, int64_t now, struct token_response **out,
    struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct fetch_response res = {0};
	struct buf form = BUF_INIT;

	*out = NULL;
	if (f->code == NULL || f->redirect_uri == NULL ||
	    f->code_verifier == NULL) {
		r = err_set(e, RG_E_USAGE, "code, verifier or redirect URI");
		goto out;
	}
	form_put(&form, "grant_type", "authorization_code");
	form_put(&form, "code", f->code);
	form_put(&form, "redirect_uri", f->redirect_uri);
	form_put(&form, "code_verifier", f->code_verifier);
	if (!buf_ok(&form)) {
		r = err_set(e, RG_E_NOMEM, "token request");
		goto out;
	}
	r = token_request(o, p, endpoint, &form, now, &res, e);
	if (r != RG_OK)
		goto out;
	r = token_response_parse(buf_str(&res.body), res.body.len, out, e);
out:
	fetch_response_clear(&res);
	buf_clear(&form);
	return r;
}
