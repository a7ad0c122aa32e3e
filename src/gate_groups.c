/* SPDX-License-Identifier: ISC */
/*
 * The groups of a person, when the token could not carry them. Only what a
 * token or Graph proves grants; without proof the groups are unknown, or, for
 * a while and where that is configured, those that were proven last.
 *
 * Of a bearer token only Graph's answer is asked for (gate_bearer.c): nothing
 * that it lacks, and no answer to it, says anything about a session.
 */
#include "gate_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "entra/graph.h"

/* The groups that a mapping of this provider and tenant mentions. */
struct mentioned {
	const char **ids; /* borrowed from the policy */
	size_t count;
	int64_t through; /* the highest id of any mapping */
};

/*
 * Those that are switched off or have expired as well: when they are on again
 * tomorrow, the answer of today must not say "no".
 */
static enum rg_err
collect(const struct access_policy *policy, const struct provider *p,
    const char *tenant, struct mentioned *out)
{
	const struct access_mapping *m;
	size_t i, all = access_policy_mapping_count(policy);

	memset(out, 0, sizeof(*out));
	if (all == 0)
		return RG_OK;
	if ((out->ids = calloc(all, sizeof(*out->ids))) == NULL)
		return RG_E_NOMEM;
	for (i = 0; (m = access_policy_mapping(policy, i)) != NULL; i++) {
		if (m->id > out->through)
			out->through = m->id;
		if (m->kind == ACCESS_GROUP &&
		    strcmp(m->provider, p->name) == 0 &&
		    (m->tenant == NULL || strcasecmp(m->tenant, tenant) == 0))
			out->ids[out->count++] = m->value;
	}
	return RG_OK;
}

/* The access token to ask Graph with; borrowed. */
static enum rg_err
graph_token(struct gate *g, const struct provider *p, const char *delegated,
    int64_t now, const char **token, struct err *e)
{
	enum rg_err r = RG_OK;
	struct buf scope = BUF_INIT;

	*token = delegated;
	if (p->graph == GRAPH_APP) {
		buf_printf(&scope, "%s/.default", p->graph_url);
		r = oidc_app_token(g->oidc, p, buf_str(&scope), now, token, e);
		buf_clear(&scope);
	}
	return r;
}

enum rg_err
gate_group_name(struct gate *g, const struct provider *p, const char *id,
    int64_t deadline_ms, char **name, struct err *e)
{
	const char *token = NULL;
	enum rg_err r;

	*name = NULL;
	if (p->graph != GRAPH_APP)
		return err_set(e, RG_E_USAGE, "graph is not app");
	r = graph_token(g, p, NULL, clock_now(), &token, e);
	if (r != RG_OK)
		return r;
	return graph_group_name(g->graph,
	    &(struct graph_question){
		.base = p->graph_url,
		.token = token,
		.deadline_ms = deadline_ms,
		.timeout_ms = p->timeout_ms,
		.ca_file = p->ca_file,
		.allow_loopback_http = p->allow_loopback_http,
		.background = true,
	    },
	    id, name, e);
}

static enum rg_err
ask_graph(struct gate *g, const struct provider *p,
    const struct gate_groups_question *q, const struct mentioned *m,
    struct graph_answer *answer, struct err *e)
{
	enum rg_err r;
	int64_t deadline = clock_mono_ms() + p->graph_time_ms;
	const char *token = NULL;

	r = graph_token(g, p, q->access_token, q->now, &token, e);
	if (r != RG_OK)
		return r;
	if (token == NULL)
		return err_set(e, RG_E_GRAPH_REFUSED, "no access token");
	return graph_member_of(g->graph,
	    &(struct graph_question){
		.base = p->graph_url,
		.token = token,
		.user =
		    p->graph == GRAPH_APP ? json_str(q->claims, "oid") : NULL,
		.groups = m->ids,
		.group_count = m->count,
		.deadline_ms = deadline,
		.timeout_ms = p->timeout_ms,
		.ca_file = p->ca_file,
		.allow_loopback_http = p->allow_loopback_http,
		.background = q->background,
	    },
	    answer, e);
}

/* Overage: Graph knows. What went wrong is kept, not returned. */
static enum rg_err
resolve(struct gate *g, const struct gate_groups_question *q,
    struct gate_groups *out)
{
	enum rg_err r = RG_E_INTERNAL;
	const struct provider *p = q->provider;
	const char *tenant = json_str(q->claims, "tid");
	struct graph_answer answer = {0};
	struct mentioned m = {0};
	struct err e = {RG_OK, ""};

	if ((r = gate_policy(g, &e)) != RG_OK ||
	    (r = collect(g->policy, p, tenant == NULL ? "" : tenant, &m)) !=
		RG_OK)
		goto out;
	/* 0 would say that the list is whole. */
	if (m.through == 0)
		goto out;
	out->error = ask_graph(g, p, q, &m, &answer, &e);
	if (out->error != RG_OK) {
		out->view.reason = graph_reason(out->error);
		(void)snprintf(
		    out->detail, sizeof(out->detail), "%s", e.detail);
	} else {
		out->doc = answer.ids;
		out->view.state = GROUPS_COMPLETE;
		out->view.source = "graph";
		out->view.reason = NULL;
		out->view.as_of = q->now;
		out->view.ids = out->doc;
		out->view.asked_through = m.through;
	}
	log_event(out->error == RG_OK ? LOG_INFO : LOG_WARN, "groups.graph",
	    "provider=%s mapped=%zu calls=%u error=%s detail=%s", p->name,
	    m.count, answer.calls, err_name(out->error),
	    log_quote(out->detail));
	gate_count(g, "graph", err_name(out->error), q->now);
out:
	free(m.ids);
	return r;
}

enum rg_err
gate_groups_ask(struct gate *g, const struct gate_groups_question *q,
    struct gate_groups *out)
{
	const struct provider *p = q->provider;

	memset(out, 0, sizeof(*out));
	access_groups_from_claims(q->claims, p->groups_claim, &out->view);
	out->told = out->view.state == GROUPS_COMPLETE;
	if (!out->told)
		out->error = q->userinfo;
	if (out->told || strcmp(out->view.reason, "overage") != 0)
		return RG_OK;
	if (p->graph == GRAPH_OFF) {
		if (p->type == PROVIDER_ENTRA)
			out->view.reason = "graph_not_configured";
		return RG_OK;
	}
	return resolve(g, q, out);
}

/*
 * True when what is on record may stand in. Names that came in the token must
 * not turn into object ids: anybody may name a group like another one's id.
 */
static bool
may_stand_in(
    const struct provider *p, const struct access_groups *known, int64_t now)
{
	struct access_subject s;
	bool names;

	gate_subject_init(&s, p);
	names = s.group_names_claim != NULL &&
		strcmp(s.group_names_claim, s.groups_claim) == 0;
	return known->state != GROUPS_UNKNOWN && known->as_of > 0 &&
	       known->as_of <= now &&
	       now < clock_add(known->as_of, p->last_known_max_age) &&
	       (!names || strcmp(known->source, "graph") == 0);
}

enum rg_err
gate_groups_fall_back(struct gate *g, const struct provider *p,
    const struct principal_row *row, int64_t now, struct gate_groups *groups)
{
	enum rg_err r = RG_E_INTERNAL;
	struct access_groups known;
	json_t *doc = NULL;
	char *text = NULL;

	if (groups->view.state != GROUPS_UNKNOWN || !p->last_known)
		return RG_OK;
	r = store_principal_groups(g->store, row, &text);
	if (r == RG_E_NOT_FOUND)
		return RG_OK;
	if (r != RG_OK)
		goto out;
	/* What can't be read does not stand in. */
	if (json_load_strict(text, strlen(text), &doc) == RG_OK &&
	    access_groups_parse(doc, &known) == RG_OK &&
	    may_stand_in(p, &known, now)) {
		known.state = GROUPS_STALE;
		known.source = "cache";
		known.reason = groups->view.reason;
		known.valid_until =
		    clock_add(known.as_of, p->last_known_max_age);
		groups->view = known;
		groups->doc = doc;
		doc = NULL;
	}
	r = RG_OK;
out:
	json_decref(doc);
	free(text);
	return r;
}

json_t *
gate_groups_known(const struct gate_groups *groups, int64_t now)
{
	struct access_groups known = groups->view;

	if (groups->told)
		known.as_of = now;
	return access_groups_json(&known);
}

void
gate_groups_clear(struct gate_groups *groups)
{
	json_decref(groups->doc);
	memset(groups, 0, sizeof(*groups));
}
