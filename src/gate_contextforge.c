/* SPDX-License-Identifier: ISC */
/* Roles pushed to a ContextForge gateway: a run over people. */
#include "gate_contextforge.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "contextforge/api.h"
#include "contextforge/plan.h"
#include "store/contextforge.h"

#define SYNC_ATTEMPTS 4
#define SIGN_IN_ATTEMPTS 2
#define RULES_FRESH_MS 60000

struct gate_cf {
	struct cf_api *api;
	json_t *rules; /* gate_contextforge.h */
	int64_t rules_at;
};

void
gate_cf_free(struct gate_cf **cf)
{
	if (*cf == NULL)
		return;
	cf_api_free(&(*cf)->api);
	json_decref((*cf)->rules);
	free(*cf);
	*cf = NULL;
}

/* What a rule of ours is called at the gateway; NULL: there is no such role. */
static const char *
find_role(const json_t *roles, const struct cf_rule *u)
{
	const json_t *item;
	size_t i;

	json_array_foreach(roles, i, item)
	{
		if (strcmp(json_str(item, "name"), u->gateway_role) == 0 &&
		    strcmp(json_str(item, "scope"), cf_scope_name(u->scope)) ==
			0)
			return json_str(item, "id");
	}
	return NULL;
}

/* All rules or none: one that can't be kept is not left out in silence. */
static enum rg_err
resolve_rules(struct gate *g, const json_t *roles, json_t **out, struct err *e)
{
	const struct cf_config *f = g->settings->contextforge;
	const struct cf_rule *u;
	const char *id;
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < f->rule_count; i++) {
		u = &f->rules[i];
		id = find_role(roles, u);
		if (id == NULL ||
		    access_policy_role(g->policy, u->role) == NULL) {
			json_decref(list);
			return err_set(e, RG_E_CF_RULE, "no role \"%s\"%s%s %s",
			    id == NULL ? u->gateway_role : u->role,
			    id == NULL ? " of scope " : "",
			    id == NULL ? cf_scope_name(u->scope) : "",
			    id == NULL ? "at the gateway" : "here");
		}
		if (json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "rule", u->role,
			    "role_id", id, "role", u->gateway_role, "scope",
			    cf_scope_name(u->scope), "scope_id",
			    u->scope_id)) != 0) {
			json_decref(list);
			return err_set(e, RG_E_NOMEM, "reading roles");
		}
	}
	*out = list;
	return RG_OK;
}

/* The connection, and the rules as the gateway's roles are now. */
static enum rg_err
prepare(struct gate *g, int attempts, int64_t deadline_ms, struct err *e)
{
	enum rg_err r;
	const struct cf_config *f = g->settings->contextforge;
	struct gate_cf *cf = g->contextforge;
	json_t *roles = NULL, *rules = NULL;

	if (cf == NULL) {
		if ((cf = calloc(1, sizeof(*cf))) == NULL ||
		    (cf->api = cf_api_new(f)) == NULL) {
			free(cf);
			return err_set(e, RG_E_NOMEM, "the gateway");
		}
		g->contextforge = cf;
	}
	cf_api_limits(cf->api, attempts, deadline_ms);
	if (cf->rules != NULL &&
	    clock_mono_ms() - cf->rules_at < RULES_FRESH_MS)
		return RG_OK;
	if ((r = gate_policy(g, e)) != RG_OK ||
	    (r = cf_api_roles(cf->api, &roles, e)) != RG_OK ||
	    (r = resolve_rules(g, roles, &rules, e)) != RG_OK)
		goto out;
	json_decref(cf->rules);
	cf->rules = rules;
	cf->rules_at = clock_mono_ms();
out:
	json_decref(roles);
	return r;
}

/* One address: what is ours there, what is there, and what is to be done. */
static enum rg_err
sync_address(struct cf_run *n, const json_t *wanted, const json_t *all_ours,
    struct err *e)
{
	enum rg_err r = RG_E_NOMEM;
	json_t *ours = json_array(), *there = NULL, *plan = NULL, *item;
	size_t i;

	n->held = json_array();
	if (ours == NULL || n->held == NULL)
		goto out;
	json_array_foreach(all_ours, i, item)
	{
		if (strcmp(json_str(item, "email"), n->email) != 0)
			continue;
		(void)json_array_append(ours, item);
		if (!json_is_true(json_object_get(item, "pending")))
			gate_cf_hold(n->held, item, true);
	}
	r = RG_OK;
	if (json_array_size(ours) == 0 && json_array_size(wanted) == 0)
		goto out;
	if ((r = cf_api_user_roles(n->api, n->email, &there, e)) != RG_OK ||
	    (r = cf_plan(wanted, ours, there, &plan)) != RG_OK)
		goto out;
	/* Everybody whom the gateway knows has a role there. */
	n->exists = json_array_size(there) > 0;
	json_array_foreach(plan, i, item)
	{
		if ((r = gate_cf_step(n, item, e)) != RG_OK)
			goto out;
	}
out:
	json_decref(ours);
	json_decref(there);
	json_decref(plan);
	json_decref(n->held);
	n->held = NULL;
	return r;
}

static enum rg_err
take_grant(void *ctx, const struct cf_grant_row *row)
{
	return json_array_append_new(
		   ctx, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:I}",
			    "email", row->email, "role_id", row->role_id,
			    "scope", row->scope, "scope_id", row->scope_id,
			    "role", row->role, "pending", row->pending,
			    "expires_at", (json_int_t)row->expires_at)) == 0
		   ? RG_OK
		   : RG_E_NOMEM;
}

/* The person's address, and those that they had when they were given roles. */
static enum rg_err
sync_addresses(struct cf_run *n, const json_t *ours, struct err *e)
{
	enum rg_err r = RG_OK;
	const struct cf_subject *s = n->s;
	json_t *none = json_array(), *item;
	const char *last = NULL, *email;
	size_t i;

	if (none == NULL)
		return RG_E_NOMEM;
	if (s->address[0] != '\0') {
		n->email = s->address;
		r = sync_address(n, s->wanted, ours, e);
	}
	json_array_foreach(ours, i, item)
	{
		email = json_str(item, "email"); /* sorted by it */
		if (r != RG_OK || strcmp(email, s->address) == 0 ||
		    (last != NULL && strcmp(email, last) == 0))
			continue;
		last = n->email = email;
		r = sync_address(n, none, ours, e);
	}
	json_decref(none);
	return r;
}

static enum rg_err
sync_person(struct cf_run *n, struct cf_subject *s, struct err *e)
{
	enum rg_err r;
	json_t *ours = json_array();

	n->s = s;
	n->email = "";
	r = gate_cf_judge(n->g, s, n->g->contextforge->rules, n->ctx->now, e);
	if (r == RG_OK && s->why != NULL)
		gate_cf_report(n, NULL, "skip", s->why);
	if (r != RG_OK || s->leave)
		goto out;
	r = store_each_cf_grant(n->g->store, n->g->settings->contextforge->url,
	    s->id, take_grant, ours);
	if (r != RG_OK)
		(void)gate_store_err(n->g, r, "reading roles given", e);
	else
		r = sync_addresses(n, ours, e);
out:
	json_decref(ours);
	return r;
}

/* That it failed, and why; the next run does what is left. */
static void
audit_failure(struct gate *g, const struct gate_context *ctx,
    const char *subject, const struct err *why)
{
	log_warn("contextforge.failed", "subject=%s error=%s detail=%s",
	    subject, err_name(why->code), log_quote(why->detail));
	(void)gate_audit_alone(g, ctx, "contextforge.failed", ctx->actor,
	    subject,
	    json_pack("{s:s, s:s}", "error", err_name(why->code), "detail",
		why->detail),
	    NULL);
}

static enum rg_err
take_id(void *ctx, int64_t id)
{
	return json_array_append_new(ctx, json_integer((json_int_t)id)) == 0
		   ? RG_OK
		   : RG_E_NOMEM;
}

/* Errors that all others would meet, too. */
static bool
concerns_all(enum rg_err r)
{
	return r != RG_E_CF_REFUSED && r != RG_E_CF_ANSWER;
}

enum rg_err
gate_cf_sync(struct gate *g, const struct gate_context *ctx,
    const struct gate_cf_options *o, struct err *e)
{
	enum rg_err r, one;
	struct cf_run n = {.g = g,
	    .ctx = ctx,
	    .dry_run = o->dry_run,
	    .fn = o->fn,
	    .fn_ctx = o->ctx};
	json_t *ids = json_array(), *id;
	struct err why = {RG_OK, ""};
	struct cf_subject s;
	bool found = o->subject == NULL;
	size_t i;

	if ((r = prepare(g, SYNC_ATTEMPTS, 0, e)) != RG_OK) {
		if (!o->dry_run)
			audit_failure(g, ctx, "", e);
		goto out;
	}
	n.api = g->contextforge->api;
	r = store_each_cf_person(g->store, take_id, ids);
	if (r != RG_OK)
		(void)gate_store_err(g, r, "reading people", e);
	json_array_foreach(ids, i, id)
	{
		if (r != RG_OK && concerns_all(r))
			break;
		one = gate_cf_load(g, json_integer_value(id), ctx->now, &s);
		if (one == RG_OK && (o->subject == NULL ||
					strcmp(o->subject, s.subject) == 0)) {
			found = true;
			one = sync_person(&n, &s, &why);
			if (one != RG_OK && !o->dry_run)
				audit_failure(g, ctx, s.subject, &why);
		}
		if (one != RG_OK && one != RG_E_NOT_FOUND) {
			r = one;
			*e = why;
			e->code = r;
		}
		gate_cf_subject_clear(&s);
	}
	if (r == RG_OK && !found)
		r = err_set(e, RG_E_NOT_FOUND, "nobody is %s", o->subject);
out:
	json_decref(ids);
	return r;
}

void
gate_cf_signed_in(
    struct gate *g, const struct gate_context *ctx, int64_t principal)
{
	enum rg_err r;
	const struct cf_config *f = g->settings->contextforge;
	struct cf_run n = {.g = g, .ctx = ctx};
	struct cf_subject s = {0};
	struct err e = {RG_OK, ""};

	if (f == NULL || f->url == NULL || !f->at_sign_in)
		return;
	/* It waits for others as a sign-in does, and counts as one. */
	if ((r = slots_take(g->slots)) == RG_OK) {
		r = prepare(g, SIGN_IN_ATTEMPTS,
		    clock_mono_ms() + f->sign_in_timeout_ms, &e);
		if (r == RG_OK)
			r = gate_cf_load(g, principal, ctx->now, &s);
		if (r == RG_OK) {
			n.api = g->contextforge->api;
			r = sync_person(&n, &s, &e);
		}
		slots_give(g->slots);
	}
	if (r != RG_OK) {
		e.code = r;
		audit_failure(g, ctx, s.subject == NULL ? "" : s.subject, &e);
	}
	gate_cf_subject_clear(&s);
}
