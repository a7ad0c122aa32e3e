/* SPDX-License-Identifier: ISC */
/*
 * Protected resource metadata, RFC 9728: how a client that knows only the
 * address of a resource finds out where to get a token for it (MCP, revision
 * 2026-07-28, "Authorization").
 */
#include <string.h>

#include "base/json.h"
#include "cgi/bearer.h"
#include "cgi/worker.h"

/* Section 2: a parameter without a value is left out. */
static void
set_list(json_t *doc, const char *name, json_t *list)
{
	if (json_array_size(list) > 0)
		(void)json_object_set(doc, name, list);
	json_decref(list);
}

static void
answer(struct worker *w, struct response *s, const struct resource *x)
{
	json_t *from = settings_token_issuers(w->settings),
	       *methods = json_array();
	json_t *doc = json_pack("{s:s, s:o}", "resource",
	    x == NULL ? w->settings->public_url : x->url,
	    "bearer_methods_supported", methods);

	/* [] says that no bearer token is accepted. */
	if (json_array_size(from) > 0)
		(void)json_array_append_new(methods, json_string("header"));
	set_list(doc, "authorization_servers", from);
	if (x != NULL) {
		set_list(doc, "scopes_supported",
		    json_strings(
			(const char *const *)x->scopes, x->scope_count));
		if (x->name[0] != '\0')
			(void)json_object_set_new(
			    doc, "resource_name", json_string(x->name));
	}
	response_json_own(s, 200, doc);
}

/* Below public_url: rolegate itself. */
void
endpoint_metadata(struct worker *w, const struct request *q, struct response *s)
{
	(void)q;
	answer(w, s, NULL);
}

/*
 * What has this path; a path of "" also means the only resource there is.
 * False if nothing has.
 */
static bool
find(const struct settings *s, const char *path, const struct resource **out)
{
	size_t i;

	*out = NULL;
	for (i = 0; i < s->resource_count; i++)
		if (strcmp(path, s->resources[i].path) == 0)
			*out = &s->resources[i];
	if (*out == NULL && s->resource_count == 1 && path[0] == '\0')
		*out = &s->resources[0];
	return *out != NULL || strcmp(path, s->prefix) == 0 ||
	       (path[0] == '\0' && s->resource_count == 0);
}

/* At the root of the site, with the path of the resource behind it. */
bool
metadata_at_root(struct worker *w, const struct request *q, struct response *s)
{
	static const char at[] = BEARER_WELL_KNOWN;
	const struct resource *x;

	if (strncmp(q->path, at, sizeof(at) - 1) != 0 ||
	    !find(w->settings, q->path + sizeof(at) - 1, &x))
		return false;
	answer(w, s, x);
	return true;
}
