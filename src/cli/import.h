/* SPDX-License-Identifier: ISC */
/*
 * map import-contextforge: the settings of ContextForge's own SSO (its .env
 * file) as a document for map apply. Nothing is changed; a report says what
 * became of each setting, and what it did there, where that may surprise.
 */
#ifndef RG_CLI_IMPORT_H
#define RG_CLI_IMPORT_H

#include <stdbool.h>

#include <jansson.h>

#include "base/err.h"

struct import {
	const char *path;
	json_t *env;	    /* NAME -> value */
	json_t *unexpanded; /* NAME -> line, of values with ${NAME} */
	char *entra;	    /* names of our providers */
	char *keycloak;
	char *generic;
	json_t *roles;
	json_t *mappings;
	json_t *report; /* [{"setting", "became", "note"}] */
	struct err *e;	/* the first failure, which leaves nothing to print */
};

/*
 * The value of a setting; NULL when it is not set. One that is not known, since
 * other variables are named in it, is a failure.
 */
const char *import_get(const struct import *, const char *setting);

/* Whether it is true, or false, in the words that ContextForge takes. */
bool import_is(const struct import *, const char *setting, bool value);

/* "became" nothing where there is nothing to become. */
void import_report(struct import *, const char *setting, const char *became,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Appends `item`, which it takes; a failure if that is NULL. */
void import_append(const struct import *, json_t *list, json_t *item);

/* Makes the roles and mappings. */
void import_mappings(struct import *);

/* Reports what has no counterpart among roles and mappings, and why. */
void import_rest(struct import *);

#endif
