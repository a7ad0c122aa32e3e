/* SPDX-License-Identifier: ISC */
/* Sign-outs that a provider asks for: front channel and back channel. */
#include "gate_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "oidc/logout_token.h"

#define FOUND_MAX                                                              \
	64 /* sessions of one provider session: one per tab at most            \
	    */

struct found {
	const struct gate *gate;
	const char *iss; /* must be the issuer's; NULL: any Entra provider */
	const struct provider *provider; /* must be this one; or NULL */
	const char *subject;		 /* must be this one; or NULL */
	size_t count;
	struct {
		uint8_t hash[HASH_LEN];
		char *subject_id;
		char *public_id;
	} list[FOUND_MAX];
};

static void
found_clear(struct found *f)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		free(f->list[i].subject_id);
		free(f->list[i].public_id);
	}
}

/* Session ids of different providers may be alike. */
static enum rg_err
take(void *ctx, const struct session_row *row)
{
	struct found *f = ctx;
	const struct principal_row *who = &row->principal;
	const struct provider *p;

	p = settings_provider(f->gate->settings, who->provider);
	if (p == NULL || f->count == FOUND_MAX ||
	    (f->provider != NULL && f->provider != p) ||
	    (f->provider == NULL && f->iss == NULL &&
		p->type != PROVIDER_ENTRA) ||
	    (f->iss != NULL && strcmp(who->issuer, f->iss) != 0) ||
	    (f->subject != NULL && strcmp(who->subject, f->subject) != 0))
		return RG_OK;
	memcpy(f->list[f->count].hash, row->hash, HASH_LEN);
	f->list[f->count].subject_id = gate_subject_id(who);
	f->list[f->count].public_id = strdup(row->public_id);
	f->count++;
	return f->list[f->count - 1].subject_id == NULL ||
		       f->list[f->count - 1].public_id == NULL
		   ? RG_E_NOMEM
		   : RG_OK;
}

/* Inside a transaction: ends each, with a row of its own. */
static enum rg_err
end_found(struct gate *g, const struct gate_context *ctx, const struct found *f,
    const char *event)
{
	enum rg_err r = RG_OK;
	size_t i;

	for (i = 0; i < f->count && r == RG_OK; i++) {
		r = store_session_remove(g->store, f->list[i].hash);
		if (r == RG_E_SESSION_NONE) {
			r = RG_OK;
			continue;
		}
		if (r == RG_OK)
			r = gate_audit(g, ctx, event, "", f->list[i].subject_id,
			    json_pack(
				"{s:s}", "session", f->list[i].public_id));
	}
	return r;
}

enum rg_err
gate_sign_out_front(struct gate *g, const char *sid, const char *iss,
    const struct gate_context *ctx, struct err *e)
{
	enum rg_err r;
	struct found f = {.gate = g, .iss = iss};

	/* A read: who guesses makes nobody write. */
	r = store_each_session_of_sid(g->store, sid, take, &f);
	if (r != RG_OK)
		(void)gate_store_err(g, r, "front-channel sign-out", e);
	if (r == RG_OK && f.count > 0) {
		if ((r = store_begin(g->store)) == RG_OK)
			r = end_found(g, ctx, &f, "sign_out.front_channel");
		r = gate_commit(g, r, "front-channel sign-out", e);
	}
	if (r == RG_OK && f.count > 0)
		log_info("sign_out.front_channel", "sessions=%zu", f.count);
	found_clear(&f);
	return r;
}

/* By sid if there is one (and then of that sub only), else all of the sub. */
static enum rg_err
end_named(struct gate *g, const struct provider *p, const json_t *claims,
    const struct gate_context *ctx, int64_t *count)
{
	enum rg_err r;
	const char *sid = json_str(claims, "sid"),
		   *sub = json_str(claims, "sub");
	struct found f = {.gate = g, .provider = p, .subject = sub};
	int64_t id;

	*count = 0;
	if (sid != NULL) {
		r = store_each_session_of_sid(g->store, sid, take, &f);
		if (r == RG_OK)
			r = end_found(g, ctx, &f, "sign_out.back_channel");
		*count = (int64_t)f.count;
		found_clear(&f);
		return r;
	}
	r = store_principal_find(g->store, p->name, p->issuer, "", sub, &id);
	if (r == RG_E_NOT_FOUND)
		return RG_OK;
	if (r != RG_OK ||
	    (r = store_session_remove_all(g->store, id, count)) != RG_OK)
		return r;
	return gate_audit(g, ctx, "sign_out.back_channel", "", "",
	    json_pack("{s:s, s:s, s:I}", "provider", p->name, "sub", sub,
		"sessions", (json_int_t)*count));
}

static enum rg_err
end_once(struct gate *g, const struct provider *p, const json_t *claims,
    const struct gate_context *ctx, int64_t *count, struct err *e)
{
	enum rg_err r;
	struct buf seen = BUF_INIT;
	int64_t forget_at = clock_add(
	    ctx->now, LOGOUT_TOKEN_AGE + 2 * g->settings->clock_skew + 1);

	buf_printf(&seen, "logout %s %s %s", p->name, p->issuer,
	    json_str(claims, "jti"));
	if ((r = store_begin(g->store)) == RG_OK &&
	    (r = store_login_spend(g->store, buf_str(&seen), forget_at)) ==
		RG_OK)
		r = end_named(g, p, claims, ctx, count);
	if (r == RG_E_LOGIN_REPLAYED)
		r = err_set(e, RG_E_LOGOUT_REPLAYED, "its jti was seen");
	r = gate_commit(g, r, "back-channel sign-out", e);
	buf_clear(&seen);
	return r;
}

enum rg_err
gate_sign_out_back(struct gate *g, const char *token,
    const struct gate_context *ctx, struct err *e)
{
	enum rg_err r;
	const struct settings *s = g->settings;
	const struct provider *p = NULL;
	json_t *claims = NULL;
	int64_t count = 0;

	r = logout_token_provider(
	    s->providers, s->provider_count, token, strlen(token), &p, e);
	if (r != RG_OK || (r = gate_take_slot(g, e)) != RG_OK)
		goto out;
	r = logout_token_verify(g->oidc, p, token, strlen(token), ctx->now,
	    s->clock_skew, &claims, e);
	slots_give(g->slots);
	if (r == RG_OK)
		r = end_once(g, p, claims, ctx, &count, e);
	if (r == RG_OK)
		log_info("sign_out.back_channel", "provider=%s sessions=%lld",
		    p->name, (long long)count);
out:
	/* Anybody can send one: counted and logged, not audited. */
	if (r != RG_OK)
		gate_count(g, "sign_out.refused", err_name(r), ctx->now);
	json_decref(claims);
	return r;
}
