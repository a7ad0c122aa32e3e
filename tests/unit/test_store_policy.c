/* SPDX-License-Identifier: ISC */
#include "store/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store_util.h"

static const char *const two[] = {"reports.read", "reports.write"};
static const struct role_row analyst = {"analyst", "Reads", two, 2, false};

static struct mapping_row
a_mapping(void)
{
	struct mapping_row m = {.provider = "entra",
	    .kind = "group",
	    .value = "11111111-2222-3333-4444-555555555555",
	    .role = "analyst",
	    .label = "data-analysts",
	    .note = "",
	    .enabled = true,
	    .created_by = "cli:root",
	    .created_at = 1000};

	return m;
}

/* Everything that was handed out, as one text. */
static enum rg_err
print_role(void *ctx, const struct role_row *r)
{
	struct buf *out = ctx;
	size_t i;

	buf_printf(out, "%s|%s|%d", r->name, r->description, r->is_admin);
	for (i = 0; i < r->permission_count; i++)
		buf_printf(out, "|%s", r->permissions[i]);
	buf_puts(out, "\n");
	return RG_OK;
}

static enum rg_err
print_mapping(void *ctx, const struct mapping_row *m)
{
	struct buf *out = ctx;

	buf_printf(out, "%lld|%s|%s|%s|%s|%s|%s|%s|%s|%d|%lld|%s|%lld\n",
	    (long long)m->id, m->provider,
	    m->tenant == NULL ? "(null)" : m->tenant, m->kind,
	    m->claim == NULL ? "(null)" : m->claim, m->value,
	    m->role == NULL ? "(null)" : m->role, m->label, m->note, m->enabled,
	    (long long)m->expires_at, m->created_by, (long long)m->created_at);
	return RG_OK;
}

static void
assert_roles(struct store *s, const char *want)
{
	struct buf out = BUF_INIT;

	assert_int_equal(store_each_role(s, print_role, &out), RG_OK);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

static void
assert_mappings(struct store *s, const char *want)
{
	struct buf out = BUF_INIT;

	assert_int_equal(store_each_mapping(s, print_mapping, &out), RG_OK);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

static int64_t
version(struct store *s)
{
	int64_t v;

	assert_int_equal(store_policy_version(s, &v), RG_OK);
	return v;
}

static int
setup(void **state)
{
	struct fixture *f;

	(void)store_setup(state);
	f = *state;
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_role_add(f->s, &analyst), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	return 0;
}

static enum rg_err
add(struct store *s, const struct mapping_row *m)
{
	int64_t id = -1;
	enum rg_err r;

	assert_int_equal(store_begin(s), RG_OK);
	r = store_mapping_add(s, m, &id);
	assert_true(r == RG_OK ? id > 0 : id == 0);
	if (r == RG_OK)
		assert_int_equal(store_commit(s), RG_OK);
	store_rollback(s);
	return r;
}

static void
test_nobody_is_admin_at_first(void **state)
{
	struct fixture *f = *state;
	struct store *s = NULL;
	char other[UTIL_PATH_MAX];

	util_path(other, f->folder, "fresh.db");
	assert_int_equal(store_init(other, NULL), RG_OK);
	assert_int_equal(store_open(other, 0, &s, NULL), RG_OK);
	assert_roles(s, "admin|Full administrative privileges|1|*\n");
	assert_mappings(s, "");
	store_free(&s);
}

static void
test_roles(void **state)
{
	struct fixture *f = *state;
	static const struct role_row user = {"user", "", NULL, 0, false};

	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_role_add(f->s, &user), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_roles(f->s, "admin|Full administrative privileges|1|*\n"
			   "analyst|Reads|0|reports.read|reports.write\n"
			   "user||0\n");
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_role_remove(f->s, "analyst"), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_roles(f->s, "admin|Full administrative privileges|1|*\n"
			   "user||0\n");
	assert_int_equal(
	    store_raw_int(f->path, "SELECT count(*) FROM role_permissions"), 1);
}

static void
test_role_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const twice[] = {"a", "a"};
	struct role_row bad = {"bad", "", twice, 2, false};
	char *name;

	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_role_add(f->s, &analyst), RG_E_EXISTS);
	assert_int_equal(store_role_add(f->s, &bad), RG_E_INVALID);
	bad.permission_count = 0;
	bad.name = "";
	assert_int_equal(store_role_add(f->s, &bad), RG_E_INVALID);
	bad.name = NULL;
	assert_int_equal(store_role_add(f->s, &bad), RG_E_INVALID);
	name = test_calloc(1, 130);
	memset(name, 'x', 129);
	bad.name = name;
	assert_int_equal(store_role_add(f->s, &bad), RG_E_INVALID);
	test_free(name);
	assert_int_equal(store_role_remove(f->s, "nobody"), RG_E_NOT_FOUND);
	/* Removing it would leave no way to be an administrator. */
	assert_int_equal(store_role_remove(f->s, "admin"), RG_E_INVALID);
	store_rollback(f->s);
	assert_roles(f->s, "admin|Full administrative privileges|1|*\n"
			   "analyst|Reads|0|reports.read|reports.write\n");
}

static void
test_role_in_use(void **state)
{
	struct fixture *f = *state;
	struct mapping_row m = a_mapping();

	assert_int_equal(add(f->s, &m), RG_OK);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_role_remove(f->s, "analyst"), RG_E_EXISTS);
	/* also when the caller, against the rules, commits */
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_roles(f->s, "admin|Full administrative privileges|1|*\n"
			   "analyst|Reads|0|reports.read|reports.write\n");
}

static void
test_mappings(void **state)
{
	struct fixture *f = *state;
	struct mapping_row m = a_mapping();

	assert_int_equal(add(f->s, &m), RG_OK);
	m.tenant = "t1";
	m.enabled = false;
	m.expires_at = 2000;
	assert_int_equal(add(f->s, &m), RG_OK);
	m = a_mapping();
	m.kind = "claim";
	m.claim = "realm_access.roles";
	m.value = "x' OR 1=1; --";
	m.note = "n";
	assert_int_equal(add(f->s, &m), RG_OK);
	assert_mappings(f->s,
	    "1|entra|(null)|group|(null)|11111111-2222-3333-4444-555555555555|"
	    "analyst|data-analysts||1|0|cli:root|1000\n"
	    "2|entra|t1|group|(null)|11111111-2222-3333-4444-555555555555|"
	    "analyst|data-analysts||0|2000|cli:root|1000\n"
	    "3|entra|(null)|claim|realm_access.roles|x' OR 1=1; --|"
	    "analyst|data-analysts|n|1|0|cli:root|1000\n");
}

static void
test_mapping_ids_are_not_reused(void **state)
{
	struct fixture *f = *state;
	struct mapping_row m = a_mapping();
	int64_t id;

	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_mapping_add(f->s, &m, &id), RG_OK);
	assert_int_equal(id, 1);
	assert_int_equal(store_mapping_remove(f->s, id), RG_OK);
	assert_int_equal(store_mapping_remove(f->s, id), RG_E_NOT_FOUND);
	assert_int_equal(store_mapping_add(f->s, &m, &id), RG_OK);
	assert_int_equal(id, 2);
	assert_int_equal(store_commit(f->s), RG_OK);
}

static void
test_same_mapping_twice(void **state)
{
	struct fixture *f = *state;
	struct mapping_row m = a_mapping();
	static const struct role_row user = {"user", "", NULL, 0, false};

	assert_int_equal(add(f->s, &m), RG_OK);
	/* what is not part of what it means makes no difference */
	m.label = "other";
	m.enabled = false;
	m.expires_at = 5000;
	assert_int_equal(add(f->s, &m), RG_E_EXISTS);
	m.tenant = "t1";
	assert_int_equal(add(f->s, &m), RG_OK);
	assert_int_equal(add(f->s, &m), RG_E_EXISTS);
	m.kind = "app_role";
	assert_int_equal(add(f->s, &m), RG_OK);
	m.kind = "claim";
	m.claim = "a";
	assert_int_equal(add(f->s, &m), RG_OK);
	assert_int_equal(add(f->s, &m), RG_E_EXISTS);
	m.claim = "b";
	assert_int_equal(add(f->s, &m), RG_OK);
	m.value = "other";
	assert_int_equal(add(f->s, &m), RG_OK);
	m.provider = "other";
	assert_int_equal(add(f->s, &m), RG_OK);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_role_add(f->s, &user), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	m.role = "user";
	assert_int_equal(add(f->s, &m), RG_OK);
}

static void
test_mapping_refused(void **state)
{
	struct fixture *f = *state;
	struct mapping_row m = a_mapping();

	m.role = "nobody";
	assert_int_equal(add(f->s, &m), RG_E_NOT_FOUND);
	m = a_mapping();
	m.kind = "grup";
	assert_int_equal(add(f->s, &m), RG_E_INVALID);
	m.kind = "claim"; /* without its path */
	assert_int_equal(add(f->s, &m), RG_E_INVALID);
	m.claim = "";
	assert_int_equal(add(f->s, &m), RG_E_INVALID);
	m.kind = "group"; /* with one */
	m.claim = "a.b";
	assert_int_equal(add(f->s, &m), RG_E_INVALID);
	m = a_mapping();
	m.value = "";
	assert_int_equal(add(f->s, &m), RG_E_INVALID);
	m.value = NULL;
	assert_int_equal(add(f->s, &m), RG_E_INVALID);
	m = a_mapping();
	m.provider = "";
	assert_int_equal(add(f->s, &m), RG_E_INVALID);
	m = a_mapping();
	m.tenant = ""; /* "any" is NULL, and only that */
	assert_int_equal(add(f->s, &m), RG_E_INVALID);
	m = a_mapping();
	m.expires_at = -1;
	assert_int_equal(add(f->s, &m), RG_E_INVALID);
	m.expires_at = INT64_MAX;
	assert_int_equal(add(f->s, &m), RG_E_INVALID);
	assert_mappings(f->s, "");
}

static void
test_kinds(void **state)
{
	struct fixture *f = *state;
	static const char *const kinds[] = {
	    "group", "group_name", "app_role", "directory_role", "app"};
	struct mapping_row m = a_mapping();
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		m.kind = kinds[i];
		assert_int_equal(add(f->s, &m), RG_OK);
	}
}

static void
test_writers_need_a_transaction(void **state)
{
	struct fixture *f = *state;
	struct mapping_row m = a_mapping();
	struct role_row role = {"user", "", two, 2, false};
	int64_t id = -1, v = version(f->s);

	assert_int_equal(store_role_add(f->s, &role), RG_E_INTERNAL);
	assert_int_equal(store_role_remove(f->s, "analyst"), RG_E_INTERNAL);
	assert_int_equal(store_mapping_add(f->s, &m, &id), RG_E_INTERNAL);
	assert_int_equal(store_mapping_remove(f->s, 1), RG_E_INTERNAL);
	assert_int_equal(version(f->s), v);
}

static void
test_version(void **state)
{
	struct fixture *f = *state;
	static const struct role_row user = {"user", "", NULL, 0, false};
	struct mapping_row m = a_mapping();
	int64_t v = version(f->s), id;

	assert_int_equal(version(f->s), v);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_role_add(f->s, &user), RG_OK);
	assert_true(version(f->s) > v);
	store_rollback(f->s);
	assert_int_equal(version(f->s), v);
	assert_int_equal(add(f->s, &m), RG_OK);
	assert_true(version(f->s) > v);
	v = version(f->s);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_mapping_remove(f->s, 1), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_true(version(f->s) > v);
	v = version(f->s);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_role_remove(f->s, "analyst"), RG_OK);
	assert_int_equal(store_mapping_remove(f->s, 7), RG_E_NOT_FOUND);
	assert_int_equal(store_mapping_add(f->s, &m, &id), RG_E_NOT_FOUND);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_true(version(f->s) > v);
}

/* Whoever edits by hand is noticed too. */
static void
test_version_by_hand(void **state)
{
	struct fixture *f = *state;
	static const char *const edits[] = {
	    "INSERT INTO roles VALUES ('r', '', 0)",
	    "UPDATE roles SET description = 'd' WHERE name = 'r'",
	    "INSERT INTO role_permissions VALUES ('r', 'p')",
	    "UPDATE role_permissions SET permission = 'q' WHERE role = 'r'",
	    ("INSERT INTO mappings VALUES"
	     " (9, 'p', NULL, 'app', NULL, 'v', 'allow', 'r', '', '', 1, 0,"
	     " '', 0)"),
	    "UPDATE mappings SET enabled = 0", "DELETE FROM mappings",
	    "DELETE FROM role_permissions WHERE role = 'r'",
	    "DELETE FROM roles WHERE name = 'r'"};
	int64_t v = version(f->s), next;
	size_t i;

	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		store_raw(f->path, edits[i]);
		next = version(f->s);
		assert_true(next > v);
		v = next;
	}
}

/* What a mapping matches is its identity; the rest can be edited. */
static void
test_mapping_update(void **state)
{
	struct fixture *f = *state;
	struct mapping_row m = a_mapping();
	struct buf out = BUF_INIT;
	int64_t id, last;

	assert_int_equal(store_mapping_last_id(f->s, &last), RG_OK);
	assert_int_equal(last, 0);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_mapping_add(f->s, &m, &id), RG_OK);
	m.id = id;
	m.value = "other";
	m.label = "l";
	m.note = "n";
	m.enabled = false;
	m.expires_at = 7;
	assert_int_equal(store_mapping_update(f->s, &m), RG_OK);
	m.role = "nobody";
	assert_int_equal(store_mapping_update(f->s, &m), RG_E_NOT_FOUND);
	m.id = id + 1;
	m.role = "analyst";
	assert_int_equal(store_mapping_update(f->s, &m), RG_E_NOT_FOUND);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_int_equal(store_mapping_update(f->s, &m), RG_E_INTERNAL);
	assert_int_equal(
	    store_mapping_find(f->s, id, print_mapping, &out), RG_OK);
	assert_string_equal(buf_str(&out),
	    "1|entra|(null)|group|(null)|"
	    "11111111-2222-3333-4444-555555555555|analyst|l|n|0|7|"
	    "cli:root|1000\n");
	assert_int_equal(store_mapping_find(f->s, id + 1, print_mapping, &out),
	    RG_E_NOT_FOUND);
	assert_int_equal(store_mapping_last_id(f->s, &last), RG_OK);
	assert_int_equal(last, id);
	assert_int_not_equal(
	    store_raw_code(f->path, "UPDATE mappings SET value = 'x'"),
	    SQLITE_OK);
	assert_int_not_equal(
	    store_raw_code(f->path, "UPDATE mappings SET role = NULL"),
	    SQLITE_OK);
	buf_clear(&out);
}

static void
test_mapping_that_denies(void **state)
{
	struct fixture *f = *state;
	struct mapping_row m = a_mapping();
	struct buf out = BUF_INIT;
	int64_t id;

	m.role = NULL;
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_mapping_add(f->s, &m, &id), RG_OK);
	assert_int_equal(store_mapping_add(f->s, &m, &id), RG_E_EXISTS);
	store_rollback(f->s);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_mapping_add(f->s, &m, &id), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_int_equal(
	    store_mapping_find(f->s, id, print_mapping, &out), RG_OK);
	assert_non_null(strstr(buf_str(&out), "|(null)|data-analysts|"));
	buf_clear(&out);
}

static void
test_role_update(void **state)
{
	struct fixture *f = *state;
	static const char *const one[] = {"x"};
	struct role_row r = {"analyst", "Writes", one, 1, true};
	struct role_row admin = {"admin", "less", one, 1, false};

	assert_int_equal(store_begin(f->s), RG_OK);
	r.name = "nobody";
	assert_int_equal(store_role_update(f->s, &r), RG_E_NOT_FOUND);
	r.name = "analyst";
	assert_int_equal(store_role_update(f->s, &r), RG_OK);
	assert_int_equal(store_role_update(f->s, &admin), RG_E_INVALID);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_roles(f->s, "admin|Full administrative privileges|1|*\n"
			   "analyst|Writes|1|x\n");
}

static enum rg_err
stop_at_once(void *ctx, const struct role_row *r)
{
	(void)r;
	++*(int *)ctx;
	return RG_E_TOO_LARGE;
}

static enum rg_err
stop_mapping(void *ctx, const struct mapping_row *m)
{
	(void)m;
	++*(int *)ctx;
	return RG_E_TOO_LARGE;
}

struct nested {
	struct store *s;
	enum rg_err same, other;
};

static enum rg_err
call_back(void *ctx, const struct mapping_row *m)
{
	struct nested *n = ctx;
	int64_t v;

	(void)m;
	n->same = store_each_mapping(n->s, call_back, n);
	n->other = store_policy_version(n->s, &v);
	return RG_OK;
}

static void
test_callbacks(void **state)
{
	struct fixture *f = *state;
	struct mapping_row m = a_mapping();
	struct nested n = {f->s, RG_OK, RG_E_INTERNAL};
	int calls = 0;

	assert_int_equal(add(f->s, &m), RG_OK);
	m.tenant = "t";
	assert_int_equal(add(f->s, &m), RG_OK);
	assert_int_equal(
	    store_each_role(f->s, stop_at_once, &calls), RG_E_TOO_LARGE);
	assert_int_equal(calls, 1);
	assert_int_equal(
	    store_each_mapping(f->s, stop_mapping, &calls), RG_E_TOO_LARGE);
	assert_int_equal(calls, 2);
	/* a function can't be called by its own callback, others can */
	assert_int_equal(store_each_mapping(f->s, call_back, &n), RG_OK);
	assert_int_equal(n.same, RG_E_INTERNAL);
	assert_int_equal(n.other, RG_OK);
}

#define policy_test(fn)                                                        \
	cmocka_unit_test_setup_teardown(fn, setup, store_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    policy_test(test_nobody_is_admin_at_first),
	    policy_test(test_roles),
	    policy_test(test_role_refused),
	    policy_test(test_role_in_use),
	    policy_test(test_mappings),
	    policy_test(test_mapping_ids_are_not_reused),
	    policy_test(test_same_mapping_twice),
	    policy_test(test_mapping_refused),
	    policy_test(test_kinds),
	    policy_test(test_writers_need_a_transaction),
	    policy_test(test_version),
	    policy_test(test_version_by_hand),
	    policy_test(test_callbacks),
	    policy_test(test_mapping_update),
	    policy_test(test_mapping_that_denies),
	    policy_test(test_role_update),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
