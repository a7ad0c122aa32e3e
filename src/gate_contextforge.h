/* SPDX-License-Identifier: ISC */
/* Shared by gate_contextforge*.c: one person, as the gateway is told of them.
 */
#ifndef RG_GATE_CONTEXTFORGE_H
#define RG_GATE_CONTEXTFORGE_H

#include "contextforge/api.h"
#include "gate_internal.h"

/* Whom something is done for. cf_subject_clear() frees it. */
struct cf_subject {
	int64_t id;
	char *subject; /* "entra:<tid>:<oid>" */
	char *provider;
	char *tenant;
	char *name;
	char *email;
	char *username;
	json_t *claims;
	json_t *groups; /* access/groups.h, as stored */
	int64_t session_until;
	bool disabled;
	/* Found by gate_cf_judge(). */
	char address[256]; /* lower case; "" if the gateway gets none */
	const char *why;   /* why nothing is done, or why nothing is wanted */
	bool leave;	   /* not known well enough: nothing is done at all */
	bool allowed;	   /* has a role here at all, and nothing denies it */
	json_t *wanted;	   /* contextforge/plan.h */
};

/* RG_E_NOT_FOUND when there is no such person. */
enum rg_err gate_cf_load(
    struct gate *, int64_t principal, int64_t now, struct cf_subject *);
void gate_cf_subject_clear(struct cf_subject *);

/*
 * Decides what the person is to have at the gateway. `rules` are
 * [{"rule","role_id","role","scope","scope_id"}], "rule" being our role.
 */
enum rg_err gate_cf_judge(struct gate *, struct cf_subject *,
    const json_t *rules, int64_t now, struct err *e);

/* A run over one address of one person. */
struct cf_run {
	struct gate *g;
	const struct gate_context *ctx;
	struct cf_api *api;
	const struct cf_subject *s;
	const char *email;
	bool exists; /* the gateway knows the person */
	bool dry_run;
	json_t *held; /* names of what is ours there, for the audit */
	gate_cf_fn *fn;
	void *fn_ctx;
};

/* Does one step of contextforge/plan.h, or (dry run) only reports it. */
enum rg_err gate_cf_step(struct cf_run *, const json_t *step, struct err *e);

/* Tells the caller; `step` may be NULL, and so may `why`. */
void gate_cf_report(const struct cf_run *, const json_t *step, const char *verb,
    const char *why);

/* Adds the name of an assignment to a list, or takes it out. */
void gate_cf_hold(json_t *held, const json_t *step, bool on);

#endif
