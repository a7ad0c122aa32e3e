/* SPDX-License-Identifier: ISC */
#include "contextforge/api.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/url.h"
#include "net/fetch.h"

#define ANSWER_MAX ((size_t)1 << 20)
#define PAUSE_MS 200 /* doubled with each attempt */
#define PAUSE_MAX_MS 5000

struct cf_api {
	const struct cf_config *config;
	struct fetch *fetch;
	int attempts;
	int64_t deadline_ms;
	bool repeated;
};

const char *
cf_scope_name(enum cf_scope scope)
{
	switch (scope) {
	case CF_TEAM:
		return "team";
	case CF_PERSONAL:
		return "personal";
	case CF_GLOBAL:
	default:
		return "global";
	}
}

struct cf_api *
cf_api_new(const struct cf_config *config)
{
	struct cf_api *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->config = config;
	a->attempts = 1;
	if ((a->fetch = fetch_new()) == NULL)
		cf_api_free(&a);
	return a;
}

void
cf_api_free(struct cf_api **a)
{
	if (*a == NULL)
		return;
	fetch_free(&(*a)->fetch);
	free(*a);
	*a = NULL;
}

void
cf_api_limits(struct cf_api *a, int attempts, int64_t deadline_ms)
{
	a->attempts = attempts;
	a->deadline_ms = deadline_ms;
}

bool
cf_api_repeated(const struct cf_api *a)
{
	return a->repeated;
}

static bool
may_pass(enum rg_err r, long status)
{
	if (r == RG_OK)
		return status == 429 || status >= 500;
	return r == RG_E_NET_CONNECT || r == RG_E_NET_TIMEOUT || r == RG_E_NET;
}

/* Waits before the next attempt; false when there is no time for one. */
static bool
pause_before(const struct cf_api *a, int attempt, int64_t asked_for)
{
	int64_t ms = (int64_t)PAUSE_MS << (attempt > 8 ? 8 : attempt);

	if (asked_for > ms)
		ms = asked_for;
	if (ms > PAUSE_MAX_MS)
		ms = PAUSE_MAX_MS;
	if (a->deadline_ms != 0 && clock_mono_ms() + ms >= a->deadline_ms)
		return false;
	(void)poll(NULL, 0, (int)ms);
	return true;
}

/* One call with its repetitions: RG_OK for every complete answer. */
static enum rg_err
call(struct cf_api *a, const char *method, const char *url, const char *json,
    struct fetch_response *res, struct err *e)
{
	enum rg_err r;
	struct fetch_request q = {.url = url,
	    .use_delete = strcmp(method, "DELETE") == 0,
	    .json = json,
	    .bearer = a->config->token,
	    .ca_file = a->config->ca_file,
	    .max_bytes = ANSWER_MAX,
	    .timeout_ms = a->config->timeout_ms,
	    .deadline_ms = a->deadline_ms,
	    .allow_loopback_http = a->config->allow_loopback_http};
	int i;

	for (i = 0;; i++) {
		a->repeated = i > 0;
		r = fetch(a->fetch, &q, res, e);
		if (!may_pass(r, res->status) || i + 1 >= a->attempts ||
		    !pause_before(a, i, res->retry_after_ms))
			return r;
		fetch_response_clear(res);
	}
}

/* The verdict of a status that is not success. */
static enum rg_err
refused(const struct cf_api *a, const char *what, long status, struct err *e)
{
	enum rg_err r = RG_E_CF_REFUSED;

	if (status == 401 || status == 403)
		r = RG_E_CF_AUTH;
	else if (status == 429 || status >= 500)
		r = RG_E_CF_UNAVAILABLE;
	else if (status < 400)
		r = RG_E_CF_ANSWER;
	return err_set(e, r, "%s: %s: HTTP %ld", a->config->url, what, status);
}

/* "<url>/v1/<path>" with the address in it, encoded, where `path` has %s. */
static void
put_url(const struct cf_api *a, struct buf *out, const char *before,
    const char *email, const char *after)
{
	buf_printf(out, "%s/v1/%s", a->config->url, before);
	if (email != NULL)
		url_encode(out, email);
	buf_printf(out, "%s", after);
}

/*
 * Calls, and takes the JSON of a 2xx answer as *out (NULL: of no interest).
 * *status is what it was; 404 and 409 are RG_OK, too, for the caller to judge.
 */
static enum rg_err
ask(struct cf_api *a, const char *what, const char *method,
    const struct buf *url, const json_t *body, long *status, json_t **out,
    struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct fetch_response res = {0};
	struct buf text = BUF_INIT;

	if (!buf_ok(url) || (body != NULL && !json_put(&text, body))) {
		r = err_set(e, RG_E_NOMEM, "%s", what);
		goto out;
	}
	r = call(a, method, buf_str(url), body == NULL ? NULL : buf_str(&text),
	    &res, e);
	if (r != RG_OK)
		goto out;
	*status = res.status;
	if (res.status == 404 || res.status == 409)
		goto out;
	if (res.status < 200 || res.status > 299) {
		r = refused(a, what, res.status, e);
		goto out;
	}
	if (out != NULL &&
	    json_load_list(res.body.p, res.body.len, out) != RG_OK)
		r = err_set(e, RG_E_CF_ANSWER, "%s: %s: not JSON",
		    a->config->url, what);
out:
	buf_clear(&text);
	fetch_response_clear(&res);
	return r;
}

/*
 * A list of objects, each with the named string members and no others in
 * *out; a member that is null or absent is "" if its name begins with '?'.
 */
static enum rg_err
ask_list(struct cf_api *a, const char *what, const struct buf *url,
    const char *const names[3], json_t **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	json_t *doc = NULL, *item, *list = NULL;
	long status = 0;
	size_t i;
	int k;

	*out = NULL;
	if ((r = ask(a, what, "GET", url, NULL, &status, &doc, e)) != RG_OK)
		goto out;
	if (doc == NULL) {
		r = refused(a, what, status, e);
		goto out;
	}
	r = err_set(
	    e, RG_E_CF_ANSWER, "%s: %s: not the list", a->config->url, what);
	if (!json_is_array(doc) || (list = json_array()) == NULL)
		goto out;
	json_array_foreach(doc, i, item)
	{
		json_t *kept = json_object();

		(void)json_array_append_new(list, kept);
		for (k = 0; k < 3; k++) {
			bool optional = names[k][0] == '?';
			const char *name = names[k] + (optional ? 1 : 0);
			const char *s = json_str(item, name);

			if (s == NULL && optional &&
			    !json_is_true(json_object_get(item, name)))
				s = "";
			if (s == NULL || json_object_set_new(
					     kept, name, json_string(s)) != 0)
				goto out;
		}
	}
	err_clear(e);
	*out = list;
	list = NULL;
	r = RG_OK;
out:
	json_decref(doc);
	json_decref(list);
	return r;
}

enum rg_err
cf_api_roles(struct cf_api *a, json_t **out, struct err *e)
{
	static const char *const names[3] = {"id", "name", "scope"};
	enum rg_err r;
	struct buf url = BUF_INIT;

	put_url(a, &url, "rbac/roles", NULL, "");
	r = ask_list(a, "roles", &url, names, out, e);
	buf_clear(&url);
	return r;
}

enum rg_err
cf_api_user_roles(
    struct cf_api *a, const char *email, json_t **out, struct err *e)
{
	static const char *const names[3] = {"role_id", "scope", "?scope_id"};
	enum rg_err r;
	struct buf url = BUF_INIT;

	put_url(a, &url, "rbac/users/", email, "/roles");
	r = ask_list(a, "roles of a person", &url, names, out, e);
	buf_clear(&url);
	return r;
}

enum rg_err
cf_api_user_exists(
    struct cf_api *a, const char *email, bool *exists, struct err *e)
{
	enum rg_err r;
	struct buf url = BUF_INIT;
	long status = 0;

	*exists = false;
	put_url(a, &url, "auth/email/admin/users/", email, "");
	r = ask(a, "look up a person", "GET", &url, NULL, &status, NULL, e);
	if (r == RG_OK)
		*exists = status != 404;
	buf_clear(&url);
	return r;
}

enum rg_err
cf_api_user_create(
    struct cf_api *a, const char *email, const char *name, struct err *e)
{
	enum rg_err r = RG_E_NOMEM;
	struct buf url = BUF_INIT, password = BUF_INIT;
	char token[RANDOM_TOKEN_LEN + 1];
	json_t *body;
	long status = 0;

	random_token(token);
	/* The rest satisfies any rule about kinds of characters. */
	buf_printf(&password, "%s-aA1!", token);
	put_url(a, &url, "auth/email/admin/users", NULL, "");
	body = json_pack("{s:s, s:s, s:s, s:b, s:b}", "email", email,
	    "password", buf_str(&password), "full_name",
	    name[0] == '\0' ? email : name, "is_admin", 0, "is_active", 1);
	if (body == NULL)
		(void)err_set(e, r, "making a person");
	else
		r = ask(
		    a, "make a person", "POST", &url, body, &status, NULL, e);
	if (r == RG_OK && status == 409)
		r = RG_E_EXISTS;
	else if (r == RG_OK && status == 404)
		r = refused(a, "make a person", status, e);
	json_decref(body);
	explicit_bzero(token, sizeof(token));
	buf_clear(&password);
	buf_clear(&url);
	return r;
}

enum rg_err
cf_api_assign(struct cf_api *a, const char *email, const char *role_id,
    const char *scope, const char *scope_id, int64_t expires_at, struct err *e)
{
	enum rg_err r = RG_E_NOMEM;
	struct buf url = BUF_INIT;
	char until[32];
	json_t *body;
	long status = 0;

	clock_format(expires_at, until);
	put_url(a, &url, "rbac/users/", email, "/roles");
	/* A scope_id with another scope than "team" is refused there. */
	body = json_pack("{s:s, s:s, s:s?, s:s?}", "role_id", role_id, "scope",
	    scope, "scope_id", scope_id[0] == '\0' ? NULL : scope_id,
	    "expires_at", expires_at == 0 ? NULL : until);
	if (body == NULL)
		(void)err_set(e, r, "assigning a role");
	else
		r = ask(
		    a, "assign a role", "POST", &url, body, &status, NULL, e);
	if (r == RG_OK && (status == 404 || status == 409))
		r = refused(a, "assign a role", status, e);
	json_decref(body);
	buf_clear(&url);
	return r;
}

enum rg_err
cf_api_revoke(struct cf_api *a, const char *email, const char *role_id,
    const char *scope, const char *scope_id, struct err *e)
{
	enum rg_err r;
	struct buf url = BUF_INIT;
	long status = 0;

	put_url(a, &url, "rbac/users/", email, "/roles/");
	url_encode(&url, role_id);
	buf_printf(&url, "?scope=%s", scope);
	if (scope_id[0] != '\0') {
		buf_printf(&url, "&scope_id=");
		url_encode(&url, scope_id);
	}
	r = ask(a, "revoke a role", "DELETE", &url, NULL, &status, NULL, e);
	if (r == RG_OK && status == 404)
		r = RG_E_NOT_FOUND;
	else if (r == RG_OK && status == 409)
		r = refused(a, "revoke a role", status, e);
	buf_clear(&url);
	return r;
}
