/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cgi/api.h"
#include "cgi/whoami.h"
#include "cgi/worker.h"

#define GET 1
#define POST 2
#define OTHER 4
#define ANY (GET | POST | OTHER)

#define API "/api"

static const struct {
	const char *path; /* below the path of public_url */
	unsigned methods; /* GET includes HEAD */
	const char *allow;
	endpoint_fn *fn;
	bool gateless; /* works without a gate */
} routes[] = {
    {"", GET, "GET, HEAD", endpoint_root, false},
    {"/", GET, "GET, HEAD", endpoint_root, false},
    {"/login", GET, "GET, HEAD", endpoint_login, false},
    {"/callback", GET | POST, "GET, HEAD, POST", endpoint_callback, false},
    {"/jwks.json", GET, "GET, HEAD", endpoint_jwks, false},
    {"/whoami", GET, "GET, HEAD", endpoint_whoami, false},
    /* The method is that of the page that was refused. */
    {"/refused", ANY, "", endpoint_refused, false},
    {"/me", GET, "GET, HEAD", endpoint_me, false},
    {"/logout", GET | POST, "GET, HEAD, POST", endpoint_logout, false},
    {"/signed-out", GET, "GET, HEAD", endpoint_signed_out, true},
    {"/healthz", GET, "GET, HEAD", endpoint_healthz, true},
    {"/readyz", GET, "GET, HEAD", endpoint_readyz, false},
    {"/metrics", GET, "GET, HEAD", endpoint_metrics, false},
    {"/.well-known/oauth-protected-resource", GET, "GET, HEAD",
	endpoint_metadata, true},
    {"/console", GET, "GET, HEAD", endpoint_console, false},
    {"/rolegate.css", GET, "GET, HEAD", endpoint_static, true},
    {"/rolegate.svg", GET, "GET, HEAD", endpoint_static, true},
    {"/rolegate.js", GET, "GET, HEAD", endpoint_static, true},
    /* and what is below */
    {"/console/", GET, "GET, HEAD", endpoint_static, true},
    {"/text/", GET, "GET, HEAD", endpoint_static, true},
};

static bool
is_route(const char *path, const char *route)
{
	size_t n = strlen(route);

	if (n > 1 && route[n - 1] == '/')
		return strncmp(path, route, n) == 0;
	return strcmp(path, route) == 0;
}

static unsigned
method_bit(enum method m)
{
	switch (m) {
	case METHOD_GET:
	case METHOD_HEAD:
		return GET;
	case METHOD_POST:
		return POST;
	case METHOD_PUT:
	case METHOD_PATCH:
	case METHOD_DELETE:
	case METHOD_OTHER:
		break;
	}
	return OTHER;
}

static void
serve(struct worker *w, const struct request *q, struct response *s, size_t i)
{
	if (w->gate != NULL || routes[i].gateless)
		routes[i].fn(w, q, s);
	else if (routes[i].fn == endpoint_whoami)
		fail_json(q, s, RG_E_STORE_OPEN);
	else
		fail(w, q, s, RG_E_STORE_OPEN, NULL);
}

/* Its operations have a table of their own (api.c). */
static bool
is_api(const struct worker *w, const struct request *q)
{
	const char *prefix = w->settings->prefix;
	size_t n = strlen(prefix);

	return strncmp(q->path, prefix, n) == 0 &&
	       strncmp(q->path + n, API "/", sizeof(API)) == 0;
}

void
route(struct worker *w, const struct request *q, struct response *s)
{
	const char *prefix = w->settings->prefix;
	size_t i, n = strlen(prefix);

	if (method_bit(q->method) == GET && metadata_at_root(w, q, s))
		return;
	if (strncmp(q->path, prefix, n) != 0) {
		fail(w, q, s, RG_E_REQ_ROUTE, NULL);
		return;
	}
	if (is_api(w, q)) {
		w->endpoint = API;
		endpoint_api(w, q, s);
		return;
	}
	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!is_route(q->path + n, routes[i].path))
			continue;
		w->endpoint = routes[i].path;
		if ((routes[i].methods & method_bit(q->method)) != 0) {
			serve(w, q, s, i);
			return;
		}
		fail(w, q, s, RG_E_REQ_METHOD, NULL);
		response_header(s, "Allow", "%s", routes[i].allow);
		return;
	}
	fail(w, q, s, RG_E_REQ_ROUTE, NULL);
}

static bool
is_at(const struct worker *w, const struct request *q, const char *path)
{
	const char *prefix = w->settings->prefix;
	size_t n = strlen(prefix);

	return strncmp(q->path, prefix, n) == 0 &&
	       strcmp(q->path + n, path) == 0;
}

void
route_unreadable(struct worker *w, const struct request *q, struct response *s,
    enum rg_err why)
{
	struct gate_context ctx = worker_context(q);
	struct err e = {RG_OK, ""};

	(void)err_set(&e, why, "the request can't be read");
	if (w->gate != NULL && is_at(w, q, "/callback"))
		gate_refused(w->gate, &ctx, &e);
	else
		log_info("request.refused", "error=%s path=%s", err_name(why),
		    log_quote(q->path));
	if (is_api(w, q)) {
		api_fail(w, q, s, why, NULL);
	} else if (!is_at(w, q, "/whoami")) {
		fail(w, q, s, why, NULL);
	} else if (method_bit(q->method) != GET) {
		route(w, q, s); /* 405 */
	} else {
		whoami_refuse(w, q, s, why);
	}
}

const char *
worker_session(const struct worker *w, const struct request *q)
{
	char name[COOKIE_NAME_MAX];
	const char *value;

	cookie_name(&w->style, COOKIE_SESSION, name);
	value = request_cookie(q, name, 0);
	if (value != NULL && request_cookie(q, name, 1) != NULL)
		return NULL;
	return value;
}

bool
worker_refuses_embedding(
    struct worker *w, const struct request *q, struct response *s)
{
	if (!q->cross_site || !q->embedded)
		return false;
	fail(w, q, s, RG_E_CROSS_SITE, NULL);
	return true;
}

struct gate_context
worker_context(const struct request *q)
{
	struct gate_context ctx = {q->id, q->client, "", clock_now()};

	return ctx;
}

enum rg_err
worker_identify(struct worker *w, const struct request *q, const char *event,
    struct gate_identity *id)
{
	struct gate_context ctx = worker_context(q);
	struct err e = {RG_OK, ""};
	enum rg_err r;

	r = gate_whoami(w->gate, worker_session(w, q), &ctx, id, &e);
	if (r != RG_OK && r != RG_E_SESSION_NONE && r != RG_E_SESSION_EXPIRED)
		log_error(event, "error=%s detail=%s", err_name(r),
		    log_quote(e.detail));
	return r;
}
