/* SPDX-License-Identifier: ISC */
/*
 * A worker must start where a supervisor has refused capset(2), as the
 * package's unit does, and must not start where rights of root's would stay.
 * What a closed sandbox holds is in tests/e2e/sandbox.test.mjs.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgi/sandbox.h"
#include "cgi/sandbox_files.h"
#include "store_util.h"

#define NOBODY 65534

enum how {
	ENTERED,
	REFUSED,
	OPEN,  /* entered, but what is outside can be read */
	FAILED /* the test itself */
};

static bool
refuse_capset(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	bool done = f != NULL && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		    seccomp_rule_add(
			f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(capset), 0) == 0 &&
		    seccomp_load(f) == 0;

	seccomp_release(f);
	return done;
}

static enum how
enter(const char *folder, bool give_up_root)
{
	static char conf[] = "/nowhere/rolegate.conf";
	char database[UTIL_PATH_MAX];
	struct settings s = {.path = conf, .sandbox = SANDBOX_ON};
	struct err e = {RG_OK, ""};

	util_path(database, folder, "db");
	s.database = database;
	s.key_file = database;
	if (give_up_root && geteuid() == 0 &&
	    (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		return FAILED;
	if (!refuse_capset())
		return FAILED;
	if (sandbox_enter(&s, &e) != RG_OK)
		return REFUSED;
	if (sandbox_files_version() == 0)
		return ENTERED; /* a kernel without Landlock */
	return open("/", O_RDONLY | O_DIRECTORY) >= 0 ? OPEN : ENTERED;
}

/* In a process of its own: there is no way back out. */
static enum how
try_to_enter(bool give_up_root)
{
	char folder[UTIL_PATH_MAX];
	int status;
	pid_t pid;

	util_folder(folder);
	if ((pid = fork()) == 0)
		_exit((int)enter(folder, give_up_root));
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	util_remove(folder);
	assert_true(WIFEXITED(status));
	return (enum how)WEXITSTATUS(status);
}

static void
test_nothing_to_give_up(void **state)
{
	(void)state;
#ifdef RG_NO_SANDBOX
	skip();
#endif
	assert_int_equal(try_to_enter(true), ENTERED);
}

static void
test_root_stays_root(void **state)
{
	(void)state;
#ifdef RG_NO_SANDBOX
	skip();
#endif
	if (geteuid() != 0)
		skip();
	assert_int_equal(try_to_enter(false), REFUSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_to_give_up),
	    cmocka_unit_test(test_root_stays_root),
	};

	return cmocka_run_group_tests_name("cgi_sandbox", tests, NULL, NULL);
}
