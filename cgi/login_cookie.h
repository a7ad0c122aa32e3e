/* SPDX-License-Identifier: ISC */
/* The cookie of a sign-in under way, one for each tab. */
#ifndef RG_CGI_LOGIN_COOKIE_H
#define RG_CGI_LOGIN_COOKIE_H

#include <stdbool.h>

#include "cgi/worker.h"

/* The base name for a state; false when it is not one of ours. */
bool login_cookie_name(const char *state, char base[static COOKIE_NAME_MAX]);

/*
 * Sends the browser to the provider with the transaction's cookie. Forgets dead
 * transactions of this browser, and the oldest ones until the new one fits.
 */
void login_cookie_send(struct worker *, const struct request *,
    struct response *, const struct provider *, const struct gate_login *);

#endif
