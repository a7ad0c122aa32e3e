/* SPDX-License-Identifier: ISC */
#include "store/contextforge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "store_util.h"

#define GATEWAY "https://gateway.example"

static int64_t
person(struct store *s, const char *subject, const char *email)
{
	struct principal_row p = store_person(subject);
	char *old = NULL;
	int64_t id;

	p.email = email;
	p.username = email;
	assert_int_equal(store_begin(s), RG_OK);
	assert_int_equal(store_principal_put(s, &p, &id, &old), RG_OK);
	assert_int_equal(store_commit(s), RG_OK);
	free(old);
	return id;
}

static struct cf_grant_row
grant(int64_t principal, const char *role)
{
	struct cf_grant_row g = {.gateway = GATEWAY,
	    .email = "a@example.com",
	    .role_id = role,
	    .scope = "team",
	    .scope_id = "t1",
	    .principal = principal,
	    .role = "developer",
	    .expires_at = 0,
	    .changed_at = 1000};

	return g;
}

static enum rg_err
print(void *ctx, const struct cf_grant_row *g)
{
	buf_printf(ctx, "%s %s %s %s %s %d %lld %lld;", g->email, g->role_id,
	    g->scope, g->scope_id, g->role, g->pending,
	    (long long)g->expires_at, (long long)g->changed_at);
	return RG_OK;
}

static void
assert_grants(struct store *s, int64_t principal, const char *expected)
{
	struct buf out = BUF_INIT;

	assert_int_equal(
	    store_each_cf_grant(s, GATEWAY, principal, print, &out), RG_OK);
	assert_string_equal(buf_str(&out), expected);
	buf_clear(&out);
}

static void
test_grants(void **state)
{
	struct fixture *f = *state;
	int64_t id = person(f->s, "1", "a@example.com");
	struct cf_grant_row g = grant(id, "r1");

	assert_int_equal(store_cf_grant_put(f->s, &g), RG_E_INTERNAL);
	assert_int_equal(store_cf_grant_claim(f->s, &g, 0), RG_E_INTERNAL);
	assert_int_equal(store_cf_grant_remove(f->s, &g), RG_E_INTERNAL);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_cf_grant_claim(f->s, &g, 940), RG_OK);
	assert_grants(f->s, id, "a@example.com r1 team t1 developer 1 0 1000;");
	/* Another process that claims it is told so, until that is stale. */
	g.changed_at = 1030;
	assert_int_equal(store_cf_grant_claim(f->s, &g, 970), RG_E_EXISTS);
	g.changed_at = 1061;
	assert_int_equal(store_cf_grant_claim(f->s, &g, 1001), RG_OK);
	g.expires_at = 5000;
	assert_int_equal(store_cf_grant_put(f->s, &g), RG_OK);
	assert_grants(
	    f->s, id, "a@example.com r1 team t1 developer 0 5000 1061;");
	/* What is given may be claimed anew at once, to be renewed. */
	assert_int_equal(store_cf_grant_claim(f->s, &g, 0), RG_OK);
	g.scope_id = "";
	assert_int_equal(store_cf_grant_put(f->s, &g), RG_E_INVALID);
	g.scope_id = "t1";
	assert_int_equal(store_cf_grant_remove(f->s, &g), RG_OK);
	assert_grants(f->s, id, "");
	assert_int_equal(store_commit(f->s), RG_OK);
}

static enum rg_err
look(void *ctx, const struct cf_person *p)
{
	int64_t *until = ctx;

	*until = p->session_until;
	assert_string_equal(p->principal.claims, "{\"groups\":[]}");
	assert_string_equal(p->principal.groups, "{}");
	assert_false(p->principal.disabled);
	return RG_OK;
}

static enum rg_err
count(void *ctx, int64_t id)
{
	*(int64_t *)ctx = *(int64_t *)ctx * 10 + id;
	return RG_OK;
}

static void
test_people(void **state)
{
	struct fixture *f = *state;
	int64_t a = person(f->s, "1", "a@example.com"), until = -1, ids = 0;
	struct session_row row = store_session(a, 'a');

	(void)person(f->s, "2", "b@example.com");
	assert_int_equal(store_each_cf_person(f->s, count, &ids), RG_OK);
	assert_int_equal(ids, 12);
	assert_int_equal(
	    store_cf_person(f->s, 9, 1000, look, &until), RG_E_NOT_FOUND);
	assert_int_equal(store_cf_person(f->s, a, 1000, look, &until), RG_OK);
	assert_int_equal(until, 0);
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(store_session_add(f->s, &row), RG_OK);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_int_equal(store_cf_person(f->s, a, 1599, look, &until), RG_OK);
	assert_int_equal(until, 4600);
	/* Idle for too long: no living session. */
	assert_int_equal(store_cf_person(f->s, a, 1600, look, &until), RG_OK);
	assert_int_equal(until, 0);
}

static bool
shared(struct store *s, int64_t id, const char *address, const char *provider)
{
	bool email, username;

	assert_int_equal(
	    store_address_shared(s, id, address, false, provider, &email),
	    RG_OK);
	assert_int_equal(
	    store_address_shared(s, id, address, true, provider, &username),
	    RG_OK);
	assert_int_equal(email, username);
	return email;
}

static void
test_addresses(void **state)
{
	struct fixture *f = *state;
	int64_t a = person(f->s, "1", "a@example.com");

	assert_false(shared(f->s, a, "a@example.com", NULL));
	assert_true(shared(f->s, a + 1, "a@example.com", NULL));
	(void)person(f->s, "2", "A@Example.com");
	assert_true(shared(f->s, a, "a@example.com", NULL));
	assert_true(shared(f->s, a, "a@example.com", "entra"));
	assert_false(shared(f->s, a, "a@example.com", "other"));
	store_raw(f->path, "UPDATE principals SET disabled = 1 WHERE id = 2");
	assert_false(shared(f->s, a, "a@example.com", NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    store_test(test_grants),
	    store_test(test_people),
	    store_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
