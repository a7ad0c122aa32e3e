/* SPDX-License-Identifier: ISC */
/*
 * The FastCGI authorizer role (FastCGI specification section 6.3): a web server
 * asks whether it may show somebody else's page to this person. The page's path
 * is not told and the query is not ours: what is required comes from the
 * server's configuration alone, as ROLEGATE_REQUIRE.
 *
 * lighttpd and Apache take an answer without Status for consent, and lighttpd
 * an empty one too; response_write() says the status first and always says
 * something. The 200 in allow() is the only consent there is.
 */
#include "base/log.h"
#include "cgi/bearer.h"
#include "cgi/identity.h"
#include "cgi/step_up.h"
#include "cgi/whoami.h"
#include "cgi/worker.h"

/*
 * The server makes environment variables of "Variable-X". None begins with
 * HTTP_, so that no header of a client can be taken for one of them.
 */
static const struct identity_names variable_names = {
    .remote_user = "Variable-REMOTE_USER",
    .user = "Variable-AUTH_USER",
    .roles = "Variable-AUTH_ROLES",
    .session = "Variable-AUTH_SESSION",
    .email = "Variable-AUTH_EMAIL",
    .name = "Variable-AUTH_NAME",
    .username = "Variable-AUTH_USERNAME",
    .permissions = "Variable-AUTH_PERMISSIONS",
    .omitted = "Variable-AUTH_OMITTED",
    .skip = sizeof("Variable-") - 1,
};

static void
allow(struct response *s, const struct gate_identity *id)
{
	response_reset(s, 200);
	identity_put(s, id, &variable_names);
	s->bare = true;
	s->repeatable = true;
}

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

static void
refuse_stranger(struct worker *w, const struct request *q, struct response *s,
    enum rg_err r)
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

static void
refuse_person(struct worker *w, const struct request *q, struct response *s,
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

void
authorizer(struct worker *w, const struct request *q, struct response *s,
    enum rg_err why)
{
	struct gate_identity id;
	enum rg_err r;

	if (why != RG_OK) {
		log_info("authorizer.unreadable", "error=%s", err_name(why));
		fail(w, q, s, why, NULL);
		return;
	}
	if (w->gate == NULL) {
		refuse_stranger(w, q, s, RG_E_STORE_OPEN);
		return;
	}
	r = worker_authenticate(w, q, "authorizer.failed", &id);
	if (r != RG_OK) {
		refuse_stranger(w, q, s, r);
		return;
	}
	r = whoami_check(q, &id.decision);
	if (r == RG_OK)
		r = step_up_check(q, &id);
	if (r == RG_OK)
		allow(s, &id);
	else
		refuse_person(w, q, s, &id, r);
	gate_identity_clear(&id);
}
