/* SPDX-License-Identifier: ISC */
/* Sign-outs at the wish of a provider; both are parts of /logout. */
#ifndef RG_CGI_LOGOUT_CHANNEL_H
#define RG_CGI_LOGOUT_CHANNEL_H

#include "cgi/worker.h"

/*
 * Answers a GET with ?sid= (Front-Channel Logout 1.0; Entra sends sid alone, in
 * an iframe without our cookies) or a POST of a logout_token (Back-Channel
 * Logout 1.0). False when the request is neither.
 */
bool logout_channel(struct worker *, const struct request *, struct response *);

#endif
