/* SPDX-License-Identifier: ISC */
/* GET|POST /callback: back from the provider. */
#include <string.h>

#include "base/log.h"
#include "cgi/chooser.h"
#include "cgi/login_cookie.h"

/*
 * One value, from the query of a GET or the body of a POST. The same name in
 * both places, or twice in one, is refused: two readers must not differ. An
 * empty one is as if it were not there (RFC 6749 section 3.1).
 */
static enum rg_err
parameter(const struct request *q, const char *name, const char **value)
{
	const struct form *from = q->query;
	const char *other;
	enum rg_err r;

	if (q->method == METHOD_POST) {
		from = q->body;
		if ((r = form_get(q->query, name, &other)) != RG_OK)
			return r;
		if (other != NULL)
			return RG_E_REQ_DUPLICATE;
	}
	if ((r = form_get(from, name, value)) != RG_OK)
		return r;
	if (*value != NULL && **value == '\0')
		*value = NULL;
	return RG_OK;
}

static enum rg_err
read_callback(const struct request *q, struct gate_callback *cb)
{
	enum rg_err r;

	if ((r = parameter(q, "state", &cb->state)) != RG_OK ||
	    (r = parameter(q, "code", &cb->code)) != RG_OK ||
	    (r = parameter(q, "error", &cb->error)) != RG_OK ||
	    (r = parameter(q, "error_description", &cb->error_description)) !=
		RG_OK ||
	    (r = parameter(q, "error_subcode", &cb->error_subcode)) != RG_OK ||
	    (r = parameter(q, "iss", &cb->iss)) != RG_OK)
		return r;
	return RG_OK;
}

void
endpoint_callback(struct worker *w, const struct request *q, struct response *s)
{
	enum rg_err r;
	struct gate_context ctx = worker_context(q);
	struct gate_callback cb = {0};
	struct gate_signed_in in;
	struct err e = {RG_OK, ""};
	char base[COOKIE_NAME_MAX] = "", name[COOKIE_NAME_MAX];
	struct buf to = BUF_INIT;

	if (worker_refuses_embedding(w, q, s))
		return;
	memset(&in, 0, sizeof(in));
	if ((r = read_callback(q, &cb)) != RG_OK) {
		(void)err_set(&e, r, "a callback parameter");
		gate_refused(w->gate, &ctx, &e);
		fail(w, q, s, r, NULL);
		return;
	}
	if (login_cookie_name(cb.state, base)) {
		cookie_name(&w->style, base, name);
		cb.cookie = request_cookie(q, name, 0);
	}
	cb.session = worker_session(w, q);
	r = gate_finish_sign_in(w->gate, &cb, &ctx, &in, &e);
	if (r != RG_OK) {
		fail(w, q, s, r, in.return_to);
		goto out;
	}
	if (in.again.location.len > 0) {
		login_cookie_send(w, q, s, in.provider, &in.again);
		cookie_forget(s, &w->style, base, SAME_SITE_LAX);
		goto out;
	}
	/* Who has no role learns why from us, not from a bare 403 there. */
	if (in.has_role)
		buf_puts(&to, in.return_to);
	else
		buf_printf(&to, "%s/me", w->settings->prefix);
	response_redirect(s, buf_str(&to));
	cookie_set(s, &w->style, COOKIE_SESSION, in.session, -1, SAME_SITE_LAX);
	cookie_forget(s, &w->style, base, SAME_SITE_LAX);
	chooser_remember(w, s, in.provider);
out:
	gate_signed_in_clear(&in);
	buf_clear(&to);
}
