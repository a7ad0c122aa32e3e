/* SPDX-License-Identifier: ISC */
/*
 * Claims of living sessions, renewed with a refresh token before they are too
 * old. Runs in a process of its own, never in one that answers requests. A
 * session whose claims can't be renewed in time ends: its expires_at is never
 * later than claims_max_age after its claims.
 */
#include "gate_person.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "store/refresh.h"

#define RETRY_SECONDS 30 /* after an attempt that came to nothing */

int64_t
gate_claims_end(const struct provider *p, int64_t now, int64_t ends_at)
{
	int64_t end = clock_add(now, p->claims_max_age);

	return p->refresh && end < ends_at ? end : ends_at;
}

static enum rg_err
keep(struct gate *g, const struct provider *p,
    const struct gate_renewal *session, const char *refresh_token,
    int64_t due_at)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf sealed = BUF_INIT;
	char *text = NULL;
	json_t *doc = json_pack(
	    "{s:s, s:s*}", "token", refresh_token, "nonce", session->nonce);

	if ((text = gate_json_text(doc)) == NULL) {
		r = RG_E_NOMEM;
		goto out;
	}
	r = seal(gate_keys(g), GATE_SEAL_REFRESH, text, strlen(text), &sealed);
	if (r == RG_E_TOO_LARGE) {
		log_warn("refresh.too_large", "provider=%s bytes=%zu", p->name,
		    strlen(text));
		r = RG_OK;
		goto out;
	}
	if (r != RG_OK)
		goto out;
	r = store_refresh_put(g->store, session->session, buf_str(&sealed),
	    due_at, session->ends_at);
out:
	json_decref(doc);
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
	buf_clear(&sealed);
	return r;
}

enum rg_err
gate_refresh_keep(struct gate *g, const struct provider *p,
    const struct gate_renewal *session, const char *refresh_token, int64_t now)
{
	/* At half the time: an outage as long as the other half is bridged. */
	return keep(g, p, session, refresh_token,
	    clock_add(now, p->claims_max_age / 2));
}

/* A session that is due, with copies of what its row says. */
struct due {
	struct refresh_row row;
	struct gate_renewal renewal;
	const struct provider *provider;
	const struct settings *settings;
	int64_t principal;
	char *public_id, *roles, *subject_id;
	json_t *claims; /* as they are on record */
	json_t *secret; /* {"token", "nonce"} */
};

static void
due_clear(struct due *d)
{
	const char *token = json_str(d->secret, "token");

	if (token != NULL)
		explicit_bzero((void *)(uintptr_t)token, strlen(token));
	json_decref(d->secret);
	json_decref(d->claims);
	free(d->row.sealed);
	free(d->public_id);
	free(d->roles);
	free(d->subject_id);
}

static enum rg_err
take_session(void *ctx, const struct session_row *row)
{
	struct due *d = ctx;

	d->provider = settings_provider(d->settings, row->principal.provider);
	/* A token of another issuer than today's is not for today's to see. */
	if (d->provider != NULL &&
	    !provider_is_of(
		d->provider, row->principal.issuer, row->principal.tenant))
		d->provider = NULL;
	d->principal = row->principal.id;
	d->public_id = strdup(row->public_id);
	d->roles = strdup(row->roles);
	d->subject_id = gate_subject_id(&row->principal);
	if (d->public_id == NULL || d->roles == NULL || d->subject_id == NULL)
		return RG_E_NOMEM;
	return json_load_strict(row->claims, strlen(row->claims), &d->claims);
}

static enum rg_err
open_secret(struct gate *g, struct due *d)
{
	struct buf text = BUF_INIT;
	enum rg_err r;

	r = gate_open_sealed(g, GATE_SEAL_REFRESH, d->row.sealed, &text);
	if (r == RG_OK)
		r = json_load_strict(buf_str(&text), text.len, &d->secret);
	if (r == RG_OK && json_str(d->secret, "token") == NULL)
		r = RG_E_SEAL;
	buf_clear(&text);
	return r;
}

/* OpenID Connect Core 1.0 section 12.2, and Entra's identity: none may change.
 */
static enum rg_err
check_same_person(const json_t *was, const json_t *is, struct err *e)
{
	static const char *const names[] = {"sub", "tid", "oid"};
	const json_t *a, *b;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		a = json_object_get(was, names[i]);
		b = json_object_get(is, names[i]);
		if (a == NULL && b == NULL)
			continue;
		if (a == NULL || b == NULL || !json_equal(a, b))
			return err_set(
			    e, RG_E_REFRESH_OTHER, "another %s", names[i]);
	}
	return RG_OK;
}

/*
 * Troubles of the network, of the provider, or of our own: the person has
 * nothing to do with them, and another attempt may succeed. Whatever else is
 * said about the token ends the session.
 */
static bool
may_pass(enum rg_err r)
{
	static const enum rg_err passing[] = {RG_E_INTERNAL, RG_E_NOMEM,
	    RG_E_FILE, RG_E_FILE_MODE, RG_E_SEAL, RG_E_OVERLOADED,
	    RG_E_KID_UNKNOWN, RG_E_JWKS_EMPTY, RG_E_JWK_DUPLICATE,
	    RG_E_JWK_FORMAT, RG_E_EXPIRED, RG_E_NOT_YET, RG_E_IAT_FUTURE,
	    RG_E_NET_URL, RG_E_NET_CONNECT, RG_E_NET_TLS, RG_E_NET_TIMEOUT,
	    RG_E_NET_SIZE, RG_E_NET_STATUS, RG_E_NET, RG_E_DISCOVERY,
	    RG_E_DISCOVERY_ISSUER, RG_E_TOKEN_RESPONSE, RG_E_ID_TOKEN_MISSING,
	    RG_E_CLIENT_AUTH, RG_E_CLIENT_ASSERTION, RG_E_CERT_EXPIRED,
	    RG_E_CERT_NOT_YET, RG_E_REGISTRATION, RG_E_PROVIDER_BUSY,
	    RG_E_PROVIDER_ERROR, RG_E_USERINFO, RG_E_STORE, RG_E_STORE_BUSY,
	    RG_E_STORE_FULL, RG_E_STORE_READONLY, RG_E_STORE_CORRUPT};
	size_t i;

	for (i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (passing[i] == r)
			return true;
	return false;
}

/*
 * Without an answer of userinfo. Half of the claims would take away what the
 * other half gives: another attempt, then. What is only shown is no reason to
 * end a session, nor to forget somebody's name: it stays as the person has it
 * now, which a sign-in elsewhere may have changed since this session began.
 */
static enum rg_err
make_do(struct gate *g, const struct due *d, enum rg_err userinfo,
    json_t *claims, struct err *e)
{
	if (userinfo == RG_OK)
		return RG_OK;
	if (d->provider->claims_from == CLAIMS_FROM_USERINFO)
		return err_set(e, userinfo, "the claims are incomplete");
	return gate_show_last_known(g, d->principal, claims, e);
}

static enum rg_err
end_session(struct gate *g, const struct gate_context *ctx, const struct due *d,
    const struct err *why)
{
	enum rg_err r;

	if ((r = store_begin(g->store)) == RG_OK &&
	    (r = store_session_remove(g->store, d->row.session)) == RG_OK)
		r = gate_audit(g, ctx, "session.ended", "", d->subject_id,
		    json_pack("{s:s, s:s, s:s}", "session", d->public_id,
			"cause", "refresh", "error", err_name(why->code)));
	return gate_commit(g, r, "ending a session", NULL);
}

/* Asks the provider and Graph; while they are asked, a slot is held. */
static enum rg_err
ask(struct gate *g, const struct gate_context *ctx, struct due *d,
    struct oidc_tokens *tokens, json_t **claims, struct gate_groups *groups,
    struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	const char *nonce = json_str(d->secret, "nonce");

	if ((r = slots_take(g->slots)) != RG_OK)
		return err_set(e, r, "%s", err_text(r));
	d->renewal.nonce = nonce;
	r = oidc_refresh(g->oidc, d->provider,
	    &(struct oidc_refresh){
		.refresh_token = json_str(d->secret, "token"),
		.nonce = nonce == NULL ? "" : nonce,
		.skew = g->settings->clock_skew,
	    },
	    ctx->now, tokens, claims, e);
	if (r != RG_OK ||
	    (r = check_same_person(d->claims, *claims, e)) != RG_OK)
		goto out;
	if ((r = make_do(g, d, tokens->userinfo, *claims, e)) != RG_OK)
		goto out;
	r = gate_groups_ask(g,
	    &(struct gate_groups_question){.provider = d->provider,
		.claims = *claims,
		.access_token = tokens->access_token,
		.background = true,
		.now = ctx->now},
	    groups);
	if (r != RG_OK)
		(void)err_set(e, r, "asking for the groups");
out:
	slots_give(g->slots);
	return r;
}

/*
 * Nothing could be renewed, but the token was used: where each can be used
 * once, only the one that came for it helps the next attempt.
 */
static enum rg_err
keep_for_retry(struct gate *g, const struct gate_context *ctx,
    const struct due *d, const char *token)
{
	enum rg_err r;

	if ((r = store_begin(g->store)) == RG_OK)
		r = keep(g, d->provider, &d->renewal, token,
		    clock_add(ctx->now, RETRY_SECONDS));
	return gate_commit(g, r, "keeping a token", NULL);
}

static enum rg_err
renew(struct gate *g, const struct gate_context *ctx, struct due *d)
{
	enum rg_err r = RG_E_INTERNAL;
	struct gate_groups groups = {.told = false};
	struct gate_signed_in out = {.return_to = NULL};
	struct oidc_tokens tokens = {.userinfo = RG_OK};
	struct err e = {RG_OK, ""};
	json_t *claims = NULL;
	const char *old = json_str(d->secret, "token");

	if ((r = ask(g, ctx, d, &tokens, &claims, &groups, &e)) == RG_OK)
		r = gate_record(g, ctx,
		    &(struct gate_answer){.provider = d->provider,
			.claims = claims,
			.groups = &groups,
			/* Without a new one the old one goes on. */
			.refresh_token = tokens.refresh_token == NULL
					     ? old
					     : tokens.refresh_token,
			.renewal = &d->renewal},
		    &out, &e);
	if (r == RG_E_NOT_FOUND) {
		r = RG_OK; /* it ended meanwhile */
	} else if (r != RG_OK) {
		e.code = r;
		log_warn("refresh.failed", "subject=%s error=%s detail=%s",
		    d->subject_id, err_name(r), log_quote(e.detail));
		gate_count(g, "refresh.failed", err_name(r), ctx->now);
		if (!may_pass(r))
			r = end_session(g, ctx, d, &e);
		else if (tokens.refresh_token != NULL &&
			 keep_for_retry(g, ctx, d, tokens.refresh_token) !=
			     RG_OK)
			log_error("refresh.lost", "subject=%s", d->subject_id);
	}
	gate_groups_clear(&groups);
	oidc_tokens_clear(&tokens);
	gate_signed_in_clear(&out);
	json_decref(claims);
	return r;
}

enum rg_err
gate_refresh_next(struct gate *g, const struct gate_context *ctx)
{
	enum rg_err r = RG_E_INTERNAL;
	struct due d = {.settings = g->settings};

	(void)gate_keys(g);
	r = store_refresh_take(
	    g->store, ctx->now, clock_add(ctx->now, RETRY_SECONDS), &d.row);
	if (r != RG_OK)
		return r;
	r = store_session_find(
	    g->store, d.row.session, ctx->now, take_session, &d);
	if (r != RG_OK || d.provider == NULL || !d.provider->refresh ||
	    (r = open_secret(g, &d)) != RG_OK) {
		log_warn("refresh.unusable", "error=%s", err_name(r));
		goto out;
	}
	memcpy(d.renewal.session, d.row.session, HASH_LEN);
	d.renewal.public_id = d.public_id;
	d.renewal.roles = d.roles;
	d.renewal.ends_at = d.row.ends_at;
	r = renew(g, ctx, &d);
out:
	due_clear(&d);
	return r;
}
