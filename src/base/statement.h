/* SPDX-License-Identifier: ISC */
/*
 * A signed statement: lines of text that a person can read, and that openssl(1)
 * can verify. The first line says what kind it is; then come "name: value"
 * lines, the last of them "key: " and the id of the key; an empty line; and
 * "signature: " with the Ed25519 signature, in base64, of all bytes before the
 * empty line.
 */
#ifndef RG_BASE_STATEMENT_H
#define RG_BASE_STATEMENT_H

#include "base/keypair.h"

#define STATEMENT_MAX 8192

/* Appends "name: value"; a value that is not one line fails the buffer. */
void statement_put(struct buf *text, const char *name, const char *value);

/* Ends and signs what is in `text`, of which the first line is the kind. */
enum rg_err statement_sign(const struct keypair *, struct buf *text);

/*
 * Checks kind, form and signature of a whole file. RG_E_INVALID when it is no
 * such statement, RG_E_SIGNATURE when this key did not sign it.
 */
enum rg_err statement_verify(const struct keypair *, const char *kind,
    const struct buf *text, struct err *e);

/* The value of a line of a verified statement, as a new string, or NULL. */
char *statement_get(const struct buf *text, const char *name);

#endif
