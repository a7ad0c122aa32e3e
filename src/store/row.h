/* SPDX-License-Identifier: ISC */
/* Private to store/: reading the columns of a row that several queries ask for.
 * What is read is borrowed until the next step. */
#ifndef RG_STORE_ROW_H
#define RG_STORE_ROW_H

#include "store/db.h"
#include "store/grant.h"
#include "store/policy.h"
#include "store/session.h"

void store_mapping_read(struct query *, struct mapping_row *);
void store_grant_read(struct query *, struct grant_row *);

/* The columns PRINCIPAL_COLUMNS, of which `at` is the first. */
void store_principal_read(struct query *, int at, struct principal_row *);

#endif
