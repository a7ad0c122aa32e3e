/* SPDX-License-Identifier: ISC */
/*
 * How often somebody may do something, counted for all processes together,
 * whoever started them, in a file that they share in memory. No lock, no system
 * call, and bounded: of more people at once than there is room for, those are
 * forgotten who are nearest to being allowed everything again.
 *
 * Each has a burst of `per_minute`, and gets one more every 60/per_minute
 * seconds (the generic cell rate algorithm).
 */
#ifndef RG_BASE_LIMITER_H
#define RG_BASE_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct limiter;

/*
 * `path` is made, 0600, when it is missing; `kinds` things are counted apart.
 * RG_E_FILE, RG_E_NOMEM.
 */
enum rg_err limiter_open(
    const char *path, unsigned kinds, struct limiter **out, struct err *e);
void limiter_free(struct limiter **);

/*
 * Whether `who` (a hash: 64 bits that a stranger can't choose) may do it once
 * more at `now_ms` (clock_mono_ms()); that it does, is noted. limiter_peek()
 * only asks.
 */
bool limiter_take(struct limiter *, unsigned kind, uint64_t who,
    unsigned per_minute, int64_t now_ms);
bool limiter_peek(struct limiter *, unsigned kind, uint64_t who,
    unsigned per_minute, int64_t now_ms);

#endif
