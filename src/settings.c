/* SPDX-License-Identifier: ISC */
#include "settings_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/url.h"
#include "jose/claims.h"

#define MAIN "rolegate"
#define DAY 86400
#define PROXIES_MAX 16

char *
settings_dup(const char *s)
{
	char *dup = strdup(s);

	if (dup == NULL)
		abort();
	return dup;
}

/* public_url and what follows from it. */
static void
read_public_url(struct conf *c, struct settings *s)
{
	struct url u;
	size_t len;

	s->public_url = conf_copy_need(c, MAIN, "public_url");
	s->prefix = settings_dup("");
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
	s->prefix = settings_dup(u.path);
}

static void
read_main(struct conf *c, struct settings *s)
{
	/* in the order of enum settings_sandbox */
	static const char *const sandboxes[] = {"on", "off", "require", NULL};
	char *end;
	const char *mode;

	read_public_url(c, s);
	s->database = conf_copy_need(c, MAIN, "database");
	s->key_file = conf_copy_need(c, MAIN, "key_file");
	s->listen = conf_copy_opt(c, MAIN, "listen");
	s->listen_authorizer = conf_copy_opt(c, MAIN, "listen_authorizer");
	s->socket_owner = conf_copy_opt(c, MAIN, "socket_owner");
	s->socket_group = conf_copy_opt(c, MAIN, "socket_group");
	s->peer_user = conf_copy_opt(c, MAIN, "peer_user");
	s->contact = conf_copy(c, MAIN, "contact", "");
	s->api = conf_bool(c, MAIN, "api", true);
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
	s->sandbox = (enum settings_sandbox)conf_choice(
	    c, MAIN, "sandbox", sandboxes, SANDBOX_ON);
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

/* Who may begin how many sign-ins, and whose word counts for who it is. */
static void
read_clients(struct conf *c, struct settings *s)
{
	struct address proxy;
	size_t i;

	s->client_sign_ins =
	    (unsigned)conf_int(c, MAIN, "client_sign_ins", 300, 0, 10000);
	s->client_failures =
	    (unsigned)conf_int(c, MAIN, "client_failures", 100, 0, 10000);
	conf_list(c, MAIN, "trusted_proxy", PROXIES_MAX, &s->proxies,
	    &s->proxy_count);
	for (i = 0; i < s->proxy_count; i++)
		if (!address_parse(s->proxies[i], &proxy))
			conf_fail(c, MAIN, "trusted_proxy",
			    "expected addresses such as 192.0.2.7, got \"%s\"",
			    s->proxies[i]);
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
	read_clients(c, s);
	settings_read_audit(c, s);
	read_session(c, s);
	settings_read_providers(c, s);
	settings_read_gateway(c, s);
	settings_read_contextforge(c, s);
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

void
settings_free(struct settings **sp)
{
	struct settings *s = *sp;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->provider_count; i++)
		settings_provider_clear(&s->providers[i]);
	settings_gateway_clear(s);
	settings_contextforge_free(&s->contextforge);
	free(s->path);
	conf_list_free(&s->proxies, &s->proxy_count);
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
	free(s->audit_key_file);
	if (s->metrics_token != NULL)
		explicit_bzero(s->metrics_token, strlen(s->metrics_token));
	free(s->metrics_token);
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

bool
settings_trusts_proxy(const struct settings *s, const struct address *a)
{
	struct address proxy;
	size_t i;

	for (i = 0; i < s->proxy_count; i++)
		if (address_parse(s->proxies[i], &proxy) &&
		    address_equal(a, &proxy))
			return true;
	return false;
}

const char *
settings_path(const char *option)
{
	const char *env = getenv("ROLEGATE_CONFIG");

	if (option != NULL)
		return option;
	return env != NULL && env[0] != '\0' ? env : SETTINGS_DEFAULT_PATH;
}
