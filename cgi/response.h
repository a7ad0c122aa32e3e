/* SPDX-License-Identifier: ISC */
/*
 * The answer under construction: status first, headers, body; written in one
 * go, so that a failure on the way leaves nothing half said. Security headers
 * and Cache-Control: no-store are put on everything (and Retry-After on 429 and
 * 503) that is not `bare`: that is an authorizer's consent, whose headers
 * Apache adds to those of the page that was consented to.
 */
#ifndef RG_CGI_RESPONSE_H
#define RG_CGI_RESPONSE_H

#include <stdbool.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

struct response {
	int status; /* 200 unless set */
	struct buf headers;
	struct buf body;
	bool cacheable;	     /* static files: leave out no-store */
	bool scripted;	     /* a page that runs our own script files */
	bool bare;	     /* status and own headers only, no body */
	bool repeatable;     /* may be kept, see answers.h: a 200 that is made
			      * of the variables, the database and the second */
	enum rg_err refused; /* why, for the counters; RG_OK if it was not */
};

#define RESPONSE_INIT                                                          \
	{                                                                      \
		.status = 200                                                  \
	}

/*
 * Adds a header. A value with a byte below 0x20, or 0x7f, a name that is not
 * one, or a line that web servers would not forward (over 7900 bytes) makes
 * the whole response a 500 (headers.failed): CR and LF can't get out.
 */
void response_header(struct response *, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void
response_header_text(struct response *, const char *name, const char *text);

/* Drops all headers and the body so far, and a failure with them. */
void response_reset(struct response *, int status);

/* 303 See Other with an empty body; headers so far stay. */
void response_redirect(struct response *, const char *location);

/*
 * Content-Type: application/json and the compact text with a newline; headers
 * so far stay. Takes the reference; NULL makes the response a 500.
 */
void response_json_own(struct response *, int status, json_t *body);

/*
 * The one error shape: {"error","message","request_id"}. Headers so far are
 * dropped: an error carries nothing of an answer that was under way.
 */
void response_error(struct response *, int status, const char *error,
    const char *message, const char *request_id);

/*
 * Serialises "Status: ...\r\nheaders\r\n\r\nbody" into `out`, which is empty.
 * The status comes first: lighttpd and mod_fcgid take an authorizer's answer
 * without one for "allowed". When anything failed before, what comes out is a
 * complete plain 500.
 */
void response_write(struct response *, bool head_only, struct buf *out);

void response_clear(struct response *);

#endif
