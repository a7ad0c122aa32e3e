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
gate_assertion_check(const struct credential *c, struct err *e)
{
	return oidc_assertion_check(c, e);
}
