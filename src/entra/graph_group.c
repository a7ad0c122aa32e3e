/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "entra/graph.h"
#include "entra/graph_call.h"

/* The name in an answer that is about this group. */
static enum rg_err
read_name(const json_t *doc, const char *id, char **name, struct err *e)
{
	const char *said = json_str(doc, "id");
	const json_t *v = json_object_get(doc, "displayName");

	if (said == NULL || strcasecmp(said, id) != 0)
		return err_set(e, RG_E_GRAPH_ID, "it is not about this group");
	/* null: the permission is not enough to see it. */
	if (v == NULL || json_is_null(v))
		return RG_OK;
	if (!json_is_string(v))
		return err_set(e, RG_E_GRAPH_TYPE, "displayName is no text");
	*name = strdup(json_string_value(v));
	return *name == NULL ? err_set(e, RG_E_NOMEM, "asking Graph") : RG_OK;
}

enum rg_err
graph_group_name(struct graph *g, const struct graph_question *q,
    const char *id, char **name, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct graph_call c;
	struct buf url = BUF_INIT;
	json_t *doc = NULL;

	*name = NULL;
	if (!text_is_guid(id))
		return err_set(e, RG_E_INVALID, "the object id is no GUID");
	graph_call_begin(&c, g, q);
	buf_printf(
	    &url, "%s/v1.0/groups/%s?$select=id,displayName", q->base, id);
	if (!buf_ok(&url)) {
		r = err_set(e, RG_E_NOMEM, "asking Graph");
		goto out;
	}
	r = graph_call(&c, buf_str(&url), NULL, &doc, e);
	if (r == RG_E_GRAPH_ERROR && c.status == 404)
		r = err_set(e, RG_E_NOT_FOUND, "no such group");
	if (r != RG_OK)
		goto out;
	r = read_name(doc, id, name, e);
out:
	json_decref(doc);
	buf_clear(&url);
	return r;
}
