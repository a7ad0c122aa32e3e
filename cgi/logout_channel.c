/* SPDX-License-Identifier: ISC */
#include "cgi/logout_channel.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/url.h"

#define SID_MAX 255

static void
no_cache(struct response *s)
{
	response_header(s, "Cache-Control", "no-cache, no-store");
	response_header(s, "X-Content-Type-Options", "nosniff");
}

/* The providers' own pages may show the answer in a frame, nobody else's. */
static void
put_ancestors(const struct settings *set, struct buf *out)
{
	struct url u;
	size_t i;

	for (i = 0; i < set->provider_count; i++) {
		if (url_parse(set->providers[i].issuer, &u) != RG_OK)
			continue;
		buf_puts(out, u.https ? " https://" : " http://");
		buf_printf(out, "%s:%u", u.host, u.port);
	}
}

/*
 * Needs no session and tells nobody whether there was one. Who guesses a sid
 * (Entra's are random GUIDs) can sign somebody out and nothing else.
 */
static void
front(struct worker *w, const struct request *q, struct response *s)
{
	struct gate_context ctx = worker_context(q);
	const char *sid, *iss;
	struct err e = {RG_OK, ""};
	struct buf who = BUF_INIT;
	enum rg_err r;

	if ((r = form_get(q->query, "sid", &sid)) != RG_OK ||
	    (r = form_get(q->query, "iss", &iss)) != RG_OK) {
		fail(w, q, s, r, NULL);
		return;
	}
	if (sid == NULL || sid[0] == '\0' || !text_is_line(sid, SID_MAX)) {
		fail(w, q, s, RG_E_INVALID, NULL);
		return;
	}
	r = gate_sign_out_front(w->gate, sid, iss, &ctx, &e);
	if (r != RG_OK) {
		log_error("logout.failed", "error=%s detail=%s", err_name(r),
		    log_quote(e.detail));
		fail(w, q, s, r, NULL);
		return;
	}
	put_ancestors(w->settings, &who);
	response_reset(s, 200);
	s->bare = true; /* the usual headers forbid every frame */
	response_header(s, "Content-Security-Policy",
	    "default-src 'none'; frame-ancestors%s", buf_str(&who));
	no_cache(s);
	buf_clear(&who);
}

static void
back(struct worker *w, const struct request *q, struct response *s)
{
	struct gate_context ctx = worker_context(q);
	struct err e = {RG_OK, ""};
	char client[GATE_CLIENT_LEN + 1];
	const char *token;
	enum rg_err r;

	r = form_get(q->body, "logout_token", &token);
	if (r == RG_OK)
		r = gate_sign_out_back(w->gate, token, &ctx, &e);
	if (r == RG_OK) {
		response_reset(s, 200);
		s->bare = true;
		no_cache(s);
		return;
	}
	log_info("sign_out.refused", "error=%s client=%s detail=%s",
	    err_name(r), gate_client_text(w->gate, ctx.client, client),
	    log_quote(e.detail));
	fail_json(q, s, r);
	/* Section 2.8: 400 for every token that is refused. */
	if (s->status != 503 && s->status != 500)
		response_error(s, 400, "invalid_request",
		    "The logout token is not accepted.", q->id);
	s->refused = r;
}

bool
logout_channel(struct worker *w, const struct request *q, struct response *s)
{
	if (q->method == METHOD_POST &&
	    form_nth(q->body, "logout_token", 0) != NULL) {
		back(w, q, s);
		return true;
	}
	if (q->method != METHOD_POST && form_nth(q->query, "sid", 0) != NULL) {
		front(w, q, s);
		return true;
	}
	return false;
}
