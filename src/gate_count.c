/* SPDX-License-Identifier: ISC */
/*
 * What happened how often, minute by minute. Counted in memory and written
 * down between requests, so that no stranger's request costs a write, and a
 * flood of them costs a row a minute and reason.
 */
#include "gate_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define PAIRS_MAX 256 /* not yet written down, in one process */
#define WORD_LEN 63

struct count {
	int64_t minute; /* its first second */
	char name[WORD_LEN + 1];
	char reason[WORD_LEN + 1];
	int64_t count;
};

struct counters {
	struct count all[PAIRS_MAX];
	size_t used;
};

struct counters *
gate_counters_new(void)
{
	return calloc(1, sizeof(struct counters));
}

/* The entry for it; of another minute when there is no room for its own. */
static struct count *
entry(struct counters *c, const char *name, const char *reason, int64_t minute)
{
	struct count *other = NULL, *e;
	size_t i;

	for (i = 0; i < c->used; i++) {
		e = &c->all[i];
		if (strcmp(e->reason, reason) != 0 ||
		    strcmp(e->name, name) != 0)
			continue;
		if (e->minute == minute)
			return e;
		other = e;
	}
	if (c->used == PAIRS_MAX)
		return other;
	e = &c->all[c->used++];
	e->minute = minute;
	e->count = 0;
	(void)snprintf(e->name, sizeof(e->name), "%s", name);
	(void)snprintf(e->reason, sizeof(e->reason), "%s", reason);
	return e;
}

static bool
is_word(const char *s)
{
	return text_is_name(s, "_./:-", WORD_LEN);
}

void
gate_count(struct gate *g, const char *name, const char *reason, int64_t now)
{
	struct count *e;

	if (g == NULL || now < 0 || !is_word(name) || !is_word(reason))
		return;
	e = entry(g->counters, name, reason, now - now % 60);
	if (e != NULL)
		e->count++;
}

int
gate_idle(struct gate *g)
{
	(void)g;
	return -1;
}

void
gate_counters_end(struct gate *g)
{
	free(g->counters);
	g->counters = NULL;
}
