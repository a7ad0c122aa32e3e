/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "cgi/child.h"

/* True when it is time to end. */
static bool
rest(int ms)
{
	struct timespec t = {
	    .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	sigset_t ends;
	int sig;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGUSR1);
	do
		sig = sigtimedwait(&ends, NULL, &t);
	while (sig < 0 && errno == EINTR);
	return sig > 0;
}

int
child_keep(const struct server_app *app)
{
	void *state = app->open(app->ctx);

	if (state == NULL)
		return CHILD_NOT_OPENED;
	while (!rest(app->keep(state)))
		continue;
	app->close(state);
	return CHILD_ENDED;
}
