/* SPDX-License-Identifier: ISC */
#include "gate_plan_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

static const char *const document_members[] = {
    "schema", "roles", "mappings", NULL};
static const char *const role_members[] = {
    "name", "description", "permissions", "is_admin", NULL};
static const char *const mapping_members[] = {"provider", "tenant", "kind",
    "claim", "value", "effect", "role", "label", "note", "enabled",
    "expires_at", NULL};

enum rg_err
document_blame(struct err *e, const char *list, size_t at)
{
	struct err was = *e;

	return err_set(e, was.code, "%s[%zu].%s", list, at, was.detail);
}

/* A misspelt "enabeld" must not be passed over in silence. */
static enum rg_err
check_members(json_t *o, const char *const *known, struct err *e)
{
	const char *name;
	json_t *v;
	size_t i;

	if (!json_is_object(o))
		return err_set(e, RG_E_INVALID, "item: expected an object");
	json_object_foreach(o, name, v)
	{
		for (i = 0; known[i] != NULL; i++)
			if (strcmp(known[i], name) == 0)
				break;
		if (known[i] == NULL)
			return err_set(e, RG_E_INVALID,
			    "item: \"%.60s\" is not known here", name);
	}
	return RG_OK;
}

/* A string; `def` when it is absent or null, which NULL does not allow. */
static enum rg_err
get_text(const json_t *o, const char *name, const char *def, const char **out,
    struct err *e)
{
	const json_t *v = json_object_get(o, name);

	*out = v == NULL || json_is_null(v) ? def : json_string_value(v);
	if (*out == NULL)
		return err_set(e, RG_E_INVALID, "%s: expected a string", name);
	return RG_OK;
}

/* The same for what may be missing: NULL then. */
static enum rg_err
get_optional(const json_t *o, const char *name, const char **out, struct err *e)
{
	const json_t *v = json_object_get(o, name);

	*out = NULL;
	if (v == NULL || json_is_null(v))
		return RG_OK;
	return get_text(o, name, NULL, out, e);
}

static enum rg_err
get_bool(const json_t *o, const char *name, bool def, bool *out, struct err *e)
{
	const json_t *v = json_object_get(o, name);

	*out = v == NULL ? def : json_is_true(v);
	if (v != NULL && !json_is_boolean(v))
		return err_set(
		    e, RG_E_INVALID, "%s: expected true or false", name);
	return RG_OK;
}

static enum rg_err
get_permissions(const json_t *o, struct plan_role *out, struct err *e)
{
	const json_t *v = json_object_get(o, "permissions");
	size_t i, n = json_array_size(v);

	if (v != NULL && !json_is_array(v))
		return err_set(e, RG_E_INVALID,
		    "permissions: expected an array of strings");
	out->permissions = calloc(n + 1, sizeof(*out->permissions));
	if (out->permissions == NULL)
		return err_set(e, RG_E_NOMEM, "reading the document");
	out->row.permissions = out->permissions;
	out->row.permission_count = n;
	for (i = 0; i < n; i++) {
		out->permissions[i] = json_string_value(json_array_get(v, i));
		if (out->permissions[i] == NULL)
			return err_set(e, RG_E_INVALID,
			    "permissions: expected an array of strings");
	}
	return RG_OK;
}

static enum rg_err
read_role(json_t *o, struct plan_role *out, struct err *e)
{
	enum rg_err r;

	if ((r = check_members(o, role_members, e)) != RG_OK ||
	    (r = get_text(o, "name", NULL, &out->row.name, e)) != RG_OK ||
	    (r = get_text(o, "description", "", &out->row.description, e)) !=
		RG_OK ||
	    (r = get_bool(o, "is_admin", false, &out->row.is_admin, e)) !=
		RG_OK ||
	    (r = get_permissions(o, out, e)) != RG_OK)
		return r;
	if (strcmp(out->row.name, "admin") == 0)
		return err_set(e, RG_E_INVALID,
		    "name: admin is built in and is not listed");
	return gate_role_check(&out->row, e);
}

/* In the copy, so that one group has one text. */
static enum rg_err
lower_guid(json_t *o, const char *name, struct err *e)
{
	json_t *v = json_object_get(o, name);
	const char *s = json_string_value(v);
	char guid[TEXT_GUID_LEN + 1];

	if (s == NULL || !text_is_guid(s))
		return RG_OK;
	memcpy(guid, s, sizeof(guid));
	text_lower(guid);
	if (json_string_set(v, guid) != 0)
		return err_set(e, RG_E_NOMEM, "reading the document");
	return RG_OK;
}

static enum rg_err
read_effect(const json_t *o, struct mapping_row *m, struct err *e)
{
	const char *effect;
	enum rg_err r;

	if ((r = get_text(o, "effect", "allow", &effect, e)) != RG_OK ||
	    (r = get_optional(o, "role", &m->role, e)) != RG_OK)
		return r;
	if (strcmp(effect, "allow") != 0 && strcmp(effect, "deny") != 0)
		return err_set(
		    e, RG_E_INVALID, "effect: expected allow or deny");
	if ((strcmp(effect, "deny") == 0) == (m->role != NULL))
		return err_set(e, RG_E_INVALID,
		    "role: goes with effect allow, and only with it");
	return RG_OK;
}

static enum rg_err
read_mapping(json_t *o, struct mapping_row *m, struct err *e)
{
	const json_t *expires = json_object_get(o, "expires_at");
	enum rg_err r;

	if ((r = check_members(o, mapping_members, e)) != RG_OK ||
	    (r = lower_guid(o, "value", e)) != RG_OK ||
	    (r = lower_guid(o, "tenant", e)) != RG_OK ||
	    (r = get_text(o, "provider", NULL, &m->provider, e)) != RG_OK ||
	    (r = get_optional(o, "tenant", &m->tenant, e)) != RG_OK ||
	    (r = get_text(o, "kind", NULL, &m->kind, e)) != RG_OK ||
	    (r = get_optional(o, "claim", &m->claim, e)) != RG_OK ||
	    (r = get_text(o, "value", NULL, &m->value, e)) != RG_OK ||
	    (r = read_effect(o, m, e)) != RG_OK ||
	    (r = get_text(o, "label", "", &m->label, e)) != RG_OK ||
	    (r = get_text(o, "note", "", &m->note, e)) != RG_OK ||
	    (r = get_bool(o, "enabled", true, &m->enabled, e)) != RG_OK)
		return r;
	if (expires != NULL && !json_is_integer(expires))
		return err_set(e, RG_E_INVALID,
		    "expires_at: expected seconds since 1970, or 0");
	m->expires_at = json_integer_value(expires);
	return RG_OK;
}

/* What makes two mappings the same one, as a text; NULL without memory. */
static char *
key_of(const struct mapping_row *m)
{
	struct buf key = BUF_INIT;

	/* No value has a control character. */
	buf_printf(&key, "%s\n%s\n%s\n%s\n%s\n%s", m->provider,
	    m->tenant == NULL ? "" : m->tenant, m->kind,
	    m->claim == NULL ? "" : m->claim, m->value,
	    m->role == NULL ? "" : m->role);
	return buf_steal(&key);
}

static int64_t
place(const json_t *index, const char *key)
{
	const json_t *v = key == NULL ? NULL : json_object_get(index, key);

	return v == NULL ? -1 : json_integer_value(v);
}

int64_t
document_find_role(const struct document *d, const char *name)
{
	return place(d->role_index, name);
}

int64_t
document_find_mapping(const struct document *d, const struct mapping_row *m)
{
	char *key = key_of(m);
	int64_t at = place(d->mapping_index, key);

	free(key);
	return at;
}

/* RG_E_INVALID when the key is there already. */
static enum rg_err
put_index(
    json_t *index, const char *key, size_t at, const char *field, struct err *e)
{
	if (key != NULL && place(index, key) >= 0)
		return err_set(e, RG_E_INVALID, "%s: is listed twice", field);
	if (key == NULL ||
	    json_object_set_new(index, key, json_integer((json_int_t)at)) != 0)
		return err_set(e, RG_E_NOMEM, "reading the document");
	return RG_OK;
}

static enum rg_err
read_roles(struct document *d, struct err *e)
{
	const json_t *list = json_object_get(d->json, "roles");
	enum rg_err r;
	size_t i;

	d->role_count = json_array_size(list);
	d->roles = calloc(d->role_count + 1, sizeof(*d->roles));
	if (d->roles == NULL)
		return err_set(e, RG_E_NOMEM, "reading the document");
	for (i = 0; i < d->role_count; i++) {
		struct plan_role *role = &d->roles[i];

		r = read_role(json_array_get(list, i), role, e);
		if (r == RG_OK)
			r = put_index(
			    d->role_index, role->row.name, i, "name", e);
		if (r != RG_OK)
			return document_blame(e, "roles", i);
	}
	return RG_OK;
}

static enum rg_err
read_mappings(struct document *d, struct err *e)
{
	const json_t *list = json_object_get(d->json, "mappings");
	enum rg_err r;
	char *key;
	size_t i;

	d->mapping_count = json_array_size(list);
	d->mappings = calloc(d->mapping_count + 1, sizeof(*d->mappings));
	if (d->mappings == NULL)
		return err_set(e, RG_E_NOMEM, "reading the document");
	for (i = 0; i < d->mapping_count; i++) {
		struct mapping_row *m = &d->mappings[i].row;

		r = read_mapping(json_array_get(list, i), m, e);
		if (r == RG_OK) {
			key = key_of(m);
			r = put_index(d->mapping_index, key, i, "value", e);
			free(key);
		}
		if (r != RG_OK)
			return document_blame(e, "mappings", i);
	}
	return RG_OK;
}

static enum rg_err
check_list(const json_t *json, const char *name, bool *has, struct err *e)
{
	const json_t *v = json_object_get(json, name);

	*has = v != NULL;
	if (v != NULL && !json_is_array(v))
		return err_set(e, RG_E_INVALID, "%s: expected an array", name);
	return RG_OK;
}

enum rg_err
document_read(const json_t *json, struct document *d, struct err *e)
{
	const char *schema = json_str(json, "schema");
	enum rg_err r = RG_E_INTERNAL;

	memset(d, 0, sizeof(*d));
	d->json = json_deep_copy(json);
	d->role_index = json_object();
	d->mapping_index = json_object();
	if (d->json == NULL || d->role_index == NULL ||
	    d->mapping_index == NULL) {
		r = err_set(e, RG_E_NOMEM, "reading the document");
		goto out;
	}
	if (schema == NULL || strcmp(schema, GATE_DOCUMENT_SCHEMA) != 0) {
		r = err_set(
		    e, RG_E_INVALID, "schema: expected " GATE_DOCUMENT_SCHEMA);
		goto out;
	}
	if ((r = check_members(d->json, document_members, e)) != RG_OK ||
	    (r = check_list(json, "roles", &d->has_roles, e)) != RG_OK ||
	    (r = check_list(json, "mappings", &d->has_mappings, e)) != RG_OK ||
	    (r = read_roles(d, e)) != RG_OK ||
	    (r = read_mappings(d, e)) != RG_OK)
		goto out;
	r = RG_OK;
out:
	if (r != RG_OK)
		document_clear(d);
	return r;
}

void
document_clear(struct document *d)
{
	size_t i;

	for (i = 0; d->roles != NULL && i < d->role_count; i++)
		free(d->roles[i].permissions);
	free(d->roles);
	free(d->mappings);
	json_decref(d->role_index);
	json_decref(d->mapping_index);
	json_decref(d->json);
	memset(d, 0, sizeof(*d));
}
