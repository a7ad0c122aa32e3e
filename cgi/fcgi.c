/* SPDX-License-Identifier: ISC */
#include "cgi/fcgi.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "cgi/deadline.h"
#include "cgi/fcgi_guard.h"

/* FCGI_BeginRequestBody.role, FastCGI specification section 5.1 */
#define FCGI_RESPONDER 1
#define FCGI_AUTHORIZER 2

#define KEEP_BODY (REQUEST_MAX_JSON + 1) /* one more shows "too large" */
#define DRAIN_MAX (2048L * 1024)
#define LINGER_MS 200

/*
 * An empty answer is "allowed" to lighttpd when it asks an authorizer, and so
 * is one without Status: something is always said.
 */
static const char failed[] = "Status: 500 Internal Server Error\r\n"
			     "Cache-Control: no-store\r\n"
			     "Content-Type: text/plain\r\n\r\n"
			     "Internal error.\n";

static const char not_served[] = "Status: 403 Forbidden\r\n"
				 "Cache-Control: no-store\r\n"
				 "Content-Type: text/plain\r\n\r\n"
				 "Only authorizers are served here.\n";

/* What does not change from one request to the next. */
struct service {
	const struct server_app *app;
	void *state;
	bool authorizer_only;
};

struct body {
	struct buf bytes;
	size_t at;
};

/*
 * Whether libfcgi reads through the guard. A library that was built or linked
 * in another way would read past it, and nothing else would show.
 */
static bool
is_guarded(void)
{
	FCGX_Request r;
	int pair[2];
	bool asked;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	(void)close(pair[1]);
	if (FCGX_InitRequest(&r, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		(void)close(pair[0]);
		return false;
	}
	r.ipcFd = pair[0];
	r.detached = 1;
	r.keepConnection = 1; /* or it is closed unread */
	fcgi_guard_begin(pair[0]);
	/* Fails at the end of the connection, and closes it. */
	(void)FCGX_Accept_r(&r);
	asked = fcgi_guard_was_asked();
	fcgi_guard_end();
	FCGX_Free(&r, 1);
	return asked;
}

bool
fcgi_init(void)
{
	if (FCGX_Init() != 0)
		abort();
	if (is_guarded())
		return true;
	log_error("fcgi.unguarded", "this libfcgi can't be guarded");
	return false;
}

static long
read_body(void *ctx, char *out, size_t size)
{
	struct body *b = ctx;
	size_t n = b->bytes.len - b->at;

	if (n > size)
		n = size;
	if (n > LONG_MAX)
		return -1;
	if (n > 0)
		memcpy(out, b->bytes.p + b->at, n);
	b->at += n;
	return (long)n;
}

/*
 * Reads stdin to its end, so that the next request on the connection begins
 * with its own bytes; keeps as much as a request may have. False when the rest
 * is too long to be read, and the connection has to be given up.
 */
static bool
drain(FCGX_Stream *in, struct buf *keep)
{
	char chunk[4096];
	long total = 0;
	size_t room;
	int n;

	while (total < DRAIN_MAX &&
	       (n = FCGX_GetStr(chunk, (int)sizeof(chunk), in)) > 0) {
		room = KEEP_BODY - keep->len;
		buf_put(keep, chunk, room < (size_t)n ? room : (size_t)n);
		total += n;
	}
	explicit_bzero(chunk, sizeof(chunk));
	return total < DRAIN_MAX;
}

static void
answer(FCGX_Request *r, const struct service *v, struct body *body,
    struct buf *out)
{
	if (r->role != FCGI_RESPONDER && r->role != FCGI_AUTHORIZER)
		return;
	if (v->authorizer_only && r->role != FCGI_AUTHORIZER) {
		buf_puts(out, not_served);
		return;
	}
	if (!buf_ok(&body->bytes))
		return;
	v->app->serve(v->state, r->envp,
	    r->role == FCGI_AUTHORIZER ? ROLE_AUTHORIZER : ROLE_RESPONDER,
	    read_body, body, out);
}

static bool
put(FCGX_Stream *s, const char *p, size_t len)
{
	return len <= INT_MAX && FCGX_PutStr(p, (int)len, s) == (int)len;
}

/* Sends the answer and the end of the request; false if the peer is gone. */
static bool
finish(FCGX_Request *r, const struct buf *out)
{
	bool ok;

	if (buf_ok(out) && out->len > 0)
		ok = put(r->out, buf_str(out), out->len);
	else
		ok = put(r->out, failed, sizeof(failed) - 1);
	/* In this order, or libfcgi writes twice. */
	ok = FCGX_FClose(r->err) == 0 && ok;
	ok = FCGX_FClose(r->out) == 0 && ok;
	return ok;
}

static void
note_refusal(void)
{
	const char *why = fcgi_guard_refusal();

	if (why != NULL)
		log_warn("fcgi.refused", "reason=\"%s\"", why);
}

static void
end_arrival(void)
{
	if (deadline_stop())
		log_info("fcgi.slow", "gave way: others wait");
}

/* Whether closing would reset what the peer has not read yet. */
static bool
must_linger(int fd)
{
	char c;

	return !fcgi_guard_is_over() ||
	       recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/*
 * Serves one request that has begun to arrive. False: close the connection,
 * after lingering if it says so.
 */
static bool
serve_one(FCGX_Request *r, const struct service *v, int read_ms, int limit_ms,
    bool *lingers)
{
	struct body body = {BUF_INIT, 0};
	struct buf out = BUF_INIT;
	bool keep = false;

	*lingers = true;
	deadline_start_arrival(r->ipcFd, read_ms);
	if (FCGX_Accept_r(r) != 0) {
		end_arrival();
		note_refusal();
		goto out;
	}
	/* libfcgi takes a connection that breaks between two variables for
	 * the end of the variables. */
	if (FCGX_GetError(r->in) == 0) {
		keep = r->keepConnection != 0 && r->role == FCGI_RESPONDER;
		/* Servers send an authorizer no end of stdin. */
		if (r->role == FCGI_RESPONDER && !drain(r->in, &body.bytes))
			keep = false;
	}
	end_arrival();
	if (fcgi_guard_has_more())
		keep = false;
	if (FCGX_GetError(r->in) != 0) {
		note_refusal();
		log_info("fcgi.incomplete", "role=%d", r->role);
		keep = false;
		goto out;
	}
	answer(r, v, &body, &out);
	deadline_start(r->ipcFd, limit_ms);
	keep = finish(r, &out) && keep;
	(void)deadline_stop();
	*lingers = !keep && must_linger(r->ipcFd);
	if (v->app->idle != NULL)
		(void)v->app->idle(v->state);
out:
	fcgi_guard_end();
	buf_clear(&body.bytes);
	buf_clear(&out);
	return keep;
}

/*
 * Lets the peer read what was sent before the connection goes: closing with
 * unread bytes resets it. libfcgi would wait anew for each byte.
 */
static void
linger(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t until = clock_mono_ms() + LINGER_MS, left;
	char trash[4096];
	int n;

	if (shutdown(fd, SHUT_WR) != 0)
		return;
	while ((left = until - clock_mono_ms()) > 0) {
		n = poll(&p, 1, (int)left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n != 1 || recv(fd, trash, sizeof(trash), MSG_DONTWAIT) <= 0)
			return;
	}
}

void
fcgi_serve(int fd, bool authorizer_only, const struct server_app *app,
    void *state, fcgi_wait_fn *wait, void *wait_ctx, int limit_ms)
{
	const struct service service = {app, state, authorizer_only};
	FCGX_Request r;
	bool first = true, lingers = true;
	int read_ms;

	/* libfcgi is handed the connection, and never accepts one itself. */
	if (FCGX_InitRequest(&r, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		(void)close(fd);
		return;
	}
	r.ipcFd = fd;
	for (;;) {
		fcgi_guard_begin(fd);
		/* A web server sends right after it has connected. */
		if (first && fcgi_guard_prefetch())
			read_ms = limit_ms;
		else if ((read_ms = wait(wait_ctx, fd, first)) <= 0)
			break;
		first = false;
		/* What libfcgi closes, it closes without lingering. */
		r.detached = 1;
		r.keepConnection = 1;
		if (!serve_one(&r, &service, read_ms, limit_ms, &lingers))
			break;
		FCGX_Free(&r, 0);
	}
	FCGX_Free(&r, 0);
	fcgi_guard_end();
	if (r.ipcFd >= 0) {
		if (lingers)
			linger(fd);
		(void)close(fd);
	}
}
