/* SPDX-License-Identifier: ISC */
/* The userinfo endpoint, OpenID Connect Core 1.0 section 5.3. */
#ifndef RG_OIDC_USERINFO_H
#define RG_OIDC_USERINFO_H

#include <stddef.h>

#include <jansson.h>

#include "base/err.h"
#include "net/fetch.h"
#include "oidc/provider.h"

#define USERINFO_MAX_TEXT ((size_t)64 * 1024)

/*
 * Takes from an answer. With CLAIMS_FROM_USERINFO, into `claims` whatever they
 * do not have, except what says who somebody is, where, how and how long they
 * signed in: only a signed token says that. email_verified always comes from
 * where email does. Otherwise what people read (name, preferred_username,
 * email, given_name, family_name), to userinfo_shown(): apart from the claims,
 * where no mapping can find it.
 * RG_E_USERINFO_SUB unless its sub is that of `claims` (section 5.3.2): then
 * nothing is taken. Pure.
 */
enum rg_err userinfo_apply(const char *text, size_t len, enum claims_from,
    json_t *claims, struct err *e);

/* What was taken for people to read; NULL when nothing was. */
const json_t *userinfo_shown(const json_t *claims);

/*
 * Asks with the access token and applies the answer. RG_E_USERINFO for
 * anything but a JSON answer with status 200. `endpoint` may be NULL: then
 * the provider has none and that is an error too, since it was configured.
 */
enum rg_err
userinfo_fetch(struct fetch *, const char *endpoint, const struct provider *,
    const char *access_token, json_t *claims, struct err *e);

/*
 * What people read, as it was taken last time, into `claims` of the same
 * person, for when there is no answer. RG_E_NOMEM.
 */
enum rg_err userinfo_carry_over(const json_t *was, json_t *claims);

/*
 * Asks if the provider's configuration says so. When it does not answer,
 * *missing says why and the result is RG_OK: `claims` are the ID token's alone.
 * Somebody else's answer is an error in any case. With `missing` NULL every
 * failure is an error.
 */
enum rg_err userinfo_claims(struct fetch *, const char *endpoint,
    const struct provider *, const char *access_token, json_t *claims,
    enum rg_err *missing, struct err *e);

#endif
