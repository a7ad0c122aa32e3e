/* SPDX-License-Identifier: ISC */
#include "contextforge/plan.h"

#include <string.h>

#include "base/json.h"

static bool
same_member(const json_t *a, const json_t *b, const char *name)
{
	const char *x = json_str(a, name), *y = json_str(b, name);

	return x != NULL && y != NULL && strcmp(x, y) == 0;
}

static const json_t *
find(const json_t *list, const json_t *what)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (same_member(item, what, "role_id") &&
		    same_member(item, what, "scope") &&
		    same_member(item, what, "scope_id"))
			return item;
	}
	return NULL;
}

static enum rg_err
add(json_t *out, const json_t *what, const char *verb)
{
	json_t *step = json_copy((json_t *)(uintptr_t)what);

	(void)json_object_del(step, "pending");
	if (json_object_set_new(step, "do", json_string(verb)) != 0) {
		json_decref(step);
		return RG_E_NOMEM;
	}
	return json_array_append_new(out, step) == 0 ? RG_OK : RG_E_NOMEM;
}

/* Whether ours has to end at another time than it does: later, or at all. */
static bool
needs_renewal(const json_t *wanted, const json_t *ours)
{
	int64_t due = 0, is = 0;

	(void)json_int(wanted, "expires_at", &due);
	(void)json_int(ours, "expires_at", &is);
	if (due == 0 || is == 0)
		return due != is;
	return due > is;
}

/* What is to be done for one wanted assignment; NULL: nothing. */
static const char *
verb_for(const json_t *wanted, const json_t *ours, bool there)
{
	if (!there)
		return "grant";
	if (ours == NULL)
		return "leave";
	if (json_is_true(json_object_get(ours, "pending")))
		return "adopt";
	return needs_renewal(wanted, ours) ? "renew" : NULL;
}

enum rg_err
cf_plan(
    const json_t *wanted, const json_t *ours, const json_t *there, json_t **out)
{
	enum rg_err r = RG_E_NOMEM;
	const json_t *item;
	const char *verb;
	json_t *list = json_array();
	size_t i;

	*out = NULL;
	if (list == NULL)
		goto out;
	/* Takes away first: who loses one role for another has less, not more,
	 * in between. */
	json_array_foreach(ours, i, item)
	{
		if (find(wanted, item) != NULL)
			continue;
		verb = find(there, item) != NULL ? "revoke" : "forget";
		if ((r = add(list, item, verb)) != RG_OK)
			goto out;
	}
	json_array_foreach(wanted, i, item)
	{
		verb =
		    verb_for(item, find(ours, item), find(there, item) != NULL);
		if (verb != NULL && (r = add(list, item, verb)) != RG_OK)
			goto out;
	}
	*out = list;
	list = NULL;
	r = RG_OK;
out:
	json_decref(list);
	return r;
}
