/* SPDX-License-Identifier: ISC */
#include "cli/env_file.h"

#include <ctype.h>
#include <string.h>

#include "base/file.h"

#define FILE_MAX (1 << 20)

struct env_reader {
	const char *path;
	const char *at;
	int line;
	struct buf name;
	struct buf value;
	json_t *env;
	json_t *unexpanded;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
skip_blanks(struct env_reader *f)
{
	while (is_blank(*f->at))
		f->at++;
}

static void
skip_line(struct env_reader *f)
{
	f->at += strcspn(f->at, "\n");
}

/* Without quotes: to the end of the line, or to a comment. */
static void
read_bare(struct env_reader *f)
{
	const char *start = f->at, *end;

	skip_line(f);
	for (end = start; end < f->at; end++)
		if (*end == '#' && (end == start || is_blank(end[-1])))
			break;
	while (end > start && is_blank(end[-1]))
		end--;
	buf_put(&f->value, start, (size_t)(end - start));
}

/* May go on over several lines. Single quotes know \' and \\ only. */
static bool
read_quoted(struct env_reader *f)
{
	const char *escapes = *f->at == '"' ? "\"\\nrt" : "'\\";
	const char *means = *f->at == '"' ? "\"\\\n\r\t" : "'\\", *found;
	char quote = *f->at++;

	for (; *f->at != '\0' && *f->at != quote; f->at++) {
		if (*f->at == '\n')
			f->line++;
		if (f->at[0] == '\\' && f->at[1] != '\0' &&
		    (found = strchr(escapes, f->at[1])) != NULL) {
			buf_putc(&f->value, means[found - escapes]);
			f->at++;
		} else {
			buf_putc(&f->value, *f->at);
		}
	}
	if (*f->at == '\0')
		return false;
	skip_line(f);
	return true;
}

/* NAME= of a line; false where there is none. */
static bool
read_name(struct env_reader *f)
{
	size_t n;

	if (strncmp(f->at, "export", 6) == 0 && is_blank(f->at[6])) {
		f->at += 6;
		skip_blanks(f);
	}
	for (n = 0; isalnum((unsigned char)f->at[n]) || f->at[n] == '_'; n++)
		buf_putc(&f->name, (char)toupper((unsigned char)f->at[n]));
	f->at += n;
	skip_blanks(f);
	if (n == 0 || *f->at != '=')
		return false;
	f->at++;
	skip_blanks(f);
	return true;
}

/* ${NAME} or ${NAME:-default} */
static bool
has_variable(const char *p)
{
	while ((p = strstr(p, "${")) != NULL) {
		p += 2;
		p += strcspn(p, "}:");
		if (*p == '}' || (strncmp(p, ":-", 2) == 0 && strchr(p, '}')))
			return true;
	}
	return false;
}

static enum rg_err
put(struct env_reader *f, int line, struct err *e)
{
	const char *name = buf_str(&f->name);
	json_t *value;

	/* Of an earlier line; also where nothing takes its place. */
	(void)json_object_del(f->unexpanded, name);
	(void)json_object_del(f->env, name);
	if (f->value.len == 0)
		return RG_OK;
	if ((value = json_stringn(f->value.p, f->value.len)) == NULL)
		return err_set(
		    e, RG_E_INVALID, "%s:%d: is not UTF-8", f->path, line);
	if (json_object_set_new(f->env, name, value) != 0 ||
	    (has_variable(buf_str(&f->value)) &&
		json_object_set_new(f->unexpanded, name, json_integer(line)) !=
		    0))
		return err_set(e, RG_E_NOMEM, "%s:%d", f->path, line);
	return RG_OK;
}

static enum rg_err
read_line(struct env_reader *f, struct err *e)
{
	int line = f->line;

	buf_reset(&f->name);
	buf_reset(&f->value);
	skip_blanks(f);
	if (*f->at == '#' || !read_name(f)) {
		skip_line(f);
		return RG_OK;
	}
	if (*f->at != '"' && *f->at != '\'')
		read_bare(f);
	else if (!read_quoted(f))
		return err_set(e, RG_E_INVALID,
		    "%s:%d: the quote is not closed", f->path, line);
	if (!buf_ok(&f->name) || !buf_ok(&f->value))
		return err_set(e, RG_E_NOMEM, "%s:%d", f->path, line);
	return put(f, line, e);
}

enum rg_err
env_file_read(
    const char *path, json_t **out, json_t **unexpanded, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct env_reader f = {.path = path,
	    .line = 1,
	    .name = BUF_INIT,
	    .value = BUF_INIT,
	    .env = json_object(),
	    .unexpanded = json_object()};
	struct buf text = BUF_INIT;

	*out = *unexpanded = NULL;
	if ((r = file_read(path, FILE_MAX, &text, e)) != RG_OK)
		goto out;
	if (strlen(buf_str(&text)) != text.len) {
		r = err_set(e, RG_E_INVALID, "%s: is no text", path);
		goto out;
	}
	if (f.env == NULL || f.unexpanded == NULL) {
		r = err_set(e, RG_E_NOMEM, "%s", path);
		goto out;
	}
	for (f.at = buf_str(&text); r == RG_OK && *f.at != '\0';) {
		r = read_line(&f, e);
		if (r == RG_OK && *f.at == '\n') {
			f.at++;
			f.line++;
		}
	}
	if (r != RG_OK)
		goto out;
	*out = f.env;
	*unexpanded = f.unexpanded;
	f.env = f.unexpanded = NULL;
	r = RG_OK;
out:
	json_decref(f.env);
	json_decref(f.unexpanded);
	buf_clear(&text);
	buf_clear(&f.name);
	buf_clear(&f.value);
	return r;
}
