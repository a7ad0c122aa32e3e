/* SPDX-License-Identifier: ISC */
/*
 * Out of memory at each allocation in turn: a decision is the whole one or
 * none, never one with a role, or a reason to deny, too few. A policy likewise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "access/decide.h"
#include "tests/unit/nomem.h"

#define NOW 1800000000
#define DENIED "d0000000-0000-4000-8000-000000000001"

static const char *const permissions[] = {"b", "a", "b"};

/* The mappings of one provider: more than a list of reasons begins with. */
static const struct access_mapping mappings[] = {
    {.kind = ACCESS_GROUP, .value = "g1", .label = "one"},
    {.kind = ACCESS_GROUP, .value = "g2", .label = ""},
    {.kind = ACCESS_APP_ROLE, .value = "Task", .label = ""},
    {.kind = ACCESS_CLAIM, .claim = "dept", .value = "x", .label = ""},
    {.kind = ACCESS_CLAIM, .claim = "team", .value = "y", .label = ""},
    {.kind = ACCESS_DIRECTORY_ROLE, .value = "w", .label = ""},
    {.kind = ACCESS_GROUP, .value = DENIED, .label = ""},
};
#define MAPPINGS (sizeof(mappings) / sizeof(mappings[0]))

static enum rg_err
build(struct access_policy **out)
{
	struct access_policy *p = access_policy_new(7);
	enum rg_err r = RG_E_NOMEM;
	size_t i;

	*out = p;
	if (p == NULL)
		return r;
	if ((r = access_policy_add_role(p, "even", permissions, 3, false)) !=
		RG_OK ||
	    (r = access_policy_add_role(p, "boss", permissions, 1, true)) !=
		RG_OK ||
	    (r = access_policy_add_role(p, "odd", NULL, 0, false)) != RG_OK)
		return r;
	for (i = 0; i < MAPPINGS; i++) {
		struct access_mapping m = mappings[i];

		m.id = (int64_t)i + 1;
		m.provider = "entra";
		m.enabled = true;
		r = access_policy_add_mapping(p, &m,
		    strcmp(m.value, DENIED) == 0 ? NULL
		    : i % 2 == 0		 ? "even"
						 : "odd");
		if (r != RG_OK)
			return r;
	}
	return access_policy_seal(p);
}

static void
test_policy(void **state)
{
	struct access_policy *p = NULL;
	enum rg_err r = RG_E_INTERNAL;
	const struct access_role *role;
	bool done = false;
	long n;

	(void)state;
	fault_once = true;
	for (n = 0; n < NOMEM_MAX && !done; n++) {
		fault_begin(n);
		r = build(&p);
		done = fault_end();
		if (!done)
			assert_int_equal(r, RG_E_NOMEM);
		else
			assert_int_equal(r, RG_OK);
		if (!done)
			access_policy_free(&p);
	}
	assert_int_equal(access_policy_mapping_count(p), MAPPINGS);
	role = access_policy_role(p, "even");
	assert_non_null(role);
	assert_int_equal(role->permission_count, 2);
	assert_string_equal(role->permissions[0], "a");
	access_policy_free(&p);
}

/* An edit of one that is in use is told as failed: then it is given up. */
static enum rg_err
edit(struct access_policy *p)
{
	struct access_mapping m = mappings[0];
	enum rg_err r;

	access_policy_drop_roles(p);
	if ((r = access_policy_set_role(p, "even", permissions, 2, false)) !=
		RG_OK ||
	    (r = access_policy_set_role(p, "odd", permissions, 1, false)) !=
		RG_OK ||
	    (r = access_policy_set_role(p, "new", permissions, 1, true)) !=
		RG_OK ||
	    (r = access_policy_end_roles(p)) != RG_OK)
		return r;
	m.id = MAPPINGS + 1;
	m.provider = "entra";
	m.value = "g3";
	return access_policy_set_mapping(p, &m, "new");
}

static void
test_policy_edit(void **state)
{
	struct access_policy *p = NULL;
	enum rg_err r;
	bool done = false;
	long n;

	(void)state;
	fault_once = true;
	for (n = 0; n < NOMEM_MAX && !done; n++) {
		access_policy_free(&p);
		assert_int_equal(build(&p), RG_OK);
		fault_begin(n);
		r = edit(p);
		done = fault_end();
		assert_int_equal(r, done ? RG_OK : RG_E_NOMEM);
	}
	assert_true(done);
	assert_int_equal(access_policy_mapping_count(p), MAPPINGS + 1);
	assert_non_null(access_policy_role(p, "new"));
	assert_null(access_policy_role(p, "boss"));
	access_policy_free(&p);
}

static void
assert_same(const struct access_decision *a, const struct access_decision *b)
{
	size_t i;

	assert_int_equal(a->role_count, b->role_count);
	for (i = 0; i < a->role_count; i++)
		assert_string_equal(a->roles[i], b->roles[i]);
	assert_int_equal(a->permission_count, b->permission_count);
	assert_int_equal(a->group_count, b->group_count);
	assert_int_equal(a->reason_count, b->reason_count);
	for (i = 0; i < a->reason_count; i++)
		assert_int_equal(a->reasons[i].outcome, b->reasons[i].outcome);
	assert_int_equal(a->is_admin, b->is_admin);
	assert_int_equal(a->denied, b->denied);
}

static void
starve(const struct access_policy *p, const struct access_subject *s)
{
	struct access_decision whole, d;
	bool done = false;
	enum rg_err r;
	long n;

	assert_int_equal(access_decide(p, s, &whole), RG_OK);
	for (n = 0; n < NOMEM_MAX && !done; n++) {
		fault_begin(n);
		r = access_decide(p, s, &d);
		done = fault_end();
		if (done) {
			assert_int_equal(r, RG_OK);
			assert_same(&d, &whole);
		} else {
			assert_int_equal(r, RG_E_NOMEM);
			assert_null(d.roles);
			assert_null(d.reasons);
			assert_int_equal(d.role_count, 0);
		}
		access_decision_clear(&d);
	}
	access_decision_clear(&whole);
}

static void
test_decision(void **state)
{
	static const char all[] =
	    "{\"groups\": [\"g1\", \"g2\"], \"roles\": [\"Task\"], "
	    "\"dept\": \"x\", \"team\": [\"y\"], \"wids\": [\"w\"]}";
	static const char refused[] =
	    "{\"groups\": [\"g1\", \"g2\", \"" DENIED "\"]}";
	static const char plain[] = "{\"groups\": []}";
	static const char *const texts[] = {all, refused, plain};
	const struct access_grant grants[] = {
	    {.id = 1, .role = "boss", .reason = "", .created_by = ""},
	    {.id = 2, .role = "gone", .reason = "", .created_by = ""}};
	struct access_subject s = {.provider = "entra",
	    .tenant = "",
	    .groups_claim = "groups",
	    .roles_claim = "roles",
	    .default_role = "odd",
	    .now = NOW};
	struct access_policy *p = NULL;
	json_t *claims;
	size_t i;
	int way;

	(void)state;
	assert_int_equal(build(&p), RG_OK);
	fault_once = true;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		claims = json_loads(texts[i], 0, NULL);
		assert_non_null(claims);
		s.claims = claims;
		for (way = 0; way < 8; way++) {
			s.explain = (way & 1) != 0;
			s.grants = (way & 2) != 0 ? grants : NULL;
			s.grant_count = (way & 2) != 0 ? 2 : 0;
			s.app = (way & 4) != 0 ? "an app" : NULL;
			starve(p, &s);
		}
		json_decref(claims);
	}
	access_policy_free(&p);
}

/* What is not known must be on record, or nothing is. */
static void
test_marks(void **state)
{
	struct access_groups g = {.source = "none", .state = GROUPS_UNKNOWN};
	json_t *claims = json_object();

	(void)state;
	fault_once = true;
	fault_begin(0);
	assert_int_equal(access_claims_set_missing(claims), RG_E_NOMEM);
	assert_false(fault_end());
	assert_false(access_claims_are_missing(claims));
	fault_begin(0);
	assert_null(access_groups_json(&g));
	assert_false(fault_end());
	json_decref(claims);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_policy),
	    cmocka_unit_test(test_policy_edit),
	    cmocka_unit_test(test_decision),
	    cmocka_unit_test(test_marks),
	};

	nomem_hook_libraries();
	return cmocka_run_group_tests_name("access_nomem", tests, NULL, NULL);
}
