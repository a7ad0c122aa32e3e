/* SPDX-License-Identifier: ISC */
/* How a sign-in ends, on record: with a session, or refused. */
#include "gate_internal.h"
#include "gate_person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "store/admin.h"
#include "store/refresh.h"

#define CLAIMS_MAX (48 * 1024)
#define SID_MAX 200
#define PUBLIC_ID_LEN 22 /* 110 bits */

/*
 * Claims of the protocol, or opaque ones ("aio", "rh": Microsoft says to
 * ignore them), which no mapping has a use for. The others are kept, so that
 * a mapping made later counts for those who are signed in.
 */
static const char *const not_kept[] = {"iss", "aud", "azp", "exp", "nbf", "iat",
    "nonce", "at_hash", "c_hash", "s_hash", "sid", "jti", "uti", "aio", "rh",
    "_claim_sources"};

struct sign_in {
	struct gate_person person;
	struct principal_row principal; /* the same, with what is recorded */
	char *claims_text;
	char *groups_text;
	char *known_text; /* groups, for a sign-in that can't learn them */
	char *roles_text;
	char *old_roles;
	char *nonce; /* copied before the claims are thinned out */
};

/* A decision and the grants that it borrows. */
struct decided {
	struct access_decision decision;
	struct access_grant *grants;
	size_t grant_count;
};

static void
sign_in_clear(struct sign_in *s)
{
	gate_person_clear(&s->person);
	free(s->claims_text);
	free(s->groups_text);
	free(s->known_text);
	free(s->roles_text);
	free(s->old_roles);
	free(s->nonce);
}

/* Who it is, and what is kept of the claims. */
static enum rg_err
make_principal(const struct provider *p, json_t *claims, int64_t now,
    struct sign_in *s, struct err *e)
{
	enum rg_err r;
	size_t i;

	if ((r = gate_person_of(p, claims, false, &s->person, e)) != RG_OK)
		return r;
	s->principal = s->person.row;
	s->principal.first_seen = s->principal.last_seen = now;
	for (i = 0; i < sizeof(not_kept) / sizeof(not_kept[0]); i++)
		(void)json_object_del(claims, not_kept[i]);
	if ((s->claims_text = gate_json_text(claims)) == NULL)
		return err_set(e, RG_E_NOMEM, "signing in");
	if (strlen(s->claims_text) > CLAIMS_MAX)
		return err_set(e, RG_E_CLAIMS_SIZE, "%zu bytes of claims",
		    strlen(s->claims_text));
	return RG_OK;
}

/* sign_in.ok, and roles.changed when they are not what they were. */
static enum rg_err
audit_sign_in(struct gate *g, const struct gate_context *ctx,
    const struct gate_groups *groups, const struct sign_in *s,
    const struct session_row *row, const struct access_decision *d)
{
	enum rg_err r;
	json_t *roles = json_strings(d->roles, d->role_count), *old = NULL;
	json_t *detail = json_pack("{s:s, s:s, s:O?, s:s, s:s, s:s*}",
	    "provider", row->principal.provider, "session", row->public_id,
	    "roles", roles, "groups", groups_state_name(d->groups_state),
	    "groups_source", d->groups_source, "groups_reason",
	    d->groups_reason);

	if (detail != NULL && d->groups_state == GROUPS_STALE)
		(void)json_object_set_new(detail, "groups_as_of",
		    json_integer((json_int_t)d->groups_as_of));
	if (detail != NULL && groups->error != RG_OK)
		(void)json_object_set_new(detail, "groups_error",
		    json_string(err_name(groups->error)));
	r = gate_audit(
	    g, ctx, "sign_in.ok", s->person.id, s->person.id, detail);
	if (r == RG_OK && s->old_roles != NULL &&
	    strcmp(s->old_roles, s->roles_text) != 0) {
		old = json_loads(s->old_roles, 0, NULL);
		r = gate_audit(g, ctx, "roles.changed", s->person.id,
		    s->person.id,
		    json_pack("{s:o?, s:O?, s:s}", "old", old, "new", roles,
			"cause", "sign_in"));
	}
	json_decref(roles);
	return r;
}

static enum rg_err
end_session(struct gate *g, const uint8_t hash[HASH_LEN])
{
	enum rg_err r = store_session_remove(g->store, hash);

	return r == RG_E_SESSION_NONE ? RG_OK : r;
}

/* Asked where the session is made, so that nobody slips in meanwhile. */
static enum rg_err
refuse_disabled(struct gate *g, int64_t principal, struct err *e)
{
	bool disabled;
	enum rg_err r;

	r = store_principal_is_disabled(g->store, principal, &disabled);
	if (r != RG_OK)
		return gate_store_err(g, r, "recording the sign-in", e);
	return disabled
		   ? err_set(e, RG_E_DISABLED, "%s", err_text(RG_E_DISABLED))
		   : RG_OK;
}

static enum rg_err
keep_refresh_token(struct gate *g, const struct gate_context *ctx,
    const struct gate_answer *a, const struct sign_in *s,
    const uint8_t session[HASH_LEN], int64_t ends_at)
{
	struct gate_renewal renewal = {.nonce = s->nonce, .ends_at = ends_at};

	if (a->refresh_token == NULL)
		return RG_OK;
	memcpy(renewal.session, session, HASH_LEN);
	return gate_refresh_keep(
	    g, a->provider, &renewal, a->refresh_token, ctx->now);
}

/* The same for a session that goes on with other claims. */
static enum rg_err
renew_all(struct gate *g, const struct gate_context *ctx,
    const struct gate_answer *a, struct sign_in *s, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	const struct gate_renewal *old = a->renewal;
	struct session_row row = {0};
	int64_t principal;

	memcpy(row.hash, old->session, HASH_LEN);
	row.claims = s->claims_text;
	row.groups = s->groups_text;
	row.roles = s->roles_text;
	row.expires_at = gate_claims_end(a->provider, ctx->now, old->ends_at);
	if ((r = store_begin(g->store)) != RG_OK ||
	    (r = store_principal_put(g->store, &s->principal, &principal,
		 &s->old_roles)) != RG_OK ||
	    (r = refuse_disabled(g, principal, e)) != RG_OK ||
	    (r = store_session_renew(g->store, &row, ctx->now)) != RG_OK)
		goto out;
	if (a->refresh_token != NULL &&
	    (r = gate_refresh_keep(
		 g, a->provider, old, a->refresh_token, ctx->now)) != RG_OK)
		goto out;
	if (strcmp(old->roles, s->roles_text) != 0 &&
	    (r = gate_audit(g, ctx, "roles.changed", "", s->person.id,
		 json_pack("{s:o?, s:o?, s:s, s:s}", "old",
		     json_loads(old->roles, 0, NULL), "new",
		     json_loads(s->roles_text, 0, NULL), "cause", "refresh",
		     "session", old->public_id))) != RG_OK)
		goto out;
	r = gate_try_commit(g);
out:
	if (r != RG_OK) {
		if (r != RG_E_DISABLED)
			(void)gate_store_err(g, r, "renewing a session", e);
		gate_rollback(g);
	}
	return r;
}

/* The one transaction: principal, session, audit. */
static enum rg_err
write_all(struct gate *g, const struct gate_context *ctx,
    const struct gate_answer *a, struct sign_in *s, const char *sid,
    const struct access_decision *d, struct gate_signed_in *out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	const struct settings *set = g->settings;
	struct session_row row = {0};
	uint8_t old[HASH_LEN];
	char public_id[PUBLIC_ID_LEN + 1];
	int64_t ends_at;

	random_token(out->session);
	random_name(public_id, PUBLIC_ID_LEN);
	row.public_id = public_id;
	row.principal = s->principal;
	row.provider_sid = sid;
	row.claims = s->claims_text;
	row.groups = s->groups_text;
	row.roles = s->roles_text;
	row.issued_at = row.last_used = ctx->now;
	row.idle_seconds = set->session_idle;
	ends_at = clock_add(ctx->now, set->session_lifetime);
	row.expires_at = gate_claims_end(a->provider, ctx->now, ends_at);
	if ((r = hash_sha256(out->session, RANDOM_TOKEN_LEN, row.hash)) !=
		RG_OK ||
	    (r = store_begin(g->store)) != RG_OK ||
	    (r = store_principal_put(g->store, &s->principal, &row.principal.id,
		 &s->old_roles)) != RG_OK ||
	    (r = refuse_disabled(g, row.principal.id, e)) != RG_OK ||
	    (r = store_session_add(g->store, &row)) != RG_OK ||
	    (r = keep_refresh_token(g, ctx, a, s, row.hash, ends_at)) != RG_OK)
		goto out;
	/* The session that this browser had before ends. */
	if ((r = end_session(g, a->begun_with)) != RG_OK ||
	    (a->session != NULL && ((r = hash_sha256(a->session,
					 strlen(a->session), old)) != RG_OK ||
				       (r = end_session(g, old)) != RG_OK)))
		goto out;
	out->principal_id = row.principal.id;
	if ((r = audit_sign_in(g, ctx, a->groups, s, &row, d)) != RG_OK ||
	    (r = gate_try_commit(g)) != RG_OK)
		goto out;
	r = RG_OK;
out:
	if (r != RG_OK) {
		if (r != RG_E_DISABLED)
			(void)gate_store_err(g, r, "recording the sign-in", e);
		gate_rollback(g);
		explicit_bzero(out->session, sizeof(out->session));
	}
	return r;
}

/* For the session {} when the claims tell the groups. */
static enum rg_err
make_groups(struct gate *g, const struct gate_context *ctx,
    const struct gate_answer *a, struct sign_in *s)
{
	json_t *doc, *known;
	enum rg_err r;

	r = gate_groups_fall_back(
	    g, a->provider, &s->principal, ctx->now, a->groups);
	if (r != RG_OK)
		return r;
	doc = a->groups->told ? json_object()
			      : access_groups_json(&a->groups->view);
	known = gate_groups_known(a->groups, ctx->now);
	s->groups_text = gate_json_text(doc);
	s->known_text = gate_json_text(known);
	json_decref(doc);
	json_decref(known);
	return s->groups_text == NULL || s->known_text == NULL ? RG_E_NOMEM
							       : RG_OK;
}

/* The decision of this moment, with the grants of who is known already. */
static enum rg_err
decide(struct gate *g, const struct gate_context *ctx,
    const struct gate_answer *a, const struct sign_in *s, struct decided *out)
{
	enum rg_err r;
	const struct principal_row *p = &s->principal;
	struct access_subject subject;
	int64_t id;

	r = store_principal_find(
	    g->store, p->provider, p->issuer, p->tenant, p->subject, &id);
	if (r == RG_OK)
		r = gate_grants_load(g, id, &out->grants, &out->grant_count);
	if (r != RG_OK && r != RG_E_NOT_FOUND)
		return r;
	gate_subject_init(&subject, a->provider);
	subject.tenant = p->tenant;
	subject.claims = a->claims;
	subject.groups = a->groups->told ? NULL : &a->groups->view;
	subject.grants = out->grants;
	subject.grant_count = out->grant_count;
	subject.now = ctx->now;
	return access_decide(g->policy, &subject, &out->decision);
}

enum rg_err
gate_record(struct gate *g, const struct gate_context *ctx,
    const struct gate_answer *a, struct gate_signed_in *out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct sign_in s = {0};
	struct decided d = {0};
	json_t *roles = NULL;
	char sid[256] = "";

	/* One that is not fit to be compared names no session. */
	if (json_str(a->claims, "sid") != NULL &&
	    text_is_line(json_str(a->claims, "sid"), SID_MAX))
		(void)snprintf(
		    sid, sizeof(sid), "%s", json_str(a->claims, "sid"));
	if (json_str(a->claims, "nonce") != NULL)
		s.nonce = strdup(json_str(a->claims, "nonce"));
	if ((r = make_principal(a->provider, a->claims, ctx->now, &s, e)) !=
		RG_OK ||
	    (r = gate_policy(g, e)) != RG_OK)
		goto out;
	if ((r = make_groups(g, ctx, a, &s)) != RG_OK ||
	    (r = decide(g, ctx, a, &s, &d)) != RG_OK) {
		(void)gate_store_err(g, r, "signing in", e);
		goto out;
	}
	roles = json_strings(d.decision.roles, d.decision.role_count);
	if ((s.roles_text = gate_json_text(roles)) == NULL) {
		r = err_set(e, RG_E_NOMEM, "signing in");
		goto out;
	}
	s.principal.roles = s.roles_text;
	s.principal.claims = s.claims_text;
	s.principal.groups = s.known_text;
	if (a->renewal != NULL)
		r = renew_all(g, ctx, a, &s, e);
	else
		r = write_all(g, ctx, a, &s, sid, &d.decision, out, e);
	if (r != RG_OK)
		goto out;
	out->has_role = d.decision.role_count > 0;
	gate_count(g, a->renewal == NULL ? "sign_in.ok" : "refresh.ok",
	    a->provider->name, ctx->now);
	if (d.decision.groups_state != GROUPS_COMPLETE)
		gate_count(g,
		    d.decision.groups_state == GROUPS_STALE ? "groups.stale"
							    : "groups.unknown",
		    d.decision.groups_reason == NULL ? "none"
						     : d.decision.groups_reason,
		    ctx->now);
	log_info(a->renewal == NULL ? "sign_in.ok" : "refresh.ok",
	    "subject=%s roles=%s", s.person.id, s.roles_text);
	r = RG_OK;
out:
	json_decref(roles);
	access_decision_clear(&d.decision);
	gate_grants_clear(&d.grants, &d.grant_count);
	sign_in_clear(&s);
	return r;
}
