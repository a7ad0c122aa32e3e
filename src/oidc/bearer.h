/* SPDX-License-Identifier: ISC */
/*
 * Bearer tokens are verified while somebody waits for /whoami, and anybody can
 * send any number of them. So the network is a step of its own, for a caller
 * that holds one of the slots for it, and a token with an unknown key causes
 * at most one read of the cache a second in each process, and one fetch in
 * BEARER_REFETCH_INTERVAL in all of them.
 */
#ifndef RG_OIDC_BEARER_H
#define RG_OIDC_BEARER_H

#include "base/hash.h"
#include "oidc/access_token.h"
#include "oidc/oidc.h"

#define BEARER_REFETCH_INTERVAL 60 /* seconds */

/*
 * Verifies a token that access_token_provider() said is of this provider, with
 * the keys at hand. Never waits on the network. The errors of jws_verify() and
 * of access_token_check(), RG_E_KID_MISSING; RG_E_JWKS_EMPTY while there are no
 * keys.
 */
enum rg_err
bearer_verify(struct oidc *, const struct provider *, const struct jws *,
    int64_t now, int64_t skew, struct access_token *out, struct err *e);

/*
 * Whether bearer_fetch() could help a token that was refused with `r`, and no
 * process is known to have tried just now; RG_OK asks whether the keys are old.
 */
bool bearer_should_fetch(
    struct oidc *, const struct provider *, enum rg_err r, int64_t now);

/*
 * Fetches discovery and keys, if it is time to. Waits for the provider, up to
 * two calls of its timeout. True when there are other keys than before.
 */
bool bearer_fetch(struct oidc *, const struct provider *, int64_t now);

/*
 * What a verdict is good for: the keys it was made with, by the hash of their
 * document. False while there are none. What another process has fetched is
 * seen a second later, here and by bearer_verify().
 */
bool bearer_keys(struct oidc *, const struct provider *, int64_t now,
    uint8_t digest[static HASH_LEN]);

#endif
