/* SPDX-License-Identifier: ISC */
/*
 * A limit on how long a peer may keep a blocking descriptor busy in all. The
 * socket timeouts of the kernel count per read, so that a byte now and then
 * would hold a process for ever. Uses ITIMER_REAL and SIGALRM: one at a time
 * and process. The signal may come at any time from the first start on, also
 * when nothing is guarded: poll(2) and its like then say EINTR.
 */
#ifndef RG_CGI_DEADLINE_H
#define RG_CGI_DEADLINE_H

#include <stdbool.h>

/* Installs the handler; once per process. */
void deadline_init(void);

/* When `ms` have passed, `fd` is shut down: reads end, writes fail. */
void deadline_start(int fd, int ms);

/*
 * The same for a request that arrives: after DEADLINE_PATIENCE_MS it may end
 * sooner, for the sake of others (slow.h).
 */
#define DEADLINE_PATIENCE_MS 500
void deadline_start_arrival(int fd, int ms);

/*
 * Must come before `fd` is closed by anybody but a failing read. True when it
 * was shut down for the sake of others.
 */
bool deadline_stop(void);

#endif
