/* SPDX-License-Identifier: ISC */
/* Principals, their sessions, and completed sign-ins. */
#ifndef RG_STORE_SESSION_H
#define RG_STORE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "store/store.h"

/* Who somebody is: provider, issuer and, in it, (tenant, oid) or sub. */
struct principal_row {
	int64_t id;
	const char *provider; /* name in the configuration */
	const char *issuer;
	const char *tenant;  /* "" where there is none */
	const char *subject; /* oid or sub */
	const char *kind;    /* "user" or "app" */
	const char *name;    /* display only, "" if unknown */
	const char *username;
	const char *email;
	const char *roles; /* JSON array: the roles as last recorded */
	/* Of the last sign-in, JSON objects; for writing only. */
	const char *claims;
	const char *groups; /* access/groups.h; "{}": the claims tell */
	int64_t first_seen;
	int64_t last_seen;
	bool disabled;
};

struct session_row {
	uint8_t hash[HASH_LEN]; /* SHA-256 of the cookie's value */
	const char *public_id;	/* harmless name of the session, 22 chars */
	struct principal_row principal;
	const char *provider_sid; /* "" if none */
	const char *claims;	  /* JSON object, the claims that may matter */
	const char *roles;  /* JSON array: last decided for this session */
	const char *groups; /* access/groups.h; "{}": the claims tell */
	int64_t issued_at;
	int64_t last_used;
	int64_t idle_seconds; /* dies this long after last_used */
	int64_t expires_at;   /* dies then in any case */
};

/*
 * Inserts or updates by (provider, issuer, tenant, subject); stores the id in
 * *id and the roles recorded before in *old_roles (malloc'd; NULL for a new
 * one). Who is known keeps first_seen and disabled. RG_E_INTERNAL outside a
 * transaction.
 */
enum rg_err store_principal_put(struct store *, const struct principal_row *,
    int64_t *id, char **old_roles);

/* The id of who is (provider, issuer, tenant, subject); RG_E_NOT_FOUND. */
enum rg_err store_principal_find(struct store *, const char *provider,
    const char *issuer, const char *tenant, const char *subject, int64_t *id);

/*
 * The groups as last recorded of who the row says (its id is not looked at),
 * in a new string; RG_E_NOT_FOUND.
 */
enum rg_err store_principal_groups(
    struct store *, const struct principal_row *, char **groups);

/* Sets the recorded roles; RG_E_NOT_FOUND. */
enum rg_err
store_principal_roles(struct store *, int64_t id, const char *roles);

/* Inserts; principal.id must be set. */
enum rg_err store_session_add(struct store *, const struct session_row *);

/*
 * Looks up a session that is alive at time `now`: before expires_at, and less
 * than idle_seconds after last_used. What the callback gets is borrowed for
 * the call; whether the principal is disabled is for it to judge.
 * RG_E_SESSION_NONE, RG_E_SESSION_EXPIRED, or what `fn` returns.
 */
typedef enum rg_err session_fn(void *ctx, const struct session_row *);
enum rg_err store_session_find(struct store *, const uint8_t hash[HASH_LEN],
    int64_t now, session_fn *fn, void *ctx);

/* How many are alive at `now`. */
enum rg_err store_session_count(struct store *, int64_t now, int64_t *count);

/* All sessions alive at `now`, newest first. */
enum rg_err
store_each_session(struct store *, int64_t now, session_fn *fn, void *ctx);

/* All sessions with this session id of a provider, dead ones included. */
enum rg_err store_each_session_of_sid(
    struct store *, const char *sid, session_fn *fn, void *ctx);

/*
 * Notes the use for the idle timeout. Callers throttle this: at most one
 * write per session and minute. RG_OK also when there was nothing to note: a
 * session that is dead stays so, and time does not run backwards. Waits 100 ms
 * at most for a lock: whoever is answered meanwhile should not notice, and the
 * next use will note it.
 */
enum rg_err
store_session_touch(struct store *, const uint8_t hash[HASH_LEN], int64_t now);

/* Notes what was decided for the session; RG_E_SESSION_NONE. */
enum rg_err store_session_roles(
    struct store *, const uint8_t hash[HASH_LEN], const char *roles);

/* RG_E_SESSION_NONE when there is none. */
enum rg_err store_session_remove(struct store *, const uint8_t hash[HASH_LEN]);
enum rg_err store_session_remove_public(struct store *, const char *public_id);

/* All sessions of one principal; *count says how many. */
enum rg_err
store_session_remove_all(struct store *, int64_t principal_id, int64_t *count);

/*
 * Marks the sign-in with this state as completed, until `forget_at`, which
 * must not be before the sign-in expires by itself. RG_E_LOGIN_REPLAYED when
 * it was already: exactly one caller of all processes gets RG_OK.
 */
enum rg_err
store_login_spend(struct store *, const char *state, int64_t forget_at);

/* RG_E_LOGIN_REPLAYED when spent, else RG_OK. A read only. */
enum rg_err store_login_check(struct store *, const char *state);

/* Removes up to `limit` expired sessions and spent sign-ins, a small step. */
enum rg_err
store_sweep(struct store *, int64_t now, int limit, int64_t *removed);

#endif
