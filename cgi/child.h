/* SPDX-License-Identifier: ISC */
/* The life of a process that answers requests, one after the other. */
#ifndef RG_CGI_CHILD_H
#define RG_CGI_CHILD_H

#include "cgi/listen.h"
#include "cgi/server.h"

/* Exit statuses of such a process. */
#define CHILD_ENDED 0
#define CHILD_NOT_OPENED 3 /* app->open failed */
#define CHILD_CUT 4	   /* the last request took too long to finish */

/*
 * Serves the LISTENERS listeners, of which some may be closed (fd -1), until
 * TERM, INT or USR1; a request in hand is finished first, but not for longer
 * than some seconds. `nudge` is an eventfd that the parent process writes to
 * when somebody should look whether a connection waits; -1 when there is no
 * parent process of ours, and HUP reloads in place then. Returns the exit
 * status.
 */
int child_run(struct listener *, const struct server_options *,
    const struct server_app *, int nudge);

/*
 * The life of the process that runs app->keep, until TERM, INT or USR1, which
 * must be blocked: what is in hand is finished first.
 */
int child_keep(const struct server_app *);

#endif
