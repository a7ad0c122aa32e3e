/* SPDX-License-Identifier: ISC */
#include "gate_admins.h"

#include "gate_edit.h"
#include "gate_known.h"
#include "store/admin.h"

#define PAGE 500

enum {
	NOW,
	FOR_EVER
};

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

static enum rg_err
take_role(void *ctx, const struct role_row *row)
{
	if (!row->is_admin)
		return RG_OK;
	return access_policy_add_role(ctx, row->name, row->permissions,
	    row->permission_count, row->is_admin);
}

static enum rg_err
take_mapping(void *ctx, const struct mapping_row *row)
{
	return gate_policy_put_mapping(ctx, row);
}

/*
 * As much of the policy as decides who is admin: what leads to an admin role,
 * and what denies. All of it may be a long list to read at each edit.
 */
static enum rg_err
read_policy(struct gate *g, struct access_policy **out)
{
	struct access_policy *p = access_policy_new(0);
	enum rg_err r;

	*out = NULL;
	if (p == NULL)
		return RG_E_NOMEM;
	if ((r = store_each_role(g->store, take_role, p)) == RG_OK &&
	    (r = store_each_admin_mapping(g->store, take_mapping, p)) == RG_OK)
		r = access_policy_seal(p);
	if (r == RG_OK)
		*out = p;
	else
		access_policy_free(&p);
	return r;
}

struct search {
	struct gate *g;
	const struct access_policy *policy;
	int64_t when;
	int64_t last_id; /* of whom was asked about */
	bool found;
};

static bool
is_admin(const struct access_decision *d)
{
	return d->is_admin && access_has_permission(d, "*");
}

static enum rg_err
take_person(void *ctx, const struct principal_row *row)
{
	struct search *s = ctx;
	struct access_decision d = {0};
	struct gate_known person;
	enum rg_err r;

	s->last_id = row->id;
	if (row->disabled)
		return RG_OK;
	r = gate_known_load(s->g, row, s->when, &person);
	if (gate_known_is_left_out(r))
		return RG_OK;
	if (r != RG_OK)
		return r;
	/* Groups that stand in for a while count as they are. */
	person.groups.valid_until = 0;
	r = access_decide(s->policy, &person.subject, &d);
	s->found = r == RG_OK && is_admin(&d);
	access_decision_clear(&d);
	gate_known_clear(&person);
	/* One is enough: the list ends here. */
	return s->found ? RG_E_EXISTS : r;
}

/* Among those who were admins already. */
static enum rg_err
search_admins(struct search *s)
{
	enum rg_err r = store_each_known_admin(s->g->store, take_person, s);

	return s->found ? RG_OK : r;
}

/* Among all others. It takes a while, and is seldom needed. */
static enum rg_err
search_all(struct search *s)
{
	int64_t before;
	enum rg_err r;

	s->last_id = 0;
	do {
		before = s->last_id;
		r = store_known_page(s->g->store, before, PAGE, take_person, s);
	} while (r == RG_OK && s->last_id > before);
	return s->found ? RG_OK : r;
}

enum rg_err
gate_admins_before(struct gate *g, int64_t now, struct gate_admins *a)
{
	const int64_t when[] = {now, EDIT_TIME_MAX};
	struct access_policy *policy = NULL;
	enum rg_err r;
	int i;

	if ((r = read_policy(g, &policy)) != RG_OK)
		return r;
	for (i = NOW; r == RG_OK && i <= FOR_EVER; i++) {
		struct search s = {g, policy, when[i], 0, false};

		if ((r = has_way(g, when[i], &a->way[i])) == RG_OK)
			r = search_admins(&s);
		a->known[i] = s.found;
	}
	access_policy_free(&policy);
	return r;
}

/* Whether nobody known is an admin `when`, where somebody was. */
static enum rg_err
is_known_lost(struct gate *g, const struct access_policy *policy, int64_t when,
    bool *lost)
{
	struct search s = {g, policy, when, 0, false};
	enum rg_err r;

	if ((r = search_admins(&s)) == RG_OK && !s.found)
		r = search_all(&s);
	*lost = !s.found;
	return r;
}

enum rg_err
gate_admins_lost(struct gate *g, int64_t now, const struct gate_admins *before,
    const char **loss)
{
	static const char *const no_way[] = {
	    "after this nobody could be admin any more",
	    "once this has expired nobody could be admin any more"};
	static const char *const nobody_known[] = {
	    "after this nobody who has signed in would be an admin; let "
	    "somebody who will be one sign in first",
	    "once this has expired nobody who has signed in would be an "
	    "admin; let somebody who will be one sign in first"};
	const int64_t when[] = {now, EDIT_TIME_MAX};
	struct access_policy *policy = NULL;
	enum rg_err r;
	int i;

	*loss = NULL;
	if ((r = read_policy(g, &policy)) != RG_OK)
		return r;
	for (i = NOW; r == RG_OK && *loss == NULL && i <= FOR_EVER; i++) {
		bool way, lost = false;

		if ((r = has_way(g, when[i], &way)) != RG_OK)
			break;
		if (before->way[i] && !way)
			*loss = no_way[i];
		else if (before->known[i])
			r = is_known_lost(g, policy, when[i], &lost);
		if (lost)
			*loss = nobody_known[i];
	}
	access_policy_free(&policy);
	return r;
}
