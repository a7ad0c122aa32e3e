/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "cgi/request.h"

#define MAX_PARAMS 300

/* A request under construction. */
static struct {
	char *params[MAX_PARAMS + 1];
	size_t count;
	const char *body;
	size_t body_len;
	size_t body_at;
	bool body_breaks;
	int reads;
} in;

static struct request *q;

static int
setup(void **state)
{
	(void)state;
	memset(&in, 0, sizeof(in));
	log_set_level(LOG_ERROR);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	while (in.count > 0) {
		free(in.params[--in.count]);
		in.params[in.count] = NULL;
	}
	request_free(&q);
	return 0;
}

static void
add(const char *name, const char *value)
{
	size_t n = strlen(name) + strlen(value) + 2;
	char *p = malloc(n);

	assert_non_null(p);
	assert_true(in.count < MAX_PARAMS);
	(void)snprintf(p, n, "%s=%s", name, value);
	in.params[in.count++] = p;
}

/* `n` times `c` as the value. */
static void
add_long(const char *name, char c, size_t n)
{
	char *value = malloc(n + 1);

	memset(value, c, n);
	value[n] = '\0';
	add(name, value);
	free(value);
}

static long
read_body(void *ctx, char *out, size_t size)
{
	size_t n = in.body_len - in.body_at;

	(void)ctx;
	in.reads++;
	if (n == 0)
		return in.body_breaks ? -1 : 0;
	n = n < size ? n : size;
	memcpy(out, in.body + in.body_at, n);
	in.body_at += n;
	return (long)n;
}

static enum rg_err
parse_as(enum fcgi_role role)
{
	request_free(&q);
	in.body_at = 0;
	return request_read(in.params, role, read_body, NULL, &q);
}

static enum rg_err
parse(void)
{
	return parse_as(ROLE_RESPONDER);
}

static void
get(const char *path)
{
	add("REQUEST_METHOD", "GET");
	add("SCRIPT_NAME", path);
}

static void
post(const char *body)
{
	add("REQUEST_METHOD", "POST");
	add("SCRIPT_NAME", "/callback");
	in.body = body;
	in.body_len = strlen(body);
}

static void
test_get(void **state)
{
	const char *value;

	(void)state;
	get("/auth");
	add("PATH_INFO", "/whoami");
	add("QUERY_STRING", "role=admin&permission=a%2Eb");
	add("REMOTE_ADDR", "192.0.2.7");
	add("ROLEGATE_REQUIRE", "role:admin");
	add("HTTP_AUTHORIZATION", "Bearer abc");
	assert_int_equal(parse(), RG_OK);
	assert_int_equal(q->method, METHOD_GET);
	assert_string_equal(q->path, "/auth/whoami");
	assert_string_equal(q->client, "192.0.2.7");
	assert_string_equal(q->require, "role:admin");
	assert_string_equal(q->authorization, "Bearer abc");
	assert_int_equal(form_get(q->query, "permission", &value), RG_OK);
	assert_string_equal(value, "a.b");
	assert_false(q->wants_html);
	assert_false(q->cross_site);
	assert_int_equal(strlen(q->id), REQUEST_ID_LEN);
	assert_int_equal(in.reads, 0);
}

/* More of them than are made at once. */
static void
test_ids_differ(void **state)
{
	static char ids[100][REQUEST_ID_LEN + 1];
	size_t i, k;

	(void)state;
	get("/");
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		assert_int_equal(parse(), RG_OK);
		memcpy(ids[i], q->id, sizeof(ids[i]));
		assert_int_equal(strlen(ids[i]), REQUEST_ID_LEN);
		assert_int_equal(
		    strspn(ids[i], "0123456789abcdefghjkmnpqrstvwxyz"),
		    REQUEST_ID_LEN);
		for (k = 0; k < i; k++)
			assert_string_not_equal(ids[i], ids[k]);
	}
}

static void
test_methods(void **state)
{
	static const struct {
		const char *name;
		enum method method;
	} table[] = {{"GET", METHOD_GET}, {"HEAD", METHOD_HEAD},
	    {"POST", METHOD_POST}, {"PUT", METHOD_PUT}, {"PATCH", METHOD_PATCH},
	    {"DELETE", METHOD_DELETE}, {"get", METHOD_OTHER},
	    {"delete", METHOD_OTHER}, {"TRACE", METHOD_OTHER},
	    {"GET ", METHOD_OTHER}, {"", METHOD_OTHER}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		add("REQUEST_METHOD", table[i].name);
		add("SCRIPT_NAME", "/");
		assert_int_equal(parse(), RG_OK);
		assert_int_equal(q->method, table[i].method);
		(void)teardown(NULL);
	}
}

static void
test_no_variables_at_all(void **state)
{
	(void)state;
	assert_int_equal(parse(), RG_E_REQ_MALFORMED);
	assert_non_null(q);
	assert_string_equal(q->path, "");
	assert_int_equal(strlen(q->id), REQUEST_ID_LEN);
	assert_int_equal(parse_as(ROLE_AUTHORIZER), RG_OK);
	assert_string_equal(q->path, "");
}

static void
test_bad_paths(void **state)
{
	static const char *const paths[] = {
	    "whoami", "", "/a\nb", "/a\x7f", "/\x01", "/a\r\nSet-Cookie: x"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		get(paths[i]);
		assert_int_equal(parse(), RG_E_REQ_MALFORMED);
		assert_string_equal(q->path, "");
		(void)teardown(NULL);
	}
}

static void
test_path_limit(void **state)
{
	(void)state;
	get("/");
	add_long("PATH_INFO", 'a', 1023);
	assert_int_equal(parse(), RG_OK);
	(void)teardown(NULL);
	get("/");
	add_long("PATH_INFO", 'a', 1024);
	assert_int_equal(parse(), RG_E_REQ_TOO_LARGE);
}

/* The name that a server sends must not be a guess between two. */
static void
test_duplicate_variables(void **state)
{
	static const char *const names[] = {"REQUEST_METHOD", "SCRIPT_NAME",
	    "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH",
	    "REMOTE_ADDR", "HTTP_AUTHORIZATION"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], "REQUEST_METHOD") != 0)
			add("REQUEST_METHOD", "GET");
		if (strcmp(names[i], "SCRIPT_NAME") != 0)
			add("SCRIPT_NAME", "/");
		add(names[i], i < 2 ? "/" : "");
		add(names[i], i < 2 ? "/" : "");
		assert_int_equal(parse(), RG_E_REQ_DUPLICATE);
		assert_null(q->authorization);
		(void)teardown(NULL);
	}
}

/* Apache renames it at each internal redirect; it must hold all the same. */
static void
test_require_through_redirects(void **state)
{
	static const char *const names[] = {"ROLEGATE_REQUIRE",
	    "REDIRECT_ROLEGATE_REQUIRE", "REDIRECT_REDIRECT_ROLEGATE_REQUIRE",
	    "REDIRECT_REDIRECT_REDIRECT_REDIRECT_ROLEGATE_REQUIRE"};
	size_t i, k;

	(void)state;
	for (i = 0; i < 4; i++) {
		get("/whoami");
		add(names[i], "role:admin");
		assert_int_equal(parse(), RG_OK);
		assert_string_equal(q->require, "role:admin");
		(void)teardown(NULL);
		for (k = 0; k < 4; k++) {
			get("/whoami");
			add(names[i], "role:admin");
			add(names[k], "role:admin");
			assert_int_equal(parse(), RG_OK);
			assert_string_equal(q->require, "role:admin");
			/* Which of two holds must not be a guess. */
			add(names[k], "role:user");
			assert_int_equal(parse(), RG_E_REQ_DUPLICATE);
			(void)teardown(NULL);
		}
	}
	/* An empty one is a value, too. */
	get("/whoami");
	add("ROLEGATE_REQUIRE", "");
	add("REDIRECT_ROLEGATE_REQUIRE", "role:admin");
	assert_int_equal(parse(), RG_E_REQ_DUPLICATE);
}

/* What a client sends as a header gets HTTP_ in front: another name. */
static void
test_client_cannot_require(void **state)
{
	(void)state;
	get("/whoami");
	add("HTTP_ROLEGATE_REQUIRE", "role:nobody");
	add("HTTP_REDIRECT_ROLEGATE_REQUIRE", "role:nobody");
	add("REDIRECT_HTTP_ROLEGATE_REQUIRE", "role:nobody");
	add("REDIRECTROLEGATE_REQUIRE", "role:nobody");
	add("ROLEGATE_REQUIRE_X", "role:nobody");
	add("HTTP_REMOTE_ADDR", "10.0.0.1");
	add("REDIRECT_REMOTE_ADDR", "10.0.0.1");
	add("HTTP_X_FORWARDED_FOR", "10.0.0.1");
	add("REMOTE_USER", "root");
	assert_int_equal(parse(), RG_OK);
	assert_null(q->require);
	assert_string_equal(q->client, "");
}

static void
test_client_address(void **state)
{
	static const struct {
		const char *sent;
		const char *seen;
	} table[] = {{"2001:db8::1", "2001:db8::1"},
	    {"::ffff:192.0.2.1", "::ffff:192.0.2.1"}, {"192.0.2.999", ""},
	    {"unix:", ""}, {"1.2.3.4\n", ""}, {"", ""}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		get("/");
		add("REMOTE_ADDR", table[i].sent);
		assert_int_equal(parse(), RG_OK);
		assert_string_equal(q->client, table[i].seen);
		(void)teardown(NULL);
	}
}

static void
test_query_limit(void **state)
{
	(void)state;
	get("/");
	add_long("QUERY_STRING", 'a', REQUEST_MAX_QUERY);
	assert_int_equal(parse(), RG_OK);
	(void)teardown(NULL);
	get("/");
	add_long("QUERY_STRING", 'a', REQUEST_MAX_QUERY + 1);
	assert_int_equal(parse(), RG_E_REQ_TOO_LARGE);
	(void)teardown(NULL);
	get("/");
	add("QUERY_STRING", "a=%zz");
	assert_int_equal(parse(), RG_E_REQ_MALFORMED);
	assert_null(form_nth(q->query, "a", 0));
}

/* That query and body belong to the page that is asked for. */
static void
test_authorizer_leaves_page_alone(void **state)
{
	(void)state;
	post("x");
	add("QUERY_STRING", "a=%zz&b=\x01");
	add("HTTP_COOKIE", "rolegate=abc");
	assert_int_equal(parse_as(ROLE_AUTHORIZER), RG_OK);
	assert_int_equal(in.reads, 0);
	assert_string_equal(request_cookie(q, "rolegate", 0), "abc");
	assert_null(form_nth(q->query, "a", 0));
}

/* What decides nothing is kept only to lead somebody back. */
static void
test_authorizer_uri(void **state)
{
	(void)state;
	add("REQUEST_URI", "/reports/?a=b");
	add("REQUEST_URI", "/other");
	assert_int_equal(parse_as(ROLE_AUTHORIZER), RG_OK);
	assert_string_equal(q->uri, "/reports/?a=b");
	add("SCRIPT_NAME", "/whoami");
	assert_int_equal(parse(), RG_OK);
	assert_string_equal(q->uri, "");
}

static void
test_authorizer_uri_elsewhere(void **state)
{
	(void)state;
	add("REQUEST_URI", "//evil.example");
	assert_int_equal(parse_as(ROLE_AUTHORIZER), RG_OK);
	assert_string_equal(q->uri, "");
}

static void
test_authorizer_uri_limit(void **state)
{
	(void)state;
	add_long("REQUEST_URI", '/', REQUEST_MAX_URI + 1);
	assert_int_equal(parse_as(ROLE_AUTHORIZER), RG_OK);
	assert_string_equal(q->uri, "");
}

/* Only the server can say that it has refused a page, and which. */
static void
test_refused_with(void **state)
{
	static const struct {
		const char *name, *value;
		int expected;
	} table[] = {{"REDIRECT_STATUS", "401", 401},
	    {"REDIRECT_STATUS", "403", 403}, {"REDIRECT_STATUS", "200", 0},
	    {"REDIRECT_STATUS", "4031", 0}, {"REDIRECT_STATUS", "", 0},
	    {"REDIRECT_REDIRECT_STATUS", "403", 0},
	    {"HTTP_REDIRECT_STATUS", "403", 0}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		get("/refused");
		add("REQUEST_URI", "/reports/?a=b&c");
		add(table[i].name, table[i].value);
		assert_int_equal(parse(), RG_OK);
		assert_int_equal(q->refused_with, table[i].expected);
		assert_string_equal(
		    q->uri, table[i].expected == 0 ? "" : "/reports/?a=b&c");
		assert_int_equal(parse_as(ROLE_AUTHORIZER), RG_OK);
		assert_int_equal(q->refused_with, 0);
		(void)teardown(NULL);
	}
	get("/refused");
	add("REDIRECT_STATUS", "403");
	add("REQUEST_URI", "//evil.example");
	assert_int_equal(parse(), RG_OK);
	assert_string_equal(q->uri, "");
	add("REDIRECT_STATUS", "200");
	assert_int_equal(parse(), RG_E_REQ_DUPLICATE);
}

/* Both variables, in an authorizer only, and each only once. */
static void
test_require_env(void **state)
{
	(void)state;
	add("HTTP_ROLEGATE_CHECKER", "require-env");
	add("FCGI_APACHE_ROLE", "ACCESS_CHECKER");
	assert_int_equal(parse_as(ROLE_AUTHORIZER), RG_OK);
	assert_false(q->require_env);
	add("ROLEGATE_CHECKER", "require-env");
	assert_int_equal(parse_as(ROLE_AUTHORIZER), RG_OK);
	assert_true(q->require_env);
	add("SCRIPT_NAME", "/whoami");
	assert_int_equal(parse(), RG_OK);
	assert_false(q->require_env);
	add("ROLEGATE_CHECKER", "require-env");
	assert_int_equal(parse_as(ROLE_AUTHORIZER), RG_E_REQ_DUPLICATE);
}

static void
test_authorization_limit(void **state)
{
	(void)state;
	get("/");
	add_long("HTTP_AUTHORIZATION", 'a', REQUEST_MAX_AUTH);
	assert_int_equal(parse(), RG_OK);
	(void)teardown(NULL);
	get("/");
	add_long("HTTP_AUTHORIZATION", 'a', REQUEST_MAX_AUTH + 1);
	assert_int_equal(parse(), RG_E_REQ_TOO_LARGE);
	assert_null(q->authorization);
	(void)teardown(NULL);
	get("/");
	add("HTTP_AUTHORIZATION", "Bearer a\nb");
	assert_int_equal(parse(), RG_E_REQ_MALFORMED);
	(void)teardown(NULL);
	get("/");
	add_long("ROLEGATE_REQUIRE", 'a', 1025);
	assert_int_equal(parse(), RG_E_REQ_MALFORMED);
}

static void
test_wants_html(void **state)
{
	static const struct {
		const char *accept;
		bool html;
	} table[] = {{"text/html", true}, {"TEXT/HTML;q=0.5", true},
	    {"text/html,application/xhtml+xml,*/*;q=0.8", true},
	    {"application/json, text/html ;q=1", true}, {"*/*", false},
	    {"application/json", false}, {"text/*", false}, {"", false},
	    {"text/html;q=0", false}, {"text/html; q=0.000, a/b", false},
	    {"text/htmlx", false}, {"application/text/html", false},
	    {"text/html;level=1;q=0", false}, {"text/html;level=1", true},
	    {"text/html;q=0.001", true}, {"a/b;q=0,text/html", true},
	    {", ,", false}, {"text/html;", true}, {"text/html;q", true}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		get("/");
		add("HTTP_ACCEPT", table[i].accept);
		assert_int_equal(parse(), RG_OK);
		if (q->wants_html != table[i].html)
			fail_msg("Accept: %s", table[i].accept);
		(void)teardown(NULL);
	}
	/* Two Accept headers are legal, and an error page still is a page. */
	get("nonsense");
	add("HTTP_ACCEPT", "a/b");
	add("HTTP_ACCEPT", "text/html");
	assert_int_equal(parse(), RG_E_REQ_MALFORMED);
	assert_true(q->wants_html);
}

static void
test_cross_site(void **state)
{
	static const struct {
		const char *site;
		bool cross;
	} table[] = {{"cross-site", true}, {"same-origin", false},
	    {"same-site", true}, {"none", false}};
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		get("/logout");
		add("HTTP_SEC_FETCH_SITE", table[i].site);
		assert_int_equal(parse(), RG_OK);
		assert_int_equal(q->cross_site, table[i].cross);
		(void)teardown(NULL);
	}
}

static void
test_embedded(void **state)
{
	static const struct {
		const char *mode;
		bool embedded;
	} table[] = {{"navigate", false}, {"no-cors", true}, {"cors", true},
	    {"same-origin", true}, {"websocket", true}, {"", true}};
	size_t i;

	(void)state;
	get("/login"); /* a browser that does not tell */
	assert_int_equal(parse(), RG_OK);
	assert_false(q->embedded);
	(void)teardown(NULL);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		get("/login");
		add("HTTP_SEC_FETCH_MODE", table[i].mode);
		assert_int_equal(parse(), RG_OK);
		assert_int_equal(q->embedded, table[i].embedded);
		(void)teardown(NULL);
	}
}

static void
test_cookies(void **state)
{
	(void)state;
	get("/");
	add("HTTP_COOKIE", "rolegate=1; rolegateb=2;rolegate-c=3 ; =x; "
			   "rolegate; rolegated=; rolegate b=9; "
			   "rolegate-e=\"q\"");
	add("HTTP_COOKIE", "rolegate=4;\trolegateb = 5 ;__Host-rolegate=h");
	assert_int_equal(parse(), RG_OK);
	assert_string_equal(request_cookie(q, "rolegate", 0), "1");
	assert_string_equal(request_cookie(q, "rolegate", 1), "4");
	assert_null(request_cookie(q, "rolegate", 2));
	assert_string_equal(request_cookie(q, "rolegateb", 0), "2");
	assert_string_equal(request_cookie(q, "rolegateb", 1), "5");
	assert_string_equal(request_cookie(q, "rolegate-c", 0), "3");
	assert_string_equal(request_cookie(q, "rolegated", 0), "");
	assert_string_equal(request_cookie(q, "rolegate-e", 0), "\"q\"");
	assert_string_equal(request_cookie(q, "__Host-rolegate", 0), "h");
	assert_null(request_cookie(q, "", 0));
	assert_null(request_cookie(q, "rolegate b", 0));
	assert_null(request_cookie(q, "Rolegate", 0));
}

static void
test_cookies_of_others(void **state)
{
	(void)state;
	get("/");
	add("HTTP_COOKIE", "a=1; __Host-a=2; Rolegate=3; xrolegate=4; role=5; "
			   "__host-rolegate=6; __Secure-rolegate=7; rolegate");
	assert_int_equal(parse(), RG_OK);
	assert_int_equal(q->cookie_count, 0);
}

/*
 * A sibling host may set a cookie for the whole domain whose value holds a
 * comma. It must not be able to make one of ours with it.
 */
static void
test_no_cookie_inside_a_value(void **state)
{
	(void)state;
	get("/");
	add("HTTP_COOKIE", "rolegatex=1, __Host-rolegate=planted, y=2");
	add("HTTP_COOKIE", "rolegatez=\"; __Host-rolegates=1; \"");
	assert_int_equal(parse(), RG_OK);
	assert_null(request_cookie(q, "__Host-rolegate", 0));
	assert_string_equal(request_cookie(q, "rolegatex", 0),
	    "1, __Host-rolegate=planted, y=2");
	assert_string_equal(request_cookie(q, "rolegatez", 0), "\"");
}

static void
test_cookie_size_limit(void **state)
{
	char *value = malloc(REQUEST_MAX_COOKIES + 2);

	(void)state;
	memset(value, 'v', REQUEST_MAX_COOKIES + 1);
	memcpy(value, "rolegate=", 9);
	value[REQUEST_MAX_COOKIES] = '\0';
	get("/");
	add("HTTP_COOKIE", value);
	assert_int_equal(parse(), RG_OK);
	assert_int_equal(
	    strlen(request_cookie(q, "rolegate", 0)), REQUEST_MAX_COOKIES - 9);
	(void)teardown(NULL);
	value[REQUEST_MAX_COOKIES] = 'v';
	value[REQUEST_MAX_COOKIES + 1] = '\0';
	get("/");
	add("HTTP_COOKIE", value);
	assert_int_equal(parse(), RG_E_REQ_TOO_LARGE);
	assert_int_equal(q->cookie_count, 0);
	(void)teardown(NULL);
	/* The limit is that of all headers together. */
	value[REQUEST_MAX_COOKIES / 2 + 1] = '\0';
	get("/");
	add("HTTP_COOKIE", value);
	add("HTTP_COOKIE", value);
	assert_int_equal(parse(), RG_E_REQ_TOO_LARGE);
	free(value);
}

/* A header of `count` times `text`, and then `last`. */
static char *
repeat(const char *text, size_t count, const char *last)
{
	struct buf b = BUF_INIT;

	while (count-- > 0)
		buf_puts(&b, text);
	buf_puts(&b, last);
	return buf_steal(&b);
}

/*
 * Another host of the domain can make a browser send as many cookies as it
 * holds. They must not keep anybody out.
 */
static void
test_many_cookies_of_others(void **state)
{
	static const char *const texts[] = {
	    "a=1;", "x=__Host-rolegate=1;", "rolegate=1;", "rolegate-tx-1=1;"};
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		text = repeat(texts[i], 3000, "__Host-rolegate=mine");
		get("/");
		add("HTTP_COOKIE", text);
		free(text);
		assert_int_equal(parse(), RG_OK);
		assert_string_equal(
		    request_cookie(q, "__Host-rolegate", 0), "mine");
		assert_null(request_cookie(q, "__Host-rolegate", 1));
		(void)teardown(NULL);
	}
}

/* Where ours have no __Host-, too many are taken for none, not for some. */
static void
test_many_plain_cookies(void **state)
{
	const size_t most = REQUEST_MAX_COOKIE_COUNT / 2;
	char *text = repeat("rolegate=1;", most, "");

	(void)state;
	get("/");
	add("HTTP_COOKIE", text);
	free(text);
	assert_int_equal(parse(), RG_OK);
	assert_int_equal(q->cookie_count, most);
	add("HTTP_COOKIE", "__Host-rolegate=1");
	add("HTTP_COOKIE", "rolegate=2");
	assert_int_equal(parse(), RG_OK);
	assert_null(request_cookie(q, "rolegate", 0));
	assert_int_equal(q->cookie_count, 1);
}

static void
test_cookie_count_limit(void **state)
{
	const size_t most = REQUEST_MAX_COOKIE_COUNT / 2;
	char *text = repeat("__Host-rolegate=1;", most, "");

	(void)state;
	get("/");
	add("HTTP_COOKIE", text);
	free(text);
	assert_int_equal(parse(), RG_OK);
	assert_int_equal(q->cookie_count, most);
	text = repeat("rolegate=1;", most, "");
	add("HTTP_COOKIE", text);
	free(text);
	assert_int_equal(parse(), RG_OK);
	assert_int_equal(q->cookie_count, REQUEST_MAX_COOKIE_COUNT);
	add("HTTP_COOKIE", "__Host-rolegate2=1");
	assert_int_equal(parse(), RG_E_REQ_TOO_LARGE);
	assert_null(request_cookie(q, "__Host-rolegate", 0));
}

#define FORM "application/x-www-form-urlencoded"

static void
test_body(void **state)
{
	static const char *const types[] = {
	    FORM, FORM "; charset=UTF-8", "Application/X-WWW-Form-Urlencoded"};
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		post("state=s&code=c%20d");
		add("CONTENT_TYPE", types[i]);
		add("CONTENT_LENGTH", "18");
		assert_int_equal(parse(), RG_OK);
		assert_string_equal(form_nth(q->body, "state", 0), "s");
		assert_string_equal(form_nth(q->body, "code", 0), "c d");
		(void)teardown(NULL);
	}
	/* Chunked: nobody knows the length. */
	post("state=s");
	add("CONTENT_TYPE", FORM);
	add("CONTENT_LENGTH", "");
	assert_int_equal(parse(), RG_OK);
	assert_string_equal(form_nth(q->body, "state", 0), "s");
}

static void
test_body_type(void **state)
{
	static const char *const types[] = {"multipart/form-data; boundary=a",
	    "application/json", "text/plain", "", FORM "x"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		post("state=s");
		add("CONTENT_TYPE", types[i]);
		assert_int_equal(parse(), RG_E_REQ_TYPE);
		assert_null(form_nth(q->body, "state", 0));
		(void)teardown(NULL);
	}
	/* Without a body there is nothing to be of a type. */
	post("");
	add("CONTENT_TYPE", "text/plain");
	assert_int_equal(parse(), RG_OK);
}

static void
test_body_limit(void **state)
{
	char *body = malloc(REQUEST_MAX_BODY + 2);

	(void)state;
	memset(body, 'a', REQUEST_MAX_BODY + 1);
	body[REQUEST_MAX_BODY] = '\0';
	post(body);
	add("CONTENT_TYPE", FORM);
	add("CONTENT_LENGTH", "65536");
	assert_int_equal(parse(), RG_OK);
	(void)teardown(NULL);
	(void)setup(NULL);
	body[REQUEST_MAX_BODY] = 'a';
	body[REQUEST_MAX_BODY + 1] = '\0';
	post(body);
	add("CONTENT_TYPE", FORM);
	assert_int_equal(parse(), RG_E_REQ_TOO_LARGE);
	(void)teardown(NULL);
	(void)setup(NULL);
	/* Announced: refused before the first byte is read. */
	post("a=1");
	add("CONTENT_TYPE", FORM);
	add("CONTENT_LENGTH", "65537");
	assert_int_equal(parse(), RG_E_REQ_TOO_LARGE);
	assert_int_equal(in.reads, 0);
	(void)teardown(NULL);
	post("a=1");
	add("CONTENT_LENGTH", "99999999999999999999999999");
	assert_int_equal(parse(), RG_E_REQ_TOO_LARGE);
	free(body);
}

/* Half a form is not the form. */
static void
test_cut_body(void **state)
{
	(void)state;
	post("a=1&b=");
	add("CONTENT_TYPE", FORM);
	add("CONTENT_LENGTH", "7");
	assert_int_equal(parse(), RG_E_REQ_MALFORMED);
	assert_null(form_nth(q->body, "a", 0));
	(void)teardown(NULL);
	post("a=1");
	in.body_breaks = true;
	add("CONTENT_TYPE", FORM);
	assert_int_equal(parse(), RG_E_REQ_MALFORMED);
	assert_null(form_nth(q->body, "a", 0));
}

static void
test_body_of_get_is_ignored(void **state)
{
	(void)state;
	get("/callback");
	add("CONTENT_LENGTH", "3");
	in.body = "a=1";
	in.body_len = 3;
	assert_int_equal(parse(), RG_OK);
	assert_null(form_nth(q->body, "a", 0));
	assert_int_equal(in.reads, 0);
}

static void
json(const char *method, const char *path, const char *body)
{
	add("REQUEST_METHOD", method);
	add("SCRIPT_NAME", path);
	add("CONTENT_TYPE", "application/json; charset=utf-8");
	in.body = body;
	in.body_len = strlen(body);
}

/* Kept as it was sent: it is not looked into before it is known who sends. */
static void
test_json_body(void **state)
{
	static const char *const methods[] = {"POST", "PUT", "PATCH"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		json(methods[i], "/auth/api/roles", "{\"a\":");
		assert_int_equal(parse(), RG_OK);
		assert_string_equal(buf_str(&q->json), "{\"a\":");
		(void)teardown(NULL);
	}
	json("DELETE", "/auth/api/roles", "{}");
	assert_int_equal(parse(), RG_OK);
	assert_int_equal(q->json.len, 0);
	(void)teardown(NULL);
	/* Nowhere else, and no form in its place. */
	json("POST", "/auth/callback", "{}");
	assert_int_equal(parse(), RG_E_REQ_TYPE);
	(void)teardown(NULL);
	add("REQUEST_METHOD", "PUT");
	add("SCRIPT_NAME", "/auth/api/roles");
	add("CONTENT_TYPE", FORM);
	in.body = "a=1";
	in.body_len = 3;
	assert_int_equal(parse(), RG_E_REQ_TYPE);
}

static void
test_json_body_limit(void **state)
{
	char *body = malloc(REQUEST_MAX_JSON + 2);

	(void)state;
	memset(body, ' ', REQUEST_MAX_JSON + 1);
	body[REQUEST_MAX_JSON] = '\0';
	json("POST", "/api/x", body);
	assert_int_equal(parse(), RG_OK);
	assert_int_equal(q->json.len, REQUEST_MAX_JSON);
	(void)teardown(NULL);
	body[REQUEST_MAX_JSON] = ' ';
	body[REQUEST_MAX_JSON + 1] = '\0';
	json("POST", "/api/x", body);
	assert_int_equal(parse(), RG_E_REQ_TOO_LARGE);
	assert_int_equal(q->json.len, 0);
	(void)teardown(NULL);
	(void)setup(NULL);
	json("POST", "/api/x", "{}");
	add("CONTENT_LENGTH", "1048577");
	assert_int_equal(parse(), RG_E_REQ_TOO_LARGE);
	assert_int_equal(in.reads, 0);
	free(body);
}

/* What a page of another site can't send. */
static void
test_csrf_headers(void **state)
{
	(void)state;
	get("/");
	assert_int_equal(parse(), RG_OK);
	assert_false(q->csrf_header || q->same_origin || q->tells_site);
	assert_null(q->origin);
	assert_null(q->if_match);
	add("HTTP_X_ROLEGATE_CSRF", "1");
	add("HTTP_SEC_FETCH_SITE", "same-origin");
	add("HTTP_ORIGIN", "https://app.example.com");
	add("HTTP_IF_MATCH", "\"abc\"");
	assert_int_equal(parse(), RG_OK);
	assert_true(q->csrf_header && q->same_origin && q->tells_site);
	assert_string_equal(q->origin, "https://app.example.com");
	assert_string_equal(q->if_match, "\"abc\"");
	(void)teardown(NULL);
	get("/");
	add("HTTP_X_ROLEGATE_CSRF", "yes");
	add("HTTP_SEC_FETCH_SITE", "none");
	assert_int_equal(parse(), RG_OK);
	assert_true(q->tells_site);
	assert_false(q->csrf_header || q->same_origin || q->cross_site);
	(void)teardown(NULL);
	get("/");
	add_long("HTTP_IF_MATCH", 'a', REQUEST_MAX_CONDITION + 1);
	assert_int_equal(parse(), RG_E_REQ_TOO_LARGE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_get),
	    T(test_ids_differ),
	    T(test_methods),
	    T(test_no_variables_at_all),
	    T(test_bad_paths),
	    T(test_path_limit),
	    T(test_duplicate_variables),
	    T(test_require_through_redirects),
	    T(test_client_cannot_require),
	    T(test_client_address),
	    T(test_query_limit),
	    T(test_authorizer_leaves_page_alone),
	    T(test_authorizer_uri),
	    T(test_authorizer_uri_elsewhere),
	    T(test_authorizer_uri_limit),
	    T(test_refused_with),
	    T(test_require_env),
	    T(test_authorization_limit),
	    T(test_wants_html),
	    T(test_cross_site),
	    T(test_embedded),
	    T(test_cookies),
	    T(test_cookies_of_others),
	    T(test_no_cookie_inside_a_value),
	    T(test_cookie_size_limit),
	    T(test_cookie_count_limit),
	    T(test_many_cookies_of_others),
	    T(test_many_plain_cookies),
	    T(test_body),
	    T(test_body_type),
	    T(test_body_limit),
	    T(test_cut_body),
	    T(test_body_of_get_is_ignored),
	    T(test_json_body),
	    T(test_json_body_limit),
	    T(test_csrf_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
