/* SPDX-License-Identifier: ISC */
#include "cgi/api.h"

#include <string.h>

#include "base/asset.h"
#include "base/json.h"
#include "base/log.h"

#define MAX_PERMISSIONS 2
#define MAX_QUERY 8

/* Any of these: what the table says besides method and path. */
enum {
	MATCH = 1, /* an edit of one thing: If-Match is needed */
	BODY = 2,  /* takes a JSON object */
	SLASH = 4, /* {} may have slashes: it is the rest of the path */
	OPEN = 8   /* for everybody */
};

/*
 * Every operation. Without a permission it is about the caller, and being
 * signed in is enough; with several, all are needed.
 */
static const struct operation {
	enum method method;
	const char *path; /* below /api; {} stands for one argument */
	api_fn *fn;
	unsigned flags;
	const char *permissions[MAX_PERMISSIONS];
	const char *query[MAX_QUERY]; /* the parameters it knows */
} operations[] = {
    {METHOD_GET, "/openapi.json", NULL, OPEN, {NULL}, {NULL}},
    {METHOD_GET, "/me/sessions", api_my_sessions, 0, {NULL},
	{"cursor", "limit"}},
    {METHOD_DELETE, "/me/sessions", api_my_sessions_revoke, 0, {NULL}, {NULL}},
    {METHOD_DELETE, "/me/sessions/{}", api_my_session_revoke, 0, {NULL},
	{NULL}},
    {METHOD_GET, "/roles", api_role_list, 0, {"roles.read"},
	{"cursor", "limit"}},
    {METHOD_POST, "/roles", api_role_add, BODY, {"roles.write"}, {NULL}},
    {METHOD_GET, "/roles/{}", api_role_get, SLASH, {"roles.read"}, {NULL}},
    {METHOD_PATCH, "/roles/{}", api_role_set, SLASH | MATCH | BODY,
	{"roles.write"}, {NULL}},
    {METHOD_DELETE, "/roles/{}", api_role_remove, SLASH | MATCH,
	{"roles.write"}, {"force"}},
    {METHOD_GET, "/mappings", api_mapping_list, 0, {"mappings.read"},
	{"cursor", "limit", "sort", "provider", "role", "search"}},
    {METHOD_POST, "/mappings", api_mapping_add, BODY, {"mappings.write"},
	{NULL}},
    {METHOD_GET, "/mappings/{}", api_mapping_get, 0, {"mappings.read"}, {NULL}},
    {METHOD_PATCH, "/mappings/{}", api_mapping_set, MATCH | BODY,
	{"mappings.write"}, {NULL}},
    {METHOD_DELETE, "/mappings/{}", api_mapping_remove, MATCH,
	{"mappings.write"}, {"force"}},
    {METHOD_GET, "/grants", api_grant_list, 0, {"grants.read"},
	{"cursor", "limit", "sort", "principal", "role"}},
    {METHOD_POST, "/grants", api_grant_add, BODY, {"grants.write"}, {NULL}},
    {METHOD_GET, "/grants/{}", api_grant_get, 0, {"grants.read"}, {NULL}},
    {METHOD_PATCH, "/grants/{}", api_grant_set, MATCH | BODY, {"grants.write"},
	{NULL}},
    {METHOD_DELETE, "/grants/{}", api_grant_remove, MATCH, {"grants.write"},
	{"force"}},
    {METHOD_GET, "/sessions", api_session_list, 0, {"sessions.read"},
	{"cursor", "limit", "principal"}},
    {METHOD_DELETE, "/sessions", api_session_revoke_all, 0, {"sessions.revoke"},
	{NULL}},
    {METHOD_DELETE, "/sessions/{}", api_session_revoke, 0, {"sessions.revoke"},
	{NULL}},
    {METHOD_GET, "/principals", api_principal_list, 0, {"principals.read"},
	{"cursor", "limit", "sort", "provider", "search", "disabled",
	    "subject"}},
    {METHOD_GET, "/principals/{}", api_principal_get, 0, {"principals.read"},
	{NULL}},
    {METHOD_PATCH, "/principals/{}", api_principal_set, MATCH | BODY,
	{"principals.write"}, {NULL}},
    {METHOD_GET, "/principals/{}/explain", api_principal_explain, 0,
	{"principals.read", "mappings.read"}, {NULL}},
    {METHOD_DELETE, "/principals/{}/sessions", api_principal_revoke, 0,
	{"sessions.revoke"}, {NULL}},
    {METHOD_GET, "/health", api_health, 0, {"health.read"}, {NULL}},
    {METHOD_GET, "/stats", api_stats, 0, {"audit.read"}, {"hours"}},
    {METHOD_GET, "/audit", api_audit_list, 0, {"audit.read"},
	{"cursor", "limit", "event", "subject", "actor", "since", "until"}},
    {METHOD_GET, "/audit/verify", api_audit_verify, 0, {"audit.read"},
	{"after", "hash"}},
    {METHOD_GET, "/policy", api_policy_get, 0, {"roles.read", "mappings.read"},
	{NULL}},
    {METHOD_POST, "/what-if", api_what_if, BODY,
	{"mappings.read", "principals.read"}, {NULL}},
};

#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

/* Whether `path` is like the operation's; copies what {} stands for. */
static bool
is_like(const struct operation *o, const char *path, char arg[API_ARG_MAX])
{
	const char *hole = strstr(o->path, "{}");
	size_t before, behind, len = strlen(path);

	arg[0] = '\0';
	if (hole == NULL)
		return strcmp(path, o->path) == 0;
	before = (size_t)(hole - o->path);
	behind = strlen(hole + 2);
	if (len <= before + behind || len - before - behind >= API_ARG_MAX ||
	    strncmp(path, o->path, before) != 0 ||
	    strcmp(path + len - behind, hole + 2) != 0)
		return false;
	len -= before + behind;
	if ((o->flags & SLASH) == 0 && memchr(path + before, '/', len) != NULL)
		return false;
	memcpy(arg, path + before, len);
	arg[len] = '\0';
	return true;
}

static const char *
method_name(enum method m)
{
	static const char *const names[] = {[METHOD_GET] = "GET, HEAD",
	    [METHOD_POST] = "POST",
	    [METHOD_PUT] = "PUT",
	    [METHOD_PATCH] = "PATCH",
	    [METHOD_DELETE] = "DELETE"};

	return names[m];
}

/* NULL when there is none: `allow` then lists what the path takes, if any. */
static const struct operation *
find(const struct request *q, const char *path, char arg[API_ARG_MAX],
    struct buf *allow)
{
	enum method m = q->method == METHOD_HEAD ? METHOD_GET : q->method;
	size_t i;

	for (i = 0; i < OPERATION_COUNT; i++) {
		if (!is_like(&operations[i], path, arg))
			continue;
		if (operations[i].method == m)
			return &operations[i];
		buf_printf(allow, "%s%s", allow->len > 0 ? ", " : "",
		    method_name(operations[i].method));
	}
	return NULL;
}

static enum rg_err
check_permissions(const struct operation *o, const struct access_decision *d)
{
	size_t i;

	if (o->permissions[0] != NULL && d->denied)
		return RG_E_DENIED;
	if (o->permissions[0] != NULL && d->role_count == 0)
		return d->groups_state == GROUPS_UNKNOWN ? RG_E_GROUPS_UNKNOWN
							 : RG_E_NO_ROLE;
	for (i = 0; i < MAX_PERMISSIONS && o->permissions[i] != NULL; i++)
		if (!access_has_permission(d, o->permissions[i]))
			return RG_E_INSUFFICIENT_ROLE;
	return RG_OK;
}

/* A parameter that is not known might have been meant to restrict. */
static enum rg_err
check_query(struct api_call *c, const struct operation *o)
{
	const char *known[MAX_QUERY + 1] = {NULL};
	const char *force;
	enum rg_err r;

	memcpy(known, o->query, sizeof(o->query));
	if (!form_has_only(c->q->query, known))
		return err_set(&c->e, RG_E_INVALID,
		    "query: a parameter that is not known here");
	if ((r = api_query(c, "force", &force)) != RG_OK || force == NULL)
		return r;
	if (strcmp(force, "true") != 0)
		return err_set(&c->e, RG_E_INVALID, "force: expected true");
	c->edit.force = true;
	return RG_OK;
}

/* "force" is for those who can do everything. */
static enum rg_err
check_force(struct api_call *c)
{
	const json_t *force = json_object_get(c->body, "force");

	if (force != NULL && !json_is_boolean(force))
		return err_set(
		    &c->e, RG_E_INVALID, "force: expected true or false");
	c->edit.force |= json_is_true(force);
	(void)json_object_del(c->body, "force");
	if (c->edit.force &&
	    !access_has_permission(&c->caller.id.decision, "*"))
		return err_set(&c->e, RG_E_AUTHORITY,
		    "force: only who has permission * may");
	return RG_OK;
}

static enum rg_err
read_body(struct api_call *c, const struct operation *o)
{
	if ((o->flags & BODY) == 0)
		return RG_OK;
	if (c->q->json.len == 0)
		return RG_E_REQ_TYPE;
	return json_load_strict(c->q->json.p, c->q->json.len, &c->body);
}

static enum rg_err
serve(struct api_call *c, const struct operation *o)
{
	enum rg_err r;

	if ((r = api_caller(c->w, c->q, &c->caller)) != RG_OK)
		return r;
	c->ctx = worker_context(c->q);
	if ((r = check_permissions(o, &c->caller.id.decision)) != RG_OK) {
		gate_access_refused(
		    c->w->gate, &c->ctx, &c->caller.id, r, o->permissions[0]);
		return r;
	}
	c->ctx.actor = c->caller.id.id;
	c->edit.ctx = &c->ctx;
	c->edit.authority = &c->caller.id.decision;
	c->edit.if_match = c->q->if_match;
	if ((o->flags & MATCH) != 0 && c->q->if_match == NULL)
		return RG_E_PRECONDITION_MISSING;
	if ((r = check_query(c, o)) != RG_OK ||
	    (r = read_body(c, o)) != RG_OK || (r = check_force(c)) != RG_OK)
		return r;
	return o->fn(c);
}

static void
put_document(struct response *s)
{
	const struct asset *a = asset_find("www/openapi.json");

	if (a == NULL) {
		s->body.failed = true;
		return;
	}
	response_header(s, "Content-Type", "application/json");
	buf_put(&s->body, a->data, a->len);
}

void
endpoint_api(struct worker *w, const struct request *q, struct response *s)
{
	const char *path = q->path + strlen(w->settings->prefix) + 4;
	struct api_call c = {.w = w, .q = q, .s = s};
	struct buf allow = BUF_INIT;
	const struct operation *o;
	enum rg_err r;

	o = w->settings->api ? find(q, path, c.arg, &allow) : NULL;
	if (o == NULL) {
		r = allow.len > 0 ? RG_E_REQ_METHOD : RG_E_REQ_ROUTE;
		api_fail(w, q, s, r, NULL);
		if (allow.len > 0)
			response_header(s, "Allow", "%s", buf_str(&allow));
	} else if ((o->flags & OPEN) != 0) {
		put_document(s);
	} else if (w->gate == NULL) {
		api_fail(w, q, s, RG_E_STORE_OPEN, NULL);
	} else if ((r = serve(&c, o)) != RG_OK) {
		log_info("api.refused", "error=%s path=%s detail=%s",
		    err_name(r), log_quote(q->path), log_quote(c.e.detail));
		api_fail(w, q, s, r, &c.e);
	}
	json_decref(c.body);
	api_caller_clear(&c.caller);
	buf_clear(&allow);
}
