/* SPDX-License-Identifier: ISC */
/*
 * map import-contextforge: the settings of ContextForge's own SSO (its .env
 * file) as a document for map apply. Nothing is changed; a report says what
 * became of each setting, and what it did there, where that may surprise.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "gate_plan.h"

#define FILE_MAX (1 << 20)

struct import {
	char *entra; /* names of our providers; NULL: not asked for */
	char *keycloak;
	char *generic;
	json_t *env; /* NAME -> value */
	json_t *roles;
	json_t *mappings;
	json_t *report; /* [{"setting", "became", "note"}] */
};

/* "became" nothing where there is nothing to become. */
static void report(struct import *im, const char *setting, const char *became,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void
report(struct import *im, const char *setting, const char *became,
    const char *fmt, ...)
{
	char note[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(note, sizeof(note), fmt, ap);
	va_end(ap);
	(void)json_array_append_new(
	    im->report, json_pack("{s:s, s:s, s:s}", "setting", setting,
			    "became", became, "note", note));
}

/* NAME=value, as docker and dotenv read it: quotes around, # behind. */
static void
read_line(json_t *env, char *line)
{
	char *value, *end;

	line += strspn(line, " \t");
	if (strncmp(line, "export ", 7) == 0)
		line += 7 + strspn(line + 7, " ");
	if (*line == '#' || (value = strchr(line, '=')) == NULL)
		return;
	for (end = value; end > line && isspace((unsigned char)end[-1]); end--)
		;
	*end = '\0';
	value += 1 + strspn(value + 1, " \t");
	if (*value == '"' || *value == '\'') {
		end = strrchr(value + 1, *value);
		value++;
	} else {
		end = strstr(value, " #");
	}
	if (end == NULL)
		end = value + strlen(value);
	while (end > value && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	if (*value != '\0')
		(void)json_object_set_new(env, line, json_string(value));
}

static void
read_env(json_t *env, char *text)
{
	char *line, *next;

	for (line = text; line != NULL; line = next) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		read_line(env, line);
	}
}

static const char *
get(const struct import *im, const char *name)
{
	return json_str(im->env, name);
}

/* A JSON array, or values separated by commas; a new reference. */
static json_t *
get_list(const struct import *im, const char *name)
{
	const char *s = get(im, name);
	json_t *list = s == NULL ? NULL : json_loads(s, 0, NULL);
	size_t n;

	if (json_is_array(list))
		return list;
	json_decref(list);
	list = json_array();
	while (s != NULL && *(s += strspn(s, ", ")) != '\0') {
		n = strcspn(s, ",");
		(void)json_array_append_new(list, json_stringn(s, n));
		s += n;
	}
	return list;
}

/* Roles there that are of a team, so that nobody got them from a mapping. */
static bool
is_team_role(const char *role)
{
	return strcmp(role, "team_admin") == 0 ||
	       strcmp(role, "developer") == 0 || strcmp(role, "viewer") == 0;
}

/* The name of the role here; it is put into the document. */
static const char *
use_role(struct import *im, const char *role)
{
	size_t i;

	if (strcmp(role, "admin") == 0 || strcmp(role, "platform_admin") == 0)
		return "admin";
	for (i = 0; i < json_array_size(im->roles); i++)
		if (strcmp(json_str(json_array_get(im->roles, i), "name"),
			role) == 0)
			return role;
	(void)json_array_append_new(im->roles,
	    json_pack("{s:s, s:s, s:[]}", "name", role, "description",
		"From ContextForge; give it permissions", "permissions"));
	return role;
}

static void
map(struct import *im, const char *setting, const char *provider,
    const char *kind, const char *claim, const char *value, const char *role)
{
	const char *ours = use_role(im, role);
	char became[400];

	(void)json_array_append_new(im->mappings,
	    json_pack("{s:s, s:s, s:s*, s:s, s:s, s:s}", "provider", provider,
		"kind", kind, "claim", claim, "value", value, "role", ours,
		"note", setting));
	(void)snprintf(
	    became, sizeof(became), "%s %s -> %s", kind, value, ours);
	if (is_team_role(role))
		report(im, setting, became,
		    "did nothing there: %s is a role of teams, and a mapping "
		    "names no team",
		    role);
	else
		report(im, setting, became, "%s", "");
}

/*
 * There, groups and app roles are one list. Here an object id is a group, and
 * anything else an app role: names of groups are not unique.
 */
static void
map_entra(
    struct import *im, const char *setting, const char *value, const char *role)
{
	bool guid = text_is_guid(value);

	map(im, setting, im->entra, guid ? "group" : "app_role", NULL, value,
	    role);
	if (!guid)
		report(im, setting, "app_role",
		    "%s also matched any group of that name there, which "
		    "anyone may create; map the group's object id if it is "
		    "meant",
		    value);
}

static void
map_keycloak(
    struct import *im, const char *setting, const char *value, const char *role)
{
	const char *colon = strchr(value, ':');
	char claim[200];

	if (value[0] == '/') {
		map(im, setting, im->keycloak, "group", NULL, value, role);
	} else if (colon != NULL) {
		(void)snprintf(claim, sizeof(claim),
		    "resource_access.%.*s.roles", (int)(colon - value), value);
		map(im, setting, im->keycloak, "claim", claim, colon + 1, role);
		if (get(im, "SSO_KEYCLOAK_MAP_CLIENT_ROLES") == NULL)
			report(im, setting, "claim",
			    "did nothing there: SSO_KEYCLOAK_MAP_CLIENT_ROLES "
			    "is off by default");
	} else {
		map(im, setting, im->keycloak, "claim", "realm_access.roles",
		    value, role);
	}
}

static void
map_generic(
    struct import *im, const char *setting, const char *value, const char *role)
{
	map(im, setting, im->generic, "group", NULL, value, role);
}

typedef void map_fn(
    struct import *, const char *setting, const char *value, const char *role);

static void
import_groups(struct import *im, const char *setting, map_fn *fn)
{
	json_t *list = get_list(im, setting);
	const char *value;
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if ((value = json_string_value(json_array_get(list, i))) !=
		    NULL)
			fn(im, setting, value, "admin");
	json_decref(list);
}

static void
import_roles(struct import *im, const char *setting, map_fn *fn)
{
	const char *text = get(im, setting), *value;
	json_t *o = text == NULL ? NULL : json_loads(text, 0, NULL), *role;

	if (text != NULL && !json_is_object(o))
		report(im, setting, "nothing", "is not a JSON object");
	json_object_foreach(o, value, role)
	{
		if (json_is_string(role))
			fn(im, setting, value, json_string_value(role));
		else
			report(im, setting, "nothing",
			    "%s leads to something that is no role", value);
	}
	json_decref(o);
}

static void
import_default(struct import *im, const char *setting, const char *provider)
{
	const char *role = get(im, setting);

	if (role == NULL)
		return;
	if (strcmp(use_role(im, role), "admin") == 0)
		report(im, setting, "nothing",
		    "made everybody an admin there; here nobody is by default");
	else
		report(im, setting, "configuration",
		    "say default_role = %s in [provider.%s]%s", role, provider,
		    is_team_role(role)
			? "; it did nothing there: it is a role of teams"
			: "");
}

/* What has no counterpart, and why. */
static void
import_rest(struct import *im)
{
	static const struct {
		const char *setting;
		const char *became;
		const char *note;
	} rest[] = {
	    {"SSO_ENTRA_GROUPS_CLAIM", "configuration",
		"groups_claim of the provider; there it was never read from "
		"the ID token"},
	    {"SSO_KEYCLOAK_GROUPS_CLAIM", "configuration",
		"groups_claim of the provider"},
	    {"SSO_GENERIC_GROUPS_CLAIM", "configuration",
		"groups_claim of the provider"},
	    {"SSO_ENTRA_SYNC_ROLES_ON_LOGIN", "nothing",
		"mapped roles are always those of now; a role to be kept is a "
		"grant"},
	    {"SSO_GENERIC_SYNC_ROLES_ON_LOGIN", "nothing",
		"mapped roles are always those of now; a role to be kept is a "
		"grant"},
	    {"SSO_ENTRA_GRAPH_API_MAX_GROUPS", "nothing",
		"cut the list of groups before it was matched there"},
	    {"SSO_AUTO_ADMIN_DOMAINS", "nothing",
		"made everybody of a mail domain an admin; an address is no "
		"proof"},
	    {"SSO_GITHUB_ADMIN_ORGS", "nothing",
		"GitHub is no OpenID provider"},
	    {"SSO_GOOGLE_ADMIN_DOMAINS", "nothing",
		"made everybody of a mail domain an admin; an address is no "
		"proof"},
	};
	size_t i;

	for (i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		if (get(im, rest[i].setting) != NULL)
			report(im, rest[i].setting, rest[i].became, "%s",
			    rest[i].note);
}

static void
import_all(struct import *im)
{
	import_groups(im, "SSO_ENTRA_ADMIN_GROUPS", map_entra);
	import_roles(im, "SSO_ENTRA_ROLE_MAPPINGS", map_entra);
	import_default(im, "SSO_ENTRA_DEFAULT_ROLE", im->entra);
	import_roles(im, "SSO_KEYCLOAK_ROLE_MAPPINGS", map_keycloak);
	import_default(im, "SSO_KEYCLOAK_DEFAULT_ROLE", im->keycloak);
	import_groups(im, "SSO_GENERIC_ADMIN_GROUPS", map_generic);
	import_roles(im, "SSO_GENERIC_ROLE_MAPPINGS", map_generic);
	import_default(im, "SSO_GENERIC_DEFAULT_ROLE", im->generic);
	import_rest(im);
	if (json_array_size(im->mappings) == 0)
		report(im, "(all)", "nothing", "no setting maps anything");
}

static void
print_report(const struct import *im)
{
	size_t i;

	for (i = 0; i < json_array_size(im->report); i++) {
		const json_t *item = json_array_get(im->report, i);

		(void)fprintf(stderr, "%s: %s", json_str(item, "setting"),
		    json_str(item, "became"));
		if (json_str(item, "note")[0] != '\0')
			(void)fprintf(stderr, " (%s)", json_str(item, "note"));
		(void)fputc('\n', stderr);
	}
}

static int
print_document(struct cli *cli, struct import *im)
{
	json_t *doc = json_pack("{s:s, s:O, s:O}", "schema",
	    GATE_DOCUMENT_SCHEMA, "roles", im->roles, "mappings", im->mappings);
	int status = CLI_FAILED;

	if (cli->json)
		return cli_print_json_own(json_pack(
		    "{s:o, s:O}", "document", doc, "report", im->report));
	print_report(im);
	if (doc != NULL && json_dumpf(doc, stdout, JSON_INDENT(2)) == 0 &&
	    putchar('\n') != EOF)
		status = CLI_OK;
	json_decref(doc);
	return status;
}

static char *
name_or(struct cli *cli, const char *option, const char *def)
{
	const char *s = cli_option(cli, option);

	return strdup(s == NULL ? def : s);
}

int
cmd_map_import(struct cli *cli)
{
	const char *path = cli_option(cli, "file");
	struct buf text = BUF_INIT;
	struct err e = {RG_OK, ""};
	struct import im = {0};
	enum rg_err r;
	int status;

	if (path == NULL)
		return cli_usage("map import-contextforge needs --file");
	im.entra = name_or(cli, "entra", "entra");
	im.keycloak = name_or(cli, "keycloak", "keycloak");
	im.generic = name_or(cli, "generic", "generic");
	im.env = json_object();
	im.roles = json_array();
	im.mappings = json_array();
	im.report = json_array();
	r = file_read(path, FILE_MAX, &text, &e);
	if (r == RG_OK && text.len > 0)
		read_env(im.env, text.p);
	if (r == RG_OK) {
		import_all(&im);
		status = print_document(cli, &im);
	} else {
		status = cli_fail(r, &e);
	}
	buf_clear(&text);
	json_decref(im.env);
	json_decref(im.roles);
	json_decref(im.mappings);
	json_decref(im.report);
	free(im.entra);
	free(im.keycloak);
	free(im.generic);
	return status;
}
