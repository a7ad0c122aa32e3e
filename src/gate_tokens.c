/* SPDX-License-Identifier: ISC */
/* What the last ID tokens of a provider carried, by the claims on record. */
#include "gate_internal.h"

#include <string.h>

#include "access/claim.h"
#include "base/json.h"
#include "store/admin.h"

struct look {
	const struct provider *provider;
	struct gate_tokens *out;
};

static enum rg_err
see_person(void *ctx, const struct principal_row *p)
{
	struct look *l = ctx;
	struct access_groups groups;
	json_t *claims = NULL;
	enum rg_err r;

	r = json_load_strict(p->claims, strlen(p->claims), &claims);
	if (r != RG_OK)
		return r;
	access_groups_from_claims(claims, l->provider->groups_claim, &groups);
	l->out->all++;
	if (groups.reason != NULL && strcmp(groups.reason, "overage") == 0)
		l->out->over++;
	else if (claim_at(claims, l->provider->groups_claim) != NULL)
		l->out->groups++;
	if (claim_at(claims, l->provider->roles_claim) != NULL)
		l->out->roles++;
	json_decref(claims);
	return RG_OK;
}

enum rg_err
gate_tokens(struct gate *g, const struct provider *p, struct gate_tokens *out)
{
	struct look l = {p, out};

	memset(out, 0, sizeof(*out));
	return store_known_last(
	    g->store, p->name, GATE_TOKENS_LAST, see_person, &l);
}
