/* SPDX-License-Identifier: ISC */
/*
 * FastCGI on one accepted connection: the only file that knows libfcgi. Not
 * for several threads; one connection at a time and process.
 */
#ifndef RG_CGI_FCGI_H
#define RG_CGI_FCGI_H

#include <stdbool.h>

#include "base/buf.h"
#include "cgi/server.h"

/* Once per process. */
void fcgi_init(void);

/*
 * Serves requests on connection `fd` until it ends, its read timeout passes,
 * or `stop` says so between requests; closes `fd`. `wait` (may be NULL) is
 * asked, between two requests of a kept connection, to wait for more input:
 * false means "close it".
 */
void fcgi_serve(int fd, const struct server_app *, void *state,
    int read_timeout_ms, bool (*wait)(void *ctx, int fd), void *wait_ctx);

#endif
