/* SPDX-License-Identifier: ISC */
#include "cli/actor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
expect(const char *actor, const char *user, const char *login, const char *sudo)
{
	char out[CLI_ACTOR_MAX];

	cli_put_actor(out, user, login, sudo);
	assert_string_equal(out, actor);
}

static void
test_login_counts(void **state)
{
	(void)state;
	expect("cli:alice", "www-data", "alice", NULL);
	expect("cli:alice", "alice", "alice", NULL);
	/* The environment takes nothing back, and adds nobody. */
	expect("cli:alice", "www-data", "alice", "bob");
	expect("cli:alice", "root", "alice", "bob");
}

static void
test_claims_are_marked(void **state)
{
	(void)state;
	expect("cli:www-data", "www-data", NULL, NULL);
	expect("cli:www-data (sudo: alice)", "www-data", NULL, "alice");
	expect("cli:root (sudo: alice)", "root", NULL, "alice");
	/* No claim passes for somebody who has logged in. */
	expect("cli:www-data (sudo: x) cli:alice)", "www-data", NULL,
	    "x) cli:alice");
}

static void
test_unusable_claims_are_left_out(void **state)
{
	char name[200];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[65] = '\0';
	expect("cli:www-data", "www-data", NULL, name);
	expect("cli:www-data", "www-data", NULL, "alice\nrole.add");
	expect("cli:www-data", "www-data", NULL, "\x1b[2Jalice");
	expect("cli:www-data", "www-data", NULL, "");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_login_counts),
	    cmocka_unit_test(test_claims_are_marked),
	    cmocka_unit_test(test_unusable_claims_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
