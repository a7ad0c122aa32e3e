/* SPDX-License-Identifier: ISC */
#include "oidc/app_token.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/form.h"
#include "oidc/document.h"
#include "oidc/refresh.h"
#include "oidc/token_request.h"
#include "oidc/token_response.h"

/* One for each provider: it asks for one scope only. */
struct app_token {
	struct app_token *next;
	const struct provider *provider; /* only compared */
	struct token_response *response;
	int64_t until;
};

void
app_token_free(struct app_token **list)
{
	struct app_token *t;

	while ((t = *list) != NULL) {
		*list = t->next;
		token_response_free(&t->response);
		free(t);
	}
}

/* The entry of the provider, made when new; NULL: out of memory. */
static struct app_token *
entry(struct oidc *o, const struct provider *p)
{
	struct app_token *t;

	for (t = o->app_tokens; t != NULL; t = t->next)
		if (t->provider == p)
			return t;
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->provider = p;
	t->next = o->app_tokens;
	o->app_tokens = t;
	return t;
}

static enum rg_err
request(struct oidc *o, const struct provider *p, const char *endpoint,
    const char *scope, int64_t now, struct token_response **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct fetch_response res = {0};
	struct buf form = BUF_INIT;

	form_put(&form, "grant_type", "client_credentials");
	form_put(&form, "scope", scope);
	if (!buf_ok(&form)) {
		r = err_set(e, RG_E_NOMEM, "token request");
		goto out;
	}
	r = token_request(o, p, endpoint, &form, now, &res, e);
	if (r != RG_OK)
		goto out;
	r = token_response_parse_app(buf_str(&res.body), res.body.len, out, e);
out:
	fetch_response_clear(&res);
	buf_clear(&form);
	return r;
}

enum rg_err
oidc_app_token(struct oidc *o, const struct provider *p, const char *scope,
    int64_t now, const char **token, struct err *e)
{
	struct documents *d = document_entry(o, p);
	struct app_token *t = entry(o, p);
	struct token_response *fresh = NULL;
	enum rg_err r;

	*token = NULL;
	if (d == NULL || t == NULL)
		return err_set(e, RG_E_NOMEM, "token of %s", p->name);
	if (t->response == NULL || now >= t->until) {
		r = refresh_ensure(o, d, p, OIDC_DISCOVERY, now, e);
		if (r != RG_OK)
			return r;
		r = request(
		    o, p, d->discovery->token_endpoint, scope, now, &fresh, e);
		if (r != RG_OK)
			return r;
		token_response_free(&t->response);
		t->response = fresh;
		t->until = clock_add(now, fresh->expires_in - APP_TOKEN_MARGIN);
	}
	*token = t->response->access_token;
	return RG_OK;
}
