/* SPDX-License-Identifier: ISC */
/*
 * A provider made of canned answers, with two real RSA keys, and a cache in
 * memory that stands for the database: for tests of oidc/.
 */
#ifndef RG_TESTS_OIDC_STUB_H
#define RG_TESTS_OIDC_STUB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/b64url.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "oidc/document.h"
#include "tests/unit/http_stub.h"

#define TID "aaaabbbb-0000-cccc-1111-dddd2222eeee"
#define OID "00aa00aa-bb11-cc22-dd33-44ee44ee44ee"
#define NOW ((int64_t)1700000000)
#define HOUR ((int64_t)3600)
#define CODE "the-code-hush"
#define NONCE "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define STATE "sssssssssssssssssssssssssssssssssssssssssss"
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CALLBACK "https://app.example/callback"
#define DISCOVERY_PATH "/" TID "/v2.0/.well-known/openid-configuration"

struct memory_cache {
	struct buf text[2];
	int64_t at[2];
	int64_t last[3]; /* granted attempt; 0: never */
	int loads, asked[3], granted[3], saved[2];
	enum rg_err may_fetch_error; /* what a broken database says */
};

struct op {
	struct stub stub;
	struct memory_cache mem;
	struct oidc_cache cache;
	struct oidc *oidc;
	struct provider provider;
	char issuer[128];
	struct entra_tenancy entra; /* of the provider */
	char authority[128];
	json_t *metadata; /* what discovery will say */
	json_t *claims;	  /* what the next ID token will say */
	json_t *header;	  /* ... and its header */
	struct err e;	  /* of the last call */
};

static EVP_PKEY *op_keys[2];

static inline enum rg_err
mem_load(void *ctx, const char *issuer, enum oidc_document kind,
    struct buf *text, int64_t *at)
{
	struct memory_cache *m = ctx;

	(void)issuer;
	m->loads++;
	if (m->text[kind].len == 0)
		return RG_E_NOT_FOUND;
	buf_put(text, m->text[kind].p, m->text[kind].len);
	*at = m->at[kind];
	return RG_OK;
}

static inline enum rg_err
mem_save(void *ctx, const char *issuer, enum oidc_document kind,
    const char *text, size_t len, int64_t at)
{
	struct memory_cache *m = ctx;

	(void)issuer;
	buf_clear(&m->text[kind]);
	buf_put(&m->text[kind], text, len);
	m->at[kind] = at;
	m->saved[kind]++;
	return RG_OK;
}

static inline enum rg_err
mem_may_fetch(void *ctx, const char *issuer, enum oidc_document kind,
    int64_t now, int64_t interval, bool *granted)
{
	struct memory_cache *m = ctx;

	(void)issuer;
	m->asked[kind]++;
	if (m->may_fetch_error != RG_OK) {
		*granted = true; /* must not count: it is an error */
		return m->may_fetch_error;
	}
	*granted = m->last[kind] == 0 || now - m->last[kind] >= interval;
	if (*granted) {
		m->last[kind] = now;
		m->granted[kind]++;
	}
	return RG_OK;
}

/* A number of the public key in base64url, for a JWK. */
static inline json_t *
op_number(EVP_PKEY *key, const char *name)
{
	BIGNUM *n = NULL;
	uint8_t bytes[512];
	char text[700];

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
	assert_true(BN_num_bytes(n) <= (int)sizeof(bytes));
	b64url_encode(bytes, (size_t)BN_bn2bin(n, bytes), text);
	BN_free(n);
	return json_string(text);
}

/* The public half of key `which`; `kid` may be NULL. */
static inline json_t *
op_jwk(int which, const char *kid)
{
	json_t *jwk = json_pack("{s:s, s:s, s:o, s:o, s:s*}", "kty", "RSA",
	    "use", "sig", "n", op_number(op_keys[which], OSSL_PKEY_PARAM_RSA_N),
	    "e", op_number(op_keys[which], OSSL_PKEY_PARAM_RSA_E), "kid", kid);

	assert_non_null(jwk);
	return jwk;
}

/* Puts a JSON answer (a new reference) at a path. */
static inline void
op_answer(struct op *x, const char *path, int status, json_t *body)
{
	struct buf text = BUF_INIT;

	assert_true(json_put(&text, body));
	stub_json(&x->stub, path, status, buf_str(&text));
	buf_clear(&text);
	json_decref(body);
}

static inline void
op_publish(struct op *x)
{
	op_answer(x, DISCOVERY_PATH, 200, json_incref(x->metadata));
}

/* The key set: one key, or none when `which` is negative. */
static inline void
op_publish_key(struct op *x, int which, const char *kid)
{
	op_answer(x, "/keys", 200,
	    which < 0 ? json_pack("{s:[]}", "keys")
		      : json_pack("{s:[o]}", "keys", op_jwk(which, kid)));
}

static inline void
op_part(struct buf *out, const json_t *value)
{
	struct buf text = BUF_INIT;
	char b64[8192];

	assert_true(json_put(&text, value));
	assert_true(B64URL_ENC_LEN(text.len) < sizeof(b64));
	b64url_encode(buf_str(&text), text.len, b64);
	buf_puts(out, b64);
	buf_clear(&text);
}

/* x->header and x->claims, signed with key `which`: RS512, else RS256. */
static inline void
op_sign(struct op *x, int which, struct buf *token)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t sig[512];
	size_t len = sizeof(sig);
	const char *alg = json_str(x->header, "alg");
	bool sha512 = alg != NULL && strcmp(alg, "RS512") == 0;
	char b64[700];

	op_part(token, x->header);
	buf_putc(token, '.');
	op_part(token, x->claims);
	assert_int_equal(
	    EVP_DigestSignInit(md, NULL, sha512 ? EVP_sha512() : EVP_sha256(),
		NULL, op_keys[which]),
	    1);
	assert_int_equal(EVP_DigestSign(md, sig, &len,
			     (const uint8_t *)buf_str(token), token->len),
	    1);
	EVP_MD_CTX_free(md);
	b64url_encode(sig, len, b64);
	buf_putc(token, '.');
	buf_puts(token, b64);
}

/* The token endpoint will answer with an ID token signed by key `which`. */
static inline void
op_issue(struct op *x, int which)
{
	struct buf token = BUF_INIT;

	op_sign(x, which, &token);
	op_answer(x, "/token", 200,
	    json_pack("{s:s, s:s, s:i, s:s}", "token_type", "Bearer",
		"access_token", "access-hush", "expires_in", 3599, "id_token",
		buf_str(&token)));
	buf_clear(&token);
}

static inline void
op_set(json_t *object, const char *name, json_t *value)
{
	if (value == NULL)
		(void)json_object_del(object, name);
	else
		assert_int_equal(json_object_set_new(object, name, value), 0);
}

/* Finishes a sign-in; *claims may be NULL. Checks that no secret leaks. */
static inline enum rg_err
op_finish_at(struct op *x, int64_t now, const char *iss, json_t **claims)
{
	struct oidc_finish f = {.code = CODE,
	    .iss = iss,
	    .redirect_uri = CALLBACK,
	    .nonce = NONCE,
	    .code_verifier = VERIFIER,
	    .skew = 60};
	json_t *got = NULL;
	enum rg_err r;

	err_clear(&x->e);
	r = oidc_finish(x->oidc, &x->provider, &f, now, NULL, &got, &x->e);
	assert_int_equal(r == RG_OK, got != NULL);
	assert_int_equal(r, x->e.code);
	assert_null(strstr(x->e.detail, "hush"));
	assert_null(strstr(x->e.detail, VERIFIER));
	if (claims != NULL)
		*claims = got;
	else
		json_decref(got);
	return r;
}

static inline enum rg_err
op_finish(struct op *x)
{
	return op_finish_at(x, NOW, NULL, NULL);
}

static inline enum rg_err
op_begin_at(struct op *x, int64_t now, struct buf *url)
{
	struct oidc_begin b = {.redirect_uri = CALLBACK,
	    .state = STATE,
	    .nonce = NONCE,
	    .code_verifier = VERIFIER};

	enum rg_err r;

	err_clear(&x->e);
	r = oidc_begin(x->oidc, &x->provider, &b, now, url, &x->e);
	assert_int_equal(r, x->e.code);
	return r;
}

/* A process that starts anew: nothing in memory, the cache as it was. */
static inline void
op_start(struct op *x, const struct oidc_cache *cache)
{
	x->oidc = oidc_new(cache);
	assert_non_null(x->oidc);
	x->oidc->forced_wait_ms = 20;
}

static inline void
op_restart(struct op *x)
{
	oidc_free(&x->oidc);
	op_start(x, &x->cache);
}

static inline json_t *
op_url(struct op *x, const char *path)
{
	char url[128];

	(void)snprintf(
	    url, sizeof(url), "http://127.0.0.1:%u%s", x->stub.port, path);
	return json_string(url);
}

static inline int
op_setup(void **state)
{
	static char name[] = "test", id[] = "client", secret[] = "s:hush",
		    scope[] = "openid", tenant[] = TID;
	struct op *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	assert_true(stub_start(&x->stub));
	(void)snprintf(x->issuer, sizeof(x->issuer),
	    "http://127.0.0.1:%u/" TID "/v2.0", x->stub.port);
	(void)snprintf(x->authority, sizeof(x->authority),
	    "http://127.0.0.1:%u", x->stub.port);
	x->entra = (struct entra_tenancy){.cloud = entra_clouds,
	    .own_authority = true,
	    .mode = ENTRA_ONE,
	    .tenant = TID,
	    .guests = true,
	    .authority = x->authority,
	    .authority_v1 = x->authority};
	x->provider = (struct provider){.name = name,
	    .type = PROVIDER_ENTRA,
	    .issuer = x->issuer,
	    .tenant = tenant,
	    .entra = &x->entra,
	    .client_id = id,
	    .scope = scope,
	    .alg = JOSE_RS256,
	    .timeout_ms = 2000,
	    .allow_loopback_http = true};
	x->cache =
	    (struct oidc_cache){&x->mem, mem_load, mem_save, mem_may_fetch};
	x->provider.credentials[0] = (struct credential){
	    .kind = CREDENTIAL_SECRET, .source = name, .secret = secret};
	x->provider.credential_count = 1;
	op_start(x, &x->cache);
	x->metadata = json_pack("{s:s, s:o, s:o, s:o, s:o}", "issuer",
	    x->issuer, "authorization_endpoint", op_url(x, "/authorize"),
	    "token_endpoint", op_url(x, "/token"), "jwks_uri",
	    op_url(x, "/keys"), "end_session_endpoint", op_url(x, "/logout"));
	x->header = json_pack(
	    "{s:s, s:s, s:s}", "alg", "RS256", "typ", "JWT", "kid", "k0");
	x->claims = json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "iss",
	    x->issuer, "aud", "client", "sub", "sub-1", "nonce", NONCE, "tid",
	    TID, "oid", OID, "ver", "2.0", "exp", (json_int_t)(NOW + 600),
	    "iat", (json_int_t)NOW, "nbf", (json_int_t)NOW);
	assert_non_null(x->metadata);
	assert_non_null(x->header);
	assert_non_null(x->claims);
	op_publish(x);
	op_publish_key(x, 0, "k0");
	*state = x;
	return 0;
}

static inline int
op_teardown(void **state)
{
	struct op *x = *state;

	oidc_free(&x->oidc);
	stub_stop(&x->stub);
	buf_clear(&x->mem.text[0]);
	buf_clear(&x->mem.text[1]);
	json_decref(x->metadata);
	json_decref(x->header);
	json_decref(x->claims);
	free(x);
	return 0;
}

static inline int
op_make_keys(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_ERROR); /* outages are expected here */
	op_keys[0] = EVP_RSA_gen(2048);
	op_keys[1] = EVP_RSA_gen(2048);
	return op_keys[0] != NULL && op_keys[1] != NULL ? 0 : -1;
}

static inline int
op_free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(op_keys[0]);
	EVP_PKEY_free(op_keys[1]);
	return 0;
}

#define OP_TEST(name)                                                          \
	cmocka_unit_test_setup_teardown(name, op_setup, op_teardown)

/* Compares by name, so that a failure says what came instead. */
#define assert_err(got, want) assert_string_equal(err_name(got), err_name(want))

#endif
