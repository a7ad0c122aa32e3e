/* SPDX-License-Identifier: ISC */
#ifndef RG_BASE_FILE_H
#define RG_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Reads a whole regular file of at most `max` bytes into `out` (appended).
 * RG_E_FILE, RG_E_TOO_LARGE; the detail names the path.
 */
enum rg_err
file_read(const char *path, size_t max, struct buf *out, struct err *e);

/*
 * The same for a secret: it must belong to root or to us, others must not be
 * able to read it, nobody but its owner to write it (0600, or 0640 for a
 * group of ours); RG_E_FILE_MODE if not. One newline at the end is dropped.
 */
enum rg_err
file_read_secret(const char *path, size_t max, struct buf *out, struct err *e);

/*
 * The same as file_read for what need not be secret but must not be forged:
 * nobody but the owner may be able to write it (RG_E_FILE_MODE). Who that is,
 * is not looked at: tokens are put there by agents with users of their own.
 */
enum rg_err
file_read_trusted(const char *path, size_t max, struct buf *out, struct err *e);

/* Makes a new file of mode 0600 with these bytes; RG_E_EXISTS, RG_E_FILE. */
enum rg_err file_create_secret(
    const char *path, const void *data, size_t len, struct err *e);

/* All of it, also where a write takes but a part; false, and errno says why. */
bool file_write_all(int fd, const char *p, size_t len);

/*
 * Puts these bytes in the place of a secret that exists, with its owner, group
 * and mode; a link keeps leading there. Whoever reads gets the old or the new
 * ones. The caller sees to it that nobody else does the same. RG_E_FILE.
 */
enum rg_err file_replace_secret(
    const char *path, const void *data, size_t len, struct err *e);

/*
 * A new name, or a rename, is on the disk only when its folder is; RG_E_FILE.
 */
enum rg_err file_sync_folder(const char *folder, struct err *e);

#endif
