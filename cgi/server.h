/* SPDX-License-Identifier: ISC */
/*
 * How requests come in: prefork under our own or an inherited listening
 * socket, spawned by a web server on fd 0, or plain CGI. Knows processes and
 * sockets, not what the requests mean.
 */
#ifndef RG_CGI_SERVER_H
#define RG_CGI_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "cgi/request.h"

struct server_options {
	const char *listen; /* "unix:/path", "127.0.0.1:9000", "[::1]:9000" */
	/* likewise, for requests in the authorizer role only; or NULL */
	const char *listen_authorizer;
	bool listen_first;	  /* `listen` wins over how we were started */
	mode_t socket_mode;	  /* of a unix socket, e.g. 0660 */
	const char *socket_owner; /* user name or NULL: leave */
	const char *socket_group; /* group name or NULL: leave */
	const char
	    *peer_user; /* besides root and us who may connect; or NULL */
	int workers;
	int read_timeout_ms; /* for a whole request to arrive */
	int idle_timeout_ms; /* for a kept connection to bring another */
	bool keeper;	     /* a process for app->keep, besides the workers */
	/* What to become on USR2, and with which arguments; NULL: nothing. */
	const char *program;
	char *const *argv;
};

/*
 * What to serve. `open` runs in each worker after fork (databases, handles)
 * and returns its state; NULL means the worker can't work and ends with an
 * error. `serve` answers one request by appending a whole CGI response; when
 * it appends nothing, a 500 is sent. `params` and the body are valid during
 * the call. `reload` (may be NULL) runs in the parent on HUP: RG_OK makes it
 * replace the workers, an error keeps everything as it is. Without a parent it
 * runs in the one process, between `close` and another `open`. `idle` (may be
 * NULL) runs while no request is in hand: after an answer was sent, and again
 * after as many milliseconds as it returned, if nothing came; -1 is never.
 * `keep` (may be NULL) runs again and again in a process that serves nothing,
 * if options->keeper says so and there is a parent; what it returns is for how
 * many milliseconds to rest.
 */
struct server_app {
	void *(*open)(void *ctx);
	void (*serve)(void *state, char *const *params, enum fcgi_role,
	    request_read_fn *, void *read_ctx, struct buf *out);
	int (*idle)(void *state);
	int (*keep)(void *state);
	void (*close)(void *state);
	enum rg_err (*reload)(void *ctx, struct err *e);
	void *ctx;
};

/*
 * Serves until TERM or INT; the exit status of the program. In this order:
 *  - the sockets of the program that this process was until it got USR2;
 *  - a socket passed by systemd (LISTEN_FDS);
 *  - `listen`, with listen_first;
 *  - fd 0 is a listening socket: a web server or spawn-fcgi started us, and
 *    this very process serves, without children;
 *  - GATEWAY_INTERFACE and REQUEST_METHOD are set: one request of plain CGI;
 *  - `listen`.
 * `listen_authorizer` is served besides, unless a web server started us.
 * TERM and INT let the request in hand finish, for up to 7 s. HUP calls
 * `reload`; `options` may have changed then (workers, timeouts, peer_user),
 * but the sockets stay what they were. USR2 makes a parent become
 * options->program as it is on disk now, if that finds nothing wrong (--check):
 * its workers take over the sockets before those of before end. A worker of
 * ours never outlives its parent by more than its last request.
 */
int server_run(const struct server_options *, const struct server_app *);

#endif
