/* SPDX-License-Identifier: ISC */
/* What the operations share: reading parameters and bodies, answering. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64url.h"
#include "base/json.h"
#include "cgi/api.h"

#define LIMIT_DEFAULT 50

static bool
parse_number(const char *s, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(s, &end, 10);
	return errno == 0 && *s >= '1' && *s <= '9' && *end == '\0';
}

enum rg_err
api_id(struct api_call *c, int64_t *id)
{
	return parse_number(c->arg, id) ? RG_OK : RG_E_NOT_FOUND;
}

enum rg_err
api_query(struct api_call *c, const char *name, const char **value)
{
	enum rg_err r = form_get(c->q->query, name, value);

	return r == RG_OK ? r
			  : err_set(&c->e, RG_E_INVALID,
				"%s: was sent more than once", name);
}

enum rg_err
api_query_id(struct api_call *c, const char *name, int64_t *value)
{
	const char *s;
	enum rg_err r;

	*value = 0;
	if ((r = api_query(c, name, &s)) != RG_OK || s == NULL)
		return r;
	return parse_number(s, value) ? RG_OK
				      : err_set(&c->e, RG_E_INVALID,
					    "%s: expected a number", name);
}

static bool
is_texts(const json_t *v)
{
	size_t i;

	for (i = 0; i < json_array_size(v); i++)
		if (!json_is_string(json_array_get(v, i)))
			return false;
	return json_is_array(v);
}

static enum rg_err
check_type(struct api_call *c, const struct api_field *f, const json_t *v)
{
	static const char *const names[] = {[API_TEXT] = "a string",
	    [API_BOOL] = "true or false",
	    [API_INT] = "a whole number",
	    [API_TEXTS] = "an array of strings"};
	bool ok = false;

	switch (f->type) {
	case API_TEXT:
		ok = json_is_string(v);
		break;
	case API_BOOL:
		ok = json_is_boolean(v);
		break;
	case API_INT:
		ok = json_is_integer(v) && json_integer_value(v) >= 0;
		break;
	case API_TEXTS:
		ok = is_texts(v);
		break;
	}
	return ok ? RG_OK
		  : err_set(&c->e, RG_E_INVALID, "%s: expected %s", f->name,
			names[f->type]);
}

enum rg_err
api_fields(struct api_call *c, const struct api_field *fields, size_t count)
{
	const char *name;
	enum rg_err r;
	json_t *v;
	size_t i;

	for (i = 0; i < count; i++) {
		v = json_object_get(c->body, fields[i].name);
		if (json_is_null(v))
			v = NULL;
		*fields[i].value = v;
		if (v == NULL && fields[i].required)
			return err_set(&c->e, RG_E_INVALID, "%s: is missing",
			    fields[i].name);
		if (v != NULL && (r = check_type(c, &fields[i], v)) != RG_OK)
			return r;
	}
	json_object_foreach(c->body, name, v)
	{
		for (i = 0; i < count; i++)
			if (strcmp(fields[i].name, name) == 0)
				break;
		if (i == count)
			return err_set(&c->e, RG_E_INVALID,
			    "body: \"%.60s\" is not known here, or can't be "
			    "changed",
			    name);
	}
	return RG_OK;
}

enum rg_err
api_texts(const json_t *value, const char ***list, size_t *count)
{
	size_t i;

	*count = json_array_size(value);
	*list = calloc(*count + 1, sizeof(**list));
	if (*list == NULL)
		return RG_E_NOMEM;
	for (i = 0; i < *count; i++)
		(*list)[i] = json_string_value(json_array_get(value, i));
	return RG_OK;
}

enum rg_err
api_put_own(struct api_call *c, int status, json_t *thing)
{
	char tag[GATE_TAG_LEN + 1];

	if (thing != NULL) {
		gate_tag(thing, tag);
		response_header(c->s, "ETag", "\"%s\"", tag);
	}
	response_json_own(c->s, status, thing);
	return RG_OK;
}

enum rg_err
api_put_nothing(struct api_call *c)
{
	c->s->status = 204;
	return RG_OK;
}

enum rg_err
api_page_read(struct api_call *c, struct gate_page *page,
    char cursor[static GATE_CURSOR_MAX])
{
	uint8_t raw[B64URL_DEC_LEN(2 * GATE_CURSOR_MAX)];
	const char *s;
	int64_t limit;
	enum rg_err r;
	size_t n = 0;

	memset(page, 0, sizeof(*page));
	page->now = c->ctx.now;
	page->after = cursor;
	cursor[0] = '\0';
	if ((r = api_query_id(c, "limit", &limit)) != RG_OK)
		return r;
	if (limit > GATE_PAGE_MAX)
		return err_set(&c->e, RG_E_INVALID, "limit: expected 1 to %d",
		    GATE_PAGE_MAX);
	page->limit = limit == 0 ? LIMIT_DEFAULT : (int)limit;
	if ((r = api_query(c, "sort", &page->sort)) != RG_OK ||
	    (r = api_query(c, "cursor", &s)) != RG_OK || s == NULL)
		return r;
	if (strlen(s) > B64URL_ENC_LEN(GATE_CURSOR_MAX) ||
	    b64url_decode(s, strlen(s), raw, &n) != RG_OK ||
	    n >= GATE_CURSOR_MAX || memchr(raw, '\0', n) != NULL)
		return err_set(&c->e, RG_E_INVALID,
		    "cursor: expected what the page before said in \"next\"");
	memcpy(cursor, raw, n);
	cursor[n] = '\0';
	return RG_OK;
}

enum rg_err
api_page_put(struct api_call *c, struct gate_page *page)
{
	char next[B64URL_ENC_LEN(GATE_CURSOR_MAX) + 1];
	size_t n = strlen(page->next);

	b64url_encode(page->next, n, next);
	response_json_own(c->s, 200,
	    json_pack("{s:o, s:s?}", "items", page->items, "next",
		n == 0 ? NULL : next));
	page->items = NULL;
	return RG_OK;
}
