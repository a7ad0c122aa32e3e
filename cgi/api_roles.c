/* SPDX-License-Identifier: ISC */
/* /api/roles */
#include <stdlib.h>
#include <string.h>

#include "cgi/api.h"

enum rg_err
api_role_list(struct api_call *c)
{
	char cursor[GATE_CURSOR_MAX];
	struct gate_page page;
	enum rg_err r;

	if ((r = api_page_read(c, &page, cursor)) != RG_OK ||
	    (r = gate_role_list(c->w->gate, &page, &c->e)) != RG_OK)
		return r;
	return api_page_put(c, &page);
}

static enum rg_err
show(struct api_call *c, int status, const char *name)
{
	json_t *role;
	enum rg_err r = gate_role_get(c->w->gate, name, &role, &c->e);

	return r == RG_OK ? api_put_own(c, status, role) : r;
}

enum rg_err
api_role_get(struct api_call *c)
{
	return show(c, 200, c->arg);
}

enum rg_err
api_role_add(struct api_call *c)
{
	json_t *name, *description, *permissions, *is_admin;
	const struct api_field fields[] = {{"name", API_TEXT, true, &name},
	    {"description", API_TEXT, false, &description},
	    {"permissions", API_TEXTS, false, &permissions},
	    {"is_admin", API_BOOL, false, &is_admin}};
	struct role_row row = {.description = ""};
	const char **list = NULL;
	enum rg_err r;

	if ((r = api_fields(c, fields, 4)) != RG_OK ||
	    (r = api_texts(permissions, &list, &row.permission_count)) != RG_OK)
		goto out;
	row.name = json_string_value(name);
	if (description != NULL)
		row.description = json_string_value(description);
	row.permissions = list;
	row.is_admin = json_is_true(is_admin);
	r = gate_role_add(c->w->gate, &row, &c->edit, &c->e);
	if (r == RG_OK)
		r = show(c, 201, row.name);
out:
	free(list);
	return r;
}

enum rg_err
api_role_set(struct api_call *c)
{
	json_t *description, *permissions, *is_admin;
	const struct api_field fields[] = {
	    {"description", API_TEXT, false, &description},
	    {"permissions", API_TEXTS, false, &permissions},
	    {"is_admin", API_BOOL, false, &is_admin}};
	struct gate_role_change change = {.is_admin = -1};
	const char **list = NULL;
	enum rg_err r;

	if ((r = api_fields(c, fields, 3)) != RG_OK ||
	    (r = api_texts(permissions, &list, &change.permission_count)) !=
		RG_OK)
		goto out;
	change.description = json_string_value(description);
	if (permissions != NULL)
		change.permissions = list;
	if (is_admin != NULL)
		change.is_admin = json_is_true(is_admin);
	r = gate_role_set(c->w->gate, c->arg, &change, &c->edit, &c->e);
	if (r == RG_OK)
		r = show(c, 200, c->arg);
out:
	free(list);
	return r;
}

enum rg_err
api_role_remove(struct api_call *c)
{
	enum rg_err r;

	r = gate_role_remove(c->w->gate, c->arg, &c->edit, &c->e);
	return r == RG_OK ? api_put_nothing(c) : r;
}
