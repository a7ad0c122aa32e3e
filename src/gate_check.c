/* SPDX-License-Identifier: ISC */
#include "gate_internal.h"

enum rg_err
gate_provider_check(struct gate *g, const struct provider *p, int64_t now,
    int64_t *date, struct err *e)
{
	enum rg_err r = oidc_warm(g->oidc, p, now, e);

	*date = 0;
	return r == RG_OK ? oidc_clock(g->oidc, p, date, e) : r;
}

enum rg_err
gate_redirect_check(
    struct gate *g, const struct provider *p, int64_t now, struct err *e)
{
	struct buf uri = BUF_INIT;
	enum rg_err r;

	gate_put_redirect_uri(g, &uri);
	r = oidc_redirect_check(g->oidc, p, buf_str(&uri), now, e);
	buf_clear(&uri);
	return r;
}

enum rg_err
gate_assertion_check(const struct credential *c, struct err *e)
{
	return oidc_assertion_check(c, e);
}

const char *
gate_never_matches(
    const struct settings *s, const struct mapping_row *m, int64_t now)
{
	const struct provider *p = settings_provider(s, m->provider);

	if (p == NULL)
		return "its provider is not configured: remove it";
	if (m->tenant != NULL && p->entra == NULL)
		return "its provider has no tenants: remove it, add it without";
	if (m->tenant != NULL &&
	    entra_check_tenant(p->entra, m->tenant, NULL) != RG_OK)
		return "its provider takes nobody of that tenant: remove it, "
		       "or see tenant and allowed_tenants";
	if (!m->enabled)
		return "it is disabled: enable or remove it";
	if (m->expires_at != 0 && m->expires_at <= now)
		return "it has expired: remove it";
	return NULL;
}
