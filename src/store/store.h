/* SPDX-License-Identifier: ISC */
/*
 * The database. One handle per process, opened after fork(2); nothing here is
 * for several threads. Every function returns RG_OK or an error whose cause is
 * in store_error(). Inside a transaction a failed call leaves it to the caller
 * to roll back. Any function may fail with
 *
 *     RG_E_STORE_BUSY      another process kept its lock for busy_ms
 *     RG_E_STORE_FULL      no space, over a quota or a file size limit
 *     RG_E_STORE_READONLY  the file system has become read-only
 *     RG_E_STORE_CORRUPT   the file is damaged
 *     RG_E_STORE           anything else that SQLite reports
 *     RG_E_NOMEM
 *
 * and whatever it was about has then not happened. A callback may call other
 * functions of the store, but not the one that called it.
 */
#ifndef RG_STORE_STORE_H
#define RG_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct store;

/*
 * Opens an existing database of exactly our schema version; `busy_ms` is how
 * long a call waits for another process's lock. The detail names the path.
 *
 *     RG_E_STORE_OPEN      there is none, it is no regular file, or its file
 *                          system can't do WAL
 *     RG_E_FILE_MODE       others have access to it
 *     RG_E_STORE_READONLY  we can't write it, or not beside it
 *     RG_E_STORE_OLD       of an older rolegate: store_init() migrates it
 *     RG_E_STORE_SCHEMA    empty, newer, or of another program
 *     RG_E_STORE_CORRUPT, RG_E_STORE_BUSY, RG_E_STORE, RG_E_NOMEM
 *
 * Once somebody has migrated it under us, every call is RG_E_STORE_SCHEMA.
 */
enum rg_err
store_open(const char *path, int busy_ms, struct store **out, struct err *e);

/*
 * Whether tables and columns are what the schema's version stands for:
 * RG_E_STORE_SCHEMA if not. Takes about 10 ms, so whoever opens often asks once
 * for all; what is missing is otherwise said by the call that needs it.
 */
enum rg_err store_check_schema(struct store *, struct err *e);

/*
 * Makes a new database file (0600 whatever the umask), or migrates an older
 * one; all in one transaction, and a file made in vain is removed again.
 * RG_E_FILE when it can't be made, otherwise as store_open.
 */
enum rg_err store_init(const char *path, struct err *e);

/*
 * Looks at what is about to be committed. What is not RG_OK, with *e set,
 * leaves the database as it was.
 */
typedef enum rg_err store_approve_fn(struct store *, void *ctx, struct err *e);

/* The same, if `approve` agrees. */
enum rg_err store_migrate(
    const char *path, store_approve_fn *approve, void *ctx, struct err *e);

void store_free(struct store **);

/* What SQLite said about the last failure; "" if nothing. Borrowed. */
const char *store_error(const struct store *);

/*
 * Equal stamps of one handle mean that nobody, in whichever process, has
 * committed anything between the two; a commit shows before its COMMIT returns.
 * Begins no transaction and makes no system call. False when it can't be told.
 */
#define STORE_STAMP_LEN 48
bool store_stamp(struct store *, uint8_t out[static STORE_STAMP_LEN]);

/* BEGIN IMMEDIATE: writers queue here, for at most busy_ms. They don't nest. */
enum rg_err store_begin(struct store *);

/* Reads from here to the rollback see one moment, whoever writes meanwhile. */
enum rg_err store_begin_read(struct store *);

enum rg_err store_commit(struct store *);

/* Does nothing when no transaction is open. */
void store_rollback(struct store *);

/*
 * In between, transactions are chores that can wait or be lost: none waits
 * longer than `ms` for a lock, nor for the disk, so that a crash of the machine
 * may undo the last of them (and never half of one).
 */
void store_chores_begin(struct store *, int ms);
void store_chores_end(struct store *);

/*
 * One cheap read, or (when `write`) a look whether there is room on the disk
 * and a write that is rolled back: /readyz.
 */
enum rg_err store_ping(struct store *, bool write);

/* Whole file and all references, RG_E_STORE_CORRUPT; for rolegatectl. */
enum rg_err store_check(struct store *, struct err *e);

#endif
