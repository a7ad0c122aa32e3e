/* SPDX-License-Identifier: ISC */
/*
 * What Graph says of the groups that mappings mention: that they are there, and
 * what they are called. Only the application itself can be asked for it here
 * (graph = app); as a person one would have to sign in.
 */
#include "cli/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "cli/progress.h"
#include "store/counter.h"

#define ASK_MAX 200	  /* groups of a provider that are asked about */
#define ASK_TIME_MS 30000 /* for all of them */
#define DAY (24 * 3600)

struct mapped {
	int64_t id;
	char *group;
	char *label;
};

struct groups {
	struct doctor *d;
	const struct provider *provider;
	char what[64];
	struct mapped *all;
	size_t count, left_out;
	size_t asked, odd; /* of those, what was reported */
	int64_t refused;   /* times that Graph refused lately */
};

/* Kept, because nothing else may wait for the database meanwhile. */
static enum rg_err
keep(void *ctx, const struct mapping_row *m)
{
	struct groups *g = ctx;
	struct mapped *to;

	if (!m->enabled || strcmp(m->kind, "group") != 0 ||
	    strcmp(m->provider, g->provider->name) != 0)
		return RG_OK;
	if (g->count == ASK_MAX) {
		g->left_out++;
		return RG_OK;
	}
	to = &g->all[g->count];
	to->id = m->id;
	to->group = strdup(m->value);
	to->label = strdup(m->label);
	g->count++;
	return to->group == NULL || to->label == NULL ? RG_E_NOMEM : RG_OK;
}

static void
clear(struct groups *g)
{
	size_t i;

	for (i = 0; g->all != NULL && i < g->count; i++) {
		free(g->all[i].group);
		free(g->all[i].label);
	}
	free(g->all);
}

/* What Graph said of one; false when there is no use in asking on. */
static bool
judge(struct groups *g, const struct mapped *m, enum rg_err r, const char *name,
    const struct err *e)
{
	char what[48];

	(void)snprintf(what, sizeof(what), "mapping %lld", (long long)m->id);
	if (r == RG_OK) {
		if (name == NULL || m->label[0] == '\0' ||
		    strcmp(name, m->label) == 0)
			return true;
		doctor_report(g->d, FINDING_WARN, what,
		    "its group is called \"%.100s\" at Graph and \"%.100s\" "
		    "here: rolegatectl map set %lld --label, if it is the "
		    "right one",
		    name, m->label, (long long)m->id);
		g->odd++;
		return true;
	}
	if (r == RG_E_NOT_FOUND) {
		doctor_report(g->d, FINDING_WARN, what,
		    "Graph knows no group %s%s%s: rolegatectl map remove %lld, "
		    "or map the group that took its place",
		    m->group, m->label[0] != '\0' ? " " : "", m->label,
		    (long long)m->id);
		g->odd++;
		return true;
	}
	if (r == RG_E_GRAPH_REFUSED)
		doctor_report(g->d, FINDING_FAIL, g->what,
		    "Graph refuses to tell of groups (%s): give the "
		    "application the permissions GroupMember.Read.All and "
		    "User.Read.All of Microsoft Graph, type Application, and "
		    "grant admin consent",
		    e->detail);
	else
		doctor_report(g->d, FINDING_FAIL, g->what,
		    "Graph can't be asked for groups: %s (%s)", e->detail,
		    err_name(r));
	return false;
}

static bool
ask(struct groups *g)
{
	int64_t deadline = clock_mono_ms() + ASK_TIME_MS;
	struct progress progress;
	bool go_on = true;
	size_t i;

	progress_begin(&progress, "groups asked about at Graph");
	for (i = 0; i < g->count && go_on; i++) {
		struct err e = {RG_OK, ""};
		char *name = NULL;
		enum rg_err r;

		r = gate_group_name(g->d->cli->gate, g->provider,
		    g->all[i].group, deadline, &name, &e);
		progress_hide(&progress);
		/* What is no GUID matches nothing, but is no group at Graph. */
		if (r != RG_E_INVALID)
			go_on = judge(g, &g->all[i], r, name, &e);
		free(name);
		g->asked += go_on ? 1 : 0;
		progress_show(&progress, (int64_t)g->asked, (int64_t)g->count);
	}
	progress_hide(&progress);
	return go_on;
}

static enum rg_err
count_refused(void *ctx, const struct counter_row *c)
{
	struct groups *g = ctx;

	if (strcmp(c->name, "graph") == 0 &&
	    strcmp(c->reason, err_name(RG_E_GRAPH_REFUSED)) == 0)
		g->refused += c->count;
	return RG_OK;
}

/* What sign-ins met: with graph = delegated nothing else can tell. */
static void
report_refused(struct groups *g)
{
	int64_t since = g->d->cli->ctx.now - DAY;
	enum rg_err r;

	r = store_each_counter(
	    gate_store(g->d->cli->gate), since - since % 60, count_refused, g);
	if (r != RG_OK)
		doctor_report(g->d, FINDING_FAIL, g->what, "%s (%s)",
		    err_text(r), err_name(r));
	else if (g->refused > 0)
		doctor_report(g->d, FINDING_WARN, g->what,
		    "Graph refused %lld times in the last day to tell a "
		    "person's groups: %s, and grant admin consent",
		    (long long)g->refused,
		    g->provider->graph == GRAPH_APP
			? "add the application permissions User.Read.All and "
			  "GroupMember.Read.All"
			: "add the delegated permission User.Read");
}

static void
report(struct groups *g)
{
	if (g->left_out > 0)
		doctor_report(g->d, FINDING_OK, g->what,
		    "%zu more mapped groups were not asked about at Graph",
		    g->left_out);
	if (g->odd == 0)
		doctor_report(g->d, FINDING_OK, g->what,
		    "%zu mapped groups are at Graph, by the names they have "
		    "here",
		    g->asked);
}

void
doctor_groups(struct doctor *d, const struct provider *p)
{
	struct groups g = {.d = d, .provider = p};
	enum rg_err r;

	if (p->type != PROVIDER_ENTRA || p->graph == GRAPH_OFF)
		return;
	(void)snprintf(g.what, sizeof(g.what), "Graph for %s", p->name);
	report_refused(&g);
	if (p->graph != GRAPH_APP) {
		doctor_report(d, FINDING_OK, g.what,
		    "asked as each person who signs in; whether mapped groups "
		    "exist can be told with graph = app only");
		return;
	}
	if ((g.all = calloc(ASK_MAX, sizeof(*g.all))) == NULL)
		r = RG_E_NOMEM;
	else
		r = store_each_mapping(gate_store(d->cli->gate), keep, &g);
	if (r != RG_OK)
		doctor_report(d, FINDING_FAIL, g.what, "%s (%s)", err_text(r),
		    err_name(r));
	else if (g.count > 0 && ask(&g))
		report(&g);
	clear(&g);
}
