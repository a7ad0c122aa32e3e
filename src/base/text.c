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
