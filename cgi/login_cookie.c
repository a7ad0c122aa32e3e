/* SPDX-License-Identifier: ISC */
#include "cgi/login_cookie.h"

#include <stdio.h>
#include <string.h>

#define LOGIN_COOKIES_MAX 4000 /* bytes: web servers take 8 KB of headers */

bool
login_cookie_name(const char *state, char base[static COOKIE_NAME_MAX])
{
	if (state == NULL || strlen(state) != RANDOM_TOKEN_LEN)
		return false;
	(void)snprintf(base, COOKIE_NAME_MAX, "%s%.*s", COOKIE_LOGIN,
	    COOKIE_LOGIN_CHARS, state);
	return true;
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

void
login_cookie_send(struct worker *w, const struct request *q, struct response *s,
    const struct provider *p, const struct gate_login *login)
{
	char base[COOKIE_NAME_MAX] = "";
	enum same_site same_site = SAME_SITE_LAX;

	/* A cross-site POST carries no Lax cookie. */
	if (p->response_mode == RESPONSE_FORM_POST && w->style.secure)
		same_site = SAME_SITE_NONE;
	(void)login_cookie_name(login->state, base);
	response_redirect(s, buf_str(&login->location));
	make_room(w, q, s, login->cookie.len + strlen(base), same_site);
	cookie_set(s, &w->style, base, buf_str(&login->cookie),
	    (long)w->settings->sign_in_time, same_site);
}
