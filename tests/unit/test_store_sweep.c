/* SPDX-License-Identifier: ISC */
#include "store/sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store_util.h"

#define NOW 2000

/* 100 sessions that are over and one that is not; 20 minutes of counters. */
static void
fill(struct fixture *f)
{
	store_raw(f->path,
	    "INSERT INTO principals (id, provider, issuer, tenant, subject,"
	    " kind, name, username, email, roles, first_seen, last_seen,"
	    " disabled) VALUES (1, 'p', 'i', '', 's', 'user', '', '', '', '[]',"
	    " 1, 1, 0)");
	store_raw(f->path,
	    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 100) INSERT INTO sessions (hash, public_id, principal,"
	    " provider_sid, claims, roles, issued_at, last_used, idle_seconds,"
	    " expires_at, dies_at) SELECT randomblob(32), printf('%022d', i), "
	    "1,"
	    " '', '{}', '[]', 1, 1, 3000, 3000, iif(i = 0, 2001, 2000) FROM n");
	store_raw(f->path,
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 20) INSERT INTO counters SELECT i * 60, 'n', 'r', 1"
	    " FROM n");
}

static int64_t
left(struct fixture *f, const char *table)
{
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	return store_raw_int(f->path, sql);
}

static void
test_steps(void **state)
{
	/* No time but for what is begun. */
	static const struct store_sweep w = {NOW, 600, 0};
	struct fixture *f = *state;
	int64_t before = 101, now;
	bool more = true;
	int steps = 0;

	fill(f);
	for (; more; steps++, before = now) {
		assert_int_equal(store_sweep_step(f->s, &w, &more), RG_OK);
		now = left(f, "sessions");
		assert_true(before - now <= 8);
		assert_true(now < before || !more);
	}
	assert_true(steps > 100 / 8);
	assert_int_equal(left(f, "sessions"), 1);
	assert_int_equal(left(f, "counters"), 11); /* of 600 and later */
}

static void
test_all_in_time(void **state)
{
	static const struct store_sweep w = {NOW, 0, 600 * 1000};
	struct fixture *f = *state;
	bool more = true;

	fill(f);
	assert_int_equal(store_sweep_step(f->s, &w, &more), RG_OK);
	assert_false(more);
	assert_int_equal(left(f, "sessions"), 1);
	assert_int_equal(left(f, "counters"), 20);
}

/* Of several processes one sweeps, and the others try again. */
static void
test_busy(void **state)
{
	static const struct store_sweep w = {NOW, 600, 0};
	struct fixture *f = *state;
	struct store *other = NULL;
	struct err e = {RG_OK, ""};
	bool more = false;

	fill(f);
	assert_int_equal(store_open(f->path, 1000, &other, &e), RG_OK);
	assert_int_equal(store_begin(other), RG_OK);
	assert_int_equal(store_sweep_step(f->s, &w, &more), RG_E_STORE_BUSY);
	assert_true(more);
	assert_int_equal(left(f, "sessions"), 101);
	store_rollback(other);
	assert_int_equal(store_sweep_step(f->s, &w, &more), RG_OK);
	assert_int_equal(left(f, "sessions"), 93);
	store_free(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {store_test(test_steps),
	    store_test(test_all_in_time), store_test(test_busy)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
