/* SPDX-License-Identifier: ISC */
/*
 * JSON text written as it is made, for what is answered again and again: a tree
 * of values that is built, sorted, written and freed costs ten times as much.
 *
 *     json_write_open(out, '{');
 *     json_write_key(out, "id");
 *     json_write_string(out, id);
 *     json_write_close(out, '}');
 *
 * The commas come by themselves. That keys come in the order of their bytes, so
 * that the text is the one of json_put(), is up to the caller. What can't be
 * written, such as a string that is not UTF-8, makes `out` failed.
 */
#ifndef RG_BASE_JSON_WRITE_H
#define RG_BASE_JSON_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/buf.h"

void json_write_open(struct buf *out, char bracket);
void json_write_close(struct buf *out, char bracket);

/* `name` is ours: printable ASCII without quotes and backslashes. */
void json_write_key(struct buf *out, const char *name);

void json_write_string(struct buf *out, const char *);
void json_write_strings(struct buf *out, const char *const *list, size_t count);
void json_write_int(struct buf *out, int64_t);

/* Any value; NULL makes `out` failed. */
void json_write_value(struct buf *out, const json_t *);

/* A key and its string. */
void json_write_member(struct buf *out, const char *name, const char *value);

#endif
