/* SPDX-License-Identifier: ISC */
/*
 * How far something is that takes a while: one line on standard error, if that
 * is a terminal. Nothing of it is left when it has ended.
 */
#ifndef RG_CLI_PROGRESS_H
#define RG_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what; /* is counted: "people" */
	int64_t began;
	bool shown;
};

void progress_begin(struct progress *, const char *what);

/* Shows a bar, unless it is short work; `progress` is a struct progress. */
void progress_show(void *progress, int64_t done, int64_t total);

/* Takes it away, so that something else can be printed; it may come again. */
void progress_hide(struct progress *);

#endif
