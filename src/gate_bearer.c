/* SPDX-License-Identifier: ISC */
/* Who brings an access token: RFC 6750, RFC 9068. */
#include "gate_internal.h"
#include "gate_person.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "oidc/bearer.h"
#include "store/principal.h"

#define GROUPS_FRESH 300 /* seconds that an answer of Graph is good */
#define GROUPS_AGAIN 30	 /* and that none was had */

/* ---- the token
 * --------------------------------------------------------------- */

/*
 * Verifies; fetches keys where that could help, while holding one of the slots
 * that keep /whoami from waiting for providers.
 */
static enum rg_err
verify_with_keys(struct gate *g, const struct provider *p,
    const struct jws *token, int64_t now, struct access_token *out,
    struct err *e)
{
	const int64_t skew = g->settings->clock_skew;
	enum rg_err r;
	bool changed;

	r = bearer_verify(g->oidc, p, token, now, skew, out, e);
	if (!bearer_should_fetch(g->oidc, p, r, now))
		return r;
	if (slots_take(g->slots) != RG_OK)
		return r == RG_OK
			   ? r
			   : err_set(e, RG_E_OVERLOADED,
				 "%s, and no slot to fetch keys", err_name(r));
	changed = bearer_fetch(g->oidc, p, now);
	slots_give(g->slots);
	if (!changed)
		return r;
	/* Also a token that was good: its key may have been withdrawn. */
	access_token_clear(out);
	err_clear(e);
	return bearer_verify(g->oidc, p, token, now, skew, out, e);
}

/* A verdict is good for the keys it was made with, while they are not old. */
static bool
still_good(struct gate *g, const struct verdict *v, int64_t now)
{
	uint8_t keys[HASH_LEN];

	return bearer_keys(g->oidc, v->provider, now, keys) &&
	       memcmp(keys, v->keys, sizeof(keys)) == 0 &&
	       !bearer_should_fetch(g->oidc, v->provider, RG_OK, now);
}

/* Everything about a token that is not known yet; on RG_OK a new reference. */
static enum rg_err
verify_fresh(struct gate *g, const char *token, size_t len, int64_t now,
    struct verdict *out, struct err *e)
{
	const struct settings *s = g->settings;
	struct jws *t = NULL;
	enum rg_err r;

	if ((r = access_token_open(token, len, &t, e)) == RG_OK &&
	    (r = access_token_provider(s->providers, s->provider_count, t,
		 &out->provider, e)) == RG_OK)
		r = verify_with_keys(g, out->provider, t, now, &out->token, e);
	jws_free(&t);
	return r;
}

/* On RG_OK *out holds references, and `hash` is the token's. */
static enum rg_err
verify(struct gate *g, const char *token, int64_t now,
    uint8_t hash[static HASH_LEN], struct verdict *out, struct err *e)
{
	const size_t len = strlen(token);
	const struct verdict *known;
	enum rg_err r;

	memset(out, 0, sizeof(*out));
	if (len > ACCESS_TOKEN_MAX)
		return err_set(e, RG_E_TOKEN_SIZE, "%zu bytes", len);
	if ((r = hash_sha256(token, len, hash)) != RG_OK)
		return err_set(e, r, "a bearer token");
	known = verdicts_find(g->verdicts, hash, now);
	if (known != NULL && still_good(g, known, now)) {
		*out = *known;
		json_incref(out->token.claims);
		json_incref(out->groups);
		return RG_OK;
	}
	if (known != NULL)
		verdicts_drop(g->verdicts, hash);
	r = verify_fresh(g, token, len, now, out, e);
	/* What userinfo would tell of them, an access token need not have: a
	 * mapping that denies by it must not be passed by for that. */
	if (r == RG_OK && !out->token.app &&
	    out->provider->claims_from == CLAIMS_FROM_USERINFO &&
	    (r = access_claims_set_missing(out->token.claims)) != RG_OK)
		(void)err_set(e, r, "a bearer token");
	if (r == RG_OK && bearer_keys(g->oidc, out->provider, now, out->keys))
		verdicts_put(g->verdicts, hash, out, len, now);
	return r;
}

/* Our own trouble stays what it is; all else is the token's. */
static enum rg_err
refusal(enum rg_err r)
{
	switch (r) {
	case RG_E_SCOPE:
	case RG_E_OVERLOADED:
	case RG_E_JWKS_EMPTY:
	case RG_E_NOMEM:
	case RG_E_INTERNAL:
		return r;
	default:
		return RG_E_TOKEN_REFUSED;
	}
}

/* ---- who it is
 * --------------------------------------------------------------- */

/*
 * More groups than a token carries: Graph is asked, if that needs nobody's
 * token but our own. For a few minutes it is not asked again about this token,
 * unless the policy has other mappings. Like a fetch of keys, it needs a slot:
 * requests that only bring a session never wait for it. What it says is this
 * token's alone; a session of the same person has its own.
 */
static enum rg_err
ask_graph(struct gate *g, struct verdict *v,
    const uint8_t hash[static HASH_LEN], int64_t now, struct err *e)
{
	const struct gate_groups_question q = {
	    .provider = v->provider, .claims = v->token.claims, .now = now};
	struct gate_groups groups;
	enum rg_err r;
	int64_t version;

	if ((r = gate_policy(g, e)) != RG_OK)
		return r;
	version = access_policy_version(g->policy);
	if (v->groups != NULL && now < v->groups_until &&
	    now >= v->groups_until - GROUPS_FRESH &&
	    version == v->groups_policy)
		return RG_OK;
	json_decref(v->groups);
	v->groups = NULL;
	/* No time to ask is no answer: unknown, and the next request asks. */
	if (slots_take(g->slots) != RG_OK)
		return RG_OK;
	r = gate_groups_ask(g, &q, &groups);
	slots_give(g->slots);
	if (r == RG_OK &&
	    (v->groups = access_groups_json(&groups.view)) == NULL)
		r = RG_E_NOMEM;
	v->groups_until =
	    now + (groups.error == RG_OK ? GROUPS_FRESH : GROUPS_AGAIN);
	v->groups_policy = version;
	if (r == RG_OK)
		verdicts_put_groups(g->verdicts, hash, v);
	else
		(void)gate_store_err(g, r, "asking for groups", e);
	gate_groups_clear(&groups);
	return r;
}

/* The groups that the token tells: {}, or that it does not. */
static json_t *
groups_of(const struct verdict *v)
{
	const struct access_token *t = &v->token;
	struct access_groups groups;

	if (v->groups != NULL)
		return json_incref(v->groups);
	access_groups_from_claims(
	    t->claims, v->provider->groups_claim, &groups);
	if (groups.ids != NULL ||
	    (groups.state != GROUPS_COMPLETE &&
		strcmp(groups.reason, ACCESS_NO_USERINFO) != 0))
		return json_object();
	/*
	 * An ID token without the claim is one of somebody without groups. An
	 * access token has it only if the API asked for it, and that of an
	 * application never does.
	 */
	groups.state = GROUPS_UNKNOWN;
	groups.reason = t->app ? "application" : "not_in_token";
	return access_groups_json(&groups);
}

/* Whether Graph could tell the groups that this token could not carry. */
static bool
is_for_graph(const struct verdict *v)
{
	const struct provider *p = v->provider;
	struct access_groups groups;

	if (p->graph != GRAPH_APP || v->token.app)
		return false;
	access_groups_from_claims(v->token.claims, p->groups_claim, &groups);
	return groups.state == GROUPS_UNKNOWN && groups.reason != NULL &&
	       strcmp(groups.reason, "overage") == 0;
}

/* All but the decision, the grants and what the database knows. */
static enum rg_err
fill(struct gate_identity *id, const struct verdict *v,
    const struct gate_person *who)
{
	const struct access_token *t = &v->token;
	const struct principal_row *row = &who->row;

	id->via = "bearer";
	id->id = strdup(who->id);
	id->kind = strdup(row->kind);
	id->provider = strdup(row->provider);
	id->issuer = strdup(row->issuer);
	id->tenant = strdup(row->tenant);
	id->subject = strdup(row->subject);
	id->name = strdup(row->name);
	id->username = strdup(row->username);
	id->email = strdup(row->email);
	id->session_id = strdup("");
	id->client = strdup(t->client);
	if (t->app && (id->app = strdup(t->client)) == NULL)
		return RG_E_NOMEM;
	id->issued_at = t->issued_at;
	id->expires_at = t->expires_at;
	id->claims = json_incref(t->claims);
	id->groups_doc = groups_of(v);
	if (id->id == NULL || id->kind == NULL || id->provider == NULL ||
	    id->issuer == NULL || id->tenant == NULL || id->subject == NULL ||
	    id->name == NULL || id->username == NULL || id->email == NULL ||
	    id->session_id == NULL || id->client == NULL ||
	    id->groups_doc == NULL)
		return RG_E_NOMEM;
	return RG_OK;
}

/*
 * Recorded once, so that grants can be given to whoever never signs in, such
 * as applications, and so that they can be disabled. Strangers can't cause
 * this: the token is the provider's. A browser session that comes first wins.
 */
static enum rg_err
record_first(struct gate *g, const struct gate_context *ctx,
    const struct gate_person *who, struct gate_identity *id, struct err *e)
{
	struct principal_row row = who->row;
	json_t *roles =
	    json_strings(id->decision.roles, id->decision.role_count);
	char *text = gate_json_text(roles);
	enum rg_err r = RG_E_NOMEM;

	row.roles = text;
	row.claims = row.groups = "{}";
	row.first_seen = row.last_seen = ctx->now;
	if (text == NULL)
		goto out;
	if ((r = store_begin(g->store)) != RG_OK)
		goto out;
	r = store_principal_add(g->store, &row, &id->principal_id);
	if (r == RG_OK)
		r = gate_audit(g, ctx, "bearer.first_seen", id->id, id->id,
		    json_pack("{s:s, s:s, s:s, s:O?}", "provider", id->provider,
			"kind", id->kind, "client", id->client, "roles",
			roles));
	if (r == RG_OK)
		r = gate_try_commit(g);
out:
	if (r != RG_OK)
		gate_rollback(g);
	if (r == RG_E_EXISTS)
		r = RG_OK;
	if (r != RG_OK)
		(void)gate_store_err(g, r, "recording a principal", e);
	json_decref(roles);
	free(text);
	return r;
}

/*
 * What the database says about them, and then the roles; in the open
 * transaction. principal_id is 0 for somebody who is not on record.
 */
static enum rg_err
find_and_decide(struct gate *g, const struct provider *p, int64_t now,
    const struct gate_person *who, struct gate_identity *id, struct err *e)
{
	struct principal_state state = {0, false};
	enum rg_err r;

	r = store_principal_state(g->store, &who->row, &state);
	if (r != RG_OK && r != RG_E_NOT_FOUND)
		return gate_store_err(g, r, "principal", e);
	if (state.disabled) {
		(void)err_set(e, RG_E_DISABLED, "%s", id->id);
		return RG_E_TOKEN_REFUSED;
	}
	id->principal_id = state.id;
	if ((r = gate_policy_within(g, e)) != RG_OK)
		return r;
	id->policy_version = access_policy_version(g->policy);
	if (id->principal_id != 0)
		r = gate_grants_load(
		    g, state.id, &id->grants, &id->grant_count);
	if (r == RG_OK)
		r = gate_decide(g, p, id, now, false);
	return r == RG_OK ? r : gate_store_err(g, r, "deciding", e);
}

/* One transaction, one lock: and all of it at the same moment. */
static enum rg_err
judge(struct gate *g, const struct provider *p, const struct gate_context *ctx,
    const struct gate_person *who, struct gate_identity *id, struct err *e)
{
	enum rg_err r;

	if ((r = store_begin_read(g->store)) != RG_OK)
		return gate_store_err(g, r, "principal", e);
	r = find_and_decide(g, p, ctx->now, who, id, e);
	store_rollback(g->store);
	if (r != RG_OK || id->principal_id != 0)
		return r;
	return record_first(g, ctx, who, id, e);
}

enum rg_err
gate_bearer(struct gate *g, const char *token, const struct gate_context *ctx,
    struct gate_identity *id, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct gate_person who = {0};
	uint8_t hash[HASH_LEN];
	struct verdict v;

	memset(id, 0, sizeof(*id));
	err_clear(e);
	if ((r = verify(g, token, ctx->now, hash, &v, e)) != RG_OK ||
	    (r = gate_person_of(
		 v.provider, v.token.claims, v.token.app, &who, e)) != RG_OK) {
		r = refusal(r);
		goto out;
	}
	if (is_for_graph(&v) &&
	    (r = ask_graph(g, &v, hash, ctx->now, e)) != RG_OK)
		goto out;
	if ((r = fill(id, &v, &who)) != RG_OK) {
		(void)err_set(e, r, "a bearer token");
		goto out;
	}
	r = judge(g, v.provider, ctx, &who, id, e);
out:
	gate_person_clear(&who);
	access_token_clear(&v.token);
	json_decref(v.groups);
	if (r != RG_OK)
		gate_identity_clear(id);
	return r;
}
