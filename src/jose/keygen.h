/* SPDX-License-Identifier: ISC */
#ifndef RG_JOSE_KEYGEN_H
#define RG_JOSE_KEYGEN_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends a new private key for ES256 as PEM (PKCS#8), for the caller to keep
 * secret and wipe. RG_E_INTERNAL, RG_E_NOMEM.
 */
enum rg_err jose_key_generate(struct buf *pem);

#endif
