/* SPDX-License-Identifier: ISC */
/* How a sign-in begins, and begins again when the provider wants more. */
#include "gate_internal.h"

#include <string.h>

#include "base/log.h"
#include "oidc/login.h"

/* Equal to the byte at /login and at /callback (RFC 6749 section 4.1.3). */
void
gate_put_redirect_uri(const struct gate *g, struct buf *out)
{
	buf_printf(out, "%s/callback", g->settings->public_url);
}

enum rg_err
gate_take_slot(struct gate *g, struct err *e)
{
	enum rg_err r = slots_take(g->slots);

	if (r != RG_OK)
		(void)err_set(e, r, "all %d sign_in_workers wait",
		    g->settings->sign_in_workers);
	return r;
}

/* Everything that `ask` lacks comes from the transaction. */
static enum rg_err
start(struct gate *g, const struct login *l, const struct provider *p,
    struct oidc_begin *ask, const struct gate_context *ctx,
    struct gate_login *out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf redirect_uri = BUF_INIT;
	char nonce[RANDOM_TOKEN_LEN + 1], verifier[RANDOM_TOKEN_LEN + 1];
	bool wait;

	if ((r = login_derive(l, LOGIN_STATE, out->state)) != RG_OK ||
	    (r = login_derive(l, LOGIN_NONCE, nonce)) != RG_OK ||
	    (r = login_derive(l, LOGIN_VERIFIER, verifier)) != RG_OK) {
		(void)err_set(e, r, "beginning a sign-in");
		goto out;
	}
	gate_put_redirect_uri(g, &redirect_uri);
	ask->redirect_uri = buf_str(&redirect_uri);
	ask->state = out->state;
	ask->nonce = nonce;
	ask->code_verifier = verifier;
	ask->step_up = l->step_up[0] == '\0' ? NULL : l->step_up;
	ask->max_age = l->max_age == PROVIDER_NO_MAX_AGE ? NULL : &l->max_age;
	/*
	 * Only who has to fetch discovery waits for the provider: beginning a
	 * sign-in must go on while others wait.
	 */
	wait = oidc_ready(g->oidc, p, ctx->now, e) != RG_OK;
	if (wait && (r = gate_take_slot(g, e)) != RG_OK)
		goto out;
	r = oidc_begin(g->oidc, p, ask, ctx->now, &out->location, e);
	if (wait)
		slots_give(g->slots);
	if (r != RG_OK)
		goto out;
	r = login_seal(l, gate_keys(g), &out->cookie);
out:
	/* Of what is asked, these alone end with us. */
	ask->redirect_uri = ask->nonce = ask->code_verifier = NULL;
	explicit_bzero(nonce, sizeof(nonce));
	explicit_bzero(verifier, sizeof(verifier));
	buf_clear(&redirect_uri);
	if (r != RG_OK)
		gate_login_clear(out);
	return r;
}

/* The stricter of the two: a link can't weaken what is configured. */
static int64_t
stricter_age(int64_t configured, int64_t asked)
{
	if (configured == PROVIDER_NO_MAX_AGE)
		return asked;
	return asked == PROVIDER_NO_MAX_AGE || asked > configured ? configured
								  : asked;
}

enum rg_err
gate_begin_sign_in(struct gate *g, const struct gate_begin *b,
    const struct gate_context *ctx, struct gate_login *out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	const struct provider *p = b->provider;
	struct oidc_begin ask = {0};
	struct login l = {0};

	memset(out, 0, sizeof(*out));
	if ((r = gate_limit(g, LIMIT_STARTS, ctx, e)) == RG_OK)
		r = login_new(&l, p->name, b->return_to, b->session, ctx->now);
	if (r == RG_OK && b->step_up != NULL)
		r = login_set_step_up(&l, b->step_up);
	if (r != RG_OK)
		goto out;
	l.max_age = stricter_age(p->max_age, b->max_age);
	ask.login_hint = b->login_hint;
	ask.domain_hint =
	    b->domain_hint != NULL ? b->domain_hint : p->domain_hint;
	ask.prompt = b->prompt != NULL ? b->prompt : p->prompt;
	r = start(g, &l, p, &ask, ctx, out, e);
out:
	login_clear(&l);
	if (r != RG_OK) {
		e->code = r;
		/* That all are busy is no verdict, and a flood is counted. */
		if (r != RG_E_OVERLOADED && r != RG_E_LIMITED)
			gate_refused(g, ctx, e);
	}
	return r;
}

enum rg_err
gate_begin_again(struct gate *g, const struct login *before,
    const struct provider *p, const char *challenge,
    const struct gate_context *ctx, struct gate_login *out, struct err *e)
{
	enum rg_err r;
	struct oidc_begin ask = {0};
	struct login l = {0};

	r = login_new(&l, p->name, before->return_to, NULL, ctx->now);
	if (r != RG_OK)
		goto out;
	memcpy(l.session, before->session, sizeof(l.session));
	memcpy(l.step_up, before->step_up, sizeof(l.step_up));
	l.max_age = before->max_age;
	l.again = true;
	ask.claims_challenge = challenge;
	ask.domain_hint = p->domain_hint;
	r = start(g, &l, p, &ask, ctx, out, e);
	if (r == RG_OK)
		log_info("sign_in.again",
		    "provider=%s the provider wants certain claims", p->name);
out:
	login_clear(&l);
	return r;
}

void
gate_login_clear(struct gate_login *l)
{
	buf_clear(&l->cookie);
	buf_clear(&l->location);
	explicit_bzero(l->state, sizeof(l->state));
}
