/* SPDX-License-Identifier: ISC */
/*
 * The JSON API below /api/: who may do what is in one table (api.c), and each
 * kind of thing has a file of its own (api_*.c). www/openapi.json describes it
 * all; the tests hold the one against the other.
 */
#ifndef RG_CGI_API_H
#define RG_CGI_API_H

#include <jansson.h>

#include "cgi/worker.h"
#include "gate_admin.h"

#define API_ARG_MAX 256

/* Who calls. */
struct api_caller {
	struct gate_identity id;
	bool by_cookie; /* a browser sends it on its own: see api_caller() */
};

/*
 * Authenticates. RG_E_SESSION_NONE, RG_E_SESSION_EXPIRED, RG_E_TOKEN_REFUSED;
 * RG_E_CROSS_SITE when a browser was made to call by a page of another site: a
 * cookie counts for an edit only with the header X-Rolegate-CSRF: 1, which no
 * form can send, and from our own origin (Sec-Fetch-Site, or Origin in browsers
 * that do not know it). A failure leaves nothing to clear.
 */
enum rg_err
api_caller(struct worker *, const struct request *, struct api_caller *out);
void api_caller_clear(struct api_caller *);

/* One call under way. */
struct api_call {
	struct worker *w;
	const struct request *q;
	struct response *s;
	struct api_caller caller;
	struct gate_context ctx; /* the caller is its actor */
	struct gate_edit edit;	 /* on the caller's behalf */
	char arg[API_ARG_MAX];	 /* what stands for {} in the path; or "" */
	json_t *body;		 /* of operations that take one */
	struct err e;
};

/*
 * RG_OK: the answer is in the response. Otherwise `e` may say more, with the
 * same code.
 */
typedef enum rg_err api_fn(struct api_call *);

api_fn api_role_list, api_role_get, api_role_add, api_role_set, api_role_remove,
    api_mapping_list, api_mapping_get, api_mapping_add, api_mapping_set,
    api_mapping_remove, api_grant_list, api_grant_get, api_grant_add,
    api_grant_set, api_grant_remove, api_session_list, api_session_revoke,
    api_session_revoke_all, api_principal_list, api_principal_get,
    api_principal_set, api_principal_explain, api_principal_revoke, api_health,
    api_stats, api_audit_list, api_audit_verify, api_policy_get, api_what_if,
    api_my_sessions, api_my_session_revoke, api_my_sessions_revoke;

/* ---- what is asked ------------------------------------------------------ */

/* The number in the path; RG_E_NOT_FOUND when it is none. */
enum rg_err api_id(struct api_call *, int64_t *id);

/* A query parameter, NULL when absent; twice is RG_E_REQ_DUPLICATE. */
enum rg_err api_query(struct api_call *, const char *name, const char **value);

/* A positive number in the query, 0 when absent. */
enum rg_err api_query_id(struct api_call *, const char *name, int64_t *value);

enum api_type {
	API_TEXT,
	API_BOOL,
	API_INT,
	API_TEXTS
};

/* A member of the body; `value` is borrowed, NULL when absent or null. */
struct api_field {
	const char *name;
	enum api_type type;
	bool required;
	json_t **value;
};

/* Members that are not listed are refused, by name. */
enum rg_err
api_fields(struct api_call *, const struct api_field *, size_t count);

/* The strings of an API_TEXTS member (NULL: none) in a new array. */
enum rg_err api_texts(const json_t *value, const char ***list, size_t *count);

/* ---- what is answered ---------------------------------------------------- */

/* One thing with its ETag. Takes the reference. */
enum rg_err api_put_own(struct api_call *, int status, json_t *thing);

/* 204 */
enum rg_err api_put_nothing(struct api_call *);

/* ?cursor=, ?limit= and ?sort=; `page->after` points into `cursor`. */
enum rg_err api_page_read(struct api_call *, struct gate_page *page,
    char cursor[static GATE_CURSOR_MAX]);

/* {"items": [...], "next": "..." or null} */
enum rg_err api_page_put(struct api_call *, struct gate_page *);

/*
 * {"error","message","request_id","field"?} for any failure below /api/; `e`
 * (or NULL) says more if it has the same code.
 */
void api_fail(struct worker *, const struct request *, struct response *,
    enum rg_err, const struct err *e);

#endif
