/* SPDX-License-Identifier: ISC */
/*
 * What a client may know of an error: a status, a short stable code, and words
 * for people. The precise cause is in the audit and in the log, under the
 * request id.
 */
#ifndef RG_CGI_PROBLEM_H
#define RG_CGI_PROBLEM_H

#include "base/err.h"

struct problem {
	int status;
	const char *code;
	const char *title;
	const char *message; /* what happened */
	const char *advice;  /* what to do */
};

/* Never NULL: what is not listed is a 500 "internal". */
const struct problem *problem_of(enum rg_err);

/*
 * What the button says that begins the sign-in once more. *prompt is what the
 * provider is to be asked for then, or NULL.
 */
const char *problem_next(enum rg_err, const char **prompt);

#endif
