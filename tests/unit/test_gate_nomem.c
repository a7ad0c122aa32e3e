/* SPDX-License-Identifier: ISC */
/*
 * Out of memory at each allocation in turn, the libraries' included; see
 * gate_faults.h. AddressSanitizer has no second door to malloc(): there only
 * the libraries run out of it, by their own hooks, and LeakSanitizer looks at
 * what we then leave behind.
 */
#include <errno.h>
#include <stdlib.h>

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <sqlite3.h>

#include "gate_faults.h"
#include "store/db.h"

#ifndef RG_SANITIZED
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static bool
no_memory(void)
{
	if (!must_fail())
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return no_memory() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return no_memory() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return no_memory() ? NULL : __libc_realloc(p, n);
}

static void
hook_libraries(void)
{
}
#else
static void *
bad_malloc(size_t n)
{
	return must_fail() ? NULL : malloc(n);
}

static void *
bad_calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : calloc(n, size);
}

static void *
bad_realloc(void *p, size_t n)
{
	return must_fail() ? NULL : realloc(p, n);
}

static char *
bad_strdup(const char *s)
{
	return must_fail() ? NULL : strdup(s);
}

static void *
ssl_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return bad_malloc(n);
}

static void *
ssl_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return bad_realloc(p, n);
}

static void
ssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static sqlite3_mem_methods sqlite_memory;

static void *
sqlite_malloc(int n)
{
	return must_fail() ? NULL : sqlite_memory.xMalloc(n);
}

static void *
sqlite_realloc(void *p, int n)
{
	return must_fail() ? NULL : sqlite_memory.xRealloc(p, n);
}

static void
hook_libraries(void)
{
	sqlite3_mem_methods m;

	assert_int_equal(
	    CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free), 1);
	json_set_alloc_funcs(bad_malloc, free);
	assert_int_equal(curl_global_init_mem(CURL_GLOBAL_ALL, bad_malloc, free,
			     bad_realloc, bad_strdup, bad_calloc),
	    CURLE_OK);
	assert_int_equal(
	    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory), SQLITE_OK);
	m = sqlite_memory;
	m.xMalloc = sqlite_malloc;
	m.xRealloc = sqlite_realloc;
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &m), SQLITE_OK);
}
#endif

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
	long n;

	open_world(&w);
	s = gate_store(w.gate);
	all_after = false;
	for (n = 0; n < WINDOWS_MAX; n++) {
		store_chores_begin(s, 10);
		(void)open_window(n);
		store_chores_end(s);
		if (store_begin(s) == RG_OK) {
			close_window();
			assert_int_equal(
			    db_exec_int(s, "PRAGMA synchronous", &synchronous),
			    RG_OK);
			assert_int_equal(synchronous, 2);
		}
		close_window();
		store_rollback(s);
		if (failed == 0)
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

	hook_libraries();
	return cmocka_run_group_tests(tests, op_make_keys, op_free_keys);
}
