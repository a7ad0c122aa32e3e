/* SPDX-License-Identifier: ISC */
/*
 * Whether tokens bring what mappings ask for. Whoever registered the
 * application can't see that at Entra; the claims recorded here tell.
 */
#include "cli/doctor.h"

#include <stdio.h>
#include <string.h>

struct tokens {
	const struct provider *provider;
	struct gate_tokens seen;
	/* What the provider's mappings need. */
	bool want_groups;
	bool want_roles;
};

static enum rg_err
see_mapping(void *ctx, const struct mapping_row *m)
{
	struct tokens *t = ctx;

	if (!m->enabled || strcmp(m->provider, t->provider->name) != 0)
		return RG_OK;
	if (strcmp(m->kind, "group") == 0 || strcmp(m->kind, "group_name") == 0)
		t->want_groups = true;
	else if (strcmp(m->kind, "app_role") == 0)
		t->want_roles = true;
	return RG_OK;
}

static void
advise(struct doctor *d, const struct tokens *t, const char *what)
{
	const struct provider *p = t->provider;
	bool entra = p->type == PROVIDER_ENTRA;

	if (t->want_groups && t->seen.groups == 0 && t->seen.over == 0)
		doctor_report(d, FINDING_WARN, what,
		    "no mapping of a group can match, since no token had the "
		    "claim %s: %s",
		    p->groups_claim,
		    entra ? "Token configuration, Add groups claim, ID token: "
			    "Group ID"
			  : "have the provider put it into ID tokens, or set "
			    "groups_claim to what it is called there");
	if (t->want_groups && t->seen.over > 0 && p->graph == GRAPH_OFF)
		doctor_report(d, FINDING_WARN, what,
		    "%d of %d have too many groups for a token, so that theirs "
		    "are unknown: set graph = delegated, or let the token "
		    "carry only groups assigned to the application",
		    t->seen.over, t->seen.all);
	if (t->want_roles && t->seen.roles == 0)
		doctor_report(d, FINDING_WARN, what,
		    "no mapping of an app role can match, since no token had "
		    "the claim %s: %s",
		    p->roles_claim,
		    entra ? "assign people to app roles under Enterprise "
			    "applications, Users and groups"
			  : "have the provider put it into ID tokens, or set "
			    "roles_claim to what it is called there");
}

void
doctor_tokens(struct doctor *d, const struct provider *p)
{
	struct tokens t = {.provider = p};
	struct store *store = gate_store(d->cli->gate);
	char what[64];
	enum rg_err r;

	(void)snprintf(what, sizeof(what), "tokens of %s", p->name);
	if ((r = store_each_mapping(store, see_mapping, &t)) != RG_OK ||
	    (r = gate_tokens(d->cli->gate, p, &t.seen)) != RG_OK) {
		doctor_report(
		    d, FINDING_FAIL, what, "%s (%s)", err_text(r), err_name(r));
		return;
	}
	if (t.seen.all == 0) {
		doctor_report(d, FINDING_OK, what,
		    "nobody has signed in: what they carry is not known yet");
		return;
	}
	doctor_report(d, FINDING_OK, what,
	    "of the last %d people, %d had %s, %d had too many groups for a "
	    "token, %d had %s",
	    t.seen.all, t.seen.groups, p->groups_claim, t.seen.over,
	    t.seen.roles, p->roles_claim);
	advise(d, &t, what);
}
