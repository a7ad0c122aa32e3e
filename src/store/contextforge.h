/* SPDX-License-Identifier: ISC */
/*
 * People as a ContextForge gateway is told of them, and what they were given
 * there: the only assignments that are ours to take away.
 */
#ifndef RG_STORE_CONTEXTFORGE_H
#define RG_STORE_CONTEXTFORGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/session.h"
#include "store/store.h"

struct cf_grant_row {
	const char *gateway; /* its URL */
	const char *email;
	const char *role_id;
	const char *scope;
	const char *scope_id; /* "" unless the scope is "team" */
	int64_t principal;
	const char *role;   /* its name there */
	bool pending;	    /* about to be given: whether it was is not known */
	int64_t expires_at; /* seconds since 1970; 0: never */
	int64_t changed_at;
};

struct cf_person {
	struct principal_row principal; /* with claims and groups */
	int64_t session_until; /* end of the last living session; 0: none */
};

/* Borrowed for the call; anything but RG_OK stops and is returned. */
typedef enum rg_err cf_grant_fn(void *ctx, const struct cf_grant_row *);
typedef enum rg_err cf_person_fn(void *ctx, const struct cf_person *);
typedef enum rg_err cf_id_fn(void *ctx, int64_t principal);

/* The ids of all people, in order. */
enum rg_err store_each_cf_person(struct store *, cf_id_fn *, void *ctx);

/* RG_E_NOT_FOUND when there is no such person. */
enum rg_err store_cf_person(
    struct store *, int64_t id, int64_t now, cf_person_fn *, void *ctx);

/*
 * Whether another person, who is not disabled, of this provider (NULL: of any)
 * has this e-mail address (or, `by_username`, this user name), upper and lower
 * case being the same.
 */
enum rg_err store_address_shared(struct store *, int64_t id,
    const char *address, bool by_username, const char *provider, bool *shared);

/* What a person was given at this gateway. */
enum rg_err store_each_cf_grant(struct store *, const char *gateway,
    int64_t principal, cf_grant_fn *, void *ctx);

/*
 * Writers: inside a transaction, RG_E_INTERNAL without one.
 *
 * store_cf_grant_claim writes a row down as pending, unless another process
 * did so after `stale`: RG_E_EXISTS, and what follows is that one's to do.
 */
enum rg_err store_cf_grant_claim(
    struct store *, const struct cf_grant_row *, int64_t stale);
enum rg_err store_cf_grant_put(struct store *, const struct cf_grant_row *);
enum rg_err store_cf_grant_remove(struct store *, const struct cf_grant_row *);

#endif
