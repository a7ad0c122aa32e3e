/* SPDX-License-Identifier: ISC */
/* The keys that role tokens are signed with. */
#ifndef RG_STORE_ROLE_KEY_H
#define RG_STORE_ROLE_KEY_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

struct role_key_row {
	const char *kid;
	const char *public_jwk; /* JSON */
	const char *sealed;	/* the private key */
	int64_t created_at;
	int64_t signs_from;  /* seconds since 1970 */
	int64_t signs_until; /* when the next one takes over; 0: none does */
};

/* `signs_until` is not read. RG_E_EXISTS: another signs from that second on. */
enum rg_err store_role_key_add(struct store *, const struct role_key_row *);

typedef enum rg_err role_key_fn(void *ctx, const struct role_key_row *);

/* All of them, oldest first. What the callback gets is borrowed. */
enum rg_err store_each_role_key(struct store *, role_key_fn *fn, void *ctx);

/* Removes those that stopped signing before `before`. */
enum rg_err store_role_keys_forget(struct store *, int64_t before);

#endif
