/* SPDX-License-Identifier: ISC */
/* Who is counted for whom, and what counts as a failure. */
#include "gate_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "util.h"

struct world {
	char folder[UTIL_PATH_MAX], key_file[UTIL_PATH_MAX];
	struct settings settings;
	struct gate gate;
};

static int
set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char path[UTIL_PATH_MAX];
	struct err e = {RG_OK, ""};

	assert_non_null(w);
	util_folder(w->folder);
	w->settings.client_sign_ins = w->settings.client_failures = 2;
	w->gate.settings = &w->settings;
	util_path(w->key_file, w->folder, "key");
	w->settings.key_file = w->key_file;
	assert_int_equal(seal_keys_create(w->key_file, &e), RG_OK);
	assert_int_equal(seal_keys_load(w->key_file, &w->gate.keys, &e), RG_OK);
	util_path(path, w->folder, "limits");
	assert_int_equal(
	    limiter_open(path, LIMIT_KINDS, &w->gate.limiter, &e), RG_OK);
	assert_non_null(w->gate.counters = gate_counters_new());
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	limiter_free(&w->gate.limiter);
	seal_keys_free(&w->gate.keys);
	free(w->gate.counters);
	util_remove(w->folder);
	free(w);
	return 0;
}

static enum rg_err
begins(struct world *w, const char *client)
{
	struct gate_context ctx = {"r", client, "", 1700000000};
	struct err e = {RG_OK, ""};

	return gate_limit(&w->gate, LIMIT_STARTS, &ctx, &e);
}

static void
fails(struct world *w, const char *client, enum rg_err why)
{
	struct gate_context ctx = {"r", client, "", 1700000000};

	gate_limit_failed(&w->gate, &ctx, why);
}

static void
use_up(struct world *w, const char *client)
{
	int i;

	for (i = 0; i < 2; i++)
		assert_int_equal(begins(w, client), RG_OK);
	assert_int_equal(begins(w, client), RG_E_LIMITED);
}

static void
test_one_customer(void **state)
{
	struct world *w = *state;

	use_up(w, "192.0.2.1");
	assert_int_equal(begins(w, "::ffff:192.0.2.1"), RG_E_LIMITED);
	assert_int_equal(begins(w, "192.0.2.2"), RG_OK);
	use_up(w, "2001:db8:1:2::1");
	assert_int_equal(begins(w, "2001:db8:1:2:f::1"), RG_E_LIMITED);
	assert_int_equal(begins(w, "2001:db8:1:3::1"), RG_OK);
}

static void
test_loopback(void **state)
{
	static char four[] = "127.0.0.1", six[] = "::1";
	static char *proxies[] = {four, six};
	struct world *w = *state;
	int i;

	for (i = 0; i < 5; i++) {
		assert_int_equal(begins(w, "127.0.0.1"), RG_OK);
		assert_int_equal(begins(w, "::1"), RG_OK);
	}
	/* Named, it would have said who it is: X-Forwarded-For twice, or
	 * malformed, is no way around the limit. */
	w->settings.proxies = proxies;
	w->settings.proxy_count = 2;
	use_up(w, "127.0.0.1");
	use_up(w, "::1");
	for (i = 0; i < 5; i++)
		assert_int_equal(begins(w, "127.0.0.2"), RG_OK);
}

/* That we can't is not the fault of whoever wants to sign in. */
static void
test_whose_failure(void **state)
{
	static const enum rg_err ours[] = {RG_E_INTERNAL, RG_E_NOMEM,
	    RG_E_OVERLOADED, RG_E_STORE_FULL, RG_E_STORE, RG_E_STORE_SCHEMA,
	    RG_E_NET_URL, RG_E_NET, RG_E_DISCOVERY_CLOUD, RG_E_PROVIDER_BUSY,
	    RG_E_CLIENT_AUTH, RG_E_CLIENT_ASSERTION, RG_E_REGISTRATION,
	    RG_E_KEY_ENCRYPTED, RG_E_CERT_EXPIRED, RG_E_GRAPH_REFUSED,
	    RG_E_GRAPH_TOO_LARGE, RG_E_FILE};
	static const enum rg_err theirs[] = {RG_E_STATE_UNKNOWN,
	    RG_E_STATE_MISSING, RG_E_LOGIN_REPLAYED, RG_E_GRANT,
	    RG_E_REQ_DUPLICATE, RG_E_NONCE, RG_E_SIGNATURE, RG_E_ISS_PARAM,
	    RG_E_CODE_MISSING, RG_E_NOT_ASSIGNED};
	struct world *w = *state;
	char client[32];
	size_t i;
	int n;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		for (n = 0; n < 3; n++)
			fails(w, "192.0.2.1", ours[i]);
	assert_int_equal(begins(w, "192.0.2.1"), RG_OK);
	for (i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
		(void)snprintf(client, sizeof(client), "198.51.100.%zu", i + 1);
		for (n = 0; n < 3; n++)
			fails(w, client, theirs[i]);
		if (begins(w, client) != RG_E_LIMITED)
			fail_msg("%s does not count", err_name(theirs[i]));
	}
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(test_one_customer),
	    T(test_loopback),
	    T(test_whose_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
