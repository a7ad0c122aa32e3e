/* SPDX-License-Identifier: ISC */
/* store_stamp(): answers are given again while it stays the same. */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "store_util.h"

static const char edit[] =
    "UPDATE meta SET policy_version = policy_version + 1";

/* Whether it is another one than `last`, which becomes the present one. */
static bool
changed(struct store *s, uint8_t last[static STORE_STAMP_LEN])
{
	uint8_t now[STORE_STAMP_LEN];
	bool other;

	assert_true(store_stamp(s, now));
	other = memcmp(now, last, sizeof(now)) != 0;
	memcpy(last, now, sizeof(now));
	return other;
}

static enum rg_err
spend(struct store *s, const char *state)
{
	enum rg_err r;

	if ((r = store_begin(s)) != RG_OK ||
	    (r = store_login_spend(s, state, 1)) != RG_OK)
		return r;
	return store_commit(s);
}

static void
test_another_connection(void **state)
{
	struct fixture *f = *state;
	uint8_t last[STORE_STAMP_LEN];
	int64_t version;
	int i;

	assert_true(store_stamp(f->s, last));
	assert_int_equal(store_policy_version(f->s, &version), RG_OK);
	assert_false(changed(f->s, last));
	for (i = 0; i < 3; i++) {
		store_raw(f->path, edit);
		assert_true(changed(f->s, last));
		assert_false(changed(f->s, last));
	}
	/* and the first one after the log was emptied */
	store_raw(f->path, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_true(store_stamp(f->s, last));
	store_raw(f->path, edit);
	assert_true(changed(f->s, last));
}

/* Our own commit counts as well; a rollback does not. */
static void
test_this_connection(void **state)
{
	struct fixture *f = *state;
	uint8_t last[STORE_STAMP_LEN];

	assert_true(store_stamp(f->s, last));
	assert_int_equal(spend(f->s, "one"), RG_OK);
	assert_true(changed(f->s, last));
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_login_spend(f->s, "two", 1), RG_OK);
	assert_false(changed(f->s, last));
	store_rollback(f->s);
	assert_false(changed(f->s, last));
}

/* Opens the database when told to, and writes to it. */
static void
be_another_process(const char *path, int told)
{
	struct store *s = NULL;
	struct err e;
	char c;

	if (read(told, &c, 1) != 1 ||
	    store_open(path, STORE_BUSY_MS, &s, &e) != RG_OK ||
	    spend(s, "theirs") != RG_OK)
		_exit(1);
	store_free(&s);
	_exit(0);
}

static void
test_another_process(void **state)
{
	struct fixture *f = *state;
	uint8_t last[STORE_STAMP_LEN];
	int tell[2], status;
	struct err e;
	pid_t pid;

	assert_int_equal(pipe(tell), 0);
	store_free(&f->s); /* SQLite's handles don't survive a fork */
	if ((pid = fork()) == 0)
		be_another_process(f->path, tell[0]);
	assert_true(pid > 0);
	assert_int_equal(store_open(f->path, STORE_BUSY_MS, &f->s, &e), RG_OK);
	assert_true(store_stamp(f->s, last));
	assert_int_equal(write(tell[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(changed(f->s, last));
	(void)close(tell[0]);
	(void)close(tell[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    store_test(test_another_connection),
	    store_test(test_this_connection),
	    store_test(test_another_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
