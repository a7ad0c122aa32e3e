/* SPDX-License-Identifier: ISC */
/*
 * The key file's keys are replaced, and the old ones removed at once, while a
 * process is between its looks at the file and at a row: right before it reads
 * the row, and right after.
 */
#include "gate_person.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* after <cmocka.h> */
#include "store/db.h"
#include "gate_util.h"

#define NOW 1100 /* a session of store_session() lives */

static char provider[] = "entra", issuer[] = "https://127.0.0.1:1";
static const struct gate_context ctx = {"request", "", "cli:x", NOW};

struct world {
	struct fixture *db;
	struct settings settings;
	struct gate *gate;
};

/* When the statement `at` begins or has ended, the keys are replaced, once. */
static struct {
	struct world *w;
	const char *at;
	unsigned when;
} plan;

/* By another process, as far as w->gate can tell. */
static void
replace(struct world *w)
{
	struct gate_keys_replaced done;
	struct err e = {RG_OK, ""};
	struct gate *other = NULL;

	assert_int_equal(gate_open(&w->settings, &other, &e), RG_OK);
	if (gate_keys_replace(other, true, &ctx, &done, &e) != RG_OK)
		fail_msg("%s", e.detail);
	assert_int_equal(done.role_keys + done.refresh_tokens, 1);
	gate_free(&other);
}

static int
watch(unsigned what, void *unused, void *st, void *more)
{
	struct world *w = plan.w;

	(void)unused;
	(void)more;
	if (w == NULL || what != plan.when ||
	    strcmp(sqlite3_sql(st), plan.at) != 0)
		return 0;
	plan.w = NULL;
	replace(w);
	return 0;
}

/* Also right before, so that the keys at hand are old ones. */
static void
replace_at(struct world *w, enum stmt which, unsigned when)
{
	replace(w);
	plan.w = w;
	plan.at = sql_text[which];
	plan.when = when;
}

static int
setup(void **state)
{
	static struct world w;
	struct err e = {RG_OK, ""};

	memset(&w, 0, sizeof(w));
	assert_int_equal(store_setup((void **)&w.db), 0);
	w.settings = settings_for(w.db);
	w.settings.role_token_always = true;
	w.settings.provider_count = 1;
	w.settings.providers[0] = (struct provider){.name = provider,
	    .issuer = issuer,
	    .timeout_ms = 3000,
	    .refresh = true,
	    .claims_max_age = 60};
	assert_int_equal(gate_open(&w.settings, &w.gate, &e), RG_OK);
	(void)sqlite3_trace_v2(db_handle(gate_store(w.gate)),
	    SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE, watch, NULL);
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	assert_null(plan.w); /* it has happened */
	gate_free(&w->gate);
	return store_teardown((void **)&w->db);
}

static void
test_role_key(void **state)
{
	static const unsigned moments[] = {
	    SQLITE_TRACE_STMT, SQLITE_TRACE_PROFILE};
	struct world *w = *state;
	struct err e = {RG_OK, ""};
	char *kid = NULL;
	size_t i;

	assert_int_equal(gate_key_rotate(w->gate, 0, &ctx, &kid, &e), RG_OK);
	free(kid);
	for (i = 0; i < 2; i++) {
		replace_at(w, ST_ROLE_KEYS, moments[i]);
		if (gate_role_token_check(w->gate, NOW, &e) != RG_OK)
			fail_msg("moment %zu: %s", i, e.detail);
		assert_null(plan.w);
	}
}

/* A session whose refresh token is due. */
static void
sign_in(struct world *w)
{
	struct principal_row p = store_person("1");
	struct store *s = gate_store(w->gate);
	struct session_row row;
	struct gate_renewal renewal = {.nonce = "n", .ends_at = 4600};
	char *old = NULL;
	int64_t id = 0;

	p.issuer = issuer;
	assert_int_equal(store_begin(s), RG_OK);
	assert_int_equal(store_principal_put(s, &p, &id, &old), RG_OK);
	row = store_session(id, 'a');
	assert_int_equal(store_session_add(s, &row), RG_OK);
	memcpy(renewal.session, row.hash, HASH_LEN);
	assert_int_equal(gate_refresh_keep(w->gate, &w->settings.providers[0],
			     &renewal, "token", NOW - 60),
	    RG_OK);
	assert_int_equal(store_commit(s), RG_OK);
	free(old);
}

/* It was opened when the provider is asked, at whose port nobody listens. */
static void
test_refresh_token(void **state)
{
	static const unsigned moments[] = {
	    SQLITE_TRACE_STMT, SQLITE_TRACE_PROFILE};
	struct world *w = *state;
	size_t i;

	sign_in(w);
	for (i = 0; i < 2; i++) {
		store_raw(w->db->path, "UPDATE refreshes SET due_at = 1");
		replace_at(w, ST_REFRESH_TAKE, moments[i]);
		assert_int_equal(
		    gate_refresh_next(w->gate, &ctx), RG_E_NET_CONNECT);
		assert_null(plan.w);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_role_key),
	    T(test_refresh_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
