/* SPDX-License-Identifier: ISC */
/*
 * The web server's side of FastCGI, record by record (FastCGI specification
 * section 3.3), so that tests can also send what a good server never would.
 */
#ifndef RG_TESTS_FCGI_CLIENT_H
#define RG_TESTS_FCGI_CLIENT_H

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define FC_BEGIN 1
#define FC_END 3
#define FC_PARAMS 4
#define FC_STDIN 5
#define FC_STDOUT 6
#define FC_RESPONDER 1
#define FC_AUTHORIZER 2
#define FC_FILTER 3

struct fc_answer {
	char *text; /* stdout so far, NUL-terminated */
	size_t len;
	bool complete; /* END_REQUEST was seen */
	bool eof;      /* the connection was closed before that */
	int ms;	       /* how long it took */
};

/* -1 when nobody listens. */
static inline int
fc_connect(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* False when the peer is gone. */
static inline bool
fc_send(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static inline bool
fc_record(int fd, int type, const void *data, size_t len)
{
	uint8_t h[8] = {1, (uint8_t)type, 0, 1, (uint8_t)(len >> 8),
	    (uint8_t)(len & 0xff), 0, 0};

	return fc_send(fd, h, sizeof(h)) && fc_send(fd, data, len);
}

static inline bool
fc_begin(int fd, int role, bool keep)
{
	const uint8_t body[8] = {0, (uint8_t)role, keep ? 1 : 0};

	return fc_record(fd, FC_BEGIN, body, sizeof(body));
}

/* One name and value; both below 2^31 bytes, the record below 64 KB. */
static inline bool
fc_param(int fd, const char *name, const char *value)
{
	size_t n = strlen(name), v = strlen(value), i = 0;
	uint8_t *p = malloc(n + v + 8);
	bool ok;

	p[i++] = (uint8_t)n;
	if (v < 128) {
		p[i++] = (uint8_t)v;
	} else {
		p[i++] = (uint8_t)(v >> 24 | 0x80);
		p[i++] = (uint8_t)(v >> 16);
		p[i++] = (uint8_t)(v >> 8);
		p[i++] = (uint8_t)v;
	}
	memcpy(p + i, name, n);
	memcpy(p + i + n, value, v);
	ok = fc_record(fd, FC_PARAMS, p, i + n + v);
	free(p);
	return ok;
}

static inline bool
fc_params_end(int fd)
{
	return fc_record(fd, FC_PARAMS, "", 0);
}

/* `len` bytes of "x", and the end of stdin. */
static inline bool
fc_stdin(int fd, size_t len)
{
	char block[8192];
	size_t n;

	memset(block, 'x', sizeof(block));
	while (len > 0) {
		n = len < sizeof(block) ? len : sizeof(block);
		if (!fc_record(fd, FC_STDIN, block, n))
			return false;
		len -= n;
	}
	return fc_record(fd, FC_STDIN, "", 0);
}

/* A whole GET of that path. */
static inline bool
fc_get(int fd, const char *path, bool keep)
{
	return fc_begin(fd, FC_RESPONDER, keep) &&
	       fc_param(fd, "REQUEST_METHOD", "GET") &&
	       fc_param(fd, "SCRIPT_NAME", path) && fc_params_end(fd) &&
	       fc_stdin(fd, 0);
}

static inline bool
fc_read_all(int fd, void *out, size_t len, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char *at = out;
	int64_t left;
	ssize_t n;

	while (len > 0) {
		left = until - clock_mono_ms();
		if (left <= 0 || poll(&p, 1, (int)left) != 1)
			return false;
		n = recv(fd, at, len, 0);
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* Reads to END_REQUEST, the end of the connection, or for `ms`. */
static inline struct fc_answer
fc_read(int fd, int ms)
{
	struct fc_answer a = {.text = calloc(1, 1)};
	int64_t began = clock_mono_ms(), until = began + ms;
	uint8_t h[8], *body;
	size_t len;

	while (!a.complete && fc_read_all(fd, h, sizeof(h), until)) {
		len = (size_t)(h[4] << 8 | h[5]) + h[6];
		body = malloc(len + 1);
		if (!fc_read_all(fd, body, len, until)) {
			free(body);
			break;
		}
		if (h[1] == FC_STDOUT) {
			a.text = realloc(a.text, a.len + len + 1);
			memcpy(a.text + a.len, body, len);
			a.len += len - h[6];
			a.text[a.len] = '\0';
		}
		a.complete = h[1] == FC_END;
		free(body);
	}
	a.ms = (int)(clock_mono_ms() - began);
	a.eof = !a.complete && a.ms < ms;
	return a;
}

static inline void
fc_clear(struct fc_answer *a)
{
	free(a->text);
	a->text = NULL;
}

/* Whether the peer has closed the connection, within `ms`. */
static inline bool
fc_is_closed(int fd, int ms)
{
	char c;

	return !fc_read_all(fd, &c, 1, clock_mono_ms() + ms) &&
	       recv(fd, &c, 1, MSG_DONTWAIT) <= 0 && errno != EAGAIN;
}

#endif
