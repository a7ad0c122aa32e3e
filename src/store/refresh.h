/* SPDX-License-Identifier: ISC */
/* Sealed refresh tokens of sessions, and when each is due. */
#ifndef RG_STORE_REFRESH_H
#define RG_STORE_REFRESH_H

#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "store/session.h"
#include "store/store.h"

struct refresh_row {
	uint8_t session[HASH_LEN];
	char *sealed; /* malloc'd */
	int64_t ends_at;
};

/* Inserts or replaces; the row goes with its session. */
enum rg_err store_refresh_put(struct store *, const uint8_t session[HASH_LEN],
    const char *sealed, int64_t due_at, int64_t ends_at);

/*
 * Takes the row of a living session that has been due the longest, and makes it
 * due again at `again`. RG_E_NOT_FOUND when none is due. The caller frees
 * out->sealed.
 */
enum rg_err store_refresh_take(
    struct store *, int64_t now, int64_t again, struct refresh_row *out);

/*
 * New claims, groups, roles and expires_at of a living session; RG_E_NOT_FOUND.
 */
enum rg_err
store_session_renew(struct store *, const struct session_row *, int64_t now);

#endif
