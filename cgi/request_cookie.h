/* SPDX-License-Identifier: ISC */
/* The Cookie headers of a request; for request.c only. */
#ifndef RG_CGI_REQUEST_COOKIE_H
#define RG_CGI_REQUEST_COOKIE_H

#include "cgi/request.h"

/*
 * Fills cookies, cookie_count and cookie_text from all HTTP_COOKIE variables:
 * there may be several. Pairs without "=" or whose name is no token (RFC 6265
 * section 4.1.1) are skipped. RG_E_REQ_TOO_LARGE beyond the caps of request.h,
 * and then there are none.
 */
enum rg_err request_cookies_read(struct request *, char *const *params);

/* Wipes them: they hold sessions. */
void request_cookies_free(struct request *);

#endif
