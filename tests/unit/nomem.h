/* SPDX-License-Identifier: ISC */
/*
 * Takes the place of malloc(3) in a test program, OpenSSL's and jansson's calls
 * included: the n-th allocation fails. For one test file only.
 */
#ifndef RG_TEST_NOMEM_H
#define RG_TEST_NOMEM_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#define NOMEM_MAX 20000 /* more allocations than anything here makes */

/* The window is open while it is >= 0; the allocation at 0 and later fail. */
static long nomem_countdown = -1;
static bool nomem_once; /* only one fails, the later ones succeed again */
static long nomem_failures;

#ifndef RG_SANITIZED
/* glibc's own names; AddressSanitizer has no such second door. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static bool
nomem_must_fail(void)
{
	if (nomem_countdown < 0)
		return false;
	if (nomem_countdown > 0) {
		nomem_countdown--;
		return false;
	}
	if (nomem_once)
		nomem_countdown = -1;
	nomem_failures++;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return nomem_must_fail() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return nomem_must_fail() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return nomem_must_fail() ? NULL : __libc_realloc(p, n);
}
#endif

/* From now on the n-th allocation fails. */
static inline void
nomem_begin(long n)
{
	nomem_failures = 0;
	nomem_countdown = n;
}

/* True when none has failed: n was beyond the last. */
static inline bool
nomem_end(void)
{
	nomem_countdown = -1;
	return nomem_failures == 0;
}

#endif
