/* SPDX-License-Identifier: ISC */
/* Reading what Graph says. Pure. Private to entra/. */
#ifndef RG_ENTRA_GRAPH_ANSWER_H
#define RG_ENTRA_GRAPH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "base/text.h"

/* The groups that are asked about, and which of them the person is in. */
struct graph_groups {
	size_t count;
	struct graph_group {
		char id[TEXT_GUID_LEN + 1]; /* lower case */
		bool member;
	} * all; /* sorted by id, without repetitions */
};

/* Takes over every GUID of the list; RG_E_NOMEM. */
enum rg_err
graph_groups_set(struct graph_groups *, const char *const *ids, size_t count);
void graph_groups_clear(struct graph_groups *);

/*
 * A body that came with status 200: a JSON object without "error". *doc is a
 * new reference. RG_E_GRAPH_JSON, RG_E_GRAPH_ERROR.
 */
enum rg_err
graph_read(const char *text, size_t len, json_t **doc, struct err *e);

/*
 * The error that a status and a body amount to: RG_E_GRAPH_REFUSED for 401 and
 * 403, else RG_E_GRAPH_ERROR. The detail has the code, never the message.
 */
enum rg_err
graph_read_error(long status, const char *text, size_t len, struct err *e);

/*
 * Notes the members that checkMemberGroups answered about the ids [from, to).
 * RG_E_GRAPH_TYPE, RG_E_GRAPH_ID (no GUID, or none that was asked about),
 * RG_E_GRAPH_LINK for an answer that goes on elsewhere.
 */
enum rg_err graph_read_check(const json_t *doc, struct graph_groups *,
    size_t from, size_t to, struct err *e);

/*
 * Notes the members that a page of transitiveMemberOf lists. *next is borrowed
 * from the document, NULL on the last page; *total is what the page says about
 * the length of the list, -1 when nothing. RG_E_GRAPH_TYPE, RG_E_GRAPH_ID.
 */
enum rg_err graph_read_page(const json_t *doc, struct graph_groups *,
    size_t *ids, const char **next, int64_t *total, struct err *e);

/*
 * RG_OK for a link that stays below "<base>/v1.0/"; RG_E_GRAPH_LINK. A link is
 * where the token goes: one to another place would give it away.
 */
enum rg_err graph_check_link(const char *base, const char *link, struct err *e);

#endif
