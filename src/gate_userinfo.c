/* SPDX-License-Identifier: ISC */
#include "base/json.h"
#include "gate_person.h"
#include "oidc/userinfo.h"
#include "store/admin.h"

#include <string.h>

/* Into `ctx`, the new claims, from those of the person's last sign-in. */
static enum rg_err
carry_over(void *ctx, const struct principal_row *row)
{
	json_t *was = NULL;
	enum rg_err r;

	r = json_load_strict(row->claims, strlen(row->claims), &was);
	if (r == RG_OK)
		r = userinfo_carry_over(was, ctx);
	json_decref(was);
	return r;
}

enum rg_err
gate_show_last_known(
    struct gate *g, int64_t principal, json_t *claims, struct err *e)
{
	enum rg_err r =
	    store_known_page(g->store, principal - 1, 1, carry_over, claims);

	return r == RG_OK ? RG_OK : gate_store_err(g, r, "claims", e);
}

enum rg_err
gate_without_userinfo(
    struct gate *g, const struct provider *p, json_t *claims, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct gate_person who;
	int64_t id;

	if (p->claims_from == CLAIMS_FROM_USERINFO)
		return access_claims_set_missing(claims) == RG_OK
			   ? RG_OK
			   : err_set(e, RG_E_NOMEM, "signing in");
	if ((r = gate_person_of(p, claims, false, &who, e)) != RG_OK)
		goto out;
	r = store_principal_find(g->store, who.row.provider, who.row.issuer,
	    who.row.tenant, who.row.subject, &id);
	if (r == RG_OK)
		r = gate_show_last_known(g, id, claims, e);
	else if (r == RG_E_NOT_FOUND)
		r = RG_OK;
	else
		r = gate_store_err(g, r, "signing in", e);
out:
	gate_person_clear(&who);
	return r;
}
