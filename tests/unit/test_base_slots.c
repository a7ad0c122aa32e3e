/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/slots.h"

static char dir[] = "/tmp/rolegate-slots-XXXXXX";
static char path[64];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/slots", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

static void
test_no_more_than_count(void **state)
{
	struct slots *s[3] = {NULL};
	struct err e;
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(slots_open(path, 2, &s[i], &e), RG_OK);
	assert_int_equal(slots_take(s[0]), RG_OK);
	assert_int_equal(slots_take(s[1]), RG_OK);
	assert_int_equal(slots_take(s[2]), RG_E_OVERLOADED);
	slots_give(s[0]);
	assert_int_equal(slots_take(s[2]), RG_OK);
	for (i = 0; i < 3; i++)
		slots_free(&s[i]);
}

static void
test_killed_holder_gives_back(void **state)
{
	struct slots *s = NULL;
	struct err e;
	int ready[2], status;
	char c;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (slots_open(path, 1, &s, &e) != RG_OK ||
		    slots_take(s) != RG_OK || write(ready[1], "x", 1) != 1)
			_exit(1);
		(void)pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(slots_open(path, 1, &s, &e), RG_OK);
	assert_int_equal(slots_take(s), RG_E_OVERLOADED);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(slots_take(s), RG_OK);
	slots_free(&s);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

static void
test_unusable_path_is_an_error(void **state)
{
	struct slots *s = NULL;
	struct err e = {RG_OK, ""};

	(void)state;
	assert_int_equal(slots_open("/nowhere/slots", 1, &s, &e), RG_E_FILE);
	assert_null(s);
	assert_non_null(strstr(e.detail, "/nowhere/slots"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_more_than_count),
	    cmocka_unit_test(test_killed_holder_gives_back),
	    cmocka_unit_test(test_unusable_path_is_an_error)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
