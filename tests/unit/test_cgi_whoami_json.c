/* SPDX-License-Identifier: ISC */
/* The text is written by hand: it must be the one that jansson would write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "cgi/whoami.h"

#include <cmocka.h> /* has a fail() of its own */

#define NASTY "\xc3\xa4 \"quoted\", \\ {[:\n</script>\x7f"

static const char *roles[] = {"admin", NASTY};
static const char *permissions[] = {"*", "reports.read"};
static struct access_match groups[] = {
    {.id = "d0000000-0000-4000-8000-000000000002", .label = "developers"},
    {.id = NASTY, .label = NASTY}};

/* The object, which has the canonical form or this fails. */
static json_t *
written(
    const struct gate_identity *id, const json_t *reasons, const char *token)
{
	struct buf text = BUF_INIT, again = BUF_INIT;
	json_t *doc = NULL;

	whoami_write(&text, id, reasons, token);
	assert_true(buf_ok(&text));
	assert_int_equal(
	    json_load_strict(buf_str(&text), text.len, &doc), RG_OK);
	assert_true(json_put(&again, doc));
	assert_string_equal(buf_str(&text), buf_str(&again));
	buf_clear(&text);
	buf_clear(&again);
	return doc;
}

static const struct gate_identity nobody = {
    .via = "session",
    .id = (char[]){"p:s"},
    .kind = (char[]){"user"},
    .provider = (char[]){"p"},
    .issuer = (char[]){"https://p.example"},
    .tenant = (char[]){""},
    .subject = (char[]){"s"},
    .name = (char[]){""},
    .username = (char[]){""},
    .email = (char[]){""},
    .session_id = (char[]){"8f3kq2"},
    .issued_at = 1700000000,
    .expires_at = 1700003600,
    .decision = {.groups_state = GROUPS_COMPLETE, .groups_source = "token"},
};

static void
test_least(void **state)
{
	json_t *doc = written(&nobody, NULL, NULL), *want;

	(void)state;
	want = json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:n, s:s, s:s, s:s},"
			 " s:[], s:[], s:b, s:{s:s, s:s, s:[]}, s:i,"
			 " s:{s:s, s:s, s:i, s:i}}",
	    "schema", "rolegate.whoami.v1", "subject", "id", "p:s", "kind",
	    "user", "provider", "p", "issuer", "https://p.example", "tenant",
	    "name", "", "username", "", "email", "", "roles", "permissions",
	    "is_admin", 0, "groups", "state", "complete", "source", "token",
	    "matched", "policy_version", 0, "session", "via", "session", "id",
	    "8f3kq2", "issued_at", 1700000000, "expires_at", 1700003600);
	assert_non_null(want);
	assert_true(json_equal(doc, want));
	json_decref(doc);
	json_decref(want);
}

static void
test_most(void **state)
{
	struct gate_identity id = nobody;
	json_t *claims = json_pack("{s:[s, s]}", "acrs", "c1", "c2");
	json_t *reasons = json_pack("[{s:s}]", "outcome", "gives");
	json_t *doc, *part;

	(void)state;
	id.tenant = (char[]){"t"};
	id.name = (char[]){NASTY};
	id.client = (char[]){NASTY};
	id.claims = claims;
	id.policy_version = INT64_MAX;
	id.decision.roles = roles;
	id.decision.role_count = 2;
	id.decision.permissions = permissions;
	id.decision.permission_count = 2;
	id.decision.is_admin = true;
	id.decision.groups = groups;
	id.decision.group_count = 2;
	id.decision.groups_state = GROUPS_STALE;
	id.decision.groups_source = "cache";
	id.decision.groups_reason = "graph_down";
	id.decision.groups_as_of = 1699999999;
	doc = written(&id, reasons, "a.b.c");
	assert_true(json_equal(json_object_get(doc, "explain"), reasons));
	assert_string_equal(json_str(doc, "token"), "a.b.c");
	assert_string_equal(
	    json_string_value(json_array_get(json_object_get(doc, "roles"), 1)),
	    NASTY);
	assert_true(json_is_true(json_object_get(doc, "is_admin")));
	part = json_object_get(doc, "subject");
	assert_string_equal(json_str(part, "name"), NASTY);
	assert_string_equal(json_str(part, "tenant"), "t");
	part = json_object_get(doc, "session");
	assert_string_equal(json_str(part, "client"), NASTY);
	assert_true(json_equal(
	    json_object_get(part, "acrs"), json_object_get(claims, "acrs")));
	part = json_object_get(doc, "groups");
	assert_string_equal(json_str(part, "reason"), "graph_down");
	part = json_array_get(json_object_get(part, "matched"), 1);
	assert_string_equal(json_str(part, "id"), NASTY);
	json_decref(doc);
	json_decref(claims);
	json_decref(reasons);
}

/* Half an answer could be read as a whole one. */
static void
test_what_is_no_text(void **state)
{
	struct gate_identity id = nobody;
	struct buf text = BUF_INIT;

	(void)state;
	id.name = (char[]){"\xff"};
	whoami_write(&text, &id, NULL, NULL);
	assert_false(buf_ok(&text));
	buf_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_least),
	    cmocka_unit_test(test_most),
	    cmocka_unit_test(test_what_is_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
