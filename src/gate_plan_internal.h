/* SPDX-License-Identifier: ISC */
/* Shared by gate_plan*.c and gate_what_if.c, and by nobody else. */
#ifndef RG_GATE_PLAN_INTERNAL_H
#define RG_GATE_PLAN_INTERNAL_H

#include "gate_edit.h"
#include "gate_plan.h"

/* A role or mapping of the document; strings belong to its JSON. */
struct plan_role {
	struct role_row row;
	const char **permissions; /* what row.permissions points to */
	bool found;		  /* there is one of that name */
};

struct plan_mapping {
	struct mapping_row row;
	bool found;
};

struct document {
	json_t *json; /* a copy, GUIDs in lower case */
	bool has_roles;
	bool has_mappings;
	struct plan_role *roles;
	size_t role_count;
	struct plan_mapping *mappings;
	size_t mapping_count;
	json_t *role_index;    /* name -> place in roles */
	json_t *mapping_index; /* document_key() -> place in mappings */
};

/* Checks shapes, names and duplicates; not yet whether a value makes sense. */
enum rg_err
document_read(const json_t *json, struct document *out, struct err *e);
void document_clear(struct document *);

/* Where the role or mapping is in the document; -1 if it is not. */
int64_t document_find_role(const struct document *, const char *name);
int64_t
document_find_mapping(const struct document *, const struct mapping_row *);

/* Puts "mappings[3]." before what `e` says; returns its code. */
enum rg_err document_blame(struct err *e, const char *list, size_t at);

enum plan_do {
	PLAN_ROLE_ADD,
	PLAN_ROLE_SET,
	PLAN_MAPPING_REMOVE,
	PLAN_MAPPING_SET,
	PLAN_MAPPING_ADD,
	PLAN_ROLE_REMOVE
};

struct plan_step {
	enum plan_do what;
	size_t at;   /* in the document's list; of what is added or set */
	int64_t id;  /* of a mapping that is set or removed */
	json_t *old; /* NULL: it is added */
};

struct gate_plan {
	struct document document;
	struct plan_step *steps;
	size_t step_count;
	size_t step_room;
	int64_t version; /* of the policy that was compared with */
	struct access_policy *before;
	struct access_policy *after;
};

#endif
