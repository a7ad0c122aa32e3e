/* SPDX-License-Identifier: ISC */
#include "access/claim.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/*
 * Copies a name and returns where the path goes on after it; NULL: nowhere.
 * *whole is false when the name is too long: then none is copied.
 */
static const char *
next_name(const char *path, char name[static CLAIM_ROOM], bool *whole)
{
	size_t n = 0;

	*whole = true;
	for (; *path != '\0' && *path != '.'; path++) {
		if (path[0] == '\\' && path[1] == '.')
			path++;
		if (n + 1 == CLAIM_ROOM) {
			name[0] = '\0';
			*whole = false;
			return NULL;
		}
		name[n++] = *path;
	}
	name[n] = '\0';
	return *path == '.' ? path + 1 : NULL;
}

void
claim_root(const char *path, char name[static CLAIM_ROOM])
{
	bool whole;

	(void)next_name(path, name, &whole);
}

const json_t *
claim_at(const json_t *claims, const char *path)
{
	const json_t *at = json_object_get(claims, path);
	char name[CLAIM_ROOM];
	bool whole;

	if (at != NULL)
		return at;
	/* jansson finds nothing in NULL. */
	for (at = claims; path != NULL;) {
		path = next_name(path, name, &whole);
		at = whole ? json_object_get(at, name) : NULL;
	}
	return at;
}

void
claim_values(struct claim_values *v, const json_t *claim)
{
	v->claim = claim;
	v->next = 0;
	/* NULL for what is no object */
	v->member = json_object_iter((json_t *)(uintptr_t)claim);
}

/* One value that is no list. */
static const char *
scalar(struct claim_values *v, const json_t *item)
{
	if (json_is_string(item))
		return json_string_value(item);
	if (json_is_boolean(item))
		return json_is_true(item) ? "true" : "false";
	if (!json_is_integer(item))
		return "";
	(void)snprintf(v->room, sizeof(v->room), "%" JSON_INTEGER_FORMAT,
	    json_integer_value(item));
	return v->room;
}

/* The n-th item of an array, or of what counts as one of a single item. */
static const json_t *
item_at(const json_t *list, size_t n)
{
	if (json_is_array(list))
		return json_array_get(list, n);
	return n == 0 ? list : NULL;
}

static const char *
next_of_member(struct claim_values *v)
{
	json_t *object = (json_t *)(uintptr_t)v->claim;
	const json_t *list, *item;
	const char *name;
	int n;

	while (v->member != NULL) {
		name = json_object_iter_key(v->member);
		list = json_object_iter_value(v->member);
		item = item_at(list, v->next++);
		if (item != NULL && strchr(name, ':') == NULL) {
			if (!json_is_string(item))
				return "";
			n = snprintf(v->room, sizeof(v->room), "%s:%s", name,
			    json_string_value(item));
			/* As size_t a failure is too large as well. */
			return (size_t)n >= sizeof(v->room) ? "" : v->room;
		}
		v->member = json_object_iter_next(object, v->member);
		v->next = 0;
	}
	return NULL;
}

const char *
claim_next(struct claim_values *v)
{
	const json_t *item;

	if (json_is_object(v->claim))
		return next_of_member(v);
	item = item_at(v->claim, v->next++);
	return item == NULL ? NULL : scalar(v, item);
}

bool
claim_same(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || (text_is_guid(a) && strcasecmp(a, b) == 0);
}

bool
claim_has(const json_t *claim, const char *value)
{
	struct claim_values all;
	const char *v;

	claim_values(&all, claim);
	while ((v = claim_next(&all)) != NULL)
		if (*v != '\0' && claim_same(v, value))
			return true;
	return false;
}
