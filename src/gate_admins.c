/* SPDX-License-Identifier: ISC */
#include "gate_admins.h"

#include <limits.h>
#include <string.h>

#include "gate_edit.h"
#include "gate_known.h"
#include "store/admin.h"

#define PAGE 500
#define JUDGED_MAX 200 /* while others wait for the lock */

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
	int left; /* how many more may be judged */
	bool found;
};

static bool
is_admin(const struct access_decision *d)
{
	return d->is_admin && access_has_permission(d, "*");
}

/* Whether they are an admin at each of these times. */
static enum rg_err
judge(struct gate *g, const struct access_policy *policy,
    const struct principal_row *row, const int64_t *when, size_t count,
    bool *admin)
{
	struct access_decision d = {0};
	struct gate_known person;
	enum rg_err r;
	size_t i;

	memset(admin, 0, count * sizeof(*admin));
	if (row->disabled)
		return RG_OK;
	r = gate_known_load(g, row, when[0], &person);
	if (gate_known_is_left_out(r))
		return RG_OK;
	if (r != RG_OK)
		return r;
	/* Groups that stand in for a while count as they are. */
	person.groups.valid_until = 0;
	for (i = 0; r == RG_OK && i < count; i++) {
		person.subject.now = when[i];
		r = access_decide(policy, &person.subject, &d);
		admin[i] = r == RG_OK && is_admin(&d);
		access_decision_clear(&d);
	}
	gate_known_clear(&person);
	return r;
}

static enum rg_err
take_person(void *ctx, const struct principal_row *row)
{
	struct search *s = ctx;
	enum rg_err r;

	if (s->left-- == 0)
		return RG_E_TOO_LARGE;
	r = judge(s->g, s->policy, row, &s->when, 1, &s->found);
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
		struct search s = {g, policy, when[i], INT_MAX, false};

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

	/* All of them may be admins, and none afterwards: others wait. */
	s->left = JUDGED_MAX;
	if ((r = search_admins(s)) == RG_E_TOO_LARGE)
		r = RG_OK;
	s->left = INT_MAX;
	if (r == RG_OK && !s->found)
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
		struct search s = {g, a->proposed, when[i], INT_MAX, false};
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
	struct gate *g;
	int64_t when[2];
	struct gate_admins *a;
	int64_t at; /* all people up to this id */
};

/* Whoever is an admin for ever most likely is one now. */
static bool
is_enough(const struct gate_admins *a)
{
	const struct gate_spares *ever = &a->spares[FOR_EVER];
	const struct gate_spares *spares =
	    ever->wanted ? ever : &a->spares[NOW];

	return spares->count == GATE_SPARES;
}

static enum rg_err
take_spare(void *ctx, const struct principal_row *row)
{
	struct looking *l = ctx;
	struct gate_spares *spares;
	bool admin[2];
	enum rg_err r;
	int i;

	l->at = row->id;
	r = judge(l->g, l->a->proposed, row, l->when, 2, admin);
	for (i = NOW; r == RG_OK && i <= FOR_EVER; i++) {
		spares = &l->a->spares[i];
		if (!spares->wanted || row->id <= spares->searched)
			continue;
		spares->searched = row->id;
		if (admin[i] && spares->count < GATE_SPARES)
			spares->id[spares->count++] = row->id;
	}
	if (r == RG_OK && is_enough(l->a))
		return RG_E_EXISTS;
	return r;
}

enum rg_err
gate_admins_search(struct gate *g, int64_t now, struct gate_admins *a)
{
	struct looking l = {g, {now, EDIT_TIME_MAX}, a, INT64_MAX};
	struct gate_spares *spares;
	int64_t before;
	enum rg_err r;
	int i;

	for (i = NOW; i <= FOR_EVER; i++) {
		spares = &a->spares[i];
		if (!spares->wanted)
			continue;
		spares->count = 0;
		if (spares->searched < l.at)
			l.at = spares->searched;
	}
	do {
		before = l.at;
		r = store_known_page(g->store, before, PAGE, take_spare, &l);
	} while (r == RG_OK && l.at > before);
	for (i = NOW; r == RG_OK && i <= FOR_EVER; i++)
		if (a->spares[i].wanted)
			a->spares[i].exhausted = true;
	return r == RG_E_EXISTS ? RG_OK : r;
}

void
gate_admins_clear(struct gate_admins *a)
{
	access_policy_free(&a->proposed);
}
