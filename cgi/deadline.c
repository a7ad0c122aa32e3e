/* SPDX-License-Identifier: ISC */
#include "cgi/deadline.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/clock.h"
#include "cgi/slow.h"

#define LOOK_MS 100 /* whether others wait */

/*
 * Setting and unsetting the timer around each read and write were four of the
 * system calls of a request. So an alarm that is under way stays: when it goes
 * off too early it is set anew for what is left, and when nothing is guarded
 * it is let go. Written by on_alarm() as well, hence lock-free atomics.
 */
_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2,
    "a signal handler shares these");

static atomic_int guarded = -1;
static atomic_llong until;    /* of what is guarded: clock_mono_ms() */
static atomic_llong patience; /* until then nobody looks for others */
static atomic_llong alarm_at; /* when the timer goes off; 0: it is not set */
static atomic_int gave_way;   /* for the sake of others */

static bool
set_timer(int64_t now, int64_t at)
{
	struct itimerval t = {{0, 0}, {0, 0}};
	int64_t ms = at > now ? at - now : 1;

	alarm_at = at;
	t.it_value.tv_sec = ms / 1000;
	t.it_value.tv_usec = (ms % 1000) * 1000L;
	return setitimer(ITIMER_REAL, &t, NULL) == 0;
}

/* The next time at which there is something to do. */
static int64_t
next_look(int64_t now)
{
	int64_t at = patience;

	if (at <= now)
		at = slow_has_place() ? until : now + LOOK_MS;
	return at < until ? at : until;
}

static void
on_alarm(int sig)
{
	int64_t now = clock_mono_ms();
	int saved = errno, fd = guarded;

	(void)sig;
	alarm_at = 0;
	if (fd < 0)
		return;
	gave_way = now < until && now >= patience && !slow_may_wait();
	if (now >= until || gave_way ||
	    !set_timer(now, next_look(now))) /* rather than for ever */
		(void)shutdown(fd, SHUT_RDWR);
	errno = saved;
}

void
deadline_init(void)
{
	struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	sigset_t set;

	/* What a parent had is not ours: timers do not survive a fork. */
	guarded = -1;
	alarm_at = 0;
	(void)sigemptyset(&sa.sa_mask);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGALRM);
	if (sigaction(SIGALRM, &sa, NULL) != 0 ||
	    sigprocmask(SIG_UNBLOCK, &set, NULL) != 0)
		abort();
}

static void
start(int fd, int64_t now, int64_t look, int64_t end)
{
	int64_t at;

	until = end;
	patience = look;
	gave_way = 0;
	look = next_look(now);
	/* From here on an alarm that goes off is set anew by itself. */
	guarded = fd;
	at = alarm_at;
	if ((at == 0 || at > look) && !set_timer(now, look))
		abort();
}

void
deadline_start(int fd, int ms)
{
	int64_t now = clock_mono_ms(), end = now + (ms < 1 ? 1 : ms);

	start(fd, now, end, end);
}

void
deadline_start_arrival(int fd, int ms)
{
	int64_t now = clock_mono_ms(), end = now + (ms < 1 ? 1 : ms);

	start(fd, now, now + DEADLINE_PATIENCE_MS, end);
}

bool
deadline_stop(void)
{
	guarded = -1;
	slow_give();
	return gave_way != 0;
}
