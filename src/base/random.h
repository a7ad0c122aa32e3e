/* SPDX-License-Identifier: ISC */
#ifndef RG_BASE_RANDOM_H
#define RG_BASE_RANDOM_H

#include <stddef.h>

#define RANDOM_TOKEN_LEN 43 /* base64url of 32 bytes, without the NUL */

/* Fills `out` from getrandom(2); stops the process if the kernel can't. */
void random_bytes(void *out, size_t len);

/* A fresh 256-bit value in base64url: state, nonce, verifier, session id. */
void random_token(char out[static RANDOM_TOKEN_LEN + 1]);

/*
 * `len` letters and digits (and a NUL), none of which is taken for another, 5
 * random bits each: names that people read aloud and type, request and session
 * ids. They never look like an option.
 */
void random_name(char *out, size_t len);

#endif
