/* SPDX-License-Identifier: ISC */
/* GET /login: off to the provider, with a sealed cookie to come back to. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/url.h"
#include "cgi/worker.h"
#include "oidc/login.h"

#define HINT_MAX 256
#define LOGIN_COOKIES_MAX 4000 /* bytes: web servers take 8 KB of headers */

struct ask {
	const char *return_to;
	const char *provider;
	const char *login_hint;
	const char *domain_hint;
	const char *prompt;
};

static enum rg_err
read_ask(const struct request *q, struct ask *a)
{
	static const char *const prompts[] = {
	    "login", "select_account", "consent", "none"};
	enum rg_err r;
	size_t i;

	if ((r = form_get(q->query, "return_to", &a->return_to)) != RG_OK ||
	    (r = form_get(q->query, "provider", &a->provider)) != RG_OK ||
	    (r = form_get(q->query, "login_hint", &a->login_hint)) != RG_OK ||
	    (r = form_get(q->query, "domain_hint", &a->domain_hint)) != RG_OK ||
	    (r = form_get(q->query, "prompt", &a->prompt)) != RG_OK)
		return r;
	if (a->return_to != NULL && !url_is_local_path(a->return_to))
		return RG_E_RETURN_TO;
	if ((a->login_hint != NULL && !text_is_line(a->login_hint, HINT_MAX)) ||
	    (a->domain_hint != NULL && !text_is_line(a->domain_hint, HINT_MAX)))
		return RG_E_INVALID;
	if (a->prompt == NULL)
		return RG_OK;
	for (i = 0; i < sizeof(prompts) / sizeof(prompts[0]); i++)
		if (strcmp(a->prompt, prompts[i]) == 0)
			return RG_OK;
	return RG_E_INVALID;
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

struct tab {
	const char *base; /* cookie name without "__Host-" */
	size_t size;
	int64_t created;
	bool live;
};

/* Forgets dead transactions, and the oldest ones until the new one fits. */
static void
make_room(struct worker *w, const struct request *q, struct response *s,
    size_t new_size, enum same_site same_site)
{
	struct tab tabs[REQUEST_MAX_COOKIE_COUNT];
	struct gate_context ctx = worker_context(q);
	char name[COOKIE_NAME_MAX];
	size_t i, count = 0, live = 0, total = new_size, skip, oldest;

	cookie_name(&w->style, COOKIE_LOGIN, name);
	skip = strlen(name) - strlen(COOKIE_LOGIN);
	for (i = 0; i < q->cookie_count; i++) {
		const struct cookie *c = &q->cookies[i];
		struct tab *t = &tabs[count];

		if (strncmp(c->name, name, strlen(name)) != 0 ||
		    strlen(c->name) >= COOKIE_NAME_MAX)
			continue;
		t->base = c->name + skip;
		t->size = strlen(c->name) + strlen(c->value) + 3;
		t->live =
		    gate_login_age(w->gate, c->value, ctx.now, &t->created);
		if (t->live) {
			live++;
			total += t->size;
		} else {
			cookie_forget(s, &w->style, t->base, same_site);
		}
		count++;
	}
	while (
	    live > 0 && (live >= GATE_LOGIN_MAX || total > LOGIN_COOKIES_MAX)) {
		oldest = count;
		for (i = 0; i < count; i++)
			if (tabs[i].live &&
			    (oldest == count ||
				tabs[i].created < tabs[oldest].created))
				oldest = i;
		tabs[oldest].live = false;
		live--;
		total -= tabs[oldest].size;
		cookie_forget(s, &w->style, tabs[oldest].base, same_site);
	}
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
	char base[COOKIE_NAME_MAX];
	enum same_site same_site = SAME_SITE_LAX;

	choose_return(w, a->return_to, &return_to);
	b.provider = p;
	b.return_to = buf_str(&return_to);
	b.login_hint = a->login_hint;
	b.domain_hint = a->domain_hint;
	b.prompt = a->prompt;
	b.session = worker_session(w, q);
	r = gate_begin_sign_in(w->gate, &b, &ctx, &login, &e);
	if (r != RG_OK) {
		log_warn("login.failed", "provider=%s error=%s detail=%s",
		    p->name, err_name(r), log_quote(e.detail));
		fail(w, q, s, r, b.return_to);
		goto out;
	}
	/* A cross-site POST carries no Lax cookie. */
	if (p->response_mode == RESPONSE_FORM_POST && w->style.secure)
		same_site = SAME_SITE_NONE;
	(void)snprintf(base, sizeof(base), "%s%.*s", COOKIE_LOGIN,
	    COOKIE_LOGIN_CHARS, login.state);
	response_redirect(s, buf_str(&login.location));
	make_room(w, q, s, login.cookie.len + strlen(base), same_site);
	cookie_set(s, &w->style, base, buf_str(&login.cookie),
	    (long)w->settings->sign_in_time, same_site);
	gate_login_clear(&login);
out:
	buf_clear(&return_to);
}

/* One button for each provider. */
static void
choose(struct worker *w, const struct request *q, struct response *s,
    const char *return_to)
{
	const struct settings *set = w->settings;
	json_t *list = json_array();
	struct buf url = BUF_INIT;
	size_t i;

	for (i = 0; i < set->provider_count; i++) {
		buf_reset(&url);
		buf_printf(&url, "%s/login?", set->prefix);
		form_put(&url, "provider", set->providers[i].name);
		if (return_to != NULL)
			form_put(&url, "return_to", return_to);
		(void)json_array_append_new(
		    list, json_pack("{s:s, s:s}", "url", buf_str(&url), "label",
			      set->providers[i].label));
	}
	buf_clear(&url);
	page(w, q, s, 200, "www/signin.html",
	    json_pack("{s:o}", "providers", list));
}

void
endpoint_login(struct worker *w, const struct request *q, struct response *s)
{
	const struct provider *p = NULL;
	struct ask a = {0};
	enum rg_err r;

	if ((r = read_ask(q, &a)) != RG_OK) {
		fail(w, q, s, r, NULL);
		return;
	}
	if (a.provider != NULL)
		p = settings_provider(w->settings, a.provider);
	else if (w->settings->provider_count == 1)
		p = &w->settings->providers[0];
	if (p != NULL)
		begin(w, q, s, &a, p);
	else if (a.provider == NULL && q->wants_html)
		choose(w, q, s, a.return_to);
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
		choose(w, q, s, NULL);
	}
	buf_clear(&to);
}
