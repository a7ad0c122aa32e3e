/* SPDX-License-Identifier: ISC */
/*
 * GET /console: the page whose scripts show a person their access, and an
 * administrator all the rest. What somebody may see is decided by the API.
 */
#include "base/json.h"
#include "cgi/worker.h"

static json_t *
console_values(struct worker *w, const struct gate_identity *id)
{
	struct buf url = BUF_INIT, list = BUF_INIT, tongues = BUF_INIT;
	json_t *names = json_array(), *languages = language_names(), *v;
	size_t i;

	/* For the scripts: the providers that mappings can name. */
	for (i = 0; i < w->settings->provider_count; i++)
		(void)json_array_append_new(
		    names, json_string(w->settings->providers[i].name));
	(void)json_put(&list, names);
	json_decref(names);
	(void)json_put(&tongues, languages);
	json_decref(languages);
	buf_printf(&url, "%s/logout", w->settings->prefix);
	v = json_pack("{s:s, s:s, s:s, s:s}", "name",
	    id->name[0] != '\0' ? id->name : id->username, "providers",
	    buf_str(&list), "languages", buf_str(&tongues), "logout_url",
	    buf_str(&url));
	buf_clear(&tongues);
	buf_clear(&list);
	buf_clear(&url);
	return v;
}

void
endpoint_console(struct worker *w, const struct request *q, struct response *s)
{
	struct buf to = BUF_INIT, back = BUF_INIT;
	struct gate_identity id;
	enum rg_err r;

	r = worker_identify(w, q, "console.failed", &id);
	if (r == RG_E_SESSION_NONE || r == RG_E_SESSION_EXPIRED) {
		buf_printf(&back, "%s/console", w->settings->prefix);
		put_login_url(&to, w->settings->prefix, buf_str(&back));
		if (q->wants_html)
			response_redirect(s, buf_str(&to));
		else
			fail(w, q, s, r, NULL);
	} else if (r != RG_OK) {
		fail(w, q, s, r, NULL);
	} else {
		page(w, q, s, 200, "www/console.html", console_values(w, &id));
		s->scripted = s->status == 200;
		gate_identity_clear(&id);
	}
	buf_clear(&to);
	buf_clear(&back);
}
