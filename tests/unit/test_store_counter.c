/* SPDX-License-Identifier: ISC */
#include "store/counter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "store/db.h"
#include "store_util.h"

static enum rg_err
print(void *ctx, const struct counter_row *c)
{
	buf_printf(ctx, "%lld %s %s %lld\n", (long long)c->minute, c->name,
	    c->reason, (long long)c->count);
	return RG_OK;
}

static void
assert_counters(struct store *s, int64_t since, const char *want)
{
	struct buf out = BUF_INIT;

	assert_int_equal(store_each_counter(s, since, print, &out), RG_OK);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

static void
assert_totals(struct store *s, const char *want)
{
	struct buf out = BUF_INIT;

	assert_int_equal(store_each_total(s, print, &out), RG_OK);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

static void
test_adds_up(void **state)
{
	struct fixture *f = *state;
	const struct counter_row one[] = {
	    {60, "refused", "a", 3}, {120, "refused", "a", 1}};
	const struct counter_row two[] = {
	    {120, "refused", "a", 4}, {120, "refused", "b", 1}};

	assert_counters(f->s, 0, "");
	assert_totals(f->s, "");
	assert_int_equal(store_counters_add(f->s, one, 2), RG_OK);
	assert_int_equal(store_counters_add(f->s, two, 2), RG_OK);
	assert_counters(
	    f->s, 0, "60 refused a 3\n120 refused a 5\n120 refused b 1\n");
	assert_counters(f->s, 61, "120 refused a 5\n120 refused b 1\n");
	assert_totals(f->s, "0 refused a 8\n0 refused b 1\n");
}

/* One that can't be written leaves none of the others. */
static void
test_all_or_none(void **state)
{
	struct fixture *f = *state;
	const struct counter_row bad[] = {
	    {60, "refused", "a", 3}, {61, "refused", "a", 1}};
	const struct counter_row good[] = {{60, "refused", "a", 3}};

	assert_int_equal(store_counters_add(f->s, bad, 2), RG_E_INVALID);
	assert_totals(f->s, "");
	/* nor is a transaction left open */
	assert_int_equal(store_counters_add(f->s, good, 1), RG_OK);
	assert_totals(f->s, "0 refused a 3\n");
}

static void
test_sweep_keeps_totals(void **state)
{
	struct fixture *f = *state;
	struct counter_row row = {0, "refused", "a", 1};
	int64_t removed = -1;
	int i;

	for (i = 1; i <= 10; i++) {
		row.minute = 60 * i;
		assert_int_equal(store_counters_add(f->s, &row, 1), RG_OK);
	}
	assert_int_equal(store_counters_sweep(f->s, 540, 5, &removed), RG_OK);
	assert_int_equal(removed, 5);
	assert_int_equal(store_counters_sweep(f->s, 540, 5, &removed), RG_OK);
	assert_int_equal(removed, 3);
	assert_int_equal(store_counters_sweep(f->s, 540, 0, &removed), RG_OK);
	assert_int_equal(removed, 0);
	assert_counters(f->s, 0, "540 refused a 1\n600 refused a 1\n");
	assert_totals(f->s, "0 refused a 10\n");
}

static int
add_50(void *ctx)
{
	struct fixture *f = ctx;
	const struct counter_row row = {60, "refused", "a", 2};
	struct store *s = NULL;
	int i;

	if (store_open(f->path, 20000, &s, NULL) != RG_OK)
		return 1;
	store_chores_begin(s, 20000);
	for (i = 0; i < 50; i++)
		if (store_counters_add(s, &row, 1) != RG_OK)
			return 2;
	store_chores_end(s);
	store_free(&s);
	return 0;
}

static void
test_four_processes(void **state)
{
	struct fixture *f = *state;
	int total[256];

	util_race(4, add_50, f, total);
	assert_int_equal(total[0], 4);
	assert_totals(f->s, "0 refused a 400\n");
}

/* Chores don't wait for the disk; what comes after them does again. */
static void
test_chores(void **state)
{
	struct fixture *f = *state;
	int64_t level = -1;

	store_chores_begin(f->s, 0);
	assert_int_equal(
	    db_exec_int(f->s, "PRAGMA synchronous", &level), RG_OK);
	assert_int_equal(level, 1); /* NORMAL */
	store_chores_end(f->s);
	assert_int_equal(
	    db_exec_int(f->s, "PRAGMA synchronous", &level), RG_OK);
	assert_int_equal(level, 2); /* FULL */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    store_test(test_adds_up),
	    store_test(test_all_or_none),
	    store_test(test_sweep_keeps_totals),
	    store_test(test_four_processes),
	    store_test(test_chores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
