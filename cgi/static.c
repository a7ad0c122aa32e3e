/* SPDX-License-Identifier: ISC */
/* Style sheets, pictures, scripts and words of the pages. */
#include <string.h>

#include "base/asset.h"
#include "base/text.h"
#include "cgi/worker.h"

#define NAME_MAX_LEN 64

static const struct {
	const char *suffix;
	const char *type;
} types[] = {
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
};

static const char *
type_of(const char *name)
{
	size_t i, n, len = strlen(name);

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		n = strlen(types[i].suffix);
		if (len > n && strcmp(name + len - n, types[i].suffix) == 0)
			return types[i].type;
	}
	return NULL;
}

/* What is embedded below www/ and is no page. */
void
endpoint_static(struct worker *w, const struct request *q, struct response *s)
{
	const char *name = q->path + strlen(w->settings->prefix) + 1;
	const char *type = type_of(name);
	const struct asset *a = NULL;
	struct buf path = BUF_INIT;

	if (type != NULL && text_is_name(name, "/.-", NAME_MAX_LEN)) {
		buf_printf(&path, "www/%s", name);
		a = asset_find(buf_str(&path));
	}
	if (a != NULL) {
		response_reset(s, 200);
		s->cacheable = true;
		response_header(s, "Content-Type", "%s", type);
		response_header(s, "Cache-Control", "public, max-age=300");
		buf_put(&s->body, a->data, a->len);
	} else {
		fail(w, q, s, RG_E_REQ_ROUTE, NULL);
	}
	buf_clear(&path);
}
