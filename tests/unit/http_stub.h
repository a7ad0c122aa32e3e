/* SPDX-License-Identifier: ISC */
/*
 * A small HTTP server in a child process, for tests of what goes out. It
 * answers each path with the bytes that the test put there, counts, and keeps
 * the last request for a look. The answers live in shared memory, so they can
 * be changed while it runs. One process per connection; all of them end with
 * stub_stop (or with their parent).
 */
#ifndef RG_TESTS_HTTP_STUB_H
#define RG_TESTS_HTTP_STUB_H

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define STUB_ROUTES 8
#define STUB_RESPONSE_MAX ((size_t)96 * 1024)
#define STUB_REQUEST_MAX ((size_t)16 * 1024)

enum stub_mode {
	STUB_PLAIN,  /* send the response */
	STUB_DRIP,   /* a byte every 20 ms */
	STUB_HANG,   /* read the request and stay silent */
	STUB_CLOSE,  /* read the request and close */
	STUB_ENDLESS /* send the response, then "x" without end */
};

struct stub_route {
	char path[128];
	enum stub_mode mode;
	size_t len;
	atomic_int hits;
	char need[64]; /* requests without this get `other` instead; or "" */
	char other[256];
	int first_hits; /* so many are answered with `first` */
	char first[512];
	char last[STUB_REQUEST_MAX];
	char response[STUB_RESPONSE_MAX];
};

struct stub_shared {
	atomic_int accepts;
	atomic_int requests;
	struct stub_route routes[STUB_ROUTES];
};

struct stub {
	pid_t pid;
	unsigned port;
	struct stub_shared *s;
};

static inline void
stub_nap(long ms)
{
	struct timespec ts = {
	    .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&ts, NULL);
}

static inline bool
stub_send(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* One request, head and body, into `buf`; false when the peer has closed. */
static inline bool
stub_read(int fd, char *buf, size_t cap)
{
	size_t len = 0, want = 0;
	char *end, *cl;

	for (;;) {
		ssize_t n = recv(fd, buf + len, cap - 1 - len, 0);

		if (n <= 0)
			return false;
		len += (size_t)n;
		buf[len] = '\0';
		end = strstr(buf, "\r\n\r\n");
		if (end == NULL)
			continue;
		cl = strcasestr(buf, "\r\nContent-Length:");
		want = (size_t)(end + 4 - buf);
		if (cl != NULL && cl < end)
			want += strtoul(cl + 17, NULL, 10);
		if (len >= want)
			return true;
	}
}

static inline struct stub_route *
stub_find(struct stub_shared *s, const char *request)
{
	const char *path = strchr(request, ' ');
	size_t i, n;

	if (path == NULL)
		return NULL;
	n = strcspn(++path, " ?");
	for (i = 0; i < STUB_ROUTES; i++)
		if (strlen(s->routes[i].path) == n &&
		    strncmp(s->routes[i].path, path, n) == 0)
			return &s->routes[i];
	return NULL;
}

/* Answers one request; false to close the connection. */
static inline bool
stub_answer(int fd, struct stub_route *r)
{
	size_t i;

	if (atomic_load(&r->hits) <= r->first_hits)
		return stub_send(fd, r->first, strlen(r->first));
	switch (r->mode) {
	case STUB_HANG:
		stub_nap(60000);
		return false;
	case STUB_CLOSE:
		return false;
	case STUB_DRIP:
		for (i = 0; i < r->len; i++) {
			if (!stub_send(fd, r->response + i, 1))
				return false;
			stub_nap(20);
		}
		return true;
	case STUB_ENDLESS:
		if (!stub_send(fd, r->response, r->len))
			return false;
		while (stub_send(fd, "xxxxxxxxxxxxxxxx", 16))
			continue;
		return false;
	case STUB_PLAIN:
		break;
	}
	return stub_send(fd, r->response, r->len) &&
	       strstr(r->response, "Connection: close") == NULL;
}

static inline void
stub_serve(int fd, struct stub_shared *s)
{
	static const char none[] =
	    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
	static char request[STUB_REQUEST_MAX];
	struct stub_route *r;

	while (stub_read(fd, request, sizeof(request))) {
		atomic_fetch_add(&s->requests, 1);
		r = stub_find(s, request);
		if (r == NULL) {
			if (!stub_send(fd, none, sizeof(none) - 1))
				return;
			continue;
		}
		memcpy(r->last, request, sizeof(request));
		atomic_fetch_add(&r->hits, 1);
		if (strstr(request, r->need) == NULL) {
			if (!stub_send(fd, r->other, strlen(r->other)))
				return;
			continue;
		}
		if (!stub_answer(fd, r))
			return;
	}
}

static inline void
stub_child(int listener, struct stub_shared *s)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			_exit(1);
		atomic_fetch_add(&s->accepts, 1);
		if (fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(listener);
			stub_serve(fd, s);
			_exit(0);
		}
		close(fd);
	}
}

/* Listens on a free loopback port (or on `port`, when not 0). */
static inline bool
stub_start_on(struct stub *st, unsigned port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd, one = 1;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&a, len) != 0 || listen(fd, 16) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		return false;
	if (st->s == NULL)
		st->s = mmap(NULL, sizeof(*st->s), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (st->s == MAP_FAILED)
		return false;
	st->port = ntohs(a.sin_port);
	/* Connections that outlive the listener become ours to wait for. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	st->pid = fork();
	if (st->pid == 0)
		stub_child(fd, st->s);
	close(fd);
	return st->pid > 0;
}

static inline bool
stub_start(struct stub *st)
{
	memset(st, 0, sizeof(*st));
	return stub_start_on(st, 0);
}

/* Ends the server and its connections; its answers and counts stay. */
static inline void
stub_halt(struct stub *st)
{
	if (st->pid > 0) {
		(void)kill(st->pid, SIGKILL);
		(void)waitpid(st->pid, NULL, 0);
		stub_nap(20); /* until the connections have followed */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
	}
	st->pid = 0;
}

static inline void
stub_stop(struct stub *st)
{
	stub_halt(st);
	if (st->s != NULL)
		(void)munmap(st->s, sizeof(*st->s));
	st->s = NULL;
}

/* The route of `path`, made when new. */
static inline struct stub_route *
stub_route(struct stub *st, const char *path)
{
	struct stub_route *r;
	size_t i;

	for (i = 0; i < STUB_ROUTES; i++) {
		r = &st->s->routes[i];
		if (strcmp(r->path, path) == 0)
			return r;
		if (r->path[0] == '\0') {
			(void)snprintf(r->path, sizeof(r->path), "%s", path);
			return r;
		}
	}
	abort();
}

/* Answers `path` with these bytes, head and all. */
static inline struct stub_route *
stub_raw(struct stub *st, const char *path, enum stub_mode mode,
    const char *response)
{
	struct stub_route *r = stub_route(st, path);

	r->mode = mode;
	r->len = strlen(response);
	if (r->len >= STUB_RESPONSE_MAX)
		abort();
	memcpy(r->response, response, r->len + 1);
	return r;
}

/* Answers `path` with a status and a JSON body. */
static inline struct stub_route *
stub_json(struct stub *st, const char *path, int status, const char *body)
{
	struct stub_route *r = stub_route(st, path);
	int n;

	r->mode = STUB_PLAIN;
	r->need[0] = '\0';
	n = snprintf(r->response, STUB_RESPONSE_MAX,
	    "HTTP/1.1 %d Whatever\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    status, strlen(body), body);
	if (n < 0 || (size_t)n >= STUB_RESPONSE_MAX)
		abort();
	r->len = (size_t)n;
	return r;
}

/* What requests without `r->need` are answered. */
static inline void
stub_otherwise(struct stub_route *r, int status, const char *body)
{
	int n = snprintf(r->other, sizeof(r->other),
	    "HTTP/1.1 %d Whatever\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    status, strlen(body), body);

	if (n < 0 || (size_t)n >= sizeof(r->other))
		abort();
}

/* Answers the first `hits` requests of `path` with other bytes. */
static inline void
stub_first(struct stub *st, const char *path, int hits, const char *response)
{
	struct stub_route *r = stub_route(st, path);

	if (strlen(response) >= sizeof(r->first))
		abort();
	memcpy(r->first, response, strlen(response) + 1);
	r->first_hits = hits;
}

static inline int
stub_hits(struct stub *st, const char *path)
{
	return atomic_load(&stub_route(st, path)->hits);
}

/* True when the last request of `path` had this text in it. */
static inline bool
stub_saw(struct stub *st, const char *path, const char *text)
{
	return strstr(stub_route(st, path)->last, text) != NULL;
}

#endif
