/* SPDX-License-Identifier: ISC */
#include "store/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "store_util.h"

static int64_t
put(struct store *s, const struct principal_row *p)
{
	char *old = NULL;
	int64_t id = 0;

	assert_int_equal(store_begin(s), RG_OK);
	assert_int_equal(store_principal_put(s, p, &id, &old), RG_OK);
	assert_int_equal(store_commit(s), RG_OK);
	free(old);
	return id;
}

/* A person with one session that is made of 'a'. */
static int64_t
one_session(struct store *s)
{
	struct principal_row p = store_person("1");
	int64_t id = put(s, &p);
	struct session_row row = store_session(id, 'a');

	assert_int_equal(store_session_add(s, &row), RG_OK);
	return id;
}

static void
hash_of(char mark, uint8_t hash[static HASH_LEN])
{
	memset(hash, mark, HASH_LEN);
}

static enum rg_err
count_it(void *ctx, const struct session_row *row)
{
	(void)row;
	++*(int *)ctx;
	return RG_OK;
}

/* What store_session_find says; the callback must run for RG_OK only. */
static enum rg_err
find(struct store *s, char mark, int64_t now)
{
	uint8_t hash[HASH_LEN];
	int calls = 0;
	enum rg_err r;

	hash_of(mark, hash);
	r = store_session_find(s, hash, now, count_it, &calls);
	assert_int_equal(calls, r == RG_OK ? 1 : 0);
	return r;
}

static void
test_principal(void **state)
{
	struct fixture *f = *state;
	struct principal_row p = store_person("1");
	char *old = NULL;
	int64_t id, again;

	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_principal_put(f->s, &p, &id, &old), RG_OK);
	assert_null(old);
	p.name = "Dana D.";
	p.roles = "[]";
	p.first_seen = p.last_seen = 2000;
	assert_int_equal(store_principal_put(f->s, &p, &again, &old), RG_OK);
	assert_int_equal(again, id);
	assert_string_equal(old, "[\"analyst\"]");
	free(old);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_int_equal(
	    store_raw_int(f->path,
		"SELECT count(*) FROM principals WHERE first_seen = 1000 AND"
		" last_seen = 2000 AND name = 'Dana D.' AND roles = '[]'"),
	    1);
}

/* Who somebody is: provider, issuer, tenant and subject, and nothing else. */
static void
test_principal_identity(void **state)
{
	struct fixture *f = *state;
	struct principal_row p = store_person("1"), q = p;
	int64_t id = put(f->s, &p), found;

	q.email = "somebody.else@example";
	q.username = "root";
	assert_int_equal(put(f->s, &q), id);
	q = p;
	q.subject = "2";
	assert_int_not_equal(put(f->s, &q), id);
	q = p;
	q.provider = "entra2"; /* another application of the same issuer */
	assert_int_not_equal(put(f->s, &q), id);
	q = p;
	q.tenant = "t2";
	assert_int_not_equal(put(f->s, &q), id);
	q = p;
	q.issuer = "https://op.example/t2/v2.0";
	assert_int_not_equal(put(f->s, &q), id);
	q = p;
	q.provider = "other"; /* mappings belong to a provider */
	assert_int_not_equal(put(f->s, &q), id);
	q = p;
	q.tenant = "T"; /* only who calls may fold GUIDs */
	assert_int_not_equal(put(f->s, &q), id);
	assert_int_equal(
	    store_principal_find(f->s, p.provider, p.issuer, "t", "1", &found),
	    RG_OK);
	assert_int_equal(found, id);
	assert_int_equal(
	    store_principal_find(f->s, p.provider, p.issuer, "", "1", &found),
	    RG_E_NOT_FOUND);
	assert_int_equal(found, 0);
}

static void
test_principal_refused(void **state)
{
	struct fixture *f = *state;
	struct principal_row p = store_person("1");
	char *old = NULL;
	int64_t id = -1;

	assert_int_equal(
	    store_principal_put(f->s, &p, &id, &old), RG_E_INTERNAL);
	assert_int_equal(store_begin(f->s), RG_OK);
	p.kind = "root";
	assert_int_equal(
	    store_principal_put(f->s, &p, &id, &old), RG_E_INVALID);
	p = store_person("");
	assert_int_equal(
	    store_principal_put(f->s, &p, &id, &old), RG_E_INVALID);
	p = store_person("1");
	p.issuer = "";
	assert_int_equal(
	    store_principal_put(f->s, &p, &id, &old), RG_E_INVALID);
	p = store_person("1");
	p.last_seen = -1;
	assert_int_equal(
	    store_principal_put(f->s, &p, &id, &old), RG_E_INVALID);
	assert_int_equal(id, 0);
	assert_null(old);
	store_rollback(f->s);
}

static void
test_principal_roles(void **state)
{
	struct fixture *f = *state;
	struct principal_row p = store_person("1");
	int64_t id = put(f->s, &p);

	assert_int_equal(store_principal_roles(f->s, id, "[\"x\"]"), RG_OK);
	assert_int_equal(
	    store_principal_roles(f->s, id + 1, "[]"), RG_E_NOT_FOUND);
	assert_int_equal(
	    store_raw_int(f->path,
		"SELECT count(*) FROM principals WHERE roles = '[\"x\"]'"),
	    1);
}

/* Who is disabled stays so when signing in again. */
static void
test_disabled(void **state)
{
	struct fixture *f = *state;
	struct principal_row p = store_person("1");
	int64_t id = one_session(f->s);

	store_raw(f->path, "UPDATE principals SET disabled = 1");
	assert_int_equal(put(f->s, &p), id);
	assert_int_equal(
	    store_raw_int(f->path, "SELECT disabled FROM principals"), 1);
}

static enum rg_err
compare(void *ctx, const struct session_row *row)
{
	const struct session_row *want = ctx;

	assert_memory_equal(row->hash, want->hash, HASH_LEN);
	assert_string_equal(row->public_id, want->public_id);
	assert_string_equal(row->provider_sid, want->provider_sid);
	assert_string_equal(row->claims, want->claims);
	assert_string_equal(row->roles, want->roles);
	assert_int_equal(row->issued_at, want->issued_at);
	assert_int_equal(row->last_used, want->last_used);
	assert_int_equal(row->idle_seconds, want->idle_seconds);
	assert_int_equal(row->expires_at, want->expires_at);
	assert_int_equal(row->principal.id, want->principal.id);
	assert_string_equal(row->principal.provider, "entra");
	assert_string_equal(row->principal.issuer, "https://op.example/t/v2.0");
	assert_string_equal(row->principal.tenant, "t");
	assert_string_equal(row->principal.subject, "1");
	assert_string_equal(row->principal.kind, "user");
	assert_string_equal(row->principal.name, "Dana Diaz");
	assert_string_equal(row->principal.username, "dana@contoso.com");
	assert_string_equal(row->principal.email, "");
	assert_string_equal(row->principal.roles, "[\"analyst\"]");
	assert_int_equal(row->principal.first_seen, 1000);
	assert_int_equal(row->principal.last_seen, 1000);
	assert_false(row->principal.disabled);
	return RG_E_TOO_LARGE;
}

static void
test_session(void **state)
{
	struct fixture *f = *state;
	struct principal_row p = store_person("1");
	struct session_row row = store_session(put(f->s, &p), 'a');

	row.provider_sid = "sid-1";
	assert_int_equal(store_session_add(f->s, &row), RG_OK);
	/* what the callback returns is returned */
	assert_int_equal(
	    store_session_find(f->s, row.hash, 1000, compare, &row),
	    RG_E_TOO_LARGE);
	assert_int_equal(
	    store_each_session(f->s, 1000, compare, &row), RG_E_TOO_LARGE);
}

static void
test_session_refused(void **state)
{
	struct fixture *f = *state;
	struct session_row row = store_session(one_session(f->s), 'b');

	row.principal.id = 77; /* nobody's session is no session */
	assert_int_equal(store_session_add(f->s, &row), RG_E_NOT_FOUND);
	row.principal.id = 1;
	row.public_id = "short";
	assert_int_equal(store_session_add(f->s, &row), RG_E_INVALID);
	row = store_session(1, 'b');
	row.idle_seconds = 0;
	assert_int_equal(store_session_add(f->s, &row), RG_E_INVALID);
	row = store_session(1, 'b');
	row.expires_at = INT64_MAX;
	assert_int_equal(store_session_add(f->s, &row), RG_E_INVALID);
	row = store_session(1, 'b');
	row.expires_at = row.issued_at - 1;
	assert_int_equal(store_session_add(f->s, &row), RG_E_INVALID);
	row = store_session(1, 'b');
	hash_of('a', row.hash);
	assert_int_equal(store_session_add(f->s, &row), RG_E_EXISTS);
	assert_int_equal(find(f->s, 'b', 1000), RG_E_SESSION_NONE);
	assert_int_equal(
	    store_raw_int(f->path, "SELECT count(*) FROM sessions"), 1);
}

static void
test_session_ends(void **state)
{
	struct fixture *f = *state;
	struct session_row row = store_session(one_session(f->s), 'b');

	assert_int_equal(find(f->s, 'z', 1000), RG_E_SESSION_NONE);
	/* idle: 600 s after 1000 */
	assert_int_equal(find(f->s, 'a', 1000), RG_OK);
	assert_int_equal(find(f->s, 'a', 1599), RG_OK);
	assert_int_equal(find(f->s, 'a', 1600), RG_E_SESSION_EXPIRED);
	assert_int_equal(find(f->s, 'a', INT64_MAX), RG_E_SESSION_EXPIRED);
	/* absolute: at 4600 */
	row.idle_seconds = 100000;
	assert_int_equal(store_session_add(f->s, &row), RG_OK);
	assert_int_equal(find(f->s, 'b', 4599), RG_OK);
	assert_int_equal(find(f->s, 'b', 4600), RG_E_SESSION_EXPIRED);
}

static void
test_touch(void **state)
{
	struct fixture *f = *state;
	uint8_t a[HASH_LEN], z[HASH_LEN];
	int64_t now;

	(void)one_session(f->s);
	hash_of('a', a);
	hash_of('z', z);
	assert_int_equal(store_session_touch(f->s, a, 1500), RG_OK);
	assert_int_equal(find(f->s, 'a', 2099), RG_OK);
	assert_int_equal(find(f->s, 'a', 2100), RG_E_SESSION_EXPIRED);
	/* time does not run backwards */
	assert_int_equal(store_session_touch(f->s, a, 1200), RG_OK);
	assert_int_equal(find(f->s, 'a', 2099), RG_OK);
	/* a late note does not wake the dead */
	assert_int_equal(store_session_touch(f->s, a, 2100), RG_OK);
	assert_int_equal(find(f->s, 'a', 2100), RG_E_SESSION_EXPIRED);
	assert_int_equal(store_session_touch(f->s, z, 2000), RG_OK);
	assert_int_equal(find(f->s, 'z', 2000), RG_E_SESSION_NONE);
	/* and whoever is always busy still ends at 4600 */
	for (now = 2000; now < 4600; now += 100)
		assert_int_equal(store_session_touch(f->s, a, now), RG_OK);
	assert_int_equal(find(f->s, 'a', 4599), RG_OK);
	assert_int_equal(find(f->s, 'a', 4600), RG_E_SESSION_EXPIRED);
}

/* Whoever asks who they are must not wait for somebody else's writing. */
static void
test_touch_does_not_wait(void **state)
{
	struct fixture *f = *state;
	sqlite3 *other = NULL;
	uint8_t a[HASH_LEN];
	int64_t before;

	(void)one_session(f->s);
	hash_of('a', a);
	store_free(&f->s);
	assert_int_equal(store_open(f->path, 60000, &f->s, NULL), RG_OK);
	assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL),
	    SQLITE_OK);
	before = clock_mono_ms();
	assert_int_equal(store_session_touch(f->s, a, 1500), RG_E_STORE_BUSY);
	assert_in_range(clock_mono_ms() - before, 0, 10000);
	assert_int_equal(find(f->s, 'a', 1599), RG_OK);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	assert_int_equal(store_session_touch(f->s, a, 1500), RG_OK);
	assert_int_equal(find(f->s, 'a', 2099), RG_OK);
}

static enum rg_err
take_roles(void *ctx, const struct session_row *row)
{
	buf_puts(ctx, row->roles);
	return RG_OK;
}

/* Two sessions of one person have the claims, so the roles, of two sign-ins. */
static void
test_session_roles(void **state)
{
	struct fixture *f = *state;
	struct session_row b = store_session(one_session(f->s), 'b');
	struct buf out = BUF_INIT;
	uint8_t a[HASH_LEN], z[HASH_LEN];

	hash_of('a', a);
	hash_of('z', z);
	b.roles = "[\"b\"]";
	assert_int_equal(store_session_add(f->s, &b), RG_OK);
	assert_int_equal(store_session_roles(f->s, a, "[\"x\"]"), RG_OK);
	assert_int_equal(
	    store_session_roles(f->s, z, "[\"x\"]"), RG_E_SESSION_NONE);
	assert_int_equal(store_session_roles(f->s, a, ""), RG_E_INVALID);
	assert_int_equal(
	    store_session_find(f->s, a, 1000, take_roles, &out), RG_OK);
	assert_int_equal(
	    store_session_find(f->s, b.hash, 1000, take_roles, &out), RG_OK);
	assert_string_equal(buf_str(&out), "[\"x\"][\"b\"]");
	buf_clear(&out);
}

static void
test_remove(void **state)
{
	struct fixture *f = *state;
	struct principal_row other = store_person("2");
	int64_t id = one_session(f->s), id2 = put(f->s, &other), count = -1;
	struct session_row b = store_session(id, 'b');
	uint8_t a[HASH_LEN];

	assert_int_equal(store_session_add(f->s, &b), RG_OK);
	b = store_session(id, 'c');
	assert_int_equal(store_session_add(f->s, &b), RG_OK);
	b = store_session(id2, 'd');
	assert_int_equal(store_session_add(f->s, &b), RG_OK);
	hash_of('a', a);
	assert_int_equal(store_session_remove(f->s, a), RG_OK);
	assert_int_equal(store_session_remove(f->s, a), RG_E_SESSION_NONE);
	assert_int_equal(find(f->s, 'a', 1000), RG_E_SESSION_NONE);
	assert_int_equal(
	    store_session_remove_public(f->s, "bbbbbbbbbbbbbbbbbbbbbb"), RG_OK);
	assert_int_equal(
	    store_session_remove_public(f->s, "bbbbbbbbbbbbbbbbbbbbbb"),
	    RG_E_SESSION_NONE);
	assert_int_equal(
	    store_session_remove_public(f->s, ""), RG_E_SESSION_NONE);
	assert_int_equal(find(f->s, 'b', 1000), RG_E_SESSION_NONE);
	assert_int_equal(store_session_remove_all(f->s, id, &count), RG_OK);
	assert_int_equal(count, 1);
	assert_int_equal(store_session_remove_all(f->s, id, &count), RG_OK);
	assert_int_equal(count, 0);
	assert_int_equal(find(f->s, 'd', 1000), RG_OK);
}

static enum rg_err
list(void *ctx, const struct session_row *row)
{
	buf_putc(ctx, row->public_id[0]);
	return RG_OK;
}

static void
test_each(void **state)
{
	struct fixture *f = *state;
	int64_t id = one_session(f->s);
	struct buf out = BUF_INIT;
	struct session_row row;

	row = store_session(id, 'b');
	row.issued_at = row.last_used = 1200;
	assert_int_equal(store_session_add(f->s, &row), RG_OK);
	row = store_session(id, 'c');
	row.idle_seconds = 5;
	assert_int_equal(store_session_add(f->s, &row), RG_OK);
	assert_int_equal(store_each_session(f->s, 1200, list, &out), RG_OK);
	assert_string_equal(buf_str(&out), "ba");
	buf_reset(&out);
	assert_int_equal(store_each_session(f->s, 9999, list, &out), RG_OK);
	assert_string_equal(buf_str(&out), "");
	buf_clear(&out);
}

static void
test_login(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(store_login_check(f->s, "s1"), RG_OK);
	assert_int_equal(store_login_spend(f->s, "s1", 2000), RG_OK);
	assert_int_equal(
	    store_login_spend(f->s, "s1", 2000), RG_E_LOGIN_REPLAYED);
	assert_int_equal(store_login_check(f->s, "s1"), RG_E_LOGIN_REPLAYED);
	assert_int_equal(store_login_spend(f->s, "s2", 2000), RG_OK);
	assert_int_equal(store_login_spend(f->s, "s3", -1), RG_E_INVALID);
	/* the state itself is not kept */
	assert_int_equal(
	    store_raw_int(f->path, "SELECT count(*) FROM spent_logins"
				   " WHERE instr(state_hash, 's1') > 0"),
	    0);
}

struct race {
	const char *path;
	const char *state;
};

static int
spend(void *ctx)
{
	struct race *race = ctx;
	struct store *s = NULL;
	enum rg_err r;

	if (store_open(race->path, 5000, &s, NULL) != RG_OK)
		return 254;
	r = store_login_spend(s, race->state, 2000);
	store_free(&s);
	return (int)r;
}

/* As a sign-in does it: more is written in the same transaction. */
static int
spend_in_transaction(void *ctx)
{
	struct race *race = ctx;
	struct audit_row row = store_event("sign_in.ok", 1);
	struct store *s = NULL;
	enum rg_err r;

	if (store_open(race->path, 5000, &s, NULL) != RG_OK)
		return 254;
	if ((r = store_begin(s)) == RG_OK &&
	    (r = store_login_spend(s, race->state, 2000)) == RG_OK &&
	    (r = store_audit_add(s, &row)) == RG_OK)
		r = store_commit(s);
	store_free(&s);
	return (int)r;
}

static void
test_login_race(void **state)
{
	struct fixture *f = *state;
	struct race race = {f->path, "s"};
	char name[24];
	int total[256], i;
	struct audit_head head;

	for (i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof(name), "single %d", i);
		race.state = name;
		util_race(2, spend, &race, total);
		assert_int_equal(total[RG_OK], 1);
		assert_int_equal(total[RG_E_LOGIN_REPLAYED], 1);
	}
	race.state = "together";
	util_race(16, spend_in_transaction, &race, total);
	assert_int_equal(total[RG_OK], 1);
	assert_int_equal(total[RG_E_LOGIN_REPLAYED], 15);
	assert_int_equal(store_audit_head(f->s, &head), RG_OK);
	assert_int_equal(head.seq, 1);
}

static void
test_sweep(void **state)
{
	struct fixture *f = *state;
	int64_t id = one_session(f->s), removed = -1;
	struct session_row row;
	char name[8];
	char c;

	for (c = 'b'; c <= 'h'; c++) { /* 8 that end at 1600 */
		row = store_session(id, c);
		assert_int_equal(store_session_add(f->s, &row), RG_OK);
		(void)snprintf(name, sizeof(name), "%c", c);
		assert_int_equal(
		    store_login_spend(f->s, name, c < 'e' ? 1500 : 5000),
		    RG_OK);
	}
	row = store_session(id, 'i'); /* and one that does not */
	row.idle_seconds = 3600;
	assert_int_equal(store_session_add(f->s, &row), RG_OK);
	assert_int_equal(store_sweep(f->s, 1499, 100, &removed), RG_OK);
	assert_int_equal(removed, 0);
	assert_int_equal(store_sweep(f->s, 1600, 0, &removed), RG_OK);
	assert_int_equal(removed, 0);
	assert_int_equal(store_sweep(f->s, 1600, -1, &removed), RG_OK);
	assert_int_equal(removed, 0);
	assert_int_equal(store_sweep(f->s, 1600, 3, &removed), RG_OK);
	assert_int_equal(removed, 3);
	assert_int_equal(
	    store_raw_int(f->path, "SELECT count(*) FROM sessions"), 6);
	assert_int_equal(store_sweep(f->s, 1600, 7, &removed), RG_OK);
	assert_int_equal(removed, 7); /* 5 sessions, 2 sign-ins */
	assert_int_equal(store_sweep(f->s, 1600, 7, &removed), RG_OK);
	assert_int_equal(removed, 1);
	assert_int_equal(find(f->s, 'i', 1600), RG_OK);
	/* what may still come back is remembered */
	assert_int_equal(store_login_check(f->s, "b"), RG_OK);
	assert_int_equal(store_login_check(f->s, "e"), RG_E_LOGIN_REPLAYED);
	assert_int_equal(store_login_check(f->s, "h"), RG_E_LOGIN_REPLAYED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    store_test(test_principal),
	    store_test(test_principal_identity),
	    store_test(test_principal_refused),
	    store_test(test_principal_roles),
	    store_test(test_disabled),
	    store_test(test_session),
	    store_test(test_session_refused),
	    store_test(test_session_ends),
	    store_test(test_touch),
	    store_test(test_touch_does_not_wait),
	    store_test(test_session_roles),
	    store_test(test_remove),
	    store_test(test_each),
	    store_test(test_login),
	    store_test(test_login_race),
	    store_test(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
