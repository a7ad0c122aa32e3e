/* SPDX-License-Identifier: ISC */
#include "store/admin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "store/sql.h"
#include "store_util.h"

#define NOW 2000

static int64_t
person(struct fixture *f, const char *subject, const char *username)
{
	struct principal_row p = store_person(subject);
	char *old = NULL;
	int64_t id;

	p.username = username;
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_principal_put(f->s, &p, &id, &old), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	return id;
}

static int64_t
map(struct fixture *f, const char *provider, const char *role)
{
	struct mapping_row m = {.provider = provider,
	    .kind = "group",
	    .value = "v",
	    .role = role,
	    .label = "",
	    .note = "",
	    .enabled = true,
	    .created_by = "x"};
	int64_t id;

	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_mapping_add(f->s, &m, &id), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	return id;
}

static enum rg_err
put_provider(void *ctx, const char *provider)
{
	buf_printf(ctx, "%s ", provider);
	return RG_OK;
}

static void
assert_providers(struct fixture *f, const char *want)
{
	struct buf out = BUF_INIT;

	assert_int_equal(
	    store_each_admin_provider(f->s, NOW, put_provider, &out), RG_OK);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

static void
test_admin_by_mapping(void **state)
{
	struct fixture *f = *state;

	assert_providers(f, "");
	store_raw(f->path,
	    "INSERT INTO roles (name, description, is_admin) VALUES"
	    " ('user', '', 0), ('owner', '', 1), ('chief', '', 1)");
	store_raw(f->path, "INSERT INTO role_permissions (role, permission)"
			   " VALUES ('owner', '*'), ('chief', 'x')");
	map(f, "a", "user");
	map(f, "b", "chief"); /* who can do little */
	assert_providers(f, "");
	map(f, "a", "admin");
	map(f, "b", "admin");
	map(f, "b", "owner");
	assert_providers(f, "a b ");
	store_raw(f->path, "UPDATE mappings SET enabled = 0"
			   " WHERE provider = 'a' AND role = 'admin'");
	assert_providers(f, "b ");
	store_raw(f->path, "UPDATE mappings SET expires_at = 2000"
			   " WHERE provider = 'b'");
	assert_providers(f, "");
	store_raw(f->path, "UPDATE mappings SET expires_at = 2001"
			   " WHERE role = 'owner'");
	assert_providers(f, "b ");
}

static void
test_admin_denied(void **state)
{
	static const struct {
		const char *set; /* of the mapping that denies */
		const char *want;
	} cases[] = {
	    {"value = value", ""},
	    {"enabled = 0", "a "},
	    {"enabled = 1, expires_at = 2000", "a "},
	    {"expires_at = 2001", ""},
	};
	/* What denies (tenant, kind, claim) beside what lets in. */
	static const struct {
		const char *denies;
		const char *allows;
		const char *want;
	} likenesses[] = {
	    {"NULL, 'group', NULL", "'t1', 'group', NULL", ""},
	    {"'t1', 'group', NULL", "'t1', 'group', NULL", ""},
	    {"'t1', 'group', NULL", "'t2', 'group', NULL", "c "},
	    {"'t1', 'group', NULL", "NULL, 'group', NULL", "c "},
	    {"NULL, 'app_role', NULL", "NULL, 'group', NULL", "c "},
	    {"NULL, 'claim', 'x'", "NULL, 'claim', 'x'", ""},
	    {"NULL, 'claim', 'y'", "NULL, 'claim', 'x'", "c "},
	};
	struct fixture *f = *state;
	struct buf sql = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof(likenesses) / sizeof(likenesses[0]); i++) {
		buf_reset(&sql);
		buf_printf(&sql,
		    "DELETE FROM mappings; INSERT INTO mappings (provider,"
		    " value, effect, role, label, note, enabled, expires_at,"
		    " created_by, created_at, tenant, kind, claim) VALUES"
		    " ('c', 'v', 'deny', NULL, '', '', 1, 0, 'x', 1, %s),"
		    " ('c', 'v', 'allow', 'admin', '', '', 1, 0, 'x', 1, %s)",
		    likenesses[i].denies, likenesses[i].allows);
		store_raw(f->path, buf_str(&sql));
		assert_providers(f, likenesses[i].want);
	}
	store_raw(f->path, "DELETE FROM mappings");
	map(f, "a", "admin");
	map(f, "b", NULL); /* the same value elsewhere */
	assert_providers(f, "a ");
	map(f, "a", NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&sql);
		buf_printf(&sql, "UPDATE mappings SET %s WHERE role IS NULL",
		    cases[i].set);
		store_raw(f->path, buf_str(&sql));
		assert_providers(f, cases[i].want);
	}
	buf_clear(&sql);
}

static enum rg_err
put_way(void *ctx, const struct mapping_row *m)
{
	buf_printf(ctx, "%s:%s ", m->provider, m->role == NULL ? "-" : m->role);
	return RG_OK;
}

/* Also what is disabled: it is for the reader to judge. */
static void
test_admin_mappings(void **state)
{
	struct fixture *f = *state;
	struct buf out = BUF_INIT;

	store_raw(f->path,
	    "INSERT INTO roles (name, description, is_admin) VALUES"
	    " ('user', '', 0), ('owner', '', 1), ('chief', '', 1)");
	store_raw(f->path, "INSERT INTO role_permissions (role, permission)"
			   " VALUES ('owner', '*'), ('chief', 'x')");
	map(f, "a", "user");
	map(f, "b", NULL);
	map(f, "c", "owner");
	map(f, "d", "chief"); /* who can do little */
	map(f, "e", "admin");
	store_raw(f->path, "UPDATE mappings SET enabled = 0"
			   " WHERE provider = 'e'");
	assert_int_equal(store_each_admin_mapping(f->s, put_way, &out), RG_OK);
	assert_string_equal(buf_str(&out), "b:- c:owner e:admin ");
	buf_clear(&out);
}

static void
test_admin_by_grant(void **state)
{
	struct fixture *f = *state;
	struct grant_row g = {.role = "admin", .reason = "", .created_by = "x"};
	int64_t id;

	g.principal = person(f, "1", "dana");
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_grant_add(f->s, &g, &id), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_providers(f, "entra ");
	store_raw(f->path, "UPDATE grants SET expires_at = 2000");
	assert_providers(f, "");
	store_raw(f->path, "UPDATE grants SET expires_at = 2001");
	assert_providers(f, "entra ");
	assert_int_equal(
	    store_principal_disable(f->s, g.principal, true), RG_E_INTERNAL);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(
	    store_principal_disable(f->s, 77, true), RG_E_NOT_FOUND);
	assert_int_equal(
	    store_principal_disable(f->s, g.principal, true), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_providers(f, "");
}

static enum rg_err
put_person(void *ctx, const struct principal_row *p)
{
	buf_printf(ctx, "%s ", p->subject);
	return RG_OK;
}

static void
assert_people(
    struct fixture *f, const struct principal_filter *filter, const char *want)
{
	struct buf out = BUF_INIT;

	assert_int_equal(
	    store_principal_page(f->s, filter, put_person, &out), RG_OK);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

static void
test_people(void **state)
{
	struct fixture *f = *state;
	struct principal_filter all = {.limit = 9, .disabled = -1}, one;
	int64_t second, count;
	bool disabled;

	person(f, "p1", "dana@contoso.com");
	second = person(f, "p2", "100%_a\\b");
	person(f, "p3", "EVE@contoso.com");
	assert_int_equal(store_principal_count(f->s, &count), RG_OK);
	assert_int_equal(count, 3);
	assert_people(f, &all, "p1 p2 p3 ");
	one = all;
	one.limit = 1;
	one.after = 1;
	assert_people(f, &one, "p2 ");
	/* A part of any name, case aside; no character is a wildcard. */
	one = all;
	one.search = "eve@";
	assert_people(f, &one, "p3 ");
	one.search = "%";
	assert_people(f, &one, "p2 ");
	one.search = "_a\\";
	assert_people(f, &one, "p2 ");
	one.search = "P3";
	assert_people(f, &one, "p3 ");
	one.search = "nobody";
	assert_people(f, &one, "");
	one = all;
	one.provider = "other";
	assert_people(f, &one, "");
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_principal_disable(f->s, second, true), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	one = all;
	one.disabled = 1;
	assert_people(f, &one, "p2 ");
	one.disabled = 0;
	assert_people(f, &one, "p1 p3 ");
	assert_int_equal(
	    store_principal_is_disabled(f->s, second, &disabled), RG_OK);
	assert_true(disabled);
	assert_int_equal(
	    store_principal_is_disabled(f->s, 77, &disabled), RG_E_NOT_FOUND);
	assert_true(disabled); /* who is not known is not let in */
}

static void
test_lookup(void **state)
{
	struct fixture *f = *state;
	int64_t id, want = person(f, "p1", "dana");

	assert_int_equal(
	    store_principal_lookup(f->s, "entra", "t", "p1", &id), RG_OK);
	assert_int_equal(id, want);
	assert_int_equal(store_principal_lookup(f->s, "entra", "", "p1", &id),
	    RG_E_NOT_FOUND);
	assert_int_equal(store_principal_lookup(f->s, "other", "t", "p1", &id),
	    RG_E_NOT_FOUND);
}

static enum rg_err
put_known(void *ctx, const struct principal_row *p)
{
	buf_printf(ctx, "%s %s %s;", p->subject, p->claims, p->groups);
	return RG_OK;
}

static void
test_known(void **state)
{
	struct fixture *f = *state;
	struct buf out = BUF_INIT;

	person(f, "p1", "a");
	person(f, "p2", "b");
	assert_int_equal(store_known_page(f->s, 1, 5, put_known, &out), RG_OK);
	assert_string_equal(buf_str(&out), "p2 {\"groups\":[]} {};");
	buf_clear(&out);
}

static void
test_known_last(void **state)
{
	struct fixture *f = *state;
	struct buf out = BUF_INIT;

	person(f, "p1", "a");
	person(f, "p2", "b");
	person(f, "p3", "c");
	store_raw(f->path,
	    "UPDATE principals SET last_seen = 9000000000 WHERE subject = 'p1';"
	    "UPDATE principals SET kind = 'app' WHERE subject = 'p3'");
	assert_int_equal(
	    store_known_last(f->s, "entra", 1, put_known, &out), RG_OK);
	assert_string_equal(buf_str(&out), "p1 {\"groups\":[]} {};");
	buf_reset(&out);
	assert_int_equal(
	    store_known_last(f->s, "entra", 9, put_known, &out), RG_OK);
	assert_non_null(strstr(buf_str(&out), "p2 "));
	assert_null(strstr(buf_str(&out), "p3 "));
	buf_reset(&out);
	assert_int_equal(
	    store_known_last(f->s, "other", 9, put_known, &out), RG_OK);
	assert_string_equal(buf_str(&out), "");
	buf_clear(&out);
}

static void
add_session(struct fixture *f, int64_t principal, char mark, int64_t issued)
{
	struct session_row row = store_session(principal, mark);

	row.issued_at = row.last_used = issued;
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_session_add(f->s, &row), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
}

static enum rg_err
put_session(void *ctx, const struct session_row *s)
{
	buf_printf(ctx, "%c%s ", s->public_id[0], s->principal.subject);
	return RG_OK;
}

static void
assert_sessions(
    struct fixture *f, const struct session_filter *filter, const char *want)
{
	struct buf out = BUF_INIT;

	assert_int_equal(
	    store_session_page(f->s, filter, put_session, &out), RG_OK);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

static void
test_sessions(void **state)
{
	struct fixture *f = *state;
	struct session_filter all = {
	    .now = 1100, .before = INT64_MAX, .before_id = "", .limit = 9};
	struct session_filter some;
	int64_t one = person(f, "1", "a"), two = person(f, "2", "b"), owner;
	char id[23];

	add_session(f, one, 'a', 1000);
	add_session(f, two, 'b', 1000); /* the same second */
	add_session(f, one, 'c', 1050);
	add_session(f, two, 'd', 400); /* idle for too long */
	assert_sessions(f, &all, "c1 b2 a1 ");
	some = all;
	some.limit = 1;
	some.before = 1000;
	memset(id, 'b', 22);
	id[22] = '\0';
	some.before_id = id;
	assert_sessions(f, &some, "a1 ");
	some = all;
	some.principal = two;
	assert_sessions(f, &some, "b2 ");
	assert_int_equal(store_session_owner(f->s, id, &owner), RG_OK);
	assert_int_equal(owner, two);
	assert_int_equal(
	    store_session_owner(f->s, "none", &owner), RG_E_NOT_FOUND);
}

static enum rg_err
live(void *ctx, const struct session_row *s)
{
	(void)ctx;
	(void)s;
	return RG_OK;
}

static enum rg_err
find(struct fixture *f, char mark)
{
	struct session_row row = store_session(1, mark);

	return store_session_find(f->s, row.hash, 1100, live, NULL);
}

/* Dead in a moment, gone in steps; who comes in the same second stays. */
static void
test_end_all(void **state)
{
	struct fixture *f = *state;
	struct session_filter all = {
	    .now = 1100, .before = INT64_MAX, .before_id = "", .limit = 9};
	int64_t one = person(f, "1", "a"), count, removed;

	add_session(f, one, 'a', 1000);
	add_session(f, one, 'b', 1050);
	add_session(f, one, 'c', 1100);
	add_session(f, one, 'd', 400); /* idle for too long */
	assert_int_equal(store_session_count(f->s, 1100, &count), RG_OK);
	assert_int_equal(count, 3);
	assert_int_equal(store_session_end_all(f->s, 1100), RG_E_INTERNAL);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_session_end_all(f->s, 1100), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	add_session(f, one, 'e', 1100);
	assert_int_equal(find(f, 'a'), RG_E_SESSION_NONE);
	assert_int_equal(find(f, 'b'), RG_E_SESSION_NONE);
	assert_int_equal(find(f, 'c'), RG_E_SESSION_NONE);
	assert_int_equal(find(f, 'e'), RG_OK);
	assert_sessions(f, &all, "e1 ");
	all.principal = one;
	assert_sessions(f, &all, "e1 ");
	assert_int_equal(store_session_count(f->s, 1100, &count), RG_OK);
	assert_int_equal(count, 1);
	assert_int_equal(store_sweep(f->s, 1100, 2, &removed), RG_OK);
	assert_int_equal(removed, 2);
	assert_int_equal(store_sweep(f->s, 1100, 9, &removed), RG_OK);
	assert_int_equal(removed, 1);
	assert_int_equal(
	    store_raw_int(f->path, "SELECT count(*) FROM sessions"), 1);
}

static enum rg_err
put_mapping(void *ctx, const struct mapping_row *m)
{
	buf_printf(ctx, "%lld ", (long long)m->id);
	return RG_OK;
}

static enum rg_err
put_grant(void *ctx, const struct grant_row *g)
{
	buf_printf(ctx, "%lld ", (long long)g->id);
	return RG_OK;
}

static void
assert_mappings(
    struct fixture *f, const struct mapping_filter *filter, const char *want)
{
	struct buf out = BUF_INIT;

	assert_int_equal(
	    store_mapping_page(f->s, filter, put_mapping, &out), RG_OK);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

static void
assert_grants(
    struct fixture *f, const struct grant_filter *filter, const char *want)
{
	struct buf out = BUF_INIT;

	assert_int_equal(
	    store_grant_page(f->s, filter, put_grant, &out), RG_OK);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

static void
test_policy_pages(void **state)
{
	struct fixture *f = *state;

	map(f, "a", "admin");
	map(f, "b", "admin");
	map(f, "b", NULL);
	assert_mappings(f, &(struct mapping_filter){.limit = 2}, "1 2 ");
	assert_mappings(
	    f, &(struct mapping_filter){.limit = 2, .after = 2}, "3 ");
	assert_mappings(f,
	    &(struct mapping_filter){
		.limit = 9, .provider = "b", .role = "admin"},
	    "2 ");
	person(f, "1", "a");
	store_raw(f->path,
	    "INSERT INTO grants (principal, role, reason, expires_at,"
	    " created_by, created_at) VALUES (1, 'admin', '', 0, 'x', 1)");
	assert_grants(f, &(struct grant_filter){.limit = 9}, "1 ");
	assert_grants(
	    f, &(struct grant_filter){.limit = 9, .principal = 2}, "");
	assert_grants(f,
	    &(struct grant_filter){.limit = 9, .principal = 1, .role = "user"},
	    "");
}

/* All pages of `limit` one after the other, whatever it is. */
static void
assert_sorted(
    struct fixture *f, enum store_key key, bool down, const char *want)
{
	struct buf out = BUF_INIT;
	struct mapping_filter filter = {.order = {key, down}};
	size_t before;

	for (filter.limit = 1; filter.limit < 7; filter.limit++) {
		buf_reset(&out);
		filter.after = 0;
		do {
			before = out.len;
			assert_int_equal(store_mapping_page(
					     f->s, &filter, put_mapping, &out),
			    RG_OK);
			/* The ids have one digit. */
			if (out.len > before)
				filter.after = buf_str(&out)[out.len - 2] - '0';
		} while (out.len > before);
		assert_string_equal(buf_str(&out), want);
	}
	buf_clear(&out);
}

static void
test_mapping_orders(void **state)
{
	struct fixture *f = *state;

	map(f, "b", "admin");
	map(f, "a", NULL);
	map(f, "b", NULL);
	map(f, "a", "admin");
	map(f, "c", "admin");
	store_raw(f->path, "UPDATE mappings SET label = 'Zoe' WHERE id = 1;"
			   "UPDATE mappings SET label = 'anna' WHERE id = 2;"
			   "UPDATE mappings SET label = 'Bob' WHERE id = 3;"
			   "UPDATE mappings SET label = 'bob' WHERE id = 4");
	/* 5 has no label: its value counts */
	assert_sorted(f, BY_NAME, false, "2 3 4 5 1 ");
	assert_sorted(f, BY_NAME, true, "1 5 4 3 2 ");
	assert_sorted(f, BY_PROVIDER, false, "2 4 1 3 5 ");
	assert_sorted(f, BY_PROVIDER, true, "5 3 1 4 2 ");
	assert_sorted(f, BY_ROLE, false, "2 3 1 4 5 ");
	assert_sorted(f, BY_ROLE, true, "5 4 1 3 2 ");
	/* With a filter, and behind a row that is gone. */
	assert_mappings(f,
	    &(struct mapping_filter){
		.limit = 9, .role = "admin", .order = {BY_NAME, false}},
	    "4 5 1 ");
	assert_mappings(f,
	    &(struct mapping_filter){
		.limit = 9, .after = 77, .order = {BY_NAME, false}},
	    "");
	assert_int_equal(
	    store_mapping_page(f->s,
		&(struct mapping_filter){.limit = 9, .order = {BY_TIME, false}},
		put_mapping, NULL),
	    RG_E_INTERNAL);
}

static void
assert_people_by(struct fixture *f, enum store_key key, bool down,
    int64_t after, const char *want)
{
	assert_people(f,
	    &(struct principal_filter){.limit = 9,
		.disabled = -1,
		.order = {key, down},
		.after = after},
	    want);
}

static void
test_other_orders(void **state)
{
	struct fixture *f = *state;

	person(f, "1", "x");
	person(f, "2", "y");
	person(f, "3", "z");
	store_raw(f->path,
	    "UPDATE principals SET first_seen = 1,"
	    " provider = iif(id = 1, 'b', 'a');"
	    "UPDATE principals SET name = 'zoe', last_seen = 30 WHERE id = 1;"
	    "UPDATE principals SET name = 'Ann', last_seen = 10 WHERE id = 2;"
	    "UPDATE principals SET name = '', username = 'Mo', last_seen = 20"
	    " WHERE id = 3;"
	    "INSERT INTO grants (principal, role, reason, expires_at,"
	    " created_by, created_at) VALUES (1, 'admin', '', 0, 'x', 1),"
	    " (2, 'admin', '', 50, 'x', 1), (3, 'admin', '', 40, 'x', 1)");
	assert_people_by(f, BY_NAME, false, 0, "2 3 1 ");
	assert_people_by(f, BY_NAME, true, 0, "1 3 2 ");
	assert_people_by(f, BY_NAME, false, 3, "1 ");
	assert_people_by(f, BY_PROVIDER, false, 2, "3 1 ");
	assert_people_by(f, BY_PROVIDER, true, 0, "1 3 2 ");
	assert_people_by(f, BY_TIME, false, 0, "2 3 1 ");
	assert_people_by(f, BY_TIME, true, 3, "2 ");
	assert_grants(f,
	    &(struct grant_filter){.limit = 9, .order = {BY_TIME, false}},
	    "3 2 1 ");
	assert_grants(f,
	    &(struct grant_filter){
		.limit = 9, .after = 1, .order = {BY_TIME, true}},
	    "2 3 ");
	assert_grants(f,
	    &(struct grant_filter){.limit = 2, .order = {BY_ROLE, true}},
	    "3 2 ");
}

/* Calls `check` with each line of a statement's query plan. */
static void
each_step(const char *path, enum stmt which, void (*check)(const char *))
{
	struct buf sql = BUF_INIT;
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;

	buf_printf(&sql, "EXPLAIN QUERY PLAN %s", sql_text[which]);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, buf_str(&sql), -1, &st, NULL), SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW)
		check((const char *)sqlite3_column_text(st, 3));
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	buf_clear(&sql);
}

static void
check_page(const char *step)
{
	/* meta has one row, and so has "where it begins" */
	if (strcmp(step, "SCAN meta") == 0 ||
	    strcmp(step, "SCAN CONSTANT ROW") == 0)
		return;
	assert_null(strstr(step, "SCAN"));
	assert_null(strstr(step, "TEMP B-TREE"));
}

/* Every page is found by an index and is in its order already. */
static void
test_pages_use_indexes(void **state)
{
	static const enum stmt pages[] = {ST_MAPPING_PAGE, ST_MAPPING_PAGE_ROLE,
	    ST_MAPPING_LABEL_UP, ST_MAPPING_LABEL_DOWN, ST_MAPPING_PROVIDER_UP,
	    ST_MAPPING_PROVIDER_DOWN, ST_MAPPING_ROLE_UP, ST_MAPPING_ROLE_DOWN,
	    ST_GRANT_PAGE, ST_GRANT_ROLE_UP, ST_GRANT_ROLE_DOWN,
	    ST_GRANT_END_UP, ST_GRANT_END_DOWN, ST_PRINCIPAL_PAGE,
	    ST_PRINCIPAL_NAME_UP, ST_PRINCIPAL_NAME_DOWN,
	    ST_PRINCIPAL_PROVIDER_UP, ST_PRINCIPAL_PROVIDER_DOWN,
	    ST_PRINCIPAL_SEEN_UP, ST_PRINCIPAL_SEEN_DOWN, ST_KNOWN_PAGE,
	    ST_SESSION_PAGE, ST_SESSION_OWNER, ST_SESSION_SWEEP_ENDED};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		each_step(f->path, pages[i], check_page);
}

/* There are few roles (r) and few sets of roles (s), and many of all else. */
static void
check_guard(const char *step)
{
	if (strstr(step, "SCAN") != NULL)
		assert_true(strcmp(step, "SCAN r") == 0 ||
			    strcmp(step, "SCAN s") == 0 ||
			    strcmp(step, "SCAN sets") == 0);
	/* Not all mappings of a provider, for each that leads to admin. */
	if (strncmp(step, "SEARCH d ", 9) == 0)
		assert_non_null(strstr(step, " value=?"));
}

/* Each edit asks who can be admin, while others wait for the lock. */
static void
test_guard_uses_indexes(void **state)
{
	static const enum stmt questions[] = {
	    ST_ADMIN_PROVIDERS, ST_ADMIN_MAPPINGS, ST_KNOWN_ADMINS};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		each_step(f->path, questions[i], check_guard);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {store_test(test_admin_by_mapping),
	    store_test(test_admin_denied), store_test(test_admin_mappings),
	    store_test(test_admin_by_grant), store_test(test_people),
	    store_test(test_lookup), store_test(test_known),
	    store_test(test_known_last), store_test(test_sessions),
	    store_test(test_end_all), store_test(test_policy_pages),
	    store_test(test_mapping_orders), store_test(test_other_orders),
	    store_test(test_pages_use_indexes),
	    store_test(test_guard_uses_indexes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
