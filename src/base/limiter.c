/* SPDX-License-Identifier: ISC */
#include "base/limiter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SETS 1024U /* for each kind; 4 people in each */
#define WAYS 4U
#define MINUTE_MS 60000

/*
 * One word for each: who, and until when (in milliseconds of the monotonic
 * clock) what they have used of their burst lasts. 0 is nobody.
 */
#define UNTIL_BITS 44
#define UNTIL_MASK ((UINT64_C(1) << UNTIL_BITS) - 1)

struct limiter {
	_Atomic uint64_t *words; /* mapped */
	size_t size;		 /* bytes */
	unsigned kinds;
};

enum rg_err
limiter_open(
    const char *path, unsigned kinds, struct limiter **out, struct err *e)
{
	enum rg_err r = RG_E_FILE;
	struct limiter *l = NULL;
	void *p = MAP_FAILED;
	int fd = -1, why;

	*out = NULL;
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return err_set(e, RG_E_NOMEM, "opening %s", path);
	l->kinds = kinds;
	l->size = (size_t)kinds * SETS * WAYS * sizeof(*l->words);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	/* Space for all of it now: a full disk would kill who writes later. */
	why = fd < 0 ? errno : posix_fallocate(fd, 0, (off_t)l->size);
	if (why == 0) {
		p = mmap(
		    NULL, l->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		why = p == MAP_FAILED ? errno : 0;
	}
	if (fd >= 0)
		(void)close(fd);
	if (why != 0) {
		(void)err_set(e, r, "%s: %s", path, strerror(why));
		free(l);
		return r;
	}
	l->words = p;
	*out = l;
	return RG_OK;
}

void
limiter_free(struct limiter **lp)
{
	if (*lp == NULL)
		return;
	(void)munmap((*lp)->words, (*lp)->size);
	free(*lp);
	*lp = NULL;
}

/* What of a burst is used at `now`, as the time that it lasts; 0 if nothing. */
static uint64_t
until_of(uint64_t word, uint64_t now)
{
	uint64_t until = word & UNTIL_MASK;

	/* Of before the machine started again, when its clock began anew. */
	if (until <= now || until > now + 2 * MINUTE_MS)
		return 0;
	return until;
}

/* The word of `who`, else the one that matters least. */
static _Atomic uint64_t *
find(struct limiter *l, unsigned kind, uint64_t who, uint64_t now)
{
	uint64_t tag = who >> UNTIL_BITS, word, until, least = UINT64_MAX;
	_Atomic uint64_t *set =
	    l->words + (kind * SETS + (size_t)(who % SETS)) * WAYS;
	_Atomic uint64_t *best = set;
	unsigned i;

	for (i = 0; i < WAYS; i++) {
		word = atomic_load(&set[i]);
		if (word != 0 && word >> UNTIL_BITS == tag)
			return &set[i];
		until = until_of(word, now);
		if (until < least) {
			least = until;
			best = &set[i];
		}
	}
	return best;
}

static bool
judge(struct limiter *l, unsigned kind, uint64_t who, unsigned per_minute,
    int64_t now_ms, bool take)
{
	uint64_t now = (uint64_t)now_ms & UNTIL_MASK;
	uint64_t step = MINUTE_MS / per_minute, tag = who >> UNTIL_BITS;
	uint64_t word, until;
	_Atomic uint64_t *at;

	if (kind >= l->kinds)
		return false;
	at = find(l, kind, who, now);
	word = atomic_load(at);
	for (;;) {
		until = word >> UNTIL_BITS == tag ? until_of(word, now) : 0;
		if (until == 0)
			until = now;
		if (until + step > now + MINUTE_MS)
			return false;
		if (!take ||
		    atomic_compare_exchange_weak(at, &word,
			tag << UNTIL_BITS | ((until + step) & UNTIL_MASK)))
			return true;
	}
}

bool
limiter_take(struct limiter *l, unsigned kind, uint64_t who,
    unsigned per_minute, int64_t now_ms)
{
	return judge(l, kind, who, per_minute, now_ms, true);
}

bool
limiter_peek(struct limiter *l, unsigned kind, uint64_t who,
    unsigned per_minute, int64_t now_ms)
{
	return judge(l, kind, who, per_minute, now_ms, false);
}
