/* SPDX-License-Identifier: ISC */
/*
 * Removing what is over, a little at a time: a million sessions may end at
 * once, and nobody must wait for that.
 */
#ifndef RG_STORE_SWEEP_H
#define RG_STORE_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

struct store_sweep {
	int64_t now;		 /* sessions and sign-ins that ended by then */
	int64_t counters_before; /* minutes of counters before this time */
	int ms;			 /* begin nothing more after so long */
};

/*
 * One step: expired sessions, spent sign-ins, old minutes of counters and
 * archived audit rows, in slices of a few rows, with a transaction of its own
 * for each. A slice has half as many rows after one that took long, and twice
 * as many after a short one, so that the lock is held for a few milliseconds on
 * any disk. Waits neither for a lock (of several processes one sweeps) nor for
 * the disk. *more: something is left, or another process had the lock.
 */
enum rg_err
store_sweep_step(struct store *, const struct store_sweep *, bool *more);

#endif
