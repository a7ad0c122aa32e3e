/* SPDX-License-Identifier: ISC */
#include "access/claim.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

const json_t *
claim_at(const json_t *claims, const char *path)
{
	const json_t *at = json_object_get(claims, path);
	const char *dot;

	if (at != NULL)
		return at;
	for (at = claims; json_is_object(at); path = dot + 1) {
		dot = strchr(path, '.');
		if (dot == NULL)
			return json_object_get(at, path);
		at = json_object_getn(at, path, (size_t)(dot - path));
	}
	return NULL;
}

static bool
scalar_is(const json_t *v, const char *value)
{
	char text[32];

	if (json_is_string(v)) {
		const char *s = json_string_value(v);

		if (strcmp(s, value) == 0)
			return true;
		return text_is_guid(value) && strcasecmp(s, value) == 0;
	}
	if (json_is_boolean(v))
		return strcmp(json_is_true(v) ? "true" : "false", value) == 0;
	if (json_is_integer(v)) {
		(void)snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT,
		    json_integer_value(v));
		return strcmp(text, value) == 0;
	}
	return false;
}

bool
claim_has(const json_t *claim, const char *value)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(claim))
		return claim != NULL && scalar_is(claim, value);
	for (i = 0; i < json_array_size(claim); i++) {
		item = json_array_get(claim, i);
		if (scalar_is(item, value))
			return true;
	}
	return false;
}
