/* SPDX-License-Identifier: ISC */
/* What a token endpoint answers, RFC 6749 sections 5.1 and 5.2. Pure. */
#ifndef RG_OIDC_TOKEN_RESPONSE_H
#define RG_OIDC_TOKEN_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define TOKEN_RESPONSE_MAX_TEXT ((size_t)64 * 1024)

struct token_response {
	char *id_token; /* NULL for an application's own token */
	char *access_token;
	char *refresh_token; /* NULL: none was given */
	int64_t expires_in;  /* seconds; 0: not said */
};

/*
 * Reads a success. RG_E_TOKEN_RESPONSE, RG_E_ID_TOKEN_MISSING. The caller
 * frees *out.
 */
enum rg_err token_response_parse(
    const char *text, size_t len, struct token_response **out, struct err *e);

/* The same for client credentials (RFC 6749 section 4.4): no ID token. */
enum rg_err token_response_parse_app(
    const char *text, size_t len, struct token_response **out, struct err *e);

/* Wipes the tokens. */
void token_response_free(struct token_response **);

/*
 * True for an answer that refuses the client and therefore has not looked at
 * the grant: error is "invalid_client" (RFC 6749 section 5.2). The name of the
 * cause does not say it, since Entra's numbers decide about that.
 */
bool
token_response_is_invalid_client(long status, const char *text, size_t len);

/*
 * Names the cause of an answer other than 200; never RG_OK. The detail is made
 * of the status, the registered error code and Entra's first error number.
 * error_description stays out: it is free text with user data in it.
 */
enum rg_err
token_response_error(long status, const char *text, size_t len, struct err *e);

/*
 * Appends the claims that an error "interaction_required" wants the person to
 * come back with (learn.microsoft.com, "Claims challenges"): a JSON object of
 * at most CLAIMS_CHALLENGE_MAX bytes. Anything else appends nothing.
 */
void token_response_challenge(const char *text, size_t len, struct buf *out);

#endif
