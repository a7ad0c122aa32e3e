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
static atomic_llong alarm_at; /* when the timer goes off; 0: it is not set */

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

static void
on_alarm(int sig)
{
	int64_t now = clock_mono_ms();
	int saved = errno, fd = guarded;

	(void)sig;
	alarm_at = 0;
	if (fd >= 0 && now >= until)
		(void)shutdown(fd, SHUT_RDWR);
	else if (fd >= 0 && !set_timer(now, until))
		(void)shutdown(fd, SHUT_RDWR); /* rather than for ever */
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

void
deadline_start(int fd, int ms)
{
	int64_t now = clock_mono_ms(), at, end = now + (ms < 1 ? 1 : ms);

	until = end;
	/* From here on an alarm that goes off is set anew by itself. */
	guarded = fd;
	at = alarm_at;
	if ((at == 0 || at > end) && !set_timer(now, end))
		abort();
}

void
deadline_stop(void)
{
	guarded = -1;
}
