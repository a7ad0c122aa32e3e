/* SPDX-License-Identifier: ISC */
/* The certificate that goes with a private key. Pure: no I/O, no clock. */
#ifndef RG_JOSE_CERT_H
#define RG_JOSE_CERT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "jose/sign.h"

struct cert {
	int64_t not_before; /* seconds since 1970 */
	int64_t not_after;
	char x5t[B64URL_ENC_LEN(20) + 1];	/* RFC 7515 section 4.1.7 */
	char x5t_s256[JOSE_THUMBPRINT_LEN + 1]; /* section 4.1.8 */
};

/*
 * Reads the first certificate of a PEM text, which must be the one of `key`.
 * Whether it is valid at some moment is for the caller to say.
 * RG_E_CERT_FORMAT, RG_E_CERT_KEY (of another key), RG_E_TOO_LARGE, RG_E_NOMEM.
 */
enum rg_err cert_parse(const char *pem, size_t len, const struct jose_key *key,
    struct cert *out, struct err *e);

#endif
