/* SPDX-License-Identifier: ISC */
/*
 * A database of each earlier schema version (tests/vectors/schema/) becomes
 * one of ours that differs in nothing from one made by this version, with all
 * that was in it.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "store/backup.h"
#include "store_util.h"

#define FIXTURE_MAX 262144

/* Makes the database of a fixture; false when there is no such version. */
static bool
load_fixture(const char *path, int version)
{
	struct buf sql = BUF_INIT;
	char name[64];
	struct err e = {RG_OK, ""};

	(void)snprintf(
	    name, sizeof(name), "tests/vectors/schema/%04d.sql", version);
	if (access(name, F_OK) != 0)
		return false;
	assert_int_equal(file_read(name, FIXTURE_MAX, &sql, &e), RG_OK);
	store_raw(path, buf_str(&sql));
	assert_int_equal(chmod(path, 0600), 0);
	buf_clear(&sql);
	return true;
}

/* All of the schema as text, in the order of names. */
static void
read_schema(const char *path, struct buf *out)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db,
		"SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name "
		"NOT LIKE 'sqlite_%' ORDER BY type, name",
		-1, &st, NULL),
	    SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW)
		buf_printf(out, "%s;\n", sqlite3_column_text(st, 0));
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_true(buf_ok(out));
}

/* What each version has from the version on that brought it. */
static const struct {
	int since;
	const char *sql;
	int64_t value;
} kept[] = {
    {1, "SELECT count(*) FROM role_permissions WHERE role = 'analyst'", 1},
    {1, "SELECT count(*) FROM mappings WHERE effect = 'allow'", 2},
    {1, "SELECT seq >= 4 FROM sqlite_sequence WHERE name = 'mappings'", 1},
    {1, "SELECT disabled FROM principals WHERE subject = 'oid-1'", 1},
    {1, "SELECT count(*) FROM sessions WHERE provider_sid = 'sid-1'", 1},
    {1, "SELECT count(*) FROM spent_logins", 1},
    {1, "SELECT count(*) FROM documents", 2},
    {2, "SELECT count(*) FROM mappings WHERE effect = 'deny'", 1},
    {2, "SELECT count(*) FROM grants WHERE reason = 'ticket 7'", 1},
    {4, "SELECT count(*) FROM role_keys", 1},
    {5, "SELECT count FROM counter_totals", 3},
    {6, "SELECT sessions_from FROM meta", 1699999995},
    {7, "SELECT count(*) FROM contextforge_grants", 1},
    {8, "SELECT count(*) FROM refreshes", 1},
    {11, "SELECT mapping FROM policy_changes", 2},
};

static void
check_kept(const char *path, int version)
{
	size_t i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (kept[i].since <= version &&
		    store_raw_int(path, kept[i].sql) != kept[i].value)
			fail_msg("schema %d: %s", version, kept[i].sql);
	}
}

static void
migrate(const char *path, int version, const struct buf *fresh)
{
	struct audit_chain chain;
	struct store *s = NULL;
	struct buf schema = BUF_INIT;
	struct err e = {RG_OK, ""};
	enum rg_err r = store_open(path, STORE_BUSY_MS, &s, &e);
	int64_t cookie = store_raw_int(path, "PRAGMA schema_version");

	assert_int_equal(r, RG_E_STORE_OLD);
	if (store_init(path, &e) != RG_OK)
		fail_msg("schema %d: %s", version, e.detail);
	/* Else processes that have it open do not notice: db_pin() */
	assert_int_not_equal(
	    store_raw_int(path, "PRAGMA schema_version"), cookie);
	read_schema(path, &schema);
	assert_string_equal(buf_str(&schema), buf_str(fresh));
	buf_clear(&schema);
	check_kept(path, version);
	store_audit_chain_begin(&chain, NULL);
	if (store_copy_check(path, &chain, &e) != RG_OK)
		fail_msg("schema %d: %s", version, e.detail);
	assert_int_equal(chain.at.seq, version);
}

static void
test_every_version(void **state)
{
	struct fixture *f = *state;
	char name[24], path[UTIL_PATH_MAX];
	struct buf fresh = BUF_INIT, schema = BUF_INIT;
	int newest =
	    (int)store_raw_int(f->path, "SELECT * FROM pragma_user_version");
	int version;

	read_schema(f->path, &fresh);
	for (version = 1; version <= newest; version++) {
		(void)snprintf(name, sizeof(name), "v%d.db", version);
		util_path(path, f->folder, name);
		if (!load_fixture(path, version))
			fail_msg("tests/vectors/schema/%04d.sql is missing: "
				 "run generate.py there",
			    version);
		if (version < newest)
			migrate(path, version, &fresh);
	}
	/* what the newest fixture says is what this version makes */
	read_schema(path, &schema);
	assert_string_equal(buf_str(&schema), buf_str(&fresh));
	buf_clear(&schema);
	buf_clear(&fresh);
}

/* A migration that fails half-way leaves the database as it was. */
static void
test_all_or_nothing(void **state)
{
	struct fixture *f = *state;
	char path[UTIL_PATH_MAX];
	struct buf before = BUF_INIT, after = BUF_INIT;
	struct err e = {RG_OK, ""};

	util_path(path, f->folder, "old.db");
	assert_true(load_fixture(path, 1));
	/* in the way of a later migration */
	store_raw(path, "CREATE TABLE refreshes (x)");
	read_schema(path, &before);
	assert_int_not_equal(store_init(path, &e), RG_OK);
	assert_non_null(strstr(e.detail, "0008"));
	read_schema(path, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	assert_int_equal(
	    store_raw_int(path, "SELECT * FROM pragma_user_version"), 1);
	store_raw(path, "DROP TABLE refreshes");
	assert_int_equal(store_init(path, &e), RG_OK);
	buf_clear(&before);
	buf_clear(&after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    store_test(test_every_version),
	    store_test(test_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
