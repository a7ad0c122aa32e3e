/* SPDX-License-Identifier: ISC */
/* How roles, mappings, grants, people and sessions look to others. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "gate_admin.h"

json_t *
gate_role_json(const struct role_row *row)
{
	return json_pack("{s:s, s:s, s:o, s:b}", "name", row->name,
	    "description", row->description, "permissions",
	    json_strings(row->permissions, row->permission_count), "is_admin",
	    row->is_admin);
}

json_t *
gate_mapping_json(const struct mapping_row *m)
{
	return json_pack("{s:I, s:s, s:s?, s:s, s:s?, s:s, s:s, s:s?, s:s, "
			 "s:s, s:b, s:I, s:s, s:I}",
	    "id", (json_int_t)m->id, "provider", m->provider, "tenant",
	    m->tenant, "kind", m->kind, "claim", m->claim, "value", m->value,
	    "effect", m->role == NULL ? "deny" : "allow", "role", m->role,
	    "label", m->label, "note", m->note, "enabled", m->enabled,
	    "expires_at", (json_int_t)m->expires_at, "created_by",
	    m->created_by, "created_at", (json_int_t)m->created_at);
}

json_t *
gate_grant_json(const struct grant_row *row, const char *subject)
{
	return json_pack("{s:I, s:I, s:s, s:s, s:s, s:I, s:s, s:I}", "id",
	    (json_int_t)row->id, "principal", (json_int_t)row->principal,
	    "subject", subject, "role", row->role, "reason", row->reason,
	    "expires_at", (json_int_t)row->expires_at, "created_by",
	    row->created_by, "created_at", (json_int_t)row->created_at);
}

json_t *
gate_principal_json(const struct principal_row *p)
{
	char *subject = gate_subject_id(p);
	json_t *value;

	if (subject == NULL)
		return NULL;
	value = json_pack("{s:I, s:s, s:s, s:s, s:s?, s:s, s:s, s:s, s:s, "
			  "s:o?, s:I, s:I, s:b}",
	    "id", (json_int_t)p->id, "subject", subject, "provider",
	    p->provider, "issuer", p->issuer, "tenant",
	    p->tenant[0] == '\0' ? NULL : p->tenant, "kind", p->kind, "name",
	    p->name, "username", p->username, "email", p->email, "roles",
	    json_loads(p->roles, 0, NULL), "first_seen",
	    (json_int_t)p->first_seen, "last_seen", (json_int_t)p->last_seen,
	    "disabled", p->disabled);
	free(subject);
	return value;
}

json_t *
gate_session_json(const struct session_row *s)
{
	const struct principal_row *p = &s->principal;
	char *subject = gate_subject_id(p);
	json_t *value;

	if (subject == NULL)
		return NULL;
	value = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "id",
	    s->public_id, "principal", (json_int_t)p->id, "subject", subject,
	    "provider", p->provider, "name", p->name, "username", p->username,
	    "issued_at", (json_int_t)s->issued_at, "last_used",
	    (json_int_t)s->last_used, "expires_at", (json_int_t)s->expires_at);
	free(subject);
	return value;
}
