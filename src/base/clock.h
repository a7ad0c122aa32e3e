/* SPDX-License-Identifier: ISC */
/* The only place that reads a clock; everything pure takes time as a value. */
#ifndef RG_BASE_CLOCK_H
#define RG_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Seconds since 1970-01-01 UTC (CLOCK_REALTIME). */
int64_t clock_now(void);

/* Milliseconds that never go back (CLOCK_MONOTONIC), for timeouts only. */
int64_t clock_mono_ms(void);

/* Writes "2026-01-31T12:00:00Z" (20 characters and the NUL). */
void clock_format(int64_t t, char out[static 32]);

/* Adds without overflow: the result sticks at INT64_MAX or INT64_MIN. */
int64_t clock_add(int64_t a, int64_t b);

#endif
