/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "cli/import.h"

#define SYNC                                                                   \
	"mapped roles are always those of now; a role to be kept is a grant. " \
	"There, off also meant none at the first sign-in"
#define DOMAIN                                                                 \
	"made everybody of a mail domain an admin; an address is no proof"
#define GROUPS                                                                 \
	"groups_claim of the provider. There, a change after the first start " \
	"was ignored"

static const struct {
	const char *setting;
	const char *became;
	const char *note;
} rest[] = {
    {"SSO_ENTRA_GROUPS_CLAIM", "configuration",
	GROUPS ", and another one than groups never read from the ID token"},
    {"SSO_KEYCLOAK_GROUPS_CLAIM", "configuration", GROUPS},
    {"SSO_GENERIC_GROUPS_CLAIM", "configuration", GROUPS},
    {"SSO_ENTRA_SYNC_ROLES_ON_LOGIN", "nothing", SYNC},
    {"SSO_GENERIC_SYNC_ROLES_ON_LOGIN", "nothing", SYNC},
    {"SSO_ENTRA_GRAPH_API_ENABLED", "configuration",
	"graph of the provider. There, when Graph did not answer, all roles "
	"were taken away"},
    {"SSO_ENTRA_GRAPH_API_TIMEOUT", "configuration",
	"graph_time of the provider"},
    {"SSO_ENTRA_GRAPH_API_MAX_GROUPS", "nothing",
	"cut the list of groups before it was matched there"},
    {"SSO_AUTO_ADMIN_DOMAINS", "nothing", DOMAIN},
    {"SSO_GOOGLE_ADMIN_DOMAINS", "nothing", DOMAIN},
    {"SSO_GITHUB_ADMIN_ORGS", "nothing", "GitHub is no OpenID provider"},
    {"SSO_TRUSTED_DOMAINS", "nothing",
	"an address is no proof; who may sign in is said by the tenant, and "
	"who may do something by mappings"},
    {"SSO_REQUIRE_ADMIN_APPROVAL", "nothing",
	"nobody has a role without a mapping or a grant"},
    {"DEFAULT_ADMIN_ROLE", "nothing", "here it is called admin"},
    {"DEFAULT_USER_ROLE", "nothing",
	"everybody new had it there, whatever the mappings said; here only "
	"a default_role is for everybody"},
    {"SSO_KEYCLOAK_MAP_REALM_ROLES", "nothing", "says what mappings say"},
    {"SSO_KEYCLOAK_MAP_CLIENT_ROLES", "nothing", "says what mappings say"},
    {"SSO_KEYCLOAK_RESOLVE_TEAM_SCOPE_TO_PERSONAL_TEAM", "nothing",
	"here roles are not of teams"},
};

static bool
is_reported(const struct import *im, const char *setting)
{
	size_t i;

	for (i = 0; i < json_array_size(im->report); i++)
		if (strcmp(json_string_value(json_object_get(
			       json_array_get(im->report, i), "setting")),
			setting) == 0)
			return true;
	return false;
}

void
import_rest(struct import *im)
{
	const char *setting;
	json_t *value;
	size_t i;

	for (i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		if (import_get(im, rest[i].setting) != NULL)
			import_report(im, rest[i].setting, rest[i].became, "%s",
			    rest[i].note);
	json_object_foreach(im->env, setting, value)
	{
		if (strncmp(setting, "SSO_", 4) == 0 &&
		    !is_reported(im, setting))
			import_report(
			    im, setting, "nothing", "is not about roles");
	}
}
