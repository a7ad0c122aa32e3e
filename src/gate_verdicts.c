/* SPDX-License-Identifier: ISC */
#include "gate_internal.h"

#include <stdlib.h>
#include <string.h>

/* More than an object of groups takes, and each id in it. */
#define GROUPS_BYTES 512
#define GROUP_BYTES 128

struct entry {
	uint8_t hash[HASH_LEN];
	struct verdict verdict; /* token.claims NULL: free */
	size_t size;		/* of the token and what Graph said */
	size_t groups_size;
	int64_t made_at;
	uint64_t used; /* larger: later */
};

struct verdicts {
	struct entry all[VERDICTS_MAX];
	size_t bytes;
	uint64_t clock;
};

struct verdicts *
verdicts_new(void)
{
	return calloc(1, sizeof(struct verdicts));
}

static void
drop(struct verdicts *v, struct entry *e)
{
	if (e == NULL || e->verdict.token.claims == NULL)
		return;
	v->bytes -= e->size;
	access_token_clear(&e->verdict.token);
	json_decref(e->verdict.groups);
	memset(e, 0, sizeof(*e));
}

void
verdicts_free(struct verdicts **vp)
{
	size_t i;

	if (*vp == NULL)
		return;
	for (i = 0; i < VERDICTS_MAX; i++)
		drop(*vp, &(*vp)->all[i]);
	free(*vp);
	*vp = NULL;
}

/* A walk over a few hundred hashes costs less than one signature by far. */
static struct entry *
find(struct verdicts *v, const uint8_t hash[static HASH_LEN])
{
	struct entry *e;

	for (e = v->all; e < v->all + VERDICTS_MAX; e++)
		if (e->hash[0] == hash[0] && /* hardly ever */
		    e->verdict.token.claims != NULL &&
		    memcmp(e->hash, hash, HASH_LEN) == 0)
			return e;
	return NULL;
}

const struct verdict *
verdicts_find(
    struct verdicts *v, const uint8_t hash[static HASH_LEN], int64_t now)
{
	struct entry *e = find(v, hash);

	if (e == NULL)
		return NULL;
	/* Without the skew, and with a clock that was not set back. */
	if (now >= e->verdict.token.expires_at || now < e->made_at) {
		drop(v, e);
		return NULL;
	}
	e->used = ++v->clock;
	return &e->verdict;
}

void
verdicts_drop(struct verdicts *v, const uint8_t hash[static HASH_LEN])
{
	struct entry *e = find(v, hash);

	if (e != NULL)
		drop(v, e);
}

/* The one that was not used for longest; a free one counts as never used. */
static struct entry *
oldest(struct verdicts *v, bool may_be_free)
{
	struct entry *best = NULL, *e;

	for (e = v->all; e < v->all + VERDICTS_MAX; e++) {
		if (e->verdict.token.claims == NULL && !may_be_free)
			continue;
		if (best == NULL || e->used < best->used)
			best = e;
	}
	return best;
}

void
verdicts_put(struct verdicts *v, const uint8_t hash[static HASH_LEN],
    const struct verdict *verdict, size_t size, int64_t now)
{
	struct entry *e;

	if (size > VERDICTS_BYTES)
		return;
	verdicts_drop(v, hash);
	while (v->bytes + size > VERDICTS_BYTES)
		drop(v, oldest(v, false));
	if ((e = oldest(v, true)) == NULL)
		return;
	drop(v, e);
	memcpy(e->hash, hash, HASH_LEN);
	e->verdict = *verdict;
	/* What it borrows from the claims is the same object's. */
	json_incref(e->verdict.token.claims);
	json_incref(e->verdict.groups);
	e->size = size;
	e->made_at = now;
	e->used = ++v->clock;
	v->bytes += size;
}

void
verdicts_put_groups(struct verdicts *v, const uint8_t hash[static HASH_LEN],
    const struct verdict *from)
{
	size_t ids = json_array_size(json_object_get(from->groups, "ids"));
	size_t size = GROUPS_BYTES + ids * GROUP_BYTES;
	struct entry *e = find(v, hash);

	if (e == NULL || e->size - e->groups_size + size > VERDICTS_BYTES)
		return;
	e->size = e->size - e->groups_size + size;
	v->bytes = v->bytes - e->groups_size + size;
	e->groups_size = size;
	e->used = ++v->clock;
	json_decref(e->verdict.groups);
	e->verdict.groups = json_incref(from->groups);
	e->verdict.groups_until = from->groups_until;
	e->verdict.groups_policy = from->groups_policy;
	while (v->bytes > VERDICTS_BYTES)
		drop(v, oldest(v, false));
}
