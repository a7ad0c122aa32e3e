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

const char *
claim_value(const json_t *claim, size_t n, char room[static CLAIM_ROOM])
{
	const json_t *v = claim;

	if (json_is_array(claim))
		v = json_array_get(claim, n);
	else if (n > 0)
		v = NULL;
	if (v == NULL)
		return NULL;
	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_boolean(v))
		return json_is_true(v) ? "true" : "false";
	if (!json_is_integer(v))
		return "";
	(void)snprintf(
	    room, CLAIM_ROOM, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	return room;
}

bool
claim_same(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || (text_is_guid(a) && strcasecmp(a, b) == 0);
}

bool
claim_has(const json_t *claim, const char *value)
{
	char room[CLAIM_ROOM];
	const char *v;
	size_t n;

	for (n = 0; (v = claim_value(claim, n, room)) != NULL; n++)
		if (*v != '\0' && claim_same(v, value))
			return true;
	return false;
}
