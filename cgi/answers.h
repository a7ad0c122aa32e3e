/* SPDX-License-Identifier: ISC */
/*
 * Finished answers, given again to the same question. An answer may be kept
 * when it is made of nothing but the request's variables, the database, and the
 * time in whole seconds. It is given again only within the second it was made
 * in, and while nobody has written to the database in any process
 * (gate_stamp()): so whatever is revoked, disabled, edited or expired acts on
 * the very next request, exactly as if each were decided anew, and there is
 * nothing to invalidate.
 *
 * The question is known by the SHA-256 of its variables, so that no cookie or
 * token is kept; answers are wiped as soon as another second or another state
 * of the database is asked for.
 */
#ifndef RG_CGI_ANSWERS_H
#define RG_CGI_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "cgi/request.h"
#include "gate.h"

#define ANSWERS_MAX 256		/* kept at a time */
#define ANSWERS_BYTES (1 << 20) /* of all of them */

struct answers;

/* When a request is answered: what answers are good for. */
struct answers_moment {
	int64_t now; /* seconds: clock_now() */
	uint8_t database[GATE_STAMP_LEN];
};

/* NULL when out of memory. */
struct answers *answers_new(void);
void answers_free(struct answers **);

/*
 * Appends the answer to this question, if it is known: NULL if not, else the
 * endpoint that had made it. `params` are NAME=value strings ending in NULL,
 * all of which count but those that differ by connection and are never read.
 */
const char *answers_find(struct answers *, const struct answers_moment *,
    enum fcgi_role, char *const *params, struct buf *out);

/*
 * Keeps the answer to the question that answers_find() was asked last, at this
 * moment of it. `endpoint` is static text.
 */
void answers_keep(struct answers *, const struct answers_moment *,
    const char *endpoint, const struct buf *answer);

#endif
