/* SPDX-License-Identifier: ISC */
#include "cgi/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"

#define VARIABLE "ROLEGATE_HANDOVER"
#define ARGS_MAX 16

/* The next number of the list, which must be there and in its bounds. */
static bool
next(char **p, long least, long most, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(*p, &end, 10);
	if (errno != 0 || end == *p || (*end != ' ' && *end != '\0') ||
	    *out < least || *out > most)
		return false;
	*p = end;
	return true;
}

/* "PID FD OWN FD OWN WORKER...": numbers, as handover_become() wrote them. */
static bool
parse(char *p, struct handover *out)
{
	long n;
	int i;

	if (!next(&p, 1, INT_MAX, &n) || n != (long)getpid())
		return false;
	for (i = 0; i < LISTENERS; i++) {
		if (!next(&p, -1, INT_MAX, &n))
			return false;
		out->fds[i] = (int)n;
		if (!next(&p, 0, 1, &n))
			return false;
		out->own[i] = n == 1;
	}
	while (*p != '\0') {
		if (out->count == HANDOVER_WORKERS || !next(&p, 2, INT_MAX, &n))
			return false;
		/* Whoever is no child of ours is none of our business. */
		if (waitpid((pid_t)n, NULL, WNOHANG) == 0)
			out->workers[out->count++] = (pid_t)n;
	}
	return out->fds[0] >= 0;
}

bool
handover_take(struct handover *out)
{
	const char *text = getenv(VARIABLE);
	char *copy = text == NULL ? NULL : strdup(text);
	bool taken;

	memset(out, 0, sizeof(*out));
	taken = copy != NULL && parse(copy, out);
	free(copy);
	(void)unsetenv(VARIABLE);
	return taken;
}

pid_t
handover_try(const char *program, char *const *argv, char *flag)
{
	char *args[ARGS_MAX + 2] = {NULL};
	sigset_t none;
	pid_t pid;
	size_t i;

	for (i = 0; argv[i] != NULL; i++) {
		if (i == ARGS_MAX)
			return -1;
		args[i] = argv[i];
	}
	args[i] = flag;
	if ((pid = fork()) != 0)
		return pid;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execv(program, args);
	_exit(127);
}

static void
keep_open(const struct listener *l, bool across)
{
	int i;

	for (i = 0; i < LISTENERS; i++)
		if (l[i].fd >= 0)
			(void)fcntl(l[i].fd, F_SETFD, across ? 0 : FD_CLOEXEC);
}

enum rg_err
handover_become(const char *program, char *const *argv,
    const struct listener *l, const struct handover *h, struct err *e)
{
	enum rg_err r = RG_E_NOMEM;
	struct buf text = BUF_INIT;
	size_t i;

	buf_printf(&text, "%ld", (long)getpid());
	for (i = 0; i < LISTENERS; i++)
		buf_printf(&text, " %d %d", l[i].fd, l[i].is_ours);
	for (i = 0; i < h->count; i++)
		buf_printf(&text, " %ld", (long)h->workers[i]);
	if (!buf_ok(&text) || setenv(VARIABLE, buf_str(&text), 1) != 0) {
		(void)err_set(e, r, "handing over");
		goto out;
	}
	keep_open(l, true);
	(void)execv(program, argv);
	r = err_set(e, RG_E_FILE, "%s: %s", program, strerror(errno));
	keep_open(l, false);
	(void)unsetenv(VARIABLE);
out:
	buf_clear(&text);
	return r;
}
