/* SPDX-License-Identifier: ISC */
/*
 * The one way in which rolegate reads JSON that came from elsewhere: an object
 * at the top, no duplicate names (RFC 8725 section 2.4), no NUL in strings,
 * valid UTF-8, nothing behind it, at most JSON_MAX_DEPTH levels.
 */
#ifndef RG_BASE_JSON_H
#define RG_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

#define JSON_MAX_DEPTH 64

/* On RG_OK *out is a new reference; RG_E_JSON otherwise. */
enum rg_err json_load_strict(const char *text, size_t len, json_t **out);

/* The same for a document that is an array. */
enum rg_err json_load_list(const char *text, size_t len, json_t **out);

/* Borrowed string member; NULL when absent or not a string. */
const char *json_str(const json_t *obj, const char *name);

/* True when member `name` is an integer; it is stored in *out. */
bool json_int(const json_t *obj, const char *name, int64_t *out);

/* A new array of these strings; NULL when out of memory or not UTF-8. */
json_t *json_strings(const char *const *list, size_t count);

/* Appends the compact, key-sorted text; false when it can't (out failed). */
bool json_put(struct buf *out, const json_t *value);

#endif
