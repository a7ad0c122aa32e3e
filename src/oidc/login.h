/* SPDX-License-Identifier: ISC */
/*
 * The login transaction: what /login must remember until /callback. It lives
 * in a sealed cookie of the browser that began, one per tab, so that requests
 * of strangers write nothing to disk and another browser can't finish it.
 *
 * State, nonce and code verifier are derived from one secret by SHA-256 with
 * different labels; none of them leads to another. That keeps the cookie small
 * enough for eight tabs.
 */
#ifndef RG_OIDC_LOGIN_H
#define RG_OIDC_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/seal.h"
#include "oidc/provider.h"

#define LOGIN_RETURN_MAX 1024
#define LOGIN_PROVIDER_MAX 32
#define LOGIN_STEP_UP_MAX 64

struct login {
	uint8_t secret[32];
	int64_t created;	   /* seconds since 1970 */
	uint8_t session[HASH_LEN]; /* SHA-256 of the session cookie; or zeros */
	int64_t max_age;	   /* asked for, or PROVIDER_NO_MAX_AGE */
	bool again;		   /* the second try, with a claims challenge */
	char step_up[LOGIN_STEP_UP_MAX + 1]; /* asked for, or "" */
	char provider[LOGIN_PROVIDER_MAX + 1];
	char return_to[LOGIN_RETURN_MAX + 1];
};

/*
 * Fills in a fresh secret, no step-up and no max_age. `session` is the session
 * cookie that the browser sent, or NULL: the sign-in ends that session, and a
 * cross-site POST to /callback carries no SameSite=Lax cookie to know it by.
 * RG_E_TOO_LARGE when a string does not fit.
 */
enum rg_err login_new(struct login *, const char *provider,
    const char *return_to, const char *session, int64_t now);

/* Sets what the sign-in must prove; RG_E_TOO_LARGE. */
enum rg_err login_set_step_up(struct login *, const char *value);

enum login_value {
	LOGIN_STATE,
	LOGIN_NONCE,
	LOGIN_VERIFIER
};

/* 43 base64url characters, always the same for the same transaction.
 * RG_E_NOMEM, and `out` is empty. */
enum rg_err login_derive(const struct login *, enum login_value,
    char out[static RANDOM_TOKEN_LEN + 1]);

/* Appends the cookie's value. */
enum rg_err
login_seal(const struct login *, const struct seal_keys *, struct buf *out);

/* RG_E_SEAL for anything that login_seal did not make. */
enum rg_err
login_open(const char *text, const struct seal_keys *, struct login *out);

/* Wipes the secret. */
void login_clear(struct login *);

#endif
