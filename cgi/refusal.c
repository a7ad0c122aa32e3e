/* SPDX-License-Identifier: ISC */
#include "cgi/refusal.h"

#include "cgi/bearer.h"
#include "cgi/step_up.h"
#include "cgi/whoami.h"

/*
 * mod_fcgid makes 401 of every refusal of an access checker: a person who lacks
 * a role would be sent to sign in, again and again. Where the server says that
 * it demands AUTH_USER besides (ROLEGATE_CHECKER=require-env), the refusal is
 * a 200 without any variable, of which that demand makes 403. Nothing else than
 * the missing variable refuses then, so nobody gets this answer unasked.
 */
static void
leave_to_require(struct response *s)
{
	response_reset(s, 200);
	s->bare = true;
}

/* Off to sign in; who is signed in already, with the extra proof. */
static void
to_login(struct worker *w, const struct request *q, struct response *s,
    const struct gate_identity *id)
{
	const char *back = q->uri[0] == '\0' ? "/" : q->uri;
	struct buf to = BUF_INIT;

	if (id == NULL)
		put_login_url(&to, w->settings->public_url, back);
	else
		step_up_put_url(&to, w->settings, q, id, back);
	response_redirect(s, buf_str(&to));
	s->status = 302;
	if (!buf_ok(&to))
		s->headers.failed = true;
	buf_clear(&to);
}

/* Whether the client is a browser that shows what it gets to a person. */
static bool
navigates(const struct request *q)
{
	return q->wants_html &&
	       (q->method == METHOD_GET || q->method == METHOD_HEAD);
}

void
refusal_of_stranger(struct worker *w, const struct request *q,
    struct response *s, enum rg_err r)
{
	bool no_session = r == RG_E_SESSION_NONE || r == RG_E_SESSION_EXPIRED;

	s->refused = r;
	/* A program that has a token can't sign in. */
	if (r == RG_E_SCOPE && q->require_env) {
		leave_to_require(s);
		bearer_challenge(w, q, s, r);
	} else if (bearer_is_sent(q))
		whoami_refuse(w, q, s, r);
	else if (no_session && navigates(q))
		to_login(w, q, s, NULL);
	else if (!no_session && q->wants_html)
		fail(w, q, s, r, q->uri[0] == '\0' ? "/" : q->uri);
	else
		whoami_refuse(w, q, s, r);
}

void
refusal_of_person(struct worker *w, const struct request *q, struct response *s,
    const struct gate_identity *id, enum rg_err r)
{
	bool lacks = r == RG_E_INSUFFICIENT_ROLE || r == RG_E_NO_ROLE ||
		     r == RG_E_GROUPS_UNKNOWN || r == RG_E_DENIED ||
		     r == RG_E_INSUFFICIENT_AUTH;

	s->refused = r;
	if (lacks && q->require_env)
		leave_to_require(s);
	else if (r == RG_E_INSUFFICIENT_AUTH && navigates(q) &&
		 !bearer_is_sent(q))
		to_login(w, q, s, id);
	else if (r == RG_E_INSUFFICIENT_AUTH)
		whoami_refuse(w, q, s, r);
	else if (lacks && q->wants_html)
		me_denied(w, q, s, id, r);
	else
		whoami_refuse(w, q, s, r);
}

/*
 * Servers that know no authorizer, and Apache's mod_fcgid, which keeps nothing
 * of its answer but the status, come here for the rest. What they have refused
 * stays refused: whatever rolegate thinks of it by now.
 */
void
endpoint_refused(struct worker *w, const struct request *q, struct response *s)
{
	struct gate_identity id;
	enum rg_err r;

	if (q->refused_with == 0) {
		fail(w, q, s, RG_E_REQ_ROUTE, NULL);
		return;
	}
	if ((r = worker_authenticate(w, q, "refused.failed", &id)) != RG_OK) {
		refusal_of_stranger(w, q, s, r);
	} else {
		if ((r = whoami_check(q, &id.decision)) == RG_OK)
			r = step_up_check(q, &id);
		if (r != RG_OK)
			refusal_of_person(w, q, s, &id, r);
		else
			fail(w, q, s, RG_E_SERVER_REFUSED, NULL);
		gate_identity_clear(&id);
	}
	/* It was counted when it was refused. */
	s->refused = RG_OK;
}
