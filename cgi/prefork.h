/* SPDX-License-Identifier: ISC */
/* The parent of the processes that answer requests. */
#ifndef RG_CGI_PREFORK_H
#define RG_CGI_PREFORK_H

#include <signal.h>

#include "cgi/handover.h"
#include "cgi/listen.h"
#include "cgi/server.h"

/*
 * Keeps options->workers children at work on the LISTENERS listeners, of which
 * some may be closed (fd -1), until TERM or INT:
 * replaces those that die, all of them after HUP. Returns the exit status; in
 * a child it does not return. A killed parent takes its children with it.
 * The workers of `before`, which this process started when it was another
 * program, end when there are others; USR2 makes it yet another one.
 */
int prefork_run(struct listener *, const struct server_options *,
    const struct server_app *, const struct handover *before);

/*
 * Holds back the signals that the parent waits for, until it does: before the
 * socket exists, so that whoever sees it may send them.
 */
void prefork_block_signals(sigset_t *set);

#endif
