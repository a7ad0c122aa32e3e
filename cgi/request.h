/* SPDX-License-Identifier: ISC */
/*
 * One HTTP request as rolegate sees it, copied and checked out of the CGI
 * variables (RFC 3875); the same for FastCGI and plain CGI. Forwarded headers
 * and REMOTE_USER are never read: only the address of the TCP peer, our
 * cookies and signatures count.
 */
#ifndef RG_CGI_REQUEST_H
#define RG_CGI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/form.h"
#include "cgi/language.h"

#define REQUEST_MAX_QUERY 8192
#define REQUEST_MAX_COOKIES 65536    /* bytes of all Cookie headers */
#define REQUEST_MAX_COOKIE_COUNT 128 /* of ours, half of them __Host- */
#define REQUEST_MAX_AUTH 65536
#define REQUEST_MAX_BODY 65536
#define REQUEST_MAX_JSON (1 << 20) /* bytes; below /api/ only */
#define REQUEST_MAX_CONDITION 1024 /* bytes of If-Match, Origin */
#define REQUEST_MAX_URI 1024	   /* longer ones are not returned to */
#define REQUEST_ID_LEN 16

enum method {
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_PUT,
	METHOD_PATCH,
	METHOD_DELETE,
	METHOD_OTHER
};
enum fcgi_role {
	ROLE_RESPONDER,
	ROLE_AUTHORIZER
};

struct cookie {
	const char *name;
	const char *value;
};

struct request {
	char id[REQUEST_ID_LEN + 1]; /* random, shown to the client */
	enum fcgi_role role;
	enum method method;
	char *path;	  /* decoded SCRIPT_NAME + PATH_INFO; never NULL */
	char *client;	  /* REMOTE_ADDR, "" when unknown */
	char *require;	  /* ROLEGATE_REQUIRE of the server, or NULL */
	char *resource;	  /* ROLEGATE_RESOURCE of the server, or NULL */
	char *uri;	  /* raw REQUEST_URI, to return to; "" if unusable */
	int refused_with; /* REDIRECT_STATUS, if it is 401 or 403; else 0 */
	bool require_env; /* the server demands AUTH_USER; see authorizer.c */
	char *authorization; /* the one Authorization header, or NULL */
	bool wants_html;     /* Accept names text/html: a browser navigates */
	const struct language *language; /* by Accept-Language; else English */
	bool cross_site;    /* Sec-Fetch-Site: begun by another origin */
	bool same_origin;   /* Sec-Fetch-Site: begun by a page of ours */
	bool tells_site;    /* there is a Sec-Fetch-Site at all */
	bool embedded;	    /* Sec-Fetch-Mode: no page, but part of one */
	bool csrf_header;   /* X-Rolegate-CSRF: 1 */
	char *origin;	    /* Origin, or NULL */
	char *if_match;	    /* If-Match, or NULL */
	struct form *query; /* never NULL */
	struct form *body;  /* of a POST; empty otherwise, never NULL */
	struct buf json;    /* the text of a JSON body, as sent: not parsed */
	struct cookie *cookies; /* those that may be ours */
	size_t cookie_count;
	char *cookie_text; /* what cookies[] point into */
	size_t cookie_size;
};

/* Reads body bytes; 0 at the end, -1 on error. */
typedef long request_read_fn(void *ctx, char *out, size_t size);

/*
 * Builds a request from NAME=VALUE strings ending in NULL. Reads the body of a
 * POST, PUT or PATCH, and only for ROLE_RESPONDER: a form, or JSON for a path
 * with "/api/" in it, which is kept for whoever has asked who is calling before
 * it is parsed. An authorizer is told the query, and by some servers the path,
 * of somebody else's page: the query is empty then, and the path is not to be
 * looked at. Only an authorizer has `require_env`; `uri` is there for it, and
 * where the server has refused a page and lets us say so (`refused_with`, which
 * is Apache's name for it and no client can send). REQUEST_URI decides nothing:
 * it is what the client wrote, undecoded. On error
 * (RG_E_REQ_*) *out still is a request, incomplete, but with id, method, path
 * ("" when unusable) and wants_html, so that an error page can be shown. *out
 * is NULL only with RG_E_NOMEM.
 */
enum rg_err request_read(char *const *params, enum fcgi_role role,
    request_read_fn *fn, void *ctx, struct request **out);
void request_free(struct request **);

/*
 * The n-th cookie of exactly that name, or NULL. Borrowed. Only names that
 * begin with "rolegate" or "__Host-rolegate" are there.
 */
const char *request_cookie(const struct request *, const char *name, size_t n);

#endif
