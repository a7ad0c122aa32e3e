/* SPDX-License-Identifier: ISC */
/*
 * Outbound HTTP, the only includer of libcurl. One handle per process, used by
 * one thread, so that connections are kept and used again. https only; http
 * only to loopback and only where `allow_loopback_http` says so. Redirects are
 * never followed; TLS is always verified; size and time are capped. Proxies,
 * .netrc and cookies are not used, whatever the environment says: under CGI a
 * client could set HTTP_PROXY.
 *
 * Process: the handle belongs to the process that made it (make it after
 * fork), and SIGPIPE must be ignored or caught.
 */
#ifndef RG_NET_FETCH_H
#define RG_NET_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct fetch;

struct fetch_request {
	const char *url;
	const char *form; /* POST this form body; NULL: GET */
	const char *json; /* or POST this JSON body */
	bool use_delete;  /* DELETE instead of GET */
	const char *const
	    *headers;		/* "Name: value", NULL at the end; or NULL */
	const char *basic_user; /* client_secret_basic; or NULL */
	const char *basic_pass; /* already form-encoded, RFC 6749 2.3.1 */
	const char *bearer;	/* access token for Authorization; or NULL */
	const char *ca_file;	/* instead of the system's; or NULL */
	size_t max_bytes;	/* of the body; above 0 */
	long timeout_ms;	/* whole call, connecting included; above 0 */
	int64_t deadline_ms; /* of clock_mono_ms(), if that is sooner; or 0 */
	bool allow_loopback_http;
};

struct fetch_response {
	long status;
	char content_type[128]; /* lower case, without parameters */
	/*
	 * Retry-After (RFC 9110 section 10.2.3) from the moment of the answer,
	 * at most a day; -1 when there is none. Fractions of a second count:
	 * Microsoft Graph sends them.
	 */
	int64_t retry_after_ms;
	int64_t date; /* the server's clock: seconds since 1970; 0: not said */
	char *location; /* where a redirect leads, absolute; NULL: nowhere */
	struct buf body;
};

/* NULL when out of memory. Calls curl_global_init once per process. */
struct fetch *fetch_new(void);
void fetch_free(struct fetch **);

/*
 * RG_OK whenever a complete answer came, whatever its status, redirects
 * included. RG_E_NET_* with the host (never the query or credentials) in the
 * detail otherwise, RG_E_NET_TIMEOUT also for a deadline that has passed;
 * RG_E_USAGE for a request that is no request. What the
 * response held before is overwritten; the caller then owns it and gives it
 * back with fetch_response_clear(), which wipes it. Empty after an error.
 *
 * A body is sent once: only when a kept connection turns out to be closed
 * before any byte of an answer does libcurl send it again on a new one.
 */
enum rg_err fetch(struct fetch *, const struct fetch_request *,
    struct fetch_response *, struct err *e);
void fetch_response_clear(struct fetch_response *);

#endif
