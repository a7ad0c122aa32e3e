/* SPDX-License-Identifier: ISC */
/* /api/grants */
#include "cgi/api.h"

enum rg_err
api_grant_list(struct api_call *c)
{
	char cursor[GATE_CURSOR_MAX];
	struct gate_page page;
	int64_t principal;
	const char *role;
	enum rg_err r;

	if ((r = api_page_read(c, &page, cursor)) != RG_OK ||
	    (r = api_query_id(c, "principal", &principal)) != RG_OK ||
	    (r = api_query(c, "role", &role)) != RG_OK ||
	    (r = gate_grant_list(c->w->gate, principal, role, &page, &c->e)) !=
		RG_OK)
		return r;
	return api_page_put(c, &page);
}

static enum rg_err
show(struct api_call *c, int status, int64_t id)
{
	json_t *grant;
	enum rg_err r = gate_grant_get(c->w->gate, id, &grant, &c->e);

	return r == RG_OK ? api_put_own(c, status, grant) : r;
}

enum rg_err
api_grant_get(struct api_call *c)
{
	int64_t id;
	enum rg_err r = api_id(c, &id);

	return r == RG_OK ? show(c, 200, id) : r;
}

enum rg_err
api_grant_add(struct api_call *c)
{
	json_t *principal, *role, *reason, *expires;
	const struct api_field fields[] = {
	    {"principal", API_INT, true, &principal},
	    {"role", API_TEXT, true, &role},
	    {"reason", API_TEXT, false, &reason},
	    {"expires_at", API_INT, false, &expires}};
	struct grant_row row = {.reason = ""};
	int64_t id;
	enum rg_err r;

	if ((r = api_fields(c, fields, 4)) != RG_OK)
		return r;
	row.principal = json_integer_value(principal);
	row.role = json_string_value(role);
	if (reason != NULL)
		row.reason = json_string_value(reason);
	row.expires_at = json_integer_value(expires);
	r = gate_grant_add(c->w->gate, &row, &c->edit, &id, &c->e);
	return r == RG_OK ? show(c, 201, id) : r;
}

enum rg_err
api_grant_set(struct api_call *c)
{
	json_t *reason, *expires;
	const struct api_field fields[] = {{"reason", API_TEXT, false, &reason},
	    {"expires_at", API_INT, false, &expires}};
	struct gate_grant_change change = {.expires_at = -1};
	int64_t id;
	enum rg_err r;

	if ((r = api_id(c, &id)) != RG_OK ||
	    (r = api_fields(c, fields, 2)) != RG_OK)
		return r;
	change.reason = json_string_value(reason);
	if (expires != NULL)
		change.expires_at = json_integer_value(expires);
	r = gate_grant_set(c->w->gate, id, &change, &c->edit, &c->e);
	return r == RG_OK ? show(c, 200, id) : r;
}

enum rg_err
api_grant_remove(struct api_call *c)
{
	int64_t id;
	enum rg_err r;

	if ((r = api_id(c, &id)) != RG_OK ||
	    (r = gate_grant_remove(c->w->gate, id, &c->edit, &c->e)) != RG_OK)
		return r;
	return api_put_nothing(c);
}
