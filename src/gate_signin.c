/* SPDX-License-Identifier: ISC */
#include "gate_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "oidc/login.h"

#define CLAIMS_MAX (48 * 1024)
#define DISPLAY_MAX 200
#define SWEEP_STEP 50
#define PUBLIC_ID_LEN 22 /* 110 bits */

/*
 * Claims of the protocol, or opaque ones ("aio", "rh": Microsoft says to
 * ignore them), which no mapping has a use for. The others are kept, so that
 * a mapping made later counts for those who are signed in.
 */
static const char *const not_kept[] = {"iss", "aud", "azp", "exp", "nbf", "iat",
    "nonce", "at_hash", "c_hash", "s_hash", "auth_time", "sid", "jti", "uti",
    "aio", "rh", "_claim_sources"};

enum rg_err
gate_begin_sign_in(struct gate *g, const struct gate_begin *b,
    const struct gate_context *ctx, struct gate_login *out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct oidc_begin begin = {0};
	struct buf redirect_uri = BUF_INIT;
	struct login l = {0};
	char nonce[RANDOM_TOKEN_LEN + 1], verifier[RANDOM_TOKEN_LEN + 1];
	bool wait;

	memset(out, 0, sizeof(*out));
	if ((r = login_new(&l, b->provider->name, b->return_to, b->session,
		 ctx->now)) != RG_OK)
		goto out;
	login_derive(&l, LOGIN_STATE, out->state);
	login_derive(&l, LOGIN_NONCE, nonce);
	login_derive(&l, LOGIN_VERIFIER, verifier);
	buf_printf(&redirect_uri, "%s/callback", g->settings->public_url);
	begin.redirect_uri = buf_str(&redirect_uri);
	begin.state = out->state;
	begin.nonce = nonce;
	begin.code_verifier = verifier;
	begin.login_hint = b->login_hint;
	begin.domain_hint = b->domain_hint;
	begin.prompt = b->prompt;
	/*
	 * Only who has to fetch discovery waits for the provider: beginning a
	 * sign-in must go on while others wait.
	 */
	wait = oidc_ready(g->oidc, b->provider, ctx->now, e) != RG_OK;
	if (wait && (r = slots_take(g->slots)) != RG_OK) {
		(void)err_set(e, r, "all %d sign_in_workers wait",
		    g->settings->sign_in_workers);
		goto out;
	}
	r = oidc_begin(
	    g->oidc, b->provider, &begin, ctx->now, &out->location, e);
	if (wait)
		slots_give(g->slots);
	if (r != RG_OK)
		goto out;
	if ((r = login_seal(&l, g->keys, &out->cookie)) != RG_OK)
		goto out;
	r = RG_OK;
out:
	login_clear(&l);
	explicit_bzero(nonce, sizeof(nonce));
	explicit_bzero(verifier, sizeof(verifier));
	buf_clear(&redirect_uri);
	if (r != RG_OK) {
		gate_login_clear(out);
		e->code = r;
		/* That all are busy is no verdict about anybody. */
		if (r != RG_E_OVERLOADED)
			gate_refused(g, ctx, e);
	}
	return r;
}

void
gate_login_clear(struct gate_login *l)
{
	buf_clear(&l->cookie);
	buf_clear(&l->location);
	explicit_bzero(l->state, sizeof(l->state));
}

static bool
login_is_live(struct gate *g, const struct login *l, int64_t now)
{
	/* A clock that was set back makes it "from the future": too old. */
	return l->created <= clock_add(now, g->settings->clock_skew) &&
	       now < clock_add(l->created, g->settings->sign_in_time);
}

bool
gate_login_age(
    struct gate *g, const char *cookie, int64_t now, int64_t *created)
{
	struct login l;
	bool live;

	live = login_open(cookie, g->keys, &l) == RG_OK &&
	       login_is_live(g, &l, now);
	*created = l.created;
	login_clear(&l);
	return live;
}

/* The part before the provider is asked: whose sign-in is this, and is it? */
static enum rg_err
open_login(struct gate *g, const struct gate_callback *cb,
    const struct gate_context *ctx, struct login *l,
    const struct provider **provider, struct err *e)
{
	enum rg_err r;
	char state[RANDOM_TOKEN_LEN + 1];

	if (cb->state == NULL)
		return err_set(e, RG_E_STATE_MISSING, "no state parameter");
	if (cb->cookie == NULL || login_open(cb->cookie, g->keys, l) != RG_OK)
		return err_set(e, RG_E_STATE_UNKNOWN,
		    "no transaction cookie for this state");
	login_derive(l, LOGIN_STATE, state);
	if (!hash_equal_str(state, cb->state)) {
		login_clear(l);
		return err_set(e, RG_E_STATE_UNKNOWN,
		    "the transaction cookie is of another state");
	}
	if (!login_is_live(g, l, ctx->now))
		return err_set(e, RG_E_LOGIN_EXPIRED, "begun %lld s ago",
		    (long long)(ctx->now - l->created));
	*provider = settings_provider(g->settings, l->provider);
	if (*provider == NULL)
		return err_set(e, RG_E_PROVIDER_UNKNOWN,
		    "%s is no longer configured", l->provider);
	if ((r = store_login_check(g->store, cb->state)) != RG_OK)
		return gate_store_err(g, r, "this sign-in", e);
	return RG_OK;
}

/*
 * From here on this sign-in has been answered, whatever comes of it: a state
 * is good for one request to the provider, so that one cookie can't be used to
 * try codes there, and of many that race one goes on.
 */
static enum rg_err
spend(struct gate *g, const struct gate_callback *cb,
    const struct gate_context *ctx, struct err *e)
{
	enum rg_err r;
	int64_t forget_at = clock_add(ctx->now, 2 * g->settings->sign_in_time);

	if ((r = store_begin(g->store)) == RG_OK &&
	    (r = store_login_spend(g->store, cb->state, forget_at)) == RG_OK)
		r = store_commit(g->store);
	if (r != RG_OK) {
		(void)gate_store_err(g, r, "this sign-in", e);
		store_rollback(g->store);
	}
	return r;
}

/* An error code as RFC 6749 4.1.2.1 allows it, or "?". */
static const char *
safe_code(const char *code)
{
	return text_is_name(code, "_-.", 64) ? code : "?";
}

static enum rg_err
ask_provider(struct gate *g, const struct gate_callback *cb,
    const struct gate_context *ctx, const struct login *l,
    const struct provider *p, json_t **claims, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct oidc_finish finish = {0};
	struct buf redirect_uri = BUF_INIT;
	char nonce[RANDOM_TOKEN_LEN + 1], verifier[RANDOM_TOKEN_LEN + 1];

	if ((r = slots_take(g->slots)) != RG_OK)
		return err_set(e, r, "all %d sign_in_workers wait",
		    g->settings->sign_in_workers);
	login_derive(l, LOGIN_NONCE, nonce);
	login_derive(l, LOGIN_VERIFIER, verifier);
	buf_printf(&redirect_uri, "%s/callback", g->settings->public_url);
	finish.code = cb->code;
	finish.iss = cb->iss;
	finish.redirect_uri = buf_str(&redirect_uri);
	finish.nonce = nonce;
	finish.code_verifier = verifier;
	finish.skew = g->settings->clock_skew;
	if ((r = spend(g, cb, ctx, e)) != RG_OK)
		goto out;
	/* Errors, too, must come from the issuer that was asked. */
	r = oidc_check_iss(g->oidc, p, cb->iss, ctx->now, e);
	if (r != RG_OK)
		goto out;
	if (cb->error != NULL) {
		r = err_set(e, RG_E_PROVIDER_ERROR, "%s", safe_code(cb->error));
		goto out;
	}
	r = oidc_finish(g->oidc, p, &finish, ctx->now, claims, e);
out:
	slots_give(g->slots);
	explicit_bzero(nonce, sizeof(nonce));
	explicit_bzero(verifier, sizeof(verifier));
	buf_clear(&redirect_uri);
	return r;
}

/* A display claim, or "" when it is absent or not fit to be shown. */
static const char *
display(const json_t *claims, const char *name)
{
	const char *s = json_str(claims, name);

	return s != NULL && text_is_line(s, DISPLAY_MAX) ? s : "";
}

struct sign_in {
	struct principal_row principal;
	char subject[256];
	char *claims_text;
	char *roles_text;
	char *old_roles;
	char *subject_id;
};

static void
sign_in_clear(struct sign_in *s)
{
	free(s->claims_text);
	free(s->roles_text);
	free(s->old_roles);
	free(s->subject_id);
}

/* Fills the row from verified claims: identity is (tid, oid) or sub. */
static enum rg_err
make_principal(const struct provider *p, json_t *claims, int64_t now,
    struct sign_in *s, struct err *e)
{
	struct principal_row *row = &s->principal;
	const char *id;
	size_t i;

	row->provider = p->name;
	row->issuer = p->issuer;
	row->tenant = p->tenant == NULL ? "" : p->tenant;
	row->kind = "user";
	row->name = display(claims, "name");
	row->username = display(claims, "preferred_username");
	row->email = display(claims, "email");
	row->first_seen = row->last_seen = now;
	id = json_str(claims, p->type == PROVIDER_ENTRA ? "oid" : "sub");
	if (id == NULL || strlen(id) >= sizeof(s->subject))
		return err_set(e, RG_E_SUB, "no usable subject");
	(void)snprintf(s->subject, sizeof(s->subject), "%s", id);
	if (p->type == PROVIDER_ENTRA)
		text_lower(s->subject);
	row->subject = s->subject;
	if ((s->subject_id = gate_subject_id(row)) == NULL)
		return err_set(e, RG_E_NOMEM, "signing in");
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
    const struct sign_in *s, const struct session_row *row,
    const struct access_decision *d)
{
	enum rg_err r;
	json_t *roles = gate_roles_json(d), *old = NULL;

	r = gate_audit(g, ctx, "sign_in.ok", s->subject_id, s->subject_id,
	    json_pack("{s:s, s:s, s:O?, s:s, s:s*}", "provider",
		row->principal.provider, "session", row->public_id, "roles",
		roles, "groups",
		d->groups_state == GROUPS_COMPLETE ? "complete" : "unknown",
		"groups_reason", d->groups_reason));
	if (r == RG_OK && s->old_roles != NULL &&
	    strcmp(s->old_roles, s->roles_text) != 0) {
		old = json_loads(s->old_roles, 0, NULL);
		r = gate_audit(g, ctx, "roles.changed", s->subject_id,
		    s->subject_id,
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

/* The one transaction: principal, session, audit. */
static enum rg_err
record(struct gate *g, const struct gate_callback *cb,
    const struct gate_context *ctx, const struct login *l, struct sign_in *s,
    const char *sid, const struct access_decision *d,
    struct gate_signed_in *out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	const struct settings *set = g->settings;
	struct session_row row = {0};
	uint8_t old[HASH_LEN];
	char public_id[PUBLIC_ID_LEN + 1];

	random_token(out->session);
	random_name(public_id, PUBLIC_ID_LEN);
	hash_sha256(out->session, RANDOM_TOKEN_LEN, row.hash);
	row.public_id = public_id;
	row.principal = s->principal;
	row.provider_sid = sid;
	row.claims = s->claims_text;
	row.roles = s->roles_text;
	row.issued_at = row.last_used = ctx->now;
	row.idle_seconds = set->session_idle;
	row.expires_at = clock_add(ctx->now, set->session_lifetime);
	if ((r = store_begin(g->store)) != RG_OK ||
	    (r = store_principal_put(g->store, &s->principal, &row.principal.id,
		 &s->old_roles)) != RG_OK ||
	    (r = store_session_add(g->store, &row)) != RG_OK)
		goto out;
	/* The session that this browser had before ends. */
	if (cb->session != NULL)
		hash_sha256(cb->session, strlen(cb->session), old);
	if ((r = end_session(g, l->session)) != RG_OK ||
	    (cb->session != NULL && (r = end_session(g, old)) != RG_OK))
		goto out;
	if ((r = audit_sign_in(g, ctx, s, &row, d)) != RG_OK ||
	    (r = store_commit(g->store)) != RG_OK)
		goto out;
	r = RG_OK;
out:
	if (r != RG_OK) {
		(void)gate_store_err(g, r, "recording the sign-in", e);
		store_rollback(g->store);
		explicit_bzero(out->session, sizeof(out->session));
	}
	return r;
}

static enum rg_err
finish(struct gate *g, const struct gate_callback *cb,
    const struct gate_context *ctx, struct login *l, struct gate_signed_in *out,
    struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	const struct provider *p = NULL;
	struct sign_in s = {0};
	struct access_decision d = {0};
	json_t *claims = NULL, *roles = NULL;
	char sid[256];

	r = open_login(g, cb, ctx, l, &p, e);
	if (l->return_to[0] != '\0' &&
	    (out->return_to = strdup(l->return_to)) == NULL)
		r = err_set(e, RG_E_NOMEM, "signing in");
	if (r != RG_OK)
		goto out;
	assert(p != NULL);
	if ((cb->code == NULL) == (cb->error == NULL)) {
		r = err_set(e, RG_E_CODE_MISSING, "%s code and error",
		    cb->code == NULL ? "no" : "both");
		goto out;
	}
	if ((r = ask_provider(g, cb, ctx, l, p, &claims, e)) != RG_OK)
		goto out;
	(void)snprintf(sid, sizeof(sid), "%s", display(claims, "sid"));
	if ((r = make_principal(p, claims, ctx->now, &s, e)) != RG_OK ||
	    (r = gate_policy(g, e)) != RG_OK)
		goto out;
	r = gate_decide(g, p, s.principal.tenant, claims, ctx->now, &d);
	if (r != RG_OK || (roles = gate_roles_json(&d)) == NULL ||
	    (s.roles_text = gate_json_text(roles)) == NULL) {
		r = err_set(e, RG_E_NOMEM, "signing in");
		goto out;
	}
	s.principal.roles = s.roles_text;
	if ((r = record(g, cb, ctx, l, &s, sid, &d, out, e)) != RG_OK)
		goto out;
	out->has_role = d.role_count > 0;
	log_info(
	    "sign_in.ok", "subject=%s roles=%s", s.subject_id, s.roles_text);
	r = RG_OK;
out:
	json_decref(roles);
	json_decref(claims);
	access_decision_clear(&d);
	sign_in_clear(&s);
	return r;
}

enum rg_err
gate_finish_sign_in(struct gate *g, const struct gate_callback *cb,
    const struct gate_context *ctx, struct gate_signed_in *out, struct err *e)
{
	enum rg_err r;
	struct login l = {0};
	int64_t removed = 0;

	memset(out, 0, sizeof(*out));
	err_clear(e);
	r = finish(g, cb, ctx, &l, out, e);
	login_clear(&l);
	if (r != RG_OK) {
		e->code = r;
		gate_refused(g, ctx, e);
		return r;
	}
	/* Small steps, after the answer is certain; failing is harmless. */
	(void)store_sweep(g->store, ctx->now, SWEEP_STEP, &removed);
	return RG_OK;
}

void
gate_signed_in_clear(struct gate_signed_in *s)
{
	explicit_bzero(s->session, sizeof(s->session));
	free(s->return_to);
	s->return_to = NULL;
}

/*
 * Anyone can cause refusals, and they must not fill the disk: a minute has
 * room for so many rows; the others are counted and the next row says so.
 */
static bool
may_write_refusal(struct gate *g, int64_t now)
{
	int64_t count = 0;

	if (store_audit_count(
		g->store, "sign_in.refused", now - 59, now, &count) != RG_OK)
		return false;
	return count < g->settings->audit_refusals;
}

void
gate_refused(
    struct gate *g, const struct gate_context *ctx, const struct err *why)
{
	enum rg_err r;
	json_t *detail;

	log_info("sign_in.refused", "error=%s client=%s detail=%s",
	    err_name(why->code), ctx->client, log_quote(why->detail));
	if (!may_write_refusal(g, ctx->now)) {
		g->suppressed++;
		return;
	}
	detail = json_pack(
	    "{s:s, s:s}", "error", err_name(why->code), "detail", why->detail);
	if (detail == NULL) /* not UTF-8: what a peer sent stays out */
		detail = json_pack("{s:s}", "error", err_name(why->code));
	if (g->suppressed > 0)
		(void)json_object_set_new(
		    detail, "suppressed_before", json_integer(g->suppressed));
	if ((r = store_begin(g->store)) == RG_OK)
		r = gate_audit(g, ctx, "sign_in.refused", "", "", detail);
	else
		json_decref(detail);
	if (r == RG_OK)
		r = store_commit(g->store);
	if (r != RG_OK) {
		store_rollback(g->store);
		g->suppressed++;
		log_error("audit.lost", "event=sign_in.refused error=%s",
		    err_name(r));
		return;
	}
	g->suppressed = 0;
}
