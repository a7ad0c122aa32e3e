/* SPDX-License-Identifier: ISC */
/*
 * Takes the place of malloc(3) in a test program, the libraries' calls
 * included: the n-th allocation fails (fault.h). AddressSanitizer has no second
 * door to malloc(): there only the libraries run out of it, by their own hooks.
 * For one test file only, which calls nomem_hook_libraries() before anything
 * else.
 */
#ifndef RG_TEST_NOMEM_H
#define RG_TEST_NOMEM_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <sqlite3.h>

#include "tests/unit/fault.h"

#define NOMEM_MAX 20000 /* more allocations than anything here makes */

#ifndef RG_SANITIZED
/* glibc's own names. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static bool
nomem_now(void)
{
	if (!fault_now())
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return nomem_now() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return nomem_now() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return nomem_now() ? NULL : __libc_realloc(p, n);
}

static inline void
nomem_hook_libraries(void)
{
}
#else
static void *
bad_malloc(size_t n)
{
	return fault_now() ? NULL : malloc(n);
}

static void *
bad_calloc(size_t n, size_t size)
{
	return fault_now() ? NULL : calloc(n, size);
}

static void *
bad_realloc(void *p, size_t n)
{
	return fault_now() ? NULL : realloc(p, n);
}

static char *
bad_strdup(const char *s)
{
	return fault_now() ? NULL : strdup(s);
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
	return fault_now() ? NULL : sqlite_memory.xMalloc(n);
}

static void *
sqlite_realloc(void *p, int n)
{
	return fault_now() ? NULL : sqlite_memory.xRealloc(p, n);
}

static inline void
nomem_hook_libraries(void)
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

#endif
