/* SPDX-License-Identifier: ISC */
/* GET /login: off to the provider, with a sealed cookie to come back to. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/url.h"
#include "cgi/chooser.h"
#include "cgi/login_cookie.h"
#include "oidc/authn.h"
#include "oidc/login.h"

#define HINT_MAX 256
#define MAX_AGE_DIGITS 8

/* Digits only; strtoll would take blanks and signs. */
static bool
read_seconds(const char *text, int64_t *out)
{
	size_t n = strspn(text, "0123456789");

	*out = strtoll(text, NULL, 10);
	return n > 0 && n <= MAX_AGE_DIGITS && text[n] == '\0';
}

static bool
is_prompt(const char *prompt)
{
	static const char *const prompts[] = {
	    "login", "select_account", "consent", "none"};
	size_t i;

	for (i = 0; i < sizeof(prompts) / sizeof(prompts[0]); i++)
		if (strcmp(prompt, prompts[i]) == 0)
			return true;
	return false;
}

static enum rg_err
read_ask(const struct request *q, struct ask *a)
{
	const struct {
		const char *name;
		const char **value;
	} fields[] = {{"return_to", &a->return_to}, {"provider", &a->provider},
	    {"login_hint", &a->login_hint}, {"domain_hint", &a->domain_hint},
	    {"prompt", &a->prompt}, {"step_up", &a->step_up},
	    {"max_age", &a->max_age_text}, {"choose", &a->choose}};
	enum rg_err r;
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if ((r = form_get(q->query, fields[i].name, fields[i].value)) !=
		    RG_OK)
			return r;
	if (a->return_to != NULL && !url_is_local_path(a->return_to))
		return RG_E_RETURN_TO;
	if ((a->login_hint != NULL && !text_is_line(a->login_hint, HINT_MAX)) ||
	    (a->domain_hint != NULL && !text_is_line(a->domain_hint, HINT_MAX)))
		return RG_E_INVALID;
	if (a->step_up != NULL && !authn_is_any_value(a->step_up))
		return RG_E_INVALID;
	a->max_age = PROVIDER_NO_MAX_AGE;
	if (a->max_age_text != NULL &&
	    !read_seconds(a->max_age_text, &a->max_age))
		return RG_E_INVALID;
	return a->prompt == NULL || is_prompt(a->prompt) ? RG_OK : RG_E_INVALID;
}

/*
 * Where to go after sign-in: what was asked for, but never back to an endpoint
 * that would begin or end a sign-in, and never more than the cookie can hold.
 */
static void
choose_return(const struct worker *w, const char *asked, struct buf *out)
{
	static const char *const loops[] = {
	    "/login", "/callback", "/logout", "/signed-out"};
	const char *prefix = w->settings->prefix;
	size_t i, n = strlen(prefix), path;

	if (asked != NULL && strlen(asked) <= LOGIN_RETURN_MAX) {
		bool loop = false;

		path = strcspn(asked, "?#");
		if (path >= n && strncmp(asked, prefix, n) == 0)
			for (i = 0; i < sizeof(loops) / sizeof(loops[0]); i++)
				if (path - n == strlen(loops[i]) &&
				    strncmp(asked + n, loops[i], path - n) == 0)
					loop = true;
		if (!loop) {
			buf_puts(out, asked);
			return;
		}
	} else if (asked != NULL) {
		log_info("login.return_to", "dropped=%zu bytes", strlen(asked));
	}
	buf_printf(out, "%s/me", prefix);
}

static void
begin(struct worker *w, const struct request *q, struct response *s,
    const struct ask *a, const struct provider *p)
{
	enum rg_err r;
	struct gate_context ctx = worker_context(q);
	struct gate_begin b = {0};
	struct gate_login login;
	struct buf return_to = BUF_INIT;
	struct err e = {RG_OK, ""};

	/* What a link asks for must be what this provider can be asked for. */
	if (a->step_up != NULL && !authn_is_value(p->type, a->step_up)) {
		fail(w, q, s, RG_E_INVALID, NULL);
		return;
	}
	choose_return(w, a->return_to, &return_to);
	b.provider = p;
	b.return_to = buf_str(&return_to);
	b.login_hint = a->login_hint;
	b.domain_hint = a->domain_hint;
	b.prompt = a->prompt;
	b.step_up = a->step_up;
	b.max_age = a->max_age;
	b.session = worker_session(w, q);
	r = gate_begin_sign_in(w->gate, &b, &ctx, &login, &e);
	if (r != RG_OK) {
		/* A flood of these would be one in the log, too. */
		log_event(r == RG_E_LIMITED ? LOG_DEBUG : LOG_WARN,
		    "login.failed", "provider=%s error=%s detail=%s", p->name,
		    err_name(r), log_quote(e.detail));
		fail(w, q, s, r, b.return_to);
		goto out;
	}
	login_cookie_send(w, q, s, p, &login);
	gate_login_clear(&login);
out:
	buf_clear(&return_to);
}

void
endpoint_login(struct worker *w, const struct request *q, struct response *s)
{
	const struct provider *p = NULL;
	struct ask a = {0};
	enum rg_err r;

	if (worker_refuses_embedding(w, q, s))
		return;
	if ((r = read_ask(q, &a)) != RG_OK) {
		fail(w, q, s, r, NULL);
		return;
	}
	if (a.provider != NULL)
		p = settings_provider(w->settings, a.provider);
	else if (w->settings->provider_count == 1)
		p = &w->settings->providers[0];
	else if (q->wants_html && a.choose == NULL)
		p = chooser_remembered(w, q);
	if (p != NULL)
		begin(w, q, s, &a, p);
	else if (a.provider == NULL && q->wants_html)
		choose(w, q, s, &a);
	else
		fail(w, q, s, RG_E_PROVIDER_UNKNOWN, NULL);
}

/* GET <public_url>/: the front door. */
void
endpoint_root(struct worker *w, const struct request *q, struct response *s)
{
	struct gate_context ctx = worker_context(q);
	struct gate_identity id;
	struct err e;
	struct buf to = BUF_INIT;

	if (gate_whoami(w->gate, worker_session(w, q), &ctx, &id, &e) ==
	    RG_OK) {
		buf_printf(&to, "%s/me", w->settings->prefix);
		response_redirect(s, buf_str(&to));
		gate_identity_clear(&id);
	} else {
		choose(w, q, s, &(struct ask){0});
	}
	buf_clear(&to);
}
