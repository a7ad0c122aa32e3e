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
	mode_t socket_mode; /* of a unix socket, e.g. 0660 */
	const char *socket_owner; /* user name or NULL: leave */
	const char *socket_group; /* group name or NULL: leave */
	const char *peer_user;	  /* only this uid, root and ours may connect */
	int workers;
	int read_timeout_ms; /* for a whole request to arrive */
	int idle_timeout_ms; /* for a kept connection to bring another */
};

/*
 * What to serve. `open` runs in each worker after fork (databases, handles)
 * and returns its state; NULL means the worker can't work and ends with an
 * error. `serve` answers one request by appending a whole CGI response.
 * `reload` runs in the parent on HUP: RG_OK makes it replace the workers, an
 * error keeps everything as it is.
 */
struct server_app {
	void *(*open)(void *ctx);
	void (*serve)(void *state, char *const *params, enum fcgi_role,
	    request_read_fn *, void *read_ctx, struct buf *out);
	void (*idle)(void *state); /* after an answer was sent; or NULL */
	void (*close)(void *state);
	enum rg_err (*reload)(void *ctx, struct err *e);
	void *ctx;
};

/* Serves until TERM or INT; the exit status of the program. */
int server_run(const struct server_options *, const struct server_app *);

#endif
