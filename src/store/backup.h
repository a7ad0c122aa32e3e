/* SPDX-License-Identifier: ISC */
/* Whole copies of a database file. */
#ifndef RG_STORE_BACKUP_H
#define RG_STORE_BACKUP_H

#include "base/err.h"
#include "store/audit.h"

/*
 * Makes `to` (mode 0600; RG_E_EXISTS) a copy of the database `from` as of one
 * moment, also while others write to it.
 */
enum rg_err store_copy(const char *from, const char *to, struct err *e);

/*
 * Replaces the database `to`, or makes it, by `from`: wholly or not at all.
 * RG_E_STORE_BUSY when another process has `to` open.
 */
enum rg_err store_replace(const char *from, const char *to, struct err *e);

/*
 * Opens a copy of our schema version and checks all of it: pages, references,
 * audit chain. It is one file afterwards. `chain` is begun by the caller, or at
 * the beginning.
 */
enum rg_err
store_copy_check(const char *path, struct audit_chain *chain, struct err *e);

#endif
