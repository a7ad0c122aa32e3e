/* SPDX-License-Identifier: ISC */
#include "cgi/chooser.h"

#define REMEMBER_SECONDS (180L * 86400)

static void
put(struct buf *url, const char *name, const char *value)
{
	if (value != NULL)
		form_put(url, name, value);
}

void
choose(struct worker *w, const struct request *q, struct response *s,
    const struct ask *a)
{
	const struct settings *set = w->settings;
	const struct provider *last = chooser_remembered(w, q);
	json_t *list = json_array();
	struct buf url = BUF_INIT;
	size_t i;

	for (i = 0; i < set->provider_count; i++) {
		const struct provider *p = &set->providers[i];

		buf_reset(&url);
		buf_printf(&url, "%s/login?", set->prefix);
		put(&url, "provider", p->name);
		put(&url, "return_to", a->return_to);
		put(&url, "login_hint", a->login_hint);
		put(&url, "domain_hint", a->domain_hint);
		put(&url, "prompt", a->prompt);
		put(&url, "step_up", a->step_up);
		put(&url, "max_age", a->max_age_text);
		(void)json_array_append_new(
		    list, json_pack("{s:s, s:s, s:b}", "url", buf_str(&url),
			      "label", p->label, "last", p == last));
	}
	buf_clear(&url);
	page(w, q, s, 200, "www/signin.html",
	    json_pack("{s:o}", "providers", list));
}

const struct provider *
chooser_remembered(const struct worker *w, const struct request *q)
{
	char name[COOKIE_NAME_MAX];
	const char *value;

	if (w->settings->provider_count < 2)
		return NULL;
	cookie_name(&w->style, COOKIE_PROVIDER, name);
	value = request_cookie(q, name, 0);
	return value == NULL ? NULL : settings_provider(w->settings, value);
}

void
chooser_remember(
    const struct worker *w, struct response *s, const struct provider *p)
{
	if (w->settings->provider_count > 1)
		cookie_set(s, &w->style, COOKIE_PROVIDER, p->name,
		    REMEMBER_SECONDS, SAME_SITE_LAX);
}

void
chooser_forget(
    const struct worker *w, const struct request *q, struct response *s)
{
	char name[COOKIE_NAME_MAX];

	cookie_name(&w->style, COOKIE_PROVIDER, name);
	if (request_cookie(q, name, 0) != NULL)
		cookie_forget(s, &w->style, COOKIE_PROVIDER, SAME_SITE_LAX);
}
