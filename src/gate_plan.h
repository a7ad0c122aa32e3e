/* SPDX-License-Identifier: ISC */
/*
 * Roles and mappings as one document, "rolegate.mappings.v1":
 *
 *     {"schema": "rolegate.mappings.v1",
 *      "roles": [{"name", "description"?, "permissions"?, "is_admin"?}],
 *      "mappings": [{"provider", "tenant"?, "kind", "claim"?, "value",
 *                    "effect"?, "role", "label"?, "note"?, "enabled"?,
 *                    "expires_at"?}]}
 *
 * It says what there is to be, not what to do: what it does not list is
 * removed. A list that is left out leaves its things alone; the role "admin" is
 * built in and never listed. A plan is how to get there from what there is.
 */
#ifndef RG_GATE_PLAN_H
#define RG_GATE_PLAN_H

#include "gate_admin.h"

#define GATE_DOCUMENT_SCHEMA "rolegate.mappings.v1"

struct gate_plan;

/*
 * Checks the document and compares it. RG_E_INVALID names the place:
 * "mappings[3].value: ...". RG_E_NOT_FOUND for a role that there will not be,
 * RG_E_EXISTS for one that goes while it is needed.
 */
enum rg_err gate_plan_make(struct gate *, const json_t *document, int64_t now,
    struct gate_plan **out, struct err *e);
void gate_plan_free(struct gate_plan **);

struct gate_plan_counts {
	int64_t add;
	int64_t change;
	int64_t remove;
};
struct gate_plan_counts gate_plan_counts(const struct gate_plan *);

/* Each step in the order in which it is made; `old` or `now` is NULL. */
typedef enum rg_err
gate_plan_fn(void *ctx, const char *what, const json_t *old, const json_t *now);
enum rg_err gate_plan_each(const struct gate_plan *, gate_plan_fn *, void *ctx);

/*
 * Makes all of it, or nothing, in one transaction. RG_E_PRECONDITION when
 * roles or mappings were changed since the plan was made.
 */
enum rg_err gate_plan_apply(struct gate *, const struct gate_plan *,
    const struct gate_edit *, struct err *e);

struct gate_what_if_query {
	int64_t now;
	size_t limit; /* how many people are listed */
	/* Called now and then; may be NULL. */
	void (*progress)(void *ctx, int64_t done, int64_t total);
	void *ctx;
};

/*
 * The roles of everybody on record before and after the plan, as the object
 * WhatIf of www/openapi.json. Memory does not grow with the number of people.
 */
enum rg_err gate_what_if(struct gate *, const struct gate_plan *,
    const struct gate_what_if_query *, json_t **out, struct err *e);

/* All roles and mappings as a document that gate_plan_make() has no step for.
 */
enum rg_err gate_policy_export(struct gate *, json_t **out, struct err *e);

#endif
