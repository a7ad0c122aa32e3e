/* SPDX-License-Identifier: ISC */
#include "base/form.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/url.h"

struct field {
	char *name;
	char *value;
};

struct form {
	char *text; /* decoded in place; names and values point into it */
	size_t count;
	struct field fields[FORM_MAX_FIELDS];
};

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes `s` in place; false for a bad escape or a control character. */
static bool
decode(char *s)
{
	char *out = s;
	int hi, lo;

	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			hi = hex_value(s[1]);
			lo = hi < 0 ? -1 : hex_value(s[2]);
			if (lo < 0)
				return false;
			c = (unsigned char)(hi << 4 | lo);
			s += 2;
		}
		if (c == 0x7f)
			return false;
		/* error_description of Entra holds CR LF: keep it as blanks */
		if (c == '\r' || c == '\n' || c == '\t')
			c = ' ';
		if (c < 0x20)
			return false;
		*out++ = (char)c;
	}
	*out = '\0';
	return true;
}

enum rg_err
form_parse(const char *s, size_t len, struct form **out)
{
	enum rg_err r = RG_E_INTERNAL;
	struct form *f = NULL;
	char *p, *next, *eq;

	*out = NULL;
	if (memchr(s, '\0', len) != NULL) {
		r = RG_E_REQ_MALFORMED;
		goto out;
	}
	f = calloc(1, sizeof(*f));
	if (f == NULL || (f->text = malloc(len + 1)) == NULL) {
		r = RG_E_NOMEM;
		goto out;
	}
	if (len > 0)
		memcpy(f->text, s, len);
	f->text[len] = '\0';
	for (p = f->text; p != NULL && *p != '\0'; p = next) {
		next = strchr(p, '&');
		if (next != NULL)
			*next++ = '\0';
		if (*p == '\0')
			continue;
		if (f->count == FORM_MAX_FIELDS) {
			r = RG_E_REQ_TOO_LARGE;
			goto out;
		}
		eq = strchr(p, '=');
		if (eq != NULL)
			*eq++ = '\0';
		else
			eq = p + strlen(p);
		if (!decode(p) || !decode(eq)) {
			r = RG_E_REQ_MALFORMED;
			goto out;
		}
		f->fields[f->count].name = p;
		f->fields[f->count].value = eq;
		f->count++;
	}
	*out = f;
	f = NULL;
	r = RG_OK;
out:
	form_free(&f);
	return r;
}

void
form_free(struct form **f)
{
	if (*f != NULL && (*f)->text != NULL) {
		/* may hold an authorization code */
		explicit_bzero((*f)->text, strlen((*f)->text));
		free((*f)->text);
	}
	free(*f);
	*f = NULL;
}

const char *
form_nth(const struct form *f, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		if (strcmp(f->fields[i].name, name) == 0 && n-- == 0)
			return f->fields[i].value;
	return NULL;
}

enum rg_err
form_get(const struct form *f, const char *name, const char **value)
{
	*value = form_nth(f, name, 0);
	if (*value != NULL && form_nth(f, name, 1) != NULL) {
		*value = NULL;
		return RG_E_REQ_DUPLICATE;
	}
	return RG_OK;
}

bool
form_has_only(const struct form *f, const char *const *names)
{
	size_t i, k;

	for (i = 0; i < f->count; i++) {
		for (k = 0; names[k] != NULL; k++)
			if (strcmp(f->fields[i].name, names[k]) == 0)
				break;
		if (names[k] == NULL)
			return false;
	}
	return true;
}

void
form_put(struct buf *out, const char *name, const char *value)
{
	if (out->len > 0 && out->p[out->len - 1] != '?' &&
	    out->p[out->len - 1] != '&')
		buf_putc(out, '&');
	url_encode(out, name);
	buf_putc(out, '=');
	url_encode(out, value);
}
