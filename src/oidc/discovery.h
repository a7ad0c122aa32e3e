/* SPDX-License-Identifier: ISC */
/* Provider metadata, OpenID Connect Discovery 1.0 section 3. Pure. */
#ifndef RG_OIDC_DISCOVERY_H
#define RG_OIDC_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "entra/tenancy.h"

#define DISCOVERY_MAX_TEXT ((size_t)256 * 1024)

struct discovery {
	char *authorization_endpoint;
	char *token_endpoint;
	char *jwks_uri;
	char *userinfo_endpoint;    /* or NULL */
	char *end_session_endpoint; /* or NULL */
	char *cloud;		    /* cloud_instance_name, or NULL */
	bool iss_parameter;	    /* RFC 9207: every response carries iss */
};

/*
 * Appends the address of the metadata: section 4.1, "removing any terminating
 * /" of the issuer.
 */
void discovery_url(struct buf *out, const char *issuer);

/*
 * Reads the metadata. RG_E_DISCOVERY_ISSUER unless its issuer is `issuer`, byte
 * for byte (section 4.3), or, with `entra`, what entra_check_metadata() says;
 * RG_E_DISCOVERY for a document that lacks an endpoint, or names one that is
 * not https (http on loopback if `allow_loopback_http`).
 */
enum rg_err discovery_parse(const char *text, size_t len, const char *issuer,
    const struct entra_tenancy *entra, bool allow_loopback_http,
    struct discovery **out, struct err *e);

void discovery_free(struct discovery **);

#endif
