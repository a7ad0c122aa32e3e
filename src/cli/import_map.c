/* SPDX-License-Identifier: ISC */
/* What of the settings says who has which role. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/import.h"

#define BECAME_MAX 600

/* A JSON array, or values separated by commas; NULL when it is neither. */
static json_t *
get_list(const struct import *im, const char *setting)
{
	const char *s = import_get(im, setting);
	json_t *list;
	size_t n, trimmed;

	if (s[0] == '[') {
		list = json_loads(s, 0, NULL);
		if (json_is_array(list))
			return list;
		json_decref(list);
		return NULL;
	}
	list = json_array();
	while (*(s += strspn(s, ", ")) != '\0') {
		n = trimmed = strcspn(s, ",");
		while (s[trimmed - 1] == ' ')
			trimmed--;
		import_append(im, list, json_stringn(s, trimmed));
		s += n;
	}
	return list;
}

/* The roles there of which an administrator has one. */
static bool
is_admin_role(const struct import *im, const char *role)
{
	const char *renamed = import_get(im, "DEFAULT_ADMIN_ROLE");

	return strcasecmp(role, "admin") == 0 ||
	       strcasecmp(role, "platform_admin") == 0 ||
	       (renamed != NULL && strcasecmp(role, renamed) == 0);
}

/* The name of the role here; it is put into the document. */
static const char *
use_role(struct import *im, const char *role)
{
	size_t i;

	if (is_admin_role(im, role))
		return "admin";
	for (i = 0; i < json_array_size(im->roles); i++)
		if (strcmp(json_str(json_array_get(im->roles, i), "name"),
			role) == 0)
			return role;
	import_append(im, im->roles,
	    json_pack("{s:s, s:s, s:[]}", "name", role, "description",
		"From ContextForge; give it permissions", "permissions"));
	return role;
}

static void
note(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
note(struct buf *notes, const char *fmt, ...)
{
	va_list ap;

	if (notes->len > 0)
		buf_puts(notes, "; ");
	va_start(ap, fmt);
	buf_vprintf(notes, fmt, ap);
	va_end(ap);
}

/*
 * Whether a mapping to this role, or a default, gave anything there. `team`
 * says that roles of teams were given, in the person's own team.
 */
static void
note_role(
    const struct import *im, struct buf *notes, const char *role, bool team)
{
	static const char *const of_team[] = {
	    "team_admin", "developer", "viewer"};
	const char *renamed = import_get(im, "DEFAULT_ADMIN_ROLE");
	size_t i;

	if (strcasecmp(role, "platform_admin") == 0 ||
	    strcasecmp(role, "platform_viewer") == 0)
		return;
	if (is_admin_role(im, role)) {
		note(notes, "%s",
		    renamed != NULL &&
			    strcasecmp(renamed, "platform_admin") != 0
			? "never made an admin there, only gave the role"
			: "made an admin only at the second sign-in there");
		return;
	}
	for (i = 0; i < sizeof(of_team) / sizeof(of_team[0]); i++) {
		if (strcmp(role, of_team[i]) != 0)
			continue;
		if (team)
			note(notes, "counted in the person's own team only");
		else
			note(notes,
			    "did nothing there: %s is a role of teams, and a "
			    "mapping names no team",
			    role);
		return;
	}
	note(notes, "did nothing there unless somebody made a global role %s",
	    role);
}

/* One mapping of a setting. */
struct found {
	const char *setting;
	const char *value;
	const char *role; /* NULL: of a list of admins */
};

static void
map(struct import *im, const struct found *f, const char *provider,
    const char *kind, const char *claim, const char *value, struct buf *notes)
{
	const char *ours = f->role == NULL ? "admin" : use_role(im, f->role);
	char became[BECAME_MAX];

	import_append(im, im->mappings,
	    json_pack("{s:s, s:s, s:s*, s:s, s:s, s:s}", "provider", provider,
		"kind", kind, "claim", claim, "value", value, "role", ours,
		"note", f->setting));
	if (!text_is_guid(value))
		note(notes, "matched in upper and lower case there");
	(void)snprintf(
	    became, sizeof(became), "%s %s -> %s", kind, value, ours);
	text_mend(became);
	import_report(im, f->setting, became, "%s", buf_str(notes));
}

/*
 * There, groups and app roles are one list. Here an object id is a group, and
 * anything else an app role: names of groups are not unique.
 */
static void
map_entra(struct import *im, const struct found *f)
{
	bool guid = text_is_guid(f->value);
	struct buf notes = BUF_INIT;

	if (f->role != NULL)
		note_role(im, &notes, f->role, false);
	if (!guid)
		note(&notes,
		    "also matched any group of that name there, which anyone "
		    "may create; map the group's object id if it is meant");
	map(im, f, im->entra, guid ? "group" : "app_role", NULL, f->value,
	    &notes);
	buf_clear(&notes);
}

/* "resource_access.CLIENT.roles"; a dot of the client's is none of the path. */
static void
client_roles(const char *client, size_t len, struct buf *path)
{
	size_t i;

	buf_puts(path, "resource_access.");
	for (i = 0; i < len; i++) {
		if (client[i] == '.')
			buf_putc(path, '\\');
		buf_putc(path, client[i]);
	}
	buf_puts(path, ".roles");
}

static void
map_keycloak(struct import *im, const struct found *f)
{
	const char *value = f->value, *colon = strchr(value, ':');
	struct buf path = BUF_INIT, notes = BUF_INIT;

	if (f->role != NULL)
		note_role(im, &notes, f->role,
		    import_is(im,
			"SSO_KEYCLOAK_RESOLVE_TEAM_SCOPE_TO_PERSONAL_TEAM",
			true));
	if (value[0] == '/') {
		map(im, f, im->keycloak, "group", NULL, value, &notes);
	} else if (colon != NULL) {
		client_roles(value, (size_t)(colon - value), &path);
		if (!import_is(im, "SSO_KEYCLOAK_MAP_CLIENT_ROLES", true))
			note(&notes,
			    "did nothing there: SSO_KEYCLOAK_MAP_CLIENT_ROLES "
			    "is off");
		map(im, f, im->keycloak, "claim", buf_str(&path), colon + 1,
		    &notes);
	} else {
		if (import_is(im, "SSO_KEYCLOAK_MAP_REALM_ROLES", false))
			note(&notes, "matched no role of the realm there: "
				     "SSO_KEYCLOAK_MAP_REALM_ROLES is off");
		note(&notes, "also matched any group of that name there");
		map(im, f, im->keycloak, "claim", "realm_access.roles", value,
		    &notes);
	}
	buf_clear(&path);
	buf_clear(&notes);
}

static void
map_generic(struct import *im, const struct found *f)
{
	struct buf notes = BUF_INIT;

	if (f->role != NULL)
		note_role(im, &notes, f->role, false);
	note(&notes, "also matched the roles claim there; map kind app_role "
		     "if that is meant");
	map(im, f, im->generic, "group", NULL, f->value, &notes);
	buf_clear(&notes);
}

typedef void map_fn(struct import *, const struct found *);

static void
import_groups(struct import *im, const char *setting, map_fn *fn)
{
	struct found f = {.setting = setting};
	json_t *list;
	size_t i;

	if (import_get(im, setting) == NULL)
		return;
	list = get_list(im, setting);
	if (json_array_size(list) == 0)
		import_report(im, setting, "nothing", "%s",
		    list == NULL ? "is not a JSON array" : "is empty");
	for (i = 0; i < json_array_size(list); i++) {
		f.value = json_string_value(json_array_get(list, i));
		if (f.value != NULL)
			fn(im, &f);
		else
			import_report(im, setting, "nothing",
			    "item %zu is no string", i + 1);
	}
	json_decref(list);
}

static void
import_roles(struct import *im, const char *setting, map_fn *fn)
{
	const char *text = import_get(im, setting);
	struct found f = {.setting = setting};
	json_t *o = NULL, *role;

	if (text == NULL)
		return;
	o = json_loads(text, 0, NULL);
	if (!json_is_object(o))
		import_report(im, setting, "nothing", "is not a JSON object");
	else
		import_report(im, setting, "mappings",
		    "there, what was set at the first start counts, and a "
		    "change of it was ignored");
	json_object_foreach(o, f.value, role)
	{
		f.role = json_string_value(role);
		if (f.role != NULL)
			fn(im, &f);
		else
			import_report(im, setting, "nothing",
			    "%s leads to something that is no role", f.value);
	}
	json_decref(o);
}

static void
import_default(
    struct import *im, const char *setting, const char *provider, bool team)
{
	const char *role = import_get(im, setting);
	struct buf notes = BUF_INIT;

	if (role == NULL)
		return;
	if (is_admin_role(im, role)) {
		import_report(im, setting, "nothing",
		    "was to make everybody an admin; here nobody is by "
		    "default");
		return;
	}
	note(&notes, "say default_role = %s in [provider.%s]",
	    use_role(im, role), provider);
	note_role(im, &notes, role, team);
	import_report(im, setting, "configuration", "%s", buf_str(&notes));
	buf_clear(&notes);
}

/* Which claims are believed differs, whatever is mapped. */
static void
import_keycloak(struct import *im)
{
	const char *setting = "SSO_KEYCLOAK_ROLE_MAPPINGS";

	if (import_get(im, setting) != NULL)
		import_report(im, setting, "mappings",
		    "there, roles were read from an access token whose "
		    "signature was not checked; here they must be in the ID "
		    "token or at userinfo, which the client's mappers say");
	import_roles(im, setting, map_keycloak);
	import_default(im, "SSO_KEYCLOAK_DEFAULT_ROLE", im->keycloak,
	    import_is(
		im, "SSO_KEYCLOAK_RESOLVE_TEAM_SCOPE_TO_PERSONAL_TEAM", true));
}

void
import_mappings(struct import *im)
{
	import_groups(im, "SSO_ENTRA_ADMIN_GROUPS", map_entra);
	import_roles(im, "SSO_ENTRA_ROLE_MAPPINGS", map_entra);
	import_default(im, "SSO_ENTRA_DEFAULT_ROLE", im->entra, false);
	import_keycloak(im);
	import_groups(im, "SSO_GENERIC_ADMIN_GROUPS", map_generic);
	import_roles(im, "SSO_GENERIC_ROLE_MAPPINGS", map_generic);
	import_default(im, "SSO_GENERIC_DEFAULT_ROLE", im->generic, false);
	if (json_array_size(im->mappings) == 0)
		import_report(
		    im, "(all)", "nothing", "no setting maps anything");
}
