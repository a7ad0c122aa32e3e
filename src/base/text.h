/* SPDX-License-Identifier: ISC */
/* Small judgements about strings that several rooms make. */
#ifndef RG_BASE_TEXT_H
#define RG_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define TEXT_GUID_LEN 36

/* 8-4-4-4-12 hexadecimal digits of either case. */
bool text_is_guid(const char *s);

/* Folds ASCII letters in place. */
void text_lower(char *s);

/* 1 to `max` bytes, all in `allowed` or ASCII letters and digits. */
bool text_is_name(const char *s, const char *allowed, size_t max);

/*
 * Puts a "?" in the place of each byte that is no part of a UTF-8 character,
 * such as of one that was cut in half: JSON has no way to say it.
 */
void text_mend(char *s);

/*
 * At most `max` bytes of valid UTF-8 without control characters, those of
 * Unicode's second block (C1, which terminals obey) included.
 */
bool text_is_line(const char *s, size_t max);

#endif
