/* SPDX-License-Identifier: ISC */
/*
 * Whose tokens an application of Entra takes: which tenants', which issuer's,
 * signed by which keys. One set of rules for ID tokens and access tokens, of
 * v1.0 and v2.0 (learn.microsoft.com, "Access tokens in the Microsoft identity
 * platform", "Validate the issuer"; "Secure applications and APIs by validating
 * claims"). There is no switch that turns one of them off. Pure.
 */
#ifndef RG_ENTRA_TENANCY_H
#define RG_ENTRA_TENANCY_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "entra/cloud.h"

/* The tenant of all personal Microsoft accounts. */
#define ENTRA_PERSONAL "9188040d-6c67-4c5b-b112-36a304b66dad"

enum entra_mode {
	ENTRA_ONE,	     /* one organization's tenant */
	ENTRA_ORGANIZATIONS, /* several organizations */
	ENTRA_COMMON,	     /* the same, and personal accounts if listed */
	ENTRA_CONSUMERS	     /* personal accounts only */
};

typedef char entra_guid[TEXT_GUID_LEN + 1]; /* in lower case */

struct entra_tenancy {
	const struct entra_cloud *cloud;
	bool own_authority; /* not the cloud's: a test on loopback */
	enum entra_mode mode;
	entra_guid tenant;   /* of ENTRA_ONE and ENTRA_CONSUMERS; else "" */
	entra_guid *allowed; /* of the other two */
	size_t allowed_count;
	bool any_organization; /* all but ENTRA_PERSONAL are allowed */
	bool guests;	       /* guests of a tenant may sign in, too */
	char *authority;       /* origin of v2.0 issuers, no slash at the end */
	char *authority_v1;    /* the same of v1.0; NULL: none is taken */
};

void entra_tenancy_free(struct entra_tenancy **);

/* True for the modes in which tokens of several tenants may come. */
bool entra_many_tenants(const struct entra_tenancy *);

/*
 * May accounts of this tenant (a GUID of any case) sign in? RG_E_TENANT,
 * RG_E_TENANT_PERSONAL.
 */
enum rg_err entra_check_tenant(
    const struct entra_tenancy *, const char *tid, struct err *e);

/* Who signed, and what the metadata says where its key was found. */
struct entra_signer {
	const char *key_issuer; /* the key's "issuer", or NULL */
	const char *key_cloud;	/* the key's "cloud_instance_name", or NULL */
	const char *cloud; /* the metadata's cloud_instance_name, or NULL */
};

/*
 * The claims of a token whose signature was verified: RG_OK when it is of a
 * tenant that may sign in, by that tenant's issuer and with a key of that
 * issuer. In this order:
 *
 *   RG_E_TID_DUPLICATE    a second tid, in other case
 *   RG_E_TENANT_TEMPLATE  "{tenantid}" itself where a tenant should stand
 *   RG_E_TID              no tid that is a GUID
 *   RG_E_ISS_USERINFO     iss has user info, which hides its real host
 *   RG_E_ISS_CLOUD        iss is of another of Microsoft's clouds
 *   RG_E_ISS_TENANT       iss is of another tenant than tid
 *   RG_E_ISS              iss is not byte for byte the issuer of tid
 *   RG_E_TOKEN_VERSION    ver does not fit iss
 *   RG_E_KEY_ISSUER       the key may not sign for iss, or, with several
 *                         tenants, does not say that it may
 *   RG_E_KEY_CLOUD        the key is of another cloud than the metadata
 *   RG_E_TENANT, RG_E_TENANT_PERSONAL   see entra_check_tenant()
 *
 * The issuer is checked here: afterwards "iss" can be believed.
 */
enum rg_err entra_check_tenancy(const struct entra_tenancy *,
    const json_t *claims, const struct entra_signer *, struct err *e);

/* By its ver: 1 or 2; 0 for anything else. */
int entra_version(const json_t *claims);

/* Whose token it is: of a person, or of an application that acts as itself. */
enum entra_actor {
	ENTRA_PERSON,
	ENTRA_APP,
	ENTRA_UNSAID /* an ID token, or an access token without such claims */
};

/*
 * By idtyp if that is there (another value than "app" or "user" is taken for
 * ENTRA_APP, which may do less); else a token with scp is a person's, and one
 * whose sub is its oid an application's.
 */
enum entra_actor entra_actor(const json_t *claims);

/*
 * The rules for a person, on top: RG_E_APP_ONLY for the token of an
 * application, RG_E_OID without an object id, RG_E_GUEST for a guest where
 * guests are not allowed, RG_E_GUEST_UNKNOWN where the token does not tell.
 */
enum rg_err entra_check_person(
    const struct entra_tenancy *, const json_t *claims, struct err *e);

/*
 * Appends the v2.0 issuer of a tenant (a GUID in lower case). Principals are
 * filed under it whatever the version of their tokens, so that one person is
 * one principal.
 */
void
entra_issuer(const struct entra_tenancy *, const char *tid, struct buf *out);

/*
 * True when a principal that was recorded with this issuer and tenant could
 * sign in under today's configuration.
 */
bool entra_is_ours(
    const struct entra_tenancy *, const char *issuer, const char *tenant);

/*
 * True for the issuer, v1.0 or v2.0, of some tenant whose tokens could come:
 * good for finding out whose token it is, and for nothing else.
 */
bool entra_is_token_issuer(const struct entra_tenancy *, const char *issuer);

/*
 * True for what a metadata document, or the iss parameter of a response, may
 * say: the issuer, or for several tenants the template of issuers.
 */
bool entra_is_metadata_issuer(const struct entra_tenancy *, const char *issuer);

/*
 * A discovery document agrees with the configuration: RG_E_DISCOVERY_ISSUER,
 * RG_E_DISCOVERY_CLOUD (cloud_instance_name or msgraph_host of another cloud).
 */
enum rg_err entra_check_metadata(
    const struct entra_tenancy *, const json_t *document, struct err *e);

#endif
