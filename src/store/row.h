/* SPDX-License-Identifier: ISC */
/* Private to store/: reading the columns of a row that several queries ask for.
 * What is read is borrowed until the next step. */
#ifndef RG_STORE_ROW_H
#define RG_STORE_ROW_H

#include "store/db.h"
#include "store/grant.h"
#include "store/policy.h"

void store_mapping_read(struct query *, struct mapping_row *);
void store_grant_read(struct query *, struct grant_row *);

#endif
