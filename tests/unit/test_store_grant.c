/* SPDX-License-Identifier: ISC */
#include "store/grant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "store/session.h"
#include "store_util.h"

static enum rg_err
print_grant(void *ctx, const struct grant_row *g)
{
	buf_printf(ctx, "%lld|%lld|%s|%s|%lld|%s|%lld\n", (long long)g->id,
	    (long long)g->principal, g->role, g->reason,
	    (long long)g->expires_at, g->created_by, (long long)g->created_at);
	return RG_OK;
}

static enum rg_err
refuse(void *ctx, const struct grant_row *g)
{
	(void)ctx;
	(void)g;
	return RG_E_TOO_LARGE;
}

static int64_t
person(struct store *s)
{
	struct principal_row p = store_person("1");
	char *old = NULL;
	int64_t id;

	assert_int_equal(store_principal_put(s, &p, &id, &old), RG_OK);
	return id;
}

static void
test_grants(void **state)
{
	struct fixture *f = *state;
	struct grant_row g = {.role = "admin",
	    .reason = "on call",
	    .expires_at = 99,
	    .created_by = "cli:root",
	    .created_at = 5};
	struct buf out = BUF_INIT;
	int64_t id;

	assert_int_equal(store_grant_add(f->s, &g, &id), RG_E_INTERNAL);
	assert_int_equal(store_begin(f->s), RG_OK);
	g.principal = person(f->s);
	assert_int_equal(store_grant_add(f->s, &g, &id), RG_OK);
	assert_int_equal(id, 1);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_int_equal(
	    store_each_grant(f->s, g.principal, print_grant, &out), RG_OK);
	assert_string_equal(buf_str(&out), "1|1|admin|on call|99|cli:root|5\n");
	buf_reset(&out);
	assert_int_equal(store_grant_find(f->s, 1, print_grant, &out), RG_OK);
	assert_true(out.len > 0);
	assert_int_equal(
	    store_each_grant(f->s, 1, refuse, NULL), RG_E_TOO_LARGE);
	assert_int_equal(
	    store_grant_find(f->s, 2, refuse, NULL), RG_E_NOT_FOUND);
	assert_int_equal(store_each_grant(f->s, 2, refuse, NULL), RG_OK);
	buf_clear(&out);
}

static void
test_refused(void **state)
{
	struct fixture *f = *state;
	struct grant_row g = {.role = "admin", .reason = "", .created_by = "x"};
	int64_t id, again;

	assert_int_equal(store_begin(f->s), RG_OK);
	g.principal = person(f->s);
	assert_int_equal(store_grant_add(f->s, &g, &id), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	/* the same twice, a role and a person that are not there */
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_grant_add(f->s, &g, &again), RG_E_EXISTS);
	g.role = "nobody";
	assert_int_equal(store_grant_add(f->s, &g, &again), RG_E_NOT_FOUND);
	g.role = "admin";
	g.principal = 77;
	assert_int_equal(store_grant_add(f->s, &g, &again), RG_E_NOT_FOUND);
	assert_int_equal(store_grant_remove(f->s, 77), RG_E_NOT_FOUND);
	assert_int_equal(store_grant_remove(f->s, id), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_int_equal(store_grant_remove(f->s, id), RG_E_INTERNAL);
	/* an id is not used again */
	assert_int_equal(store_begin(f->s), RG_OK);
	g.principal = 1;
	assert_int_equal(store_grant_add(f->s, &g, &again), RG_OK);
	assert_true(again > id);
	store_rollback(f->s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_grants, store_setup, store_teardown),
	    cmocka_unit_test_setup_teardown(
		test_refused, store_setup, store_teardown)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
