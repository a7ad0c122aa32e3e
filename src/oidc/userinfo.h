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
 * Copies what people read (name, preferred_username, email, given_name,
 * family_name) into `claims` where that has none. Nothing that decides about
 * access is taken from here: the answer is not signed. RG_E_USERINFO_SUB
 * unless its sub is that of `claims` (section 5.3.2). Pure.
 */
enum rg_err
userinfo_apply(const char *text, size_t len, json_t *claims, struct err *e);

/*
 * Asks with the access token and applies the answer. RG_E_USERINFO for
 * anything but a JSON answer with status 200. `endpoint` may be NULL: then
 * the provider has none and that is an error too, since it was configured.
 */
enum rg_err
userinfo_fetch(struct fetch *, const char *endpoint, const struct provider *,
    const char *access_token, json_t *claims, struct err *e);

#endif
