/* SPDX-License-Identifier: ISC */
/*
 * What rolegate proves itself to a provider with. A provider may have several
 * at once, so that one can be replaced without a moment in which none works.
 */
#ifndef RG_OIDC_CREDENTIAL_H
#define RG_OIDC_CREDENTIAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "jose/cert.h"
#include "jose/sign.h"

enum credential_kind {
	CREDENTIAL_ASSERTION_FILE, /* workload identity: somebody else signs */
	CREDENTIAL_CERTIFICATE,	   /* private_key_jwt, RFC 7523 section 2.2 */
	CREDENTIAL_SECRET	   /* RFC 6749 section 2.3.1 */
};

struct credential {
	enum credential_kind kind;
	char *source; /* file or environment variable it came from; for people
		       */
	char *secret; /* CREDENTIAL_SECRET, else NULL */
	struct jose_key *key; /* CREDENTIAL_CERTIFICATE, else NULL */
	struct cert cert;     /* of the key */
	char *kid;	      /* for the header; or NULL */
};

/* How soon the end of a certificate matters to people. */
enum cert_state {
	CERT_GOOD,
	CERT_ENDS_SOON, /* 30 days or a third of its time are left */
	CERT_URGENT,	/* 7 days or a tenth */
	CERT_NOT_YET,
	CERT_EXPIRED
};

enum cert_state cert_state(const struct cert *, int64_t now);

/* The certificate of the list that ends last; NULL when there is none. */
const struct credential *
credential_last(const struct credential *list, size_t count);

/* Wipes and frees what it holds. */
void credential_clear(struct credential *);

#endif
