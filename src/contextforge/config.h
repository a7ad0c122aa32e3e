/* SPDX-License-Identifier: ISC */
/* What the [contextforge] sections of rolegate.conf say. */
#ifndef RG_CONTEXTFORGE_CONFIG_H
#define RG_CONTEXTFORGE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CF_MAX_GRANTS 64

enum cf_scope {
	CF_GLOBAL,
	CF_TEAM,
	CF_PERSONAL
};

/* "global", "team", "personal", as the gateway says it. */
const char *cf_scope_name(enum cf_scope);

/* Who has our role gets that role of the gateway. */
struct cf_rule {
	char *role;	    /* ours */
	char *gateway_role; /* its name there */
	enum cf_scope scope;
	char *scope_id; /* the team; "" for the other scopes */
};

/* Which field of a person is the address that the gateway knows. */
enum cf_address {
	CF_EMAIL,
	CF_USERNAME
};

/* Which end an assignment at the gateway gets. */
enum cf_expire {
	CF_NEVER,
	CF_SESSION
};

struct cf_config {
	char *url;     /* without a slash at the end; NULL: nothing is pushed */
	char *token;   /* of an administrator of the gateway */
	char *ca_file; /* or NULL */
	char *provider; /* only people of this provider; NULL: of any */
	char *platform_admin_email; /* lower case; NULL: not known */
	enum cf_address address;
	enum cf_expire expire;
	char *jwt_secret; /* its JWT_SECRET_KEY; NULL: no tokens are made */
	char *jwt_issuer;
	char *jwt_audience;
	int64_t token_lifetime; /* seconds */
	bool allow_loopback_http;
	bool create_users;
	bool at_sign_in;
	int timeout_ms; /* each call */
	int sign_in_timeout_ms;
	struct cf_rule rules[CF_MAX_GRANTS];
	size_t rule_count;
};

#endif
