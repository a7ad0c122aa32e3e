/* SPDX-License-Identifier: ISC */
/* The refresh grant, RFC 6749 section 6 with OpenID Connect Core 1.0 12.2. */
#include <stdlib.h>
#include <string.h>

#include "base/form.h"
#include "base/json.h"
#include "oidc/document.h"
#include "oidc/id_token.h"
#include "oidc/oidc.h"
#include "oidc/refresh.h"
#include "oidc/token_request.h"
#include "oidc/token_response.h"
#include "oidc/userinfo.h"

static enum rg_err
request(struct oidc *o, const struct provider *p, const char *endpoint,
    const char *token, int64_t now, struct token_response **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct fetch_response res = {0};
	struct buf form = BUF_INIT;

	form_put(&form, "grant_type", "refresh_token");
	form_put(&form, "refresh_token", token);
	/* Without scope: the same as before (RFC 6749 section 6). */
	if (!buf_ok(&form)) {
		r = err_set(e, RG_E_NOMEM, "token request");
		goto out;
	}
	r = token_request(o, p, endpoint, &form, now, &res, e);
	if (r != RG_OK)
		goto out;
	r = token_response_parse(buf_str(&res.body), res.body.len, out, e);
out:
	fetch_response_clear(&res);
	buf_clear(&form);
	return r;
}

/* Section 12.2: a nonce SHOULD NOT be there, and must be the old one if so. */
static enum rg_err
check_nonce(const json_t *claims, const char *nonce, struct err *e)
{
	const json_t *v = json_object_get(claims, "nonce");

	if (v == NULL ||
	    (json_is_string(v) && strcmp(json_string_value(v), nonce) == 0))
		return RG_OK;
	return err_set(e, RG_E_NONCE, "of a refreshed token");
}

static char *
move(char **from)
{
	char *s = *from;

	*from = NULL;
	return s;
}

enum rg_err
oidc_refresh(struct oidc *o, const struct provider *p,
    const struct oidc_refresh *q, int64_t now, struct oidc_tokens *tokens,
    json_t **claims, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct documents *d = document_entry(o, p);
	struct token_response *t = NULL;
	json_t *found = NULL;

	*claims = NULL;
	memset(tokens, 0, sizeof(*tokens));
	if (d == NULL) {
		r = err_set(e, RG_E_NOMEM, "documents of %s", p->name);
		goto out;
	}
	if ((r = refresh_ensure(o, d, p, OIDC_DISCOVERY, now, e)) != RG_OK ||
	    (r = request(o, p, d->discovery->token_endpoint, q->refresh_token,
		 now, &t, e)) != RG_OK)
		goto out;
	/* The one that was sent may be good no more, whatever comes now. */
	tokens->refresh_token = move(&t->refresh_token);
	r = id_token_verify(o, d, p, t->id_token, strlen(t->id_token),
	    &(struct id_token_expect){
		.access_token = t->access_token,
		.now = now,
		.skew = q->skew,
	    },
	    &found, e);
	if (r != RG_OK || (r = check_nonce(found, q->nonce, e)) != RG_OK ||
	    (r = userinfo_claims(o->fetch, d->discovery->userinfo_endpoint, p,
		 t->access_token, found, &tokens->userinfo, e)) != RG_OK)
		goto out;
	tokens->access_token = move(&t->access_token);
	*claims = found;
	found = NULL;
	r = RG_OK;
out:
	json_decref(found);
	token_response_free(&t);
	return r;
}

static void
wipe(char **s)
{
	if (*s != NULL)
		explicit_bzero(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

void
oidc_tokens_clear(struct oidc_tokens *t)
{
	wipe(&t->access_token);
	wipe(&t->refresh_token);
}
