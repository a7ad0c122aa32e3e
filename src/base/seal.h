/* SPDX-License-Identifier: ISC */
/*
 * Values that leave us and come back: AES-256-GCM under a key from the key
 * file, as text that fits in a cookie. The key file holds one to four keys, a
 * line each (base64url of 32 bytes); the first seals, each opens, so that a
 * key is replaced by putting a new line above the old one.
 */
#ifndef RG_BASE_SEAL_H
#define RG_BASE_SEAL_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define SEAL_MAX_KEYS 4
#define SEAL_MAX_PLAIN 3000 /* a sealed cookie stays under 4 KiB */

struct seal_keys;

/* Reads the key file; RG_E_FILE, RG_E_FILE_MODE, RG_E_CONF. */
enum rg_err
seal_keys_load(const char *path, struct seal_keys **out, struct err *e);

/* Wipes the keys. */
void seal_keys_free(struct seal_keys **);

/* Makes a key file with one fresh key, mode 0600; RG_E_EXISTS, RG_E_FILE. */
enum rg_err seal_keys_create(const char *path, struct err *e);

/*
 * Appends the sealed text of `plain` to `out`. `purpose` is authenticated with
 * it, so that a value made for one use can't be opened for another.
 */
enum rg_err seal(const struct seal_keys *, const char *purpose,
    const void *plain, size_t len, struct buf *out);

/* Appends what was sealed. RG_E_SEAL for anything not made by seal(). */
enum rg_err seal_open(const struct seal_keys *, const char *purpose,
    const char *text, size_t len, struct buf *out);

#define SEAL_MAC_LEN 32 /* hexadecimal digits, without the NUL */

/*
 * A pseudonym: HMAC-SHA-256 of `text` under the first key, cut to 128 bits.
 * Equal texts of one purpose get equal ones until the key is replaced.
 * RG_E_NOMEM, and `out` is empty.
 */
enum rg_err seal_mac(const struct seal_keys *, const char *purpose,
    const char *text, char out[static SEAL_MAC_LEN + 1]);

#endif
