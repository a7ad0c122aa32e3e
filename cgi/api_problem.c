/* SPDX-License-Identifier: ISC */
/* How the API says no: it names the field, where a page has advice. */
#include <stdio.h>
#include <string.h>

#include "cgi/api.h"
#include "cgi/problem.h"
#include "cgi/whoami.h"

/* What means something else here than on a page, or comes up only here. */
static const struct {
	enum rg_err code;
	int status;
	const char *error;
	const char *message;
} problems[] = {
    {RG_E_JSON, 400, "bad_json", "The body is not one JSON object."},
    {RG_E_INVALID, 422, "invalid", "A value is not as expected."},
    {RG_E_NOT_FOUND, 404, "not_found", "There is no such thing."},
    {RG_E_REQ_ROUTE, 404, "not_found", "There is nothing at this address."},
    {RG_E_EXISTS, 409, "exists", "It exists already, or is still needed."},
    {RG_E_LAST_ADMIN, 409, "last_admin",
	"After this nobody could be admin any more."},
    {RG_E_PRECONDITION, 412, "precondition_failed",
	"It was changed since you read it; read it again."},
    {RG_E_PRECONDITION_MISSING, 428, "precondition_required",
	"Say in If-Match which version you mean to change."},
    {RG_E_AUTHORITY, 403, "beyond_authority",
	"You can't give or take what is not yours."},
    {RG_E_CROSS_SITE, 403, "cross_site",
	"With a cookie, an edit needs the header X-Rolegate-CSRF: 1 and the "
	"Origin of this site, or Sec-Fetch-Site: same-origin."},
    {RG_E_REQ_TYPE, 415, "unsupported_media_type",
	"The body is not application/json."},
    {RG_E_REQ_TOO_LARGE, 413, "too_large", "That is too much."},
};

/* "label: expected ..." -> "label", and where the rest begins. */
static const char *
split(const char *detail, char field[static 32])
{
	size_t n = strspn(detail, "abcdefghijklmnopqrstuvwxyz_");

	field[0] = '\0';
	if (n == 0 || n >= 32 || strncmp(detail + n, ": ", 2) != 0)
		return detail;
	memcpy(field, detail, n);
	field[n] = '\0';
	return detail + n + 2;
}

/* What was said to whoever edits, in words of ours. */
static bool
is_for_the_caller(enum rg_err code)
{
	return code == RG_E_INVALID || code == RG_E_NOT_FOUND ||
	       code == RG_E_EXISTS || code == RG_E_AUTHORITY ||
	       code == RG_E_LAST_ADMIN || code == RG_E_PRECONDITION;
}

static void
put(const struct request *q, struct response *s, int status, const char *error,
    const char *message, const char *field)
{
	/* A text that was cut within a character is no JSON string. */
	json_t *text = json_string(message);

	if (text == NULL)
		text = json_string("The value is not as expected.");
	response_reset(s, status);
	response_json_own(s, status,
	    json_pack("{s:s, s:o, s:s, s:s*}", "error", error, "message", text,
		"request_id", q->id, "field", field[0] == '\0' ? NULL : field));
}

void
api_fail(struct worker *w, const struct request *q, struct response *s,
    enum rg_err code, const struct err *e)
{
	const char *said = "";
	char field[32] = "";
	size_t i;

	if (e != NULL && e->code == code && is_for_the_caller(code))
		said = split(e->detail, field);
	for (i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
		if (problems[i].code != code)
			continue;
		put(q, s, problems[i].status, problems[i].error,
		    said[0] == '\0' ? problems[i].message : said, field);
		return;
	}
	if (problem_of(code)->status == 401 || code == RG_E_SCOPE ||
	    code == RG_E_BEARER_FORM)
		whoami_refuse(w, q, s, code);
	else
		fail_json(q, s, code);
}
