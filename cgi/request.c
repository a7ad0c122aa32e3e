/* SPDX-License-Identifier: ISC */
#include "cgi/request.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/random.h"
#include "base/url.h"
#include "cgi/request_cookie.h"

#define MAX_PATH 1024
#define MAX_REQUIRE 1024

/* The variables that are read; all others do not exist for us. */
enum var {
	VAR_METHOD,
	VAR_SCRIPT_NAME,
	VAR_PATH_INFO,
	VAR_QUERY,
	VAR_TYPE,
	VAR_LENGTH,
	VAR_CLIENT,
	VAR_AUTHORIZATION,
	VAR_REQUIRE,
	VAR_RESOURCE,
	VAR_URI,
	VAR_APACHE_ROLE,
	VAR_CHECKER,
	VAR_STATUS,
	VAR_ORIGIN,
	VAR_IF_MATCH,
	VAR__MAX
};

/* One sender, the web server: twice the same name is a mistake in its
 * configuration, and which of the two holds must not be a guess. */
#define NAME(s)                                                                \
	{                                                                      \
		(s), sizeof(s) - 1                                             \
	}
static const struct {
	const char *name;
	size_t len;
} vars[VAR__MAX] = {NAME("REQUEST_METHOD"), NAME("SCRIPT_NAME"),
    NAME("PATH_INFO"), NAME("QUERY_STRING"), NAME("CONTENT_TYPE"),
    NAME("CONTENT_LENGTH"), NAME("REMOTE_ADDR"), NAME("HTTP_AUTHORIZATION"),
    NAME("ROLEGATE_REQUIRE"), NAME("ROLEGATE_RESOURCE"), NAME("REQUEST_URI"),
    NAME("FCGI_APACHE_ROLE"), NAME("ROLEGATE_CHECKER"), NAME("REDIRECT_STATUS"),
    NAME("HTTP_ORIGIN"), NAME("HTTP_IF_MATCH")};
#undef NAME

struct vars {
	const char *value[VAR__MAX]; /* NULL when absent; first one wins */
	const char *twice;	     /* a name that came twice, or NULL */
};

/* NAME=value taken apart: there are dozens in a request. */
struct param {
	const char *name;
	size_t len; /* of the name */
	const char *value;
};

/* False for what has no name. */
static bool
read_param(const char *text, struct param *out)
{
	const char *eq = strchr(text, '=');

	if (eq == NULL)
		return false;
	*out = (struct param){text, (size_t)(eq - text), eq + 1};
	return true;
}

static bool
is_named(const struct param *p, const char *name, size_t len)
{
	return p->len == len && memcmp(p->name, name, len) == 0;
}

/*
 * Each internal redirect of Apache puts REDIRECT_ before the names of what
 * SetEnv and RewriteRule [E=] have set. A requirement must not get lost that
 * way; no client can send such a name, its headers all begin with HTTP_.
 */
static struct param
unredirected(const struct param *from)
{
	static const char prefix[] = "REDIRECT_";
	const size_t n = sizeof(prefix) - 1;
	struct param p = *from;

	while (p.len >= n && memcmp(p.name, prefix, n) == 0) {
		p.name += n;
		p.len -= n;
	}
	return p;
}

static bool
may_repeat(size_t k, const char *first, const char *second)
{
	if (k == VAR_REQUIRE || k == VAR_RESOURCE) /* by a redirect */
		return strcmp(first, second) == 0;
	return k == VAR_URI; /* decides nothing */
}

static void
collect_one(const struct param *raw, struct vars *v)
{
	const struct param bare = unredirected(raw), *p;
	size_t k;

	for (k = 0; k < VAR__MAX; k++) {
		p = k == VAR_REQUIRE || k == VAR_RESOURCE ? &bare : raw;
		if (!is_named(p, vars[k].name, vars[k].len))
			continue;
		if (v->value[k] == NULL)
			v->value[k] = p->value;
		else if (!may_repeat(k, v->value[k], p->value))
			v->twice = vars[k].name;
	}
}

static const char *
var(const struct vars *v, enum var name)
{
	return v->value[name] == NULL ? "" : v->value[name];
}

static bool
has_control(const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f)
			return true;
	}
	return false;
}

static enum method
method_of(const char *s)
{
	if (strcmp(s, "GET") == 0)
		return METHOD_GET;
	if (strcmp(s, "HEAD") == 0)
		return METHOD_HEAD;
	if (strcmp(s, "POST") == 0)
		return METHOD_POST;
	if (strcmp(s, "PUT") == 0)
		return METHOD_PUT;
	if (strcmp(s, "PATCH") == 0)
		return METHOD_PATCH;
	if (strcmp(s, "DELETE") == 0)
		return METHOD_DELETE;
	return METHOD_OTHER;
}

/* Whether a weight parameter such as ";q=0.0" says "not this one". */
static bool
is_refused(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i + 3 < len; i++) {
		if (p[i] != ';')
			continue;
		while (i + 1 < len && p[i + 1] == ' ')
			i++;
		if (i + 3 >= len || (p[i + 1] | 0x20) != 'q' || p[i + 2] != '=')
			continue;
		return p[i + 3] == '0' &&
		       strcspn(p + i + 4, "123456789") >= len - i - 4;
	}
	return false;
}

/*
 * Whether one Accept header names text/html itself (RFC 9110 section 12.5.1):
 * browsers do when they navigate, and programs that take anything say "* / *".
 */
static bool
accepts_html(const char *p)
{
	static const char html[] = "text/html";
	size_t n, len;

	while (*p != '\0') {
		p += strspn(p, " \t,");
		len = strcspn(p, ",");
		n = sizeof(html) - 1;
		if (len >= n && strncasecmp(p, html, n) == 0 &&
		    (len == n || strchr("; \t", p[n]) != NULL) &&
		    !is_refused(p + n, len - n))
			return true;
		p += len;
	}
	return false;
}

/* What a browser says of itself and of the page that made it ask. */
static void
read_hint(struct request *q, const struct param *p)
{
#define IS(name) is_named(p, name, sizeof(name) - 1)
	const char *value = p->value;

	if (IS("HTTP_ACCEPT_LANGUAGE"))
		q->language = language_for(value);
	else if (IS("HTTP_ACCEPT"))
		q->wants_html |= accepts_html(value);
	else if (IS("HTTP_SEC_FETCH_SITE")) {
		/* Fetch Metadata, section 2.3 */
		q->tells_site = true;
		q->cross_site |= strcmp(value, "cross-site") == 0 ||
				 strcmp(value, "same-site") == 0;
		q->same_origin |= strcmp(value, "same-origin") == 0;
	} else if (IS("HTTP_SEC_FETCH_MODE")) /* section 2.2 */
		q->embedded |= strcmp(value, "navigate") != 0;
	else if (IS("HTTP_X_ROLEGATE_CSRF"))
		q->csrf_header = strcmp(value, "1") == 0;
#undef IS
}

/* One walk over what the web server sent. */
static void
collect(struct request *q, char *const *params, struct vars *v)
{
	struct param p;

	memset(v, 0, sizeof(*v));
	q->language = language_for("");
	for (; *params != NULL; params++) {
		if (!read_param(*params, &p))
			continue;
		collect_one(&p, v);
		if (strncmp(p.name, "HTTP_", 5) == 0)
			read_hint(q, &p);
	}
}

static enum rg_err
read_path(struct request *q, const struct vars *v)
{
	const char *script = var(v, VAR_SCRIPT_NAME);
	const char *info = var(v, VAR_PATH_INFO);
	struct buf path = BUF_LIMITED(MAX_PATH);
	enum rg_err r = RG_OK;

	/* An authorizer is not told a path of its own. */
	buf_puts(&path, script);
	buf_puts(&path, info);
	if (!buf_ok(&path))
		r = RG_E_REQ_TOO_LARGE;
	else if (has_control(buf_str(&path)) ||
		 (q->role == ROLE_RESPONDER && buf_str(&path)[0] != '/'))
		r = RG_E_REQ_MALFORMED;
	if (r != RG_OK)
		buf_reset(&path);
	q->path = buf_steal(&path);
	return q->path == NULL ? RG_E_NOMEM : r;
}

/* What is told of a page that is somebody else's. */
static enum rg_err
read_asked(struct request *q, const struct vars *v)
{
	const char *s = var(v, VAR_URI), *status = var(v, VAR_STATUS);

	if (q->role == ROLE_RESPONDER && strcmp(status, "401") == 0)
		q->refused_with = 401;
	if (q->role == ROLE_RESPONDER && strcmp(status, "403") == 0)
		q->refused_with = 403;
	if ((q->role != ROLE_AUTHORIZER && q->refused_with == 0) ||
	    strlen(s) > REQUEST_MAX_URI || !url_is_local_path(s))
		s = "";
	q->uri = strdup(s);
	q->require_env =
	    q->role == ROLE_AUTHORIZER &&
	    strcmp(var(v, VAR_APACHE_ROLE), "ACCESS_CHECKER") == 0 &&
	    strcmp(var(v, VAR_CHECKER), "require-env") == 0;
	return q->uri == NULL ? RG_E_NOMEM : RG_OK;
}

static enum rg_err
read_client(struct request *q, const struct vars *v)
{
	const char *s = var(v, VAR_CLIENT);
	unsigned char raw[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, s, raw) != 1 && inet_pton(AF_INET6, s, raw) != 1)
		s = "";
	q->client = strdup(s);
	return q->client == NULL ? RG_E_NOMEM : RG_OK;
}

/* A copy of a short header, NULL when it is absent. */
static enum rg_err
read_header(const struct vars *v, enum var name, char **out)
{
	const char *s = v->value[name];

	if (s == NULL)
		return RG_OK;
	if (strlen(s) > REQUEST_MAX_CONDITION)
		return RG_E_REQ_TOO_LARGE;
	if (has_control(s))
		return RG_E_REQ_MALFORMED;
	return (*out = strdup(s)) == NULL ? RG_E_NOMEM : RG_OK;
}

static enum rg_err
read_headers(struct request *q, const struct vars *v)
{
	const char *auth = v->value[VAR_AUTHORIZATION];
	const char *require = v->value[VAR_REQUIRE];
	enum rg_err r;

	if ((r = read_header(v, VAR_ORIGIN, &q->origin)) != RG_OK ||
	    (r = read_header(v, VAR_IF_MATCH, &q->if_match)) != RG_OK ||
	    (r = read_header(v, VAR_RESOURCE, &q->resource)) != RG_OK)
		return r;

	if (require != NULL) {
		if (strlen(require) > MAX_REQUIRE || has_control(require))
			return RG_E_REQ_MALFORMED;
		if ((q->require = strdup(require)) == NULL)
			return RG_E_NOMEM;
	}
	if (auth != NULL) {
		if (strlen(auth) > REQUEST_MAX_AUTH)
			return RG_E_REQ_TOO_LARGE;
		if (has_control(auth))
			return RG_E_REQ_MALFORMED;
		if ((q->authorization = strdup(auth)) == NULL)
			return RG_E_NOMEM;
	}
	return RG_OK;
}

static enum rg_err
set_form(struct form **f, const char *text, size_t len)
{
	struct form *fresh = NULL;
	enum rg_err r;

	if ((r = form_parse(text, len, &fresh)) != RG_OK)
		return r;
	form_free(f);
	*f = fresh;
	return RG_OK;
}

static enum rg_err
read_query(struct request *q, const struct vars *v)
{
	const char *s = var(v, VAR_QUERY);

	/* To an authorizer the query is that of somebody else's page. */
	if (q->role == ROLE_AUTHORIZER)
		return RG_OK;
	if (strlen(s) > REQUEST_MAX_QUERY)
		return RG_E_REQ_TOO_LARGE;
	return set_form(&q->query, s, strlen(s));
}

/* Whether a Content-Type is `type`, whatever parameters follow. */
static bool
is_type(const char *s, const char *type)
{
	size_t n = strlen(type);

	return strncasecmp(s, type, n) == 0 &&
	       (s[n] == '\0' || strchr("; \t", s[n]) != NULL);
}

/*
 * CONTENT_LENGTH says when to refuse early and when a body was cut short, and
 * nothing else: it is absent for chunked bodies. False if it is no number.
 */
static bool
parse_length(const char *s, size_t *out)
{
	size_t n = 0;

	if (*s == '\0' || strspn(s, "0123456789") != strlen(s))
		return false;
	for (; *s != '\0'; s++) {
		n = n * 10 + (size_t)(*s - '0');
		if (n > REQUEST_MAX_JSON)
			break; /* large enough to be refused */
	}
	*out = n;
	return true;
}

static enum rg_err
read_body(
    struct request *q, const struct vars *v, request_read_fn *fn, void *ctx)
{
	bool json = is_type(var(v, VAR_TYPE), "application/json") &&
		    strstr(q->path, "/api/") != NULL;
	struct buf body =
	    BUF_LIMITED(json ? REQUEST_MAX_JSON : REQUEST_MAX_BODY);
	enum rg_err r = RG_E_INTERNAL;
	char chunk[4096];
	size_t told = 0;
	bool is_told;
	long n;

	is_told = parse_length(var(v, VAR_LENGTH), &told);
	if (told > body.limit) {
		r = RG_E_REQ_TOO_LARGE;
		goto out;
	}
	while ((n = fn(ctx, chunk, sizeof(chunk))) > 0) {
		buf_put(&body, chunk, (size_t)n);
		if (!buf_ok(&body)) {
			r = RG_E_REQ_TOO_LARGE;
			goto out;
		}
	}
	if (n < 0 || (is_told && body.len < told)) {
		r = RG_E_REQ_MALFORMED;
		goto out;
	}
	if (json) {
		q->json = body;
		body = (struct buf)BUF_INIT;
		r = RG_OK;
		goto out;
	}
	if (body.len > 0 && (q->method != METHOD_POST ||
				!is_type(var(v, VAR_TYPE),
				    "application/x-www-form-urlencoded"))) {
		r = RG_E_REQ_TYPE;
		goto out;
	}
	r = set_form(&q->body, buf_str(&body), body.len);
out:
	explicit_bzero(chunk, sizeof(chunk));
	buf_clear(&body);
	return r;
}

static enum rg_err
read_rest(struct request *q, char *const *params, const struct vars *v,
    request_read_fn *fn, void *ctx)
{
	enum rg_err r;

	if (v->twice != NULL) {
		log_warn("request.duplicate", "variable=%s", v->twice);
		return RG_E_REQ_DUPLICATE;
	}
	if ((r = read_headers(q, v)) != RG_OK ||
	    (r = read_query(q, v)) != RG_OK ||
	    (r = request_cookies_read(q, params)) != RG_OK)
		return r;
	if (q->role == ROLE_RESPONDER &&
	    (q->method == METHOD_POST || q->method == METHOD_PUT ||
		q->method == METHOD_PATCH))
		return read_body(q, v, fn, ctx);
	return RG_OK;
}

/*
 * Some ids at a time: each would be a system call. They are no secret, and a
 * process that serves requests does not fork, so that no other has the rest.
 */
static void
make_id(char out[static REQUEST_ID_LEN + 1])
{
	static char ids[16 * REQUEST_ID_LEN + 1];
	static size_t left;

	if (left == 0)
		random_name(ids, left = sizeof(ids) - 1);
	left -= REQUEST_ID_LEN;
	memcpy(out, ids + left, REQUEST_ID_LEN);
	out[REQUEST_ID_LEN] = '\0';
}

enum rg_err
request_read(char *const *params, enum fcgi_role role, request_read_fn *fn,
    void *ctx, struct request **out)
{
	enum rg_err r;
	struct request *q = NULL;
	struct vars v;

	*out = NULL;
	if ((q = calloc(1, sizeof(*q))) == NULL)
		return RG_E_NOMEM;
	make_id(q->id);
	q->role = role;
	collect(q, params, &v);
	q->method = method_of(var(&v, VAR_METHOD));
	r = read_path(q, &v);
	if (r == RG_E_NOMEM || read_client(q, &v) != RG_OK ||
	    read_asked(q, &v) != RG_OK ||
	    form_parse("", 0, &q->query) != RG_OK ||
	    form_parse("", 0, &q->body) != RG_OK) {
		request_free(&q);
		return RG_E_NOMEM;
	}
	if (r == RG_OK)
		r = read_rest(q, params, &v, fn, ctx);
	*out = q;
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
request_free(struct request **out)
{
	struct request *q = *out;

	if (q == NULL)
		return;
	free(q->path);
	free(q->client);
	free(q->uri);
	free(q->require);
	free(q->origin);
	free(q->if_match);
	buf_clear(&q->json);
	free(q->resource);
	wipe(&q->authorization);
	request_cookies_free(q);
	form_free(&q->query);
	form_free(&q->body);
	free(q);
	*out = NULL;
}
