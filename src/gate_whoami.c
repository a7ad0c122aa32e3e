/* SPDX-License-Identifier: ISC */
#include "gate_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/text.h"

#define TOUCH_SECONDS 60
#define LOGOUT_HINT_MAX 512

struct found {
	struct gate_identity *id;
	char *roles; /* as recorded */
	int64_t last_used;
	int64_t idle_seconds;
};

static char *
copy(const char *s, bool *bad)
{
	char *d = strdup(s == NULL ? "" : s);

	if (d == NULL)
		*bad = true;
	return d;
}

/* Copies the session; the row is gone after the call. */
static enum rg_err
take_session(void *ctx, const struct session_row *row)
{
	struct found *f = ctx;
	struct gate_identity *id = f->id;
	const struct principal_row *p = &row->principal;
	bool bad = false;

	if (p->disabled)
		return RG_E_SESSION_NONE;
	id->id = gate_subject_id(p);
	id->kind = copy(p->kind, &bad);
	id->provider = copy(p->provider, &bad);
	id->issuer = copy(p->issuer, &bad);
	id->tenant = copy(p->tenant, &bad);
	id->subject = copy(p->subject, &bad);
	id->name = copy(p->name, &bad);
	id->username = copy(p->username, &bad);
	id->email = copy(p->email, &bad);
	id->session_id = copy(row->public_id, &bad);
	id->via = "session";
	id->principal_id = p->id;
	id->issued_at = row->issued_at;
	id->expires_at = row->expires_at;
	f->roles = copy(row->roles, &bad);
	f->last_used = row->last_used;
	f->idle_seconds = row->idle_seconds;
	if (bad || id->id == NULL)
		return RG_E_NOMEM;
	/* We wrote it: what can't be read any more is damage. */
	if (json_load_strict(row->claims, strlen(row->claims), &id->claims) !=
		RG_OK ||
	    json_load_strict(
		row->groups, strlen(row->groups), &id->groups_doc) != RG_OK)
		return RG_E_STORE_CORRUPT;
	return RG_OK;
}

static enum rg_err
take_roles(void *ctx, const struct session_row *row)
{
	char **roles = ctx;

	*roles = strdup(row->roles);
	return *roles == NULL ? RG_E_NOMEM : RG_OK;
}

/*
 * The roles differ from what is on record: an edit of the mappings. Written
 * down before it is answered; of several requests that notice, one writes.
 */
static enum rg_err
record_change(struct gate *g, const uint8_t hash[HASH_LEN],
    const struct gate_context *ctx, const struct gate_identity *id,
    const char *roles, struct err *e)
{
	const struct access_decision *d = &id->decision;
	enum rg_err r;
	char *before = NULL;

	if ((r = store_begin(g->store)) == RG_OK &&
	    (r = store_session_find(
		 g->store, hash, ctx->now, take_roles, &before)) == RG_OK &&
	    strcmp(before, roles) != 0 &&
	    (r = store_session_roles(g->store, hash, roles)) == RG_OK &&
	    (r = store_principal_roles(g->store, id->principal_id, roles)) ==
		RG_OK)
		r = gate_audit(g, ctx, "roles.changed", "", id->id,
		    json_pack("{s:o?, s:o, s:s, s:s, s:I}", "old",
			json_loads(before, 0, NULL), "new",
			json_strings(d->roles, d->role_count), "cause",
			"policy", "session", id->session_id, "policy_version",
			(json_int_t)id->policy_version));
	r = gate_commit(g, r, "recording a change of roles", e);
	free(before);
	return r;
}

/* The idle timeout needs the time of use only roughly. */
static void
touch(struct gate *g, const uint8_t hash[HASH_LEN], const struct found *f,
    int64_t now)
{
	int64_t step = f->idle_seconds / 4;
	enum rg_err r;

	if (step > TOUCH_SECONDS)
		step = TOUCH_SECONDS;
	if (now - f->last_used < step || now == f->last_used)
		return;
	r = store_session_touch(g->store, hash, now);
	if (r != RG_OK) /* busy: the next use will note it */
		log_event(r == RG_E_STORE_BUSY ? LOG_DEBUG : LOG_WARN,
		    "session.touch", "error=%s", err_name(r));
}

enum rg_err
gate_decide(struct gate *g, const struct provider *p, struct gate_identity *id,
    int64_t now, bool explain)
{
	enum rg_err r;
	struct access_subject s;
	struct access_groups groups;

	gate_subject_init(&s, p);
	s.tenant = id->tenant;
	s.claims = id->claims;
	s.app = id->app;
	/* A default is for people: any application of a tenant gets tokens. */
	if (id->app != NULL)
		s.default_role = NULL;
	r = access_groups_parse(id->groups_doc, &groups);
	if (r == RG_OK)
		s.groups = &groups;
	else if (r != RG_E_NOT_FOUND)
		return RG_E_STORE_CORRUPT;
	s.grants = id->grants;
	s.grant_count = id->grant_count;
	s.now = now;
	s.explain = explain;
	return access_decide(g->policy, &s, &id->decision);
}

enum rg_err
gate_explain(struct gate *g, struct gate_identity *id,
    const struct gate_context *ctx, struct err *e)
{
	const struct provider *p = settings_provider(g->settings, id->provider);
	struct access_decision before = id->decision;
	enum rg_err r;

	if (p == NULL)
		return err_set(e, RG_E_PROVIDER_UNKNOWN, "%s", id->provider);
	memset(&id->decision, 0, sizeof(id->decision));
	if ((r = gate_decide(g, p, id, ctx->now, true)) != RG_OK) {
		access_decision_clear(&id->decision);
		id->decision = before;
		return err_set(e, r, "explaining");
	}
	access_decision_clear(&before);
	return RG_OK;
}

/* All that is read for an answer, in the open transaction; and the decision. */
static enum rg_err
find_and_decide(struct gate *g, const uint8_t hash[HASH_LEN],
    const struct gate_context *ctx, struct found *f, struct err *e)
{
	struct gate_identity *id = f->id;
	const struct provider *p;
	enum rg_err r;

	r = store_session_find(g->store, hash, ctx->now, take_session, f);
	if (r != RG_OK)
		return gate_store_err(g, r, "session", e);
	p = settings_provider(g->settings, id->provider);
	if (p == NULL || !provider_is_of(p, id->issuer, id->tenant))
		return err_set(e, RG_E_SESSION_NONE,
		    "provider %s is configured no longer, or its tenant may "
		    "not sign in any more",
		    id->provider);
	if ((r = gate_policy_within(g, e)) != RG_OK)
		return r;
	id->policy_version = access_policy_version(g->policy);
	if ((r = gate_grants_load(g, id->principal_id, &id->grants,
		 &id->grant_count)) != RG_OK ||
	    (r = gate_decide(g, p, id, ctx->now, false)) != RG_OK)
		return gate_store_err(g, r, "deciding", e);
	return RG_OK;
}

enum rg_err
gate_whoami(struct gate *g, const char *session, const struct gate_context *ctx,
    struct gate_identity *id, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct found f = {0};
	struct buf roles = BUF_INIT;
	uint8_t hash[HASH_LEN];

	memset(id, 0, sizeof(*id));
	err_clear(e);
	/* Only what random_token() can have made is looked up. */
	if (session == NULL || strlen(session) != RANDOM_TOKEN_LEN) {
		r = err_set(e, RG_E_SESSION_NONE, "no session cookie");
		goto out;
	}
	if ((r = hash_sha256(session, RANDOM_TOKEN_LEN, hash)) != RG_OK) {
		(void)err_set(e, r, "a session");
		goto out;
	}
	f.id = id;
	/* One transaction, one lock: and all of it at the same moment. */
	if ((r = store_begin_read(g->store)) != RG_OK) {
		(void)gate_store_err(g, r, "session", e);
		goto out;
	}
	r = find_and_decide(g, hash, ctx, &f, e);
	store_rollback(g->store);
	if (r != RG_OK)
		goto out;
	json_write_strings(&roles, id->decision.roles, id->decision.role_count);
	if (!buf_ok(&roles)) {
		r = err_set(e, RG_E_NOMEM, "deciding");
		goto out;
	}
	if (strcmp(buf_str(&roles), f.roles) != 0 &&
	    (r = record_change(g, hash, ctx, id, buf_str(&roles), e)) != RG_OK)
		goto out;
	touch(g, hash, &f, ctx->now);
	r = RG_OK;
out:
	buf_clear(&roles);
	free(f.roles);
	if (r != RG_OK)
		gate_identity_clear(id);
	return r;
}

void
gate_identity_clear(struct gate_identity *id)
{
	free(id->id);
	free(id->kind);
	free(id->provider);
	free(id->issuer);
	free(id->tenant);
	free(id->subject);
	free(id->name);
	free(id->username);
	free(id->email);
	free(id->session_id);
	free(id->app);
	free(id->client);
	access_decision_clear(&id->decision);
	gate_grants_clear(&id->grants, &id->grant_count);
	json_decref(id->claims);
	json_decref(id->groups_doc);
	memset(id, 0, sizeof(*id));
}

enum rg_err
gate_sign_out(struct gate *g, const char *session,
    const struct gate_context *ctx, struct buf *location, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct gate_identity id = {0};
	const struct provider *p;
	struct buf back = BUF_INIT;
	const char *hint;
	uint8_t hash[HASH_LEN];

	if ((r = gate_whoami(g, session, ctx, &id, e)) != RG_OK)
		goto out;
	if ((r = hash_sha256(session, RANDOM_TOKEN_LEN, hash)) == RG_OK &&
	    (r = store_begin(g->store)) == RG_OK &&
	    (r = store_session_remove(g->store, hash)) == RG_OK)
		r = gate_audit(g, ctx, "sign_out", id.id, id.id,
		    json_pack("{s:s}", "session", id.session_id));
	if ((r = gate_commit(g, r, "signing out", e)) != RG_OK)
		goto out;
	log_info("sign_out", "subject=%s", id.id);
	p = settings_provider(g->settings, id.provider);
	buf_printf(&back, "%s/signed-out", g->settings->public_url);
	/* Entra makes this claim to be the hint; a name may be stale. */
	hint = json_str(id.claims, "login_hint");
	if (hint == NULL || !text_is_line(hint, LOGOUT_HINT_MAX))
		hint = id.username[0] == '\0' ? NULL : id.username;
	/* Without the endpoint the local sign-out is all there is. */
	if (oidc_logout_url(
		g->oidc, p, buf_str(&back), hint, ctx->now, location) != RG_OK)
		buf_reset(location);
	r = RG_OK;
out:
	buf_clear(&back);
	gate_identity_clear(&id);
	return r;
}
