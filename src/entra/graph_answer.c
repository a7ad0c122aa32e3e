/* SPDX-License-Identifier: ISC */
#include "entra/graph_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/url.h"

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct graph_group *)a)->id,
	    ((const struct graph_group *)b)->id);
}

enum rg_err
graph_groups_set(struct graph_groups *g, const char *const *ids, size_t count)
{
	size_t i, n = 0;

	memset(g, 0, sizeof(*g));
	if (count == 0)
		return RG_OK;
	if ((g->all = calloc(count, sizeof(*g->all))) == NULL)
		return RG_E_NOMEM;
	for (i = 0; i < count; i++) {
		if (!text_is_guid(ids[i]))
			continue;
		memcpy(g->all[n].id, ids[i], TEXT_GUID_LEN);
		text_lower(g->all[n].id);
		n++;
	}
	qsort(g->all, n, sizeof(*g->all), compare);
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(g->all[i].id, g->all[i - 1].id) != 0)
			g->all[g->count++] = g->all[i];
	return RG_OK;
}

void
graph_groups_clear(struct graph_groups *g)
{
	free(g->all);
	g->all = NULL;
	g->count = 0;
}

static struct graph_group *
find(const struct graph_groups *g, const char *id)
{
	struct graph_group key = {.member = false};

	if (g->count == 0)
		return NULL;
	(void)snprintf(key.id, sizeof(key.id), "%s", id);
	text_lower(key.id);
	return bsearch(&key, g->all, g->count, sizeof(key), compare);
}

/*
 * The code of {"error":{"code":...}}; "?" when there is none that can be
 * shown. Codes may be nested and new ones come: this one is for people to read
 * (https://learn.microsoft.com/graph/errors).
 */
static const char *
error_code(const json_t *doc)
{
	const char *code = json_str(json_object_get(doc, "error"), "code");

	return code != NULL && text_is_name(code, "_-.", 64) ? code : "?";
}

enum rg_err
graph_read(const char *text, size_t len, json_t **doc, struct err *e)
{
	enum rg_err r;

	if (json_load_strict(text, len, doc) != RG_OK)
		return err_set(e, RG_E_GRAPH_JSON, "%zu bytes", len);
	if (json_object_get(*doc, "error") == NULL)
		return RG_OK;
	r = err_set(e, RG_E_GRAPH_ERROR, "status 200: %s", error_code(*doc));
	json_decref(*doc);
	*doc = NULL;
	return r;
}

enum rg_err
graph_read_error(long status, const char *text, size_t len, struct err *e)
{
	enum rg_err r = status == 401 || status == 403 ? RG_E_GRAPH_REFUSED
						       : RG_E_GRAPH_ERROR;
	json_t *doc = NULL;

	(void)json_load_strict(text, len, &doc);
	r = err_set(e, r, "status %ld: %s", status, error_code(doc));
	json_decref(doc);
	return r;
}

/* A GUID as text, or NULL. */
static const char *
guid(const json_t *v)
{
	const char *s = json_string_value(v);

	return s != NULL && text_is_guid(s) ? s : NULL;
}

enum rg_err
graph_read_check(const json_t *doc, struct graph_groups *g, size_t from,
    size_t to, struct err *e)
{
	const json_t *value = json_object_get(doc, "value"), *item;
	struct graph_group *group;
	const char *id;
	size_t i;

	if (!json_is_array(value))
		return err_set(e, RG_E_GRAPH_TYPE, "value is no array");
	/* As many as were asked about fit into one answer. */
	if (json_object_get(doc, "@odata.nextLink") != NULL)
		return err_set(e, RG_E_GRAPH_LINK, "checkMemberGroups has one");
	json_array_foreach(value, i, item)
	{
		if (!json_is_string(item))
			return err_set(e, RG_E_GRAPH_TYPE, "an id is no text");
		if ((id = guid(item)) == NULL)
			return err_set(e, RG_E_GRAPH_ID, "an id is no GUID");
		group = find(g, id);
		if (group == NULL || (size_t)(group - g->all) < from ||
		    (size_t)(group - g->all) >= to)
			return err_set(
			    e, RG_E_GRAPH_ID, "%s was not asked about", id);
		group->member = true;
	}
	return RG_OK;
}

/* One entry of the list. */
static enum rg_err
read_entry(const json_t *item, struct graph_groups *g, struct err *e)
{
	const json_t *type = json_object_get(item, "@odata.type");
	const json_t *id = json_object_get(item, "id");
	struct graph_group *group;

	if (!json_is_object(item) || !json_is_string(id))
		return err_set(e, RG_E_GRAPH_TYPE, "an entry has no id");
	/* Only groups were asked for. */
	if (type != NULL &&
	    (!json_is_string(type) ||
		strcmp(json_string_value(type), "#microsoft.graph.group") != 0))
		return err_set(e, RG_E_GRAPH_TYPE, "an entry is no group");
	if (guid(id) == NULL)
		return err_set(e, RG_E_GRAPH_ID, "an id is no GUID");
	if ((group = find(g, guid(id))) != NULL)
		group->member = true;
	return RG_OK;
}

enum rg_err
graph_read_page(const json_t *doc, struct graph_groups *g, size_t *ids,
    const char **next, int64_t *total, struct err *e)
{
	const json_t *value = json_object_get(doc, "value"), *item;
	const json_t *link = json_object_get(doc, "@odata.nextLink");
	enum rg_err r;
	size_t i;

	*next = NULL;
	if (!json_int(doc, "@odata.count", total))
		*total = -1;
	if (!json_is_array(value))
		return err_set(e, RG_E_GRAPH_TYPE, "value is no array");
	if (link != NULL && !json_is_string(link))
		return err_set(e, RG_E_GRAPH_TYPE, "the next link is no text");
	json_array_foreach(value, i, item)
	{
		if ((r = read_entry(item, g, e)) != RG_OK)
			return r;
	}
	*ids += json_array_size(value);
	*next = json_string_value(link);
	return RG_OK;
}

enum rg_err
graph_check_link(const char *base, const char *link, struct err *e)
{
	struct url ours, theirs;
	size_t n;

	if (url_parse(base, &ours) != RG_OK || ours.has_query)
		return err_set(e, RG_E_GRAPH_LINK, "Graph's own address");
	if (url_parse(link, &theirs) != RG_OK)
		return err_set(e, RG_E_GRAPH_LINK, "not a plain https URL");
	if (!url_same_origin(&ours, &theirs))
		return err_set(e, RG_E_GRAPH_LINK, "to %s port %u", theirs.host,
		    theirs.port);
	n = strlen(ours.path);
	/* libcurl resolves "/../" before it asks. */
	if (strncmp(theirs.path, ours.path, n) != 0 ||
	    strncmp(theirs.path + n, "/v1.0/", 6) != 0 ||
	    strstr(theirs.path, "/.") != NULL ||
	    strstr(theirs.path, "//") != NULL ||
	    strcasestr(theirs.path, "%2e") != NULL ||
	    strcasestr(theirs.path, "%2f") != NULL)
		return err_set(
		    e, RG_E_GRAPH_LINK, "to another path of %s", ours.host);
	return RG_OK;
}
