/* SPDX-License-Identifier: ISC */
#include "oidc/exchange.h"

#include "base/buf.h"
#include "base/form.h"
#include "base/url.h"

static void
make_form(
    struct buf *form, const struct provider *p, const struct oidc_finish *f)
{
	form_put(form, "grant_type", "authorization_code");
	form_put(form, "code", f->code);
	form_put(form, "redirect_uri", f->redirect_uri);
	form_put(form, "code_verifier", f->code_verifier);
	if (p->client_auth == CLIENT_SECRET_POST) {
		form_put(form, "client_id", p->client_id);
		form_put(form, "client_secret", p->client_secret);
	}
}

enum rg_err
exchange_code(struct fetch *net, const char *endpoint, const struct provider *p,
    const struct oidc_finish *f, struct token_response **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct fetch_response res = {0};
	struct buf form = BUF_INIT, user = BUF_INIT, pass = BUF_INIT;
	bool basic = p->client_auth == CLIENT_SECRET_BASIC;

	*out = NULL;
	if (p->client_secret == NULL || f->code == NULL ||
	    f->redirect_uri == NULL || f->code_verifier == NULL) {
		r = err_set(e, RG_E_USAGE, "code, verifier or client secret");
		goto out;
	}
	make_form(&form, p, f);
	/* RFC 6749 section 2.3.1: encoded first, so ":" can't be taken wrong */
	url_encode(&user, p->client_id);
	url_encode(&pass, p->client_secret);
	if (!buf_ok(&form) || !buf_ok(&user) || !buf_ok(&pass)) {
		r = err_set(e, RG_E_NOMEM, "token request");
		goto out;
	}
	r = fetch(net,
	    &(struct fetch_request){
		.url = endpoint,
		.form = buf_str(&form),
		.basic_user = basic ? buf_str(&user) : NULL,
		.basic_pass = basic ? buf_str(&pass) : NULL,
		.ca_file = p->ca_file,
		.max_bytes = TOKEN_RESPONSE_MAX_TEXT,
		.timeout_ms = p->timeout_ms,
		.allow_loopback_http = p->allow_loopback_http,
	    },
	    &res, e);
	if (r != RG_OK)
		goto out;
	if (res.status != 200) {
		r = token_response_error(
		    res.status, buf_str(&res.body), res.body.len, e);
		goto out;
	}
	r = token_response_parse(buf_str(&res.body), res.body.len, out, e);
	if (r != RG_OK)
		goto out;
	r = RG_OK;
out:
	fetch_response_clear(&res);
	buf_clear(&form);
	buf_clear(&user);
	buf_clear(&pass);
	return r;
}
