/* SPDX-License-Identifier: ISC */
/*
 * What only the administration asks. Lists come page by page: after a key that
 * an index knows, so that a page costs the same wherever it is and however
 * many there are. A page in another order than that of ids is empty when the
 * row `after` is there no longer.
 */
#ifndef RG_STORE_ADMIN_H
#define RG_STORE_ADMIN_H

#include <stdint.h>

#include "base/err.h"
#include "store/grant.h"
#include "store/policy.h"
#include "store/session.h"
#include "store/store.h"

/*
 * An admin role has is_admin and permission "*". The providers with an enabled,
 * unexpired mapping to an admin role, whose value is not denied altogether, or
 * with a person, not disabled, to whom such a role is granted at `now`.
 */
typedef enum rg_err admin_provider_fn(void *ctx, const char *provider);
enum rg_err store_each_admin_provider(
    struct store *, int64_t now, admin_provider_fn *fn, void *ctx);

/*
 * In which order a page is. Texts compare without regard to case where people
 * chose them (ASCII), rows with the same key by id. `down` is for all but
 * BY_ID.
 */
enum store_key {
	BY_ID,
	BY_NAME, /* label or value of a mapping; name or account of a person */
	BY_PROVIDER,
	BY_ROLE, /* what denies comes first */
	BY_TIME	 /* end of a grant, never last; last sign-in */
};
struct store_order {
	enum store_key key;
	bool down;
};

/* RG_E_INTERNAL: a list that has no such key. NULL filters are "any". */
struct mapping_filter {
	int64_t after; /* the id of the last row of the page before; 0: none */
	int limit;
	struct store_order order; /* not BY_TIME */
	const char *provider;
	const char *role;
	const char *search; /* within value, label and note */
};
enum rg_err store_mapping_page(
    struct store *, const struct mapping_filter *, mapping_fn *fn, void *ctx);

struct grant_filter {
	int64_t after;
	int limit;
	struct store_order order; /* BY_ID, BY_ROLE or BY_TIME */
	int64_t principal;	  /* 0: anybody */
	const char *role;
};
enum rg_err store_grant_page(
    struct store *, const struct grant_filter *, grant_fn *fn, void *ctx);

/* Rows for reading have no claims and no groups. RG_E_NOT_FOUND. */
typedef enum rg_err principal_fn(void *ctx, const struct principal_row *);
enum rg_err
store_principal_get(struct store *, int64_t id, principal_fn *fn, void *ctx);

/*
 * Whoever the subject of a tenant ("" where there is none) is with a provider,
 * whatever its issuer is called now; RG_E_NOT_FOUND.
 */
enum rg_err store_principal_lookup(struct store *, const char *provider,
    const char *tenant, const char *subject, int64_t *id);

struct principal_filter {
	int64_t after;
	int limit;
	struct store_order order; /* not BY_ROLE */
	const char *provider;	  /* NULL: any */
	const char *search; /* part of name, username, e-mail or subject, upper
			     * and lower case alike; NULL: any */
	int disabled;	    /* -1: any */
};
enum rg_err store_principal_page(struct store *,
    const struct principal_filter *, principal_fn *fn, void *ctx);

/* How many there are. */
enum rg_err store_principal_count(struct store *, int64_t *count);

/* Up to `limit` rows with claims and groups, of ids above `after`. */
enum rg_err store_known_page(
    struct store *, int64_t after, int limit, principal_fn *fn, void *ctx);

/*
 * With claims and groups: whose last roles have an admin role among them, or
 * who was ever granted one; also those who are disabled. In no order.
 */
enum rg_err store_each_known_admin(struct store *, principal_fn *fn, void *ctx);

/* The `limit` people of a provider who were seen last, in no order. */
enum rg_err store_known_last(struct store *, const char *provider, int limit,
    principal_fn *fn, void *ctx);

/* RG_E_NOT_FOUND. RG_E_INTERNAL outside a transaction. */
enum rg_err store_principal_disable(struct store *, int64_t id, bool disabled);

/* RG_E_NOT_FOUND. */
enum rg_err
store_principal_is_disabled(struct store *, int64_t id, bool *disabled);

struct session_filter {
	int64_t now;	   /* alive then */
	int64_t principal; /* 0: anybody's */
	/* Issued before this one, newest first; INT64_MAX and "": all. */
	int64_t before;
	const char *before_id;
	int limit;
};
/* What is not about to be shown (claims, groups, roles, hash) is left out. */
enum rg_err store_session_page(
    struct store *, const struct session_filter *, session_fn *fn, void *ctx);

/* Whose session it is; RG_E_NOT_FOUND. */
enum rg_err
store_session_owner(struct store *, const char *public_id, int64_t *principal);

/*
 * Ends all sessions that there are at `now`, in a moment: a mark makes them
 * dead, and store_sweep() removes them in steps. One that is issued later in
 * the same second lives. RG_E_INTERNAL outside a transaction.
 */
enum rg_err store_session_end_all(struct store *, int64_t now);

#endif
