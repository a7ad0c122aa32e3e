/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "contextforge/plan.h"

/* "id scope scope_id" of each, "-" for no scope_id; separated by commas. */
static json_t *
list(const char *text, int64_t expires_at, bool pending)
{
	json_t *all = json_array();
	char id[16], scope[16], team[16];
	const char *p = text;
	int n;

	while (*p != '\0') {
		for (n = 0; *p != ' '; p++)
			id[n++] = *p;
		id[n] = '\0';
		for (n = 0, p++; *p != ' '; p++)
			scope[n++] = *p;
		scope[n] = '\0';
		for (n = 0, p++; *p != ',' && *p != '\0'; p++)
			team[n++] = *p;
		team[n] = '\0';
		if (*p == ',')
			p++;
		(void)json_array_append_new(
		    all, json_pack("{s:s, s:s, s:s, s:s, s:I, s:b}", "role_id",
			     id, "scope", scope, "scope_id",
			     strcmp(team, "-") == 0 ? "" : team, "role", id,
			     "expires_at", (json_int_t)expires_at, "pending",
			     pending));
	}
	return all;
}

/* Asserts the plan, written "do id scope scope_id;..." */
static void
assert_plan(json_t *wanted, json_t *ours, json_t *there, const char *expected)
{
	struct buf got = BUF_INIT;
	json_t *plan = NULL, *step;
	size_t i;

	assert_int_equal(cf_plan(wanted, ours, there, &plan), RG_OK);
	json_array_foreach(plan, i, step)
	{
		buf_printf(&got, "%s %s %s %s;", json_str(step, "do"),
		    json_str(step, "role_id"), json_str(step, "scope"),
		    json_str(step, "scope_id"));
		assert_null(json_object_get(step, "pending"));
	}
	assert_string_equal(buf_str(&got), expected);
	buf_clear(&got);
	json_decref(plan);
	json_decref(wanted);
	json_decref(ours);
	json_decref(there);
}

#define W(text) list(text, 0, false)
#define PENDING(text) list(text, 0, true)

static void
test_gives_and_takes(void **state)
{
	(void)state;
	assert_plan(W(""), W(""), W(""), "");
	assert_plan(W("d team t1"), W(""), W(""), "grant d team t1;");
	assert_plan(W("d team t1"), W("d team t1"), W("d team t1"), "");
	assert_plan(W(""), W("d team t1"), W("d team t1"), "revoke d team t1;");
	assert_plan(W("v global -"), W("d team t1"), W("d team t1"),
	    "revoke d team t1;grant v global ;");
	/* Taken away there while it is due; and while it is not. */
	assert_plan(W("d team t1"), W("d team t1"), W(""), "grant d team t1;");
	assert_plan(W(""), W("d team t1"), W(""), "forget d team t1;");
}

static void
test_what_others_gave_is_theirs(void **state)
{
	(void)state;
	assert_plan(W(""), W(""), W("d team t1,v global -"), "");
	assert_plan(W("d team t1"), W(""), W("d team t1"), "leave d team t1;");
	/* The same role in another team or scope is another assignment. */
	assert_plan(W(""), W("d team t1"), W("d team t1,d team t2"),
	    "revoke d team t1;");
	assert_plan(W("d team t1"), W(""), W("d team t2,d global -"),
	    "grant d team t1;");
}

static void
test_pending(void **state)
{
	(void)state;
	assert_plan(W("d team t1"), PENDING("d team t1"), W("d team t1"),
	    "adopt d team t1;");
	assert_plan(
	    W("d team t1"), PENDING("d team t1"), W(""), "grant d team t1;");
	assert_plan(
	    W(""), PENDING("d team t1"), W("d team t1"), "revoke d team t1;");
}

static void
test_ends(void **state)
{
	static const struct {
		int64_t wanted, ours;
		const char *plan;
	} c[] = {{200, 100, "renew d team t1;"}, {100, 100, ""}, {100, 200, ""},
	    {0, 100, "renew d team t1;"}, {100, 0, "renew d team t1;"},
	    {0, 0, ""}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++)
		assert_plan(list("d team t1", c[i].wanted, false),
		    list("d team t1", c[i].ours, false), W("d team t1"),
		    c[i].plan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gives_and_takes),
	    cmocka_unit_test(test_what_others_gave_is_theirs),
	    cmocka_unit_test(test_pending),
	    cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
