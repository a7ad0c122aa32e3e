/* SPDX-License-Identifier: ISC */
#include "store/refresh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store_util.h"

#define AGAIN 1000000

static void
hash_of(char mark, uint8_t hash[static HASH_LEN])
{
	memset(hash, mark, HASH_LEN);
}

/* A session that is made of this letter, of one person. */
static void
add_session(struct store *s, char mark)
{
	struct principal_row p = store_person("1");
	struct session_row row;
	char *old = NULL;
	int64_t id = 0;

	assert_int_equal(store_begin(s), RG_OK);
	assert_int_equal(store_principal_put(s, &p, &id, &old), RG_OK);
	row = store_session(id, mark);
	assert_int_equal(store_session_add(s, &row), RG_OK);
	assert_int_equal(store_commit(s), RG_OK);
	free(old);
}

static void
put(struct store *s, char mark, const char *sealed, int64_t due_at)
{
	uint8_t hash[HASH_LEN];

	hash_of(mark, hash);
	assert_int_equal(store_refresh_put(s, hash, sealed, due_at, 77), RG_OK);
}

/* The mark of the session whose turn it is, 0 for none. */
static char
take(struct store *s, int64_t now, int64_t again, const char *sealed)
{
	struct refresh_row row;
	char mark;
	enum rg_err r = store_refresh_take(s, now, again, &row);

	if (r == RG_E_NOT_FOUND) {
		assert_null(row.sealed);
		return 0;
	}
	assert_int_equal(r, RG_OK);
	assert_int_equal(row.ends_at, 77);
	assert_string_equal(row.sealed, sealed);
	mark = (char)row.session[0];
	free(row.sealed);
	return mark;
}

static void
test_the_longest_due_first(void **state)
{
	struct store *s = ((struct fixture *)*state)->s;
	struct session_row living = store_session(1, 'a');
	int64_t now = living.issued_at + 10;

	add_session(s, 'a');
	add_session(s, 'b');
	assert_int_equal(take(s, now, now + 5, ""), 0);
	put(s, 'a', "seal a", now - 1);
	put(s, 'b', "seal b", now - 2);
	assert_int_equal(take(s, now - 3, now, ""), 0);
	assert_int_equal(take(s, now, now + 5, "seal b"), 'b');
	assert_int_equal(take(s, now, now + 6, "seal a"), 'a');
	/* Taken: not due before the time that was given. */
	assert_int_equal(take(s, now + 4, now + 9, ""), 0);
	assert_int_equal(take(s, now + 5, now + 9, "seal b"), 'b');
}

static void
test_one_row_for_a_session(void **state)
{
	struct fixture *f = *state;
	struct session_row living = store_session(1, 'a');
	int64_t now = living.issued_at + 10;

	add_session(f->s, 'a');
	put(f->s, 'a', "first", now);
	put(f->s, 'a', "second", now);
	assert_int_equal(
	    store_raw_int(f->path, "SELECT count(*) FROM refreshes"), 1);
	assert_int_equal(take(f->s, now, now + AGAIN, "second"), 'a');
}

/* Neither ended nor expired ones are asked for at the provider. */
static void
test_only_the_living(void **state)
{
	struct fixture *f = *state;
	struct session_row living = store_session(1, 'a');
	int64_t now = living.issued_at + 10;
	uint8_t hash[HASH_LEN];

	add_session(f->s, 'a');
	add_session(f->s, 'b');
	put(f->s, 'a', "seal a", now);
	put(f->s, 'b', "seal b", now);
	hash_of('a', hash);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_session_remove(f->s, hash), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_int_equal(
	    store_raw_int(f->path, "SELECT count(*) FROM refreshes"), 1);
	store_raw(f->path, "UPDATE sessions SET dies_at = 1");
	assert_int_equal(take(f->s, now, now + AGAIN, ""), 0);
}

static void
test_renew(void **state)
{
	struct fixture *f = *state;
	struct session_row row = store_session(1, 'a');
	int64_t now = row.issued_at + 10;

	add_session(f->s, 'a');
	row.claims = "{\"new\":1}";
	row.roles = "[\"user\"]";
	row.expires_at = now + 100;
	assert_int_equal(store_session_renew(f->s, &row, now), RG_OK);
	assert_int_equal(
	    store_raw_int(f->path,
		"SELECT count(*) FROM sessions WHERE claims = '{\"new\":1}' "
		"AND roles = '[\"user\"]'"),
	    1);
	assert_int_equal(
	    store_raw_int(f->path, "SELECT expires_at FROM sessions"),
	    now + 100);
	/* One that has ended meanwhile does not come back. */
	store_raw(f->path, "UPDATE sessions SET dies_at = 1");
	assert_int_equal(store_session_renew(f->s, &row, now), RG_E_NOT_FOUND);
	hash_of('z', row.hash);
	assert_int_equal(store_session_renew(f->s, &row, now), RG_E_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    store_test(test_the_longest_due_first),
	    store_test(test_one_row_for_a_session),
	    store_test(test_only_the_living),
	    store_test(test_renew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
