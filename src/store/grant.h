/* SPDX-License-Identifier: ISC */
/* Roles that administrators gave to single people. */
#ifndef RG_STORE_GRANT_H
#define RG_STORE_GRANT_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

struct grant_row {
	int64_t id;
	int64_t principal; /* id */
	const char *role;
	const char *reason;
	int64_t expires_at; /* seconds since 1970; 0: never */
	const char *created_by;
	int64_t created_at;
};

/* Borrowed for the call; anything but RG_OK stops and is returned. */
typedef enum rg_err grant_fn(void *ctx, const struct grant_row *);

/* Those of one principal, expired ones included, in order of their ids. */
enum rg_err
store_each_grant(struct store *, int64_t principal, grant_fn *fn, void *ctx);

/* With `fn` NULL whether there is one. RG_E_NOT_FOUND, or what `fn` returns. */
enum rg_err
store_grant_find(struct store *, int64_t id, grant_fn *fn, void *ctx);

/*
 * Writers, like those of policy.h: inside the transaction of their audit row.
 * `id` of the row is ignored. RG_E_EXISTS when the principal has this role
 * granted already, RG_E_NOT_FOUND for an unknown principal or role.
 */
enum rg_err
store_grant_add(struct store *, const struct grant_row *, int64_t *id);

/* Its reason and expires_at; RG_E_NOT_FOUND. */
enum rg_err store_grant_update(struct store *, const struct grant_row *);

/* RG_E_NOT_FOUND. The id is never given to another grant. */
enum rg_err store_grant_remove(struct store *, int64_t id);

#endif
