/* SPDX-License-Identifier: ISC */
/*
 * Out of memory at each allocation in turn, the libraries' included; see
 * gate_faults.h. Under AddressSanitizer LeakSanitizer looks at what we then
 * leave behind.
 */
#include "gate_faults.h"
#include "store/db.h"
#include "tests/unit/nomem.h"

static void
test_one_allocation(void **state)
{
	with_world(state, false);
}

static void
test_no_more_memory(void **state)
{
	with_world(state, true);
}

/* What follows chores waits for the disk again, or isn't done. */
static void
test_sync_after_chores(void **state)
{
	struct world w = {.op = *state};
	int64_t synchronous;
	struct store *s;
	bool reached;
	long n;

	open_world(&w);
	s = gate_store(w.gate);
	fault_once = true;
	for (n = 0; n < WINDOWS_MAX; n++) {
		store_chores_begin(s, 10);
		fault_begin(n);
		store_chores_end(s);
		if (store_begin(s) == RG_OK) {
			(void)close_window();
			assert_int_equal(
			    db_exec_int(s, "PRAGMA synchronous", &synchronous),
			    RG_OK);
			assert_int_equal(synchronous, 2);
		}
		reached = close_window();
		store_rollback(s);
		if (!reached)
			break;
	}
	assert_in_range(n, 1, WINDOWS_MAX - 1);
	close_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    OP_TEST(test_one_allocation),
	    OP_TEST(test_no_more_memory),
	    OP_TEST(test_sync_after_chores),
	};

	nomem_hook_libraries();
	return cmocka_run_group_tests(tests, op_make_keys, op_free_keys);
}
