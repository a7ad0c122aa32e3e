/* SPDX-License-Identifier: ISC */
/* GET|POST /logout: our session first, then the provider's. */
#include <string.h>

#include "base/log.h"
#include "cgi/chooser.h"
#include "cgi/logout_channel.h"

void
endpoint_logout(struct worker *w, const struct request *q, struct response *s)
{
	struct gate_context ctx = worker_context(q);
	struct buf to = BUF_INIT;
	struct err e = {RG_OK, ""};
	enum rg_err r;

	if (logout_channel(w, q, s))
		return;
	/* Another site must not sign people out: they are shown /me instead,
	 * where the link is. (Fetch Metadata, section 2.) */
	if (q->cross_site) {
		buf_printf(&to, "%s/me", w->settings->prefix);
		response_redirect(s, buf_str(&to));
		goto out;
	}
	r = gate_sign_out(w->gate, worker_session(w, q), &ctx, &to, &e);
	if (r != RG_OK && r != RG_E_SESSION_NONE && r != RG_E_SESSION_EXPIRED) {
		/* Still alive in the database: do not say "signed out". */
		log_error("logout.failed", "error=%s detail=%s", err_name(r),
		    log_quote(e.detail));
		fail(w, q, s, r, NULL);
		goto out;
	}
	if (to.len == 0)
		buf_printf(&to, "%s/signed-out", w->settings->prefix);
	response_redirect(s, buf_str(&to));
	cookie_forget(s, &w->style, COOKIE_SESSION, SAME_SITE_LAX);
	chooser_forget(w, q, s);
out:
	buf_clear(&to);
}
