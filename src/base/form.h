/* SPDX-License-Identifier: ISC */
/* application/x-www-form-urlencoded: queries and bodies (WHATWG URL 5.1) */
#ifndef RG_BASE_FORM_H
#define RG_BASE_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define FORM_MAX_FIELDS 64

struct form;

/*
 * Parses and copies. RG_E_REQ_MALFORMED for a bad %-escape or a control
 * character in a decoded name or value, RG_E_REQ_TOO_LARGE for more than
 * FORM_MAX_FIELDS fields. *out is to be freed with form_free.
 */
enum rg_err form_parse(const char *s, size_t len, struct form **out);

void form_free(struct form **);

/*
 * The one value of `name`, borrowed from the form; NULL in *value when absent.
 * RG_E_REQ_DUPLICATE when it was sent more than once, even with equal values:
 * two readers of one request must never see different parameters.
 */
enum rg_err form_get(const struct form *, const char *name, const char **value);

/* The n-th value (from 0) of a repeatable field; NULL when there is none. */
const char *form_nth(const struct form *, const char *name, size_t n);

/* True when every field's name is among `names` (NULL at the end). */
bool form_has_only(const struct form *, const char *const *names);

/* Appends [&]name=value, percent-encoded; `out` decides about the "&". */
void form_put(struct buf *out, const char *name, const char *value);

#endif
