/* SPDX-License-Identifier: ISC */
/* Discovery documents and key sets of providers, last good ones. */
#ifndef RG_STORE_DOCUMENT_H
#define RG_STORE_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

/* `kind` is "discovery" or "keys". RG_E_NOT_FOUND when there is none. */
enum rg_err store_document_load(struct store *, const char *issuer,
    const char *kind, struct buf *text, int64_t *fetched_at);

/*
 * Does nothing when there is one that was fetched later, by another process,
 * unless that is by so much that the clock must have been set back.
 */
enum rg_err store_document_save(struct store *, const char *issuer,
    const char *kind, const char *text, size_t len, int64_t fetched_at);

/*
 * One transaction: *granted is true, and `now` recorded as the last attempt,
 * if that one is at least `interval` seconds old (or lies in the future: the
 * clock was set back). Of several processes that ask at once, one is granted.
 */
enum rg_err store_document_may_fetch(struct store *, const char *issuer,
    const char *kind, int64_t now, int64_t interval, bool *granted);

#endif
