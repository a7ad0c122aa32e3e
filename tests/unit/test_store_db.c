/* SPDX-License-Identifier: ISC */
/* The statements and the settings of the connection. */
#include "store/db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_util.h"

/* What EXPLAIN QUERY PLAN says about a statement, all on one line. */
static void
plan(const char *path, const char *sql, struct buf *out)
{
	struct buf explain = BUF_INIT;
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;

	buf_printf(&explain, "EXPLAIN QUERY PLAN %s", sql);
	buf_reset(out);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, buf_str(&explain), -1, &st, NULL),
	    SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW)
		buf_printf(out, "%s; ", sqlite3_column_text(st, 3));
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	buf_clear(&explain);
}

/* What runs per request or may meet many rows reads through an index. */
static void
test_plans(void **state)
{
	struct fixture *f = *state;
	static const struct {
		enum stmt stmt;
		const char *uses;
	} want[] = {
	    {ST_SESSION_FIND, "SEARCH s USING PRIMARY KEY (hash=?)"},
	    {ST_SESSION_FIND, "SEARCH p USING INTEGER PRIMARY KEY (rowid=?)"},
	    {ST_SESSION_TOUCH, "USING PRIMARY KEY (hash=?)"},
	    {ST_SESSION_REMOVE, "USING PRIMARY KEY (hash=?)"},
	    {ST_SESSION_REMOVE_PUBLIC, "(public_id=?)"},
	    {ST_SESSION_REMOVE_ALL, "sessions_by_principal (principal=?)"},
	    {ST_SESSION_SWEEP, "sessions_by_death (dies_at<?)"},
	    {ST_PRINCIPAL_FIND,
		"(provider=? AND issuer=? AND tenant=? AND subject=?)"},
	    {ST_LOGIN_CHECK, "USING PRIMARY KEY (state_hash=?)"},
	    {ST_LOGIN_SWEEP, "spent_logins_by_end (forget_at<?)"},
	    {ST_DOCUMENT_LOAD, "(issuer=? AND kind=?)"},
	    {ST_AUDIT_COUNT, "audit_by_event (event=? AND time>? AND time<?)"},
	    {ST_AUDIT_PAGE_BY_TIME, "audit_by_time (time>? AND time<?)"},
	    {ST_AUDIT_PAGE_BY_EVENT,
		"audit_by_event (event=? AND time>? AND time<?)"},
	    {ST_AUDIT_PAGE_BY_SUBJECT,
		"audit_by_subject (subject=? AND time>? AND time<?)"},
	    {ST_AUDIT_PAGE_BY_ACTOR,
		"audit_by_actor (actor=? AND time>? AND time<?)"},
	    {ST_AUDIT_PAGE_BY_REQUEST, "audit_by_request (request_id=?)"},
	    {ST_AUDIT_NEXT_EVENT, "audit_by_event (event>? AND event<?)"},
	    {ST_COUNTER_SWEEP, "USING PRIMARY KEY (minute<?)"},
	    {ST_COUNTERS, "USING PRIMARY KEY (minute>?)"},
	};
	/* long audits must be read without sorting */
	static const enum stmt in_order[] = {ST_AUDIT_ALL, ST_AUDIT_EACH,
	    ST_AUDIT_PAGE_BY_TIME, ST_AUDIT_PAGE_BY_EVENT,
	    ST_AUDIT_PAGE_BY_SUBJECT, ST_AUDIT_PAGE_BY_ACTOR,
	    ST_AUDIT_NEXT_EVENT, ST_COUNTERS};
	struct buf out = BUF_INIT;
	size_t i;

	store_raw(f->path,
	    "CREATE TEMP TABLE n (i);"
	    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c"
	    " WHERE i < 100000) INSERT INTO n SELECT i FROM c;"
	    "INSERT INTO principals SELECT i, 'p', 'i', '', i, 'user', '', '',"
	    " '', '[]', 1, 1, 0, '{}', '{}' FROM n WHERE i <= 1000;"
	    "INSERT INTO sessions SELECT CAST(printf('%032d', i) AS BLOB),"
	    " printf('%022d', i), i % 1000 + 1, '', '{}', '[]', 1, 1, 9, 5, 5, "
	    "'{}' FROM n;"
	    "ANALYZE");
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		plan(f->path, sql_text[want[i].stmt], &out);
		if (strstr(buf_str(&out), want[i].uses) == NULL)
			fail_msg("%s\n-> %s\nlacks %s", sql_text[want[i].stmt],
			    buf_str(&out), want[i].uses);
	}
	for (i = 0; i < sizeof(in_order) / sizeof(in_order[0]); i++) {
		plan(f->path, sql_text[in_order[i]], &out);
		assert_null(strstr(buf_str(&out), "TEMP B-TREE"));
	}
	buf_clear(&out);
}

static int64_t
pragma(struct store *s, const char *sql)
{
	int64_t v = -1;

	assert_int_equal(db_exec_int(s, sql, &v), RG_OK);
	return v;
}

static void
test_settings(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pragma(f->s, "PRAGMA foreign_keys"), 1);
	assert_int_equal(pragma(f->s, "PRAGMA synchronous"), 2); /* FULL */
	assert_int_equal(pragma(f->s, "PRAGMA trusted_schema"), 0);
	assert_int_equal(pragma(f->s, "PRAGMA cell_size_check"), 1);
	assert_int_equal(pragma(f->s, "PRAGMA recursive_triggers"), 1);
	assert_int_equal(pragma(f->s, "PRAGMA busy_timeout"), STORE_BUSY_MS);
	assert_int_equal(
	    store_raw_int(f->path, "SELECT count(*) FROM pragma_journal_mode"
				   " WHERE journal_mode = 'wal'"),
	    1);
}

/* What a connection of ours can't do, whatever SQL reached it. */
static void
test_defensive(void **state)
{
	struct fixture *f = *state;

	assert_int_not_equal(
	    db_exec(f->s, "ATTACH ':memory:' AS other"), RG_OK);
	assert_int_not_equal(
	    db_exec(f->s, "SELECT load_extension('libm.so.6')"), RG_OK);
	(void)db_exec(f->s, "PRAGMA writable_schema = ON");
	assert_int_not_equal(
	    db_exec(f->s, "UPDATE sqlite_schema SET sql = ''"), RG_OK);
	/* "x" is a column or nothing, never a string */
	assert_int_not_equal(db_exec(f->s, "SELECT \"x\""), RG_OK);
	assert_string_not_equal(db_error(f->s), "");
}

/* Each STRICT table refuses what is not of its type. */
static void
test_strict(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
	    store_raw_int(f->path,
		"SELECT count(*) FROM pragma_table_list WHERE type = 'table'"
		" AND strict = 0 AND name NOT LIKE 'sqlite%'"),
	    0);
	assert_int_equal(
	    db_exec(f->s, "INSERT INTO spent_logins VALUES ('text', 1)"),
	    RG_E_INVALID);
	assert_int_equal(
	    db_exec(f->s, "INSERT INTO spent_logins VALUES (x'00', 1)"),
	    RG_E_INVALID);
	assert_int_equal(
	    db_exec(f->s, "INSERT INTO spent_logins VALUES (NULL, 1)"),
	    RG_E_INVALID);
}

static void
test_query(void **state)
{
	struct fixture *f = *state;
	struct query q, nested;
	bool row;
	int64_t n;

	/* a bind too many is an error at the step */
	db_query(&q, f->s, ST_POLICY_VERSION);
	db_int(&q, 1);
	assert_int_not_equal(db_step(&q, &row), RG_OK);
	assert_false(row);
	db_done(&q);
	db_done(&q);
	/* so is a text that is too long */
	db_query(&q, f->s, ST_LOGIN_CHECK);
	db_text_len(&q, "", (size_t)INT64_MAX);
	assert_int_equal(db_step(&q, &row), RG_E_TOO_LARGE);
	db_done(&q);
	/* what was bound before is not there the next time */
	db_query(&q, f->s, ST_LOGIN_SPEND);
	db_blob(&q, "01234567890123456789012345678901", 32);
	db_int(&q, 5);
	assert_int_equal(db_run(&q), RG_OK);
	db_query(&q, f->s, ST_LOGIN_SPEND);
	assert_int_equal(db_run(&q), RG_E_INVALID);
	/* a statement in use can't be taken away by another user of it */
	db_query(&q, f->s, ST_POLICY_VERSION);
	assert_int_equal(db_step(&q, &row), RG_OK);
	assert_true(row);
	db_query(&nested, f->s, ST_POLICY_VERSION);
	db_int(&nested, 1);
	db_text(&nested, "x");
	db_blob(&nested, "x", 1);
	assert_int_equal(db_step(&nested, &row), RG_E_INTERNAL);
	assert_int_equal(db_run_count(&nested, &n), RG_E_INTERNAL);
	assert_int_equal(n, 0);
	db_done(&nested);
	assert_true(db_column_int(&q, 0) > 0);
	db_done(&q);
	assert_int_equal(db_exec_int(f->s, "SELECT 1 WHERE 0", &n), RG_E_STORE);
	assert_int_equal(db_exec_int(f->s, "SELECT nothing", &n), RG_E_STORE);
}

/* True when an open file of this process is one of SQLite's in `folder`. */
static bool
has_temporary_in(const char *folder)
{
	char path[UTIL_PATH_MAX], name[64], prefix[UTIL_PATH_MAX + 16];
	bool found = false;
	ssize_t n;
	int fd;

	(void)snprintf(prefix, sizeof(prefix), "%s/etilqs_", folder);
	for (fd = 0; fd < 64 && !found; fd++) {
		(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		if ((n = readlink(name, path, sizeof(path) - 1)) < 0)
			continue;
		path[n] = '\0';
		found = strncmp(path, prefix, strlen(prefix)) == 0;
	}
	return found;
}

/*
 * What does not fit in memory goes beside the database, though SQLite was used
 * before that was known: a parent does that, and its sandboxed workers can
 * write nowhere else.
 */
static void
test_temporary(void **state)
{
	struct fixture *f = *state;

	assert_false(has_temporary_in(f->folder));
	assert_int_equal(
	    db_exec(f->s,
		"CREATE TEMP TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1"
		" UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
		" SELECT i, hex(zeroblob(400)) FROM n"),
	    RG_OK);
	assert_true(has_temporary_in(f->folder));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    store_test(test_plans),
	    store_test(test_settings),
	    store_test(test_defensive),
	    store_test(test_strict),
	    store_test(test_query),
	    store_test(test_temporary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
