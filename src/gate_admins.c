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

/* Among those that were found without the lock: much may have changed since. */
static enum rg_err
search_spares(struct search *s, const struct gate_admins *a)
{
	enum rg_err r = RG_OK;
	size_t i, k;

	for (i = NOW; i <= FOR_EVER; i++)
		for (k = 0; r == RG_OK && k < a->spares[i].count; k++)
			r = store_known_page(s->g->store,
			    a->spares[i].id[k] - 1, 1, take_person, s);
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
		struct search s = {g, policy, when[i], false};

		if ((r = has_way(g, when[i], &a->way[i])) == RG_OK)
			r = search_admins(&s);
		a->known[i] = s.found;
	}
	access_policy_free(&policy);
	return r;
}

/* Whether nobody known is an admin then, where somebody was. */
static enum rg_err
is_known_lost(struct search *s, struct gate_admins *a, int which, bool *lost)
{
	struct gate_spares *spares = &a->spares[which];
	enum rg_err r;

	if ((r = search_admins(s)) == RG_OK && !s->found)
		r = search_spares(s, a);
	spares->wanted = !s->found && !spares->exhausted;
	*lost = !s->found && spares->exhausted;
	return r;
}

enum rg_err
gate_admins_lost(struct gate *g, int64_t now, struct gate_admins *a,
    const char **loss, bool *search)
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
	enum rg_err r;
	int i;

	*loss = NULL;
	access_policy_free(&a->proposed);
	if ((r = read_policy(g, &a->proposed)) != RG_OK)
		return r;
	for (i = NOW; r == RG_OK && *loss == NULL && i <= FOR_EVER; i++) {
		struct search s = {g, a->proposed, when[i], false};
		bool way, lost = false;

		if ((r = has_way(g, when[i], &way)) != RG_OK)
			break;
		if (a->way[i] && !way)
			*loss = no_way[i];
		else if (a->known[i])
			r = is_known_lost(&s, a, i, &lost);
		if (lost)
			*loss = nobody_known[i];
	}
	*search = *loss == NULL &&
		  (a->spares[NOW].wanted || a->spares[FOR_EVER].wanted);
	return r;
}

struct looking {
	struct search search;
	struct gate_spares *spares;
};

static enum rg_err
take_spare(void *ctx, const struct principal_row *row)
{
	struct looking *l = ctx;
	struct gate_spares *spares = l->spares;
	enum rg_err r;

	spares->searched = row->id;
	r = take_person(&l->search, row);
	if (!l->search.found)
		return r;
	l->search.found = false;
	spares->id[spares->count++] = row->id;
	return spares->count < GATE_SPARES ? RG_OK : RG_E_EXISTS;
}

static enum rg_err
look_for(struct looking *l)
{
	struct gate_spares *spares = l->spares;
	int64_t before;
	enum rg_err r;

	spares->count = 0;
	do {
		before = spares->searched;
		r = store_known_page(
		    l->search.g->store, before, PAGE, take_spare, l);
	} while (r == RG_OK && spares->searched > before);
	spares->exhausted = r == RG_OK;
	return spares->count == GATE_SPARES ? RG_OK : r;
}

enum rg_err
gate_admins_search(struct gate *g, int64_t now, struct gate_admins *a)
{
	struct gate_spares *ever = &a->spares[FOR_EVER];
	struct looking at_once = {{g, a->proposed, now, false},
			   &a->spares[NOW]},
		       for_ever = {
			   {g, a->proposed, EDIT_TIME_MAX, false}, ever};
	enum rg_err r = RG_OK;

	if (ever->wanted) {
		/* Whoever is one for ever most likely is one now. */
		if ((r = look_for(&for_ever)) != RG_OK || ever->count > 0)
			return r;
	}
	return a->spares[NOW].wanted ? look_for(&at_once) : RG_OK;
}

void
gate_admins_clear(struct gate_admins *a)
{
	access_policy_free(&a->proposed);
}
