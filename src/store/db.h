/* SPDX-License-Identifier: ISC */
/*
 * Private to store/: the one door to SQLite. A caller names a statement of
 * sql.h, binds its parameters in the order of their numbers, steps, reads the
 * columns from 0 in order of the SELECT, and always ends with db_done():
 *
 *     struct query q;
 *
 *     db_query(&q, s, ST_X);
 *     db_int(&q, id);
 *     if ((r = db_step(&q, &row)) == RG_OK && row)
 *             name = db_column_text(&q, 0);
 *     db_done(&q);
 *
 * A failed bind is reported by the next step. SQL is never put together from
 * values.
 */
#ifndef RG_STORE_DB_H
#define RG_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/sql.h"
#include "store/store.h"

struct store;
struct sqlite3_stmt;

/*
 * Opens the file (which must exist) with all our settings. Each statement is
 * prepared when it is first used. The error's detail names the path.
 */
enum rg_err
db_open(const char *path, int busy_ms, struct store **out, struct err *e);

/* Prepares every statement now: a schema other than ours fails here. */
enum rg_err db_prepare(struct store *, struct err *e);

/*
 * From now on nothing is done but in this schema version: once a migration has
 * made another one, every statement but ROLLBACK is RG_E_STORE_SCHEMA, for
 * what the other version means by its rows is not known here.
 */
enum rg_err db_pin(struct store *, int64_t schema);

/* Rolls back what is open and closes. */
void db_close(struct store **);

/* Runs a script of constants: migrations, pragmas, BEGIN. */
enum rg_err db_exec(struct store *, const char *sql);

/* The first column of the first row of a constant query, as an integer. */
enum rg_err db_exec_int(struct store *, const char *sql, int64_t *value);

/*
 * From now on wait no longer than `ms` for another process's lock; negative:
 * as long as db_open was told, which is never exceeded.
 */
void db_patience(struct store *, int ms);

/*
 * Whether commits shall wait for the disk, as they do at first. Wanting it can
 * fail for want of memory: db_sync() makes it so, or says that it is not.
 */
void db_want_sync(struct store *, bool wanted);
enum rg_err db_sync(struct store *);

/*
 * What every commit of whichever process changes, to be compared only with
 * another stamp of the same handle. Inexpensive: no transaction is begun. False
 * when it can't be told, as while somebody is just committing.
 */
#define DB_STAMP_LEN STORE_STAMP_LEN
bool db_stamp(struct store *, uint8_t out[static DB_STAMP_LEN]);

/* For db_stamp.c alone. */
struct sqlite3 *db_handle(struct store *);

/* True while a transaction is open. */
bool db_in_transaction(const struct store *);

/* RG_E_INTERNAL without one: an edit could stand without its audit row. */
enum rg_err db_need_transaction(struct store *);

/* Our name for a result code of SQLite; `why` is errno right after it. */
enum rg_err db_code(int rc, int why);

/* The path, and what SQLite said about the last failure ("" if nothing). */
const char *db_path(const struct store *);
const char *db_error(const struct store *);

/* Records `code` and why; returns it. For causes that SQLite knows nothing of.
 */
enum rg_err db_fail(struct store *, enum rg_err code, const char *why);

struct query {
	struct store *store;
	struct sqlite3_stmt *stmt;
	enum rg_err r; /* of the first bind that failed */
	int next;      /* number of the next parameter */
};

/* Begins to use a statement; a nested use of the same one fails at db_step. */
void db_query(struct query *, struct store *, enum stmt);
void db_done(struct query *);

/* Values are borrowed until db_done; a NULL text or blob binds NULL. */
void db_int(struct query *, int64_t);
void db_text(struct query *, const char *);
void db_text_len(struct query *, const char *, size_t len);
void db_blob(struct query *, const void *, size_t len);

/*
 * *row is true when there is a row to read, false at the end. Constraints:
 * RG_E_EXISTS (unique), RG_E_NOT_FOUND (foreign key), RG_E_INVALID (check).
 */
enum rg_err db_step(struct query *, bool *row);

/* Steps a statement that returns no row and ends its use. */
enum rg_err db_run(struct query *);

/* The same; *count is how many rows the statement itself changed. */
enum rg_err db_run_count(struct query *, int64_t *count);

/* Of the row stepped to; text is borrowed until the next step, "" for NULL. */
int64_t db_column_int(struct query *, int column);
const char *db_column_text(struct query *, int column);
const void *db_column_blob(struct query *, int column, size_t *len);
bool db_column_null(struct query *, int column);

#endif
