/* SPDX-License-Identifier: ISC */
/*
 * Values that leave us and come back: AES-256-GCM under a key from the key
 * file, as text that fits in a cookie. The key file holds one to four keys, a
 * line each (base64url of 32 bytes); the first seals, each opens, so that a
 * key is replaced by putting a new line above the old one. Behind a key, but
 * the first, there can be a blank and a time (decimal seconds since 1970): from
 * then on it does not open any more.
 */
#ifndef RG_BASE_SEAL_H
#define RG_BASE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define SEAL_MAX_KEYS 4
#define SEAL_MAX_PLAIN 3000 /* a sealed cookie stays under 4 KiB */

struct seal_keys;

/* Reads the key file; RG_E_FILE, RG_E_FILE_MODE, RG_E_CONF. */
enum rg_err
seal_keys_load(const char *path, struct seal_keys **out, struct err *e);

/* False when there is another file at the path than that which was read. */
bool seal_keys_are_of(const struct seal_keys *, const char *path);

/* Wipes the keys. */
void seal_keys_free(struct seal_keys **);

/* Makes a key file with one fresh key, mode 0600; RG_E_EXISTS, RG_E_FILE. */
enum rg_err seal_keys_create(const char *path, struct err *e);

/*
 * The key file's keys, replaced: begin() locks (RG_E_EXISTS when somebody else
 * is at it) and reads; add() puts a new key above the others, from which moment
 * it is in the file and seals; drop_others() lets these open until `until`, or
 * no more at all if that is 0. When it is full, forget_oldest() makes room, of
 * whose key nothing may be left that must be opened.
 */
struct seal_rotation;

enum rg_err seal_rotation_begin(
    const char *path, struct seal_rotation **out, struct err *e);
enum rg_err seal_rotation_add(struct seal_rotation *, struct err *e);
enum rg_err
seal_rotation_drop_others(struct seal_rotation *, int64_t until, struct err *e);

bool seal_rotation_is_full(const struct seal_rotation *);

/* When the oldest ends anyhow; 0: never, so that no rotation was finished. */
int64_t seal_rotation_oldest_until(const struct seal_rotation *);
void seal_rotation_forget_oldest(struct seal_rotation *);

/* Borrowed; all that open now. */
const struct seal_keys *seal_rotation_keys(const struct seal_rotation *);
void seal_rotation_free(struct seal_rotation **);

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
