/* SPDX-License-Identifier: ISC */
/*
 * The last-admin guard where people are many: who is on record as an admin
 * stays one, or all others are searched for one, and nobody waits for that.
 */
#include "gate_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* after <cmocka.h> */
#include "gate_admin.h"
#include "store/admin.h"
#include "store/db.h"
#include "store/grant.h"
#include "gate_util.h"

#define NOW 1800000000
#define PEOPLE 1200 /* more than two pages */

/* Mappings 1 and 2 lead to admin. */
#define GROUP_1 "00000000-0000-4000-8000-000000000001"
#define GROUP_2 "00000000-0000-4000-8000-000000000002"

struct world {
	struct fixture *db;
	struct settings settings;
	struct gate *gate;
	struct err e;
};

static char groups[] = "groups", roles[] = "roles", provider[] = "entra",
	    issuer[] = "i";
static const struct gate_context ctx = {"request", "192.0.2.1", "admin", NOW};
static const struct gate_edit edit = {&ctx, NULL, NULL, false};

/* How often many people were read at once, and how often under the lock; and
 * how many of those on record as admins were read, which is always under it. */
static int pages, locked_pages, admins;

static int
watch(unsigned what, void *ctx_, void *st, void *text)
{
	sqlite3 *db = sqlite3_db_handle(st);
	char *sql = sqlite3_expanded_sql(st);

	(void)ctx_;
	(void)text;
	assert_non_null(sql);
	if (what == SQLITE_TRACE_ROW) {
		admins +=
		    strcmp(sqlite3_sql(st), sql_text[ST_KNOWN_ADMINS]) == 0;
		sqlite3_free(sql);
		return 0;
	}
	if (strcmp(sqlite3_sql(st), sql_text[ST_KNOWN_PAGE]) == 0 &&
	    strstr(sql, "LIMIT 1") == NULL) {
		pages++;
		locked_pages += sqlite3_get_autocommit(db) == 0;
	}
	sqlite3_free(sql);
	return 0;
}

static void
run(struct world *w, const char *sql)
{
	store_raw(w->db->path, sql);
}

static int64_t
count(struct world *w, const char *event)
{
	char sql[120];

	(void)snprintf(sql, sizeof(sql),
	    "SELECT count(*) FROM audit WHERE event = '%s'", event);
	return store_raw_int(w->db->path, sql);
}

/* Person 5 is an admin by group 1, on record; nobody is by group 2. */
static int
setup(void **state)
{
	static struct world w;

	memset(&w, 0, sizeof(w));
	assert_int_equal(store_setup((void **)&w.db), 0);
	run(&w,
	    "INSERT INTO mappings (provider, kind, value, effect, role, label,"
	    " note, enabled, expires_at, created_by, created_at) VALUES"
	    " ('entra', 'group', '" GROUP_1 "', 'allow', 'admin', '', '', 1, 0,"
	    " 'x', 1), ('entra', 'group', '" GROUP_2 "', 'allow', 'admin', '',"
	    " '', 1, 0, 'x', 1);"
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 1200) INSERT INTO principals (provider, issuer, tenant,"
	    " subject, kind, name, username, email, roles, first_seen,"
	    " last_seen, disabled, claims) SELECT 'entra', 'i', '', 'p' || i,"
	    " 'user', '', '', '', '[]', 1, 1, 0, '{\"groups\":[]}' FROM n;"
	    "UPDATE principals SET roles = '[\"admin\"]',"
	    " claims = '{\"groups\":[\"" GROUP_1 "\"]}' WHERE id = 5");
	w.settings = settings_for(w.db);
	w.settings.provider_count = 1;
	w.settings.providers[0] = (struct provider){.name = provider,
	    .issuer = issuer,
	    .groups_claim = groups,
	    .roles_claim = roles};
	assert_int_equal(gate_open(&w.settings, &w.gate, &w.e), RG_OK);
	(void)sqlite3_trace_v2(db_handle(gate_store(w.gate)),
	    SQLITE_TRACE_STMT | SQLITE_TRACE_ROW, watch, NULL);
	pages = locked_pages = admins = 0;
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	gate_free(&w->gate);
	return store_teardown((void **)&w->db);
}

/* Who is in group 2 by the claims of the last sign-in, and not on record. */
static void
join(struct world *w, int id)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql),
	    "UPDATE principals SET claims = '{\"groups\":[\"" GROUP_2 "\"]}'"
	    " WHERE id = %d",
	    id);
	run(w, sql);
}

/* Mapping 1 is switched off. */
static enum rg_err
switch_off(struct world *w)
{
	const struct gate_mapping_change off = {.enabled = 0, .expires_at = -1};

	return gate_mapping_set(w->gate, 1, &off, &edit, &w->e);
}

static void
assert_done(struct world *w, const char *event)
{
	assert_int_equal(locked_pages, 0);
	assert_int_equal(count(w, event), 1);
	assert_int_equal(count(w, "policy.no_admin"), 0);
	assert_false(db_in_transaction(gate_store(w->gate)));
}

static void
assert_refused(struct world *w, enum rg_err r, const char *why)
{
	assert_int_equal(r, RG_E_LAST_ADMIN);
	assert_non_null(strstr(w->e.detail, why));
	assert_int_equal(locked_pages, 0);
	assert_int_equal(
	    store_raw_int(w->db->path, "SELECT count(*) FROM audit"), 0);
	assert_int_equal(store_raw_int(w->db->path,
			     "SELECT enabled FROM mappings WHERE id = 1"),
	    1);
	assert_false(db_in_transaction(gate_store(w->gate)));
}

/* Nobody but those on record is looked at when one of them stays an admin. */
static void
test_no_search(void **state)
{
	const struct gate_mapping_change note = {
	    .note = "n", .enabled = -1, .expires_at = -1};
	struct world *w = *state;

	assert_int_equal(
	    gate_mapping_set(w->gate, 1, &note, &edit, &w->e), RG_OK);
	assert_done(w, "mapping.set");
	assert_int_equal(pages, 0);
}

/* The last of all is found, and not while others wait for the lock. */
static void
test_last_of_all(void **state)
{
	struct world *w = *state;

	join(w, PEOPLE);
	assert_int_equal(switch_off(w), RG_OK);
	assert_done(w, "mapping.set");
	assert_true(pages >= 3);
}

static void
test_nobody(void **state)
{
	const struct gate_edit force = {&ctx, NULL, NULL, true};
	struct world *w = *state;

	assert_refused(w, switch_off(w), "nobody who has signed in would be");
	assert_in_range(pages, 3, 5); /* once through all */
	/* A way that nobody has is not enough, and "force" is. */
	assert_int_equal(gate_mapping_remove(w->gate, 1, &force, &w->e), RG_OK);
	assert_int_equal(count(w, "mapping.remove"), 1);
	assert_int_equal(count(w, "policy.no_admin"), 1);
}

/* Where everybody was one, they are not judged under the lock. */
static void
test_all_were_admins(void **state)
{
	struct world *w = *state;

	run(w, "UPDATE principals SET roles = '[\"admin\"]',"
	       " claims = '{\"groups\":[\"" GROUP_1 "\"]}'");
	assert_refused(w, switch_off(w), "nobody who has signed in would be");
	assert_in_range(admins, 1, 1000);
	join(w, PEOPLE);
	admins = 0;
	assert_int_equal(switch_off(w), RG_OK);
	assert_done(w, "mapping.set");
	assert_in_range(admins, 1, 1000);
}

/* Who the edit itself disables is found first, and is none. */
static void
test_disabled(void **state)
{
	struct world *w = *state;

	assert_refused(w,
	    gate_principal_disable(w->gate, 5, true, &edit, &w->e),
	    "nobody who has signed in would be");
	join(w, 700);
	assert_int_equal(
	    gate_principal_disable(w->gate, 5, true, &edit, &w->e), RG_OK);
	assert_done(w, "principal.disable");
}

/* Now somebody is one, but not for ever. */
static void
test_for_a_while(void **state)
{
	struct world *w = *state;

	join(w, PEOPLE);
	run(w, "UPDATE mappings SET expires_at = 1800000001 WHERE id = 2;"
	       "INSERT INTO mappings (provider, kind, value, effect, role,"
	       " label, note, enabled, expires_at, created_by, created_at)"
	       " VALUES ('entra', 'group', 'nobody', 'allow', 'admin', '', '',"
	       " 1, 0, 'x', 1)");
	assert_refused(w, switch_off(w), "once this has expired nobody who");
}

#define world_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {world_test(test_no_search),
	    world_test(test_last_of_all), world_test(test_nobody),
	    world_test(test_disabled), world_test(test_all_were_admins),
	    world_test(test_for_a_while)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
