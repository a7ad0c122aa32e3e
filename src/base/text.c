/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <ctype.h>
#include <string.h>

#include <jansson.h>

bool
text_is_guid(const char *s)
{
	size_t i;

	for (i = 0; i < TEXT_GUID_LEN; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i] != '-')
				return false;
		} else if (!isxdigit((unsigned char)s[i])) {
			return false;
		}
	}
	return s[i] == '\0';
}

void
text_lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

bool
text_is_name(const char *s, const char *allowed, size_t max)
{
	size_t n;

	for (n = 0; s[n] != '\0'; n++) {
		unsigned char c = (unsigned char)s[n];

		if (n == max || c >= 0x80 ||
		    (!isalnum(c) && strchr(allowed, c) == NULL))
			return false;
	}
	return n > 0;
}

/* The bytes of the UTF-8 character at `s`, RFC 3629; 0: there is none. */
static size_t
utf8_size(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t i, size;

	if (u[0] < 0x80)
		return 1;
	if (u[0] < 0xc2 || u[0] > 0xf4)
		return 0;
	size = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	for (i = 1; i < size; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	/* too long for what it says, a surrogate, beyond U+10FFFF */
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return size;
}

void
text_mend(char *s)
{
	size_t size;

	for (; *s != '\0'; s += size) {
		size = utf8_size(s);
		if (size == 0) {
			*s = '?';
			size = 1;
		}
	}
}

bool
text_is_line(const char *s, size_t max)
{
	size_t n;
	json_t *v;

	for (n = 0; s[n] != '\0'; n++) {
		unsigned char c = (unsigned char)s[n];

		if (n == max || c < 0x20 || c == 0x7f ||
		    (c == 0xc2 && (unsigned char)s[n + 1] < 0xa0))
			return false;
	}
	/* jansson refuses what is not UTF-8. */
	if ((v = json_stringn(s, n)) == NULL)
		return false;
	json_decref(v);
	return true;
}
