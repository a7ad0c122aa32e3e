/* SPDX-License-Identifier: ISC */
/* Private to store/: copies of whole database files, by SQLite itself. */
#ifndef RG_STORE_DB_COPY_H
#define RG_STORE_DB_COPY_H

#include "base/err.h"

/*
 * Replaces all of the database `to` (which must exist; a new one is an empty
 * file) by what `from` holds at one moment. Who writes to `from` meanwhile
 * neither waits nor shows. It happens wholly or not at all, also when the
 * machine dies; RG_E_STORE_BUSY when another process has `to` open. `to` is one
 * file afterwards, without -wal and -shm beside it.
 */
enum rg_err db_copy(const char *from, const char *to, struct err *e);

/* The same without another: makes a database that nobody has open one file. */
enum rg_err db_one_file(const char *path, struct err *e);

#endif
