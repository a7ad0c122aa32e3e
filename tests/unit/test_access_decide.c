/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "access/claim.h"
#include "access/decide.h"

#define TID "11111111-2222-4333-8444-555555555555"
#define DEVELOPERS "8f1a2b3c-0d4e-4f5a-9b6c-7d8e9f0a1b2c"
#define ADMINS "0a0a0a0a-0d4e-4f5a-9b6c-7d8e9f0a1b2c"
#define NOW 1800000000

static const char *const star[] = {"*"};
static const char *const read_write[] = {
    "reports.write", "reports.read", "reports.read"};
static const char *const use[] = {"tools.use"};

struct fixture {
	struct access_policy *policy;
	struct access_decision d;
	json_t *claims;
	struct access_subject s;
};

static void
map(struct access_policy *p, int64_t id, enum access_kind kind,
    const char *claim, const char *value, const char *role)
{
	struct access_mapping m = {0};

	m.id = id;
	m.provider = "entra";
	m.kind = kind;
	m.claim = claim;
	m.value = value;
	m.label = "a label";
	m.enabled = true;
	assert_int_equal(access_policy_add_mapping(p, &m, role), RG_OK);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->policy = access_policy_new(7);
	assert_non_null(f->policy);
	assert_int_equal(
	    access_policy_add_role(f->policy, "admin", star, 1, true), RG_OK);
	assert_int_equal(
	    access_policy_add_role(f->policy, "user", use, 1, false), RG_OK);
	assert_int_equal(
	    access_policy_add_role(f->policy, "analyst", read_write, 3, false),
	    RG_OK);
	f->s.provider = "entra";
	f->s.tenant = TID;
	f->s.groups_claim = "groups";
	f->s.roles_claim = "roles";
	f->s.now = NOW;
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	access_decision_clear(&f->d);
	access_policy_free(&f->policy);
	json_decref(f->claims);
	free(f);
	return 0;
}

static void
decide(struct fixture *f, const char *claims)
{
	access_decision_clear(&f->d);
	json_decref(f->claims);
	f->claims = json_loads(claims, 0, NULL);
	assert_non_null(f->claims);
	f->s.claims = f->claims;
	assert_int_equal(access_policy_seal(f->policy), RG_OK);
	assert_int_equal(access_decide(f->policy, &f->s, &f->d), RG_OK);
}

static void
decide_json(struct fixture *f, json_t *claims)
{
	char *text = json_dumps(claims, 0);

	assert_non_null(text);
	decide(f, text);
	free(text);
}

static void
assert_nothing(const struct fixture *f)
{
	assert_int_equal(f->d.role_count, 0);
	assert_int_equal(f->d.permission_count, 0);
	assert_false(f->d.is_admin);
}

static void
test_founding_scenarios(void **state)
{
	struct fixture *f = *state;

	map(f->policy, 1, ACCESS_GROUP, NULL, DEVELOPERS, "user");
	map(f->policy, 2, ACCESS_GROUP, NULL, ADMINS, "admin");
	map(f->policy, 3, ACCESS_CLAIM, "group_names", "data-analysts",
	    "analyst");
	decide(f, "{\"groups\":[\"" DEVELOPERS "\"]}");
	assert_int_equal(f->d.role_count, 1);
	assert_string_equal(f->d.roles[0], "user");
	assert_false(f->d.is_admin);
	assert_false(access_has_permission(&f->d, "reports.read"));
	assert_string_equal(f->d.groups[0].id, DEVELOPERS);
	assert_string_equal(f->d.groups[0].label, "a label");
	decide(f, "{\"groups\":[\"" ADMINS "\"]}");
	assert_true(f->d.is_admin);
	assert_true(access_has_permission(&f->d, "anything.at.all"));
	decide(f, "{\"group_names\":[\"data-analysts\"]}");
	assert_true(access_has_role(&f->d, "analyst"));
	assert_false(f->d.is_admin);
	/* sorted, each once */
	assert_int_equal(f->d.permission_count, 2);
	assert_string_equal(f->d.permissions[0], "reports.read");
	assert_string_equal(f->d.permissions[1], "reports.write");
	decide(f, "{}");
	assert_nothing(f);
}

static void
test_group_is_never_an_app_role(void **state)
{
	struct fixture *f = *state;

	map(f->policy, 1, ACCESS_APP_ROLE, NULL, "admin", "admin");
	decide(f, "{\"groups\":[\"admin\"]}");
	assert_nothing(f);
	decide(f, "{\"roles\":[\"admin\"]}");
	assert_true(f->d.is_admin);
	/* and the other way round */
	map(f->policy, 2, ACCESS_GROUP, NULL, DEVELOPERS, "user");
	decide(f, "{\"roles\":[\"" DEVELOPERS "\"]}");
	assert_nothing(f);
}

static void
test_guid_ignores_case_names_do_not(void **state)
{
	struct fixture *f = *state;

	map(f->policy, 1, ACCESS_GROUP, NULL, DEVELOPERS, "user");
	map(f->policy, 2, ACCESS_APP_ROLE, NULL, "Auditor", "analyst");
	decide(f, "{\"groups\":[\"8F1A2B3C-0D4E-4F5A-9B6C-7D8E9F0A1B2C\"]}");
	assert_true(access_has_role(&f->d, "user"));
	decide(f, "{\"roles\":[\"auditor\",\"Auditor \",\"Audito\"]}");
	assert_nothing(f);
	decide(f, "{\"roles\":\"Auditor\"}");
	assert_true(access_has_role(&f->d, "analyst"));
}

static void
test_disabled_expired_foreign(void **state)
{
	struct fixture *f = *state;
	struct access_mapping m = {0};

	m.provider = "entra";
	m.kind = ACCESS_GROUP;
	m.value = DEVELOPERS;
	m.label = "";
	assert_int_equal(access_policy_add_mapping(f->policy, &m, "admin"),
	    RG_OK); /* not enabled */
	m.enabled = true;
	m.expires_at = NOW; /* over at this very second */
	assert_int_equal(
	    access_policy_add_mapping(f->policy, &m, "admin"), RG_OK);
	m.expires_at = 0;
	m.provider = "keycloak";
	assert_int_equal(
	    access_policy_add_mapping(f->policy, &m, "admin"), RG_OK);
	m.provider = "entra";
	m.tenant = "99999999-2222-4333-8444-555555555555";
	assert_int_equal(
	    access_policy_add_mapping(f->policy, &m, "admin"), RG_OK);
	decide(f, "{\"groups\":[\"" DEVELOPERS "\"]}");
	assert_nothing(f);
	m.tenant = TID;
	m.expires_at = NOW + 1;
	assert_int_equal(
	    access_policy_add_mapping(f->policy, &m, "user"), RG_OK);
	decide(f, "{\"groups\":[\"" DEVELOPERS "\"]}");
	assert_true(access_has_role(&f->d, "user"));
	assert_int_equal(f->d.role_count, 1);
}

static void
test_overage_is_unknown_not_empty(void **state)
{
	static const char *const overage[] = {
	    "{\"_claim_names\":{\"groups\":\"src1\"}}", "{\"hasgroups\":true}",
	    "{\"hasgroups\":\"true\"}", "{\"hasgroups\":1}",
	    "{\"_claim_names\":\"groups\"}",
	    /* both: the list may be cut short */
	    "{\"_claim_names\":{\"groups\":\"s\"},\"groups\":[\"" ADMINS "\"]}",
	    "{\"hasgroups\":true,\"groups\":[\"" ADMINS "\"]}"};
	struct fixture *f = *state;
	size_t i;

	map(f->policy, 1, ACCESS_GROUP, NULL, ADMINS, "admin");
	f->s.default_role = "user";
	for (i = 0; i < sizeof(overage) / sizeof(overage[0]); i++) {
		decide(f, overage[i]);
		assert_int_equal(f->d.groups_state, GROUPS_UNKNOWN);
		assert_string_equal(f->d.groups_reason, "overage");
		assert_string_equal(f->d.groups_source, "none");
		assert_nothing(f);
	}
	/* markers that do not say so */
	decide(f, "{\"hasgroups\":false,\"groups\":[\"" ADMINS "\"]}");
	assert_true(f->d.is_admin);
	decide(f, "{\"_claim_names\":{\"credit\":\"s\"},\"groups\":[\"" ADMINS
		  "\"]}");
	assert_true(f->d.is_admin);
}

static void
test_malformed_groups_are_unknown(void **state)
{
	static const char *const bad[] = {"{\"groups\":{\"a\":1}}",
	    "{\"groups\":[\"" ADMINS "\",7]}", "{\"groups\":null}",
	    "{\"groups\":[[\"" ADMINS "\"]]}", "{\"groups\":12}"};
	struct fixture *f = *state;
	size_t i;

	map(f->policy, 1, ACCESS_GROUP, NULL, ADMINS, "admin");
	f->s.default_role = "user";
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		decide(f, bad[i]);
		assert_int_equal(f->d.groups_state, GROUPS_UNKNOWN);
		assert_string_equal(f->d.groups_reason, "malformed");
		assert_nothing(f);
	}
}

static void
test_default_role(void **state)
{
	struct fixture *f = *state;

	map(f->policy, 1, ACCESS_GROUP, NULL, DEVELOPERS, "analyst");
	decide(f, "{\"groups\":[]}");
	assert_nothing(f);
	f->s.default_role = "user";
	decide(f, "{\"groups\":[]}");
	assert_true(access_has_role(&f->d, "user"));
	/* only in place of nothing */
	decide(f, "{\"groups\":[\"" DEVELOPERS "\"]}");
	assert_false(access_has_role(&f->d, "user"));
	/* never an admin, whatever is configured */
	f->s.default_role = "admin";
	decide(f, "{\"groups\":[]}");
	assert_nothing(f);
	f->s.default_role = "no-such-role";
	decide(f, "{\"groups\":[]}");
	assert_nothing(f);
}

static struct access_mapping
mapping(int64_t id, enum access_kind kind, const char *value)
{
	struct access_mapping m = {0};

	m.id = id;
	m.provider = "entra";
	m.kind = kind;
	m.value = value;
	m.label = "";
	m.enabled = true;
	return m;
}

static void
deny(struct fixture *f, int64_t id, enum access_kind kind, const char *value)
{
	struct access_mapping m = mapping(id, kind, value);

	assert_int_equal(access_policy_add_mapping(f->policy, &m, NULL), RG_OK);
}

/* What became of a mapping; -1 when it is not among the reasons. */
static int
outcome_of(const struct fixture *f, int64_t mapping_id)
{
	size_t i;

	for (i = 0; i < f->d.reason_count; i++)
		if (f->d.reasons[i].mapping != NULL &&
		    f->d.reasons[i].mapping->id == mapping_id)
			return (int)f->d.reasons[i].outcome;
	return -1;
}

static void
test_deny_wins(void **state)
{
	struct fixture *f = *state;
	struct access_grant grant = {.id = 5, .role = "user"};

	map(f->policy, 1, ACCESS_GROUP, NULL, ADMINS, "admin");
	deny(f, 2, ACCESS_APP_ROLE, "leaver");
	f->s.grants = &grant;
	f->s.grant_count = 1;
	f->s.default_role = "user";
	f->s.explain = true;
	decide(f, "{\"groups\":[\"" ADMINS "\"],\"roles\":[\"leaver\"]}");
	assert_nothing(f);
	assert_true(f->d.denied);
	assert_int_equal(f->d.group_count, 0);
	assert_int_equal(outcome_of(f, 1), ACCESS_OVERRULED);
	assert_int_equal(outcome_of(f, 2), ACCESS_DENIES);
	decide(f, "{\"groups\":[\"" ADMINS "\"],\"roles\":[\"Leaver\"]}");
	assert_true(f->d.is_admin);
	assert_false(f->d.denied);
	assert_int_equal(outcome_of(f, 2), ACCESS_OTHER_CASE);
}

/* Who might be denied does not pass because that is not known. */
static void
test_deny_of_unknown_groups(void **state)
{
	struct fixture *f = *state;

	map(f->policy, 1, ACCESS_APP_ROLE, NULL, "boss", "admin");
	decide(f, "{\"hasgroups\":true,\"roles\":[\"boss\"]}");
	assert_true(f->d.is_admin);
	deny(f, 2, ACCESS_GROUP, DEVELOPERS);
	decide(f, "{\"hasgroups\":true,\"roles\":[\"boss\"]}");
	assert_nothing(f);
	assert_false(f->d.denied);
	assert_int_equal(f->d.groups_state, GROUPS_UNKNOWN);
	decide(f, "{\"groups\":[],\"roles\":[\"boss\"]}");
	assert_true(f->d.is_admin);
}

static void
test_kinds(void **state)
{
	struct fixture *f = *state;
	struct access_mapping m;

	map(f->policy, 1, ACCESS_DIRECTORY_ROLE, NULL, ADMINS, "admin");
	map(f->policy, 2, ACCESS_GROUP_NAME, NULL, "admins", "admin");
	map(f->policy, 3, ACCESS_APP, NULL, DEVELOPERS, "user");
	map(f->policy, 4, ACCESS_GROUP, NULL, DEVELOPERS, "analyst");
	/* names are believed only where that is switched on */
	decide(f, "{\"groups\":[\"admins\"]}");
	assert_nothing(f);
	f->s.group_names_claim = "groups";
	decide(f, "{\"groups\":[\"admins\"]}");
	assert_true(f->d.is_admin);
	/* and then no name is taken for an object id */
	decide(f, "{\"groups\":[\"" DEVELOPERS "\"]}");
	assert_nothing(f);
	f->s.group_names_claim = "group_names";
	decide(f, "{\"groups\":[\"admins\",\"" DEVELOPERS "\"]}");
	assert_int_equal(f->d.role_count, 1);
	assert_true(access_has_role(&f->d, "analyst"));
	decide(f, "{\"group_names\":[\"admins\"]}");
	assert_true(f->d.is_admin);
	f->s.group_names_claim = NULL;
	decide(f, "{\"wids\":[\"" ADMINS "\"]}");
	assert_true(f->d.is_admin);
	/* the calling client counts only where the caller says so */
	decide(f, "{\"azp\":\"" DEVELOPERS "\",\"app\":\"" DEVELOPERS "\"}");
	assert_nothing(f);
	f->s.app = DEVELOPERS;
	decide(f, "{}");
	assert_true(access_has_role(&f->d, "user"));
	/* emit_as_roles: a group's name in "roles" is no app role */
	f->s.app = NULL;
	f->s.groups_claim = "roles";
	m = mapping(5, ACCESS_APP_ROLE, "boss");
	assert_int_equal(
	    access_policy_add_mapping(f->policy, &m, "admin"), RG_OK);
	decide(f, "{\"roles\":[\"boss\",\"" DEVELOPERS "\"]}");
	assert_int_equal(f->d.role_count, 1);
	assert_true(access_has_role(&f->d, "analyst"));
	decide(f, "{\"_claim_names\":{\"roles\":\"src1\"}}");
	assert_nothing(f);
	assert_int_equal(f->d.groups_state, GROUPS_UNKNOWN);
}

/* Groups that came from elsewhere than the token. */
static void
test_resolved_groups(void **state)
{
	struct fixture *f = *state;
	json_t *ids = json_pack("[s]", DEVELOPERS);
	struct access_groups g = {.state = GROUPS_COMPLETE,
	    .source = "graph",
	    .as_of = NOW - 10,
	    .ids = ids,
	    .asked_through = 1};

	map(f->policy, 1, ACCESS_GROUP, NULL, DEVELOPERS, "user");
	f->s.groups = &g;
	f->s.default_role = "analyst";
	decide(f, "{\"hasgroups\":true}");
	assert_true(access_has_role(&f->d, "user"));
	assert_int_equal(f->d.groups_state, GROUPS_COMPLETE);
	assert_string_equal(f->d.groups_source, "graph");
	assert_true(f->d.groups_as_of == NOW - 10);
	/* a group that was not asked for: what is proven stays */
	map(f->policy, 2, ACCESS_GROUP, NULL, ADMINS, "admin");
	decide(f, "{\"hasgroups\":true}");
	assert_int_equal(f->d.role_count, 1);
	assert_true(access_has_role(&f->d, "user"));
	assert_int_equal(f->d.groups_state, GROUPS_UNKNOWN);
	assert_string_equal(f->d.groups_reason, "mapping_newer");
	/* stale until it is too old */
	g.state = GROUPS_STALE;
	g.source = "cache";
	g.reason = "graph_unavailable";
	g.asked_through = 2;
	g.valid_until = NOW + 1;
	decide(f, "{\"hasgroups\":true}");
	assert_true(access_has_role(&f->d, "user"));
	assert_int_equal(f->d.groups_state, GROUPS_STALE);
	assert_string_equal(f->d.groups_reason, "graph_unavailable");
	g.valid_until = NOW;
	decide(f, "{\"hasgroups\":true}");
	assert_nothing(f);
	assert_int_equal(f->d.groups_state, GROUPS_UNKNOWN);
	assert_string_equal(f->d.groups_reason, "too_old");
	json_decref(ids);
}

static void
test_grants(void **state)
{
	struct fixture *f = *state;
	struct access_grant grants[] = {{.id = 1, .role = "admin"},
	    {.id = 2, .role = "user", .expires_at = NOW},
	    {.id = 3, .role = "gone"},
	    {.id = 4, .role = "analyst", .expires_at = NOW + 1}};

	f->s.grants = grants;
	f->s.grant_count = 4;
	f->s.default_role = "user";
	f->s.explain = true;
	decide(f, "{}");
	assert_int_equal(f->d.role_count, 2);
	assert_true(f->d.is_admin);
	assert_true(access_has_role(&f->d, "analyst"));
	assert_int_equal(f->d.reason_count, 4);
	assert_int_equal(f->d.reasons[0].outcome, ACCESS_GIVES);
	assert_int_equal(f->d.reasons[1].outcome, ACCESS_EXPIRED);
	assert_int_equal(f->d.reasons[2].outcome, ACCESS_NO_ROLE);
	/* a grant does not depend on what is known of the groups */
	decide(f, "{\"hasgroups\":true}");
	assert_true(f->d.is_admin);
}

static void
test_near_misses(void **state)
{
	struct fixture *f = *state;
	struct access_mapping m;

	map(f->policy, 1, ACCESS_APP_ROLE, NULL, ADMINS, "admin");
	map(f->policy, 2, ACCESS_GROUP_NAME, NULL, ADMINS, "admin");
	m = mapping(3, ACCESS_GROUP, ADMINS);
	m.enabled = false;
	assert_int_equal(
	    access_policy_add_mapping(f->policy, &m, "admin"), RG_OK);
	m = mapping(4, ACCESS_GROUP, ADMINS);
	m.expires_at = NOW;
	assert_int_equal(
	    access_policy_add_mapping(f->policy, &m, "admin"), RG_OK);
	m = mapping(5, ACCESS_GROUP, ADMINS);
	m.tenant = DEVELOPERS;
	assert_int_equal(
	    access_policy_add_mapping(f->policy, &m, "admin"), RG_OK);
	m = mapping(6, ACCESS_GROUP, ADMINS);
	m.provider = "other";
	assert_int_equal(
	    access_policy_add_mapping(f->policy, &m, "admin"), RG_OK);
	decide(f, "{\"groups\":[\"" ADMINS "\"]}");
	assert_nothing(f);
	assert_int_equal(f->d.reason_count, 0);
	f->s.explain = true;
	decide(f, "{\"groups\":[\"" ADMINS "\"]}");
	assert_nothing(f);
	assert_int_equal(outcome_of(f, 1), ACCESS_OTHER_KIND);
	assert_int_equal(outcome_of(f, 2), ACCESS_NOT_BELIEVED);
	assert_int_equal(outcome_of(f, 3), ACCESS_DISABLED);
	assert_int_equal(outcome_of(f, 4), ACCESS_EXPIRED);
	assert_int_equal(outcome_of(f, 5), ACCESS_OTHER_TENANT);
	assert_int_equal(outcome_of(f, 6), -1);
	decide(f, "{\"hasgroups\":true}");
	assert_int_equal(outcome_of(f, 4), ACCESS_UNKNOWN);
	assert_string_equal(access_outcome_name(ACCESS_NO_ROLE), "no_role");
	assert_string_equal(access_outcome_name(ACCESS_GIVES), "gives");
}

/* Each tenant gives names as it likes; only an object id is nobody else's. */
static void
test_many_tenants(void **state)
{
	static const char claims[] = "{\"groups\":[\"" ADMINS "\"],"
				     "\"roles\":[\"chief\"],"
				     "\"team\":\"chief\","
				     "\"wids\":[\"" DEVELOPERS "\"]}";
	struct fixture *f = *state;
	struct access_mapping m = mapping(5, ACCESS_APP_ROLE, "chief");

	map(f->policy, 1, ACCESS_APP_ROLE, NULL, "chief", "admin");
	map(f->policy, 2, ACCESS_CLAIM, "team", "chief", "admin");
	map(f->policy, 3, ACCESS_DIRECTORY_ROLE, NULL, DEVELOPERS, "admin");
	map(f->policy, 4, ACCESS_GROUP, NULL, ADMINS, "user");
	decide(f, claims);
	assert_true(f->d.is_admin);
	f->s.many_tenants = true;
	decide(f, claims);
	assert_false(f->d.is_admin);
	assert_true(access_has_role(&f->d, "user"));
	f->s.explain = true;
	decide(f, claims);
	assert_int_equal(outcome_of(f, 1), ACCESS_OTHER_TENANT);
	assert_int_equal(outcome_of(f, 2), ACCESS_OTHER_TENANT);
	assert_int_equal(outcome_of(f, 3), ACCESS_OTHER_TENANT);
	m.tenant = TID;
	assert_int_equal(
	    access_policy_add_mapping(f->policy, &m, "analyst"), RG_OK);
	decide(f, claims);
	assert_true(access_has_role(&f->d, "analyst"));
}

/* What denies may do so for everybody. */
static void
test_many_tenants_deny(void **state)
{
	struct fixture *f = *state;

	map(f->policy, 1, ACCESS_APP_ROLE, NULL, "chief", NULL);
	f->s.many_tenants = true;
	decide(f, "{\"roles\":[\"chief\"]}");
	assert_true(f->d.denied);
}

static void
test_groups_round_trip(void **state)
{
	json_t *ids = json_pack("[s, s]", "a", "b"), *doc, *bad;
	struct access_groups g = {.state = GROUPS_STALE,
				 .source = "cache",
				 .reason = "why",
				 .as_of = 5,
				 .valid_until = 6,
				 .ids = ids,
				 .asked_through = 7},
			     back;

	(void)state;
	doc = access_groups_json(&g);
	assert_int_equal(access_groups_parse(doc, &back), RG_OK);
	assert_int_equal(back.state, GROUPS_STALE);
	assert_string_equal(back.source, "cache");
	assert_string_equal(back.reason, "why");
	assert_true(back.as_of == 5 && back.valid_until == 6 &&
		    back.asked_through == 7);
	assert_int_equal(json_array_size(back.ids), 2);
	(void)json_object_set_new(doc, "state", json_string("perfect"));
	assert_int_equal(access_groups_parse(doc, &back), RG_E_INVALID);
	assert_int_equal(back.state, GROUPS_UNKNOWN);
	bad = json_object();
	assert_int_equal(access_groups_parse(bad, &back), RG_E_NOT_FOUND);
	(void)json_object_set_new(bad, "state", json_string("complete"));
	assert_int_equal(access_groups_parse(bad, &back), RG_E_INVALID);
	json_decref(bad);
	json_decref(doc);
	json_decref(ids);
}

static void
test_claim_paths(void **state)
{
	struct fixture *f = *state;

	map(f->policy, 1, ACCESS_CLAIM, "realm_access.roles", "reporting",
	    "analyst");
	map(f->policy, 2, ACCESS_CLAIM, "https://example.com/roles", "boss",
	    "user");
	decide(f, "{\"realm_access\":{\"roles\":[\"x\",\"reporting\"]}}");
	assert_true(access_has_role(&f->d, "analyst"));
	decide(f, "{\"https://example.com/roles\":\"boss\"}");
	assert_true(access_has_role(&f->d, "user"));
	decide(f, "{\"realm_access\":{\"roles\":{\"reporting\":true}},"
		  "\"reporting\":\"reporting\",\"roles\":[\"reporting\"]}");
	assert_nothing(f);
	/* the exact top-level name comes first */
	decide(f, "{\"realm_access.roles\":[\"none\"],"
		  "\"realm_access\":{\"roles\":[\"reporting\"]}}");
	assert_nothing(f);
}

static void
test_claim_scalars(void **state)
{
	json_t *v =
	    json_loads("[true, 17, \"a\", 1.5, null, [\"x\"]]", 0, NULL);

	(void)state;
	assert_true(claim_has(v, "true"));
	assert_true(claim_has(v, "17"));
	assert_true(claim_has(v, "a"));
	assert_false(claim_has(v, "1.5"));
	assert_false(claim_has(v, "null"));
	assert_false(claim_has(v, "x"));
	assert_false(claim_has(v, "A"));
	assert_false(claim_has(NULL, "a"));
	json_decref(v);
	v = json_loads("{\"a\":{\"b\":{\"c\":1}}}", 0, NULL);
	assert_non_null(claim_at(v, "a.b.c"));
	assert_null(claim_at(v, "a.b.c.d"));
	assert_null(claim_at(v, "a..c"));
	assert_null(claim_at(v, ""));
	assert_null(claim_at(v, "."));
	json_decref(v);
}

/* Groups in each shape: of an object of lists each counts with its member. */
static void
test_groups_in_an_object(void **state)
{
	struct fixture *f = *state;

	f->s.groups_claim = "memberships";
	map(f->policy, 1, ACCESS_GROUP, NULL, "shop:clerks", "user");
	map(f->policy, 2, ACCESS_GROUP, NULL, "clerks", "analyst");
	decide(f, "{\"memberships\":{\"shop\":[\"clerks\"],\"x\":\"y\"}}");
	assert_true(access_has_role(&f->d, "user"));
	assert_int_equal(f->d.role_count, 1);
	decide(f, "{\"memberships\":{\"shop\":[\"clerks\",7]}}");
	assert_nothing(f);
	assert_string_equal(f->d.groups_reason, "malformed");
	decide(f, "{\"memberships\":{\"shop\":{\"clerks\":[\"x\"]}}}");
	assert_nothing(f);
	assert_string_equal(f->d.groups_reason, "malformed");
}

/* The marker of distributed claims names what the path begins with. */
static void
test_path_is_elsewhere(void **state)
{
	struct fixture *f = *state;

	f->s.groups_claim = "resource_access.my\\.app.groups";
	map(f->policy, 1, ACCESS_GROUP, NULL, "clerks", "user");
	decide(f, "{\"_claim_names\":{\"resource_access\":\"src1\"}}");
	assert_int_equal(f->d.groups_state, GROUPS_UNKNOWN);
	decide(f, "{\"resource_access\":{\"my.app\":{\"groups\":\"clerks\"}}}");
	assert_true(access_has_role(&f->d, "user"));
	decide(f, "{\"_claim_names\":{\"my\":\"src1\"}}");
	assert_int_equal(f->d.groups_state, GROUPS_COMPLETE);
}

/*
 * The ID token alone, where userinfo should have told more: what is there
 * counts, what is absent is not "no".
 */
static void
test_userinfo_is_missing(void **state)
{
	struct fixture *f = *state;
	json_t *claims;

	map(f->policy, 1, ACCESS_GROUP, NULL, "clerks", "user");
	map(f->policy, 2, ACCESS_APP_ROLE, NULL, "boss", "analyst");
	map(f->policy, 3, ACCESS_CLAIM, "department", "hr", NULL);
	claims = json_pack("{s:s, s:[s]}", "department", "it", "roles", "boss");
	assert_int_equal(access_claims_set_missing(claims), RG_OK);
	f->s.default_role = "user";
	decide_json(f, claims);
	assert_int_equal(f->d.role_count, 1);
	assert_true(access_has_role(&f->d, "analyst"));
	assert_int_equal(f->d.groups_state, GROUPS_UNKNOWN);
	assert_string_equal(f->d.groups_reason, ACCESS_NO_USERINFO);
	/* Whether the mapping that denies applies is unknown: no access. */
	(void)json_object_del(claims, "department");
	decide_json(f, claims);
	assert_nothing(f);
	/* The groups are known, the roles are not: no default role. */
	(void)json_object_set_new(claims, "department", json_string("it"));
	(void)json_object_del(claims, "roles");
	(void)json_object_set_new(claims, "groups", json_string("others"));
	decide_json(f, claims);
	assert_nothing(f);
	assert_string_equal(f->d.groups_reason, ACCESS_NO_USERINFO);
	json_decref(claims);
}

static void
test_policy_refuses_what_it_cant_mean(void **state)
{
	struct fixture *f = *state;
	struct access_mapping m = {0};

	assert_int_equal(
	    access_policy_add_role(f->policy, "admin", use, 1, false),
	    RG_E_EXISTS);
	m.provider = "entra";
	m.value = "x";
	assert_int_equal(
	    access_policy_add_mapping(f->policy, &m, "nobody"), RG_E_NOT_FOUND);
	assert_int_equal(access_kind_parse("group"), ACCESS_GROUP);
	assert_int_equal(access_kind_parse("Group"), -1);
	assert_int_equal(access_kind_parse("wids"), -1);
	assert_int_equal(access_policy_version(f->policy), 7);
}

/* In a hurry: by id, each once, and only what counts. */
static void
test_reasons_in_a_hurry(void **state)
{
	struct fixture *f = *state;
	const struct access_grant gone[] = {
	    {1, "user", "", "", NOW - 1}, {2, "nobody", "", "", 0}};

	/* Groups are looked up before app roles. */
	map(f->policy, 1, ACCESS_APP_ROLE, NULL, "Task", "user");
	map(f->policy, 2, ACCESS_GROUP, NULL, "staff", "analyst");
	map(f->policy, 3, ACCESS_GROUP, NULL, "", "admin");
	f->s.grants = gone;
	f->s.grant_count = 2;
	f->s.default_role = "nobody";
	decide(f, "{\"groups\": [\"staff\", \"staff\", \"\"], "
		  "\"roles\": [\"Task\", \"Task\"]}");
	assert_int_equal(f->d.reason_count, 2);
	assert_int_equal(f->d.reasons[0].mapping->id, 1);
	assert_int_equal(f->d.reasons[1].mapping->id, 2);
	assert_false(f->d.is_admin);
	assert_true(access_has_permission(&f->d, "tools.use"));
	assert_false(access_has_permission(&f->d, "tools.usE"));
	decide(f, "{}");
	assert_int_equal(f->d.reason_count, 0);
	f->s.explain = true;
	decide(f, "{}");
	assert_int_equal(f->d.reason_count, 3);
	assert_true(f->d.reasons[2].by_default);
	assert_int_equal(f->d.reasons[2].outcome, ACCESS_NO_ROLE);
}

/* Without a claim for names, no other claim is taken for one. */
static void
test_no_claim_has_names(void **state)
{
	struct fixture *f = *state;
	struct access_mapping m = {.kind = ACCESS_GROUP_NAME};

	map(f->policy, 1, ACCESS_GROUP_NAME, NULL, "dept:x", "admin");
	decide(f, "{\"dept\": \"x\"}");
	assert_nothing(f);
	f->s.explain = true;
	decide(f, "{\"dept\": \"x\"}");
	assert_nothing(f);
	assert_string_equal(access_mapping_claim(&m, &f->s), "groups");
	f->s.group_names_claim = "names";
	assert_string_equal(access_mapping_claim(&m, &f->s), "names");
}

/* In order of ids whatever the order of adding; nothing found is no crash. */
static void
test_index_order(void **state)
{
	static const int64_t ids[] = {5, 2, 9, 1, 7, 3, 8, 4, 6};
	struct fixture *f = *state;
	struct access_range found, all;
	size_t i;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		map(f->policy, ids[i], ACCESS_GROUP, NULL, "staff", "user");
	assert_int_equal(access_policy_seal(f->policy), RG_OK);
	all = access_policy_range(f->policy, "entra", ACCESS_GROUP, NULL);
	found = access_range_find(&all, "staff");
	assert_int_equal(found.count, 9);
	for (i = 0; i < found.count; i++)
		assert_int_equal(found.at[i]->id, i + 1);
	all = access_policy_range(f->policy, "zzz", ACCESS_GROUP, NULL);
	assert_int_equal(all.count, 0);
	assert_int_equal(access_range_find(&all, "staff").count, 0);
}

/* Only a newer mapping of a group makes the groups that were asked for old. */
static void
test_newer_mapping_of_a_claim(void **state)
{
	struct fixture *f = *state;
	const struct access_groups g = {
	    .state = GROUPS_COMPLETE, .source = "graph", .asked_through = 1};

	f->s.groups = &g;
	map(f->policy, 2, ACCESS_CLAIM, "dept", "x", "user");
	decide(f, "{\"_claim_names\": {\"dept\": \"src\"}}");
	assert_int_equal(f->d.groups_state, GROUPS_COMPLETE);
	map(f->policy, 3, ACCESS_GROUP, NULL, "staff", "user");
	decide(f, "{\"_claim_names\": {\"dept\": \"src\"}}");
	assert_int_equal(f->d.groups_state, GROUPS_UNKNOWN);
	assert_string_equal(f->d.groups_reason, "mapping_newer");
}

/* A record of groups with a hole in it is none. */
static void
test_groups_record(void **state)
{
	static const char *const needed[] = {
	    "state", "source", "as_of", "valid_until", "asked_through"};
	json_t *whole = json_pack("{s:s, s:s, s:i, s:i, s:i}", "state",
	    "complete", "source", "graph", "as_of", 1, "valid_until", 2,
	    "asked_through", 3);
	struct access_groups g;
	json_t *doc;
	size_t i;

	(void)state;
	assert_int_equal(access_groups_parse(whole, &g), RG_OK);
	assert_int_equal(g.asked_through, 3);
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		doc = json_copy(whole);
		assert_int_equal(json_object_del(doc, needed[i]), 0);
		assert_int_equal(access_groups_parse(doc, &g), RG_E_INVALID);
		assert_int_equal(g.state, GROUPS_UNKNOWN);
		json_decref(doc);
	}
	assert_int_equal(
	    json_object_set_new(whole, "ids", json_pack("[s]", "a")), 0);
	assert_int_equal(access_groups_parse(whole, &g), RG_OK);
	assert_int_equal(
	    json_object_set_new(whole, "ids", json_pack("[i]", 1)), 0);
	assert_int_equal(access_groups_parse(whole, &g), RG_E_INVALID);
	assert_int_equal(g.state, GROUPS_UNKNOWN);
	json_decref(whole);
}

/* What marks say of a claim that is there, or is not. */
static void
test_marks_and_claims(void **state)
{
	struct access_groups g;
	json_t *claims = json_pack(
	    "{s:[s], s:{s:s}}", "groups", "g", "_claim_names", "a.b", "src");

	(void)state;
	assert_true(access_claim_is_elsewhere(claims, "a.b"));
	assert_false(access_claim_is_elsewhere(claims, "b.a"));
	assert_int_equal(access_claims_set_missing(claims), RG_OK);
	access_groups_from_claims(claims, "groups", &g);
	assert_int_equal(g.state, GROUPS_COMPLETE);
	assert_string_equal(g.source, "token");
	access_groups_from_claims(claims, "teams", &g);
	assert_int_equal(g.state, GROUPS_UNKNOWN);
	assert_string_equal(g.reason, ACCESS_NO_USERINFO);
	json_decref(claims);
	claims = json_object();
	access_groups_from_claims(claims, "groups", &g);
	assert_int_equal(g.state, GROUPS_COMPLETE);
	assert_string_equal(g.source, "none");
	/* Nothing was ever kept; what is no object never was ours. */
	assert_int_equal(access_groups_parse(claims, &g), RG_E_NOT_FOUND);
	json_decref(claims);
	claims = json_array();
	assert_int_equal(access_groups_parse(claims, &g), RG_E_INVALID);
	json_decref(claims);
}

/* The same mapping with another id, value and role (or NULL, to deny). */
static void
remap(struct fixture *f, int64_t id, const char *value, const char *role)
{
	struct access_mapping m = {.id = id,
	    .provider = "entra",
	    .kind = ACCESS_GROUP,
	    .value = value,
	    .label = "a label",
	    .enabled = true};

	assert_int_equal(access_policy_set_mapping(f->policy, &m, role), RG_OK);
}

/* A policy that is edited decides as one that was read so. */
static void
test_edited_policy(void **state)
{
	static const char *const fewer[] = {"reports.read"};
	struct fixture *f = *state;
	struct access_policy *p = f->policy;

	map(p, 2, ACCESS_GROUP, NULL, DEVELOPERS, "user");
	map(p, 5, ACCESS_GROUP, NULL, ADMINS, "admin");
	decide(f, "{\"groups\":[\"" ADMINS "\"]}");
	assert_true(f->d.is_admin);
	access_policy_drop_mapping(p, 4); /* there is none */
	access_policy_drop_mapping(p, 5);
	decide(f, "{\"groups\":[\"" ADMINS "\"]}");
	assert_nothing(f);
	remap(f, 3, ADMINS, "analyst");
	remap(f, 2, DEVELOPERS, "analyst");
	decide(f, "{\"groups\":[\"" DEVELOPERS "\"]}");
	assert_int_equal(f->d.role_count, 1);
	assert_string_equal(f->d.roles[0], "analyst");
	assert_int_equal(f->d.permission_count, 2);
	access_policy_drop_roles(p);
	assert_int_equal(
	    access_policy_set_role(p, "analyst", fewer, 1, false), RG_OK);
	assert_int_equal(
	    access_policy_set_role(p, "later", use, 1, false), RG_OK);
	assert_int_equal(access_policy_end_roles(p), RG_OK);
	decide(f, "{\"groups\":[\"" DEVELOPERS "\"]}");
	assert_int_equal(f->d.permission_count, 1);
	/* denies, in the middle and at the end, and one that goes again */
	remap(f, 9, DEVELOPERS, NULL);
	remap(f, 7, ADMINS, NULL);
	decide(f, "{\"groups\":[\"" ADMINS "\"]}");
	assert_nothing(f);
	access_policy_drop_mapping(p, 7);
	decide(f, "{\"groups\":[\"" ADMINS "\"]}");
	assert_int_equal(f->d.role_count, 1);
	decide(f, "{\"groups\":[\"" DEVELOPERS "\"]}");
	assert_nothing(f);
	/* a role that mappings lead to does not end */
	access_policy_drop_roles(p);
	assert_int_equal(access_policy_end_roles(p), RG_E_NOT_FOUND);
	access_policy_set_version(p, 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_edited_policy, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_founding_scenarios, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_group_is_never_an_app_role, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_guid_ignores_case_names_do_not, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_disabled_expired_foreign, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_overage_is_unknown_not_empty, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_malformed_groups_are_unknown, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_default_role, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_claim_paths, setup, teardown),
	    cmocka_unit_test(test_claim_scalars),
	    cmocka_unit_test_setup_teardown(
		test_groups_in_an_object, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_path_is_elsewhere, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_userinfo_is_missing, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_deny_wins, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_deny_of_unknown_groups, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_resolved_groups, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_grants, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_near_misses, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_many_tenants, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_many_tenants_deny, setup, teardown),
	    cmocka_unit_test(test_groups_round_trip),
	    cmocka_unit_test(test_marks_and_claims),
	    cmocka_unit_test(test_groups_record),
	    cmocka_unit_test_setup_teardown(
		test_newer_mapping_of_a_claim, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_index_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_no_claim_has_names, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_reasons_in_a_hurry, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_policy_refuses_what_it_cant_mean, setup, teardown)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
