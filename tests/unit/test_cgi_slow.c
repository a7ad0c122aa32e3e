/* SPDX-License-Identifier: ISC */
/* How many processes may wait for slow clients. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgi/slow.h"

static int door[2];

/* A process that takes a place, if there is one, and stays. */
static pid_t
start(bool *may)
{
	int pipes[2];
	char answer;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		slow_watch(door[0], -1);
		answer = slow_may_wait() ? 'y' : 'n';
		if (write(pipes[1], &answer, 1) == 1)
			(void)pause();
		_exit(0);
	}
	assert_int_equal(read(pipes[0], &answer, 1), 1);
	*may = answer == 'y';
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	return pid;
}

static void
end(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void
test_half(void **state)
{
	pid_t pids[4];
	bool may;
	int i;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, door), 0);
	assert_int_equal(write(door[1], "x", 1), 1); /* somebody waits */
	slow_watch(-1, door[0]);
	assert_true(slow_may_wait()); /* before anything was said */
	assert_true(slow_open(5));
	for (i = 0; i < 4; i++) {
		pids[i] = start(&may);
		assert_int_equal(may, i < 2);
	}
	assert_false(slow_may_wait());
	assert_false(slow_has_place());
	/* A killed one gives nothing back itself. */
	end(pids[1]);
	assert_false(slow_may_wait());
	slow_bury(pids[1]);
	assert_true(slow_may_wait());
	assert_true(slow_has_place());
	slow_give();
	assert_false(slow_has_place());
	/* Fewer after a reload; nobody waits any more. */
	assert_true(slow_open(2));
	assert_false(slow_may_wait());
	slow_watch(-1, -1);
	assert_true(slow_may_wait());
	assert_false(slow_has_place());
	for (i = 0; i < 4; i++)
		if (i != 1)
			end(pids[i]);
	(void)close(door[0]);
	(void)close(door[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_half)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
