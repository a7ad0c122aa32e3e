/* SPDX-License-Identifier: ISC */
/*
 * What is known of somebody's groups. "Unknown" is a state of its own: it is
 * not "none", it never grants and it never revokes. Pure.
 */
#ifndef RG_ACCESS_GROUPS_H
#define RG_ACCESS_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"

enum groups_state {
	GROUPS_COMPLETE,
	GROUPS_STALE, /* what was known at as_of, for want of newer */
	GROUPS_UNKNOWN
};

/* "complete", "stale", "unknown". */
const char *groups_state_name(enum groups_state);

struct access_groups {
	enum groups_state state;
	const char *source; /* "token", "graph", "cache" or "none" */
	const char *reason; /* why unknown or stale; else NULL */
	int64_t as_of;	    /* when they were true; 0: with the token */
	int64_t
	    valid_until;   /* a stale state is unknown from then on; 0: never */
	const json_t *ids; /* strings, in a shape of claim_next(); or NULL */
	/*
	 * The list covers groups of mappings up to this id: only those were
	 * asked for. 0: it is the whole list.
	 */
	int64_t asked_through;
};

/*
 * Judges the groups claim of a verified token. `groups_claim` and
 * `roles_claim` may name the same claim (Entra's emit_as_roles). `ids` is
 * borrowed from the claims.
 */
void access_groups_from_claims(
    const json_t *claims, const char *groups_claim, struct access_groups *out);

/*
 * True when the claim at this path was left out or cut short for its size
 * (_claim_names names it or what it is in, OpenID Connect Core 1.0 section
 * 5.6.2), or is absent and might have come with userinfo.
 */
bool access_claim_is_elsewhere(const json_t *claims, const char *path);

/* The reason why groups are unknown then. */
#define ACCESS_NO_USERINFO "userinfo_unavailable"

/*
 * Marks verified claims as those of an ID token alone, where userinfo should
 * have told more and did not: what is absent is unknown. RG_E_NOMEM.
 */
enum rg_err access_claims_set_missing(json_t *claims);
bool access_claims_are_missing(const json_t *claims);

/* As a JSON object (new reference); NULL when out of memory. */
json_t *access_groups_json(const struct access_groups *);

/*
 * Reads what access_groups_json() made; strings and ids are borrowed from
 * `doc`. RG_E_NOT_FOUND for an empty object (the claims tell the groups),
 * RG_E_INVALID for anything else that it did not make.
 */
enum rg_err access_groups_parse(const json_t *doc, struct access_groups *out);

#endif
