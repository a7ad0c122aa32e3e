/* SPDX-License-Identifier: ISC */
/*
 * The policy in memory is that of the database, whatever was done to that, and
 * an edit costs what it changed and not what there is.
 */
#include "gate_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* after <cmocka.h> */
#include "access/decide.h"
#include "store/db.h"
#include "gate_util.h"

#define ROUNDS 600

struct world {
	struct fixture *db;
	struct settings settings;
	struct gate *gate;
	sqlite3 *raw; /* somebody else's connection */
	struct err e;
};

/* How often all mappings were read. */
static int reads;

static int
watch(unsigned what, void *ctx, void *st, void *text)
{
	(void)what;
	(void)ctx;
	(void)text;
	if (strcmp(sqlite3_sql(st), sql_text[ST_MAPPINGS]) == 0)
		reads++;
	return 0;
}

/* What a constraint refuses changes nothing. */
static int
run(struct world *w, const char *sql)
{
	return sqlite3_exec(w->raw, sql, NULL, NULL, NULL);
}

static int
setup(void **state)
{
	static struct world w;

	memset(&w, 0, sizeof(w));
	assert_int_equal(store_setup((void **)&w.db), 0);
	assert_int_equal(sqlite3_open(w.db->path, &w.raw), SQLITE_OK);
	(void)sqlite3_busy_timeout(w.raw, 1000);
	assert_int_equal(
	    run(&w,
		"PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF;"
		"INSERT INTO roles VALUES ('r0', '', 0), ('r1', '', 0);"
		"INSERT INTO role_permissions VALUES ('r0', 'p0');"
		"WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1"
		" FROM n WHERE i < 39) INSERT INTO mappings (provider, tenant,"
		" kind, value, effect, role, label, note, enabled, expires_at,"
		" created_by, created_at) SELECT 'entra', CASE i % 3 WHEN 0"
		" THEN 't' END, CASE i % 2 WHEN 0 THEN 'group' ELSE 'app_role'"
		" END, 'v' || (i * 7 % 40), CASE i % 8 WHEN 5 THEN 'deny' ELSE"
		" 'allow' END, CASE i % 8 WHEN 5 THEN NULL ELSE 'r' || (i % 2)"
		" END, '', '', 1, 0, 'x', 1 FROM n"),
	    SQLITE_OK);
	w.settings = settings_for(w.db);
	assert_int_equal(gate_open(&w.settings, &w.gate, &w.e), RG_OK);
	(void)sqlite3_trace_v2(
	    db_handle(gate_store(w.gate)), SQLITE_TRACE_STMT, watch, NULL);
	reads = 0;
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	gate_free(&w->gate);
	assert_int_equal(sqlite3_close(w->raw), SQLITE_OK);
	return store_teardown((void **)&w->db);
}

/* ---- all that a policy answers, as one text ----------------------------- */

static void
put_role(struct buf *out, const struct access_role *role)
{
	size_t i;

	buf_printf(out, " -> %s %d", role == NULL ? "deny" : role->name,
	    role != NULL && role->is_admin);
	for (i = 0; role != NULL && i < role->permission_count; i++)
		buf_printf(out, " %s", role->permissions[i]);
}

static void
put_mapping(struct buf *out, const struct access_mapping *m)
{
	buf_printf(out, "%lld %s %s %s %s %s %s %d %lld", (long long)m->id,
	    m->provider, m->tenant == NULL ? "-" : m->tenant,
	    access_kind_name(m->kind), m->claim == NULL ? "-" : m->claim,
	    m->value, m->label, m->enabled, (long long)m->expires_at);
	put_role(out, m->role);
	buf_putc(out, '\n');
}

static void
put_range(struct buf *out, struct access_range range)
{
	size_t i;

	buf_printf(out, "range %zu\n", range.count);
	for (i = 0; i < range.count; i++)
		put_mapping(out, range.at[i]);
}

static void
put_policy(struct buf *out, const struct access_policy *p)
{
	static const char *const providers[] = {"entra", "keycloak"};
	const struct access_mapping *m;
	const char *claim;
	char name[8];
	size_t i, k;

	buf_printf(out, "version %lld, %zu mappings\n",
	    (long long)access_policy_version(p),
	    access_policy_mapping_count(p));
	for (i = 0; (m = access_policy_mapping(p, i)) != NULL; i++)
		put_mapping(out, m);
	for (i = 0; (m = access_policy_deny(p, i)) != NULL; i++)
		put_mapping(out, m);
	for (i = 0; i < 10; i++) {
		(void)snprintf(name, sizeof(name), "r%zu", i);
		if (access_policy_role(p, name) != NULL)
			put_role(out, access_policy_role(p, name));
	}
	put_role(out, access_policy_role(p, "admin"));
	for (i = 0; i < 2; i++) {
		for (k = ACCESS_GROUP; k <= ACCESS_APP; k++)
			if (k != ACCESS_CLAIM)
				put_range(
				    out, access_policy_range(p, providers[i],
					     (enum access_kind)k, NULL));
		for (claim = NULL; (claim = access_policy_claim_after(
					p, providers[i], claim)) != NULL;)
			put_range(out, access_policy_range(p, providers[i],
					   ACCESS_CLAIM, claim));
	}
}

static void
assert_current(struct world *w, const char *after)
{
	struct access_policy *fresh = NULL;
	struct buf ours = BUF_INIT, theirs = BUF_INIT;

	assert_int_equal(gate_policy(w->gate, &w->e), RG_OK);
	assert_int_equal(store_begin_read(w->gate->store), RG_OK);
	assert_int_equal(gate_policy_read(w->gate, &fresh), RG_OK);
	store_rollback(w->gate->store);
	reads--;
	put_policy(&ours, w->gate->policy);
	put_policy(&theirs, fresh);
	access_policy_free(&fresh);
	if (strcmp(buf_str(&ours), buf_str(&theirs)) != 0)
		fail_msg("after %s:\n%s\nbut it is\n%s", after, buf_str(&ours),
		    buf_str(&theirs));
	buf_clear(&ours);
	buf_clear(&theirs);
}

/* ---- edits at random ----------------------------------------------------- */

static uint64_t seed = 88172645463325252;

static unsigned
below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % n);
}

static void
put_insert(struct buf *sql)
{
	static const char *const how[] = {"", "OR REPLACE ", "OR IGNORE "};
	static const char *const kinds[] = {"group", "app_role", "claim"};
	unsigned kind = below(3), deny = below(6) == 0;

	buf_printf(sql, "INSERT %sINTO mappings (", how[below(3)]);
	if (below(8) == 0)
		buf_printf(sql,
		    "id, provider, tenant, kind, claim, value, "
		    "effect, role, label, note, enabled, "
		    "expires_at, created_by, created_at) VALUES "
		    "(%u, ",
		    below(60) + 1);
	else
		buf_puts(sql, "provider, tenant, kind, claim, value, effect, "
			      "role, label, note, enabled, expires_at, "
			      "created_by, created_at) VALUES (");
	buf_printf(sql, "'%s', %s, '%s', ", below(2) ? "entra" : "keycloak",
	    below(3) ? "NULL" : "'t'", kinds[kind]);
	if (kind == 2)
		buf_printf(sql, "'c%u', ", below(3));
	else
		buf_puts(sql, "NULL, ");
	buf_printf(sql, "'v%u', ", below(12));
	if (deny)
		buf_puts(sql, "'deny', NULL, ");
	else
		buf_printf(sql, "'allow', 'r%u', ", below(4));
	buf_printf(sql, "'l%u', '', %u, %u, 'x', 1);", below(9), below(2),
	    below(3) * 100);
}

static void
put_edit(struct buf *sql)
{
	switch (below(11)) {
	case 0:
	case 1:
	case 2:
		put_insert(sql);
		break;
	case 3:
		buf_printf(sql,
		    "UPDATE mappings SET label = 'm%u', enabled = %u, "
		    "expires_at = %u WHERE id %% 13 = %u;",
		    below(9), below(2), below(3), below(13));
		break;
	case 4:
		buf_printf(sql,
		    "UPDATE OR REPLACE mappings SET role = 'r%u' WHERE id = "
		    "%u AND effect = 'allow';",
		    below(4), below(80) + 1);
		break;
	case 5:
		buf_printf(
		    sql, "DELETE FROM mappings WHERE id = %u;", below(80) + 1);
		break;
	case 6:
		buf_printf(
		    sql, "INSERT INTO roles VALUES ('r%u', '', 0);", below(5));
		break;
	case 7:
		buf_printf(
		    sql, "DELETE FROM roles WHERE name = 'r%u';", below(5));
		break;
	case 8:
		buf_printf(sql,
		    "UPDATE roles SET is_admin = 1 - is_admin WHERE name = "
		    "'r%u';",
		    below(4));
		break;
	case 9:
		buf_printf(sql,
		    "INSERT OR REPLACE INTO role_permissions VALUES ('r%u', "
		    "'p%u');",
		    below(4), below(4));
		break;
	default:
		buf_printf(sql,
		    "DELETE FROM role_permissions WHERE permission = 'p%u';",
		    below(4));
	}
}

static void
test_any_edit(void **state)
{
	struct world *w = *state;
	struct buf sql = BUF_INIT;
	int i, done = 0;
	unsigned k;

	for (i = 0; i < ROUNDS; i++) {
		buf_reset(&sql);
		buf_puts(&sql, "BEGIN;");
		for (k = below(4) + 1; k > 0; k--)
			put_edit(&sql);
		buf_puts(&sql, "COMMIT");
		if (run(w, buf_str(&sql)) == SQLITE_OK)
			done++;
		else
			(void)run(w, "ROLLBACK");
		assert_current(w, buf_str(&sql));
	}
	assert_in_range(done, ROUNDS / 4, ROUNDS);
	/* Only what replaced something had all read. */
	assert_in_range(reads, 1, done / 2);
	buf_clear(&sql);
}

static void
test_only_what_changed(void **state)
{
	static const char replace_role[] =
	    "INSERT INTO roles VALUES ('r2', '', 0); UPDATE mappings SET role ="
	    " 'r2' WHERE role = 'r1'; DELETE FROM roles WHERE name = 'r1'";
	static const char *const edits[] = {
	    "UPDATE mappings SET label = 'new' WHERE id = 3",
	    "DELETE FROM mappings WHERE id IN (1, 40)",
	    "INSERT INTO mappings (provider, kind, value, effect, role, label,"
	    " note, enabled, expires_at, created_by, created_at) VALUES"
	    " ('entra', 'group', 'v', 'allow', 'r1', '', '', 1, 0, 'x', 1)",
	    "INSERT INTO roles VALUES ('r2', '', 1)",
	    "INSERT INTO role_permissions VALUES ('r1', 'p9')",
	    "DELETE FROM roles WHERE name = 'r2'", replace_role};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		assert_int_equal(run(w, edits[i]), SQLITE_OK);
		assert_current(w, edits[i]);
		assert_int_equal(reads, 0);
	}
}

/* Nothing is taken for complete that is not on record as such. */
static void
test_what_is_not_on_record(void **state)
{
	static const char older[] = /* in place of the newer */
	    "UPDATE mappings SET label = 'e'; DELETE FROM policy_changes;"
	    "UPDATE meta SET policy_version = 3";
	static const char *const edits[] = {/* more than are kept */
	    "UPDATE mappings SET label = 'a'; WITH RECURSIVE n (i) AS (SELECT"
	    " 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) UPDATE mappings"
	    " SET note = note || 'b' FROM n; DELETE FROM mappings WHERE id = 2;"
	    "INSERT INTO roles WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
	    " SELECT i + 1 FROM n WHERE i < 1000) SELECT 'x' || i, '', 0"
	    " FROM n",
	    /* the record itself has a hole */
	    "UPDATE mappings SET label = 'c' WHERE id = 5; UPDATE mappings SET"
	    " label = 'd' WHERE id = 6; DELETE FROM policy_changes WHERE"
	    " mapping = 5",
	    older};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		assert_int_equal(run(w, edits[i]), SQLITE_OK);
		assert_current(w, edits[i]);
		assert_int_equal(reads, (int)i + 1);
		assert_in_range(store_raw_int(w->db->path,
				    "SELECT count(*) FROM policy_changes"),
		    0, 1000);
	}
}

/* What can't be evaluated leaves nothing to be judged by. */
static void
test_a_role_that_is_gone(void **state)
{
	struct world *w = *state;

	assert_int_equal(run(w, "PRAGMA foreign_keys = OFF;"
				"DELETE FROM roles WHERE name = 'r1'"),
	    SQLITE_OK);
	assert_int_equal(gate_policy(w->gate, &w->e), RG_E_NOT_FOUND);
	assert_null(w->gate->policy);
	assert_int_equal(run(w, "UPDATE mappings SET role = 'gone' WHERE id ="
				" 1; INSERT INTO roles VALUES ('r1', '', 0)"),
	    SQLITE_OK);
	assert_int_equal(gate_policy(w->gate, &w->e), RG_E_NOT_FOUND);
	assert_int_equal(
	    run(w, "DELETE FROM mappings WHERE id = 1"), SQLITE_OK);
	assert_current(w, "the repair");
	/* and with a policy at hand */
	assert_int_equal(
	    run(w, "UPDATE mappings SET role = 'gone' WHERE id = 3"),
	    SQLITE_OK);
	assert_int_equal(gate_policy(w->gate, &w->e), RG_E_NOT_FOUND);
	assert_null(w->gate->policy);
}

#define world_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {world_test(test_any_edit),
	    world_test(test_only_what_changed),
	    world_test(test_what_is_not_on_record),
	    world_test(test_a_role_that_is_gone)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
