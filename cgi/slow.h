/* SPDX-License-Identifier: ISC */
/*
 * Some web servers hand a request on while its client still sends it: whoever
 * sends a byte now and then holds a process for as long as a request may take
 * to arrive. So only half of the processes may wait for such clients; in the
 * others, one that has had its time gives way as soon as somebody else waits.
 * The places are shared by all processes, and any function but the first two
 * may be called by a signal handler.
 */
#ifndef RG_CGI_SLOW_H
#define RG_CGI_SLOW_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * In the parent, before it starts processes, and again when their number has
 * changed. False when out of memory. Without it, whoever is slow may stay.
 */
bool slow_open(int workers);

/* The sockets where somebody may wait; -1 for none. */
void slow_watch(int first, int second);

/* Whether this process may go on waiting: on a place, or since nobody waits. */
bool slow_may_wait(void);

/* Whether it has a place, and need not ask again. */
bool slow_has_place(void);
void slow_give(void);

/* In the parent: this process has ended, however it did. */
void slow_bury(pid_t);

#endif
