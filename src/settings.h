/* SPDX-License-Identifier: ISC */
/*
 * rolegate.conf as one structure. Everything in it was checked: a setting that
 * can't be enforced is an error at start, never a silent no-op.
 */
#ifndef RG_SETTINGS_H
#define RG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "base/address.h"
#include "base/err.h"
#include "base/log.h"
#include "contextforge/config.h"
#include "oidc/provider.h"

#define SETTINGS_DEFAULT_PATH "/etc/rolegate/rolegate.conf"
#define SETTINGS_MAX_PROVIDERS 16

#define SETTINGS_MAX_RESOURCES 16

/* What MCP clients ask metadata about, RFC 9728: [resource.NAME] */
struct resource {
	char *id;   /* of the section */
	char *url;  /* the resource identifier, without a slash at the end */
	char *path; /* of url: "" or "/mcp" */
	char *name; /* for people; "" if none */
	char **scopes;
	size_t scope_count;
	char **audiences; /* that tokens must have here; none: any of ours */
	size_t audience_count;
};

/* What of an address of a person is written to the audit. */
enum settings_personal {
	PERSONAL_FULL,
	PERSONAL_HASH, /* keyed: equal addresses look equal */
	PERSONAL_OFF
};

/* Of the processes that serve requests. */
enum settings_sandbox {
	SANDBOX_ON, /* as much as the kernel has */
	SANDBOX_OFF,
	SANDBOX_REQUIRE /* all of it, or no start */
};

struct settings {
	char *path;	  /* of the file, for messages */
	char *public_url; /* without a slash at the end */
	char *prefix;	  /* path of public_url: "" or "/auth" */
	bool secure;	  /* public_url is https */
	char *database;
	char *key_file;
	char *listen;		 /* or NULL */
	char *listen_authorizer; /* or NULL */
	mode_t socket_mode;
	char *socket_owner; /* or NULL; likewise the next two */
	char *socket_group;
	char *peer_user;
	int workers;
	int sign_in_workers;
	int read_timeout_ms;
	int idle_timeout_ms;
	int database_timeout_ms;
	unsigned client_sign_ins; /* begun, a minute and address; 0: any */
	unsigned client_failures; /* likewise of those that fail */
	char **proxies;		  /* addresses whose X-Forwarded-For counts */
	size_t proxy_count;
	int64_t clock_skew; /* seconds, as all that follow */
	int64_t session_idle;
	int64_t session_lifetime;
	int64_t sign_in_time;
	int64_t audit_refusals; /* rows per minute */
	int64_t audit_refusals_day;
	enum settings_personal audit_client; /* the network address */
	enum settings_personal audit_email;
	char *audit_key_file; /* or NULL: nothing is signed */
	char *metrics_token;  /* or NULL: there is no /metrics */
	enum settings_sandbox sandbox;
	enum log_level log_level;
	char *contact;		     /* "" if none */
	bool api;		     /* /api/ is there */
	char *role_token_audience;   /* NULL: no role tokens are made */
	int64_t role_token_lifetime; /* seconds */
	bool role_token_always;
	size_t resource_count;
	struct resource resources[SETTINGS_MAX_RESOURCES];
	struct cf_config *contextforge; /* NULL: no such section */
	size_t provider_count;
	struct provider providers[SETTINGS_MAX_PROVIDERS];
};

/*
 * Reads the file and the secrets it names. RG_E_CONF with file:line,
 * RG_E_FILE, RG_E_FILE_MODE.
 */
enum rg_err
settings_load(const char *path, struct settings **out, struct err *e);

/* Wipes the secrets. */
void settings_free(struct settings **);

/* By section name; NULL when there is none. */
const struct provider *
settings_provider(const struct settings *, const char *name);

/* Whether trusted_proxy names this address. */
bool settings_trusts_proxy(const struct settings *, const struct address *);

/*
 * The issuers whose access tokens are taken, as a new array for RFC 9728's
 * authorization_servers; NULL when out of memory.
 */
json_t *settings_token_issuers(const struct settings *);

/* --config, else $ROLEGATE_CONFIG, else SETTINGS_DEFAULT_PATH. */
const char *settings_path(const char *option);

#endif
