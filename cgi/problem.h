/* SPDX-License-Identifier: ISC */
/*
 * What a client may know of an error: a status and a short stable code, which
 * www/text/ has words for. The precise cause is in the audit and in the log,
 * under the request id.
 */
#ifndef RG_CGI_PROBLEM_H
#define RG_CGI_PROBLEM_H

#include "base/err.h"

struct problem {
	int status;
	const char *code;
};

/* Never NULL: what is not listed is a 500 "internal". */
const struct problem *problem_of(enum rg_err);

/*
 * The word (language_word()) on the button that begins the sign-in once more.
 * *prompt is what the provider is to be asked for then, or NULL.
 */
const char *problem_next(enum rg_err, const char **prompt);

#endif
