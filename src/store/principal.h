/* SPDX-License-Identifier: ISC */
/* Principals by who they are, for those that come without a session. */
#ifndef RG_STORE_PRINCIPAL_H
#define RG_STORE_PRINCIPAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/session.h"
#include "store/store.h"

struct principal_state {
	int64_t id;
	bool disabled;
};

/* Of who is (provider, issuer, tenant, subject); RG_E_NOT_FOUND. */
enum rg_err store_principal_state(
    struct store *, const struct principal_row *, struct principal_state *out);

/*
 * Inserts one that is not there yet, without looking at what is: RG_E_EXISTS
 * leaves it as it is.
 */
enum rg_err
store_principal_add(struct store *, const struct principal_row *, int64_t *id);

#endif
