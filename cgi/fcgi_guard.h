/* SPDX-License-Identifier: ISC */
/*
 * What libfcgi gets to see of a connection. It reads through a function of its
 * own that a program may replace; fcgi_guard.c does, and passes on only what a
 * web server has to send for one request: BEGIN, PARAMS and STDIN records of
 * one request id, in this order, without padding, and nothing after their end.
 * Everything else ends the connection, because libfcgi 2.4.2
 *  - answers FCGI_GET_VALUES into 64 bytes of stack without counting, whenever
 *    such a record comes;
 *  - takes the padding of an empty PARAMS record for records;
 *  - adds the lengths of a name and a value as int, and allocates what they
 *    announce before it comes.
 * One request at a time and process.
 */
#ifndef RG_CGI_FCGI_GUARD_H
#define RG_CGI_FCGI_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#define FCGI_GUARD_MAX_PARAMS (256UL * 1024) /* bytes of one request */

/* From here, libfcgi may read one request from `fd`, and from no other. */
void fcgi_guard_begin(int fd);

/*
 * Takes what has come already, without waiting; false when that is nothing, and
 * when nothing will come any more.
 */
bool fcgi_guard_prefetch(void);

/* libfcgi may read nothing; forgets what was read. */
void fcgi_guard_end(void);

/* Why the request was refused, in words for the log; NULL when it was not. */
const char *fcgi_guard_refusal(void);

/*
 * Whether the peer sent more than the one request: the next one would begin
 * somewhere in it.
 */
bool fcgi_guard_has_more(void);

/*
 * Whether nothing of the peer is left to come: a request to a responder was
 * read to its end. The others' stdin is not read, and servers may send it.
 */
bool fcgi_guard_is_over(void);

/* Whether libfcgi has tried to read since fcgi_guard_begin(). */
bool fcgi_guard_was_asked(void);

/*
 * As read(2), for libfcgi, which declares it in fcgios.h; -1 with EPROTO for
 * what is refused. The linker lets this one come before that of the library.
 */
int OS_Read(int fd, char *buf, size_t len);

#endif
