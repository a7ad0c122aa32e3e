/* SPDX-License-Identifier: ISC */
#include "oidc/token_request.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "oidc/client_auth.h"
#include "oidc/token_response.h"

#define WARN_EVERY 86400 /* seconds */

_Static_assert(PROVIDER_MAX_CREDENTIALS <= 16, "bits of `refused`");

void
client_memory_free(struct client_memory **list)
{
	struct client_memory *next;

	for (; *list != NULL; *list = next) {
		next = (*list)->next;
		free(*list);
	}
}

static struct client_memory *
memory_of(struct oidc *o, const struct provider *p)
{
	struct client_memory *m;

	for (m = o->clients; m != NULL; m = m->next)
		if (m->provider == p)
			return m;
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return NULL;
	m->provider = p;
	m->next = o->clients;
	o->clients = m;
	return m;
}

enum cert_state
client_certificate(struct oidc *o, const struct provider *p, int64_t now)
{
	const struct credential *c =
	    credential_last(p->credentials, p->credential_count);
	struct client_memory *m = memory_of(o, p);
	enum cert_state state;
	char end[32];

	if (c == NULL)
		return CERT_GOOD;
	state = cert_state(&c->cert, now);
	if (state == CERT_GOOD || state == CERT_NOT_YET || m == NULL ||
	    (m->warned_at != 0 && now < clock_add(m->warned_at, WARN_EVERY)))
		return state;
	m->warned_at = now;
	clock_format(c->cert.not_after, end);
	log_event(state == CERT_ENDS_SOON ? LOG_WARN : LOG_ERROR,
	    "client_auth.certificate", "provider=%s credential=%s ends=%s",
	    p->name, log_quote(c->source), end);
	return state;
}

/* What became of one attempt. */
enum attempt {
	ENDED,	 /* well or badly: nothing is sent again */
	REFUSED, /* the provider does not know this credential */
	UNUSABLE /* nothing was sent */
};

/* *r is what the attempt ended with. */
static enum attempt
send_with(struct oidc *o, const struct provider *p, const struct credential *c,
    const char *endpoint, const struct buf *form, int64_t now,
    struct fetch_response *res, enum rg_err *r, struct err *e)
{
	enum attempt end = ENDED;
	struct client_auth_basic basic = {BUF_INIT, BUF_INIT};
	struct buf all = BUF_INIT;

	buf_put(&all, form->p, form->len);
	*r = client_auth_add(p, c, endpoint, now, &all, &basic, e);
	if (*r != RG_OK) {
		end = *r == RG_E_NOMEM ? ENDED : UNUSABLE;
		goto out;
	}
	*r = fetch(o->fetch,
	    &(struct fetch_request){
		.url = endpoint,
		.form = buf_str(&all),
		.basic_user = basic.user.len > 0 ? buf_str(&basic.user) : NULL,
		.basic_pass = basic.user.len > 0 ? buf_str(&basic.pass) : NULL,
		.ca_file = p->ca_file,
		.max_bytes = TOKEN_RESPONSE_MAX_TEXT,
		.timeout_ms = p->timeout_ms,
		.allow_loopback_http = p->allow_loopback_http,
	    },
	    res, e);
	if (*r != RG_OK || res->status == 200)
		goto out;
	*r = token_response_error(
	    res->status, buf_str(&res->body), res->body.len, e);
	if (token_response_is_invalid_client(
		res->status, buf_str(&res->body), res->body.len))
		end = REFUSED;
	buf_reset(&o->challenge);
	token_response_challenge(
	    buf_str(&res->body), res->body.len, &o->challenge);
	fetch_response_clear(res);
out:
	client_auth_basic_clear(&basic);
	buf_clear(&all);
	return end;
}

/* Those that were not refused the last time first, else as configured. */
static size_t
order_of(const struct provider *p, unsigned refused,
    size_t out[static PROVIDER_MAX_CREDENTIALS])
{
	size_t i, n = 0;
	int pass;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < p->credential_count; i++)
			if (((refused >> i & 1) != 0) == (pass == 1))
				out[n++] = i;
	return n;
}

enum rg_err
token_request(struct oidc *o, const struct provider *p, const char *endpoint,
    const struct buf *form, int64_t now, struct fetch_response *res,
    struct err *e)
{
	enum rg_err r = RG_E_USAGE;
	enum attempt end;
	struct client_memory *m = memory_of(o, p);
	size_t order[PROVIDER_MAX_CREDENTIALS], n, i;
	struct err why = {RG_E_USAGE, "no client credential"}, last;

	if (m == NULL)
		return err_set(e, RG_E_NOMEM, "token request");
	(void)client_certificate(o, p, now);
	n = order_of(p, m->refused, order);
	for (i = 0; i < n; i++) {
		const struct credential *c = &p->credentials[order[i]];
		unsigned bit = 1U << order[i];

		err_clear(&last);
		end = send_with(o, p, c, endpoint, form, now, res, &r, &last);
		if (end == ENDED) {
			if (r == RG_OK && i > 0)
				log_info("client_auth.switched",
				    "provider=%s credential=%s", p->name,
				    log_quote(c->source));
			if (r == RG_OK)
				m->refused &= ~bit;
			why = last;
			break;
		}
		log_warn("client_auth.refused",
		    "provider=%s credential=%s error=%s detail=%s", p->name,
		    log_quote(c->source), err_name(r), log_quote(last.detail));
		/* A word of the provider tells more than what we lack. */
		if (i == 0 || end == REFUSED)
			why = last;
		if (end == REFUSED)
			m->refused |= bit;
	}
	return r == RG_OK ? r : err_set(e, why.code, "%s", why.detail);
}
