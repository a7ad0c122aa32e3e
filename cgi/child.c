/* SPDX-License-Identifier: ISC */
#include "cgi/child.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cgi/deadline.h"
#include "cgi/fcgi.h"
#include "cgi/slow.h"

/*
 * After TERM: mod_fcgid kills after 8 s, lighttpd and systemd's default never
 * or late. Ours is a little under that.
 */
#define LAST_REQUEST_S 7
#define STOP_GRACE_MS 100 /* for a request that is just arriving */

/*
 * A kept connection between two requests yields to a new one, so that it can't
 * pin the process. First a free process gets its chance to take the new one,
 * and the kept one to bring its next request; but it holds the process no
 * longer than a slice when others wait.
 */
#define YIELD_GRACE_MS 5
#define SLICE_MS 200

#define REFUSED_LOG_MS 10000 /* at most one line in this time */

static volatile sig_atomic_t stopping;
static volatile sig_atomic_t reloading;
static volatile sig_atomic_t shared_listeners[LISTENERS];
static int wake = -1; /* eventfd: readable after a signal */
static timer_t last_timer;

struct child {
	struct listener *listeners; /* LISTENERS of them */
	const struct server_options *options;
	const struct server_app *app;
	void *state;
	int epoll;
	int next; /* connection taken while another was idle; or -1 */
	bool next_authorizer; /* the listener it came from serves only those */
	bool authorizer;      /* likewise of the current connection */
	int turn;
	int64_t since; /* when the current connection was taken */
	int64_t refused_at;
	unsigned refused;
};

static void
on_stop(int sig)
{
	const struct itimerspec limit = {{0, 0}, {LAST_REQUEST_S, 0}};
	const uint64_t one = 1;
	int i, saved = errno;

	(void)sig;
	if (!stopping) {
		stopping = 1;
		/*
		 * At once, not after the request in hand: a successor must
		 * find that nobody listens any more.
		 */
		for (i = 0; i < LISTENERS; i++)
			if (shared_listeners[i] >= 0)
				(void)close(shared_listeners[i]);
		(void)timer_settime(last_timer, 0, &limit, NULL);
		if (write(wake, &one, sizeof(one)) < 0)
			saved = errno;
	}
	errno = saved;
}

static void
on_reload(int sig)
{
	const uint64_t one = 1;
	int saved = errno;

	(void)sig;
	reloading = 1;
	if (write(wake, &one, sizeof(one)) < 0)
		errno = saved;
	errno = saved;
}

static void
on_last(int sig)
{
	(void)sig;
	_exit(CHILD_CUT);
}

static void
handle(int sig, void (*fn)(int))
{
	/* Without SA_RESTART libfcgi would give up the request in hand. */
	struct sigaction sa = {.sa_handler = fn, .sa_flags = SA_RESTART};

	(void)sigemptyset(&sa.sa_mask);
	if (sigaction(sig, &sa, NULL) != 0)
		abort();
}

static bool
watch_listeners(const struct child *c)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLEXCLUSIVE};
	int i;

	for (i = 0; i < LISTENERS; i++) {
		shared_listeners[i] = c->listeners[i].fd;
		if (c->listeners[i].fd >= 0 &&
		    epoll_ctl(
			c->epoll, EPOLL_CTL_ADD, c->listeners[i].fd, &ev) != 0)
			return false;
	}
	return true;
}

static bool
set_up(struct child *c, int nudge)
{
	struct sigevent ev = {
	    .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct epoll_event woken = {.events = EPOLLIN};
	struct epoll_event nudged = {.events = EPOLLIN | EPOLLET};
	sigset_t none;

	stopping = reloading = 0;
	wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (wake < 0 || c->epoll < 0 ||
	    epoll_ctl(c->epoll, EPOLL_CTL_ADD, wake, &woken) != 0 ||
	    !watch_listeners(c) ||
	    (nudge >= 0 &&
		epoll_ctl(c->epoll, EPOLL_CTL_ADD, nudge, &nudged) != 0) ||
	    timer_create(CLOCK_MONOTONIC, &ev, &last_timer) != 0)
		return false;
	handle(SIGRTMIN, on_last);
	handle(SIGTERM, on_stop);
	handle(SIGINT, on_stop);
	handle(SIGUSR1, on_stop);
	handle(SIGHUP, nudge < 0 ? on_reload : SIG_IGN);
	handle(SIGUSR2, SIG_IGN); /* is for a parent */
	handle(SIGPIPE, SIG_IGN);
	deadline_init();
	slow_watch(c->listeners[0].fd, c->listeners[1].fd);
	if (!fcgi_init())
		return false;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	return true;
}

static void
note_refused(struct child *c, uid_t uid)
{
	int64_t now = clock_mono_ms();

	c->refused++;
	if (c->refused_at != 0 && now - c->refused_at < REFUSED_LOG_MS)
		return;
	log_warn(
	    "server.peer_refused", "uid=%ld count=%u", (long)uid, c->refused);
	c->refused_at = now;
	c->refused = 0;
}

/* A connection of somebody who may speak to us, or -1. */
static int
take_from(struct child *c, const struct listener *l)
{
	int fd, on = 1;
	uid_t uid;

	if (stopping || l->fd < 0)
		return -1;
	fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			log_error("server.accept", "errno=%d", errno);
			(void)poll(NULL, 0, 100); /* do not spin */
		}
		return -1;
	}
	if (!listen_may_speak(l, fd, &uid)) {
		note_refused(c, uid);
		(void)close(fd);
		return -1;
	}
	if (!l->is_unix)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* A connection from any listener; each is first in turn. */
static int
take(struct child *c, bool *authorizer)
{
	const struct listener *l;
	int i, fd = -1;

	for (i = 0; i < LISTENERS && fd < 0; i++) {
		l = &c->listeners[(c->turn + i) % LISTENERS];
		fd = take_from(c, l);
		*authorizer = l->authorizer_only;
	}
	c->turn = (c->turn + 1) % LISTENERS;
	return fd;
}

/* poll(2) that starts again after a signal; `ms` in all. */
static int
poll_until(struct pollfd *p, nfds_t count, int64_t until)
{
	int64_t left;
	int n;

	do {
		left = until - clock_mono_ms();
		n = poll(p, count, left < 0 ? 0 : (int)left);
	} while (n < 0 && errno == EINTR);
	return n;
}

static bool
has_input(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll_until(&p, 1, clock_mono_ms() + ms) == 1;
}

/* The first request of a connection; its time to arrive has begun. */
static int
wait_first(struct child *c, int fd)
{
	struct pollfd p[2] = {
	    {.fd = fd, .events = POLLIN}, {.fd = wake, .events = POLLIN}};
	int64_t until = clock_mono_ms() + c->options->read_timeout_ms;
	int64_t left;

	if (poll_until(p, 2, until) <= 0)
		return 0;
	if (p[0].revents == 0 && !has_input(fd, STOP_GRACE_MS))
		return 0;
	left = until - clock_mono_ms();
	return left < 1 ? 1 : (int)left;
}

/* Whether the idle connection is to be given up for one in c->next. */
static bool
yields(struct child *c, int fd)
{
	if (clock_mono_ms() - c->since < SLICE_MS &&
	    has_input(fd, YIELD_GRACE_MS))
		return false;
	c->next = take(c, &c->next_authorizer);
	return c->next >= 0;
}

static int
wait_between(struct child *c, int fd)
{
	/* poll(2) passes over a listener that is -1 */
	struct pollfd p[4] = {{.fd = fd, .events = POLLIN},
	    {.fd = wake, .events = POLLIN},
	    {.fd = c->listeners[0].fd, .events = POLLIN},
	    {.fd = c->listeners[1].fd, .events = POLLIN}};
	int64_t until = clock_mono_ms() + c->options->idle_timeout_ms;

	while (!stopping && !reloading) {
		if (poll_until(p, 4, until) <= 0)
			return 0;
		if (p[0].revents != 0)
			return c->options->read_timeout_ms;
		if (p[1].revents == 0 && yields(c, fd))
			return 0;
	}
	return 0;
}

static int
wait_request(void *ctx, int fd, bool first)
{
	return first ? wait_first(ctx, fd) : wait_between(ctx, fd);
}

/* False: the application can't work any more. */
static bool
reload(struct child *c)
{
	struct err e = {RG_OK, ""};
	uint64_t count;

	reloading = 0;
	if (read(wake, &count, sizeof(count)) < 0)
		return true; /* no signal after all */
	if (stopping || c->app->reload == NULL)
		return true;
	/* What is open may point into what is replaced. */
	c->app->close(c->state);
	if (c->app->reload(c->app->ctx, &e) != RG_OK)
		log_error("server.reload_refused", "error=%s detail=%s",
		    err_name(e.code), log_quote(e.detail));
	else if (listen_peer(c->options, &c->listeners[0], &e) != RG_OK)
		log_error(
		    "server.reload_refused", "detail=%s", log_quote(e.detail));
	else
		log_info("server.reloaded", "pid=%ld", (long)getpid());
	c->state = c->app->open(c->app->ctx);
	return c->state != NULL;
}

/* How long to wait for a connection: until the chores want their turn. */
static int
rest(struct child *c)
{
	return c->app->idle == NULL ? -1 : c->app->idle(c->state);
}

/* The next connection; -1 when it is time to end. */
static int
next_connection(struct child *c)
{
	struct epoll_event ev[LISTENERS + 2];
	int fd = c->next;

	c->next = -1;
	c->authorizer = c->next_authorizer;
	while (fd < 0 && !stopping) {
		if (reloading && !reload(c))
			break;
		/* A busy server has the next one waiting already. */
		if ((fd = take(c, &c->authorizer)) < 0)
			(void)epoll_wait(c->epoll, ev, LISTENERS + 2, rest(c));
	}
	if (fd >= 0)
		c->since = clock_mono_ms();
	return fd;
}

int
child_run(struct listener *l, const struct server_options *o,
    const struct server_app *app, int nudge)
{
	struct child c = {.listeners = l, .options = o, .app = app, .next = -1};
	int fd, i, status = CHILD_ENDED;

	if (!set_up(&c, nudge)) {
		log_error("worker.setup", "errno=%d", errno);
		return CHILD_NOT_OPENED;
	}
	if ((c.state = app->open(app->ctx)) == NULL)
		return CHILD_NOT_OPENED;
	while ((fd = next_connection(&c)) >= 0)
		fcgi_serve(fd, c.authorizer, app, c.state, wait_request, &c,
		    o->read_timeout_ms);
	if (c.state == NULL)
		status = CHILD_NOT_OPENED;
	else
		app->close(c.state);
	for (i = 0; stopping && i < LISTENERS; i++)
		l[i].fd = -1; /* closed by on_stop() */
	(void)timer_delete(last_timer);
	(void)close(c.epoll);
	return status;
}
