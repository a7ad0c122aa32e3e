/* SPDX-License-Identifier: ISC */
#include "cgi/deadline.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

static volatile sig_atomic_t guarded = -1;

static void
on_alarm(int sig)
{
	int saved = errno;

	(void)sig;
	if (guarded >= 0)
		(void)shutdown(guarded, SHUT_RDWR);
	errno = saved;
}

void
deadline_init(void)
{
	struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	sigset_t set;

	(void)sigemptyset(&sa.sa_mask);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGALRM);
	if (sigaction(SIGALRM, &sa, NULL) != 0 ||
	    sigprocmask(SIG_UNBLOCK, &set, NULL) != 0)
		abort();
}

static void
set_timer(int ms)
{
	struct itimerval t = {{0, 0}, {0, 0}};

	t.it_value.tv_sec = ms / 1000;
	t.it_value.tv_usec = (ms % 1000) * 1000L;
	if (setitimer(ITIMER_REAL, &t, NULL) != 0)
		abort();
}

void
deadline_start(int fd, int ms)
{
	guarded = fd;
	set_timer(ms < 1 ? 1 : ms);
}

void
deadline_stop(void)
{
	guarded = -1;
	set_timer(0);
}
