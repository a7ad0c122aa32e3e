/* SPDX-License-Identifier: ISC */
/* Authorization: Bearer, RFC 6750 section 2.1, and the challenges of section 3
 * with the metadata of RFC 9728. */
#include "cgi/bearer.h"

#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "oidc/access_token.h"

#define SCHEME_LEN 6 /* "Bearer" */

bool
bearer_is_sent(const struct request *q)
{
	return q->authorization != NULL &&
	       strncasecmp(q->authorization, "Bearer", SCHEME_LEN) == 0;
}

/* b64token: letters, digits, -._~+/ and, at the end, "=" */
static bool
is_b64token(const char *s)
{
	size_t n = strspn(s,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	    "-._~+/");

	return n > 0 && s[n + strspn(s + n, "=")] == '\0';
}

/* The token of the header; NULL when it is malformed. */
static const char *
token_of(const struct request *q)
{
	const char *s = q->authorization + SCHEME_LEN;
	size_t blanks = strspn(s, " ");

	return blanks > 0 && is_b64token(s + blanks) ? s + blanks : NULL;
}

/*
 * A token in the query gets into logs and histories, and is refused even where
 * it is beside a good one (RFC 6750 sections 2.3 and 3.1; MCP).
 */
static bool
is_elsewhere(const struct request *q)
{
	return form_nth(q->query, "access_token", 0) != NULL ||
	       form_nth(q->body, "access_token", 0) != NULL;
}

const struct resource *
bearer_resource(const struct worker *w, const struct request *q)
{
	const struct settings *s = w->settings;
	size_t i;

	for (i = 0; i < s->resource_count; i++)
		if (q->resource == NULL ||
		    strcmp(q->resource, s->resources[i].id) == 0)
			return &s->resources[i];
	if (q->resource != NULL)
		log_error("bearer.misconfigured", "no [resource.%s]",
		    log_quote(q->resource));
	return NULL;
}

/* A token for another resource of the same provider is none for this one. */
static enum rg_err
check_resource(const struct worker *w, const struct request *q,
    const struct gate_identity *id, struct err *e)
{
	const struct resource *x = bearer_resource(w, q);

	if (x == NULL || x->audience_count == 0 ||
	    access_token_is_for(id->claims, x->audiences, x->audience_count))
		return RG_OK;
	(void)err_set(e, RG_E_AUD, "not for [resource.%s]", x->id);
	return RG_E_TOKEN_REFUSED;
}

enum rg_err
worker_authenticate(struct worker *w, const struct request *q,
    const char *event, struct gate_identity *id)
{
	struct gate_context ctx = worker_context(q);
	struct err e = {RG_OK, ""};
	char client[GATE_CLIENT_LEN + 1];
	const char *token;
	enum rg_err r;

	memset(id, 0, sizeof(*id));
	if (!bearer_is_sent(q) && !is_elsewhere(q))
		return worker_identify(w, q, event, id);
	/* From here on it is the token that decides, whatever cookie comes. */
	token = bearer_is_sent(q) ? token_of(q) : NULL;
	if (token == NULL || is_elsewhere(q))
		r = err_set(&e, RG_E_BEARER_FORM, "%s",
		    is_elsewhere(q) ? "a token in the query or body"
				    : "malformed header");
	else if ((r = gate_bearer(w->gate, token, &ctx, id, &e)) == RG_OK &&
		 (r = check_resource(w, q, id, &e)) != RG_OK)
		gate_identity_clear(id);
	if (r == RG_OK)
		return RG_OK;
	gate_count(w->gate, "bearer.refused", err_name(e.code), ctx.now);
	log_info("bearer.refused", "error=%s client=%s detail=%s",
	    err_name(e.code), gate_client_text(w->gate, q->client, client),
	    log_quote(e.detail));
	return r;
}

/* All that a client has to ask for to get in here, so that it asks once. */
static void
put_scopes(struct buf *out, const struct worker *w, const struct resource *x)
{
	const struct provider *p = w->settings->providers;
	size_t i, k, n = 0;

	for (i = 0; x != NULL && i < x->scope_count; i++)
		buf_printf(out, "%s%s", n++ > 0 ? " " : "", x->scopes[i]);
	for (i = 0; n == 0 && i < w->settings->provider_count; i++)
		for (k = 0; k < p[i].required_scope_count; k++)
			buf_printf(out, "%s%s", k > 0 ? " " : "",
			    p[i].required_scopes[k]);
}

/* The address of the metadata: RFC 9728 section 3.1. */
static void
put_metadata_url(
    struct buf *out, const struct worker *w, const struct resource *x)
{
	if (x == NULL)
		buf_printf(
		    out, "%s" BEARER_WELL_KNOWN, w->settings->public_url);
	else
		buf_printf(out, "%.*s" BEARER_WELL_KNOWN "%s",
		    (int)(strlen(x->url) - strlen(x->path)), x->url, x->path);
}

static const char *
error_of(enum rg_err r)
{
	switch (r) {
	case RG_E_TOKEN_REFUSED:
		return "invalid_token";
	case RG_E_BEARER_FORM:
		return "invalid_request";
	case RG_E_SCOPE:
		return "insufficient_scope";
	default: /* none was sent: section 3.1 wants no error then */
		return NULL;
	}
}

void
bearer_challenge(struct worker *w, const struct request *q, struct response *s,
    enum rg_err r)
{
	const struct resource *x = bearer_resource(w, q);
	struct buf scopes = BUF_INIT, url = BUF_INIT;
	const char *error = error_of(r);

	put_scopes(&scopes, w, x);
	put_metadata_url(&url, w, x);
	response_header(s, "WWW-Authenticate",
	    "Bearer %s%s%sresource_metadata=\"%s\"%s%s%s",
	    error == NULL ? "" : "error=\"", error == NULL ? "" : error,
	    error == NULL ? "" : "\", ", buf_str(&url),
	    scopes.len > 0 ? ", scope=\"" : "", buf_str(&scopes),
	    scopes.len > 0 ? "\"" : "");
	buf_clear(&scopes);
	buf_clear(&url);
}
