/* SPDX-License-Identifier: ISC */
#include "cgi/step_up.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "oidc/authn.h"

#define ITEM "acrs:"
#define ITEM_LEN (sizeof(ITEM) - 1)

bool
step_up_is_item(const char *item)
{
	return strncmp(item, ITEM, ITEM_LEN) == 0;
}

struct wanted {
	size_t count;
	char value[AUTHN_VALUE_MAX + 1]; /* the first; "" if it is malformed */
};

static void
take(struct wanted *w, const char *value, size_t len)
{
	if (w->count++ > 0)
		return;
	if (len <= AUTHN_VALUE_MAX)
		(void)snprintf(
		    w->value, sizeof(w->value), "%.*s", (int)len, value);
	if (!authn_is_any_value(w->value))
		w->value[0] = '\0';
}

static void
collect(const struct request *q, struct wanted *w)
{
	const char *p = q->require == NULL ? "" : q->require, *v;
	size_t n;

	while (*(p += strspn(p, " ")) != '\0') {
		n = strcspn(p, " ");
		if (n >= ITEM_LEN && step_up_is_item(p))
			take(w, p + ITEM_LEN, n - ITEM_LEN);
		p += n;
	}
	for (n = 0; (v = form_nth(q->query, "acrs", n)) != NULL; n++)
		take(w, v, strlen(v));
}

enum rg_err
step_up_check(const struct request *q, const struct gate_identity *id)
{
	struct wanted w = {0};

	collect(q, &w);
	if (w.count == 0)
		return RG_OK;
	if (w.count > 1 || w.value[0] == '\0') {
		log_error("whoami.misconfigured",
		    "exactly one well-formed acrs can be required; require=%s",
		    log_quote(q->require == NULL ? "" : q->require));
		return RG_E_CONF;
	}
	return authn_has(id->claims, w.value) ? RG_OK : RG_E_INSUFFICIENT_AUTH;
}

void
step_up_put_url(struct buf *out, const struct settings *s,
    const struct request *q, const struct gate_identity *id,
    const char *return_to)
{
	struct wanted w = {0};

	collect(q, &w);
	buf_printf(out, "%s/login?", s->public_url);
	form_put(out, "step_up", w.value);
	form_put(out, "provider", id->provider);
	form_put(out, "return_to", return_to);
}
