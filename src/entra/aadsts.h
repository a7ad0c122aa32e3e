/* SPDX-License-Identifier: ISC */
/*
 * Entra's error numbers (AADSTS...), each as one of our causes and a sentence
 * for the administrator. Numbers are all that is taken from what Entra says:
 * its texts change, and have line breaks and e-mail addresses in them. Pure.
 */
#ifndef RG_ENTRA_AADSTS_H
#define RG_ENTRA_AADSTS_H

#include <stdint.h>

#include "base/err.h"

struct aadsts {
	int64_t number;
	enum rg_err code; /* decides what the person is told (cgi/problem.c) */
	const char
	    *advice; /* to the administrator: for the log and the audit */
};

/* The row of a number; NULL for one that is not in the table. */
const struct aadsts *aadsts_find(int64_t number);

/*
 * The number that an error_description begins with: "AADSTS", 4 to 9 digits,
 * and then no letter or digit. 0 for anything else, and for NULL.
 */
int64_t aadsts_number(const char *description);

#endif
