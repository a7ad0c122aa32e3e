/* SPDX-License-Identifier: ISC */
/* The [provider.NAME] sections. */
#include "settings_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "entra/tenancy.h"

static void
check_issuer(struct conf *c, const char *section, const struct settings *s,
    struct provider *p)
{
	struct url u;

	if (url_parse(p->issuer, &u) != RG_OK || u.has_query) {
		conf_fail(c, section, "issuer",
		    "expected an https URL without query");
		return;
	}
	if (u.https)
		return;
	/* The demo only: nothing leaves the machine. */
	p->allow_loopback_http = !s->secure && url_is_loopback(&u);
	if (!p->allow_loopback_http)
		conf_fail(c, section, "issuer",
		    "http is for a demo on loopback only; use https");
}

static bool
scope_has_openid(const char *scope)
{
	const char *p;

	for (p = scope; (p = strstr(p, "openid")) != NULL; p++)
		if ((p == scope || p[-1] == ' ') &&
		    (p[6] == '\0' || p[6] == ' '))
			return true;
	return false;
}

/* What is asked of the provider when /login does not ask for something else. */
static void
read_options(struct conf *c, const char *section, struct provider *p)
{
	/* Not "none": nobody could ever sign in there first. */
	static const char *const prompts[] = {
	    "login", "select_account", "consent", NULL};

	if (conf_has(c, section, "prompt"))
		p->prompt = settings_dup(
		    prompts[conf_choice(c, section, "prompt", prompts, 0)]);
	p->domain_hint = conf_copy_opt(c, section, "domain_hint");
	if (p->domain_hint != NULL && !text_is_line(p->domain_hint, 256))
		conf_fail(c, section, "domain_hint",
		    "expected one line of up to 256 bytes");
	p->max_age = PROVIDER_NO_MAX_AGE;
	if (conf_has(c, section, "max_age"))
		p->max_age =
		    conf_seconds(c, section, "max_age", 0, 0, 90L * 86400);
}

/* Of Entra the key is unknown: its userinfo has neither groups nor roles. */
static void
read_claims_from(struct conf *c, const char *section, struct provider *p)
{
	static const char *const sources[] = {"id_token", "userinfo", NULL};

	p->userinfo = conf_bool(c, section, "userinfo", false);
	if (p->type == PROVIDER_ENTRA)
		return;
	p->claims_from = (enum claims_from)conf_choice(
	    c, section, "claims_from", sources, 0);
	if (p->claims_from == CLAIMS_FROM_USERINFO && !p->userinfo &&
	    conf_has(c, section, "userinfo"))
		conf_fail(c, section, "userinfo",
		    "can't be no with claims_from = userinfo");
}

static void
read_provider(
    struct conf *c, const char *section, struct settings *s, struct provider *p)
{
	static const char *const types[] = {"oidc", "entra", NULL};
	static const char *const modes[] = {"query", "form_post", NULL};
	const char *name = section + strlen("provider.");
	const char *alg;
	char graph[64];
	int a;

	p->name = settings_dup(name);
	if (!text_is_name(name, "-", 32))
		conf_fail(c, section, "type",
		    "a provider's name has 1 to 32 letters, digits or -");
	(void)conf_need(c, section, "type");
	p->type = (enum provider_type)conf_choice(c, section, "type", types, 0);
	p->label = conf_copy(c, section, "label", name);
	p->groups_claim = conf_copy(c, section, "groups_claim", "groups");
	p->roles_claim = conf_copy(c, section, "roles_claim", "roles");
	if (p->type == PROVIDER_ENTRA)
		settings_read_entra(c, section, p);
	else
		p->issuer = conf_copy_need(c, section, "issuer");
	check_issuer(c, section, s, p);
	p->client_id = conf_copy_need(c, section, "client_id");
	settings_read_credentials(c, section, p);
	p->response_mode = (enum response_mode)conf_choice(
	    c, section, "response_mode", modes, 0);
	p->scope = conf_copy(c, section, "scope", "openid profile email");
	if (!scope_has_openid(p->scope))
		conf_fail(c, section, "scope", "must contain openid");
	if (p->entra != NULL)
		(void)snprintf(
		    graph, sizeof(graph), "https://%s", p->entra->cloud->graph);
	settings_read_graph(c, section, p,
	    p->entra != NULL && !p->entra->own_authority ? graph : NULL);
	settings_read_refresh(c, section, p);
	alg = conf_str(c, section, "id_token_alg", "RS256");
	if ((a = jose_alg_parse(alg)) < 0)
		conf_fail(c, section, "id_token_alg",
		    "%s is not an algorithm that rolegate accepts", alg);
	else
		p->alg = (enum jose_alg)a;
	read_options(c, section, p);
	read_claims_from(c, section, p);
	p->default_role = conf_copy_opt(c, section, "default_role");
	settings_read_bearer(c, section, p);
	p->ca_file = conf_copy_opt(c, section, "ca_file");
	p->timeout_ms = conf_seconds(c, section, "timeout", 5, 1, 30) * 1000;
}

void
settings_read_providers(struct conf *c, struct settings *s)
{
	const char *section;
	struct buf text = BUF_INIT;
	struct err e = {RG_OK, ""};
	size_t i;

	for (i = 0; (section = conf_section(c, "provider.", i)) != NULL; i++) {
		struct provider *p;

		if (i == SETTINGS_MAX_PROVIDERS) {
			conf_fail(c, section, "type", "more than %d providers",
			    SETTINGS_MAX_PROVIDERS);
			return;
		}
		p = &s->providers[s->provider_count++];
		read_provider(c, section, s, p);
		if (p->ca_file != NULL &&
		    file_read(p->ca_file, 4 << 20, &text, &e) != RG_OK)
			conf_fail(c, section, "ca_file", "%s", e.detail);
		buf_clear(&text);
	}
	if (s->provider_count == 0)
		conf_fail(c, "provider.NAME", "type",
		    "no [provider.NAME] section: nobody could sign in");
}

void
settings_provider_clear(struct provider *p)
{
	size_t i;

	for (i = 0; i < p->credential_count; i++)
		credential_clear(&p->credentials[i]);
	free(p->name);
	free(p->label);
	free(p->issuer);
	free(p->tenant);
	entra_tenancy_free(&p->entra);
	free(p->client_id);
	free(p->scope);
	free(p->prompt);
	free(p->domain_hint);
	free(p->ca_file);
	free(p->groups_claim);
	free(p->group_names_claim);
	free(p->roles_claim);
	free(p->default_role);
	conf_list_free(&p->audiences, &p->audience_count);
	conf_list_free(&p->required_scopes, &p->required_scope_count);
	free(p->graph_url);
}
