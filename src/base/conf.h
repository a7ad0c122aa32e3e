/* SPDX-License-Identifier: ISC */
/*
 * An INI file (read by libinih) whose every setting must be asked for by the
 * program: what nobody asked for is an unknown key. The first problem is kept
 * with file and line; the getters after it return defaults, so that a reader
 * asks for everything and checks once, with conf_finish().
 */
#ifndef RG_BASE_CONF_H
#define RG_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct conf;

/* RG_E_FILE, RG_E_CONF (syntax, duplicate key or section); detail says where.
 */
enum rg_err conf_load(const char *path, struct conf **out, struct err *e);

void conf_free(struct conf **);

/*
 * Getters. The value is borrowed from the conf; `def` when the key is absent.
 * An empty value counts as malformed.
 */
const char *
conf_str(struct conf *, const char *section, const char *key, const char *def);

/* As conf_str, but its absence is an error. Returns "" then. */
const char *conf_need(struct conf *, const char *section, const char *key);

/*
 * The same as copies that the caller frees: conf_copy gives `def`,
 * conf_copy_opt NULL when the key is absent. Without memory they end the
 * program: a file is read at start, when there is nothing to save.
 */
char *
conf_copy(struct conf *, const char *section, const char *key, const char *def);
char *conf_copy_opt(struct conf *, const char *section, const char *key);
char *conf_copy_need(struct conf *, const char *section, const char *key);

/*
 * Words of visible ASCII with blanks between them; none twice, none with a
 * comma, a quote or a backslash (RFC 6749 section 3.3: so are scopes). The list
 * is the caller's, for conf_list_free(); NULL and 0 when the key is absent.
 */
void conf_list(struct conf *, const char *section, const char *key, size_t max,
    char ***list, size_t *count);
void conf_list_free(char ***list, size_t *count);

/* A decimal integer within [min, max]. */
int64_t conf_int(struct conf *, const char *section, const char *key,
    int64_t def, int64_t min, int64_t max);

/*
 * A duration as an integer with an optional unit s, m, h or d; in seconds,
 * within [min, max].
 */
int64_t conf_seconds(struct conf *, const char *section, const char *key,
    int64_t def, int64_t min, int64_t max);

/* yes or no. */
bool conf_bool(struct conf *, const char *section, const char *key, bool def);

/*
 * One of the NULL-terminated `choices`; the index is returned, `def` when
 * absent.
 */
int conf_choice(struct conf *, const char *section, const char *key,
    const char *const *choices, int def);

/* True when the file has this key. Does not count as asking for it. */
bool conf_has(const struct conf *, const char *section, const char *key);

/* The n-th section name (from 0) that starts with `prefix`, or NULL. */
const char *conf_section(const struct conf *, const char *prefix, size_t n);

/*
 * Records a problem with a key that the caller found (names file:line of the
 * key, or of its section, or the file); only the first one is kept.
 */
void conf_fail(struct conf *, const char *section, const char *key,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * RG_OK if nothing failed and no key is left unasked, nor a section of which
 * no key was asked for.
 */
enum rg_err conf_finish(struct conf *, struct err *e);

#endif
