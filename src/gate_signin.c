/* SPDX-License-Identifier: ISC */
#include "gate_person.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "entra/aadsts.h"
#include "oidc/login.h"
#include "oidc/provider_error.h"

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

	live = login_open(cookie, gate_keys(g), &l) == RG_OK &&
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
	if (cb->cookie == NULL ||
	    login_open(cb->cookie, gate_keys(g), l) != RG_OK)
		return err_set(e, RG_E_STATE_UNKNOWN,
		    "no transaction cookie for this state");
	if ((r = login_derive(l, LOGIN_STATE, state)) != RG_OK) {
		login_clear(l);
		return err_set(e, r, "finishing a sign-in");
	}
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
 * try codes there, and of many that race one goes on. It need not outlive the
 * machine's power: the provider takes a code only once (RFC 6749 section
 * 4.1.2), and what comes of this sign-in is synced, and this with it.
 */
static enum rg_err
spend(struct gate *g, const struct gate_callback *cb,
    const struct gate_context *ctx, struct err *e)
{
	enum rg_err r;
	int64_t forget_at = clock_add(ctx->now, 2 * g->settings->sign_in_time);

	store_chores_begin(g->store, g->settings->database_timeout_ms);
	r = store_login_spend(g->store, cb->state, forget_at);
	if (r != RG_OK)
		(void)gate_store_err(g, r, "this sign-in", e);
	store_chores_end(g->store);
	return r;
}

static enum rg_err
ask_provider(struct gate *g, const struct gate_callback *cb,
    const struct gate_context *ctx, const struct login *l,
    const struct provider *p, struct buf *challenge, json_t **claims,
    struct oidc_tokens *tokens, struct gate_groups *groups, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct oidc_finish finish = {0};
	struct buf redirect_uri = BUF_INIT;
	char nonce[RANDOM_TOKEN_LEN + 1], verifier[RANDOM_TOKEN_LEN + 1];

	if ((r = gate_take_slot(g, e)) != RG_OK)
		return r;
	if ((r = login_derive(l, LOGIN_NONCE, nonce)) != RG_OK ||
	    (r = login_derive(l, LOGIN_VERIFIER, verifier)) != RG_OK) {
		(void)err_set(e, r, "finishing a sign-in");
		goto out;
	}
	gate_put_redirect_uri(g, &redirect_uri);
	finish.code = cb->code;
	finish.iss = cb->iss;
	finish.redirect_uri = buf_str(&redirect_uri);
	finish.nonce = nonce;
	finish.code_verifier = verifier;
	finish.skew = g->settings->clock_skew;
	finish.step_up = l->step_up[0] == '\0' ? NULL : l->step_up;
	finish.max_age = l->max_age == PROVIDER_NO_MAX_AGE ? NULL : &l->max_age;
	finish.challenge = challenge;
	if ((r = spend(g, cb, ctx, e)) != RG_OK)
		goto out;
	/* Errors, too, must come from the issuer that was asked. */
	r = oidc_check_iss(g->oidc, p, cb->iss, ctx->now, e);
	if (r != RG_OK)
		goto out;
	if (cb->error != NULL) {
		r = provider_error(
		    &(struct provider_error){
			.error = cb->error,
			.subcode = cb->error_subcode,
			.number = aadsts_number(cb->error_description),
			.fallback = RG_E_PROVIDER_ERROR,
		    },
		    e);
		goto out;
	}
	r = oidc_finish(g->oidc, p, &finish, ctx->now, tokens, claims, e);
	if (r != RG_OK)
		goto out;
	if (tokens->userinfo != RG_OK &&
	    (r = gate_without_userinfo(g, p, *claims, e)) != RG_OK)
		goto out;
	/* While the slot is held: Graph, too, makes people wait. */
	r = gate_groups_ask(g,
	    &(struct gate_groups_question){.provider = p,
		.claims = *claims,
		.access_token = tokens->access_token,
		.userinfo = access_claims_are_missing(*claims)
				? tokens->userinfo
				: RG_OK,
		.now = ctx->now},
	    groups);
	if (r != RG_OK)
		(void)err_set(e, r, "asking for the groups");
out:
	slots_give(g->slots);
	explicit_bzero(nonce, sizeof(nonce));
	explicit_bzero(verifier, sizeof(verifier));
	buf_clear(&redirect_uri);
	return r;
}

static enum rg_err
finish(struct gate *g, const struct gate_callback *cb,
    const struct gate_context *ctx, struct login *l, struct gate_signed_in *out,
    struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	const struct provider *p = NULL;
	struct gate_groups groups = {.told = false};
	struct oidc_tokens tokens = {.userinfo = RG_OK};
	json_t *claims = NULL;
	struct buf challenge = BUF_INIT;

	r = open_login(g, cb, ctx, l, &p, e);
	if (l->return_to[0] != '\0' &&
	    (out->return_to = strdup(l->return_to)) == NULL)
		r = err_set(e, RG_E_NOMEM, "signing in");
	if (r != RG_OK)
		goto out;
	assert(p != NULL);
	out->provider = p;
	if ((cb->code == NULL) == (cb->error == NULL)) {
		r = err_set(e, RG_E_CODE_MISSING, "%s code and error",
		    cb->code == NULL ? "no" : "both");
		goto out;
	}
	r = ask_provider(
	    g, cb, ctx, l, p, &challenge, &claims, &tokens, &groups, e);
	/* Once: who is never content must not send people in circles. */
	if (challenge.len > 0 && !l->again) {
		r = gate_begin_again(
		    g, l, p, buf_str(&challenge), ctx, &out->again, e);
		goto out;
	}
	if (r != RG_OK)
		goto out;
	r = gate_record(g, ctx,
	    &(struct gate_answer){.provider = p,
		.claims = claims,
		.groups = &groups,
		.refresh_token = p->refresh ? tokens.refresh_token : NULL,
		.begun_with = l->session,
		.session = cb->session},
	    out, e);
out:
	gate_groups_clear(&groups);
	oidc_tokens_clear(&tokens);
	json_decref(claims);
	buf_clear(&challenge);
	return r;
}

enum rg_err
gate_finish_sign_in(struct gate *g, const struct gate_callback *cb,
    const struct gate_context *ctx, struct gate_signed_in *out, struct err *e)
{
	enum rg_err r;
	struct login l = {0};

	memset(out, 0, sizeof(*out));
	err_clear(e);
	if ((r = gate_limit(g, LIMIT_FAILURES, ctx, e)) != RG_OK)
		return r;
	r = finish(g, cb, ctx, &l, out, e);
	login_clear(&l);
	if (r != RG_OK) {
		e->code = r;
		gate_refused(g, ctx, e);
		return r;
	}
	gate_cf_signed_in(g, ctx, out->principal_id);
	gate_sweep(g, ctx->now);
	return RG_OK;
}

void
gate_signed_in_clear(struct gate_signed_in *s)
{
	explicit_bzero(s->session, sizeof(s->session));
	gate_login_clear(&s->again);
	free(s->return_to);
	s->return_to = NULL;
}
