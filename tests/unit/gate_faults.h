/* SPDX-License-Identifier: ISC */
/*
 * Sign-in, /whoami and an edit, over a real database and a provider of canned
 * answers, again and again with something failing in turn; what fails is up to
 * the test that includes this: it asks fault_now(). What must hold whatever
 * fails: no access that there is not otherwise, nothing half done (a session
 * has its audit row and the other way round, an edit too), an intact chain, and
 * all is well afterwards.
 */
#ifndef RG_TESTS_GATE_FAULTS_H
#define RG_TESTS_GATE_FAULTS_H

#include <limits.h>
#include <stdio.h>

#include "oidc_stub.h"

#include <openssl/err.h>

#include "base/seal.h"
#include "gate.h"
#include "gate_admin.h"
#include "store_util.h"
#include "tests/unit/fault.h"

#define WINDOWS_MAX 5000

struct world {
	struct op *op;
	char folder[UTIL_PATH_MAX];
	char database[UTIL_PATH_MAX];
	char key[UTIL_PATH_MAX];
	struct settings *settings;
	struct gate *gate;
	struct gate_context ctx;
	char session[RANDOM_TOKEN_LEN + 1]; /* a good one */
	int64_t signed_in, edits;	    /* that succeeded */
};

static void
open_world(struct world *w)
{
	static char groups[] = "groups", prefix[] = "",
		    url[] = "https://app.example", conf[] = "test.conf";
	struct settings *s = calloc(1, sizeof(*s));
	struct err e = {RG_OK, ""};
	static char roles[] = "roles";

	assert_non_null(s);
	util_folder(w->folder);
	util_path(w->database, w->folder, "db");
	util_path(w->key, w->folder, "key");
	s->path = conf;
	s->public_url = url;
	s->prefix = prefix;
	s->database = w->database;
	s->key_file = w->key;
	s->database_timeout_ms = 200;
	s->sign_in_workers = 1;
	s->clock_skew = 60;
	s->session_idle = 3600;
	s->session_lifetime = 7200;
	s->sign_in_time = 600;
	s->audit_client = PERSONAL_HASH;
	s->client_sign_ins = s->client_failures = 1000000;
	s->audit_refusals = 1000;
	s->audit_refusals_day = 100000;
	s->provider_count = 1;
	s->providers[0] = w->op->provider;
	s->providers[0].groups_claim = groups;
	s->providers[0].roles_claim = roles;
	s->providers[0].max_age = PROVIDER_NO_MAX_AGE;
	w->settings = s;
	assert_int_equal(store_init(w->database, &e), RG_OK);
	store_raw(w->database,
	    "INSERT INTO roles VALUES ('analyst', '', 0);"
	    "INSERT INTO mappings (provider, kind, value, effect, role, label,"
	    " note, enabled, expires_at, created_by, created_at) VALUES"
	    " ('test', 'group', 'g-1', 'allow', 'analyst', '', '', 1, 0, 'x', "
	    "1),"
	    " ('test', 'group', 'g-0', 'allow', 'admin', '', '', 1, 0, 'x', "
	    "1)");
	assert_int_equal(seal_keys_create(w->key, &e), RG_OK);
	if (gate_open(s, &w->gate, &e) != RG_OK)
		fail_msg("%s", e.detail);
	w->ctx = (struct gate_context){"r1", "198.51.100.7", "cli:x", NOW};
}

static void
close_world(struct world *w)
{
	gate_free(&w->gate);
	free(w->settings);
	util_remove(w->folder);
}

/* ---- what is done in a window ----------------------------------------------
 */

static void
copy_value(const char *url, const char *name, char *out, size_t size)
{
	const char *p = strstr(url, name);
	size_t n;

	assert_non_null(p);
	p += strlen(name);
	n = strcspn(p, "&");
	assert_true(n < size);
	memcpy(out, p, n);
	out[n] = '\0';
}

static enum rg_err
begin(struct world *w, struct gate_login *login)
{
	struct gate_begin b = {.provider = &w->settings->providers[0],
	    .return_to = "/",
	    .max_age = PROVIDER_NO_MAX_AGE};
	struct err e = {RG_OK, ""};

	return gate_begin_sign_in(w->gate, &b, &w->ctx, login, &e);
}

/* Prepared outside of the window: the provider has this person's answer. */
static void
provider_answers(struct world *w, const struct gate_login *login)
{
	char nonce[64];

	copy_value(buf_str(&login->location), "nonce=", nonce, sizeof(nonce));
	op_set(w->op->claims, "nonce", json_string(nonce));
	op_set(w->op->claims, "groups", json_pack("[s]", "g-1"));
	op_issue(w->op, 0);
}

static enum rg_err
finish(
    struct world *w, const struct gate_login *login, struct gate_signed_in *in)
{
	struct gate_callback cb = {.state = login->state,
	    .code = CODE,
	    .cookie = buf_str(&login->cookie)};
	struct err e = {RG_OK, ""};

	return gate_finish_sign_in(w->gate, &cb, &w->ctx, in, &e);
}

/* An analyst and nothing else, or nobody. */
static enum rg_err
whoami(struct world *w, const char *session, bool in_window)
{
	struct gate_identity id;
	struct err e = {RG_OK, ""};
	long window = fault_countdown;
	enum rg_err r;

	if (!in_window)
		fault_countdown = -1;
	r = gate_whoami(w->gate, session, &w->ctx, &id, &e);
	fault_countdown = in_window ? -1 : window;
	if (r == RG_OK) {
		assert_false(id.decision.is_admin);
		assert_int_equal(id.decision.role_count, 1);
		assert_string_equal(id.decision.roles[0], "analyst");
		gate_identity_clear(&id);
	}
	return r;
}

/* Why: the answer to be given stays what it was, whether that can be told. */
static bool
explain(struct world *w)
{
	long window = fault_countdown;
	struct gate_identity id;
	struct err e = {RG_OK, ""};
	enum rg_err r;

	fault_countdown = -1;
	assert_int_equal(
	    gate_whoami(w->gate, w->session, &w->ctx, &id, &e), RG_OK);
	fault_countdown = window;
	r = gate_explain(w->gate, &id, &w->ctx, &e);
	fault_countdown = -1;
	assert_int_equal(id.decision.role_count, 1);
	assert_string_equal(id.decision.roles[0], "analyst");
	assert_non_null(id.decision.groups_source);
	gate_identity_clear(&id);
	return r == RG_OK;
}

static enum rg_err
edit(struct world *w, long n)
{
	struct gate_edit how = {.ctx = &w->ctx};
	struct mapping_row row = {.provider = "test",
	    .kind = "group",
	    .role = "analyst",
	    .label = "",
	    .note = "",
	    .created_by = "x",
	    .enabled = true};
	struct err e = {RG_OK, ""};
	char value[32];
	int64_t id;

	(void)snprintf(
	    value, sizeof(value), "g-edit-%ld-%d", n, (int)fault_once);
	row.value = value;
	return gate_mapping_add(w->gate, &row, &how, &id, &e);
}

/* ---- what must hold --------------------------------------------------------
 */

static void
check(struct world *w, long n)
{
	int64_t sessions =
	    store_raw_int(w->database, "SELECT count(*) FROM sessions");
	int64_t written = store_raw_int(w->database,
	    "SELECT count(*) FROM audit WHERE event = 'sign_in.ok'");
	int64_t mappings = store_raw_int(w->database,
	    "SELECT count(*) FROM mappings WHERE value LIKE 'g-edit%'");
	int64_t edits = store_raw_int(w->database,
	    "SELECT count(*) FROM audit WHERE event = 'mapping.add'");

	if (sessions != written || mappings != edits ||
	    sessions < w->signed_in || mappings < w->edits)
		fail_msg("failure %ld: %d sessions, %d written, "
			 "%d promised; %d mappings, %d written, %d promised",
		    n, (int)sessions, (int)written, (int)w->signed_in,
		    (int)mappings, (int)edits, (int)w->edits);
	/* What was said to have failed at the very end may have been done. */
	w->signed_in = sessions;
	w->edits = mappings;
}

/* True when something has failed. */
static bool
close_window(void)
{
	/* What OpenSSL noted is not ours to keep. */
	ERR_clear_error();
	return !fault_end();
}

/* All of it with the n-th failing; false when there is no n-th any more. */
static bool
round_of(struct world *w, long n)
{
	struct gate_login login;
	struct gate_signed_in in;
	bool reached;
	enum rg_err r;

	fault_begin(n);
	r = begin(w, &login);
	reached = close_window();
	if (r == RG_OK)
		gate_login_clear(&login);
	assert_int_equal(begin(w, &login), RG_OK);
	provider_answers(w, &login);
	fault_begin(n);
	r = finish(w, &login, &in);
	reached |= close_window();
	if (r == RG_OK) {
		w->signed_in++;
		assert_int_equal(whoami(w, in.session, false), RG_OK);
	} else {
		assert_int_equal(in.principal_id == 0 ||
				     in.session[0] == '\0' ||
				     whoami(w, in.session, false) != RG_OK,
		    1);
	}
	gate_signed_in_clear(&in);
	gate_login_clear(&login);
	fault_begin(n);
	(void)whoami(w, w->session, true);
	reached |= close_window();
	/* a stranger's */
	fault_begin(n);
	assert_int_not_equal(
	    whoami(w, "sssssssssssssssssssssssssssssssssssssssssss", true),
	    RG_OK);
	(void)close_window();
	fault_begin(n);
	if (!explain(w))
		assert_in_range(fault_count, 1, LONG_MAX);
	reached |= close_window();
	fault_begin(n);
	r = edit(w, n);
	reached |= close_window();
	if (r == RG_OK)
		w->edits++;
	return reached;
}

static void
run(struct world *w, bool all)
{
	long n, rounds = 0;

	fault_once = !all;
	for (n = 0; n < WINDOWS_MAX; n++) {
		rounds++;
		if (!round_of(w, n))
			break;
		check(w, n);
		/* and all is well right afterwards */
		assert_int_equal(whoami(w, w->session, false), RG_OK);
	}
	assert_in_range(rounds, 10, WINDOWS_MAX - 1);
	(void)printf("%ld windows up to %ld\n", rounds, n);
}

static void
sign_in_well(struct world *w)
{
	struct gate_login login;
	struct gate_signed_in in;

	assert_int_equal(begin(w, &login), RG_OK);
	provider_answers(w, &login);
	assert_int_equal(finish(w, &login, &in), RG_OK);
	memcpy(w->session, in.session, sizeof(w->session));
	w->signed_in++;
	gate_signed_in_clear(&in);
	gate_login_clear(&login);
	assert_int_equal(whoami(w, w->session, false), RG_OK);
}

/*
 * The key file's keys, replaced with the n-th failing: whatever is left, the
 * row that was sealed before opens, and it can be tried again.
 */
static void
run_keys(struct world *w, bool all)
{
	struct gate_keys_replaced done;
	struct err e = {RG_OK, ""};
	char *kid = NULL;
	bool reached = true;
	long n;

	fault_once = !all;
	w->settings->role_token_always = true;
	assert_int_equal(gate_key_rotate(w->gate, 0, &w->ctx, &kid, &e), RG_OK);
	free(kid);
	for (n = 0; n < WINDOWS_MAX && reached; n++) {
		fault_begin(n);
		(void)gate_keys_replace(w->gate, true, &w->ctx, &done, &e);
		reached = close_window();
		if (gate_role_token_check(w->gate, NOW, &e) != RG_OK)
			fail_msg("failure %ld: %s", n, e.detail);
	}
	assert_in_range(n, 10, WINDOWS_MAX - 1);
	/* the last one went well: one key is left, and nothing beside the file
	 */
	assert_int_equal(done.role_keys, 1);
	(void)printf("%ld replacements\n", n);
	w->settings->role_token_always = false;
}

static void
with_world(void **state, bool all)
{
	struct world w = {.op = *state};
	struct err e = {RG_OK, ""};

	open_world(&w);
	sign_in_well(&w);
	run(&w, all);
	run_keys(&w, all);
	sign_in_well(&w);
	assert_int_equal(store_check(gate_store(w.gate), &e), RG_OK);
	assert_int_equal(
	    store_audit_verify(gate_store(w.gate), NULL, &(int64_t){0}, &e),
	    RG_OK);
	close_world(&w);
}

#endif
