/* SPDX-License-Identifier: ISC */
/* Who somebody is, as header lines: the same in /whoami and to an authorizer,
 * under other names. */
#ifndef RG_CGI_IDENTITY_H
#define RG_CGI_IDENTITY_H

#include "cgi/response.h"
#include "gate.h"

/* All lines together, names included; web servers take 8 KB of headers. */
#define IDENTITY_BUDGET 4096

/* Names of the header lines; NULL leaves one out. */
struct identity_names {
	const char *remote_user; /* the id once more */
	const char *user;
	const char *roles;
	const char *session;
	const char *email;
	const char *name;
	const char *username;
	const char *permissions;
	const char *groups; /* those that a mapping mentions */
	const char *omitted;
	size_t skip; /* characters of a name that `omitted` leaves out */
};

/*
 * Adds a header for each value, empty ones too. In values, what is not
 * visible ASCII, and "," and "%", are %XX, so that a list can be taken apart
 * again at its commas. A value that does not fit the budget is sent empty and
 * its name listed in `omitted`: no list is ever cut short. `omitted` is always
 * sent, empty when all did fit.
 */
void identity_put(struct response *, const struct gate_identity *,
    const struct identity_names *);

#endif
