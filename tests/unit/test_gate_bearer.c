/* SPDX-License-Identifier: ISC */
/*
 * Who brings an access token: what is remembered of it and for how long, what
 * is decided anew each time, and what a token can't do. A real database and a
 * provider of canned answers.
 */
#include "gate_internal.h"

#include "tests/unit/oidc_stub.h"
/* after <cmocka.h> */
#include "store/admin.h"
#include "gate_util.h"

#define SKEW 60
#define ID "test:" TID ":" OID
#define APP "00000000-0000-4000-8000-0000000000a9"
#define GROUP "00000000-0000-4000-8000-000000000001"

struct world {
	struct op *op;
	struct fixture *db;
	struct settings settings;
	struct gate *gate;
};

static char groups[] = "groups", roles[] = "roles";
static char *audiences[] = {(char[]){"api://client"}};
static char *scopes[] = {(char[]){"mcp.read"}};

static void
map(struct world *w, const char *kind, const char *value, const char *role)
{
	struct mapping_row m = {.provider = "test",
	    .kind = kind,
	    .value = value,
	    .role = role,
	    .label = "",
	    .note = "",
	    .enabled = true,
	    .created_by = "test",
	    .created_at = NOW};
	int64_t id;

	assert_int_equal(store_begin(w->db->s), RG_OK);
	assert_int_equal(store_mapping_add(w->db->s, &m, &id), RG_OK);
	assert_int_equal(store_commit(w->db->s), RG_OK);
}

static int
setup(void **state)
{
	static struct world w;
	struct role_row role = {.name = "reader", .description = ""};
	struct err e = {RG_OK, ""};

	memset(&w, 0, sizeof(w));
	assert_int_equal(op_setup((void **)&w.op), 0);
	assert_int_equal(store_setup((void **)&w.db), 0);
	w.op->provider.audiences = audiences;
	w.op->provider.audience_count = 1;
	w.op->provider.groups_claim = groups;
	w.op->provider.roles_claim = roles;
	op_set(w.op->claims, "aud", json_string("api://client"));
	op_set(w.op->claims, "nonce", NULL);
	op_set(w.op->claims, "scp", json_string("mcp.read"));
	op_set(w.op->claims, "azp", json_string(APP));
	op_set(w.op->claims, "name", json_string("Dana Diaz"));
	op_set(w.op->claims, "groups", json_pack("[s]", GROUP));
	w.settings = settings_for(w.db);
	w.settings.clock_skew = SKEW;
	w.settings.provider_count = 1;
	w.settings.providers[0] = w.op->provider;
	assert_int_equal(store_begin(w.db->s), RG_OK);
	assert_int_equal(store_role_add(w.db->s, &role), RG_OK);
	assert_int_equal(store_commit(w.db->s), RG_OK);
	map(&w, "group", GROUP, "reader");
	assert_err(gate_open(&w.settings, &w.gate, &e), RG_OK);
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	gate_free(&w->gate);
	(void)store_teardown((void **)&w->db);
	(void)op_teardown((void **)&w->op);
	return 0;
}

/* The token as it is, at this time. *id is to be cleared if it was let in. */
static enum rg_err
bring(struct world *w, const char *token, int64_t now, struct gate_identity *id)
{
	struct gate_context ctx = {"request", "192.0.2.1", "", now};
	struct err *e = &w->op->e;
	enum rg_err r = gate_bearer(w->gate, token, &ctx, id, e);

	assert_int_equal(r == RG_OK, id->id != NULL);
	assert_int_equal(r == RG_OK, e->code == RG_OK);
	assert_null(strstr(e->detail, "hush"));
	return r;
}

/* What somebody with the current claims, signed with that key, is told. */
static enum rg_err
told_at(struct world *w, int which, int64_t now)
{
	struct buf token = BUF_INIT;
	struct gate_identity id;
	enum rg_err r;

	op_sign(w->op, which, &token);
	r = bring(w, buf_str(&token), now, &id);
	gate_identity_clear(&id);
	buf_clear(&token);
	return r;
}

static enum rg_err
told(struct world *w)
{
	return told_at(w, 0, NOW);
}

/* Refused, for that reason; the client is told only that it was. */
static void
assert_refused(struct world *w, int which, enum rg_err why)
{
	assert_err(told_at(w, which, NOW), RG_E_TOKEN_REFUSED);
	assert_err(w->op->e.code, why);
}

static int64_t
count(struct world *w, const char *what)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", what);
	return store_raw_int(w->db->path, sql);
}

static void
test_who_it_is(void **state)
{
	struct world *w = *state;
	struct buf token = BUF_INIT;
	struct gate_identity id;

	op_sign(w->op, 0, &token);
	assert_err(bring(w, buf_str(&token), NOW, &id), RG_OK);
	assert_string_equal(id.via, "bearer");
	assert_string_equal(id.id, ID);
	assert_string_equal(id.kind, "user");
	assert_string_equal(id.name, "Dana Diaz");
	assert_string_equal(id.client, APP);
	assert_string_equal(id.session_id, "");
	assert_null(id.app);
	assert_int_equal(id.expires_at, NOW + 600);
	assert_true(access_has_role(&id.decision, "reader"));
	assert_int_equal(id.decision.groups_state, GROUPS_COMPLETE);
	gate_identity_clear(&id);
	buf_clear(&token);
}

/* Once, with its audit row, so that grants can be given to whoever it is. */
static void
test_recorded_once(void **state)
{
	struct world *w = *state;
	int i;

	for (i = 0; i < 3; i++) {
		op_set(w->op->claims, "iat", json_integer(NOW - i));
		assert_err(told(w), RG_OK);
	}
	assert_int_equal(count(w, "principals"), 1);
	assert_int_equal(
	    count(w, "audit WHERE event = 'bearer.first_seen'"), 1);
	/* Whoever is refused is nobody. */
	op_set(w->op->claims, "oid", json_string(GROUP));
	assert_refused(w, 1, RG_E_SIGNATURE);
	assert_int_equal(count(w, "principals"), 1);
}

static void
test_refused_by_name(void **state)
{
	struct world *w = *state;
	char *big = malloc(ACCESS_TOKEN_MAX + 2);
	struct gate_identity id;

	assert_err(told(w), RG_OK);
	assert_refused(w, 1, RG_E_SIGNATURE);
	op_set(w->op->claims, "nonce", json_string(NONCE));
	assert_refused(w, 0, RG_E_BEARER_ID_TOKEN);
	op_set(w->op->claims, "nonce", NULL);
	op_set(w->op->claims, "aud", json_string("api://other"));
	assert_refused(w, 0, RG_E_AUD);
	op_set(w->op->claims, "aud",
	    json_string("00000003-0000-0000-c000-000000000000"));
	assert_refused(w, 0, RG_E_BEARER_GRAPH);
	op_set(w->op->claims, "aud", json_string("api://client"));
	op_set(w->op->claims, "iss", json_string("https://other.example"));
	assert_refused(w, 0, RG_E_ISS);
	assert_non_null(big);
	memset(big, 'A', ACCESS_TOKEN_MAX + 1);
	big[ACCESS_TOKEN_MAX + 1] = '\0';
	assert_err(bring(w, big, NOW, &id), RG_E_TOKEN_REFUSED);
	assert_err(w->op->e.code, RG_E_TOKEN_SIZE);
	free(big);
	assert_err(bring(w, "a.b.c", NOW, &id), RG_E_TOKEN_REFUSED);
	assert_err(bring(w, "", NOW, &id), RG_E_TOKEN_REFUSED);
}

/* What a client can mend is told apart: 403 with the scopes to ask for. */
static void
test_scope(void **state)
{
	struct world *w = *state;

	w->settings.providers[0].required_scopes = scopes;
	w->settings.providers[0].required_scope_count = 1;
	assert_err(told(w), RG_OK);
	op_set(w->op->claims, "scp", json_string("mcp.write"));
	assert_err(told(w), RG_E_SCOPE);
}

/* The verdict is remembered, not past exp, and not of another token. */
static void
test_remembered(void **state)
{
	struct world *w = *state;
	const int64_t exp = NOW + 600;
	struct buf token = BUF_INIT;
	uint8_t hash[HASH_LEN];
	int i;

	for (i = 0; i < 5; i++)
		assert_err(told_at(w, 0, NOW + i), RG_OK);
	assert_int_equal(stub_hits(&w->op->stub, "/keys"), 1);
	op_sign(w->op, 0, &token);
	assert_int_equal(hash_sha256(token.p, token.len, hash), RG_OK);
	buf_clear(&token);
	assert_non_null(verdicts_find(w->gate->verdicts, hash, NOW + 5));
	/* Good for its last second; then it is judged anew, with the skew. */
	assert_err(told_at(w, 0, exp - 1), RG_OK);
	assert_err(told_at(w, 0, exp + SKEW), RG_E_TOKEN_REFUSED);
	assert_err(w->op->e.code, RG_E_EXPIRED);
	assert_err(told_at(w, 0, NOW), RG_OK);
	/* The same claims under another signature are another token. */
	assert_refused(w, 1, RG_E_SIGNATURE);
}

/* A key that the provider withdrew takes its tokens along, remembered or not.
 */
static void
test_key_withdrawn(void **state)
{
	struct world *w = *state;
	const int64_t later = NOW + 61;
	struct buf old = BUF_INIT;
	struct gate_identity id;

	op_sign(w->op, 0, &old);
	assert_err(bring(w, buf_str(&old), NOW, &id), RG_OK);
	gate_identity_clear(&id);
	op_publish_key(w->op, 1, "k1");
	/* Nobody knows yet. */
	assert_err(bring(w, buf_str(&old), later, &id), RG_OK);
	gate_identity_clear(&id);
	op_set(w->op->header, "kid", json_string("k1"));
	assert_err(told_at(w, 1, later), RG_OK);
	assert_err(bring(w, buf_str(&old), later, &id), RG_E_TOKEN_REFUSED);
	assert_err(w->op->e.code, RG_E_KID_UNKNOWN);
	buf_clear(&old);
}

/* Roles, grants and disabling count at once, whatever is remembered. */
static void
test_decided_anew(void **state)
{
	struct world *w = *state;
	struct buf token = BUF_INIT;
	struct gate_identity id;
	int64_t who;

	op_sign(w->op, 0, &token);
	assert_err(bring(w, buf_str(&token), NOW, &id), RG_OK);
	assert_int_equal(id.decision.role_count, 1);
	gate_identity_clear(&id);
	store_raw(w->db->path, "DELETE FROM mappings");
	assert_err(bring(w, buf_str(&token), NOW, &id), RG_OK);
	assert_int_equal(id.decision.role_count, 0);
	who = id.principal_id;
	gate_identity_clear(&id);
	assert_int_equal(store_begin(w->db->s), RG_OK);
	assert_int_equal(store_principal_disable(w->db->s, who, true), RG_OK);
	assert_int_equal(store_commit(w->db->s), RG_OK);
	assert_err(bring(w, buf_str(&token), NOW, &id), RG_E_TOKEN_REFUSED);
	assert_err(w->op->e.code, RG_E_DISABLED);
	buf_clear(&token);
}

/* An access token without groups says nothing about groups. */
static void
test_groups_unknown(void **state)
{
	struct world *w = *state;
	struct principal_row row = store_person(OID);
	struct buf token = BUF_INIT;
	struct gate_identity id;
	char *old = NULL;
	int64_t who;

	/* Who has signed in, with groups on record. */
	row.provider = "test";
	row.issuer = w->op->issuer;
	row.tenant = TID;
	row.groups = "{\"state\":\"complete\"}";
	assert_int_equal(store_begin(w->db->s), RG_OK);
	assert_int_equal(
	    store_principal_put(w->db->s, &row, &who, &old), RG_OK);
	assert_int_equal(store_commit(w->db->s), RG_OK);
	free(old);
	op_set(w->op->claims, "groups", NULL);
	op_sign(w->op, 0, &token);
	assert_err(bring(w, buf_str(&token), NOW, &id), RG_OK);
	assert_int_equal(id.principal_id, who);
	assert_int_equal(id.decision.groups_state, GROUPS_UNKNOWN);
	assert_string_equal(id.decision.groups_reason, "not_in_token");
	assert_int_equal(id.decision.role_count, 0);
	gate_identity_clear(&id);
	buf_clear(&token);
	/* What the sign-in left is as it was. */
	assert_int_equal(count(w, "principals WHERE groups ="
				  " '{\"state\":\"complete\"}' AND"
				  " roles = '[\"analyst\"]' AND"
				  " last_seen = 1000"),
	    1);
	assert_int_equal(count(w, "audit"), 0);
}

static void
test_application(void **state)
{
	struct world *w = *state;
	struct buf token = BUF_INIT;
	struct gate_identity id;

	op_set(w->op->claims, "scp", NULL);
	op_set(w->op->claims, "groups", NULL);
	op_set(w->op->claims, "idtyp", json_string("app"));
	op_set(w->op->claims, "sub", json_string(OID));
	op_set(w->op->claims, "roles", json_pack("[s]", "Batch"));
	map(w, "app_role", "Batch", "reader");
	op_sign(w->op, 0, &token);
	assert_err(bring(w, buf_str(&token), NOW, &id), RG_OK);
	assert_string_equal(id.kind, "app");
	assert_string_equal(id.app, APP);
	assert_string_equal(id.decision.groups_reason, "application");
	assert_true(access_has_role(&id.decision, "reader"));
	gate_identity_clear(&id);
	buf_clear(&token);
}

/* No keys, or no slot to fetch them: not the token's fault. */
static void
test_our_own_trouble(void **state)
{
	struct world *w = *state;

	char path[UTIL_PATH_MAX + 8];
	struct slots *other = NULL;

	/* Another process has the only one. */
	(void)snprintf(path, sizeof(path), "%s.slots", w->db->path);
	assert_int_equal(slots_open(path, 1, &other, &w->op->e), RG_OK);
	assert_int_equal(slots_take(other), RG_OK);
	assert_err(told(w), RG_E_OVERLOADED);
	slots_give(other);
	slots_free(&other);
	stub_json(&w->op->stub, "/keys", 500, "{}");
	assert_err(told(w), RG_E_JWKS_EMPTY);
	assert_int_equal(count(w, "principals"), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_who_it_is),
	    TEST(test_recorded_once),
	    TEST(test_refused_by_name),
	    TEST(test_scope),
	    TEST(test_remembered),
	    TEST(test_key_withdrawn),
	    TEST(test_decided_anew),
	    TEST(test_groups_unknown),
	    TEST(test_application),
	    TEST(test_our_own_trouble),
	};

	return cmocka_run_group_tests(tests, op_make_keys, op_free_keys);
}
