/* SPDX-License-Identifier: ISC */
/* How many sign-ins one address may begin, and how many may fail. */
#include "gate_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"

#define PURPOSE "rolegate client limit"

/*
 * A loopback address is that of a proxy which trusted_proxy does not name, and
 * everybody's. One that is named would have said whose request it is: whoever
 * makes it say nothing usable must not be free of the limit for that.
 */
static bool
is_everybody(const struct settings *s, const struct address *a)
{
	return address_is_loopback(a) && !settings_trusts_proxy(s, a);
}

/*
 * Keyed, so that nobody can look for addresses that share a place.
 * RG_E_NOT_FOUND: nobody in particular, whom no limit holds; RG_E_NOMEM.
 */
static enum rg_err
who_is(struct gate *g, const char *client, uint64_t *who)
{
	char network[ADDRESS_TEXT_MAX], mac[SEAL_MAC_LEN + 1];
	struct address a;
	enum rg_err r;

	if (client == NULL || !address_parse(client, &a) ||
	    is_everybody(g->settings, &a))
		return RG_E_NOT_FOUND;
	address_network(&a, network);
	if ((r = seal_mac(gate_keys(g), PURPOSE, network, mac)) != RG_OK)
		return r;
	mac[16] = '\0';
	*who = strtoull(mac, NULL, 16);
	return RG_OK;
}

static enum rg_err
refuse(struct gate *g, const struct gate_context *ctx, const char *what,
    struct err *e)
{
	char client[GATE_CLIENT_LEN + 1];

	gate_count(g, "limited", what, ctx->now);
	return err_set(e, RG_E_LIMITED, "%s: too many %s",
	    gate_client_text(g, ctx->client, client), what);
}

enum rg_err
gate_limit(struct gate *g, enum gate_limit_kind kind,
    const struct gate_context *ctx, struct err *e)
{
	const struct settings *s = g->settings;
	int64_t now = clock_mono_ms();
	uint64_t who;
	enum rg_err r;

	if ((r = who_is(g, ctx->client, &who)) == RG_E_NOT_FOUND)
		return RG_OK;
	if (r != RG_OK)
		return err_set(e, r, "the limits of a client");
	if (s->client_failures > 0 && !limiter_peek(g->limiter, LIMIT_FAILURES,
					  who, s->client_failures, now))
		return refuse(g, ctx, "failures", e);
	if (kind == LIMIT_STARTS && s->client_sign_ins > 0 &&
	    !limiter_take(
		g->limiter, LIMIT_STARTS, who, s->client_sign_ins, now))
		return refuse(g, ctx, "starts", e);
	return RG_OK;
}

/* That a provider, our database or our set-up can't is nobody's failure. */
static bool
is_theirs(enum rg_err code)
{
	return !(code >= RG_E_NET_URL && code <= RG_E_DISCOVERY_CLOUD) &&
	       !(code >= RG_E_STORE && code <= RG_E_STORE_OLD) &&
	       !(code >= RG_E_KEY_ENCRYPTED && code <= RG_E_GRAPH_TOO_LARGE) &&
	       code != RG_E_NOMEM && code != RG_E_INTERNAL &&
	       code != RG_E_FILE && code != RG_E_FILE_MODE &&
	       code != RG_E_OVERLOADED && code != RG_E_PROVIDER_BUSY &&
	       code != RG_E_CLIENT_AUTH && code != RG_E_CLIENT_ASSERTION &&
	       code != RG_E_REGISTRATION;
}

void
gate_limit_failed(
    struct gate *g, const struct gate_context *ctx, enum rg_err code)
{
	uint64_t who;

	if (g->settings->client_failures > 0 && is_theirs(code) &&
	    who_is(g, ctx->client, &who) == RG_OK)
		(void)limiter_take(g->limiter, LIMIT_FAILURES, who,
		    g->settings->client_failures, clock_mono_ms());
}
