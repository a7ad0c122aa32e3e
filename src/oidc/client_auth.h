/* SPDX-License-Identifier: ISC */
/*
 * How a request to the token endpoint says which client it comes from: RFC 6749
 * section 2.3.1 (secret), RFC 7523 section 2.2 (signed assertion). Private to
 * oidc/.
 */
#ifndef RG_OIDC_CLIENT_AUTH_H
#define RG_OIDC_CLIENT_AUTH_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "oidc/credential.h"
#include "oidc/provider.h"

#define CLIENT_ASSERTION_LIFE 300 /* seconds */
#define CLIENT_ASSERTION_MAX ((size_t)16 * 1024)

/* For HTTP Basic; both empty when the form carries everything. Encoded. */
struct client_auth_basic {
	struct buf user;
	struct buf pass;
};

void client_auth_basic_clear(struct client_auth_basic *);

/*
 * Adds what `c` says of client `p` to a form (and to `basic`) that goes to the
 * token endpoint `endpoint`. An assertion is made, or read, for this one
 * request. RG_E_CERT_EXPIRED and RG_E_CERT_NOT_YET, RG_E_CLIENT_ASSERTION
 * (the file is no JWT), RG_E_FILE, RG_E_FILE_MODE, RG_E_NOMEM: the credential
 * can't be used now, and neither can the form.
 */
enum rg_err client_auth_add(const struct provider *p,
    const struct credential *c, const char *endpoint, int64_t now,
    struct buf *form, struct client_auth_basic *basic, struct err *e);

/*
 * Appends the assertion that is in the file of a CREDENTIAL_ASSERTION_FILE.
 * RG_E_CLIENT_ASSERTION, RG_E_FILE, RG_E_FILE_MODE, RG_E_TOO_LARGE.
 */
enum rg_err
client_auth_read(const struct credential *c, struct buf *jwt, struct err *e);

#endif
