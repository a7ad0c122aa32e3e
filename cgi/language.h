/* SPDX-License-Identifier: ISC */
/*
 * All words that people read, in each language that there is: www/text/, one
 * file for each, named by its tag (RFC 5646). What a language lacks is said in
 * English. Programs are answered in English.
 */
#ifndef RG_CGI_LANGUAGE_H
#define RG_CGI_LANGUAGE_H

#include <jansson.h>

#include "cgi/problem.h"

#define LANGUAGE_TAG_MAX 16
#define LANGUAGE_NAME_MAX 64

struct language {
	char tag[LANGUAGE_TAG_MAX];
	char name[LANGUAGE_NAME_MAX]; /* in its own words */
	const json_t *page;	      /* {{>name}} of the pages */
	const json_t *problems;	      /* by code: title, message, advice */
};

/*
 * The language that an Accept-Language header asks for; English when it asks
 * for none that there is. Never freed; NULL only when out of memory.
 */
const struct language *language_for(const char *accept);

/* {"de": "Deutsch", ...}: a new reference, NULL when out of memory. */
json_t *language_names(void);

/* A word of the pages; "" when there is none. `l` may be NULL. */
const char *language_word(const struct language *l, const char *name);

/* `what` is "title", "message" or "advice". "" when there is none. */
const char *language_problem(
    const struct language *l, const struct problem *, const char *what);

/* What happened, for programs: in English. */
const char *language_message(const struct problem *);

#endif
