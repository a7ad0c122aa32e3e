/* SPDX-License-Identifier: ISC */
/* The "rolegate.whoami.v1" object. */
#include "base/json_write.h"
#include "cgi/whoami.h"
#include "oidc/authn.h"

static void
write_bool(struct buf *out, const char *name, bool value)
{
	json_write_key(out, name);
	json_write_value(out, json_boolean(value)); /* not counted */
}

static void
write_int(struct buf *out, const char *name, int64_t value)
{
	json_write_key(out, name);
	json_write_int(out, value);
}

static void
write_list(
    struct buf *out, const char *name, const char *const *list, size_t count)
{
	json_write_key(out, name);
	json_write_strings(out, list, count);
}

/* What is known of the groups; as_of only when it is not the sign-in's. */
static void
write_groups(struct buf *out, const struct access_decision *d)
{
	size_t i;

	json_write_key(out, "groups");
	json_write_open(out, '{');
	if (d->groups_as_of != 0)
		write_int(out, "as_of", d->groups_as_of);
	json_write_key(out, "matched");
	json_write_open(out, '[');
	for (i = 0; i < d->group_count; i++) {
		json_write_open(out, '{');
		json_write_member(out, "id", d->groups[i].id);
		json_write_member(out, "label", d->groups[i].label);
		json_write_close(out, '}');
	}
	json_write_close(out, ']');
	if (d->groups_reason != NULL)
		json_write_member(out, "reason", d->groups_reason);
	json_write_member(out, "source", d->groups_source);
	json_write_member(out, "state", groups_state_name(d->groups_state));
	json_write_close(out, '}');
}

static void
write_session(struct buf *out, const struct gate_identity *id)
{
	json_t *acrs = authn_values(id->claims);

	json_write_key(out, "session");
	json_write_open(out, '{');
	/* Absent when the token said nothing about how the person signed in. */
	if (json_array_size(acrs) > 0) {
		json_write_key(out, "acrs");
		json_write_value(out, acrs);
	}
	json_decref(acrs);
	if (id->client != NULL)
		json_write_member(out, "client", id->client);
	write_int(out, "expires_at", id->expires_at);
	json_write_member(out, "id", id->session_id);
	write_int(out, "issued_at", id->issued_at);
	json_write_member(out, "via", id->via);
	json_write_close(out, '}');
}

static void
write_subject(struct buf *out, const struct gate_identity *id)
{
	json_write_key(out, "subject");
	json_write_open(out, '{');
	json_write_member(out, "email", id->email);
	json_write_member(out, "id", id->id);
	json_write_member(out, "issuer", id->issuer);
	json_write_member(out, "kind", id->kind);
	json_write_member(out, "name", id->name);
	json_write_member(out, "provider", id->provider);
	json_write_key(out, "tenant");
	if (id->tenant[0] == '\0')
		json_write_value(out, json_null());
	else
		json_write_string(out, id->tenant);
	json_write_member(out, "username", id->username);
	json_write_close(out, '}');
}

void
whoami_write(struct buf *out, const struct gate_identity *id,
    const json_t *reasons, const char *token)
{
	const struct access_decision *d = &id->decision;

	json_write_open(out, '{');
	if (reasons != NULL) {
		json_write_key(out, "explain");
		json_write_value(out, reasons);
	}
	write_groups(out, d);
	write_bool(out, "is_admin", d->is_admin);
	write_list(out, "permissions", d->permissions, d->permission_count);
	write_int(out, "policy_version", id->policy_version);
	write_list(out, "roles", d->roles, d->role_count);
	json_write_member(out, "schema", "rolegate.whoami.v1");
	write_session(out, id);
	write_subject(out, id);
	if (token != NULL)
		json_write_member(out, "token", token);
	json_write_close(out, '}');
}
