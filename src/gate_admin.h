/* SPDX-License-Identifier: ISC */
/*
 * Administration: lists and edits of roles, mappings, grants, people and
 * sessions, the same for the API and for rolegatectl.
 *
 * An edit is one transaction with its audit row. The detail of a refusal
 * begins with the name of the field that is to blame and a colon, where it is
 * a field: "value: expected one line". Refusals that every edit knows:
 *
 *     RG_E_INVALID       a value is malformed, or would do nothing
 *     RG_E_NOT_FOUND     there is no such thing, or it names none
 *     RG_E_EXISTS        there is one already, or something still needs it
 *     RG_E_PRECONDITION  it is not what `if_match` says any more
 *     RG_E_AUTHORITY     it gives or takes more than who edits has
 *     RG_E_LAST_ADMIN    nobody would be left who can be admin
 *
 * "Can be admin": a mapping or grant leads somebody there, and where somebody
 * on record was an admin, somebody on record is one (gate_admins.h).
 */
#ifndef RG_GATE_ADMIN_H
#define RG_GATE_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "gate.h"
#include "store/audit.h"
#include "store/grant.h"

/* On whose behalf, and under which conditions. Borrowed for the call. */
struct gate_edit {
	const struct gate_context *ctx;
	/* What who edits has and can give on; NULL: all (rolegatectl). */
	const struct access_decision *authority;
	const char *if_match; /* If-Match (RFC 9110); NULL: whatever it is */
	bool force;	      /* even if nobody is left who can be admin */
};

/* ---- how things look, in the API, the audit and rolegatectl ------------- */

/* New references; NULL when out of memory. */
json_t *gate_role_json(const struct role_row *);
json_t *gate_mapping_json(const struct mapping_row *);
json_t *gate_grant_json(const struct grant_row *, const char *subject);
json_t *gate_principal_json(const struct principal_row *);
json_t *gate_session_json(const struct session_row *);

#define GATE_TAG_LEN 32

/*
 * The entity tag of one of the above, without quotes. It stands for what can be
 * edited, so that a sign-in does not stand in the way of an edit.
 */
void gate_tag(json_t *thing, char out[static GATE_TAG_LEN + 1]);

/* ---- lists, page by page --------------------------------------------------
 */

#define GATE_CURSOR_MAX 160
#define GATE_PAGE_MAX 200

struct gate_page {
	const char *after; /* `next` of the page before; "": from the start */
	int limit;	   /* 1 to GATE_PAGE_MAX */
	/*
	 * The key of the order, "-" before it turns it around; NULL: by id.
	 * Mappings: label, provider, role. Grants: role, expires_at. People:
	 * name, provider, last_seen. RG_E_INVALID for any other.
	 */
	const char *sort;
	int64_t now;
	json_t *items; /* out: array, new reference; NULL after an error */
	char next[GATE_CURSOR_MAX]; /* out: "" at the end */
};

/* Filters: NULL, 0 or -1 is "any". RG_E_INVALID for a bad `after`. */
enum rg_err gate_role_list(struct gate *, struct gate_page *, struct err *e);
enum rg_err gate_mapping_list(struct gate *, const char *provider,
    const char *role, const char *search, struct gate_page *, struct err *e);
enum rg_err gate_grant_list(struct gate *, int64_t principal, const char *role,
    struct gate_page *, struct err *e);
enum rg_err gate_session_list(
    struct gate *, int64_t principal, struct gate_page *, struct err *e);
struct gate_people {
	const char *provider;
	const char *search; /* within name, username, e-mail and subject */
	int disabled;
};
enum rg_err gate_principal_list(struct gate *, const struct gate_people *,
    struct gate_page *, struct err *e);

/* One of them; RG_E_NOT_FOUND. *out is a new reference. */
enum rg_err
gate_role_get(struct gate *, const char *name, json_t **out, struct err *e);
enum rg_err
gate_mapping_get(struct gate *, int64_t id, json_t **out, struct err *e);
enum rg_err
gate_grant_get(struct gate *, int64_t id, json_t **out, struct err *e);
enum rg_err
gate_principal_get(struct gate *, int64_t id, json_t **out, struct err *e);

/* Filters of the audit, newest first; `since` in seconds, 0 for always. */
struct gate_audit_query {
	const char *event; /* exact, or a beginning that ends in "." */
	const char *subject;
	const char *actor;
	int64_t since;
	int64_t until;
};
enum rg_err gate_audit_list(struct gate *, const struct gate_audit_query *,
    struct gate_page *, struct err *e);

#define GATE_VERIFY_STEP 5000 /* rows: a fraction of a second */

/* How far the chain of the audit was verified. */
struct gate_chain {
	struct audit_head at;	/* in, out: the last good row; seq 0: none */
	struct audit_head head; /* out: the last row there is */
	int64_t archived;	/* out: rows up to this one are archived */
	bool end;		/* out: `at` is `head`: all of it is good */
};

/*
 * The next step. RG_E_AUDIT_CHAIN: the row behind `at` is wrong, and `e` says
 * in words of ours how.
 */
enum rg_err
gate_chain_verify(struct gate *, struct gate_chain *, struct err *e);

/* ---- why ---------------------------------------------------------------- */

/*
 * The reasons of a decision about somebody of this provider: what gave each
 * role, from which claim, or why not. A new reference; NULL when out of memory.
 */
json_t *
gate_reasons_json(const struct access_decision *, const struct provider *);

/*
 * Everything that was decided about a person and why, from the claims, groups
 * and grants on record at this moment, near misses included. RG_E_NOT_FOUND;
 * also for somebody whose provider is configured no longer. *out is a new
 * reference.
 */
enum rg_err gate_explain_principal(
    struct gate *, int64_t id, int64_t now, json_t **out, struct err *e);

/* ---- roles ------------------------------------------------------------------
 */

enum rg_err gate_role_add(struct gate *, const struct role_row *,
    const struct gate_edit *, struct err *e);

/* What is to change; NULL and -1: stays. */
struct gate_role_change {
	const char *description;
	const char *const *permissions;
	size_t permission_count;
	int is_admin;
};
enum rg_err gate_role_set(struct gate *, const char *name,
    const struct gate_role_change *, const struct gate_edit *, struct err *e);
enum rg_err gate_role_remove(
    struct gate *, const char *name, const struct gate_edit *, struct err *e);

/* ---- mappings ---------------------------------------------------------------
 */

/* `role` NULL: it denies. GUIDs are kept in lower case. */
enum rg_err gate_mapping_add(struct gate *, const struct mapping_row *,
    const struct gate_edit *, int64_t *id, struct err *e);

/* What is to change; NULL and -1: stays. What it matches is its identity. */
struct gate_mapping_change {
	const char *role;
	const char *label;
	const char *note;
	int enabled;
	int64_t expires_at;
};
enum rg_err
gate_mapping_set(struct gate *, int64_t id, const struct gate_mapping_change *,
    const struct gate_edit *, struct err *e);
enum rg_err gate_mapping_remove(
    struct gate *, int64_t id, const struct gate_edit *, struct err *e);

/* ---- grants -----------------------------------------------------------------
 */

/* principal, role, reason and expires_at of the row. */
enum rg_err gate_grant_add(struct gate *, const struct grant_row *,
    const struct gate_edit *, int64_t *id, struct err *e);

/* What is to change; NULL and -1: stays. Who has which role is its identity. */
struct gate_grant_change {
	const char *reason;
	int64_t expires_at;
};
enum rg_err gate_grant_set(struct gate *, int64_t id,
    const struct gate_grant_change *, const struct gate_edit *, struct err *e);
enum rg_err gate_grant_remove(
    struct gate *, int64_t id, const struct gate_edit *, struct err *e);

/* ---- people and sessions
 * ------------------------------------------------------ */

/* The id of "entra:<tid>:<oid>" or "<provider>:<sub>"; RG_E_NOT_FOUND. */
enum rg_err gate_principal_find(
    struct gate *, const char *subject_id, int64_t *id, struct err *e);

/* Who is disabled has no session any more and gets none. */
enum rg_err gate_principal_disable(struct gate *, int64_t id, bool disabled,
    const struct gate_edit *, struct err *e);

/* One session; with `principal` only if it is that person's (0: anybody's). */
enum rg_err gate_session_revoke(struct gate *, const char *public_id,
    int64_t principal, const struct gate_context *, struct err *e);

/* All of a person. */
enum rg_err gate_principal_revoke(struct gate *, int64_t id,
    const struct gate_context *, int64_t *count, struct err *e);

/* Those of everybody, in a moment however many they are. */
enum rg_err gate_sessions_revoke(
    struct gate *, const struct gate_context *, int64_t *count, struct err *e);

/* ---- how it goes ----------------------------------------------------------
 */

/* Version, policy, head of the audit and checks; a new reference. */
enum rg_err
gate_status(struct gate *, int64_t now, json_t **out, struct err *e);

#define GATE_STATS_HOURS_MAX 168

/* Sign-ins, refusals and unknown groups of the last 1 to 168 hours. */
enum rg_err gate_stats(
    struct gate *, size_t hours, int64_t now, json_t **out, struct err *e);

#endif
