/* SPDX-License-Identifier: ISC */
/* What rows hold under the key file's key, to be sealed anew under another. */
#ifndef RG_STORE_SEALED_H
#define RG_STORE_SEALED_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

/*
 * Appends to `fresh` what is to stand in place of `sealed`. RG_E_SEAL leaves
 * the row as it is; any other error ends it all.
 */
typedef enum rg_err sealed_fn(void *ctx, const char *sealed, struct buf *fresh);

/* Of all role keys, or refresh tokens; in the open transaction. */
enum rg_err store_reseal_role_keys(
    struct store *, sealed_fn *fn, void *ctx, int64_t *count);
enum rg_err store_reseal_refreshes(
    struct store *, sealed_fn *fn, void *ctx, int64_t *count);

#endif
