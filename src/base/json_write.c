/* SPDX-License-Identifier: ISC */
#include "base/json_write.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"

/* Within a string these bytes can't be last: its quote is. */
static void
separate(struct buf *out)
{
	const char last = out->len == 0 ? '{' : out->p[out->len - 1];

	if (last != '{' && last != '[' && last != ':')
		buf_putc(out, ',');
}

void
json_write_open(struct buf *out, char bracket)
{
	separate(out);
	buf_putc(out, bracket);
}

void
json_write_close(struct buf *out, char bracket)
{
	buf_putc(out, bracket);
}

void
json_write_key(struct buf *out, const char *name)
{
	separate(out);
	buf_putc(out, '"');
	buf_puts(out, name);
	buf_put(out, "\":", 2);
}

/* The length of what needs no escape. */
static size_t
plain(const char *s)
{
	size_t n;

	for (n = 0; s[n] >= 0x20 && s[n] < 0x7f; n++)
		if (s[n] == '"' || s[n] == '\\')
			break;
	return n;
}

void
json_write_string(struct buf *out, const char *s)
{
	const size_t n = plain(s);
	json_t *value;

	if (s[n] != '\0') { /* jansson knows UTF-8 and escapes */
		value = json_string(s);
		json_write_value(out, value);
		json_decref(value);
		return;
	}
	separate(out);
	buf_putc(out, '"');
	buf_put(out, s, n);
	buf_putc(out, '"');
}

void
json_write_strings(struct buf *out, const char *const *list, size_t count)
{
	size_t i;

	json_write_open(out, '[');
	for (i = 0; i < count; i++)
		json_write_string(out, list[i]);
	json_write_close(out, ']');
}

void
json_write_int(struct buf *out, int64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, n);
	separate(out);
	buf_puts(out, text);
}

void
json_write_value(struct buf *out, const json_t *value)
{
	separate(out);
	(void)json_put(out, value);
}

void
json_write_member(struct buf *out, const char *name, const char *value)
{
	json_write_key(out, name);
	json_write_string(out, value);
}
