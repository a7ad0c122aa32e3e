/* SPDX-License-Identifier: ISC */
#include "base/json_plain.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"

#define DIGITS_MAX 18 /* 10^18 is below 2^63 */

struct reader {
	const char *p;
	const char *end;
	int depth;
};

static json_t *read_value(struct reader *);

static bool
take(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* The bytes between two quotes. */
static bool
take_string(struct reader *r, const char **s, size_t *len)
{
	const char *p;

	if (!take(r, '"'))
		return false;
	for (p = r->p; p < r->end && *p != '"'; p++)
		if (*p < 0x20 || *p >= 0x7f || *p == '\\')
			return false;
	if (p == r->end)
		return false;
	*s = r->p;
	*len = (size_t)(p - r->p);
	r->p = p + 1;
	return true;
}

static json_t *
read_string(struct reader *r)
{
	const char *s;
	size_t len;

	return take_string(r, &s, &len) ? json_stringn_nocheck(s, len) : NULL;
}

/* What follows, such as a fraction, is for read_value()'s caller to refuse. */
static json_t *
read_integer(struct reader *r)
{
	const bool negative = take(r, '-');
	const char *from = r->p;
	int64_t n = 0;

	for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++) {
		if (r->p - from == DIGITS_MAX)
			return NULL;
		n = n * 10 + (*r->p - '0');
	}
	/* No digit, or a zero in front of others, or behind a minus. */
	if (r->p == from || (*from == '0' && (negative || r->p - from > 1)))
		return NULL;
	return json_integer((json_int_t)(negative ? -n : n));
}

static json_t *
read_word(struct reader *r, const char *word, json_t *value)
{
	const size_t len = strlen(word);

	if ((size_t)(r->end - r->p) < len || memcmp(r->p, word, len) != 0)
		return NULL;
	r->p += len;
	return value;
}

/* A name that is there already is for jansson to refuse. */
static bool
read_member(struct reader *r, json_t *object)
{
	const char *name;
	size_t len;
	json_t *value;

	if (!take_string(r, &name, &len) || len == 0 || !take(r, ':') ||
	    json_object_getn(object, name, len) != NULL)
		return false;
	value = read_value(r);
	return value != NULL &&
	       json_object_setn_new_nocheck(object, name, len, value) == 0;
}

static bool
read_item(struct reader *r, json_t *array)
{
	json_t *value = read_value(r);

	return value != NULL && json_array_append_new(array, value) == 0;
}

/* All that is between an opening bracket, which is taken, and `close`. */
static json_t *
read_all(struct reader *r, json_t *into, char close,
    bool (*read)(struct reader *, json_t *))
{
	bool ok = into != NULL && r->depth++ < JSON_MAX_DEPTH;

	if (ok && !take(r, close)) {
		do
			ok = read(r, into);
		while (ok && take(r, ','));
		ok = ok && take(r, close);
	}
	r->depth--;
	if (!ok) {
		json_decref(into);
		return NULL;
	}
	return into;
}

static json_t *
read_value(struct reader *r)
{
	if (r->p == r->end)
		return NULL;
	switch (*r->p) {
	case '"':
		return read_string(r);
	case '{':
		r->p++;
		return read_all(r, json_object(), '}', read_member);
	case '[':
		r->p++;
		return read_all(r, json_array(), ']', read_item);
	case 't':
		return read_word(r, "true", json_true());
	case 'f':
		return read_word(r, "false", json_false());
	case 'n':
		return read_word(r, "null", json_null());
	default:
		return read_integer(r);
	}
}

json_t *
json_plain_load(const char *text, size_t len)
{
	struct reader r = {text, text + len, 0};
	json_t *value = NULL;

	if (len > 0 && (*text == '{' || *text == '['))
		value = read_value(&r);
	if (value != NULL && r.p != r.end) {
		json_decref(value);
		value = NULL;
	}
	return value;
}
