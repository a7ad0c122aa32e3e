/* SPDX-License-Identifier: ISC */
/* Tokens of the application itself, in memory. Private to oidc/. */
#ifndef RG_OIDC_APP_TOKEN_H
#define RG_OIDC_APP_TOKEN_H

#include "oidc/oidc.h"

#define APP_TOKEN_MARGIN 300 /* seconds before its end that one is renewed */

struct app_token;

/* Wipes and frees the whole list. */
void app_token_free(struct app_token **);

#endif
