/* SPDX-License-Identifier: ISC */
#include "store/db.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define MAX_VALUE (8 << 20) /* bytes in one value, row or statement */

struct store {
	sqlite3 *db;
	int busy_ms;
	bool wants_sync, syncs; /* a commit waits for the disk */
	int64_t schema;		/* db_pin(); 0: whichever */
	bool unsure, outdated;	/* whether it is still that one */
	char *path;
	char error[200];
	sqlite3_stmt *stmts[ST__MAX];
};

/*
 * SQLite calls a full quota or a file size limit an I/O error, and keeps the
 * errno of some statements only (not of COMMIT), so that ours, zeroed before,
 * is a better witness.
 */
static enum rg_err
io_error(int why)
{
	if (why == ENOSPC || why == EDQUOT || why == EFBIG)
		return RG_E_STORE_FULL;
	return why == EROFS ? RG_E_STORE_READONLY : RG_E_STORE;
}

static enum rg_err
constraint(int rc)
{
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return RG_E_EXISTS;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return RG_E_NOT_FOUND;
	case SQLITE_CONSTRAINT_CHECK:
	case SQLITE_CONSTRAINT_NOTNULL:
	case SQLITE_CONSTRAINT_DATATYPE:
		return RG_E_INVALID;
	default:
		return RG_E_STORE;
	}
}

enum rg_err
db_code(int rc, int why)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return RG_E_STORE_BUSY;
	case SQLITE_FULL:
		return RG_E_STORE_FULL;
	case SQLITE_READONLY:
		return RG_E_STORE_READONLY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return RG_E_STORE_CORRUPT;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return RG_E_STORE_OPEN;
	case SQLITE_IOERR:
		return io_error(why);
	case SQLITE_NOMEM:
		return RG_E_NOMEM;
	case SQLITE_TOOBIG:
		return RG_E_TOO_LARGE;
	case SQLITE_CONSTRAINT:
		return constraint(rc);
	default:
		return RG_E_STORE;
	}
}

/* What SQLite says about a failure is kept. */
static enum rg_err
refused(struct store *s, int rc)
{
	enum rg_err r = db_code(rc, errno);
	const char *said =
	    s->db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(s->db);

	if ((rc & 0xff) == SQLITE_READONLY)
		(void)snprintf(
		    s->error, sizeof(s->error), "%s: %s", s->path, said);
	else
		(void)snprintf(s->error, sizeof(s->error), "%s", said);
	return r;
}

/*
 * sqlite.org/security.html: what a database file made by somebody else could
 * do to its reader is turned off.
 */
static int
harden(sqlite3 *db)
{
	static const int off[] = {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
	    SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_DQS_DML,
	    SQLITE_DBCONFIG_DQS_DDL};
	int rc = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	size_t i;

	for (i = 0; rc == SQLITE_OK && i < sizeof(off) / sizeof(off[0]); i++)
		rc = sqlite3_db_config(db, off[i], 0, NULL);
	(void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, MAX_VALUE);
	return rc;
}

static enum rg_err
configure(struct store *s, int busy_ms)
{
	enum rg_err r;
	int64_t on = 0;

	if (harden(s->db) != SQLITE_OK ||
	    sqlite3_busy_timeout(s->db, busy_ms) != SQLITE_OK)
		return db_fail(s, RG_E_STORE_OPEN, "SQLite can't be set up");
	if (sqlite3_db_readonly(s->db, "main") != 0)
		return db_fail(s, RG_E_STORE_READONLY, "opened read-only");
	if ((r = db_exec(s, "PRAGMA cell_size_check = ON;"
			    "PRAGMA recursive_triggers = ON;"
			    "PRAGMA foreign_keys = ON;"
			    "PRAGMA synchronous = FULL")) != RG_OK ||
	    (r = db_exec_int(s, "PRAGMA foreign_keys", &on)) != RG_OK)
		return r;
	/* A build without foreign keys ignores the setting. */
	if (on != 1)
		return db_fail(s, RG_E_STORE_OPEN, "no foreign keys");
	s->wants_sync = s->syncs = true;
	return RG_OK;
}

/* Nothing worked without it: several processes write and must not wait. */
static enum rg_err
use_wal(struct store *s)
{
	enum rg_err r = RG_E_STORE_OPEN;
	sqlite3_stmt *st = NULL;
	const unsigned char *mode;
	int rc;

	rc = sqlite3_prepare_v2(
	    s->db, "PRAGMA journal_mode = WAL", -1, &st, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc != SQLITE_ROW) {
		r = refused(s, rc);
	} else {
		mode = sqlite3_column_text(st, 0);
		r = mode != NULL && strcmp((const char *)mode, "wal") == 0
			? RG_OK
			: db_fail(s, RG_E_STORE_OPEN,
			      "this file system can't do WAL");
	}
	(void)sqlite3_finalize(st);
	return r;
}

/*
 * Before SQLite's first use: one thread uses it, so nothing needs a lock, and
 * nobody asks how much memory it has. When it is in use already, this is no
 * more than slower.
 */
static void
be_quick(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/*
 * Journals of statements and sorts that do not fit in memory go beside the
 * database, since a worker's sandbox lets it write nowhere else. Not by
 * SQLITE_TMPDIR: SQLite reads that once, in a parent that has none yet.
 */
static enum rg_err
put_temporary_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? sqlite3_mprintf(".")
				     : sqlite3_mprintf("%.*s",
					   (int)(slash - path + 1), path);

	if (folder == NULL)
		return RG_E_NOMEM;
	sqlite3_free(sqlite3_temp_directory);
	sqlite3_temp_directory = folder;
	return RG_OK;
}

enum rg_err
db_open(const char *path, int busy_ms, struct store **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct store *s = NULL;
	int rc;

	*out = NULL;
	be_quick();
	if ((s = calloc(1, sizeof(*s))) == NULL ||
	    (s->path = strdup(path)) == NULL ||
	    put_temporary_beside(path) != RG_OK) {
		r = err_set(e, RG_E_NOMEM, "opening %s", path);
		goto out;
	}
	s->busy_ms = busy_ms;
	rc = sqlite3_open_v2(path, &s->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
		SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE,
	    NULL);
	if (rc != SQLITE_OK)
		r = refused(s, rc);
	else if ((r = configure(s, busy_ms)) == RG_OK)
		r = use_wal(s);
	if (r != RG_OK) {
		(void)err_set(e, r, "%s: %s", path, s->error);
		goto out;
	}
	*out = s;
	s = NULL;
	r = RG_OK;
out:
	db_close(&s);
	return r;
}

static enum rg_err
outdated(struct store *s)
{
	return db_fail(s, RG_E_STORE_SCHEMA,
	    "another version of rolegate has migrated the database: this "
	    "process must be replaced");
}

static enum rg_err
prepare(struct store *s, enum stmt which)
{
	enum rg_err r;
	int rc;

	if (s->stmts[which] != NULL)
		return RG_OK;
	rc = sqlite3_prepare_v3(s->db, sql_text[which], -1,
	    SQLITE_PREPARE_PERSISTENT, &s->stmts[which], NULL);
	if (rc == SQLITE_OK)
		return RG_OK;
	r = refused(s, rc);
	/* "no such table", "no such column" */
	return rc == SQLITE_ERROR ? RG_E_STORE_SCHEMA : r;
}

enum rg_err
db_prepare(struct store *s, struct err *e)
{
	enum rg_err r;
	int i;

	for (i = 0; i < ST__MAX; i++)
		if ((r = prepare(s, (enum stmt)i)) != RG_OK)
			return err_set(e, r, "%s: %s", s->path, s->error);
	return RG_OK;
}

void
db_close(struct store **sp)
{
	struct store *s = *sp;
	int i;

	if (s == NULL)
		return;
	for (i = 0; i < ST__MAX; i++)
		(void)sqlite3_finalize(s->stmts[i]);
	(void)sqlite3_close_v2(s->db);
	free(s->path);
	free(s);
	*sp = NULL;
}

enum rg_err
db_exec(struct store *s, const char *sql)
{
	int rc;

	s->error[0] = '\0';
	errno = 0;
	rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? RG_OK : refused(s, rc);
}

enum rg_err
db_exec_int(struct store *s, const char *sql, int64_t *value)
{
	enum rg_err r = RG_OK;
	sqlite3_stmt *st = NULL;
	int rc;

	s->error[0] = '\0';
	*value = 0;
	rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*value = sqlite3_column_int64(st, 0);
	else
		r = refused(s, rc);
	(void)sqlite3_finalize(st);
	return r;
}

void
db_patience(struct store *s, int ms)
{
	bool less = ms >= 0 && ms < s->busy_ms;

	(void)sqlite3_busy_timeout(s->db, less ? ms : s->busy_ms);
}

enum rg_err
db_sync(struct store *s)
{
	enum rg_err r = RG_OK;

	if (s->wants_sync && !s->syncs &&
	    (r = db_exec(s, "PRAGMA synchronous = FULL")) == RG_OK)
		s->syncs = true;
	return r;
}

void
db_want_sync(struct store *s, bool wanted)
{
	s->wants_sync = wanted;
	if (wanted)
		return;
	s->syncs = false;
	(void)db_exec(s, "PRAGMA synchronous = NORMAL");
}

bool
db_in_transaction(const struct store *s)
{
	return sqlite3_get_autocommit(s->db) == 0;
}

enum rg_err
db_need_transaction(struct store *s)
{
	if (db_in_transaction(s))
		return RG_OK;
	return db_fail(s, RG_E_INTERNAL, "no transaction is open");
}

struct sqlite3 *
db_handle(struct store *s)
{
	return s->db;
}

const char *
db_path(const struct store *s)
{
	return s->path;
}

const char *
db_error(const struct store *s)
{
	return s->error;
}

enum rg_err
db_fail(struct store *s, enum rg_err code, const char *why)
{
	(void)snprintf(s->error, sizeof(s->error), "%s", why);
	return code;
}

enum rg_err
db_pin(struct store *s, int64_t schema)
{
	enum rg_err r;
	int64_t now;

	if ((r = db_exec_int(s, "PRAGMA user_version", &now)) != RG_OK)
		return r;
	s->schema = schema;
	s->outdated = now != schema;
	return s->outdated ? outdated(s) : RG_OK;
}

/*
 * Whether a migration came between. SQLite prepares a statement anew when it
 * meets another schema than before, so that nothing need be asked otherwise.
 */
static enum rg_err
check_pin(struct query *q)
{
	struct store *s = q->store;
	enum rg_err r;

	if (sqlite3_stmt_status(q->stmt, SQLITE_STMTSTATUS_REPREPARE, 1) > 0)
		s->unsure = true;
	if (!s->unsure || s->schema == 0)
		return RG_OK;
	if ((r = db_pin(s, s->schema)) == RG_OK)
		s->unsure = false;
	return r;
}

void
db_query(struct query *q, struct store *s, enum stmt which)
{
	q->store = s;
	q->stmt = NULL;
	q->next = 1;
	s->error[0] = '\0';
	if (s->outdated && which != ST_ROLLBACK)
		q->r = outdated(s);
	else
		q->r = prepare(s, which);
	if (q->r != RG_OK)
		return;
	q->stmt = s->stmts[which];
	if (sqlite3_stmt_busy(q->stmt) != 0) {
		q->stmt = NULL;
		q->r = db_fail(s, RG_E_INTERNAL, "the statement is in use");
	}
}

void
db_done(struct query *q)
{
	if (q->stmt == NULL)
		return;
	/* Errors were reported by the step. */
	(void)sqlite3_reset(q->stmt);
	(void)sqlite3_clear_bindings(q->stmt);
	q->stmt = NULL;
}

static void
bound(struct query *q, int rc)
{
	if (rc != SQLITE_OK && q->r == RG_OK)
		q->r = refused(q->store, rc);
}

void
db_int(struct query *q, int64_t value)
{
	if (q->stmt != NULL)
		bound(q, sqlite3_bind_int64(q->stmt, q->next++, value));
}

void
db_text_len(struct query *q, const char *text, size_t len)
{
	if (q->stmt != NULL)
		bound(q, sqlite3_bind_text64(q->stmt, q->next++, text, len,
			     SQLITE_STATIC, SQLITE_UTF8));
}

void
db_text(struct query *q, const char *text)
{
	db_text_len(q, text, text == NULL ? 0 : strlen(text));
}

void
db_blob(struct query *q, const void *data, size_t len)
{
	if (q->stmt != NULL)
		bound(q, sqlite3_bind_blob64(
			     q->stmt, q->next++, data, len, SQLITE_STATIC));
}

enum rg_err
db_step(struct query *q, bool *row)
{
	int rc;

	*row = false;
	if (q->r != RG_OK)
		return q->r;
	errno = 0;
	rc = sqlite3_step(q->stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		/* What fits no more is not prepared anew, nor counted so. */
		if (rc == SQLITE_ERROR || rc == SQLITE_SCHEMA)
			q->store->unsure = true;
		return refused(q->store, rc);
	}
	if ((q->r = check_pin(q)) != RG_OK)
		return q->r;
	*row = rc == SQLITE_ROW;
	return RG_OK;
}

enum rg_err
db_run(struct query *q)
{
	enum rg_err r;
	bool row;

	do
		r = db_step(q, &row);
	while (r == RG_OK && row);
	db_done(q);
	return r;
}

enum rg_err
db_run_count(struct query *q, int64_t *count)
{
	enum rg_err r = db_run(q);

	*count = r == RG_OK ? sqlite3_changes64(q->store->db) : 0;
	return r;
}

int64_t
db_column_int(struct query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

const char *
db_column_text(struct query *q, int column)
{
	const unsigned char *text = sqlite3_column_text(q->stmt, column);

	return text == NULL ? "" : (const char *)text;
}

const void *
db_column_blob(struct query *q, int column, size_t *len)
{
	const void *data = sqlite3_column_blob(q->stmt, column);

	*len = (size_t)sqlite3_column_bytes(q->stmt, column);
	return data;
}

bool
db_column_null(struct query *q, int column)
{
	return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}
