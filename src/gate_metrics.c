/* SPDX-License-Identifier: ISC */
/* What /metrics shows, read from the database. */
#include "gate_internal.h"

#include "store/counter.h"
#include "store/document.h"

struct taking {
	gate_metric_fn *fn;
	void *ctx;
};

static enum rg_err
take_total(void *ctx, const struct counter_row *row)
{
	struct taking *t = ctx;

	t->fn(t->ctx, row->name, row->reason, "", row->count);
	return RG_OK;
}

/* How old the last good documents of the providers are. */
static enum rg_err
documents(struct gate *g, int64_t now, struct taking *t)
{
	static const char *const kinds[] = {"discovery", "keys"};
	enum rg_err r = RG_OK;
	const struct provider *p;
	struct buf text = BUF_INIT;
	int64_t at;
	size_t i, k;

	for (i = 0; i < g->settings->provider_count; i++) {
		p = &g->settings->providers[i];
		for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			buf_reset(&text);
			r = store_document_load(
			    g->store, p->issuer, kinds[k], &text, &at);
			if (r == RG_OK)
				t->fn(t->ctx, "document_age", p->name, kinds[k],
				    now > at ? now - at : 0);
			else if (r != RG_E_NOT_FOUND)
				goto out;
		}
	}
	r = RG_OK;
out:
	buf_clear(&text);
	return r;
}

enum rg_err
gate_metrics(struct gate *g, int64_t now, gate_metric_fn *fn, void *ctx)
{
	enum rg_err r;
	struct taking t = {fn, ctx};
	struct audit_head head, archived;
	int64_t sessions, version;

	if ((r = store_session_count(g->store, now, &sessions)) != RG_OK ||
	    (r = store_policy_version(g->store, &version)) != RG_OK ||
	    (r = store_audit_head(g->store, &head)) != RG_OK ||
	    (r = store_audit_archived(g->store, &archived)) != RG_OK)
		return r;
	fn(ctx, "sessions", "", "", sessions);
	fn(ctx, "policy_version", "", "", version);
	fn(ctx, "audit_rows", "", "", head.seq);
	fn(ctx, "audit_archived_rows", "", "", archived.seq);
	if ((r = documents(g, now, &t)) != RG_OK)
		return r;
	return store_each_total(g->store, take_total, &t);
}
