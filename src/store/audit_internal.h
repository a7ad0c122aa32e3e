/* SPDX-License-Identifier: ISC */
/* Shared by store/audit*.c and by nobody else. */
#ifndef RG_STORE_AUDIT_INTERNAL_H
#define RG_STORE_AUDIT_INTERNAL_H

#include "base/buf.h"
#include "store/audit.h"
#include "store/db.h"

/* What stands in the place of the hash before row 1. */
#define AUDIT_GENESIS                                                          \
	"0000000000000000000000000000000000000000000000000000000000000000"

_Static_assert(sizeof(AUDIT_GENESIS) == HASH_HEX_LEN + 1, "genesis");

/*
 * The row that was stepped to, of a statement that begins with AUDIT_COLUMNS
 * (sql.c). Its texts are borrowed until the next step.
 */
void audit_read_row(struct query *, struct audit_row *);

/* The encoding that audit.h describes; over everything but row->hash. */
enum rg_err
audit_row_hash(const struct audit_row *row, char out[static HASH_HEX_LEN + 1]);

/*
 * Appends the end of the half-open range of texts that `event` stands for: what
 * begins with "sign_in." is below "sign_in/"; a name alone is below itself and
 * "\1".
 */
void audit_event_end(const char *event, struct buf *end);

#endif
