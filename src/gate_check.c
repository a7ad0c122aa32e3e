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
