/* SPDX-License-Identifier: ISC */
#include "store/db_copy.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <sqlite3.h>

#include "store/db.h"

#define BUSY_MS 1000 /* who is just ending shall have ended by then */

static enum rg_err
failed(sqlite3 *db, int rc, const char *path, struct err *e)
{
	enum rg_err r = db_code(rc, errno);

	if (r == RG_E_STORE_BUSY)
		return err_set(
		    e, r, "%s is in use: stop whatever has it open", path);
	return err_set(e, r, "%s: %s", path,
	    db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(db));
}

static int
open_file(const char *path, int flags, sqlite3 **db)
{
	int rc;

	errno = 0;
	rc = sqlite3_open_v2(path, db,
	    flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
		SQLITE_OPEN_EXRESCODE,
	    NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(*db, BUSY_MS);
	return rc;
}

/*
 * Takes the file for us alone, until it is closed. Whoever works with a
 * database in WAL mode holds a shared lock on it all the time, so the step out
 * of this mode says whether there is anybody.
 */
static int
claim(sqlite3 *db)
{
	sqlite3_stmt *st = NULL;
	const unsigned char *mode;
	int rc;

	rc = sqlite3_exec(
	    db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_prepare_v2(
	    db, "PRAGMA journal_mode = DELETE", -1, &st, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		mode = sqlite3_column_text(st, 0);
		rc = mode != NULL && strcmp((const char *)mode, "delete") == 0
			 ? SQLITE_OK
			 : SQLITE_BUSY;
	}
	(void)sqlite3_finalize(st);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(
		    db, "BEGIN EXCLUSIVE; COMMIT", NULL, NULL, NULL);
	return rc;
}

enum rg_err
db_one_file(const char *path, struct err *e)
{
	sqlite3 *db = NULL;
	enum rg_err r = RG_OK;
	int rc;

	rc = open_file(path, SQLITE_OPEN_READWRITE, &db);
	if (rc == SQLITE_OK)
		rc = claim(db);
	if (rc != SQLITE_OK)
		r = failed(db, rc, path, e);
	(void)sqlite3_close_v2(db);
	return r;
}

/* In one step: in WAL mode a reader keeps nobody from writing. */
static enum rg_err
copy_pages(sqlite3 *from, sqlite3 *to, const char *path, struct err *e)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc;

	if (b == NULL)
		return failed(to, sqlite3_extended_errcode(to), path, e);
	errno = 0;
	do
		rc = sqlite3_backup_step(b, -1);
	while (rc == SQLITE_OK);
	if (rc != SQLITE_DONE) {
		enum rg_err r = db_code(rc, errno);

		(void)sqlite3_backup_finish(b);
		return err_set(e, r, "%s: %s", path, sqlite3_errstr(rc));
	}
	rc = sqlite3_backup_finish(b);
	return rc == SQLITE_OK ? RG_OK : failed(to, rc, path, e);
}

enum rg_err
db_copy(const char *from, const char *to, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	sqlite3 *source = NULL, *target = NULL;
	int rc;

	if ((rc = open_file(from, SQLITE_OPEN_READONLY, &source)) !=
	    SQLITE_OK) {
		r = failed(source, rc, from, e);
		goto out;
	}
	if ((rc = open_file(to, SQLITE_OPEN_READWRITE, &target)) != SQLITE_OK ||
	    (rc = claim(target)) != SQLITE_OK) {
		r = failed(target, rc, to, e);
		goto out;
	}
	r = copy_pages(source, target, to, e);
out:
	(void)sqlite3_close_v2(source);
	(void)sqlite3_close_v2(target);
	/* The copy of a file in WAL mode says that it is in this mode. */
	return r == RG_OK ? db_one_file(to, e) : r;
}
