/* SPDX-License-Identifier: ISC */
/*
 * JSON of the plainest kind, which is what tokens and our own rows mostly are:
 * no blanks, strings of printable ASCII without escapes, integers of up to 18
 * digits. jansson reads such a text character by character, and a person's two
 * hundred groups took it longer than all else.
 *
 * Nothing is accepted here that jansson would refuse or read in another way
 * (tests/fuzz/json.c); all else is left to it, errors included.
 */
#ifndef RG_BASE_JSON_PLAIN_H
#define RG_BASE_JSON_PLAIN_H

#include <stddef.h>

#include <jansson.h>

/* A new reference; NULL: let jansson read it. */
json_t *json_plain_load(const char *text, size_t len);

#endif
