/* SPDX-License-Identifier: ISC */
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "jose/claims.h"

#define MAIN "rolegate"
#define SECRET_MAX 4096
#define DAY 86400

static char *
duplicate(const char *s)
{
	char *dup = strdup(s);

	if (dup == NULL)
		abort(); /* at start; nothing to save */
	return dup;
}

/* A copy of the value, or of `def`. */
static char *
copy(struct conf *c, const char *section, const char *key, const char *def)
{
	const char *v = conf_str(c, section, key, def);

	return duplicate(v == NULL ? "" : v);
}

/* A copy of the value, or NULL. */
static char *
optional(struct conf *c, const char *section, const char *key)
{
	const char *v = conf_str(c, section, key, NULL);

	return v == NULL ? NULL : duplicate(v);
}

static char *
need(struct conf *c, const char *section, const char *key)
{
	return duplicate(conf_need(c, section, key));
}

/* public_url and what follows from it. */
static void
read_public_url(struct conf *c, struct settings *s)
{
	struct url u;
	size_t len;

	s->public_url = need(c, MAIN, "public_url");
	s->prefix = duplicate("");
	len = strlen(s->public_url);
	if (len > 0 && s->public_url[len - 1] == '/')
		s->public_url[len - 1] = '\0';
	if (url_parse(s->public_url, &u) != RG_OK || u.has_query ||
	    strstr(u.path, "//") != NULL || strchr(u.path, '%') != NULL ||
	    strchr(u.path, ';') != NULL) {
		conf_fail(c, MAIN, "public_url",
		    "expected an https URL without query, such as "
		    "https://app.example.com/auth");
		return;
	}
	if (!u.https && !url_is_loopback(&u)) {
		conf_fail(c, MAIN, "public_url",
		    "http is for a demo on loopback only; use https");
		return;
	}
	s->secure = u.https;
	free(s->prefix);
	s->prefix = duplicate(u.path);
}

static void
read_main(struct conf *c, struct settings *s)
{
	char *end;
	const char *mode;

	read_public_url(c, s);
	s->database = need(c, MAIN, "database");
	s->key_file = need(c, MAIN, "key_file");
	s->listen = optional(c, MAIN, "listen");
	s->listen_authorizer = optional(c, MAIN, "listen_authorizer");
	s->socket_owner = optional(c, MAIN, "socket_owner");
	s->socket_group = optional(c, MAIN, "socket_group");
	s->peer_user = optional(c, MAIN, "peer_user");
	s->contact = copy(c, MAIN, "contact", "");
	mode = conf_str(c, MAIN, "socket_mode", "0660");
	s->socket_mode = (mode_t)strtoul(mode, &end, 8);
	if (*end != '\0' || mode[0] != '0' || s->socket_mode > 0777 ||
	    (s->socket_mode & 0600) != 0600)
		conf_fail(c, MAIN, "socket_mode",
		    "expected an octal mode such as 0660, got \"%s\"", mode);
	if ((s->socket_mode & 07) != 0)
		conf_fail(c, MAIN, "socket_mode",
		    "%s lets everybody on this machine speak as the web "
		    "server",
		    mode);
	s->workers = (int)conf_int(c, MAIN, "workers", 8, 1, 256);
	/* The others answer /whoami while these wait for a provider. */
	s->sign_in_workers = (int)conf_int(c, MAIN, "sign_in_workers",
	    s->workers > 1 ? s->workers / 2 : 1, 1, 256);
	if (s->workers > 1 && s->sign_in_workers >= s->workers)
		conf_fail(c, MAIN, "sign_in_workers",
		    "must be below workers (%d), or /whoami would wait for "
		    "providers too",
		    s->workers);
	s->read_timeout_ms =
	    (int)conf_seconds(c, MAIN, "read_timeout", 5, 1, 60) * 1000;
	s->idle_timeout_ms =
	    (int)conf_seconds(c, MAIN, "idle_timeout", 5, 1, 60) * 1000;
	s->database_timeout_ms =
	    (int)conf_seconds(c, MAIN, "database_timeout", 2, 0, 30) * 1000;
	s->clock_skew =
	    conf_seconds(c, MAIN, "clock_skew", 60, 0, CLAIMS_SKEW_MAX);
	s->audit_refusals = conf_int(c, MAIN, "audit_refusals", 120, 1, 100000);
	s->log_level = LOG_INFO;
	if (conf_has(c, MAIN, "log_level")) {
		int level = log_level_parse(conf_need(c, MAIN, "log_level"));

		if (level < 0)
			conf_fail(c, MAIN, "log_level",
			    "expected error, warn, info or debug");
		else
			s->log_level = (enum log_level)level;
	}
}

static void
read_session(struct conf *c, struct settings *s)
{
	s->session_idle = conf_seconds(c, "session", "idle", 3600, 1, 30 * DAY);
	s->session_lifetime =
	    conf_seconds(c, "session", "lifetime", 12 * 3600, 1, 90L * DAY);
	s->sign_in_time = conf_seconds(c, "session", "sign_in", 600, 10, 3600);
	if (s->session_idle > s->session_lifetime)
		conf_fail(c, "session", "idle",
		    "is longer than lifetime and would have no effect");
}

/* The secret from its file or environment variable, whichever is named. */
static void
read_secret(struct conf *c, const char *section, struct provider *p)
{
	const char *file = conf_str(c, section, "client_secret_file", NULL);
	const char *env = conf_str(c, section, "client_secret_env", NULL);
	const char *value;
	struct buf text = BUF_INIT;
	struct err e = {RG_OK, ""};

	if ((file == NULL) == (env == NULL)) {
		conf_fail(c, section, "client_secret_file",
		    "give either client_secret_file or client_secret_env");
		goto out;
	}
	if (file != NULL) {
		if (file_read_secret(file, SECRET_MAX, &text, &e) != RG_OK) {
			conf_fail(
			    c, section, "client_secret_file", "%s", e.detail);
			goto out;
		}
		value = buf_str(&text);
	} else if ((value = getenv(env)) == NULL) {
		conf_fail(c, section, "client_secret_env",
		    "the environment has no %s", env);
		goto out;
	}
	if (value[0] == '\0' || !text_is_line(value, SECRET_MAX)) {
		conf_fail(c, section,
		    file != NULL ? "client_secret_file" : "client_secret_env",
		    "the secret is empty or has control characters");
		goto out;
	}
	p->client_secret = duplicate(value);
out:
	buf_clear(&text);
}

/* The tenant of Entra, and that the issuer is the one of that tenant. */
static void
read_entra(struct conf *c, const char *section, struct provider *p)
{
	char issuer[128];
	struct url u;

	p->tenant = need(c, section, "tenant");
	if (!text_is_guid(p->tenant)) {
		conf_fail(c, section, "tenant",
		    "expected the tenant id, a GUID (Entra admin center, "
		    "Overview)");
		return;
	}
	text_lower(p->tenant);
	(void)snprintf(issuer, sizeof(issuer),
	    "https://login.microsoftonline.com/%s/v2.0", p->tenant);
	p->issuer = copy(c, section, "issuer", issuer);
	/* Microsoft: the first path segment of iss is the tid. */
	if (url_parse(p->issuer, &u) != RG_OK || u.path[0] != '/' ||
	    strncmp(u.path + 1, p->tenant, TEXT_GUID_LEN) != 0 ||
	    strcmp(u.path + 1 + TEXT_GUID_LEN, "/v2.0") != 0)
		conf_fail(c, section, "issuer",
		    "is not the v2.0 issuer of tenant %s", p->tenant);
}

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

static void
read_provider(
    struct conf *c, const char *section, struct settings *s, struct provider *p)
{
	static const char *const types[] = {"oidc", "entra", NULL};
	static const char *const auths[] = {"basic", "post", NULL};
	static const char *const modes[] = {"query", "form_post", NULL};
	const char *name = section + strlen("provider.");
	const char *alg;
	int a;

	p->name = duplicate(name);
	if (!text_is_name(name, "-", 32))
		conf_fail(c, section, "type",
		    "a provider's name has 1 to 32 letters, digits or -");
	(void)conf_need(c, section, "type");
	p->type = (enum provider_type)conf_choice(c, section, "type", types, 0);
	p->label = copy(c, section, "label", name);
	if (p->type == PROVIDER_ENTRA)
		read_entra(c, section, p);
	else
		p->issuer = need(c, section, "issuer");
	if (p->issuer != NULL)
		check_issuer(c, section, s, p);
	p->client_id = need(c, section, "client_id");
	read_secret(c, section, p);
	p->client_auth =
	    (enum client_auth)conf_choice(c, section, "client_auth", auths, 0);
	p->response_mode = (enum response_mode)conf_choice(
	    c, section, "response_mode", modes, 0);
	p->scope = copy(c, section, "scope", "openid profile email");
	if (!scope_has_openid(p->scope))
		conf_fail(c, section, "scope", "must contain openid");
	alg = conf_str(c, section, "id_token_alg", "RS256");
	if ((a = jose_alg_parse(alg)) < 0)
		conf_fail(c, section, "id_token_alg",
		    "%s is not an algorithm that rolegate accepts", alg);
	else
		p->alg = (enum jose_alg)a;
	p->userinfo = conf_bool(c, section, "userinfo", false);
	p->groups_claim = copy(c, section, "groups_claim", "groups");
	p->roles_claim = copy(c, section, "roles_claim", "roles");
	p->default_role = optional(c, section, "default_role");
	p->ca_file = optional(c, section, "ca_file");
	p->timeout_ms = conf_seconds(c, section, "timeout", 5, 1, 30) * 1000;
}

static void
read_providers(struct conf *c, struct settings *s)
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

enum rg_err
settings_load(const char *path, struct settings **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct conf *c = NULL;
	struct settings *s = NULL;

	*out = NULL;
	if ((r = conf_load(path, &c, e)) != RG_OK)
		goto out;
	if ((s = calloc(1, sizeof(*s))) == NULL ||
	    (s->path = strdup(path)) == NULL) {
		r = err_set(e, RG_E_NOMEM, "reading %s", path);
		goto out;
	}
	read_main(c, s);
	read_session(c, s);
	read_providers(c, s);
	if ((r = conf_finish(c, e)) != RG_OK)
		goto out;
	*out = s;
	s = NULL;
	r = RG_OK;
out:
	settings_free(&s);
	conf_free(&c);
	return r;
}

static void
provider_clear(struct provider *p)
{
	if (p->client_secret != NULL)
		explicit_bzero(p->client_secret, strlen(p->client_secret));
	free(p->client_secret);
	free(p->name);
	free(p->label);
	free(p->issuer);
	free(p->tenant);
	free(p->client_id);
	free(p->scope);
	free(p->ca_file);
	free(p->groups_claim);
	free(p->roles_claim);
	free(p->default_role);
}

void
settings_free(struct settings **sp)
{
	struct settings *s = *sp;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->provider_count; i++)
		provider_clear(&s->providers[i]);
	free(s->path);
	free(s->public_url);
	free(s->prefix);
	free(s->database);
	free(s->key_file);
	free(s->listen);
	free(s->listen_authorizer);
	free(s->socket_owner);
	free(s->socket_group);
	free(s->peer_user);
	free(s->contact);
	free(s);
	*sp = NULL;
}

const struct provider *
settings_provider(const struct settings *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->provider_count; i++)
		if (strcmp(s->providers[i].name, name) == 0)
			return &s->providers[i];
	return NULL;
}

const char *
settings_path(const char *option)
{
	const char *env = getenv("ROLEGATE_CONFIG");

	if (option != NULL)
		return option;
	return env != NULL && env[0] != '\0' ? env : SETTINGS_DEFAULT_PATH;
}
