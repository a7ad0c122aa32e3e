/* SPDX-License-Identifier: ISC */
/*
 * The relying party: authorization code flow with PKCE (RFC 7636), state,
 * nonce and RFC 9207. Keeps discovery documents and keys in memory and, through
 * `struct oidc_cache`, in whatever the caller offers (the database). One
 * `struct oidc` per process; not for several threads.
 */
#ifndef RG_OIDC_OIDC_H
#define RG_OIDC_OIDC_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "oidc/authn.h"
#include "oidc/provider.h"

#define OIDC_DOCUMENT_AGE (24 * 3600)  /* seconds until a refresh is tried */
#define OIDC_REFETCH_INTERVAL (5 * 60) /* seconds between forced refetches */

enum oidc_document {
	OIDC_DISCOVERY,
	OIDC_KEYS,
	OIDC_BEARER /* no document: names a counter of may_fetch */
};

/*
 * Where documents survive a restart. Each function may be called often;
 * `ctx` is passed through.
 */
struct oidc_cache {
	void *ctx;
	/*
	 * The last good text and when it was fetched. RG_E_NOT_FOUND if none.
	 */
	enum rg_err (*load)(void *ctx, const char *issuer, enum oidc_document,
	    struct buf *text, int64_t *fetched_at);
	enum rg_err (*save)(void *ctx, const char *issuer, enum oidc_document,
	    const char *text, size_t len, int64_t fetched_at);
	/*
	 * Across all processes: true in *granted, and the attempt recorded, if
	 * the last granted attempt for this issuer and document is at least
	 * `interval` seconds old. An error counts as "not granted". The
	 * document only names the counter: OIDC_DISCOVERY is asked for the
	 * ordinary fetches of both, OIDC_KEYS for those that an ID token signed
	 * with an unknown key forces, OIDC_BEARER for those that a bearer token
	 * does: anybody can send one of those, and must not use up what
	 * sign-ins need.
	 */
	enum rg_err (*may_fetch)(void *ctx, const char *issuer,
	    enum oidc_document, int64_t now, int64_t interval, bool *granted);
};

struct oidc;

/*
 * `cache` is borrowed and must outlive it; NULL: nothing is kept and nothing
 * limits the fetches (a command that runs once). NULL when out of memory. Make
 * it after fork, with SIGPIPE ignored (net/fetch.h).
 */
struct oidc *oidc_new(const struct oidc_cache *cache);
void oidc_free(struct oidc **);

/* What /login was asked for; NULL members are not sent. */
struct oidc_begin {
	const char *redirect_uri;
	const char *state;	   /* 43 base64url characters, random_token() */
	const char *nonce;	   /* the same */
	const char *code_verifier; /* the same: RFC 7636 wants 43 to 128 */
	const char *login_hint;
	const char *domain_hint;
	const char *prompt;
	const char *step_up;	      /* an authentication context: authn.h */
	const char *claims_challenge; /* claims_request.h */
	const int64_t *max_age;	      /* seconds */
};

/*
 * Appends the authorization URL. May fetch the documents: up to two calls of
 * the provider's timeout, or, while another process fetches, three seconds.
 */
enum rg_err oidc_begin(struct oidc *, const struct provider *,
    const struct oidc_begin *, int64_t now, struct buf *url, struct err *e);

/* What came back to /callback, and what belongs to it. */
struct oidc_finish {
	const char *code;
	const char *iss; /* RFC 9207 parameter; NULL when absent */
	const char *redirect_uri;
	const char *nonce;
	const char *code_verifier;
	int64_t skew;	     /* seconds */
	const char *step_up; /* what was asked for at the begin, or NULL */
	const int64_t *max_age;
	/*
	 * If the token endpoint wants the person to come back with certain
	 * claims, they are appended here, and the result is an error. May be
	 * NULL.
	 */
	struct buf *challenge;
};

/* What came besides the ID token; opaque to us. Members may be NULL. */
struct oidc_tokens {
	char *access_token;
	char *refresh_token;
	/*
	 * RG_OK, or why userinfo did not tell what it should have: with
	 * CLAIMS_FROM_USERINFO whatever is absent is not known, else only what
	 * people read.
	 */
	enum rg_err userinfo;
};

/* Wipes them. */
void oidc_tokens_clear(struct oidc_tokens *);

/*
 * Redeems the code and verifies everything. On RG_OK *claims is a new
 * reference to the ID token's claims, with what userinfo tells where the
 * provider has userinfo = yes or claims_from = userinfo; that it does not
 * answer is in tokens->userinfo. `tokens` may be NULL (then it must answer);
 * the caller clears it.
 */
enum rg_err
oidc_finish(struct oidc *, const struct provider *, const struct oidc_finish *,
    int64_t now, struct oidc_tokens *tokens, json_t **claims, struct err *e);

struct oidc_refresh {
	const char *refresh_token;
	const char *nonce; /* of the sign-in */
	int64_t skew;	   /* seconds */
};

/*
 * Redeems a refresh token: an ID token as of now, verified like the first.
 * Whether it is about the same person is for the caller to see, and what to
 * make of a userinfo endpoint that does not answer (tokens->userinfo). *tokens
 * is to be cleared, whatever the result; a refresh token in it, also in that
 * of an error, replaces the one that was sent. Errors as of oidc_finish.
 */
enum rg_err oidc_refresh(struct oidc *, const struct provider *,
    const struct oidc_refresh *, int64_t now, struct oidc_tokens *tokens,
    json_t **claims, struct err *e);

/*
 * An access token of the application itself for `scope` ("<resource>/.default"
 * at Entra), by client credentials (RFC 6749 section 4.4). Kept in memory until
 * shortly before it expires. Borrowed: valid until the next call. One call to
 * the provider at most, of its timeout; errors as of the code exchange.
 */
enum rg_err oidc_app_token(struct oidc *, const struct provider *,
    const char *scope, int64_t now, const char **token, struct err *e);

/*
 * Checks the iss parameter of an authorization response, also of an error
 * response (RFC 9207 section 2.4). `iss` may be NULL.
 */
enum rg_err oidc_check_iss(struct oidc *, const struct provider *,
    const char *iss, int64_t now, struct err *e);

/*
 * Verifies an ID token that is at hand (rolegatectl token check). `nonce` NULL
 * skips the nonce.
 */
enum rg_err oidc_verify_id_token(struct oidc *, const struct provider *,
    const char *token, size_t len, const char *nonce, const char *access_token,
    int64_t now, int64_t skew, json_t **claims, struct err *e);

/*
 * Appends the RP-initiated logout URL; RG_E_NOT_FOUND when the provider has no
 * end_session_endpoint. `logout_hint` may be NULL. Never waits on the network:
 * uses what is cached.
 */
enum rg_err oidc_logout_url(struct oidc *, const struct provider *,
    const char *post_logout_redirect_uri, const char *logout_hint, int64_t now,
    struct buf *url);

/*
 * Fetches discovery and keys where they are missing or old, as a sign-in
 * would: RG_OK when both are at hand then.
 */
enum rg_err
oidc_warm(struct oidc *, const struct provider *, int64_t now, struct err *e);

/* RG_OK when discovery and keys are at hand (/readyz); no network. */
enum rg_err
oidc_ready(struct oidc *, const struct provider *, int64_t now, struct err *e);

/*
 * How soon the provider's client certificate ends: the one that ends last, if
 * there are several; CERT_GOOD if there is none. Logs what is to be known of
 * it, once a day and process.
 */
enum cert_state
oidc_certificate(struct oidc *, const struct provider *, int64_t now);

/*
 * Asks the provider at this moment, whatever is cached: its clock in *date, 0
 * when it does not say (rolegatectl doctor).
 */
enum rg_err oidc_clock(
    struct oidc *, const struct provider *, int64_t *date, struct err *e);

/*
 * Begins a sign-in without a browser and with prompt=none, as nobody: RG_OK
 * when the provider sends the browser back to `redirect_uri` with an answer,
 * so that this is registered there. RG_E_REGISTRATION when it says that it is
 * not; RG_E_NOT_FOUND when its answer does not tell, RG_E_NET_* for none.
 */
enum rg_err oidc_redirect_check(struct oidc *, const struct provider *,
    const char *redirect_uri, int64_t now, struct err *e);

/* RG_OK when the assertion file can be used; else why not. */
enum rg_err oidc_assertion_check(const struct credential *, struct err *e);

#endif
