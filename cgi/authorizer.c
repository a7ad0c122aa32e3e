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
#include "cgi/refusal.h"
#include "cgi/step_up.h"
#include "cgi/whoami.h"

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
		refusal_of_stranger(w, q, s, RG_E_STORE_OPEN);
		return;
	}
	r = worker_authenticate(w, q, "authorizer.failed", &id);
	if (r != RG_OK) {
		refusal_of_stranger(w, q, s, r);
		return;
	}
	r = whoami_check(q, &id.decision);
	if (r == RG_OK)
		r = step_up_check(q, &id);
	if (r == RG_OK)
		allow(s, &id);
	else
		refusal_of_person(w, q, s, &id, r);
	gate_identity_clear(&id);
}
