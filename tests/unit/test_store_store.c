/* SPDX-License-Identifier: ISC */
#include "store/store.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "store/policy.h"
#include "store/session.h"
#include "store_util.h"

#define DETAIL_SIZE 4000

/* Opens and closes; the detail must name the path. */
static enum rg_err
try_open(const char *path, struct err *e)
{
	struct store *s = NULL;
	enum rg_err r = store_open(path, STORE_BUSY_MS, &s, e);

	if (r != RG_OK &&
	    (s != NULL || e->code != r || strstr(e->detail, path) == NULL))
		r = RG_E_INTERNAL;
	store_free(&s);
	return r;
}

static void
test_modes(void **state)
{
	struct fixture *f = *state;
	char wal[UTIL_PATH_MAX], shm[UTIL_PATH_MAX], other[UTIL_PATH_MAX];
	struct err e = {RG_OK, ""};
	mode_t mask;

	util_path(wal, f->folder, "test.db-wal");
	util_path(shm, f->folder, "test.db-shm");
	assert_int_equal(store_ping(f->s, true), RG_OK);
	store_free(&f->s);
	assert_int_equal(util_mode(f->path), 0600);
	/* whatever the umask: one that allows all, one that denies all */
	util_path(other, f->folder, "open.db");
	mask = umask(0);
	assert_int_equal(store_init(other, &e), RG_OK);
	assert_int_equal(util_mode(other), 0600);
	(void)umask(0777);
	assert_int_equal(store_init(f->path, &e), RG_OK);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(store_init(other, &e), RG_OK);
	(void)umask(0);
	assert_int_equal(util_mode(other), 0600);
	assert_int_equal(store_open(f->path, 0, &f->s, &e), RG_OK);
	assert_int_equal(store_begin(f->s), RG_OK);
	(void)umask(mask);
	assert_int_equal(util_mode(wal), 0600);
	assert_int_equal(util_mode(shm), 0600);
}

static void
test_refuses_file(void **state)
{
	struct fixture *f = *state;
	char other[UTIL_PATH_MAX];
	struct err e = {RG_OK, ""};
	mode_t bad[] = {0604, 0602, 0601, 0666, 0777};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(chmod(f->path, bad[i]), 0);
		assert_int_equal(try_open(f->path, &e), RG_E_FILE_MODE);
		assert_int_equal(store_init(f->path, &e), RG_E_FILE_MODE);
	}
	assert_int_equal(chmod(f->path, 0660), 0);
	assert_int_equal(try_open(f->path, &e), RG_OK);
	util_path(other, f->folder, "missing.db");
	assert_int_equal(try_open(other, &e), RG_E_STORE_OPEN);
	assert_int_not_equal(access(other, F_OK), 0);
	assert_int_equal(try_open(f->folder, &e), RG_E_STORE_OPEN);
	assert_int_equal(try_open(":memory:", &e), RG_E_STORE_OPEN);
	assert_int_equal(try_open("", &e), RG_E_STORE_OPEN);
	util_write_text(other, "this is not a database, but text", 0600);
	assert_int_equal(try_open(other, &e), RG_E_STORE_CORRUPT);
	assert_int_equal(store_init(other, &e), RG_E_STORE_CORRUPT);
	/* what init did not make it does not remove */
	assert_int_equal(access(other, F_OK), 0);
	util_write_text(other, "", 0600);
	assert_int_equal(try_open(other, &e), RG_E_STORE_SCHEMA);
}

/* The right number, but not what it stands for. */
static void
test_schema_lacks(void **state)
{
	struct fixture *f = *state;
	struct err e = {RG_OK, ""};
	int64_t count;

	assert_int_equal(store_check_schema(f->s, &e), RG_OK);
	store_free(&f->s);
	store_raw(f->path, "DROP TABLE spent_logins; DROP TABLE sessions");
	assert_int_equal(store_open(f->path, 1000, &f->s, &e), RG_OK);
	assert_int_equal(store_check_schema(f->s, &e), RG_E_STORE_SCHEMA);
	assert_non_null(strstr(e.detail, "no such table"));
	assert_int_equal(store_check(f->s, &e), RG_E_STORE_SCHEMA);
	/* who did not look finds out where it is missing, and nowhere else */
	assert_int_equal(
	    store_session_count(f->s, 1, &count), RG_E_STORE_SCHEMA);
	assert_int_equal(store_ping(f->s, true), RG_OK);
}

static void
test_schema(void **state)
{
	struct fixture *f = *state;
	char other[UTIL_PATH_MAX];
	struct err e = {RG_OK, ""};

	store_free(&f->s);
	/* once more changes nothing */
	assert_int_equal(store_init(f->path, &e), RG_OK);
	assert_int_equal(try_open(f->path, &e), RG_OK);
	store_raw(f->path, "PRAGMA user_version = 99");
	assert_int_equal(try_open(f->path, &e), RG_E_STORE_SCHEMA);
	assert_non_null(strstr(e.detail, "newer rolegate"));
	assert_int_equal(store_init(f->path, &e), RG_E_STORE_SCHEMA);
	store_raw(f->path, "PRAGMA user_version = 0");
	assert_int_equal(try_open(f->path, &e), RG_E_STORE_SCHEMA);
	assert_non_null(strstr(e.detail, "rolegatectl init"));
	util_path(other, f->folder, "foreign.db");
	store_raw(other, "CREATE TABLE t (x)");
	assert_int_equal(chmod(other, 0600), 0);
	assert_int_equal(try_open(other, &e), RG_E_STORE_SCHEMA);
	assert_int_equal(store_init(other, &e), RG_E_STORE_SCHEMA);
	assert_int_equal(
	    store_raw_int(other, "SELECT count(*) FROM sqlite_schema"), 1);
}

/*
 * A newer version migrates the database that is in use: what its rows mean is
 * not known here, so nothing is read or written any more.
 */
static void
test_migrated_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct store *idle = NULL;
	int64_t count;

	assert_int_equal(store_open(f->path, 1000, &idle, NULL), RG_OK);
	assert_int_equal(store_session_count(f->s, 1, &count), RG_OK);
	/* Another index is no migration. */
	store_raw(f->path, "CREATE INDEX other ON sessions (issued_at)");
	assert_int_equal(store_session_count(f->s, 1, &count), RG_OK);
	assert_int_equal(store_begin(f->s), RG_OK);
	store_rollback(f->s);
	assert_int_equal(store_begin_read(f->s), RG_OK);
	assert_int_equal(store_session_count(f->s, 1, &count), RG_OK);
	store_raw(f->path, "BEGIN; ALTER TABLE meta ADD COLUMN later INTEGER;"
			   "PRAGMA user_version = 99; COMMIT");
	/* What was begun before ends in the state of then. */
	assert_int_equal(store_session_count(f->s, 1, &count), RG_OK);
	store_rollback(f->s);
	/* A transaction that only begins afterwards finds out, and is undone.
	 */
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(
	    store_session_count(f->s, 1, &count), RG_E_STORE_SCHEMA);
	assert_int_equal(store_commit(f->s), RG_E_STORE_SCHEMA);
	store_rollback(f->s);
	assert_non_null(strstr(store_error(f->s), "must be replaced"));
	assert_int_equal(
	    store_session_count(f->s, 1, &count), RG_E_STORE_SCHEMA);
	assert_int_equal(store_ping(f->s, false), RG_E_STORE_SCHEMA);
	/* Nor does a lock stay. */
	store_raw(f->path, "UPDATE meta SET policy_version = 7");
	/* Who has asked for nothing before finds out by the first question. */
	assert_int_equal(
	    store_session_count(idle, 1, &count), RG_E_STORE_SCHEMA);
	store_free(&idle);
}

/* Nor when what was asked for before does not fit any more. */
static void
test_migrated_away(void **state)
{
	struct fixture *f = *state;
	int64_t count;

	assert_int_equal(store_session_count(f->s, 1, &count), RG_OK);
	store_raw(f->path, "BEGIN; ALTER TABLE sessions RENAME TO gone;"
			   "PRAGMA user_version = 99; COMMIT");
	assert_int_not_equal(store_session_count(f->s, 1, &count), RG_OK);
	assert_int_equal(store_policy_version(f->s, &count), RG_E_STORE_SCHEMA);
	assert_int_equal(
	    store_session_count(f->s, 1, &count), RG_E_STORE_SCHEMA);
}

static int
init_child(void *ctx)
{
	struct err e;

	return (int)store_init(ctx, &e);
}

static void
test_init_race(void **state)
{
	struct fixture *f = *state;
	char other[UTIL_PATH_MAX];
	struct err e;
	int total[256];

	util_path(other, f->folder, "raced.db");
	util_race(4, init_child, other, total);
	assert_int_equal(total[RG_OK], 4);
	assert_int_equal(try_open(other, &e), RG_OK);
	assert_int_equal(store_raw_int(other, "SELECT count(*) FROM roles"), 1);
}

static void
test_init_of_a_locked_folder(void **state)
{
	struct fixture *f = *state;
	int fd = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err e = {RG_OK, ""};

	assert_true(fd >= 0);
	/* As anybody may who can list it, for as long as they like. */
	assert_int_equal(flock(fd, LOCK_SH), 0);
	(void)alarm(60);
	assert_int_equal(store_init(f->path, &e), RG_OK);
	(void)alarm(0);
	(void)close(fd);
}

static void
test_init_where_it_cannot(void **state)
{
	struct fixture *f = *state;
	char other[UTIL_PATH_MAX];
	struct err e = {RG_OK, ""};

	util_path(other, f->folder, "no/such/folder.db");
	assert_int_equal(store_init(other, &e), RG_E_FILE);
	assert_non_null(strstr(e.detail, other));
}

static int
open_unprivileged(void *ctx)
{
	struct err e = {RG_OK, ""};

	return util_drop_root() ? (int)try_open(ctx, &e) : 254;
}

static void
test_read_only(void **state)
{
	struct fixture *f = *state;

	store_free(&f->s);
	util_give(f->folder);
	util_give(f->path);
	assert_int_equal(util_child(open_unprivileged, f->path), RG_OK);
	assert_int_equal(chmod(f->path, 0400), 0);
	assert_int_equal(
	    util_child(open_unprivileged, f->path), RG_E_STORE_READONLY);
	/* -wal and -shm could not be made */
	assert_int_equal(chmod(f->path, 0600), 0);
	assert_int_equal(chmod(f->folder, 0500), 0);
	assert_int_equal(
	    util_child(open_unprivileged, f->path), RG_E_STORE_READONLY);
	assert_int_equal(chmod(f->folder, 0700), 0);
	if (geteuid() == 0) { /* a file that is not ours at all */
		assert_int_equal(chown(f->path, 0, 0), 0);
		assert_int_equal(util_child(open_unprivileged, f->path),
		    RG_E_STORE_READONLY);
	}
}

static void
test_locked(void **state)
{
	struct fixture *f = *state;
	struct audit_row row = store_event("a.b", 1);
	sqlite3 *other = NULL;
	int64_t version, before;

	assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL),
	    SQLITE_OK);
	before = clock_mono_ms();
	assert_int_equal(store_begin(f->s), RG_E_STORE_BUSY);
	assert_in_range(clock_mono_ms() - before, STORE_BUSY_MS / 2, 5000);
	assert_string_not_equal(store_error(f->s), "");
	assert_int_equal(store_ping(f->s, true), RG_E_STORE_BUSY);
	assert_int_equal(store_login_spend(f->s, "state", 10), RG_E_STORE_BUSY);
	/* readers do not wait: whoami answers while somebody writes */
	assert_int_equal(store_policy_version(f->s, &version), RG_OK);
	assert_int_equal(store_ping(f->s, false), RG_OK);
	assert_int_equal(
	    sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	/* and all is well afterwards */
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_audit_add(f->s, &row), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
}

static int
locked_open(void *ctx)
{
	struct err e;

	return (int)try_open(ctx, &e);
}

static void
test_locked_at_open(void **state)
{
	struct fixture *f = *state;
	sqlite3 *other = NULL;

	store_free(&f->s);
	assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other,
			     "PRAGMA locking_mode = EXCLUSIVE;"
			     "BEGIN EXCLUSIVE;"
			     "UPDATE meta SET policy_version = 5",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(util_child(locked_open, f->path), RG_E_STORE_BUSY);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

/* Adds rows until that fails; says how, and how many were committed. */
static enum rg_err
fill(struct store *s, int64_t *committed)
{
	char detail[DETAIL_SIZE + 1];
	struct audit_row row = store_event("fill.up", 1);
	enum rg_err r = RG_OK;

	memset(detail, ' ', DETAIL_SIZE);
	detail[DETAIL_SIZE] = '\0';
	memcpy(detail, "{}", 2);
	row.detail = detail;
	for (*committed = 0; *committed < 10000; ++*committed) {
		if ((r = store_begin(s)) != RG_OK ||
		    (r = store_audit_add(s, &row)) != RG_OK ||
		    (r = store_commit(s)) != RG_OK)
			break;
	}
	store_rollback(s);
	return r;
}

/* 0 when what was committed is there, whole, and nothing else. */
static int
verify_after(struct store *s, int64_t committed)
{
	struct err e = {RG_OK, ""};
	int64_t count = -1;

	if (store_audit_verify(s, NULL, &count, &e) != RG_OK)
		return 1;
	if (store_check(s, &e) != RG_OK)
		return 2;
	return count == committed ? 0 : 3;
}

static int
full_by_limit(void *ctx)
{
	struct fixture *f = ctx;
	struct rlimit limit;
	struct err e;
	struct store *s = NULL;
	int64_t committed;
	int status;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &limit) != 0 ||
	    store_open(f->path, 1000, &s, &e) != RG_OK)
		return 10;
	limit.rlim_cur = 300000;
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 11;
	if (fill(s, &committed) != RG_E_STORE_FULL)
		return 12;
	if (committed == 0)
		return 13;
	if ((status = verify_after(s, committed)) != 0)
		return status;
	/* there is room again */
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 14;
	if (store_ping(s, true) != RG_OK)
		return 15;
	store_free(&s);
	if (store_open(f->path, 1000, &s, &e) != RG_OK)
		return 16;
	status = verify_after(s, committed);
	store_free(&s);
	return status;
}

static void
test_full_by_limit(void **state)
{
	struct fixture *f = *state;

	store_free(&f->s);
	assert_int_equal(util_child(full_by_limit, f), 0);
	assert_int_equal(store_open(f->path, 100, &f->s, NULL), RG_OK);
	assert_int_equal(store_ping(f->s, true), RG_OK);
}

/* In a mount namespace of its own, so that nothing is left behind. */
static int
full_by_tmpfs(void *ctx)
{
	struct fixture *f = ctx;
	char path[UTIL_PATH_MAX + 16], again[UTIL_PATH_MAX + 16];
	struct err e;
	struct store *s = NULL;
	int64_t committed;
	int status;

	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", f->folder, "tmpfs", 0, "size=640k,mode=700") != 0)
		return 200;
	(void)snprintf(path, sizeof(path), "%s/full.db", f->folder);
	(void)snprintf(again, sizeof(again), "%s/again.db", f->folder);
	if (store_init(path, &e) != RG_OK ||
	    store_open(path, 1000, &s, &e) != RG_OK)
		return 10;
	if (fill(s, &committed) != RG_E_STORE_FULL)
		return 11;
	if ((status = verify_after(s, committed)) != 0)
		return status;
	/* no half-made database on a full disk */
	if (store_init(again, &e) != RG_E_STORE_FULL)
		return 12;
	if (access(again, F_OK) == 0)
		return 13;
	store_free(&s);
	/* remounted read-only while in use */
	if (store_open(path, 1000, &s, &e) != RG_OK)
		return 14;
	store_free(&s);
	if (mount(NULL, f->folder, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
		return 200;
	return try_open(path, &e) == RG_E_STORE_READONLY ? 0 : 15;
}

static void
test_full_by_tmpfs(void **state)
{
	int status = util_child(full_by_tmpfs, *state);

	if (status == 200) /* not root, or a container that forbids it */
		skip();
	assert_int_equal(status, 0);
}

static void
test_rollback(void **state)
{
	struct fixture *f = *state;
	struct principal_row p = store_person("s");
	struct audit_row row = store_event("a.b", 1);
	struct session_row session;
	struct audit_head head;
	char *old = NULL;
	int64_t id;

	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_login_spend(f->s, "state", 2000), RG_OK);
	assert_int_equal(store_principal_put(f->s, &p, &id, &old), RG_OK);
	session = store_session(id, 'a');
	assert_int_equal(store_session_add(f->s, &session), RG_OK);
	assert_int_equal(store_audit_add(f->s, &row), RG_OK);
	store_rollback(f->s);
	store_rollback(f->s); /* once more is harmless */
	assert_int_equal(store_login_check(f->s, "state"), RG_OK);
	assert_int_equal(store_principal_find(
			     f->s, p.provider, p.issuer, p.tenant, "s", &id),
	    RG_E_NOT_FOUND);
	assert_int_equal(
	    store_session_remove(f->s, session.hash), RG_E_SESSION_NONE);
	assert_int_equal(store_audit_head(f->s, &head), RG_OK);
	assert_int_equal(head.seq, 0);
}

static void
test_transactions(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(store_commit(f->s), RG_E_STORE);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_begin(f->s), RG_E_STORE);
	assert_int_equal(store_ping(f->s, true), RG_E_STORE);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_int_equal(store_ping(f->s, true), RG_OK);
	assert_string_equal(store_error(f->s), "");
}

static void
test_check(void **state)
{
	struct fixture *f = *state;
	struct err e = {RG_OK, ""};
	int fd;

	assert_int_equal(store_check(f->s, &e), RG_OK);
	store_raw(
	    f->path, "INSERT INTO role_permissions VALUES ('nobody', 'x')");
	assert_int_equal(store_check(f->s, &e), RG_E_STORE_CORRUPT);
	assert_non_null(strstr(e.detail, "role_permissions"));
	store_raw(f->path, "DELETE FROM role_permissions WHERE role='nobody'");
	assert_int_equal(store_check(f->s, &e), RG_OK);
	/* an index that lacks a row */
	store_raw(f->path,
	    "INSERT INTO spent_logins VALUES (zeroblob(32), 5);"
	    "PRAGMA writable_schema = ON;"
	    "UPDATE sqlite_schema SET rootpage ="
	    " (SELECT rootpage FROM sqlite_schema WHERE name='audit_by_time')"
	    " WHERE name = 'spent_logins_by_end'");
	store_free(&f->s);
	assert_int_equal(store_open(f->path, 100, &f->s, &e), RG_OK);
	assert_int_equal(store_check(f->s, &e), RG_E_STORE_CORRUPT);
	store_free(&f->s);
	/* rubbish where the first table is */
	fd = open(f->path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "rubbish rubbish", 15, 100), 15);
	assert_int_equal(close(fd), 0);
	assert_int_equal(try_open(f->path, &e), RG_E_STORE_CORRUPT);
}

/* A sign-in's writes, over and over, until somebody kills us. */
static int
sign_in_forever(void *ctx)
{
	struct fixture *f = ctx;
	struct principal_row p = store_person("killed");
	struct audit_row row = store_event("sign_in.ok", 1);
	struct session_row session;
	struct store *s = NULL;
	char public_id[23];
	char *old;
	int64_t id;
	unsigned i;

	if (store_open(f->path, 1000, &s, NULL) != RG_OK)
		return 1;
	for (i = 0;; i++) {
		old = NULL;
		if (store_begin(s) != RG_OK ||
		    store_principal_put(s, &p, &id, &old) != RG_OK)
			return 2;
		free(old);
		session = store_session(id, 'x');
		(void)snprintf(public_id, sizeof(public_id), "%011u%011u",
		    (unsigned)getpid(), i);
		session.public_id = public_id;
		assert_int_equal(
		    hash_sha256(public_id, 22, session.hash), RG_OK);
		if (store_session_add(s, &session) != RG_OK ||
		    store_audit_add(s, &row) != RG_OK ||
		    store_commit(s) != RG_OK)
			return 3;
	}
}

static void
test_killed(void **state)
{
	struct fixture *f = *state;
	struct err e = {RG_OK, ""};
	int64_t sessions, count = 0;
	unsigned i;
	pid_t pid;

	store_free(&f->s);
	/* On a busy machine it takes a while until one gets anything done. */
	for (i = 0; i < 12 || (count == 0 && i < 100); i++) {
		pid = util_start(sign_in_forever, f);
		(void)usleep(3000 + i * 1700);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(util_end(pid), 255);
		assert_int_equal(store_open(f->path, 100, &f->s, &e), RG_OK);
		assert_int_equal(store_check(f->s, &e), RG_OK);
		assert_int_equal(
		    store_audit_verify(f->s, NULL, &count, &e), RG_OK);
		sessions =
		    store_raw_int(f->path, "SELECT count(*) FROM sessions");
		assert_int_equal(sessions, count);
		store_free(&f->s);
	}
	assert_true(count > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    store_test(test_modes),
	    store_test(test_refuses_file),
	    store_test(test_schema),
	    store_test(test_migrated_meanwhile),
	    store_test(test_schema_lacks),
	    store_test(test_migrated_away),
	    store_test(test_init_race),
	    store_test(test_init_of_a_locked_folder),
	    store_test(test_init_where_it_cannot),
	    store_test(test_read_only),
	    store_test(test_locked),
	    store_test(test_locked_at_open),
	    store_test(test_full_by_limit),
	    store_test(test_full_by_tmpfs),
	    store_test(test_rollback),
	    store_test(test_transactions),
	    store_test(test_check),
	    store_test(test_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
