/* SPDX-License-Identifier: ISC */
#include "cli/audit_format.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/version.h"
#include "store/audit_json.h"

/* ---- CSV (RFC 4180) -------------------------------------------------------
 */

/* Also in the full width that an East Asian locale takes for the same. */
static bool
is_formula(const char *s)
{
	static const char *const wide[] = {
	    "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
	size_t i;

	for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (strncmp(s, wide[i], strlen(wide[i])) == 0)
			return true;
	return s[0] != '\0' && strchr("=+-@\t\r\n", s[0]) != NULL;
}

/*
 * Every field is quoted. A spreadsheet takes a field that begins with one of
 * these for a formula: an apostrophe before it makes it text (OWASP, "CSV
 * Injection"). Nothing that rolegate writes begins with one unless somebody
 * else chose it.
 */
static void
csv_field(struct buf *out, const char *s, char end)
{
	buf_putc(out, '"');
	if (is_formula(s))
		buf_putc(out, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			buf_putc(out, '"');
		buf_putc(out, *s);
	}
	buf_putc(out, '"');
	buf_putc(out, end);
}

static enum rg_err
csv_put(struct buf *out, const struct audit_row *a)
{
	char when[32];

	clock_format(a->time, when);
	buf_printf(out, "%" PRId64 ",%" PRId64 ",", a->seq, a->time);
	csv_field(out, when, ',');
	csv_field(out, a->event, ',');
	csv_field(out, a->actor, ',');
	csv_field(out, a->subject, ',');
	csv_field(out, a->client, ',');
	csv_field(out, a->request_id, ',');
	csv_field(out, a->detail, ',');
	csv_field(out, a->prev_hash, ',');
	csv_field(out, a->hash, '\r');
	buf_putc(out, '\n');
	return buf_ok(out) ? RG_OK : RG_E_NOMEM;
}

/* ---- CEF (ArcSight Common Event Format, version 0) ------------------------
 */

/* In the header "|" and "\" are escaped, and there are no lines. */
static void
cef_header(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '|' || *s == '\\')
			buf_putc(out, '\\');
		buf_putc(out, (unsigned char)*s < 0x20 ? ' ' : *s);
	}
	buf_putc(out, '|');
}

/* In the extension "=" and "\" are, and line breaks are written out. */
static void
cef_field(struct buf *out, const char *key, const char *s)
{
	if (s[0] == '\0')
		return;
	buf_printf(out, " %s=", key);
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			buf_puts(out, "\\n");
		else if (*s == '\r')
			buf_puts(out, "\\r");
		else {
			if (*s == '=' || *s == '\\')
				buf_putc(out, '\\');
			buf_putc(out, (unsigned char)*s < 0x20 ? ' ' : *s);
		}
	}
}

/* CEF has a key for each kind of address; a hash of one is neither. */
static void
cef_client(struct buf *out, const char *client)
{
	unsigned char address[16];

	if (inet_pton(AF_INET, client, address) == 1)
		cef_field(out, "src", client);
	else if (inet_pton(AF_INET6, client, address) == 1) {
		cef_field(out, "c6a2Label", "Source IPv6 Address");
		cef_field(out, "c6a2", client);
	} else if (client[0] != '\0') {
		cef_field(out, "cs3Label", "client");
		cef_field(out, "cs3", client);
	}
}

static enum rg_err
cef_put(struct buf *out, const struct audit_row *a)
{
	bool refused = strcmp(a->event, "sign_in.refused") == 0;

	buf_puts(out, "CEF:0|rolegate|rolegate|" RG_VERSION "|");
	cef_header(out, a->event);
	cef_header(out, a->event);
	buf_printf(out, "%d|rt=%" PRId64 "000 externalId=%" PRId64,
	    refused ? 5 : 3, a->time, a->seq);
	cef_field(out, "suser", a->actor);
	cef_field(out, "duser", a->subject);
	cef_client(out, a->client);
	if (a->request_id[0] != '\0') {
		cef_field(out, "cs1Label", "requestId");
		cef_field(out, "cs1", a->request_id);
	}
	cef_field(out, "cs2Label", "hash");
	cef_field(out, "cs2", a->hash);
	cef_field(out, "msg", a->detail);
	buf_putc(out, '\n');
	return buf_ok(out) ? RG_OK : RG_E_NOMEM;
}

static const struct audit_format formats[] = {
    {"jsonl", "", audit_json_put},
    {"csv",
	"seq,time,when,event,actor,subject,client,request_id,detail,prev_hash,"
	"hash\r\n",
	csv_put},
    {"cef", "", cef_put},
};

const struct audit_format *
audit_format_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}
