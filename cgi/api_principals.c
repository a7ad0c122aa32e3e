/* SPDX-License-Identifier: ISC */
/* /api/principals: who has signed in here. */
#include <string.h>

#include "cgi/api.h"

/* ?subject=: the one of that name, or an empty list. */
static enum rg_err
list_one(struct api_call *c, const char *subject)
{
	struct gate_page page = {.items = json_array()};
	json_t *person;
	int64_t id;
	enum rg_err r;

	r = gate_principal_find(c->w->gate, subject, &id, &c->e);
	if (r == RG_OK &&
	    (r = gate_principal_get(c->w->gate, id, &person, &c->e)) == RG_OK)
		(void)json_array_append_new(page.items, person);
	if (r == RG_OK || r == RG_E_NOT_FOUND)
		return api_page_put(c, &page);
	json_decref(page.items);
	return r;
}

enum rg_err
api_principal_list(struct api_call *c)
{
	struct gate_people people = {.disabled = -1};
	char cursor[GATE_CURSOR_MAX];
	const char *disabled, *subject;
	struct gate_page page;
	enum rg_err r;

	if ((r = api_page_read(c, &page, cursor)) != RG_OK ||
	    (r = api_query(c, "subject", &subject)) != RG_OK ||
	    (r = api_query(c, "provider", &people.provider)) != RG_OK ||
	    (r = api_query(c, "search", &people.search)) != RG_OK ||
	    (r = api_query(c, "disabled", &disabled)) != RG_OK)
		return r;
	if (subject != NULL)
		return list_one(c, subject);
	if (disabled != NULL) {
		people.disabled = strcmp(disabled, "true") == 0;
		if (!people.disabled && strcmp(disabled, "false") != 0)
			return err_set(&c->e, RG_E_INVALID,
			    "disabled: expected true or false");
	}
	r = gate_principal_list(c->w->gate, &people, &page, &c->e);
	return r == RG_OK ? api_page_put(c, &page) : r;
}

static enum rg_err
show(struct api_call *c, int64_t id)
{
	json_t *person;
	enum rg_err r = gate_principal_get(c->w->gate, id, &person, &c->e);

	return r == RG_OK ? api_put_own(c, 200, person) : r;
}

enum rg_err
api_principal_get(struct api_call *c)
{
	int64_t id;
	enum rg_err r = api_id(c, &id);

	return r == RG_OK ? show(c, id) : r;
}

enum rg_err
api_principal_set(struct api_call *c)
{
	json_t *disabled;
	const struct api_field fields[] = {
	    {"disabled", API_BOOL, true, &disabled}};
	int64_t id;
	enum rg_err r;

	if ((r = api_id(c, &id)) != RG_OK ||
	    (r = api_fields(c, fields, 1)) != RG_OK ||
	    (r = gate_principal_disable(c->w->gate, id, json_is_true(disabled),
		 &c->edit, &c->e)) != RG_OK)
		return r;
	return show(c, id);
}

enum rg_err
api_principal_explain(struct api_call *c)
{
	json_t *explanation;
	int64_t id;
	enum rg_err r;

	if ((r = api_id(c, &id)) != RG_OK ||
	    (r = gate_explain_principal(
		 c->w->gate, id, c->ctx.now, &explanation, &c->e)) != RG_OK)
		return r;
	response_json_own(c->s, 200, explanation);
	return RG_OK;
}
