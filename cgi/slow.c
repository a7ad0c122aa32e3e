/* SPDX-License-Identifier: ISC */
#include "cgi/slow.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLACES_MAX 128
#define BETWEEN_LOOKS_MS 20

struct places {
	atomic_int count;
	atomic_int taken[PLACES_MAX]; /* by the process of this id; or 0 */
};

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "shared by processes");

static struct places *places; /* mapped */
static atomic_int mine = -1;  /* the index of our place */
static int sockets[2] = {-1, -1};

bool
slow_open(int workers)
{
	void *p = places;

	if (p == NULL)
		p = mmap(NULL, sizeof(*places), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return false;
	places = p;
	places->count = workers / 2 < PLACES_MAX ? workers / 2 : PLACES_MAX;
	return true;
}

void
slow_watch(int first, int second)
{
	mine = -1;
	sockets[0] = first;
	sockets[1] = second;
}

/*
 * A process that rests would take the connection at once; between two looks,
 * somebody takes each. If one waits at the second look as well, nobody rests.
 */
static bool
others_wait(void)
{
	struct pollfd p[2] = {{.fd = sockets[0], .events = POLLIN},
	    {.fd = sockets[1], .events = POLLIN}};

	if (poll(p, 2, 0) <= 0 || poll(NULL, 0, BETWEEN_LOOKS_MS) != 0 ||
	    poll(p, 2, 0) <= 0)
		return false;
	/* POLLNVAL: closed, since we are about to end. */
	return ((p[0].revents | p[1].revents) & POLLIN) != 0;
}

bool
slow_may_wait(void)
{
	int i, nobody, saved = errno;
	bool may;

	if (places == NULL || mine >= 0)
		return true;
	for (i = 0; i < places->count; i++) {
		nobody = 0;
		if (atomic_compare_exchange_strong(
			&places->taken[i], &nobody, (int)getpid())) {
			mine = i;
			return true;
		}
	}
	may = !others_wait();
	errno = saved;
	return may;
}

bool
slow_has_place(void)
{
	return places == NULL || mine >= 0;
}

void
slow_give(void)
{
	if (mine < 0)
		return;
	places->taken[mine] = 0;
	mine = -1;
}

void
slow_bury(pid_t pid)
{
	int i, who;

	for (i = 0; places != NULL && i < PLACES_MAX; i++) {
		who = (int)pid;
		(void)atomic_compare_exchange_strong(
		    &places->taken[i], &who, 0);
	}
}
