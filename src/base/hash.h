/* SPDX-License-Identifier: ISC */
#ifndef RG_BASE_HASH_H
#define RG_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HASH_LEN 32
#define HASH_HEX_LEN 64

/* SHA-256 of `len` bytes. RG_E_NOMEM: OpenSSL can't, and `out` is undefined. */
enum rg_err hash_sha256(const void *data, size_t len,
    uint8_t out[static HASH_LEN]) __attribute__((warn_unused_result));

/* Lower-case hexadecimal and a NUL: 2 * len + 1 bytes. */
void hash_hex(const uint8_t *data, size_t len, char *out);

/* Equal length and contents, in time that depends on the lengths only. */
bool hash_equal(const void *a, size_t alen, const void *b, size_t blen);

/* The same for C strings. */
bool hash_equal_str(const char *a, const char *b);

#endif
