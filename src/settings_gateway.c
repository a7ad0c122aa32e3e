/* SPDX-License-Identifier: ISC */
/* What gateways and API clients need: bearer tokens, resources, role tokens. */
#include "settings_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/url.h"
#include "entra/tenancy.h"

#define LIST_MAX 16
#define GRAPH_APP "00000003-0000-0000-c000-000000000000"

void
settings_read_bearer(struct conf *c, const char *section, struct provider *p)
{
	size_t i;

	conf_list(c, section, "audiences", LIST_MAX, &p->audiences,
	    &p->audience_count);
	conf_list(c, section, "required_scopes", LIST_MAX, &p->required_scopes,
	    &p->required_scope_count);
	for (i = 0; i < p->audience_count; i++)
		if (strcasecmp(p->audiences[i], GRAPH_APP) == 0 ||
		    strncmp(p->audiences[i], "https://graph.microsoft.", 24) ==
			0)
			conf_fail(c, section, "audiences",
			    "tokens for Microsoft Graph are for Graph alone");
	if (p->required_scope_count > 0 && p->audience_count == 0)
		conf_fail(c, section, "required_scopes",
		    "has no effect without audiences");
}

static void
check_resource_url(
    struct conf *c, const char *section, struct settings *s, struct resource *x)
{
	struct url u;
	size_t i, n = strlen(x->url);

	if (url_parse(x->url, &u) != RG_OK || u.has_query ||
	    strchr(u.path, '%') != NULL || strstr(u.path, "//") != NULL ||
	    (!u.https && (s->secure || !url_is_loopback(&u)))) {
		conf_fail(c, section, "url",
		    "expected an https URL without query, such as "
		    "https://app.example.com/mcp");
		return;
	}
	/* Clients compare it byte by byte, and Entra with what it knows. */
	if (x->url[n - 1] == '/')
		conf_fail(c, section, "url", "must not end in a slash");
	free(x->path);
	x->path = settings_dup(u.path);
	for (i = 0; &s->resources[i] != x; i++)
		if (strcmp(s->resources[i].path, x->path) == 0)
			conf_fail(c, section, "url",
			    "has the path of [resource.%s]",
			    s->resources[i].id);
}

static void
read_resource(
    struct conf *c, const char *section, struct settings *s, struct resource *x)
{
	x->id = settings_dup(section + strlen("resource."));
	x->path = settings_dup("");
	if (!text_is_name(x->id, "-", 32))
		conf_fail(c, section, "url",
		    "a resource's name has 1 to 32 letters, digits or -");
	x->url = conf_copy_need(c, section, "url");
	if (x->url[0] != '\0')
		check_resource_url(c, section, s, x);
	x->name = conf_copy(c, section, "name", "");
	if (!text_is_line(x->name, 200))
		conf_fail(c, section, "name", "is longer than 200 bytes");
	conf_list(c, section, "scopes", LIST_MAX, &x->scopes, &x->scope_count);
	conf_list(c, section, "audiences", LIST_MAX, &x->audiences,
	    &x->audience_count);
}

static void
read_role_token(struct conf *c, struct settings *s)
{
	s->role_token_audience = conf_copy_opt(c, "role_token", "audience");
	s->role_token_lifetime =
	    conf_seconds(c, "role_token", "lifetime", 300, 10, 3600);
	s->role_token_always = conf_bool(c, "role_token", "always", false);
	if (s->role_token_audience == NULL &&
	    (conf_has(c, "role_token", "lifetime") ||
		conf_has(c, "role_token", "always")))
		conf_fail(c, "role_token", "audience",
		    "is missing: whom the role tokens are for");
}

/* A role token must never pass for a provider's token. */
static void
check_issuers(struct conf *c, const struct settings *s)
{
	size_t i;

	for (i = 0; i < s->provider_count; i++)
		if (s->providers[i].issuer != NULL &&
		    strcmp(s->providers[i].issuer, s->public_url) == 0)
			conf_fail(c, "rolegate", "public_url",
			    "is the issuer of provider %s",
			    s->providers[i].name);
}

static bool
takes_bearer(const struct settings *s)
{
	size_t i;

	for (i = 0; i < s->provider_count; i++)
		if (s->providers[i].audience_count > 0)
			return true;
	return false;
}

void
settings_read_gateway(struct conf *c, struct settings *s)
{
	const char *section;
	size_t i;

	for (i = 0; (section = conf_section(c, "resource.", i)) != NULL; i++) {
		if (i == SETTINGS_MAX_RESOURCES) {
			conf_fail(c, section, "url", "more than %d resources",
			    SETTINGS_MAX_RESOURCES);
			return;
		}
		read_resource(
		    c, section, s, &s->resources[s->resource_count++]);
		if (!takes_bearer(s))
			conf_fail(c, section, "url",
			    "no provider has audiences: nobody could come with "
			    "a token");
	}
	read_role_token(c, s);
	check_issuers(c, s);
}

/* Two applications may be of one issuer. */
static void
add_once(json_t *list, const char *issuer)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		if (strcmp(json_string_value(v), issuer) == 0)
			return;
	}
	(void)json_array_append_new(list, json_string(issuer));
}

/*
 * Clients take this for the issuer of metadata and compare it (RFC 8414
 * section 3.3), but that of "organizations" says "{tenantid}" of itself: what
 * can be named is the issuer of each tenant. Only where any may come there is
 * nothing better.
 */
static void
add_tenants(json_t *list, const struct entra_tenancy *t)
{
	struct buf issuer = BUF_INIT;
	size_t i;

	for (i = 0; i < t->allowed_count; i++) {
		buf_reset(&issuer);
		entra_issuer(t, t->allowed[i], &issuer);
		if (buf_ok(&issuer))
			add_once(list, buf_str(&issuer));
	}
	buf_clear(&issuer);
}

json_t *
settings_token_issuers(const struct settings *s)
{
	json_t *list = json_array();
	const struct provider *p;
	size_t i;

	for (i = 0; i < s->provider_count; i++) {
		p = &s->providers[i];
		if (p->audience_count == 0)
			continue;
		if (p->entra != NULL && entra_many_tenants(p->entra) &&
		    !p->entra->any_organization)
			add_tenants(list, p->entra);
		else
			add_once(list, p->issuer);
	}
	return list;
}

void
settings_gateway_clear(struct settings *s)
{
	struct resource *x;

	while (s->resource_count > 0) {
		x = &s->resources[--s->resource_count];
		free(x->id);
		free(x->url);
		free(x->path);
		free(x->name);
		conf_list_free(&x->scopes, &x->scope_count);
		conf_list_free(&x->audiences, &x->audience_count);
	}
	free(s->role_token_audience);
}
