/* SPDX-License-Identifier: ISC */
/* Who comes with a token and never signs in. */
#include "store/principal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/admin.h"
#include "store_util.h"

static int64_t
add(struct store *s, const struct principal_row *p)
{
	int64_t id = 0;

	assert_int_equal(store_begin(s), RG_OK);
	assert_int_equal(store_principal_add(s, p, &id), RG_OK);
	assert_int_equal(store_commit(s), RG_OK);
	return id;
}

/* The id, 0 when there is nobody; must be disabled, or not. */
static int64_t
find(struct store *s, const struct principal_row *p, bool disabled)
{
	struct principal_state state = {0, false};
	enum rg_err r = store_principal_state(s, p, &state);

	if (r == RG_E_NOT_FOUND) {
		assert_int_equal(state.id, 0);
		return 0;
	}
	assert_int_equal(r, RG_OK);
	assert_int_equal(state.disabled, disabled);
	return state.id;
}

static void
test_found_by_who_it_is(void **state)
{
	struct fixture *f = *state;
	struct principal_row p = store_person("1"), other;
	int64_t id;

	assert_int_equal(find(f->s, &p, false), 0);
	id = add(f->s, &p);
	assert_true(id > 0);
	assert_int_equal(find(f->s, &p, false), id);
	/* What may change is not who it is. */
	p.name = p.username = p.email = "another";
	p.kind = "app";
	assert_int_equal(find(f->s, &p, false), id);
	/* All of the four are. */
	other = p;
	other.provider = "keycloak";
	assert_int_equal(find(f->s, &other, false), 0);
	other = p;
	other.issuer = "https://op.example/u/v2.0";
	assert_int_equal(find(f->s, &other, false), 0);
	other = p;
	other.tenant = "u";
	assert_int_equal(find(f->s, &other, false), 0);
	other = p;
	other.subject = "2";
	assert_int_equal(find(f->s, &other, false), 0);
}

static void
test_who_is_there_stays(void **state)
{
	struct fixture *f = *state;
	struct principal_row p = store_person("1");
	int64_t id = add(f->s, &p), again = 0;

	p.name = "Somebody Else";
	p.roles = "[\"admin\"]";
	p.groups = "{\"state\":\"unknown\"}";
	p.last_seen = 9999;
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_principal_add(f->s, &p, &again), RG_E_EXISTS);
	store_rollback(f->s);
	assert_int_equal(again, 0);
	assert_int_equal(find(f->s, &p, false), id);
	assert_int_equal(
	    store_raw_int(f->path,
		"SELECT count(*) FROM principals WHERE name = 'Dana Diaz' AND"
		" roles = '[\"analyst\"]' AND groups = '{}' AND"
		" last_seen = 1000"),
	    1);
}

/* A sign-in later is of the same one, whose row it renews. */
static void
test_signs_in_later(void **state)
{
	struct fixture *f = *state;
	struct principal_row p = store_person("1");
	int64_t id = add(f->s, &p), later = 0;
	char *old = NULL;

	p.last_seen = 2000;
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_principal_put(f->s, &p, &later, &old), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_int_equal(later, id);
	assert_string_equal(old, "[\"analyst\"]");
	free(old);
	assert_int_equal(
	    store_raw_int(f->path, "SELECT count(*) FROM principals"), 1);
}

static void
test_disabled(void **state)
{
	struct fixture *f = *state;
	struct principal_row p = store_person("1"), other = store_person("2");
	int64_t id = add(f->s, &p), second = add(f->s, &other);

	assert_int_not_equal(id, second);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_principal_disable(f->s, id, true), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_int_equal(find(f->s, &p, true), id);
	assert_int_equal(find(f->s, &other, false), second);
}

/* What the schema does not take is no row, and no id. */
static void
test_refused_by_the_schema(void **state)
{
	struct fixture *f = *state;
	struct principal_row p = store_person("");
	int64_t id = 0;

	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_principal_add(f->s, &p, &id), RG_E_INVALID);
	store_rollback(f->s);
	assert_int_equal(id, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    store_test(test_found_by_who_it_is),
	    store_test(test_who_is_there_stays),
	    store_test(test_signs_in_later),
	    store_test(test_disabled),
	    store_test(test_refused_by_the_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
