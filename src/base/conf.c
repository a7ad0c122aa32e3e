/* SPDX-License-Identifier: ISC */
#include "base/conf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#define MAX_ENTRIES 1024
#define MAX_SECTIONS 64
#define MAX_SECTION_LEN 49 /* libinih cuts off the rest */

struct entry {
	char *section;
	char *key;
	char *value;
	int line;
	bool asked;
};

struct section {
	char *name;
	int line;
	bool asked; /* for any key of it */
};

struct conf {
	char *path;
	FILE *file;
	int line;
	size_t count;
	struct entry *entries;
	size_t section_count;
	struct section sections[MAX_SECTIONS]; /* as they come in the file */
	struct err err;
};

static const struct entry *
find(const struct conf *c, const char *section, const char *key)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (strcmp(c->entries[i].section, section) == 0 &&
		    strcmp(c->entries[i].key, key) == 0)
			return &c->entries[i];
	return NULL;
}

static const struct section *
find_section(const struct conf *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->section_count; i++)
		if (strcmp(c->sections[i].name, name) == 0)
			return &c->sections[i];
	return NULL;
}

static void fail_at(struct conf *c, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
fail_at(struct conf *c, int line, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	if (c->err.code != RG_OK)
		return;
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	if (line > 0)
		(void)err_set(
		    &c->err, RG_E_CONF, "%s:%d: %s", c->path, line, text);
	else
		(void)err_set(&c->err, RG_E_CONF, "%s: %s", c->path, text);
}

void
conf_fail(
    struct conf *c, const char *section, const char *key, const char *fmt, ...)
{
	const struct entry *at = find(c, section, key);
	const struct section *s = find_section(c, section);
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	fail_at(c,
	    at != NULL	? at->line
	    : s != NULL ? s->line
			: 0,
	    "[%s] %s: %s", section, key, text);
}

/*
 * libinih tells of a section with its first key only: it would let an empty
 * or a repeated one pass, and cut a long name, which two could then share.
 */
static void
take_section(struct conf *c, const char *name)
{
	size_t i, len = strcspn(name, "]");
	struct section *s;

	if (name[len] != ']') {
		fail_at(c, c->line, "a [section] lacks its ]");
		return;
	}
	if (len > MAX_SECTION_LEN || c->section_count == MAX_SECTIONS) {
		fail_at(c, c->line, "more than %d sections or %d characters",
		    MAX_SECTIONS, MAX_SECTION_LEN);
		return;
	}
	for (i = 0; i < c->section_count; i++) {
		s = &c->sections[i];
		if (strncmp(s->name, name, len) == 0 && s->name[len] == '\0') {
			fail_at(c, c->line, "[%s] is there twice", s->name);
			return;
		}
	}
	s = &c->sections[i];
	if ((s->name = strndup(name, len)) == NULL) {
		fail_at(c, c->line, "out of memory");
		return;
	}
	s->line = c->line;
	s->asked = false;
	c->section_count++;
}

/* libinih's reader: a line at a time, so that we know its number. */
static char *
next_line(char *line, int size, void *stream)
{
	struct conf *c = stream;
	const char *text;
	size_t len;

	if (c->err.code != RG_OK || fgets(line, size, c->file) == NULL)
		return NULL;
	c->line++;
	len = strlen(line);
	if (len + 1 == (size_t)size && line[len - 1] != '\n' &&
	    !feof(c->file)) {
		fail_at(c, c->line, "line is longer than %d bytes", size - 2);
		return NULL;
	}
	/* libinih would take it for more of the value above. */
	if ((line[0] == ' ' || line[0] == '\t') &&
	    line[strspn(line, " \t\r\n")] != '\0') {
		fail_at(c, c->line, "a line must not start with a blank");
		return NULL;
	}
	/* A byte order mark may come first; libinih drops it. */
	text = c->line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0 ? line + 3
								     : line;
	if (text[0] == '[')
		take_section(c, text + 1);
	return line;
}

/* libinih's handler: 1 for "taken", 0 for "stop". */
static int
take(void *user, const char *section, const char *name, const char *value)
{
	struct conf *c = user;
	struct entry *e, *grown;

	if (section[0] == '\0') {
		fail_at(c, c->line, "%s stands before any [section]", name);
		return 0;
	}
	if (find(c, section, name) != NULL) {
		fail_at(c, c->line, "[%s] %s is set twice", section, name);
		return 0;
	}
	if (c->count == MAX_ENTRIES) {
		fail_at(c, c->line, "more than %d settings", MAX_ENTRIES);
		return 0;
	}
	grown = reallocarray(c->entries, c->count + 1, sizeof(*grown));
	if (grown == NULL)
		return 0;
	c->entries = grown;
	e = &c->entries[c->count];
	e->section = strdup(section);
	e->key = strdup(name);
	e->value = strdup(value);
	e->line = c->line;
	e->asked = false;
	c->count++;
	return e->section != NULL && e->key != NULL && e->value != NULL;
}

enum rg_err
conf_load(const char *path, struct conf **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct conf *c = NULL;
	int bad;

	*out = NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->path = strdup(path)) == NULL) {
		r = err_set(e, RG_E_NOMEM, "reading %s", path);
		goto out;
	}
	if ((c->file = fopen(path, "re")) == NULL) {
		r = err_set(e, RG_E_FILE, "%s: %s", path, strerror(errno));
		goto out;
	}
	bad = ini_parse_stream(next_line, c, take, c);
	if (bad != 0)
		fail_at(c, bad, "neither a [section] nor key = value");
	if (ferror(c->file))
		fail_at(c, 0, "can't be read");
	if (c->err.code != RG_OK) {
		r = err_set(e, c->err.code, "%s", c->err.detail);
		goto out;
	}
	(void)fclose(c->file);
	c->file = NULL;
	*out = c;
	c = NULL;
	r = RG_OK;
out:
	conf_free(&c);
	return r;
}

void
conf_free(struct conf **cp)
{
	struct conf *c = *cp;
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->count; i++) {
		free(c->entries[i].section);
		free(c->entries[i].key);
		free(c->entries[i].value);
	}
	for (i = 0; i < c->section_count; i++)
		free(c->sections[i].name);
	if (c->file != NULL)
		(void)fclose(c->file);
	free(c->entries);
	free(c->path);
	free(c);
	*cp = NULL;
}

const char *
conf_str(struct conf *c, const char *section, const char *key, const char *def)
{
	size_t i;

	for (i = 0; i < c->section_count; i++)
		if (strcmp(c->sections[i].name, section) == 0)
			c->sections[i].asked = true;
	for (i = 0; i < c->count; i++) {
		struct entry *e = &c->entries[i];

		if (strcmp(e->section, section) != 0 ||
		    strcmp(e->key, key) != 0)
			continue;
		e->asked = true;
		if (e->value[0] == '\0') {
			conf_fail(c, section, key, "has no value");
			return def;
		}
		return e->value;
	}
	return def;
}

const char *
conf_need(struct conf *c, const char *section, const char *key)
{
	const char *v = conf_str(c, section, key, NULL);

	if (v == NULL) {
		conf_fail(c, section, key, "is required");
		return "";
	}
	return v;
}

static char *
duplicate(const char *s)
{
	char *dup = strdup(s);

	if (dup == NULL)
		abort();
	return dup;
}

char *
conf_copy(struct conf *c, const char *section, const char *key, const char *def)
{
	return duplicate(conf_str(c, section, key, def));
}

char *
conf_copy_opt(struct conf *c, const char *section, const char *key)
{
	const char *v = conf_str(c, section, key, NULL);

	return v == NULL ? NULL : duplicate(v);
}

char *
conf_copy_need(struct conf *c, const char *section, const char *key)
{
	return duplicate(conf_need(c, section, key));
}

/* Parses digits; *end is what follows. False if there are none or too many. */
static bool
digits(const char *s, int64_t *out, const char **end)
{
	char *stop;

	errno = 0;
	if (s[0] < '0' || s[0] > '9')
		return false;
	*out = strtoll(s, &stop, 10);
	*end = stop;
	return errno == 0;
}

int64_t
conf_int(struct conf *c, const char *section, const char *key, int64_t def,
    int64_t min, int64_t max)
{
	const char *s = conf_str(c, section, key, NULL), *end;
	int64_t v;

	if (s == NULL)
		return def;
	if (!digits(s, &v, &end) || *end != '\0' || v < min || v > max) {
		conf_fail(c, section, key,
		    "expected a whole number from %lld to %lld, got \"%s\"",
		    (long long)min, (long long)max, s);
		return def;
	}
	return v;
}

int64_t
conf_seconds(struct conf *c, const char *section, const char *key, int64_t def,
    int64_t min, int64_t max)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
	const char *s = conf_str(c, section, key, NULL), *end;
	int64_t v;
	size_t i;

	if (s == NULL)
		return def;
	if (digits(s, &v, &end))
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (strcmp(end, units[i].name) == 0 &&
			    !__builtin_mul_overflow(v, units[i].seconds, &v) &&
			    v >= min && v <= max)
				return v;
	conf_fail(c, section, key,
	    "expected a time from %llds to %llds such as 90s, 15m, 8h or 7d, "
	    "got \"%s\"",
	    (long long)min, (long long)max, s);
	return def;
}

int
conf_choice(struct conf *c, const char *section, const char *key,
    const char *const *choices, int def)
{
	const char *s = conf_str(c, section, key, NULL);
	char list[128] = "";
	size_t at = 0;
	int i;

	if (s == NULL)
		return def;
	for (i = 0; choices[i] != NULL; i++) {
		if (strcmp(s, choices[i]) == 0)
			return i;
		if (at < sizeof(list))
			at += (size_t)snprintf(list + at, sizeof(list) - at,
			    "%s%s", i == 0 ? "" : ", ", choices[i]);
	}
	conf_fail(c, section, key, "expected one of %s; got \"%s\"", list, s);
	return def;
}

bool
conf_bool(struct conf *c, const char *section, const char *key, bool def)
{
	static const char *const choices[] = {"no", "yes", NULL};

	return conf_choice(c, section, key, choices, def) == 1;
}

bool
conf_has(const struct conf *c, const char *section, const char *key)
{
	return find(c, section, key) != NULL;
}

const char *
conf_section(const struct conf *c, const char *prefix, size_t n)
{
	size_t i, len = strlen(prefix);

	for (i = 0; i < c->section_count; i++)
		if (strncmp(c->sections[i].name, prefix, len) == 0 && n-- == 0)
			return c->sections[i].name;
	return NULL;
}

enum rg_err
conf_finish(struct conf *c, struct err *e)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (!c->entries[i].asked)
			fail_at(c, c->entries[i].line, "unknown key [%s] %s",
			    c->entries[i].section, c->entries[i].key);
	for (i = 0; i < c->section_count; i++)
		if (!c->sections[i].asked)
			fail_at(c, c->sections[i].line, "unknown section [%s]",
			    c->sections[i].name);
	if (c->err.code != RG_OK)
		return err_set(e, c->err.code, "%s", c->err.detail);
	return RG_OK;
}
