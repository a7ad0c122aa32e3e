/* SPDX-License-Identifier: ISC */
/* The style sheet and the picture of the pages. */
#include <string.h>

#include "base/asset.h"
#include "cgi/worker.h"

static const struct {
	const char *suffix;
	const char *asset;
	const char *type;
} files[] = {
    {"/rolegate.css", "www/rolegate.css", "text/css; charset=utf-8"},
    {"/rolegate.svg", "www/rolegate.svg", "image/svg+xml"},
};

void
endpoint_static(struct worker *w, const struct request *q, struct response *s)
{
	const char *path = q->path + strlen(w->settings->prefix);
	const struct asset *a;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(path, files[i].suffix) != 0 ||
		    (a = asset_find(files[i].asset)) == NULL)
			continue;
		response_reset(s, 200);
		s->cacheable = true;
		response_header(s, "Content-Type", "%s", files[i].type);
		response_header(s, "Cache-Control", "public, max-age=3600");
		buf_put(&s->body, a->data, a->len);
		return;
	}
	fail(w, q, s, RG_E_REQ_ROUTE, NULL);
}
