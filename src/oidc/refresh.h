/* SPDX-License-Identifier: ISC */
/*
 * When documents are fetched. Every attempt needs a grant of the cache, which
 * counts attempts across processes, so that neither a failing provider nor a
 * flood of strange tokens makes us hammer it. Private to oidc/.
 *
 * Two counters per issuer: OIDC_DISCOVERY for the ordinary fetches (first
 * start, age), OIDC_KEYS for those that an unknown key forces. They are apart
 * so that keys which change right after the first fetch are fetched at once.
 */
#ifndef RG_OIDC_REFRESH_H
#define RG_OIDC_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "oidc/document.h"

#define REFRESH_COLD_INTERVAL 2	    /* seconds, while there is no document */
#define REFRESH_COLD_WAIT_MS 3000   /* for another process that fetches it */
#define REFRESH_FORCED_WAIT_MS 2000 /* the same, for an unknown key */

/*
 * Makes sure that the document is in memory; fetches when there is none or it
 * is older than OIDC_DOCUMENT_AGE. An old one is used when the provider can't
 * be reached. May replace either document.
 */
enum rg_err refresh_ensure(struct oidc *, struct documents *,
    const struct provider *, enum oidc_document, int64_t now, struct err *e);

/*
 * A token is signed with a key that we don't have: takes other keys from the
 * cache if there are, else fetches them (and discovery, since jwks_uri may have
 * moved). True when the set in memory has been replaced, so that looking again
 * makes sense; keys selected from the old one are dangling then. Called a
 * second time, when even those of the cache don't have it, it fetches.
 */
bool refresh_keys(
    struct oidc *, struct documents *, const struct provider *, int64_t now);

#endif
