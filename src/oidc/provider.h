/* SPDX-License-Identifier: ISC */
/* One configured OpenID provider; filled by settings.c, read by oidc/. */
#ifndef RG_OIDC_PROVIDER_H
#define RG_OIDC_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entra/tenancy.h"
#include "jose/jwk.h"
#include "oidc/credential.h"

#define PROVIDER_MAX_CREDENTIALS 4

enum provider_type {
	PROVIDER_OIDC,
	PROVIDER_ENTRA
};
enum client_auth {
	CLIENT_SECRET_BASIC,
	CLIENT_SECRET_POST
};
enum graph_mode {
	GRAPH_OFF,
	GRAPH_DELEGATED, /* asked as the person who signs in */
	GRAPH_APP	 /* asked as the application itself */
};
enum response_mode {
	RESPONSE_QUERY,
	RESPONSE_FORM_POST
};

enum claims_from {
	CLAIMS_FROM_ID_TOKEN,
	CLAIMS_FROM_USERINFO /* what the ID token lacks, from there */
};

#define PROVIDER_NO_MAX_AGE ((int64_t)-1)

/* All strings belong to the settings and live as long as they do. */
struct provider {
	char *name;  /* of the section, [a-z0-9-]{1,32} */
	char *label; /* for people */
	enum provider_type type;
	/*
	 * Where its metadata is; also exactly the issuer, but for Entra with
	 * several tenants or personal accounts: ask `entra` there.
	 */
	char *issuer;
	char *tenant; /* the one tenant of Entra, a lower-case GUID, or NULL */
	struct entra_tenancy *entra; /* of PROVIDER_ENTRA, else NULL */
	char *client_id;
	enum client_auth client_auth; /* how a secret is sent */
	struct credential credentials[PROVIDER_MAX_CREDENTIALS]; /* in order */
	size_t credential_count;
	enum response_mode response_mode;
	char *scope;
	enum jose_alg alg; /* the one that ID tokens are signed with */
	char *prompt;	   /* "login", "select_account", "consent"; or NULL */
	char *domain_hint; /* or NULL */
	int64_t max_age;   /* seconds, or PROVIDER_NO_MAX_AGE */
	bool userinfo;	   /* ask the userinfo endpoint for names */
	enum claims_from claims_from; /* what mappings look at */
	char *ca_file;		      /* or NULL for the system's */
	char *groups_claim;	      /* default "groups" */
	/* with names of groups; NULL: names are not believed */
	char *group_names_claim;
	char *roles_claim;  /* default "roles" */
	char *default_role; /* or NULL */
	long timeout_ms;    /* for each call to the provider */
	enum graph_mode graph;
	char *graph_url;	/* without a slash at the end; NULL: none */
	long graph_time_ms;	/* for all calls to Graph of a sign-in */
	bool refresh;		/* claims are renewed, and are never older */
	int64_t claims_max_age; /* than so many seconds */
	bool last_known;	/* may stand in for unknown groups, */
	int64_t last_known_max_age; /* so many seconds long */
	char **audiences; /* of bearer tokens; without any, none is taken */
	size_t audience_count;
	char **required_scopes; /* that a person's bearer token must all have */
	size_t required_scope_count;
	bool allow_loopback_http;
};

/*
 * True for the issuer and tenant ("" where there is none) of a principal that
 * could sign in with this provider today.
 */
bool
provider_is_of(const struct provider *, const char *issuer, const char *tenant);

#endif
