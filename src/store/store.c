/* SPDX-License-Identifier: ISC */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/asset.h"
#include "base/file.h"
#include "store/db.h"

#define APPLICATION_ID 1919896679 /* sql/0001-init.sql */
#define INIT_BUSY_MS 10000
#define TURN_TRIES 40 /* of TURN_MS */
#define TURN_MS 50
#define ROOM_MIN (256UL << 10) /* bytes: some sign-ins */

/* The number of "sql/0001-init.sql", 0 if it is not a migration. */
static int64_t
migration_number(const struct asset *a)
{
	char *end;
	long n;

	if (strncmp(a->name, "sql/", 4) != 0)
		return 0;
	n = strtol(a->name + 4, &end, 10);
	return end == a->name + 8 && *end == '-' && n > 0 ? n : 0;
}

/* The schema version that this program was made for. */
static int64_t
newest(void)
{
	const struct asset *a;
	int64_t n, last = 0;

	for (a = assets; a->name != NULL; a++)
		if ((n = migration_number(a)) > last)
			last = n;
	return last;
}

/*
 * WAL needs to make files beside the database, so its directory must be
 * writable too. SQLite would find out later, with a vaguer message.
 */
static enum rg_err
check_writable(const char *path, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	char *copy = NULL;
	const char *dir;

	if ((copy = strdup(path)) == NULL) {
		r = err_set(e, RG_E_NOMEM, "opening %s", path);
		goto out;
	}
	dir = dirname(copy);
	if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) != 0) {
		r = err_set(e, RG_E_STORE_READONLY, "%s can't be written: %s",
		    path, strerror(errno));
		goto out;
	}
	if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) != 0) {
		r = err_set(e, RG_E_STORE_READONLY,
		    "%s: its directory can't be written: %s", path,
		    strerror(errno));
		goto out;
	}
	r = RG_OK;
out:
	free(copy);
	return r;
}

static enum rg_err
check_file(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return err_set(e, RG_E_STORE_OPEN, "%s: %s%s", path,
		    strerror(errno),
		    errno == ENOENT ? " (rolegatectl init makes it)" : "");
	if (!S_ISREG(st.st_mode))
		return err_set(
		    e, RG_E_STORE_OPEN, "%s is not a regular file", path);
	if ((st.st_mode & S_IRWXO) != 0)
		return err_set(e, RG_E_FILE_MODE,
		    "%s has mode %04o: others must have no access (chmod 600)",
		    path, (unsigned)(st.st_mode & 07777));
	return check_writable(path, e);
}

/* *version is 0 for a file in which nothing is yet. */
static enum rg_err
read_version(struct store *s, int64_t *version, struct err *e)
{
	enum rg_err r;
	int64_t application = 0, tables = 0;

	if ((r = db_exec_int(s, "PRAGMA application_id", &application)) !=
		RG_OK ||
	    (r = db_exec_int(s, "PRAGMA user_version", version)) != RG_OK ||
	    (r = db_exec_int(
		 s, "SELECT count(*) FROM sqlite_schema", &tables)) != RG_OK)
		return err_set(e, r, "%s: %s", db_path(s), db_error(s));
	if (application != APPLICATION_ID &&
	    (application != 0 || *version != 0 || tables != 0))
		return err_set(e, RG_E_STORE_SCHEMA,
		    "%s is the database of another program", db_path(s));
	if (*version > newest())
		return err_set(e, RG_E_STORE_SCHEMA,
		    "%s was made by a newer rolegate (schema %lld, ours is "
		    "%lld)",
		    db_path(s), (long long)*version, (long long)newest());
	return RG_OK;
}

enum rg_err
store_open(const char *path, int busy_ms, struct store **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct store *s = NULL;
	int64_t version = 0;

	*out = NULL;
	if ((r = check_file(path, e)) != RG_OK ||
	    (r = db_open(path, busy_ms, &s, e)) != RG_OK ||
	    (r = read_version(s, &version, e)) != RG_OK)
		goto out;
	if (version < newest()) {
		r = err_set(e, version > 0 ? RG_E_STORE_OLD : RG_E_STORE_SCHEMA,
		    "%s has schema %lld, %lld is needed: run rolegatectl init",
		    path, (long long)version, (long long)newest());
		goto out;
	}
	/* After the schema was read, so that none comes between unseen. */
	if ((r = db_pin(s, version)) != RG_OK) {
		(void)err_set(e, r, "%s: %s", path, db_error(s));
		goto out;
	}
	*out = s;
	s = NULL;
	r = RG_OK;
out:
	db_close(&s);
	return r;
}

enum rg_err
store_check_schema(struct store *s, struct err *e)
{
	return db_prepare(s, e);
}

/*
 * Runs one. Without a change of tables, columns, indexes or triggers nobody who
 * has the database open would notice it: check_pin() in db.c.
 */
static enum rg_err
run_migration(
    struct store *s, const struct asset *a, int64_t *version, struct err *e)
{
	static const char schema[] = "PRAGMA schema_version";
	enum rg_err r;
	int64_t before, after;

	if ((r = db_exec_int(s, schema, &before)) != RG_OK ||
	    (r = db_exec(s, a->data)) != RG_OK ||
	    (r = db_exec_int(s, schema, &after)) != RG_OK ||
	    (r = db_exec_int(s, "PRAGMA user_version", version)) != RG_OK)
		return err_set(
		    e, r, "%s: %s: %s", db_path(s), a->name, db_error(s));
	if (*version != migration_number(a))
		return err_set(
		    e, RG_E_INTERNAL, "%s does not set its version", a->name);
	if (before == after)
		return err_set(
		    e, RG_E_INTERNAL, "%s changes no schema", a->name);
	return RG_OK;
}

/* Each migration is for exactly the version before it, and sets its own. */
static enum rg_err
migrate(struct store *s, struct err *e)
{
	enum rg_err r;
	const struct asset *a;
	int64_t version = 0, n;

	if ((r = read_version(s, &version, e)) != RG_OK)
		return r;
	for (a = assets; a->name != NULL; a++) {
		n = migration_number(a);
		if (n <= version)
			continue;
		if (n != version + 1)
			return err_set(e, RG_E_INTERNAL,
			    "no migration from schema %lld to %s",
			    (long long)version, a->name);
		if ((r = run_migration(s, a, &version, e)) != RG_OK)
			return r;
	}
	return RG_OK;
}

/*
 * Those who make the same database at once take turns: the change to WAL does
 * not wait for locks, and who fails removes the file that others are using.
 * Returns the lock, -1 when the folder can't be locked; then nothing is lost
 * but this courtesy. It is not waited for without end: whoever may list the
 * folder can lock it.
 */
static int
take_turns(const char *path)
{
	char *copy = strdup(path);
	int fd, i;

	if (copy == NULL)
		return -1;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	for (i = 0; fd >= 0 && i < TURN_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			break;
		(void)poll(NULL, 0, TURN_MS);
	}
	return fd;
}

enum rg_err
store_migrate(
    const char *path, store_approve_fn *approve, void *ctx, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct store *s = NULL;
	int turn = take_turns(path);
	bool made;

	/* Ours from the first byte on, whatever the umask. */
	r = file_create_secret(path, "", 0, e);
	made = r == RG_OK;
	if (r != RG_OK && r != RG_E_EXISTS)
		goto out;
	if ((r = check_file(path, e)) != RG_OK ||
	    (r = db_open(path, INIT_BUSY_MS, &s, e)) != RG_OK)
		goto out;
	/* All migrations or none; two who start this at once take turns. */
	if ((r = db_exec(s, "BEGIN IMMEDIATE")) != RG_OK) {
		(void)err_set(e, r, "%s: %s", path, db_error(s));
		goto out;
	}
	if ((r = migrate(s, e)) != RG_OK || (r = db_prepare(s, e)) != RG_OK ||
	    (approve != NULL && (r = approve(s, ctx, e)) != RG_OK))
		goto out;
	if ((r = db_exec(s, "COMMIT")) != RG_OK) {
		(void)err_set(e, r, "%s: %s", path, db_error(s));
		goto out;
	}
	err_clear(e);
	r = RG_OK;
out:
	db_close(&s);
	if (r != RG_OK && made)
		(void)unlink(path);
	if (turn >= 0)
		(void)close(turn);
	return r;
}

enum rg_err
store_init(const char *path, struct err *e)
{
	return store_migrate(path, NULL, NULL, e);
}

void
store_free(struct store **sp)
{
	db_close(sp);
}

const char *
store_error(const struct store *s)
{
	return db_error(s);
}

bool
store_stamp(struct store *s, uint8_t out[static STORE_STAMP_LEN])
{
	return db_stamp(s, out);
}

static enum rg_err
run(struct store *s, enum stmt which)
{
	struct query q;

	db_query(&q, s, which);
	return db_run(&q);
}

enum rg_err
store_begin(struct store *s)
{
	enum rg_err r;

	/* Chores that ended without memory have left it to us. */
	if ((r = db_sync(s)) != RG_OK)
		return r;
	return run(s, ST_BEGIN);
}

enum rg_err
store_begin_read(struct store *s)
{
	return run(s, ST_BEGIN_READ);
}

enum rg_err
store_commit(struct store *s)
{
	return run(s, ST_COMMIT);
}

void
store_rollback(struct store *s)
{
	if (db_in_transaction(s))
		(void)run(s, ST_ROLLBACK);
}

void
store_chores_begin(struct store *s, int ms)
{
	db_patience(s, ms);
	db_want_sync(s, false);
}

void
store_chores_end(struct store *s)
{
	db_want_sync(s, true);
	(void)db_sync(s); /* or before the next transaction */
	db_patience(s, -1);
}

/* What is rolled back never reaches the disk, so that alone proves no room. */
static enum rg_err
check_room(struct store *s)
{
	struct statvfs v;

	if (statvfs(db_path(s), &v) != 0 || v.f_blocks == 0 ||
	    v.f_bavail > ROOM_MIN / (v.f_frsize > 0 ? v.f_frsize : 1))
		return RG_OK;
	return db_fail(s, RG_E_STORE_FULL, "the file system is almost full");
}

enum rg_err
store_ping(struct store *s, bool write)
{
	enum rg_err r;

	if (!write)
		return run(s, ST_PING_READ);
	if ((r = check_room(s)) != RG_OK)
		return r;
	if ((r = store_begin(s)) != RG_OK)
		return r;
	r = run(s, ST_PING_WRITE);
	if (db_in_transaction(s)) {
		enum rg_err back = run(s, ST_ROLLBACK);

		r = r == RG_OK ? back : r;
	}
	return r;
}

static enum rg_err
check_pages(struct store *s, struct err *e)
{
	enum rg_err r;
	struct query q;
	bool row;

	db_query(&q, s, ST_CHECK_PAGES);
	r = db_step(&q, &row);
	if (r != RG_OK)
		(void)err_set(e, r, "%s: %s", db_path(s), db_error(s));
	else if (!row || strcmp(db_column_text(&q, 0), "ok") != 0)
		r = err_set(e, RG_E_STORE_CORRUPT, "%s: %s", db_path(s),
		    row ? db_column_text(&q, 0) : "no answer");
	db_done(&q);
	return r;
}

static enum rg_err
check_keys(struct store *s, struct err *e)
{
	enum rg_err r;
	struct query q;
	bool row;

	db_query(&q, s, ST_CHECK_KEYS);
	r = db_step(&q, &row);
	if (r != RG_OK)
		(void)err_set(e, r, "%s: %s", db_path(s), db_error(s));
	else if (row)
		r = err_set(e, RG_E_STORE_CORRUPT,
		    "%s: row %lld of %s refers to no row of %s", db_path(s),
		    (long long)db_column_int(&q, 1), db_column_text(&q, 0),
		    db_column_text(&q, 2));
	db_done(&q);
	return r;
}

enum rg_err
store_check(struct store *s, struct err *e)
{
	enum rg_err r;

	if ((r = db_prepare(s, e)) != RG_OK || (r = check_pages(s, e)) != RG_OK)
		return r;
	return check_keys(s, e);
}
