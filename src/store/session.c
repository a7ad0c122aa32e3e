/* SPDX-License-Identifier: ISC */
#include "store/session.h"

#include <stdlib.h>
#include <string.h>

#include "store/db.h"
#include "store/principal.h"

#define TOUCH_WAIT_MS 100

static enum rg_err
find_principal(struct store *s, const char *provider, const char *issuer,
    const char *tenant, const char *subject, int64_t *id, char **roles)
{
	enum rg_err r;
	struct query q;
	bool row;

	*id = 0;
	db_query(&q, s, ST_PRINCIPAL_FIND);
	db_text(&q, provider);
	db_text(&q, issuer);
	db_text(&q, tenant);
	db_text(&q, subject);
	r = db_step(&q, &row);
	if (r == RG_OK && !row)
		r = RG_E_NOT_FOUND;
	if (r == RG_OK && roles != NULL &&
	    (*roles = strdup(db_column_text(&q, 1))) == NULL)
		r = RG_E_NOMEM;
	if (r == RG_OK)
		*id = db_column_int(&q, 0);
	db_done(&q);
	return r;
}

static enum rg_err
update_principal(struct store *s, int64_t id, const struct principal_row *p)
{
	struct query q;

	db_query(&q, s, ST_PRINCIPAL_UPDATE);
	db_int(&q, id);
	db_text(&q, p->kind);
	db_text(&q, p->name);
	db_text(&q, p->username);
	db_text(&q, p->email);
	db_text(&q, p->roles);
	db_int(&q, p->last_seen);
	db_text(&q, p->claims);
	db_text(&q, p->groups);
	return db_run(&q);
}

enum rg_err
store_principal_put(struct store *s, const struct principal_row *p, int64_t *id,
    char **old_roles)
{
	enum rg_err r = RG_E_INTERNAL;
	char *roles = NULL;
	int64_t found = 0;

	*id = 0;
	*old_roles = NULL;
	/* Between looking and writing nobody else may write. */
	if ((r = db_need_transaction(s)) != RG_OK)
		goto out;
	r = find_principal(
	    s, p->provider, p->issuer, p->tenant, p->subject, &found, &roles);
	if (r == RG_OK)
		r = update_principal(s, found, p);
	else if (r == RG_E_NOT_FOUND)
		r = store_principal_add(s, p, &found);
	if (r != RG_OK)
		goto out;
	*id = found;
	*old_roles = roles;
	roles = NULL;
	r = RG_OK;
out:
	free(roles);
	return r;
}

enum rg_err
store_principal_find(struct store *s, const char *provider, const char *issuer,
    const char *tenant, const char *subject, int64_t *id)
{
	return find_principal(s, provider, issuer, tenant, subject, id, NULL);
}

enum rg_err
store_principal_groups(
    struct store *s, const struct principal_row *p, char **groups)
{
	enum rg_err r;
	struct query q;
	bool row;

	*groups = NULL;
	db_query(&q, s, ST_PRINCIPAL_GROUPS);
	db_text(&q, p->provider);
	db_text(&q, p->issuer);
	db_text(&q, p->tenant);
	db_text(&q, p->subject);
	r = db_step(&q, &row);
	if (r == RG_OK && !row)
		r = RG_E_NOT_FOUND;
	if (r == RG_OK && (*groups = strdup(db_column_text(&q, 0))) == NULL)
		r = RG_E_NOMEM;
	db_done(&q);
	return r;
}

enum rg_err
store_principal_roles(struct store *s, int64_t id, const char *roles)
{
	enum rg_err r;
	struct query q;
	int64_t changed = 0;

	db_query(&q, s, ST_PRINCIPAL_ROLES);
	db_int(&q, id);
	db_text(&q, roles);
	r = db_run_count(&q, &changed);
	return r == RG_OK && changed == 0 ? RG_E_NOT_FOUND : r;
}

enum rg_err
store_session_add(struct store *s, const struct session_row *row)
{
	struct query q;

	db_query(&q, s, ST_SESSION_ADD);
	db_blob(&q, row->hash, HASH_LEN);
	db_text(&q, row->public_id);
	db_int(&q, row->principal.id);
	db_text(&q, row->provider_sid);
	db_text(&q, row->claims);
	db_int(&q, row->issued_at);
	db_int(&q, row->last_used);
	db_int(&q, row->idle_seconds);
	db_int(&q, row->expires_at);
	db_text(&q, row->roles);
	db_text(&q, row->groups);
	return db_run(&q);
}

/* Column numbers are those of SESSION_COLUMNS in sql.c. */
static enum rg_err
read_session(struct query *q, struct session_row *row)
{
	struct principal_row *p = &row->principal;
	const void *hash;
	size_t len;

	hash = db_column_blob(q, 0, &len);
	if (hash == NULL || len != HASH_LEN)
		return RG_E_STORE_CORRUPT;
	memcpy(row->hash, hash, HASH_LEN);
	row->public_id = db_column_text(q, 1);
	row->provider_sid = db_column_text(q, 2);
	row->claims = db_column_text(q, 3);
	row->issued_at = db_column_int(q, 4);
	row->last_used = db_column_int(q, 5);
	row->idle_seconds = db_column_int(q, 6);
	row->expires_at = db_column_int(q, 7);
	p->id = db_column_int(q, 9);
	p->provider = db_column_text(q, 10);
	p->issuer = db_column_text(q, 11);
	p->tenant = db_column_text(q, 12);
	p->subject = db_column_text(q, 13);
	p->kind = db_column_text(q, 14);
	p->name = db_column_text(q, 15);
	p->username = db_column_text(q, 16);
	p->email = db_column_text(q, 17);
	p->roles = db_column_text(q, 18);
	p->first_seen = db_column_int(q, 19);
	p->last_seen = db_column_int(q, 20);
	p->disabled = db_column_int(q, 21) != 0;
	p->claims = NULL;
	p->groups = NULL;
	row->roles = db_column_text(q, 22);
	row->groups = db_column_text(q, 23);
	return RG_OK;
}

enum rg_err
store_session_find(struct store *s, const uint8_t hash[HASH_LEN], int64_t now,
    session_fn *fn, void *ctx)
{
	enum rg_err r;
	struct session_row session;
	struct query q;
	bool row;

	db_query(&q, s, ST_SESSION_FIND);
	db_blob(&q, hash, HASH_LEN);
	r = db_step(&q, &row);
	if (r == RG_OK && !row)
		r = RG_E_SESSION_NONE;
	else if (r == RG_OK && db_column_int(&q, 8) <= now)
		r = RG_E_SESSION_EXPIRED;
	else if (r == RG_OK && (r = read_session(&q, &session)) == RG_OK)
		r = fn(ctx, &session);
	db_done(&q);
	return r;
}

enum rg_err
store_each_session(struct store *s, int64_t now, session_fn *fn, void *ctx)
{
	enum rg_err r;
	struct session_row session;
	struct query q;
	bool row;

	db_query(&q, s, ST_SESSIONS);
	db_int(&q, now);
	while ((r = db_step(&q, &row)) == RG_OK && row)
		if ((r = read_session(&q, &session)) != RG_OK ||
		    (r = fn(ctx, &session)) != RG_OK)
			break;
	db_done(&q);
	return r;
}

enum rg_err
store_each_session_of_sid(
    struct store *s, const char *sid, session_fn *fn, void *ctx)
{
	enum rg_err r;
	struct session_row session;
	struct query q;
	bool row;

	db_query(&q, s, ST_SESSIONS_OF_SID);
	db_text(&q, sid);
	while ((r = db_step(&q, &row)) == RG_OK && row)
		if ((r = read_session(&q, &session)) != RG_OK ||
		    (r = fn(ctx, &session)) != RG_OK)
			break;
	db_done(&q);
	return r;
}

enum rg_err
store_session_touch(struct store *s, const uint8_t hash[HASH_LEN], int64_t now)
{
	enum rg_err r;
	struct query q;

	/*
	 * Not synced: who loses the power loses a minute of the idle time,
	 * and a session that was not used otherwise would cost a disk's wait.
	 */
	store_chores_begin(s, TOUCH_WAIT_MS);
	db_query(&q, s, ST_SESSION_TOUCH);
	db_blob(&q, hash, HASH_LEN);
	db_int(&q, now);
	r = db_run(&q);
	store_chores_end(s);
	return r;
}

enum rg_err
store_session_roles(
    struct store *s, const uint8_t hash[HASH_LEN], const char *roles)
{
	enum rg_err r;
	struct query q;
	int64_t changed = 0;

	db_query(&q, s, ST_SESSION_ROLES);
	db_blob(&q, hash, HASH_LEN);
	db_text(&q, roles);
	r = db_run_count(&q, &changed);
	return r == RG_OK && changed == 0 ? RG_E_SESSION_NONE : r;
}

enum rg_err
store_session_remove(struct store *s, const uint8_t hash[HASH_LEN])
{
	enum rg_err r;
	struct query q;
	int64_t removed = 0;

	db_query(&q, s, ST_SESSION_REMOVE);
	db_blob(&q, hash, HASH_LEN);
	r = db_run_count(&q, &removed);
	return r == RG_OK && removed == 0 ? RG_E_SESSION_NONE : r;
}

enum rg_err
store_session_remove_public(struct store *s, const char *public_id)
{
	enum rg_err r;
	struct query q;
	int64_t removed = 0;

	db_query(&q, s, ST_SESSION_REMOVE_PUBLIC);
	db_text(&q, public_id);
	r = db_run_count(&q, &removed);
	return r == RG_OK && removed == 0 ? RG_E_SESSION_NONE : r;
}

enum rg_err
store_session_remove_all(struct store *s, int64_t principal_id, int64_t *count)
{
	struct query q;

	db_query(&q, s, ST_SESSION_REMOVE_ALL);
	db_int(&q, principal_id);
	return db_run_count(&q, count);
}

/* The state itself is a credential until the sign-in ends. */
static enum rg_err
hash_state(const char *state, uint8_t hash[static HASH_LEN])
{
	return hash_sha256(state, strlen(state), hash);
}

enum rg_err
store_login_spend(struct store *s, const char *state, int64_t forget_at)
{
	enum rg_err r;
	struct query q;
	uint8_t hash[HASH_LEN];

	if ((r = hash_state(state, hash)) != RG_OK)
		return r;
	db_query(&q, s, ST_LOGIN_SPEND);
	db_blob(&q, hash, HASH_LEN);
	db_int(&q, forget_at);
	r = db_run(&q);
	return r == RG_E_EXISTS ? RG_E_LOGIN_REPLAYED : r;
}

enum rg_err
store_login_check(struct store *s, const char *state)
{
	enum rg_err r;
	struct query q;
	uint8_t hash[HASH_LEN];
	bool row;

	if ((r = hash_state(state, hash)) != RG_OK)
		return r;
	db_query(&q, s, ST_LOGIN_CHECK);
	db_blob(&q, hash, HASH_LEN);
	r = db_step(&q, &row);
	db_done(&q);
	return r == RG_OK && row ? RG_E_LOGIN_REPLAYED : r;
}

static enum rg_err
sweep(
    struct store *s, enum stmt which, int64_t now, int limit, int64_t *removed)
{
	struct query q;

	db_query(&q, s, which);
	db_int(&q, now);
	db_int(&q, limit);
	return db_run_count(&q, removed);
}

/* Those that were ended all at once. */
static enum rg_err
sweep_ended(struct store *s, int limit, int64_t *removed)
{
	struct query q;

	db_query(&q, s, ST_SESSION_SWEEP_ENDED);
	db_int(&q, limit);
	return db_run_count(&q, removed);
}

enum rg_err
store_session_count(struct store *s, int64_t now, int64_t *count)
{
	enum rg_err r;
	struct query q;
	bool row;

	*count = 0;
	db_query(&q, s, ST_SESSION_COUNT);
	db_int(&q, now);
	if ((r = db_step(&q, &row)) == RG_OK && row)
		*count = db_column_int(&q, 0);
	db_done(&q);
	return r;
}

enum rg_err
store_sweep(struct store *s, int64_t now, int limit, int64_t *removed)
{
	enum rg_err r;
	int64_t sessions = 0, ended = 0, logins = 0;

	*removed = 0;
	if (limit <= 0) /* which SQL takes for "all" */
		return RG_OK;
	if ((r = sweep(s, ST_SESSION_SWEEP, now, limit, &sessions)) != RG_OK)
		return r;
	if (sessions < limit &&
	    (r = sweep_ended(s, limit - (int)sessions, &ended)) != RG_OK)
		return r;
	*removed = sessions += ended;
	if (sessions >= limit)
		return RG_OK;
	r = sweep(s, ST_LOGIN_SWEEP, now, limit - (int)sessions, &logins);
	*removed += logins;
	return r;
}
