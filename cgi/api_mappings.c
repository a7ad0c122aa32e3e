/* SPDX-License-Identifier: ISC */
/* /api/mappings */
#include <string.h>

#include "cgi/api.h"

enum rg_err
api_mapping_list(struct api_call *c)
{
	char cursor[GATE_CURSOR_MAX];
	const char *provider, *role, *search;
	struct gate_page page;
	enum rg_err r;

	if ((r = api_page_read(c, &page, cursor)) != RG_OK ||
	    (r = api_query(c, "provider", &provider)) != RG_OK ||
	    (r = api_query(c, "role", &role)) != RG_OK ||
	    (r = api_query(c, "search", &search)) != RG_OK ||
	    (r = gate_mapping_list(
		 c->w->gate, provider, role, search, &page, &c->e)) != RG_OK)
		return r;
	return api_page_put(c, &page);
}

static enum rg_err
show(struct api_call *c, int status, int64_t id)
{
	json_t *mapping;
	enum rg_err r = gate_mapping_get(c->w->gate, id, &mapping, &c->e);

	return r == RG_OK ? api_put_own(c, status, mapping) : r;
}

enum rg_err
api_mapping_get(struct api_call *c)
{
	int64_t id;
	enum rg_err r = api_id(c, &id);

	return r == RG_OK ? show(c, 200, id) : r;
}

static const char *
or_empty(const json_t *v)
{
	return v == NULL ? "" : json_string_value(v);
}

/* "effect" says twice what "role" says, so that none is left out by mistake. */
static enum rg_err
check_effect(struct api_call *c, const json_t *effect, const json_t *role)
{
	bool deny =
	    effect != NULL && strcmp(json_string_value(effect), "deny") == 0;

	if (effect != NULL && !deny &&
	    strcmp(json_string_value(effect), "allow") != 0)
		return err_set(
		    &c->e, RG_E_INVALID, "effect: expected allow or deny");
	if (!deny && role == NULL)
		return err_set(&c->e, RG_E_INVALID, "role: is missing");
	if (deny && role != NULL)
		return err_set(&c->e, RG_E_INVALID,
		    "role: a mapping that denies leads to no role");
	return RG_OK;
}

enum rg_err
api_mapping_add(struct api_call *c)
{
	json_t *provider, *tenant, *kind, *claim, *value, *effect, *role,
	    *label, *note, *enabled, *expires;
	const struct api_field fields[] = {
	    {"provider", API_TEXT, true, &provider},
	    {"tenant", API_TEXT, false, &tenant},
	    {"kind", API_TEXT, true, &kind}, {"claim", API_TEXT, false, &claim},
	    {"value", API_TEXT, true, &value},
	    {"effect", API_TEXT, false, &effect},
	    {"role", API_TEXT, false, &role},
	    {"label", API_TEXT, false, &label},
	    {"note", API_TEXT, false, &note},
	    {"enabled", API_BOOL, false, &enabled},
	    {"expires_at", API_INT, false, &expires}};
	struct mapping_row m = {0};
	int64_t id;
	enum rg_err r;

	if ((r = api_fields(c, fields, sizeof(fields) / sizeof(fields[0]))) !=
		RG_OK ||
	    (r = check_effect(c, effect, role)) != RG_OK)
		return r;
	m.provider = json_string_value(provider);
	m.tenant = json_string_value(tenant);
	m.kind = json_string_value(kind);
	m.claim = json_string_value(claim);
	m.value = json_string_value(value);
	m.role = json_string_value(role);
	m.label = or_empty(label);
	m.note = or_empty(note);
	m.enabled = enabled == NULL || json_is_true(enabled);
	m.expires_at = json_integer_value(expires);
	r = gate_mapping_add(c->w->gate, &m, &c->edit, &id, &c->e);
	return r == RG_OK ? show(c, 201, id) : r;
}

enum rg_err
api_mapping_set(struct api_call *c)
{
	json_t *role, *label, *note, *enabled, *expires;
	const struct api_field fields[] = {{"role", API_TEXT, false, &role},
	    {"label", API_TEXT, false, &label},
	    {"note", API_TEXT, false, &note},
	    {"enabled", API_BOOL, false, &enabled},
	    {"expires_at", API_INT, false, &expires}};
	struct gate_mapping_change change = {.enabled = -1, .expires_at = -1};
	int64_t id;
	enum rg_err r;

	if ((r = api_id(c, &id)) != RG_OK ||
	    (r = api_fields(c, fields, 5)) != RG_OK)
		return r;
	change.role = json_string_value(role);
	change.label = json_string_value(label);
	change.note = json_string_value(note);
	if (enabled != NULL)
		change.enabled = json_is_true(enabled);
	if (expires != NULL)
		change.expires_at = json_integer_value(expires);
	r = gate_mapping_set(c->w->gate, id, &change, &c->edit, &c->e);
	return r == RG_OK ? show(c, 200, id) : r;
}

enum rg_err
api_mapping_remove(struct api_call *c)
{
	int64_t id;
	enum rg_err r;

	if ((r = api_id(c, &id)) != RG_OK ||
	    (r = gate_mapping_remove(c->w->gate, id, &c->edit, &c->e)) != RG_OK)
		return r;
	return api_put_nothing(c);
}
