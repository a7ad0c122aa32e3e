/* SPDX-License-Identifier: ISC */
/* An audit row as a line of JSON, and back. */
#include "store/audit_json.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"

enum rg_err
audit_json_put(struct buf *out, const struct audit_row *a)
{
	json_t *line;
	char when[32];
	char *text = NULL;

	clock_format(a->time, when);
	line = json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, "
			 "s:s}",
	    "seq", (json_int_t)a->seq, "time", (json_int_t)a->time, "when",
	    when, "event", a->event, "actor", a->actor, "subject", a->subject,
	    "client", a->client, "request_id", a->request_id, "detail",
	    a->detail, "prev_hash", a->prev_hash, "hash", a->hash);
	if (line != NULL)
		text = json_dumps(line, JSON_COMPACT);
	json_decref(line);
	if (text == NULL)
		return RG_E_INVALID;
	buf_puts(out, text);
	buf_putc(out, '\n');
	free(text);
	return buf_ok(out) ? RG_OK : RG_E_NOMEM;
}

static bool
take_hash(const json_t *line, const char *name, char *out)
{
	const char *s = json_str(line, name);

	if (s == NULL || strlen(s) != HASH_HEX_LEN)
		return false;
	memcpy(out, s, HASH_HEX_LEN + 1);
	return true;
}

enum rg_err
audit_json_parse(
    const char *text, size_t len, json_t **line, struct audit_row *a)
{
	enum rg_err r;

	memset(a, 0, sizeof(*a));
	if ((r = json_load_strict(text, len, line)) != RG_OK)
		return r;
	a->event = json_str(*line, "event");
	a->actor = json_str(*line, "actor");
	a->subject = json_str(*line, "subject");
	a->client = json_str(*line, "client");
	a->request_id = json_str(*line, "request_id");
	a->detail = json_str(*line, "detail");
	if (json_int(*line, "seq", &a->seq) &&
	    json_int(*line, "time", &a->time) && a->event != NULL &&
	    a->actor != NULL && a->subject != NULL && a->client != NULL &&
	    a->request_id != NULL && a->detail != NULL &&
	    take_hash(*line, "prev_hash", a->prev_hash) &&
	    take_hash(*line, "hash", a->hash))
		return RG_OK;
	json_decref(*line);
	*line = NULL;
	return RG_E_JSON;
}
