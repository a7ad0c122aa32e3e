/* SPDX-License-Identifier: ISC */
#include "base/accept.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"
#define WEIGHT_ONE 1000 /* thousandths: a weight has up to three decimals */
#define WEIGHT_NONE (-1)
#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/*
 * The weight in `;q=0.5` up to `end` (RFC 9110 section 12.4.2), 1 when there is
 * none; WEIGHT_NONE when it is something else.
 */
static int
weight_of(const char *p, const char *end)
{
	int weight = 0, unit = WEIGHT_ONE;

	p += strspn(p, BLANKS);
	if (p >= end)
		return WEIGHT_ONE;
	if (*p++ != ';')
		return WEIGHT_NONE;
	p += strspn(p, BLANKS);
	if ((*p != 'q' && *p != 'Q') || p[1] != '=')
		return WEIGHT_NONE;
	p += 2;
	if (*p != '0' && *p != '1')
		return WEIGHT_NONE;
	weight = (*p++ - '0') * unit;
	if (p < end && *p == '.') {
		for (p++; p < end && strchr(DIGITS, *p) != NULL; p++)
			weight += (*p - '0') * (unit /= 10);
		if (unit == 0)
			return WEIGHT_NONE;
	}
	p += strspn(p, BLANKS);
	return p >= end && weight <= WEIGHT_ONE ? weight : WEIGHT_NONE;
}

/* The tag that a range of `len` bytes stands for; `count` when none. */
static size_t
lookup(const char *range, size_t len, const char *const *tags, size_t count)
{
	size_t i;

	if (len == 1 && *range == '*')
		return 0;
	while (len > 0) {
		for (i = 0; i < count; i++)
			if (strlen(tags[i]) == len &&
			    strncasecmp(tags[i], range, len) == 0)
				return i;
		while (len > 0 && range[len - 1] != '-')
			len--;
		if (len > 0)
			len--;
	}
	return count;
}

size_t
accept_language(const char *header, const char *const *tags, size_t count)
{
	const char *p = header, *end;
	size_t len, i, best = 0;
	int weight, most = 0;

	for (; *p != '\0'; p = end) {
		p += strspn(p, BLANKS ",");
		end = p + strcspn(p, ",");
		len = strspn(p, LETTERS DIGITS "-*");
		weight = weight_of(p + len, end);
		i = lookup(p, len, tags, count);
		if (i < count && weight > most) {
			most = weight;
			best = i;
		}
	}
	return best;
}
