/* SPDX-License-Identifier: ISC */
#include "gate_admins.h"

#include <string.h>

#include "gate_edit.h"
#include "gate_known.h"
#include "store/admin.h"

struct ways {
	const struct settings *settings;
	bool any;
};

/* A provider that is configured no longer signs nobody in. */
static enum rg_err
take_way(void *ctx, const char *provider)
{
	struct ways *w = ctx;

	if (settings_provider(w->settings, provider) != NULL)
		w->any = true;
	return RG_OK;
}

static enum rg_err
has_way(struct gate *g, int64_t when, bool *any)
{
	struct ways w = {g->settings, false};
	enum rg_err r = store_each_admin_provider(g->store, when, take_way, &w);

	*any = w.any;
	return r;
}

/* What is known of people who are, or would be, admins. */
struct known {
	struct gate *g;
	const struct access_policy *policy;
	int64_t now;
	bool any;  /* somebody is */
	bool shut; /* somebody would be, but is denied or disabled */
};

static void
judge(struct known *k, const struct access_decision *d, bool disabled)
{
	size_t i;

	if (!disabled && d->is_admin && access_has_permission(d, "*")) {
		k->any = true;
		return;
	}
	for (i = 0; i < d->reason_count; i++) {
		const struct access_reason *r = &d->reasons[i];

		if (r->role != NULL && r->role->is_admin &&
		    (r->outcome == ACCESS_GIVES ||
			r->outcome == ACCESS_OVERRULED))
			k->shut = true;
	}
}

static enum rg_err
take_known(void *ctx, const struct principal_row *row)
{
	struct known *k = ctx;
	struct access_decision d = {0};
	struct gate_known person;
	enum rg_err r;

	r = gate_known_load(k->g, row, k->now, &person);
	if (r == RG_E_PROVIDER_UNKNOWN)
		return RG_OK;
	if (r != RG_OK)
		return r;
	if ((r = access_decide(k->policy, &person.subject, &d)) == RG_OK)
		judge(k, &d, row->disabled);
	access_decision_clear(&d);
	gate_known_clear(&person);
	/* One is enough: the list ends here. */
	return k->any ? RG_E_EXISTS : r;
}

static enum rg_err
ask_known(struct known *k)
{
	enum rg_err r = store_each_known_admin(k->g->store, take_known, k);

	return k->any ? RG_OK : r;
}

enum rg_err
gate_admins_before(struct gate *g, int64_t now, struct gate_admins *a)
{
	struct access_policy *fresh = NULL;
	struct known k = {g, g->policy, now, false, false};
	enum rg_err r;

	if ((r = has_way(g, now, &a->now)) != RG_OK ||
	    (r = has_way(g, EDIT_TIME_MAX, &a->for_ever)) != RG_OK ||
	    (r = store_policy_version(g->store, &a->version)) != RG_OK)
		return r;
	/* That of the gate stays: edit->authority borrows from it. */
	if (k.policy == NULL || access_policy_version(k.policy) != a->version) {
		if ((r = gate_policy_read(g, &fresh)) != RG_OK)
			return r;
		k.policy = fresh;
	}
	r = ask_known(&k);
	a->known = k.any;
	access_policy_free(&fresh);
	return r;
}

/* Whether all known admins are shut out now. */
static enum rg_err
are_shut_out(struct gate *g, int64_t now, const struct gate_admins *before,
    bool *shut_out)
{
	struct access_policy *fresh = NULL;
	struct known k = {g, NULL, now, false, false};
	int64_t version;
	bool denies;
	enum rg_err r;

	*shut_out = false;
	if ((r = store_policy_version(g->store, &version)) != RG_OK ||
	    (r = store_has_denies(g->store, now, &denies)) != RG_OK)
		return r;
	/* Mappings that only give shut nobody out; it is a long list to read.
	 */
	if (version != before->version && !denies)
		return RG_OK;
	if ((r = gate_policy_read(g, &fresh)) != RG_OK)
		return r;
	k.policy = fresh;
	r = ask_known(&k);
	*shut_out = !k.any && k.shut;
	access_policy_free(&fresh);
	return r;
}

enum rg_err
gate_admins_lost(struct gate *g, int64_t now, const struct gate_admins *before,
    const char **loss)
{
	bool any, for_ever, shut_out = false;
	enum rg_err r;

	*loss = NULL;
	if ((r = has_way(g, now, &any)) != RG_OK ||
	    (r = has_way(g, EDIT_TIME_MAX, &for_ever)) != RG_OK)
		return r;
	if (before->known &&
	    (r = are_shut_out(g, now, before, &shut_out)) != RG_OK)
		return r;
	if (before->now && !any)
		*loss = "after this nobody could be admin any more";
	else if (before->for_ever && !for_ever)
		*loss = "once this has expired nobody could be admin any more";
	else if (shut_out)
		*loss = "after this everybody who is known as an admin would "
			"be denied or disabled";
	return RG_OK;
}
