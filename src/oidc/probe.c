/* SPDX-License-Identifier: ISC */
/* What rolegatectl doctor asks. */
#include <string.h>

#include "base/buf.h"
#include "base/random.h"
#include "entra/aadsts.h"
#include "oidc/client_auth.h"
#include "oidc/document.h"
#include "oidc/oidc.h"

#define PROBE_MAX ((size_t)256 * 1024)

static enum rg_err
ask(struct oidc *o, const struct provider *p, struct buf *url,
    struct fetch_response *out, struct err *e)
{
	return fetch(o->fetch,
	    &(struct fetch_request){
		.url = buf_str(url),
		.ca_file = p->ca_file,
		.max_bytes = PROBE_MAX,
		.timeout_ms = p->timeout_ms,
		.allow_loopback_http = p->allow_loopback_http,
	    },
	    out, e);
}

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
	r = ask(o, p, &url, &res, e);
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

/* Where the answer leads: back to us, which only registered URIs are. */
static bool
leads_to(const struct fetch_response *res, const char *uri)
{
	size_t n = strlen(uri);

	return res->location != NULL && strncmp(res->location, uri, n) == 0 &&
	       (res->location[n] == '?' || res->location[n] == '#');
}

/* Of a page for people: Entra's have the number somewhere in them. */
static enum rg_err
judge_page(const struct fetch_response *res, struct err *e)
{
	const char *at = strstr(buf_str(&res->body), "AADSTS");
	const struct aadsts *known = aadsts_find(aadsts_number(at));

	if (known != NULL && known->code == RG_E_REGISTRATION)
		return err_set(e, known->code, "%s", known->advice);
	if (known == NULL && res->status >= 400 && res->status < 500)
		return err_set(e, RG_E_REGISTRATION,
		    "status %ld: is it registered there, to the byte, and is "
		    "client_id right?",
		    res->status);
	return err_set(e, RG_E_NOT_FOUND, "status %ld", res->status);
}

enum rg_err
oidc_redirect_check(struct oidc *o, const struct provider *p,
    const char *redirect_uri, int64_t now, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct provider asked = *p; /* borrows all of it */
	char state[RANDOM_TOKEN_LEN + 1], nonce[RANDOM_TOKEN_LEN + 1],
	    verifier[RANDOM_TOKEN_LEN + 1];
	struct fetch_response res = {0};
	struct buf url = BUF_INIT;

	random_token(state);
	random_token(nonce);
	random_token(verifier);
	/* A form that posts itself would take a browser. */
	asked.response_mode = RESPONSE_QUERY;
	r = oidc_begin(o, &asked,
	    &(struct oidc_begin){.redirect_uri = redirect_uri,
		.state = state,
		.nonce = nonce,
		.code_verifier = verifier,
		.prompt = "none"},
	    now, &url, e);
	if (r != RG_OK)
		goto out;
	r = ask(o, p, &url, &res, e);
	if (r == RG_OK && !leads_to(&res, redirect_uri))
		r = judge_page(&res, e);
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
