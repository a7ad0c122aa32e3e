/* SPDX-License-Identifier: ISC */
/*
 * Pages without logic: the part of Mustache that the files in www/ need.
 *
 *   {{name}}             the value, escaped for HTML text and quoted attributes
 *   {{#name}}…{{/name}}  once for each item of an array, or once if the value
 *                        is true or a non-empty string
 *   {{^name}}…{{/name}}  once if {{#name}} would give nothing
 *   {{>name}}            the words of that name, read like the page itself but
 *                        with all of it escaped: a translation holds no markup
 *
 * A name is made of a-z, 0-9 and _. Inside a section over objects the item's
 * members come first, then those outside. There is no form that leaves a value
 * unescaped, so a page can't be written that lets one out.
 */
#ifndef RG_BASE_TEMPLATE_H
#define RG_BASE_TEMPLATE_H

#include <stddef.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

#define TEMPLATE_MAX_DEPTH 8 /* sections and words within each other */

/*
 * Appends `text` with `values` (an object) filled in and `words` (an object of
 * strings, or NULL) for {{>name}}. Strings and integers have a text; all else,
 * and what is missing, renders as nothing. RG_E_INVALID when the text has a tag
 * of another kind, sections that don't match or words that there are not, also
 * inside a section that is not shown; RG_E_NOMEM or, for a limited buffer,
 * RG_E_TOO_LARGE. After an error `out` holds a fragment: don't send it.
 */
enum rg_err template_render(const char *text, size_t len, const json_t *values,
    const json_t *words, struct buf *out);

#endif
