/* SPDX-License-Identifier: ISC */
#include "base/asset.h"
#include "base/log.h"
#include "base/template.h"
#include "cgi/language.h"
#include "cgi/worker.h"

void
page(struct worker *w, const struct request *q, struct response *s, int status,
    const char *asset, json_t *values)
{
	const struct asset *a = asset_find(asset);
	const struct language *l = q->language;
	struct buf html = BUF_INIT;
	bool ok = false;

	if (a != NULL && values != NULL && l != NULL &&
	    json_object_set_new(values, "lang", json_string(l->tag)) == 0 &&
	    json_object_set_new(
		values, "base", json_string(w->settings->prefix)) == 0 &&
	    json_object_set_new(values, "request_id", json_string(q->id)) ==
		0 &&
	    json_object_set_new(
		values, "contact", json_string(w->settings->contact)) == 0)
		ok = template_render(a->data, a->len, values, l->page, &html) ==
		     RG_OK;
	if (ok) {
		response_reset(s, status);
		response_header(s, "Content-Type", "text/html; charset=utf-8");
		response_header(s, "Content-Language", "%s", l->tag);
		response_header(s, "Vary", "Accept-Language");
		buf_put(&s->body, html.p, html.len);
	} else {
		log_error("page.failed", "page=%s", asset);
		response_error(
		    s, 500, "internal", "The page can't be shown.", q->id);
	}
	buf_clear(&html);
	json_decref(values);
}

void
put_login_url(struct buf *out, const char *base, const char *return_to)
{
	buf_printf(out, "%s/login?", base);
	form_put(out, "return_to", return_to);
}

void
fail_json(const struct request *q, struct response *s, enum rg_err code)
{
	const struct problem *p = problem_of(code);

	response_error(s, p->status, p->code, language_message(p), q->id);
	s->refused = code;
}

/* Where the button of an error page leads. */
static void
put_retry_url(
    struct worker *w, struct buf *out, const char *retry_to, const char *prompt)
{
	if (retry_to == NULL && prompt == NULL) {
		buf_printf(out, "%s/", w->settings->prefix);
		return;
	}
	buf_printf(out, "%s/login?", w->settings->prefix);
	if (retry_to != NULL)
		form_put(out, "return_to", retry_to);
	if (prompt != NULL)
		form_put(out, "prompt", prompt);
}

void
fail(struct worker *w, const struct request *q, struct response *s,
    enum rg_err code, const char *retry_to)
{
	const struct problem *p = problem_of(code);
	struct buf retry = BUF_INIT, choose = BUF_INIT;
	const char *label, *prompt;

	if (!q->wants_html) {
		fail_json(q, s, code);
		return;
	}
	label = problem_next(code, &prompt);
	put_retry_url(w, &retry, retry_to, prompt);
	/* The remembered provider may be the one that fails. */
	if (w->settings->provider_count > 1) {
		buf_printf(&choose, "%s/login?choose=1", w->settings->prefix);
		if (retry_to != NULL)
			form_put(&choose, "return_to", retry_to);
	}
	page(w, q, s, p->status, "www/error.html",
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "title",
		language_problem(q->language, p, "title"), "message",
		language_problem(q->language, p, "message"), "advice",
		language_problem(q->language, p, "advice"), "code", p->code,
		"retry_url", buf_str(&retry), "retry_label",
		language_word(q->language, label), "choose_url",
		buf_str(&choose)));
	s->refused = code;
	buf_clear(&choose);
	buf_clear(&retry);
}
