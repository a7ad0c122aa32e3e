/* SPDX-License-Identifier: ISC */
#include "gate_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "entra/graph.h"
#include "store/document.h"

static const char *const document_kinds[] = {"discovery", "keys", "bearer"};

static enum rg_err
cache_load(void *ctx, const char *issuer, enum oidc_document which,
    struct buf *text, int64_t *fetched_at)
{
	struct gate *g = ctx;

	return store_document_load(
	    g->store, issuer, document_kinds[which], text, fetched_at);
}

static enum rg_err
cache_save(void *ctx, const char *issuer, enum oidc_document which,
    const char *text, size_t len, int64_t fetched_at)
{
	struct gate *g = ctx;

	return store_document_save(
	    g->store, issuer, document_kinds[which], text, len, fetched_at);
}

static enum rg_err
cache_may_fetch(void *ctx, const char *issuer, enum oidc_document which,
    int64_t now, int64_t interval, bool *granted)
{
	struct gate *g = ctx;

	return store_document_may_fetch(
	    g->store, issuer, document_kinds[which], now, interval, granted);
}

/* What the configuration promises must be possible (design: fail at start). */
static enum rg_err
check_default_roles(struct gate *g, struct err *e)
{
	const struct settings *s = g->settings;
	const struct access_role *role;
	size_t i;

	for (i = 0; i < s->provider_count; i++) {
		const struct provider *p = &s->providers[i];

		if (p->default_role == NULL)
			continue;
		role = access_policy_role(g->policy, p->default_role);
		if (role == NULL)
			return err_set(e, RG_E_CONF,
			    "%s: [provider.%s] default_role: there is no role "
			    "%s",
			    s->path, p->name, p->default_role);
		if (role->is_admin)
			return err_set(e, RG_E_CONF,
			    "%s: [provider.%s] default_role: %s is an admin "
			    "role; nobody is an admin by default",
			    s->path, p->name, p->default_role);
	}
	return RG_OK;
}

struct approval {
	const struct settings *settings;
	int64_t now;
};

/*
 * All that could refuse what is configured must do it now: once the migration
 * is there, neither version would answer anybody.
 */
static enum rg_err
approve(struct store *store, void *ctx, struct err *e)
{
	const struct approval *a = ctx;
	struct gate g = {.settings = a->settings, .store = store};
	enum rg_err r;

	if ((r = seal_keys_load(g.settings->key_file, &g.keys, e)) == RG_OK &&
	    (r = gate_policy_within(&g, e)) == RG_OK &&
	    (r = check_default_roles(&g, e)) == RG_OK)
		r = gate_role_token_check(&g, a->now, e);
	access_policy_free(&g.policy);
	seal_keys_free(&g.keys);
	return r;
}

enum rg_err
gate_migrate(const struct settings *s, int64_t now, struct err *e)
{
	struct approval a = {s, now};

	return store_migrate(s->database, approve, &a, e);
}

enum rg_err
gate_open(const struct settings *s, struct gate **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct gate *g = NULL;
	struct buf path = BUF_INIT;

	*out = NULL;
	if ((g = calloc(1, sizeof(*g))) == NULL ||
	    (g->counters = gate_counters_new()) == NULL ||
	    (g->verdicts = verdicts_new()) == NULL) {
		r = err_set(e, RG_E_NOMEM, "opening the gate");
		goto out;
	}
	g->settings = s;
	g->cache.ctx = g;
	g->cache.load = cache_load;
	g->cache.save = cache_save;
	g->cache.may_fetch = cache_may_fetch;
	if ((r = seal_keys_load(s->key_file, &g->keys, e)) != RG_OK ||
	    (r = store_open(
		 s->database, s->database_timeout_ms, &g->store, e)) != RG_OK ||
	    (r = gate_policy(g, e)) != RG_OK ||
	    (r = check_default_roles(g, e)) != RG_OK)
		goto out;
	buf_printf(&path, "%s.slots", s->database);
	if ((r = slots_open(
		 buf_str(&path), s->sign_in_workers, &g->slots, e)) != RG_OK)
		goto out;
	buf_clear(&path);
	buf_printf(&path, "%s.limits", s->database);
	if ((r = limiter_open(buf_str(&path), LIMIT_KINDS, &g->limiter, e)) !=
	    RG_OK)
		goto out;
	if ((g->oidc = oidc_new(&g->cache)) == NULL ||
	    (g->graph = graph_new()) == NULL) {
		r = err_set(e, RG_E_NOMEM, "opening the gate");
		goto out;
	}
	*out = g;
	g = NULL;
	r = RG_OK;
out:
	buf_clear(&path);
	gate_free(&g);
	return r;
}

enum rg_err
gate_check_schema(struct gate *g, struct err *e)
{
	return store_check_schema(g->store, e);
}

void
gate_free(struct gate **gp)
{
	struct gate *g = *gp;

	if (g == NULL)
		return;
	gate_counters_end(g);
	verdicts_free(&g->verdicts);
	graph_free(&g->graph);
	gate_cf_free(&g->contextforge);
	oidc_free(&g->oidc);
	limiter_free(&g->limiter);
	slots_free(&g->slots);
	access_policy_free(&g->policy);
	store_free(&g->store);
	seal_keys_free(&g->keys);
	free(g);
	*gp = NULL;
}

const struct settings *
gate_settings(const struct gate *g)
{
	return g->settings;
}

bool
gate_stamp(struct gate *g, uint8_t out[static GATE_STAMP_LEN])
{
	_Static_assert(GATE_STAMP_LEN == STORE_STAMP_LEN, "the same stamp");
	return store_stamp(g->store, out);
}

struct store *
gate_store(struct gate *g)
{
	return g->store;
}

enum rg_err
gate_store_err(
    struct gate *g, enum rg_err code, const char *doing, struct err *e)
{
	return err_set(e, code, "%s: %s", doing, store_error(g->store));
}

enum rg_err
gate_commit(struct gate *g, enum rg_err r, const char *doing, struct err *e)
{
	if (r == RG_OK)
		r = gate_try_commit(g);
	if (r == RG_OK)
		return r;
	if (e != NULL && e->code != r)
		(void)gate_store_err(g, r, doing, e);
	gate_rollback(g);
	return r;
}

bool
gate_many_tenants(const struct provider *p)
{
	return p->entra != NULL && entra_many_tenants(p->entra);
}

void
gate_subject_init(struct access_subject *s, const struct provider *p)
{
	memset(s, 0, sizeof(*s));
	s->provider = p->name;
	s->groups_claim = p->groups_claim;
	s->roles_claim = p->roles_claim;
	s->many_tenants = gate_many_tenants(p);
	s->group_names_claim = p->group_names_claim;
	s->default_role = p->default_role;
}

char *
gate_json_text(const json_t *value)
{
	struct buf text = BUF_INIT;

	if (value == NULL || !json_put(&text, value)) {
		buf_clear(&text);
		return NULL;
	}
	return buf_steal(&text);
}

char *
gate_subject_id(const struct principal_row *p)
{
	struct buf id = BUF_INIT;

	if (p->tenant[0] != '\0')
		buf_printf(&id, "%s:%s:%s", p->provider, p->tenant, p->subject);
	else
		buf_printf(&id, "%s:%s", p->provider, p->subject);
	return buf_steal(&id);
}

enum rg_err
gate_token_check(struct gate *g, const struct provider *p, const char *token,
    size_t len, const char *nonce, int64_t now, json_t **claims, struct err *e)
{
	return oidc_verify_id_token(g->oidc, p, token, len, nonce, NULL, now,
	    g->settings->clock_skew, claims, e);
}

/*
 * Right after installation nothing was fetched yet, and no sign-in would come
 * if a load balancer waited for it: then the probe fetches.
 */
static enum rg_err
provider_ready(struct gate *g, const struct provider *p, int64_t now)
{
	enum rg_err r;
	struct err e;

	if (oidc_ready(g->oidc, p, now, &e) == RG_OK)
		return RG_OK;
	if ((r = slots_take(g->slots)) != RG_OK)
		return r;
	r = oidc_warm(g->oidc, p, now, &e);
	slots_give(g->slots);
	return r;
}

enum rg_err
gate_ready(struct gate *g, int64_t now, struct gate_health *h)
{
	enum rg_err r;
	const struct settings *s = g->settings;
	size_t i;

	memset(h, 0, sizeof(*h));
	r = h->database = store_ping(g->store, true);
	h->provider_count = s->provider_count;
	for (i = 0; i < s->provider_count; i++) {
		const struct provider *p = &s->providers[i];
		enum cert_state cert = oidc_certificate(g->oidc, p, now);

		h->providers[i].name = p->name;
		h->providers[i].state = provider_ready(g, p, now);
		if (cert != CERT_GOOD)
			h->certificate_ends = true;
		/* Nothing else proves us: no sign-in can succeed. */
		if (cert == CERT_EXPIRED &&
		    p->credentials[p->credential_count - 1].kind ==
			CREDENTIAL_CERTIFICATE &&
		    p->credentials[0].kind == CREDENTIAL_CERTIFICATE)
			h->providers[i].state = RG_E_CERT_EXPIRED;
		if (r == RG_OK)
			r = h->providers[i].state;
	}
	return r;
}
