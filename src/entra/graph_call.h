/* SPDX-License-Identifier: ISC */
/* Requests to Graph within what a question may cost. Private to entra/. */
#ifndef RG_ENTRA_GRAPH_CALL_H
#define RG_ENTRA_GRAPH_CALL_H

#include <stddef.h>

#include <jansson.h>

#include "base/err.h"
#include "entra/graph.h"
#include "net/fetch.h"

struct graph {
	struct fetch *fetch;
};

/* What the calls of one question have in common. All borrowed. */
struct graph_call {
	struct graph *graph;
	const struct graph_question *q;
	size_t bytes;	/* of all answers so far */
	unsigned calls; /* requests made */
	long status;	/* of the last answer */
};

void graph_call_begin(
    struct graph_call *, struct graph *, const struct graph_question *);

/*
 * GETs the URL, or POSTs the JSON to it; waits out throttling. On RG_OK *doc is
 * a new reference to what came with status 200. Errors as of
 * graph_member_of().
 */
enum rg_err graph_call(struct graph_call *, const char *url, const char *json,
    json_t **doc, struct err *e);

#endif
