/* SPDX-License-Identifier: ISC */
/* Plain CGI (RFC 3875): one request in the environment, then the end. */
#ifndef RG_CGI_PLAIN_H
#define RG_CGI_PLAIN_H

#include <stdbool.h>

#include "cgi/server.h"

/* Whether a web server started this process to serve one request. */
bool plain_is_cgi(void);

/* Serves it; the exit status. */
int plain_serve(const struct server_options *, const struct server_app *);

#endif
