/* SPDX-License-Identifier: ISC */
#include "oidc/refresh.h"

#include <time.h>

#include "base/clock.h"
#include "base/log.h"

#define POLL_MS 50

/* A copy from the future (the clock was set back) counts as old. */
static bool
is_fresh(const struct documents *d, enum oidc_document kind, int64_t now)
{
	return document_have(d, kind) && d->at[kind] <= now &&
	       now < clock_add(d->at[kind], OIDC_DOCUMENT_AGE);
}

static enum rg_err
may_fetch(struct oidc *o, const struct documents *d, enum oidc_document slot,
    int64_t now, int64_t interval, bool *granted)
{
	enum rg_err r;

	*granted = o->cache == NULL;
	if (*granted)
		return RG_OK;
	r = o->cache->may_fetch(
	    o->cache->ctx, d->issuer, slot, now, interval, granted);
	if (r != RG_OK)
		*granted = false;
	return r;
}

static void
pause_ms(long ms)
{
	struct timespec ts = {
	    .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&ts, NULL);
}

static enum rg_err
download(struct oidc *o, struct documents *d, const struct provider *p,
    enum oidc_document kind, int64_t now, struct err *e)
{
	enum rg_err r = document_download(o, d, p, kind, now, e);

	if (r != RG_OK)
		log_warn("provider.fetch_failed",
		    "provider=%s document=%s kept=%s error=%s detail=%s",
		    p->name, kind == OIDC_DISCOVERY ? "discovery" : "keys",
		    document_have(d, kind) ? "yes" : "no", err_name(r),
		    log_quote(e->detail));
	return r;
}

/*
 * Both documents, because jwks_uri may have moved. Keys are fetched even when
 * discovery can't be, if its last good copy says where. Returns what became of
 * `wanted`.
 */
static enum rg_err
download_both(struct oidc *o, struct documents *d, const struct provider *p,
    enum oidc_document wanted, int64_t now, struct err *e)
{
	struct err why = {0};
	enum rg_err first, second;

	first = download(o, d, p, OIDC_DISCOVERY, now, &why);
	if (wanted == OIDC_DISCOVERY && first != RG_OK)
		(void)err_set(e, first, "%s", why.detail);
	if (d->discovery == NULL) {
		if (wanted == OIDC_KEYS)
			(void)err_set(e, first, "%s", why.detail);
		return first;
	}
	second = download(o, d, p, OIDC_KEYS, now, &why);
	if (wanted == OIDC_KEYS && second != RG_OK)
		(void)err_set(e, second, "%s", why.detail);
	return wanted == OIDC_DISCOVERY ? first : second;
}

/* Nothing to fall back on: fetch, or wait for the process that does. */
static enum rg_err
ensure_cold(struct oidc *o, struct documents *d, const struct provider *p,
    enum oidc_document kind, int64_t now, struct err *e)
{
	int64_t start = clock_mono_ms(), waited;
	bool granted;
	enum rg_err r;

	for (;;) {
		waited = clock_mono_ms() - start;
		r = may_fetch(o, d, OIDC_DISCOVERY,
		    clock_add(now, waited / 1000), REFRESH_COLD_INTERVAL,
		    &granted);
		if (r != RG_OK)
			return err_set(e, r, "may the provider be asked?");
		if (granted)
			return download_both(
			    o, d, p, kind, clock_add(now, waited / 1000), e);
		if (waited >= o->cold_wait_ms)
			return err_set(e, RG_E_NET,
			    "%s: another process could not fetch it either",
			    kind == OIDC_DISCOVERY ? "discovery" : "keys");
		pause_ms(POLL_MS);
		if (document_load(o, d, kind, now))
			return RG_OK;
	}
}

enum rg_err
refresh_ensure(struct oidc *o, struct documents *d, const struct provider *p,
    enum oidc_document kind, int64_t now, struct err *e)
{
	bool granted;

	if (is_fresh(d, kind, now))
		return RG_OK;
	(void)document_load(o, d, OIDC_DISCOVERY, now);
	(void)document_load(o, d, OIDC_KEYS, now);
	if (is_fresh(d, kind, now))
		return RG_OK;
	if (!document_have(d, kind))
		return ensure_cold(o, d, p, kind, now, e);
	/* Old but good: one process asks, now and then, the others go on. */
	if (may_fetch(o, d, OIDC_DISCOVERY, now, OIDC_REFETCH_INTERVAL,
		&granted) == RG_OK &&
	    granted) {
		struct err why = {0};

		(void)download_both(o, d, p, kind, now, &why);
	}
	return RG_OK;
}

bool
refresh_keys(
    struct oidc *o, struct documents *d, const struct provider *p, int64_t now)
{
	struct err why = {0};
	int64_t start;
	bool granted;

	/* Another process may have met the new key before us. */
	if (document_load(o, d, OIDC_KEYS, now)) {
		(void)document_load(o, d, OIDC_DISCOVERY, now);
		return true;
	}
	if (may_fetch(o, d, OIDC_KEYS, now, OIDC_REFETCH_INTERVAL, &granted) !=
	    RG_OK)
		return false;
	if (granted)
		return download_both(o, d, p, OIDC_KEYS, now, &why) == RG_OK;
	/* ... or be fetching it at this very moment. */
	for (start = clock_mono_ms();
	     clock_mono_ms() - start < o->forced_wait_ms; pause_ms(POLL_MS))
		if (document_load(o, d, OIDC_KEYS, now))
			return true;
	return false;
}
