/* SPDX-License-Identifier: ISC */
/*
 * FastCGI on one accepted connection: the only file that knows libfcgi. Not
 * for several threads; one connection at a time and process.
 */
#ifndef RG_CGI_FCGI_H
#define RG_CGI_FCGI_H

#include <stdbool.h>

#include "cgi/server.h"

/*
 * Once per process, after the handlers of TERM and USR1 are installed: libfcgi
 * puts its own where it finds none, and they would not end the process. False,
 * with the reason in the log, when what libfcgi reads can't be guarded
 * (fcgi_guard.h): then nothing may be served.
 */
bool fcgi_init(void);

/*
 * Asked before each request that is not there yet, the first one included
 * (`first`), to wait until it begins to arrive. Says how many milliseconds are
 * left for the whole of it to arrive; 0 closes the connection.
 */
typedef int fcgi_wait_fn(void *ctx, int fd, bool first);

/*
 * Serves requests on connection `fd` until it ends, breaks, a request takes
 * too long to arrive or `wait` says 0; closes `fd`. A request that did not
 * arrive whole is not served: a lost variable could be the one that restricts.
 * The peer gets `limit_ms` to take each answer, and to send the rest of a first
 * request that had begun to arrive; `wait` is not asked about that one. With
 * `authorizer_only` other roles are answered with 403, and the application does
 * not see them.
 */
void fcgi_serve(int fd, bool authorizer_only, const struct server_app *,
    void *state, fcgi_wait_fn *wait, void *wait_ctx, int limit_ms);

#endif
