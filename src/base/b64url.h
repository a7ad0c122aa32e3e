/* SPDX-License-Identifier: ISC */
/* base64url without padding, RFC 4648 section 5 as RFC 7515 section 2 uses it
 */
#ifndef RG_BASE_B64URL_H
#define RG_BASE_B64URL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Characters for `n` bytes, without the NUL; n must be below SIZE_MAX / 2. */
#define B64URL_ENC_LEN(n) (((n)*4 + 2) / 3)

/* Upper bound of the bytes that `n` characters decode to. */
#define B64URL_DEC_LEN(n) ((n) / 4 * 3 + 2)

/* Writes B64URL_ENC_LEN(len) characters and a NUL. */
void b64url_encode(const void *data, size_t len, char *out);

/*
 * Strict and canonical: only the URL alphabet, no padding, no white space, no
 * length of 4n+1, and unused bits must be zero, so that one value has exactly
 * one text. `out` holds B64URL_DEC_LEN(len) bytes. RG_E_TOKEN_BASE64 if not.
 */
enum rg_err
b64url_decode(const char *s, size_t len, uint8_t *out, size_t *out_len);

#endif
