/* SPDX-License-Identifier: ISC */
/* The Cookie headers of a request; for request.c only. */
#ifndef RG_CGI_REQUEST_COOKIE_H
#define RG_CGI_REQUEST_COOKIE_H

#include "cgi/request.h"

/*
 * Fills cookies, cookie_count and cookie_text from all HTTP_COOKIE variables:
 * there may be several. Kept are only tokens (RFC 6265 section 4.1.1) that
 * begin with "rolegate" or "__Host-rolegate": any host of the domain can set
 * others, as many as a browser holds. It can set "rolegate..." too, where ours
 * have __Host-; when there are too many of these, they count as absent.
 * RG_E_REQ_TOO_LARGE for too many __Host- ones, which nobody else can set, and
 * for too many bytes; then there are none.
 */
enum rg_err request_cookies_read(struct request *, char *const *params);

/* Wipes them: they hold sessions. */
void request_cookies_free(struct request *);

#endif
