/* SPDX-License-Identifier: ISC */
/*
 * An Ed25519 key (RFC 8032) that signs what others verify offline: PEM files,
 * as openssl(1) makes and reads them.
 */
#ifndef RG_BASE_KEYPAIR_H
#define RG_BASE_KEYPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define KEYPAIR_SIGNATURE_LEN 64
#define KEYPAIR_ID_LEN 16 /* without the NUL */

struct keypair;

/* Makes a private key file of mode 0600; RG_E_EXISTS, RG_E_FILE. */
enum rg_err keypair_create(const char *path, struct err *e);

/*
 * Reads a private key (RG_E_FILE_MODE if others can read it), or a public one.
 * RG_E_FILE; RG_E_CONF for anything but one Ed25519 key.
 */
enum rg_err keypair_load(const char *path, struct keypair **out, struct err *e);
enum rg_err
keypair_load_public(const char *path, struct keypair **out, struct err *e);
void keypair_free(struct keypair **);

/* Appends the public key as PEM. */
void keypair_put_public(const struct keypair *, struct buf *out);

/* The first hexadecimal digits of the SHA-256 of the public key's DER. */
const char *keypair_id(const struct keypair *);

/* RG_E_INTERNAL with a public key. */
enum rg_err keypair_sign(const struct keypair *, const void *data, size_t len,
    uint8_t signature[static KEYPAIR_SIGNATURE_LEN]);

bool keypair_verify(const struct keypair *, const void *data, size_t len,
    const uint8_t signature[static KEYPAIR_SIGNATURE_LEN]);

#endif
