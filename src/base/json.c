/* SPDX-License-Identifier: ISC */
#include "base/json.h"

/*
 * jansson parses recursively, to 2048 levels; a cheap look before keeps what
 * comes later (copying, dumping, walking) shallow as well.
 */
static bool
too_deep(const char *s, size_t len)
{
	size_t i, depth = 0;
	bool in_string = false;

	for (i = 0; i < len; i++) {
		if (in_string) {
			if (s[i] == '\\')
				i++;
			else if (s[i] == '"')
				in_string = false;
		} else if (s[i] == '"') {
			in_string = true;
		} else if (s[i] == '{' || s[i] == '[') {
			if (++depth > JSON_MAX_DEPTH)
				return true;
		} else if ((s[i] == '}' || s[i] == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

static enum rg_err
load(const char *text, size_t len, json_type type, json_t **out)
{
	json_t *value;
	json_error_t why;

	*out = NULL;
	if (too_deep(text, len))
		return RG_E_JSON;
	value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (value == NULL)
		return RG_E_JSON;
	if (json_typeof(value) != type) {
		json_decref(value);
		return RG_E_JSON;
	}
	*out = value;
	return RG_OK;
}

enum rg_err
json_load_strict(const char *text, size_t len, json_t **out)
{
	return load(text, len, JSON_OBJECT, out);
}

enum rg_err
json_load_list(const char *text, size_t len, json_t **out)
{
	return load(text, len, JSON_ARRAY, out);
}

const char *
json_str(const json_t *obj, const char *name)
{
	return json_string_value(json_object_get(obj, name));
}

bool
json_int(const json_t *obj, const char *name, int64_t *out)
{
	const json_t *v = json_object_get(obj, name);

	if (!json_is_integer(v))
		return false;
	*out = json_integer_value(v);
	return true;
}

json_t *
json_strings(const char *const *list, size_t count)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; array != NULL && i < count; i++) {
		if (json_array_append_new(array, json_string(list[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static int
put(const char *p, size_t len, void *data)
{
	struct buf *out = data;

	buf_put(out, p, len);
	return buf_ok(out) ? 0 : -1;
}

bool
json_put(struct buf *out, const json_t *value)
{
	if (json_dump_callback(value, put, out,
		JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) != 0) {
		out->failed = true;
		return false;
	}
	return true;
}
