/* SPDX-License-Identifier: ISC */
/*
 * Something that a test makes fail in turn: whatever can fail asks fault_now().
 * Outside of a window nothing fails. For one test file only.
 */
#ifndef RG_TESTS_FAULT_H
#define RG_TESTS_FAULT_H

#include <stdbool.h>

static long fault_countdown = -1; /* a window is open while it is >= 0 */
static bool fault_once;		  /* one fails, the later ones don't */
static long fault_count;	  /* that failed in this window */

/* From now on the n-th fails; counted from 0. */
static inline void
fault_begin(long n)
{
	fault_count = 0;
	fault_countdown = n;
}

/* True when none has failed: n was beyond the last. */
static inline bool
fault_end(void)
{
	fault_countdown = -1;
	return fault_count == 0;
}

static inline bool
fault_now(void)
{
	if (fault_countdown < 0)
		return false;
	if (fault_countdown > 0) {
		fault_countdown--;
		return false;
	}
	if (fault_once)
		fault_countdown = -1;
	fault_count++;
	return true;
}

#endif
