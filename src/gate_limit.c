/* SPDX-License-Identifier: ISC */
/* How many sign-ins one address may begin, and how many may fail. */
#include "gate_internal.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define PURPOSE "rolegate client limit"

static bool
network_of_four(struct in_addr four, char out[static INET6_ADDRSTRLEN])
{
	return ntohl(four.s_addr) >> 24 != 127 &&
	       inet_ntop(AF_INET, &four, out, INET6_ADDRSTRLEN) != NULL;
}

/*
 * What is counted as one: an IPv4 address, or the /64 that one customer of
 * IPv6 has (RFC 6177). False for a loopback address: it is that of a proxy
 * which trusted_proxy does not name, and everybody's.
 */
static bool
network_of(const char *client, char out[static INET6_ADDRSTRLEN])
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, client, &four) == 1)
		return network_of_four(four, out);
	if (inet_pton(AF_INET6, client, &six) != 1 ||
	    IN6_IS_ADDR_LOOPBACK(&six))
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&six)) {
		memcpy(&four, six.s6_addr + 12, sizeof(four));
		return network_of_four(four, out);
	}
	memset(six.s6_addr + 8, 0, 8);
	return inet_ntop(AF_INET6, &six, out, INET6_ADDRSTRLEN) != NULL;
}

/* Keyed, so that nobody can look for addresses that share a place. */
static bool
who_is(struct gate *g, const char *client, uint64_t *who)
{
	char network[INET6_ADDRSTRLEN], mac[SEAL_MAC_LEN + 1];

	if (client == NULL || !network_of(client, network))
		return false;
	seal_mac(g->keys, PURPOSE, network, mac);
	mac[16] = '\0';
	*who = strtoull(mac, NULL, 16);
	return true;
}

static enum rg_err
refuse(struct gate *g, const struct gate_context *ctx, const char *what,
    struct err *e)
{
	gate_count(g, "limited", what, ctx->now);
	return err_set(e, RG_E_LIMITED, "%s: too many %s", ctx->client, what);
}

enum rg_err
gate_limit(struct gate *g, enum gate_limit_kind kind,
    const struct gate_context *ctx, struct err *e)
{
	const struct settings *s = g->settings;
	int64_t now = clock_mono_ms();
	uint64_t who;

	if (!who_is(g, ctx->client, &who))
		return RG_OK;
	if (s->client_failures > 0 && !limiter_peek(g->limiter, LIMIT_FAILURES,
					  who, s->client_failures, now))
		return refuse(g, ctx, "failures", e);
	if (kind == LIMIT_STARTS && s->client_sign_ins > 0 &&
	    !limiter_take(
		g->limiter, LIMIT_STARTS, who, s->client_sign_ins, now))
		return refuse(g, ctx, "starts", e);
	return RG_OK;
}

/* That a provider or our database can't is nobody's failure. */
static bool
is_theirs(enum rg_err code)
{
	return !(code >= RG_E_NET_URL && code <= RG_E_DISCOVERY_CLOUD) &&
	       !(code >= RG_E_STORE && code <= RG_E_STORE_SCHEMA) &&
	       code != RG_E_NOMEM && code != RG_E_INTERNAL &&
	       code != RG_E_PROVIDER_BUSY && code != RG_E_CLIENT_AUTH;
}

void
gate_limit_failed(
    struct gate *g, const struct gate_context *ctx, enum rg_err code)
{
	uint64_t who;

	if (g->settings->client_failures > 0 && is_theirs(code) &&
	    who_is(g, ctx->client, &who))
		(void)limiter_take(g->limiter, LIMIT_FAILURES, who,
		    g->settings->client_failures, clock_mono_ms());
}
