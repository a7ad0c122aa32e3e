/* SPDX-License-Identifier: ISC */
/* GET /me and /signed-out: what a person sees about the own session. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cgi/whoami.h"
#include "cgi/worker.h"

static void
to_login(struct worker *w, struct response *s)
{
	struct buf to = BUF_INIT, back = BUF_INIT;

	buf_printf(&back, "%s/me", w->settings->prefix);
	put_login_url(&to, w->settings->prefix, buf_str(&back));
	response_redirect(s, buf_str(&to));
	buf_clear(&to);
	buf_clear(&back);
}

static const char *
unknown_word(const char *reason)
{
	static const struct {
		const char *reason, *word;
	} known[] = {{ACCESS_NO_USERINFO, "groups_no_userinfo"},
	    {"mapping_newer", "groups_mapping_newer"},
	    {"too_old", "groups_too_old"}};
	size_t i;

	if (reason == NULL)
		reason = "";
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(reason, known[i].reason) == 0)
			return known[i].word;
	return strncmp(reason, "graph_", 6) == 0 ? "groups_graph"
						 : "groups_unknown";
}

/* The word that says what is known of the groups. */
static const char *
groups_word(const struct access_decision *d)
{
	if (d->groups_state == GROUPS_UNKNOWN)
		return unknown_word(d->groups_reason);
	if (d->groups_state == GROUPS_STALE)
		return "groups_stale";
	if (strcmp(d->groups_source, "none") == 0)
		return "groups_none";
	return d->group_count == 0 ? "groups_no_match" : "groups_count";
}

/* "name": the time for machines, "name_text": for people. */
static void
put_time(json_t *v, const char *name, int64_t at)
{
	char when[32] = "", text_name[64];

	clock_format(at, when);
	(void)snprintf(text_name, sizeof(text_name), "%s_text", name);
	(void)json_object_set_new(v, name, json_string(when));
	(void)json_object_set_new(
	    v, text_name, json_sprintf("%.10s, %.5s UTC", when, when + 11));
}

/* When what stands in was told, and how long it does. */
static void
put_stale(json_t *v, const struct access_decision *d)
{
	bool stale = d->groups_state == GROUPS_STALE;

	(void)json_object_set_new(v, "groups_stale", json_boolean(stale));
	if (!stale)
		return;
	put_time(v, "groups_as_of", d->groups_as_of);
	put_time(v, "groups_until", d->groups_valid_until);
}

/* What the template needs to show a list of strings: [{"name": ...}]. */
static json_t *
named(const char *const *list, size_t count)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		(void)json_array_append_new(
		    array, json_pack("{s:s}", "name", list[i]));
	return array;
}

static json_t *
matched_groups(const struct access_decision *d)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < d->group_count; i++)
		(void)json_array_append_new(
		    array, json_pack("{s:s, s:s}", "id", d->groups[i].id,
			       "label", d->groups[i].label));
	return array;
}

/* Who it is and what that allows, as a page says it. */
static json_t *
me_values(
    struct worker *w, const struct request *q, const struct gate_identity *id)
{
	json_t *v = json_object();
	const struct access_decision *d = &id->decision;
	const struct provider *p = settings_provider(w->settings, id->provider);
	struct buf url = BUF_INIT;

	(void)json_object_set_new(
	    v, "permission_list", named(d->permissions, d->permission_count));
	(void)json_object_set_new(
	    v, "role_list", named(d->roles, d->role_count));
	(void)json_object_set_new(v, "is_admin", json_boolean(d->is_admin));
	(void)json_object_set_new(v, "group_list", matched_groups(d));
	(void)json_object_set_new(v, "groups_text",
	    json_string(language_word(q->language, groups_word(d))));
	(void)json_object_set_new(v, "groups_unknown",
	    json_boolean(!d->denied && d->groups_state == GROUPS_UNKNOWN));
	(void)json_object_set_new(v, "denied", json_boolean(d->denied));
	(void)json_object_set_new(v, "lacking",
	    json_boolean(!d->denied && d->role_count == 0 &&
			 d->groups_state != GROUPS_UNKNOWN));
	(void)json_object_set_new(v, "name", json_string(id->name));
	(void)json_object_set_new(v, "username", json_string(id->username));
	(void)json_object_set_new(v, "subject_id", json_string(id->subject));
	(void)json_object_set_new(v, "provider_label", json_string(p->label));
	put_stale(v, d);
	put_time(v, "expires", id->expires_at);
	buf_printf(&url, "%s/logout", w->settings->prefix);
	(void)json_object_set_new(v, "logout_url", json_string(buf_str(&url)));
	buf_reset(&url);
	buf_printf(&url, "%s/login", w->settings->prefix);
	(void)json_object_set_new(v, "retry_url", json_string(buf_str(&url)));
	buf_clear(&url);
	return v;
}

/*
 * What the page asked for, of which any would do: [{"name": "role:editor"}].
 * Only a web server says so; a query is whoever's who made the link.
 */
static json_t *
needed(const struct request *q)
{
	json_t *list = json_array();
	const char *p = q->require == NULL ? "" : q->require;
	size_t n;

	while (*(p += strspn(p, " ")) != '\0') {
		n = strcspn(p, " ");
		(void)json_array_append_new(
		    list, json_pack("{s:s%}", "name", p, n));
		p += n;
	}
	return list;
}

/* Without the query: it may be long, and is nobody else's business. */
static json_t *
page_name(const struct request *q)
{
	return json_stringn(q->uri, strcspn(q->uri, "?"));
}

void
me_denied(struct worker *w, const struct request *q, struct response *s,
    const struct gate_identity *id, enum rg_err why)
{
	json_t *v = me_values(w, q, id), *list = needed(q);
	struct gate_context ctx = worker_context(q);

	/* The page names this request: let it be found. */
	gate_access_refused(w->gate, &ctx, id, why, q->require);
	(void)json_object_set_new(
	    v, "needed", json_boolean(json_array_size(list) > 0));
	(void)json_object_set_new(v, "needed_list", list);
	if (q->role == ROLE_AUTHORIZER || q->refused_with != 0)
		(void)json_object_set_new(v, "page", page_name(q));
	(void)json_object_set_new(
	    v, "insufficient", json_boolean(why == RG_E_INSUFFICIENT_ROLE));
	page(w, q, s, 403, "www/denied.html", v);
	s->scripted = s->status == 403;
}

void
endpoint_me(struct worker *w, const struct request *q, struct response *s)
{
	struct gate_identity id;
	enum rg_err r;

	r = worker_identify(w, q, "me.failed", &id);
	if (r == RG_E_SESSION_NONE || r == RG_E_SESSION_EXPIRED) {
		if (q->wants_html)
			to_login(w, s);
		else
			fail(w, q, s, r, NULL);
		return;
	}
	if (r != RG_OK) {
		fail(w, q, s, r, NULL);
		return;
	}
	if (id.decision.role_count > 0) {
		page(w, q, s, 200, "www/me.html", me_values(w, q, &id));
		s->scripted = s->status == 200;
	} else {
		me_denied(w, q, s, &id,
		    id.decision.denied ? RG_E_DENIED : RG_E_NO_ROLE);
	}
	gate_identity_clear(&id);
}

void
endpoint_signed_out(
    struct worker *w, const struct request *q, struct response *s)
{
	page(w, q, s, 200, "www/signed-out.html", json_object());
}
