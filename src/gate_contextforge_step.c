/* SPDX-License-Identifier: ISC */
/* One step at a ContextForge gateway: done there, noted here, audited. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "contextforge/plan.h"
#include "gate_contextforge.h"
#include "store/contextforge.h"

#define CLAIM_SECONDS 60 /* after that a claim of another process is stale */

/* At sign-in it is the person who does it. */
static const char *
actor(const struct cf_run *n)
{
	return n->ctx->actor[0] == '\0' ? n->s->subject : n->ctx->actor;
}

/* "developer team:1234": an assignment as the audit names it. */
static json_t *
label(const json_t *step)
{
	const char *id = json_str(step, "scope_id");

	return json_sprintf("%s %s%s%s", json_str(step, "role"),
	    json_str(step, "scope"), id[0] == '\0' ? "" : ":", id);
}

void
gate_cf_hold(json_t *held, const json_t *step, bool on)
{
	json_t *name = label(step);
	size_t i;

	for (i = 0; i < json_array_size(held); i++)
		if (json_equal(json_array_get(held, i), name))
			break;
	if (!on)
		(void)json_array_remove(held, i);
	else if (i == json_array_size(held))
		(void)json_array_append(held, name);
	json_decref(name);
}

static struct cf_grant_row
row_of(const struct cf_run *n, const json_t *step)
{
	struct cf_grant_row row = {.gateway = n->g->settings->contextforge->url,
	    .email = n->email,
	    .role_id = json_str(step, "role_id"),
	    .scope = json_str(step, "scope"),
	    .scope_id = json_str(step, "scope_id"),
	    .principal = n->s->id,
	    .role = json_str(step, "role"),
	    .changed_at = clock_now()};

	(void)json_int(step, "expires_at", &row.expires_at);
	return row;
}

enum change {
	CHANGE_GIVEN,
	CHANGE_TAKEN
};

/* The step is done: our memory of it and the audit, in one transaction. */
static enum rg_err
note(struct cf_run *n, const json_t *step, enum change what, struct err *e)
{
	enum rg_err r;
	struct cf_grant_row row = row_of(n, step);
	json_t *old = json_deep_copy(n->held);

	gate_cf_hold(n->held, step, what == CHANGE_GIVEN);
	if ((r = store_begin(n->g->store)) == RG_OK)
		r = what == CHANGE_GIVEN
			? store_cf_grant_put(n->g->store, &row)
			: store_cf_grant_remove(n->g->store, &row);
	if (r == RG_OK)
		r = gate_audit(n->g, n->ctx,
		    what == CHANGE_GIVEN ? "contextforge.grant"
					 : "contextforge.revoke",
		    actor(n), n->s->subject,
		    json_pack("{s:o, s:s, s:s, s:s, s:s, s:I, s:O?, s:O}",
			"email", gate_audit_email(n->g, n->email), "step",
			json_str(step, "do"), "role", row.role, "scope",
			row.scope, "scope_id", row.scope_id, "expires_at",
			(json_int_t)row.expires_at, "old", old, "new",
			n->held));
	r = gate_commit(n->g, r, "noting a role given", e);
	json_decref(old);
	return r;
}

/* Writes down what is about to be given, before it is. */
static enum rg_err
claim(struct cf_run *n, const json_t *step, struct err *e)
{
	enum rg_err r;
	struct cf_grant_row row = row_of(n, step);

	if ((r = store_begin(n->g->store)) == RG_OK)
		r = store_cf_grant_claim(
		    n->g->store, &row, row.changed_at - CLAIM_SECONDS);
	return gate_commit(n->g, r, "about to give a role", e);
}

/* Forgets a claim of which nothing came. */
static void
unclaim(struct cf_run *n, const json_t *step)
{
	struct cf_grant_row row = row_of(n, step);
	enum rg_err r;

	if ((r = store_begin(n->g->store)) == RG_OK)
		r = store_cf_grant_remove(n->g->store, &row);
	(void)gate_commit(n->g, r, "forgetting a claim", NULL);
}

/*
 * A refused assignment: 400 is also how the gateway says that it is there
 * already, in words that may change. When an attempt before had no answer it
 * was ours; otherwise somebody else was faster, and it is theirs.
 */
static enum rg_err
after_refusal(
    struct cf_run *n, const json_t *step, const char **verb, struct err *e)
{
	enum rg_err r;
	json_t *there = NULL, *plan = NULL, *wanted;
	bool ours = cf_api_repeated(n->api);

	if ((r = cf_api_user_roles(n->api, n->email, &there, e)) != RG_OK)
		return r;
	wanted = json_pack("[O]", step);
	r = cf_plan(wanted, NULL, there, &plan);
	if (r == RG_OK &&
	    strcmp(json_str(json_array_get(plan, 0), "do"), "leave") != 0)
		r = err_set(e, RG_E_CF_REFUSED, "%s: role \"%s\" refused",
		    n->g->settings->contextforge->url, json_str(step, "role"));
	else if (r == RG_OK && ours)
		r = note(n, step, CHANGE_GIVEN, e);
	else if (r == RG_OK)
		*verb = "leave";
	if (!ours || r == RG_E_CF_REFUSED)
		unclaim(n, step);
	json_decref(wanted);
	json_decref(there);
	json_decref(plan);
	return r;
}

static enum rg_err
give(struct cf_run *n, const json_t *step, const char **verb, struct err *e)
{
	enum rg_err r;
	struct cf_grant_row row = row_of(n, step);

	r = claim(n, step, e);
	if (r == RG_E_EXISTS) { /* another process is at it */
		*verb = "busy";
		return RG_OK;
	}
	if (r == RG_OK && strcmp(*verb, "renew") == 0) {
		r = cf_api_revoke(
		    n->api, n->email, row.role_id, row.scope, row.scope_id, e);
		r = r == RG_E_NOT_FOUND ? RG_OK : r;
	}
	if (r != RG_OK)
		return r;
	r = cf_api_assign(n->api, n->email, row.role_id, row.scope,
	    row.scope_id, row.expires_at, e);
	if (r == RG_E_CF_REFUSED)
		return after_refusal(n, step, verb, e);
	/* Of anything else the claim stays: the next run finds out. */
	return r == RG_OK ? note(n, step, CHANGE_GIVEN, e) : r;
}

static enum rg_err
take_away(struct cf_run *n, const json_t *step, struct err *e)
{
	enum rg_err r;

	r = cf_api_revoke(n->api, n->email, json_str(step, "role_id"),
	    json_str(step, "scope"), json_str(step, "scope_id"), e);
	if (r == RG_OK || r == RG_E_NOT_FOUND)
		r = note(n, step, CHANGE_TAKEN, e);
	return r;
}

void
gate_cf_report(const struct cf_run *n, const json_t *step, const char *verb,
    const char *why)
{
	json_t *line;

	if (n->fn == NULL)
		return;
	line = json_pack("{s:s, s:s, s:s, s:s*}", "subject", n->s->subject,
	    "email", n->email, "do", verb, "reason", why);
	if (line != NULL && step != NULL)
		(void)json_object_update_missing(
		    line, (json_t *)(uintptr_t)step);
	if (line != NULL)
		n->fn(n->fn_ctx, line);
	json_decref(line);
}

/* The gateway assigns to people it knows only. */
static enum rg_err
make_user(struct cf_run *n, struct err *e)
{
	enum rg_err r;
	const struct cf_config *f = n->g->settings->contextforge;

	r = cf_api_user_exists(n->api, n->email, &n->exists, e);
	if (r != RG_OK || n->exists || !f->create_users)
		return r;
	if (n->dry_run) {
		n->exists = true;
		gate_cf_report(n, NULL, "create", NULL);
		return RG_OK;
	}
	r = cf_api_user_create(n->api, n->email, n->s->name, e);
	if (r == RG_OK) {
		gate_cf_report(n, NULL, "create", NULL);
		r = gate_audit_alone(n->g, n->ctx, "contextforge.user",
		    actor(n), n->s->subject,
		    json_pack(
			"{s:o}", "email", gate_audit_email(n->g, n->email)),
		    e);
	} else if (r == RG_E_EXISTS) {
		r = RG_OK;
	}
	n->exists = r == RG_OK;
	return r;
}

enum rg_err
gate_cf_step(struct cf_run *n, const json_t *step, struct err *e)
{
	enum rg_err r = RG_OK;
	const char *verb = json_str(step, "do"), *why = NULL;
	bool gives = strcmp(verb, "grant") == 0 || strcmp(verb, "renew") == 0;

	if (strcmp(verb, "grant") == 0 && !n->exists) {
		r = make_user(n, e);
		if (r == RG_OK && !n->exists) {
			verb = "skip";
			why = "no_such_user";
			gives = false;
		}
	}
	if (r == RG_OK && !n->dry_run && gives)
		r = give(n, step, &verb, e);
	else if (r == RG_OK && !n->dry_run && strcmp(verb, "adopt") == 0)
		r = note(n, step, CHANGE_GIVEN, e);
	else if (r == RG_OK && !n->dry_run && strcmp(verb, "revoke") == 0)
		r = take_away(n, step, e);
	else if (r == RG_OK && !n->dry_run && strcmp(verb, "forget") == 0)
		r = note(n, step, CHANGE_TAKEN, e);
	gate_cf_report(n, step, r == RG_OK ? verb : "fail",
	    r == RG_OK ? why : err_name(r));
	return r;
}
