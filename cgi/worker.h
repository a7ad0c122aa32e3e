/* SPDX-License-Identifier: ISC */
/* What an endpoint has at hand, and what endpoints share. */
#ifndef RG_CGI_WORKER_H
#define RG_CGI_WORKER_H

#include "base/err.h"
#include "cgi/answers.h"
#include "cgi/cookie.h"
#include "cgi/request.h"
#include "cgi/response.h"
#include "gate.h"

/* Base names of our cookies; see cookie_name(). */
#define COOKIE_SESSION "rolegate"
#define COOKIE_LOGIN "rolegate-tx-" /* and the first characters of state */
#define COOKIE_LOGIN_CHARS 12
#define COOKIE_PROVIDER "rolegate-provider" /* of the last sign-in */

/*
 * State of one worker process. Settings are borrowed, the gate is owned. It is
 * NULL while it can't be opened (database read-only, key file gone): endpoints
 * that need it are not called then, and opening is tried again.
 */
struct worker {
	const struct settings *settings;
	struct gate *gate;
	struct answers *answers; /* owned; NULL: none are kept */
	int64_t tried; /* to open the gate: clock_mono_ms(), 0 for never */
	struct err unopened; /* what the log says of that */
	struct cookie_style style;
	const char *endpoint; /* path of the route, for the counters */
};

typedef void
endpoint_fn(struct worker *, const struct request *, struct response *);

/* One endpoint, one file. */
endpoint_fn endpoint_root, endpoint_login, endpoint_callback, endpoint_whoami,
    endpoint_me, endpoint_logout, endpoint_signed_out, endpoint_healthz,
    endpoint_readyz, endpoint_metrics, endpoint_console, endpoint_metadata,
    endpoint_jwks, endpoint_static, endpoint_api, endpoint_refused;

/* Answers for metadata outside of public_url; false: not asked for. */
bool
metadata_at_root(struct worker *, const struct request *, struct response *);

/* Finds the endpoint for the request and runs it; 404 and 405 included. */
void route(struct worker *, const struct request *, struct response *);

/* The answer to a web server that asks whether somebody else's page may be
 * shown; `why` is what request_read() returned. */
void authorizer(struct worker *, const struct request *, struct response *,
    enum rg_err why);

/*
 * The answer to a request that request_read() refused. A callback's refusal is
 * audited like any other end of a sign-in.
 */
void route_unreadable(
    struct worker *, const struct request *, struct response *, enum rg_err);

/*
 * The value of our session cookie; NULL when there is none, or more than one
 * (somebody planted a second: neither is believed).
 */
const char *worker_session(const struct worker *, const struct request *);

/*
 * Who has the session of this request: gate_whoami(), and a failure that is no
 * lack of a session logged as `event`.
 */
enum rg_err worker_identify(struct worker *, const struct request *,
    const char *event, struct gate_identity *);

/*
 * Whether another site's page has this fetched as a part of itself, an image or
 * a script; then it is answered. No sign-in begins or ends like that, and in
 * such a way strangers could use up what the visitor's address may do.
 */
bool worker_refuses_embedding(
    struct worker *, const struct request *, struct response *);

/* The context of a request for the gate, at this moment. */
struct gate_context worker_context(const struct request *);

/*
 * A page of www/ with `values` (reference taken), to which the common ones are
 * added: base, request_id, contact.
 */
void page(struct worker *, const struct request *, struct response *,
    int status, const char *asset, json_t *values);

/* The page for a person who is signed in and has no role: whom to ask, and
 * what to send along. */
void me_denied(struct worker *, const struct request *, struct response *,
    const struct gate_identity *, enum rg_err why);

/* Appends the address that begins a sign-in; `base` is public_url or its path.
 */
void put_login_url(struct buf *, const char *base, const char *return_to);

/*
 * The answer to a failure: a page for a browser, the JSON error shape for
 * others. `retry_to` is a local path for the link "try again", or NULL.
 */
void fail(struct worker *, const struct request *, struct response *,
    enum rg_err, const char *retry_to);

/* The same, but always JSON (/whoami). */
void fail_json(const struct request *, struct response *, enum rg_err);

#endif
