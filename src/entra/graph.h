/* SPDX-License-Identifier: ISC */
/*
 * Which of some groups a person is a member of, nested memberships included,
 * asked at Microsoft Graph v1.0 when the token could not carry the groups.
 *
 * Only groups that mappings mention are asked about, and nothing but the fact
 * of membership is kept. There are two ways to ask, both content with the
 * delegated permission User.Read (application: User.Read.All and
 * GroupMember.Read.All):
 *
 *   checkMemberGroups    20 ids a call: its cost grows with the mapped groups
 *   transitiveMemberOf   999 groups a page: its cost grows with the person's
 *
 * Whose groups do not fit in a token has more than 200, one page for most and
 * ten for almost all. Up to GRAPH_CHECK_BEST groups (three calls) are checked;
 * more are looked up in the list, unless its first page says that it has more
 * pages than checking would take calls. So nobody's sign-in costs more than
 * groups / 20 + 1 calls, however many groups the person has (except when Graph
 * does not count; then GRAPH_PAGES_MAX holds).
 *
 * The answer is whole or there is none: whatever is malformed, refused, late or
 * too long is an error with a name. Groups with hidden membership are not in
 * answers to User.Read, without a sign of it (learn.microsoft.com,
 * "directoryObject: checkMemberGroups"): nobody is ever known to be in one.
 */
#ifndef RG_ENTRA_GRAPH_H
#define RG_ENTRA_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"

#define GRAPH_CHECK_MAX 20  /* ids in one checkMemberGroups */
#define GRAPH_CHECK_BEST 60 /* beyond that many ids the list is cheaper */
#define GRAPH_PAGE 999	    /* of transitiveMemberOf; more is not allowed */
#define GRAPH_PAGES_MAX 40
#define GRAPH_IDS_MAX ((size_t)GRAPH_PAGE * GRAPH_PAGES_MAX)
#define GRAPH_ANSWER_MAX ((size_t)1024 * 1024)	  /* bytes of one answer */
#define GRAPH_BYTES_MAX ((size_t)8 * 1024 * 1024) /* of all of a question */
#define GRAPH_ATTEMPTS 4 /* of one call, when told to come back later */

struct graph; /* a connection that is kept */

struct graph_question {
	const char *base; /* "https://graph.microsoft.com": no "/" at the end */
	const char *token;	   /* access token for Graph */
	const char *user;	   /* object id; NULL: whose token it is */
	const char *const *groups; /* ids; what is no GUID is left out */
	size_t group_count;
	int64_t deadline_ms; /* of clock_mono_ms(), for all calls */
	long timeout_ms;     /* for one call */
	const char *ca_file; /* or NULL */
	bool allow_loopback_http;
	bool background; /* nobody waits: Graph may serve others first */
};

struct graph_answer {
	json_t *ids;	/* those of the groups that the person is in: sorted */
	unsigned calls; /* requests made, repeated ones included */
};

/* NULL when out of memory. Make it after fork, with SIGPIPE ignored. */
struct graph *graph_new(void);
void graph_free(struct graph **);

/*
 * Asks. Throttling (429, 503, 504) is waited out as Graph says, while the
 * deadline allows it: RG_E_GRAPH_BUSY at once if not. No other failure is
 * tried again. RG_E_GRAPH_*, RG_E_NET_*, RG_E_NOMEM, RG_E_INVALID for a user
 * that is no GUID. On RG_OK the caller gives `ids` back with json_decref;
 * `calls` is set on errors, too.
 */
enum rg_err graph_member_of(struct graph *, const struct graph_question *,
    struct graph_answer *, struct err *e);

/*
 * What a group is called (GET /groups/<id>; application permission
 * GroupMember.Read.All). *name is malloc'd, NULL where it may not be seen.
 * RG_E_NOT_FOUND when there is no such group, else as of graph_member_of(). Of
 * the question user and groups are not used.
 */
enum rg_err graph_group_name(struct graph *, const struct graph_question *,
    const char *id, char **name, struct err *e);

/*
 * What such an error means for people: "graph_refused", "graph_busy",
 * "graph_timeout", "graph_unreachable", "graph_too_large", "graph_error",
 * "graph_invalid".
 */
const char *graph_reason(enum rg_err);

#endif
