/* SPDX-License-Identifier: ISC */
/*
 * The database. One handle per process, opened after fork(2); nothing here is
 * for several threads. Every function returns RG_OK or an error whose cause is
 * in store_error(). Inside a transaction a failed call leaves it to the caller
 * to roll back.
 */
#ifndef RG_STORE_STORE_H
#define RG_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct store;

/*
 * Opens an existing database of exactly our schema version; checks that its
 * file is not accessible to others. RG_E_STORE_OPEN, RG_E_STORE_SCHEMA, ...
 * `busy_ms` is how long a call waits for another process's lock.
 */
enum rg_err
store_open(const char *path, int busy_ms, struct store **out, struct err *e);

/* Makes a new database file (0600), or migrates an older one. */
enum rg_err store_init(const char *path, struct err *e);

void store_free(struct store **);

/* What SQLite said about the last failure; "" if nothing. Borrowed. */
const char *store_error(const struct store *);

/* BEGIN IMMEDIATE: writers queue here, for at most busy_ms. */
enum rg_err store_begin(struct store *);
enum rg_err store_commit(struct store *);

/* Does nothing when no transaction is open. */
void store_rollback(struct store *);

/* One cheap read and (when `write`) a write that is rolled back: /readyz. */
enum rg_err store_ping(struct store *, bool write);

/* PRAGMA integrity_check and foreign_key_check; for rolegatectl. */
enum rg_err store_check(struct store *, struct err *e);

#endif
