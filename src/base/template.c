/* SPDX-License-Identifier: ISC */
#include "base/template.h"

#include <stdbool.h>
#include <string.h>

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_"
#define NAME_MAX_LEN 63

/* Where names are looked up: the innermost item first. */
struct scope {
	const json_t *values;
	const struct scope *outer;
};

struct tag {
	char kind; /* 'v' value, '#', '^', '/' or '>' */
	char name[NAME_MAX_LEN + 1];
};

/* The text still to be read. */
struct reader {
	const char *p;
	const char *end;
	const json_t *words;
	bool escaped; /* it is words itself: no markup comes of it */
};

static const json_t *
lookup(const struct scope *s, const char *name)
{
	const json_t *v = NULL;

	for (; s != NULL && v == NULL; s = s->outer)
		v = json_object_get(s->values, name);
	return v;
}

/*
 * The five characters that end text or a quoted attribute, or begin a tag or a
 * reference (OWASP XSS Prevention, rules 1 and 2). NULL for all others.
 */
static const char *
reference(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void
put_escaped(struct buf *out, const char *s, size_t len)
{
	size_t i, from = 0;
	const char *ref;

	for (i = 0; i < len; i++) {
		if ((ref = reference(s[i])) == NULL)
			continue;
		buf_put(out, s + from, i - from);
		buf_puts(out, ref);
		from = i + 1;
	}
	buf_put(out, s + from, len - from);
}

static void
put_value(struct buf *out, const json_t *v)
{
	if (json_is_string(v))
		put_escaped(out, json_string_value(v), json_string_length(v));
	else if (json_is_integer(v))
		buf_printf(out, "%lld", (long long)json_integer_value(v));
}

/* What stands between two tags. */
static void
put_literal(struct buf *out, const struct reader *in, const char *end)
{
	if (out == NULL)
		return;
	if (in->escaped)
		put_escaped(out, in->p, (size_t)(end - in->p));
	else
		buf_put(out, in->p, (size_t)(end - in->p));
}

/* How often {{#name}} shows its contents. */
static size_t
times_shown(const json_t *v)
{
	if (json_is_array(v))
		return json_array_size(v);
	return json_is_true(v) || json_string_length(v) > 0 ? 1 : 0;
}

/* Takes the tag that `in` stands at, braces and all. */
static enum rg_err
read_tag(struct reader *in, struct tag *tag)
{
	const char *name = in->p + 2;
	const char *close = memmem(name, (size_t)(in->end - name), "}}", 2);
	size_t len;

	if (close == NULL || close == name)
		return RG_E_INVALID;
	tag->kind = 'v';
	if (strchr("#^/>", *name) != NULL)
		tag->kind = *name++;
	len = (size_t)(close - name);
	if (len == 0 || len > NAME_MAX_LEN)
		return RG_E_INVALID;
	memcpy(tag->name, name, len);
	tag->name[len] = '\0';
	if (strspn(tag->name, NAME_CHARS) != len)
		return RG_E_INVALID;
	in->p = close + 2;
	/* "}}}" closes Mustache's unescaped form, which there is not. */
	if (in->p < in->end && *in->p == '}')
		return RG_E_INVALID;
	return RG_OK;
}

static enum rg_err render(struct reader *in, const char *closing,
    const struct scope *scope, int depth, struct buf *out);

/*
 * A section from behind its opening tag to behind its closing one, as often as
 * its value says; into nothing when that is never, so that it is checked.
 */
static enum rg_err
render_section(struct reader *in, const struct tag *tag,
    const struct scope *scope, int depth, struct buf *out)
{
	enum rg_err r = RG_OK;
	const json_t *v = lookup(scope, tag->name);
	size_t i, n = times_shown(v);
	const struct reader start = *in;

	if (depth == TEMPLATE_MAX_DEPTH)
		return RG_E_INVALID;
	if (tag->kind == '^')
		n = n == 0 ? 1 : 0;
	if (n == 0 || out == NULL)
		return render(in, tag->name, scope, depth + 1, NULL);
	for (i = 0; i < n && r == RG_OK; i++) {
		struct scope item = {json_array_get(v, i), scope};

		*in = start;
		r = render(in, tag->name, item.values != NULL ? &item : scope,
		    depth + 1, out);
	}
	return r;
}

static enum rg_err
render_words(const struct reader *in, const struct tag *tag,
    const struct scope *scope, int depth, struct buf *out)
{
	const json_t *v = json_object_get(in->words, tag->name);
	struct reader words = {.words = in->words, .escaped = true};

	/* The limit also ends words that name each other. */
	if (!json_is_string(v) || depth == TEMPLATE_MAX_DEPTH)
		return RG_E_INVALID;
	words.p = json_string_value(v);
	words.end = words.p + json_string_length(v);
	return render(&words, NULL, scope, depth + 1, out);
}

/*
 * Up to and with {{/closing}}, or to the end when that is NULL. Nothing is
 * written when `out` is NULL.
 */
static enum rg_err
render(struct reader *in, const char *closing, const struct scope *scope,
    int depth, struct buf *out)
{
	enum rg_err r;
	const char *open;
	struct tag tag;

	while ((open = memmem(in->p, (size_t)(in->end - in->p), "{{", 2)) !=
	       NULL) {
		put_literal(out, in, open);
		in->p = open;
		if ((r = read_tag(in, &tag)) != RG_OK)
			return r;
		if (tag.kind == '/')
			return closing != NULL && strcmp(tag.name, closing) == 0
				   ? RG_OK
				   : RG_E_INVALID;
		if (tag.kind == '>')
			r = render_words(in, &tag, scope, depth, out);
		else if (tag.kind != 'v')
			r = render_section(in, &tag, scope, depth, out);
		else if (out != NULL)
			put_value(out, lookup(scope, tag.name));
		if (r != RG_OK)
			return r;
	}
	if (closing != NULL)
		return RG_E_INVALID;
	put_literal(out, in, in->end);
	in->p = in->end;
	return RG_OK;
}

enum rg_err
template_render(const char *text, size_t len, const json_t *values,
    const json_t *words, struct buf *out)
{
	enum rg_err r = RG_E_INTERNAL;
	struct reader in = {text, text + len, words, false};
	struct scope scope = {values, NULL};

	if ((r = render(&in, NULL, &scope, 0, out)) != RG_OK)
		return r;
	if (!buf_ok(out))
		return out->limit != 0 ? RG_E_TOO_LARGE : RG_E_NOMEM;
	return RG_OK;
}
