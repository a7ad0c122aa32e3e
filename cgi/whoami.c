/* SPDX-License-Identifier: ISC */
/*
 * GET /whoami: the role JSON. Answers only 200, 401, 403 and 503, since nginx
 * makes 500 of anything else, and 400 to who can't be nginx.
 */
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "cgi/bearer.h"
#include "cgi/identity.h"
#include "cgi/language.h"
#include "cgi/step_up.h"
#include "cgi/whoami.h"
#include "cgi/worker.h"
#include "gate_admin.h"

/* "role:editor permission:reports.read": any of these will do. */
static enum rg_err
check_require(const char *require, const struct access_decision *d)
{
	char item[160];
	const char *p = require;
	bool any = false, asked = false, more = false;
	size_t n;

	while (*(p += strspn(p, " ")) != '\0') {
		n = strcspn(p, " ");
		if (n >= sizeof(item))
			return RG_E_CONF;
		memcpy(item, p, n);
		item[n] = '\0';
		p += n;
		if (step_up_is_item(item)) {
			more = true; /* step_up_check() */
			continue;
		}
		asked = true;
		if (strncmp(item, "role:", 5) == 0 && item[5] != '\0')
			any |= access_has_role(d, item + 5);
		else if (strncmp(item, "permission:", 11) == 0 &&
			 item[11] != '\0')
			any |= access_has_permission(d, item + 11);
		else
			return RG_E_CONF;
	}
	return any || (more && !asked) ? RG_OK : RG_E_INSUFFICIENT_ROLE;
}

/* ?role=R&permission=P, repeatable: any of these will do. */
static enum rg_err
check_query(const struct form *query, const struct access_decision *d)
{
	bool asked = false;
	const char *v;
	size_t n;

	for (n = 0; (v = form_nth(query, "role", n)) != NULL; n++) {
		asked = true;
		if (access_has_role(d, v))
			return RG_OK;
	}
	for (n = 0; (v = form_nth(query, "permission", n)) != NULL; n++) {
		asked = true;
		if (access_has_permission(d, v))
			return RG_OK;
	}
	return asked ? RG_E_INSUFFICIENT_ROLE : RG_OK;
}

enum rg_err
whoami_check(const struct request *q, const struct access_decision *d)
{
	static const char *const known[] = {
	    "role", "permission", "acrs", "explain", "token", NULL};
	enum rg_err r;

	if (d->denied)
		return RG_E_DENIED;
	if (d->role_count == 0)
		return d->groups_state == GROUPS_UNKNOWN ? RG_E_GROUPS_UNKNOWN
							 : RG_E_NO_ROLE;
	if (!form_has_only(q->query, known))
		r = RG_E_CONF;
	else if ((r = check_query(q->query, d)) == RG_OK && q->require != NULL)
		r = check_require(q->require, d);
	if (r == RG_E_CONF)
		log_error("whoami.misconfigured",
		    "neither an unknown parameter nor a malformed "
		    "ROLEGATE_REQUIRE can be enforced; require=%s",
		    log_quote(q->require == NULL ? "" : q->require));
	return r;
}

static const struct identity_names header_names = {
    .user = "X-Auth-Request-User",
    .roles = "X-Auth-Request-Roles",
    .email = "X-Auth-Request-Email",
    .username = "X-Auth-Request-Preferred-Username",
    .permissions = "X-Auth-Request-Permissions",
    .groups = "X-Auth-Request-Groups",
    .omitted = "X-Auth-Request-Omitted",
};

/* A session's answer changes with the policy and with the session only. */
static void
put_etag(struct response *s)
{
	uint8_t hash[HASH_LEN];
	char hex[HASH_HEX_LEN + 1];

	if (hash_sha256(s->body.p, s->body.len, hash) != RG_OK)
		return; /* it is only there to save something */
	hash_hex(hash, 16, hex);
	response_header(s, "ETag", "\"%s\"", hex);
}

/*
 * The address for a ContextForge gateway. Sent empty, too: where a web server
 * copies only what is there, a client's own header would stay.
 */
static void
put_gateway_user(
    struct worker *w, const struct gate_identity *id, struct response *s)
{
	char address[GATE_CF_ADDRESS_MAX];
	const char *why;
	enum rg_err r;

	if (w->settings->contextforge == NULL)
		return;
	r = gate_cf_address(w->gate, id, address, &why);
	if (r != RG_OK || address[0] == '\0')
		log_warn("whoami.no_address", "subject=%s reason=%s",
		    log_quote(id->id), r == RG_OK ? why : err_name(r));
	response_header_text(
	    s, "X-Authenticated-User", r == RG_OK ? address : "");
}

void
whoami_refuse(struct worker *w, const struct request *q, struct response *s,
    enum rg_err r)
{
	fail_json(q, s, r);
	/*
	 * A malformed header is 400 by RFC 6750 section 3.1, but 401 where a
	 * web server asks for its own page and says what that requires: nginx
	 * would make 500 of it. Anything else is our failure.
	 */
	if (r == RG_E_BEARER_FORM)
		s->status = q->role != ROLE_AUTHORIZER && q->require != NULL &&
				    q->refused_with == 0
				? 401
				: 400;
	else if (s->status != 401 && s->status != 403 && s->status != 503)
		response_error(s, 503, "unavailable",
		    "The answer can't be known now.", q->id);
	if (s->status == 401 || r == RG_E_BEARER_FORM || r == RG_E_SCOPE)
		bearer_challenge(w, q, s, r);
}

/* ?explain=1 */
static bool
wants_explanation(const struct request *q)
{
	const char *v = form_nth(q->query, "explain", 0);

	return v != NULL && strcmp(v, "1") == 0;
}

/*
 * Why these roles, and why not others; also for whoever has none. The same
 * function decides and explains, so the answer itself does not change.
 */
static json_t *
explanation(struct worker *w, const struct request *q, struct gate_identity *id)
{
	const struct provider *p = settings_provider(w->settings, id->provider);
	struct gate_context ctx = worker_context(q);
	struct err e = {RG_OK, ""};

	if (p == NULL || gate_explain(w->gate, id, &ctx, &e) != RG_OK)
		return NULL;
	return gate_reasons_json(&id->decision, p);
}

/* A refusal with the reasons beside the usual members. */
static void
refuse_explained(
    const struct request *q, struct response *s, enum rg_err r, json_t *reasons)
{
	const struct problem *p = problem_of(r);

	response_reset(s, p->status);
	response_json_own(s, p->status,
	    json_pack("{s:s, s:s, s:s, s:O}", "error", p->code, "message",
		language_message(p), "request_id", q->id, "explain", reasons));
}

/*
 * The role token, if one is asked for; else `token` stays empty. One that was
 * asked for and can't be made is no answer: 503, and the log says why.
 */
static enum rg_err
make_token(struct worker *w, const struct request *q,
    const struct gate_identity *id, struct buf *token)
{
	const char *asked = form_nth(q->query, "token", 0);
	struct gate_context ctx = worker_context(q);
	struct err e = {RG_OK, ""};
	enum rg_err r;

	if (asked == NULL && !w->settings->role_token_always)
		return RG_OK;
	if (asked != NULL && strcmp(asked, "1") != 0)
		r = err_set(&e, RG_E_CONF, "token is 1 or not there");
	else
		r = gate_role_token(w->gate, id, &ctx, token, &e);
	if (r != RG_OK)
		log_error("role_token.failed", "error=%s detail=%s",
		    err_name(r), log_quote(e.detail));
	return r;
}

static enum rg_err
answer(struct worker *w, const struct request *q, struct response *s,
    const struct gate_identity *id, const json_t *reasons)
{
	struct buf token = BUF_INIT;
	enum rg_err r;

	if ((r = make_token(w, q, id, &token)) == RG_OK) {
		/* A role token is a new one each time. */
		s->repeatable = token.len == 0;
		response_header_text(s, "Content-Type", "application/json");
		whoami_write(&s->body, id, reasons,
		    token.len == 0 ? NULL : buf_str(&token));
		buf_putc(&s->body, '\n');
		put_etag(s);
		identity_put(s, id, &header_names);
		put_gateway_user(w, id, s);
	}
	buf_clear(&token);
	return r;
}

void
endpoint_whoami(struct worker *w, const struct request *q, struct response *s)
{
	json_t *reasons = NULL;
	struct gate_identity id;
	enum rg_err r;

	r = worker_authenticate(w, q, "whoami.failed", &id);
	if (r != RG_OK) {
		whoami_refuse(w, q, s, r);
		return;
	}
	r = whoami_check(q, &id.decision);
	if (r == RG_OK)
		r = step_up_check(q, &id);
	if (wants_explanation(q) &&
	    (reasons = explanation(w, q, &id)) == NULL && r == RG_OK)
		r = RG_E_NOMEM; /* they are part of the answer */
	if (r != RG_OK) {
		whoami_refuse(w, q, s, r);
		if (reasons != NULL && s->status == 403)
			refuse_explained(q, s, r, reasons);
	} else if ((r = answer(w, q, s, &id, reasons)) != RG_OK) {
		whoami_refuse(w, q, s, r);
	}
	json_decref(reasons);
	gate_identity_clear(&id);
}
