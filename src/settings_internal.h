/* SPDX-License-Identifier: ISC */
/* What the files that read rolegate.conf share. */
#ifndef RG_SETTINGS_INTERNAL_H
#define RG_SETTINGS_INTERNAL_H

#include "base/conf.h"
#include "settings.h"

/* strdup(), or the end of the program: at start there is nothing to save. */
char *settings_dup(const char *);

/* Audit and metrics. */
void settings_read_audit(struct conf *, struct settings *);

/*
 * The keys that only a section of type entra has; afterwards issuer, tenant,
 * tenancy and the claim with names of groups are set. groups_claim must be.
 */
void settings_read_entra(struct conf *, const char *section, struct provider *);

/* Fills s->providers from all [provider.NAME] sections. */
void settings_read_providers(struct conf *, struct settings *);

/*
 * How groups are found that are not in the token. `cloud_url` is where the
 * cloud has Microsoft Graph, NULL for a provider that is not Microsoft's. After
 * scope, tenant and issuer were read.
 */
void settings_read_graph(struct conf *, const char *section, struct provider *,
    const char *cloud_url);

/* The secrets, certificates and assertions of one section; at least one. */
void settings_read_credentials(
    struct conf *, const char *section, struct provider *);

/* Whether claims are renewed; after scope was read. */
void
settings_read_refresh(struct conf *, const char *section, struct provider *);

/* Frees what it holds and wipes its secrets. */
void settings_provider_clear(struct provider *);

/* What a provider's bearer tokens must be: audiences, required_scopes. */
void
settings_read_bearer(struct conf *, const char *section, struct provider *);

/* [resource.NAME] and [role_token]; after the providers. */
void settings_read_gateway(struct conf *, struct settings *);

void settings_gateway_clear(struct settings *);

/* Fills s->contextforge, after the providers. */
void settings_read_contextforge(struct conf *, struct settings *);

/* Wipes the token. */
void settings_contextforge_free(struct cf_config **);

#endif
