/* SPDX-License-Identifier: ISC */
#include "base/limiter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util.h"

#define ANA (UINT64_C(7) << 44 | 1)
#define BOB (UINT64_C(8) << 44 | 1) /* in the same set */
#define NOW INT64_C(5000000)

struct fixture {
	char folder[UTIL_PATH_MAX];
	char path[UTIL_PATH_MAX];
	struct limiter *l;
};

static int
setup(void **state)
{
	static struct fixture f;
	struct err e = {RG_OK, ""};

	util_folder(f.folder);
	util_path(f.path, f.folder, "limits");
	assert_int_equal(limiter_open(f.path, 2, &f.l, &e), RG_OK);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	limiter_free(&f->l);
	util_remove(f->folder);
	return 0;
}

/* How often it is allowed, of `tries` at one moment. */
static int
takes(struct fixture *f, unsigned kind, uint64_t who, unsigned rate,
    int64_t now, int tries)
{
	int i, n = 0;

	for (i = 0; i < tries; i++)
		n += limiter_take(f->l, kind, who, rate, now) ? 1 : 0;
	return n;
}

static void
test_burst_and_rate(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(takes(f, 0, ANA, 6, NOW, 20), 6);
	assert_false(limiter_peek(f->l, 0, ANA, 6, NOW));
	/* one more every ten seconds */
	assert_int_equal(takes(f, 0, ANA, 6, NOW + 9999, 20), 0);
	assert_int_equal(takes(f, 0, ANA, 6, NOW + 10000, 20), 1);
	assert_int_equal(takes(f, 0, ANA, 6, NOW + 40000, 20), 3);
	/* and all of them after a minute of rest, but no more */
	assert_int_equal(takes(f, 0, ANA, 6, NOW + 400000, 20), 6);
	assert_int_equal(takes(f, 0, BOB, 1, NOW, 5), 1);
}

static void
test_apart(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(takes(f, 0, ANA, 3, NOW, 9), 3);
	assert_int_equal(takes(f, 0, BOB, 3, NOW, 9), 3);
	assert_int_equal(takes(f, 1, ANA, 3, NOW, 9), 3);
	/* looking takes nothing */
	assert_true(limiter_peek(f->l, 1, BOB, 1, NOW));
	assert_true(limiter_peek(f->l, 1, BOB, 1, NOW));
	assert_int_equal(takes(f, 1, BOB, 1, NOW, 2), 1);
	/* no such thing is counted: never allowed */
	assert_int_equal(takes(f, 2, ANA, 3, NOW, 9), 0);
}

/* More at once than there is room for: those who used most are remembered. */
static void
test_crowd(void **state)
{
	struct fixture *f = *state;
	uint64_t i;

	assert_int_equal(takes(f, 0, ANA, 60, NOW, 100), 60);
	for (i = 100; i < 1000; i++)
		assert_int_equal(takes(f, 0, i << 44 | 1, 60, NOW, 1), 1);
	assert_int_equal(takes(f, 0, ANA, 60, NOW, 1), 0);
}

/* After the machine's start its clock begins anew, and the file is old. */
static void
test_restart(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(takes(f, 0, ANA, 3, NOW, 9), 3);
	assert_int_equal(takes(f, 0, ANA, 3, 1000, 9), 3);
}

static int
taker(void *path)
{
	struct limiter *l = NULL;
	struct err e;
	int i, n = 0;

	if (limiter_open(path, 2, &l, &e) != RG_OK)
		return 255;
	for (i = 0; i < 50; i++)
		n += limiter_take(l, 0, ANA, 40, NOW) ? 1 : 0;
	limiter_free(&l);
	return n;
}

static void
test_processes(void **state)
{
	struct fixture *f = *state;
	int total[256], n, sum = 0;

	util_race(4, taker, f->path, total);
	assert_int_equal(total[255], 0);
	for (n = 1; n < 255; n++)
		sum += n * total[n];
	assert_int_equal(sum, 40);
	assert_int_equal(util_mode(f->path), 0600);
}

static void
test_where_it_cannot(void **state)
{
	struct limiter *l = NULL;
	struct err e = {RG_OK, ""};

	(void)state;
	assert_int_equal(limiter_open("/no/such/folder", 2, &l, &e), RG_E_FILE);
	assert_null(l);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_burst_and_rate),
	    T(test_apart),
	    T(test_crowd),
	    T(test_restart),
	    T(test_processes),
	    T(test_where_it_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
