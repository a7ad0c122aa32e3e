/* SPDX-License-Identifier: ISC */
/*
 * A fresh database for each test of store/, and a raw handle to do to it what
 * no function of ours would. To be included after <cmocka.h>.
 */
#ifndef RG_TESTS_STORE_UTIL_H
#define RG_TESTS_STORE_UTIL_H

#include <sqlite3.h>

#include "store/audit.h"
#include "store/policy.h"
#include "store/session.h"
#include "store/store.h"
#include "util.h"

#define STORE_BUSY_MS 20

struct fixture {
	char folder[UTIL_PATH_MAX];
	char path[UTIL_PATH_MAX];
	struct store *s;
};

static inline int
store_setup(void **state)
{
	static struct fixture f;
	struct err e = {RG_OK, ""};

	memset(&f, 0, sizeof(f));
	util_folder(f.folder);
	util_path(f.path, f.folder, "test.db");
	assert_int_equal(store_init(f.path, &e), RG_OK);
	assert_int_equal(store_open(f.path, STORE_BUSY_MS, &f.s, &e), RG_OK);
	*state = &f;
	return 0;
}

static inline int
store_teardown(void **state)
{
	struct fixture *f = *state;

	store_free(&f->s);
	util_remove(f->folder);
	return 0;
}

#define store_test(fn)                                                         \
	cmocka_unit_test_setup_teardown(fn, store_setup, store_teardown)

/* Runs SQL on a connection of its own, where all safeguards are off. */
static inline int
store_raw_code(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	int rc;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 1000);
	rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return rc;
}

static inline void
store_raw(const char *path, const char *sql)
{
	assert_int_equal(store_raw_code(path, sql), SQLITE_OK);
}

static inline int64_t
store_raw_int(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	int64_t value;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	value = sqlite3_column_int64(st, 0);
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return value;
}

static inline struct principal_row
store_person(const char *subject)
{
	struct principal_row p = {.provider = "entra",
	    .issuer = "https://op.example/t/v2.0",
	    .tenant = "t",
	    .subject = subject,
	    .kind = "user",
	    .name = "Dana Diaz",
	    .username = "dana@contoso.com",
	    .email = "",
	    .roles = "[\"analyst\"]",
	    .claims = "{\"groups\":[]}",
	    .groups = "{}",
	    .first_seen = 1000,
	    .last_seen = 1000};

	return p;
}

/* Times 1000 to 1000 + 3600, idle 600; hash and public id made of `mark`. */
static inline struct session_row
store_session(int64_t principal, char mark)
{
	static char public_id[23];
	struct session_row row = {.public_id = public_id,
	    .provider_sid = "",
	    .claims = "{\"groups\":[]}",
	    .roles = "[\"user\"]",
	    .groups = "{}",
	    .issued_at = 1000,
	    .last_used = 1000,
	    .idle_seconds = 600,
	    .expires_at = 4600};

	memset(public_id, mark, 22);
	memset(row.hash, mark, sizeof(row.hash));
	row.principal.id = principal;
	return row;
}

static inline struct audit_row
store_event(const char *event, int64_t time)
{
	struct audit_row row = {.time = time,
	    .event = event,
	    .actor = "actor",
	    .subject = "entra:t:1",
	    .client = "192.0.2.1",
	    .request_id = "r1",
	    .detail = "{}"};

	return row;
}

#endif
