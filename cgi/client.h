/* SPDX-License-Identifier: ISC */
/* Whose request it is when it came through a proxy. */
#ifndef RG_CGI_CLIENT_H
#define RG_CGI_CLIENT_H

#include "cgi/request.h"
#include "settings.h"

/*
 * Where the request came from an address that trusted_proxy names, the client
 * is the last address of X-Forwarded-For: the one that this proxy saw and added
 * itself. Whatever stands before it anybody can have written, and is never
 * looked at. A port after it is left out. A malformed one, or the header twice,
 * changes nothing: the client is the proxy then.
 */
void client_behind_proxy(
    struct request *, char *const *params, const struct settings *);

#endif
