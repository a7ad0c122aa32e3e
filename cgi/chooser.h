/* SPDX-License-Identifier: ISC */
/*
 * Which provider, where there are several: a page with one button for each, or
 * the one that this browser signed in with before. The cookie for that names a
 * provider, not a person, and saves a click; nothing else depends on it.
 */
#ifndef RG_CGI_CHOOSER_H
#define RG_CGI_CHOOSER_H

#include <stdint.h>

#include "cgi/worker.h"

/* The parameters of /login; NULL for those that are absent. */
struct ask {
	const char *return_to;
	const char *provider;
	const char *login_hint;
	const char *domain_hint;
	const char *prompt;
	const char *step_up;
	const char *max_age_text;
	const char *choose; /* show the page even if one is remembered */
	int64_t max_age;
};

/* The page; its buttons pass on what was asked for. */
void choose(struct worker *, const struct request *, struct response *,
    const struct ask *);

/* The provider of this browser's last sign-in; NULL if that is not known. */
const struct provider *
chooser_remembered(const struct worker *, const struct request *);

/* Remembers it if there is a choice at all. */
void chooser_remember(
    const struct worker *, struct response *, const struct provider *);

void chooser_forget(
    const struct worker *, const struct request *, struct response *);

#endif
