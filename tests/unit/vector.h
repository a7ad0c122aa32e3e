/* SPDX-License-Identifier: ISC */
/*
 * Reads the vectors of tests/vectors/ (README.md there has the format) and
 * runs them the way a sign-in runs a token. Relative to the project's root,
 * where the tests are started.
 */
#ifndef RG_TESTS_VECTOR_H
#define RG_TESTS_VECTOR_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/json.h"
#include "jose/claims.h"
#include "jose/jws.h"

#define VECTOR_DIR "tests/vectors/"
#define VECTOR_MAX 2000

struct vector {
	char name[80];
	enum rg_err want;
	bool has_token;
	struct buf token, jwk, jwks; /* jwk or jwks is empty */
	json_t *ctx;
	json_t *expect; /* claims expectations, NULL when not checked */
};

/* Ends the program: a vector that can't be read is not a passed test. */
static inline void
vector_die(const char *name, const char *what)
{
	fprintf(stderr, "%s: %s\n", name, what);
	exit(1);
}

static inline bool
vector_slurp(const char *name, const char *ending, struct buf *out)
{
	char path[256], chunk[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), VECTOR_DIR "cases/%s.%s", name, ending);
	f = fopen(path, "rb");
	if (f == NULL)
		return false;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(out, chunk, n);
	fclose(f);
	buf_putc(out, '\0'); /* a terminator that is not counted */
	out->len--;
	return true;
}

static inline enum rg_err
vector_err(const char *name, const char *text)
{
	char first[64];
	size_t n = strcspn(text, "\n");
	int i;

	snprintf(first, sizeof(first), "%.*s", (int)n, text);
	for (i = 0; i < RG__MAX; i++) {
		if (strcmp(err_name((enum rg_err)i), first) == 0)
			return (enum rg_err)i;
	}
	vector_die(name, "its .want is no error name");
	return RG__MAX;
}

static inline const json_t *
vector_defaults(void)
{
	static json_t *defaults;

	if (defaults == NULL)
		defaults = json_load_file(VECTOR_DIR "defaults.json", 0, NULL);
	if (defaults == NULL)
		vector_die(VECTOR_DIR "defaults.json", "can't be read");
	return defaults;
}

static inline void
vector_load(const char *name, struct vector *v)
{
	struct buf text = BUF_INIT;
	const json_t *claims;
	char *set;

	memset(v, 0, sizeof(*v));
	snprintf(v->name, sizeof(v->name), "%s", name);
	if (!vector_slurp(name, "want", &text))
		vector_die(name, "has no .want");
	v->want = vector_err(name, buf_str(&text));
	buf_reset(&text);
	v->has_token = vector_slurp(name, "jwt", &v->token);
	if (!vector_slurp(name, "jwk", &v->jwk) &&
	    !vector_slurp(name, "jwks", &v->jwks)) {
		set = json_dumps(
		    json_object_get(vector_defaults(), "jwks"), JSON_COMPACT);
		buf_puts(&v->jwks, set);
		free(set);
	}
	if (vector_slurp(name, "ctx.json", &text)) {
		v->ctx = json_loadb(text.p, text.len, 0, NULL);
		if (v->ctx == NULL)
			vector_die(name, "its .ctx.json is not JSON");
	} else {
		v->ctx = json_object();
	}
	buf_clear(&text);
	claims = json_object_get(v->ctx, "claims");
	if (!json_is_null(claims) &&
	    !json_is_true(json_object_get(v->ctx, "raw"))) {
		v->expect = json_deep_copy(
		    json_object_get(vector_defaults(), "claims"));
		if (claims != NULL)
			json_object_update(
			    v->expect, json_object_get(v->ctx, "claims"));
	}
}

static inline void
vector_clear(struct vector *v)
{
	buf_clear(&v->token);
	buf_clear(&v->jwk);
	buf_clear(&v->jwks);
	json_decref(v->ctx);
	json_decref(v->expect);
}

static inline int
vector_alg(const struct vector *v, const char *member, int otherwise)
{
	const char *name = json_str(v->ctx, member);
	int alg;

	if (name == NULL)
		return otherwise;
	alg = jose_alg_parse(name);
	if (alg < 0)
		vector_die(v->name, "names an unknown algorithm");
	return alg;
}

static inline enum rg_err
vector_check_claims(
    const struct vector *v, const json_t *claims, enum jose_alg alg)
{
	int64_t now = 0, skew = 0;

	json_int(v->expect, "now", &now);
	json_int(v->expect, "skew", &skew);
	return claims_check_id_token(claims,
	    &(struct claims_expect){
		.issuer = json_str(v->expect, "issuer"),
		.audience = json_str(v->expect, "audience"),
		.nonce = json_str(v->expect, "nonce"),
		.access_token = json_str(v->expect, "access_token"),
		.alg = alg,
		.now = now,
		.skew = skew,
	    },
	    NULL);
}

/* The key that `v` gives: of its own, or chosen from a set by the header. */
static inline enum rg_err
vector_key(const struct vector *v, struct jwk **one, struct jwks **set,
    const struct jwk **key)
{
	enum jose_alg rsa =
	    (enum jose_alg)vector_alg(v, "rsa_default", JOSE_RS256);
	const struct jws_header *header;
	struct jws *token = NULL;
	json_t *doc = NULL;
	enum rg_err r;

	if (v->jwk.len > 0) {
		r = json_load_strict(v->jwk.p, v->jwk.len, &doc);
		if (r == RG_OK)
			r = jwk_parse(doc, vector_alg(v, "pin", -1), rsa, one);
		json_decref(doc);
		*key = *one;
		return r;
	}
	r = jwks_parse(buf_str(&v->jwks), v->jwks.len, rsa, set, NULL);
	if (r != RG_OK || !v->has_token)
		return r;
	r = jws_open(JWS_PLAIN, v->token.p, v->token.len, &token);
	if (r == RG_OK) {
		header = jws_header(token);
		r = jwks_select(*set, header->has_kid ? header->kid : NULL,
		    header->alg, key);
	}
	jws_free(&token);
	return r;
}

/* jws_open() and jws_verify() in one go, for a plain token. */
static inline enum rg_err
vector_verify(
    const char *token, size_t len, const struct jwk *key, json_t **claims)
{
	struct jws *t = NULL;
	enum rg_err r;

	*claims = NULL;
	if ((r = jws_open(JWS_PLAIN, token, len, &t)) == RG_OK)
		r = jws_verify(t, key, claims);
	jws_free(&t);
	return r;
}

/*
 * What rolegate says of `v`, up to the signature or with a look at the claims
 * as well. The payload of a verified token is appended to `payload`.
 */
static inline enum rg_err
vector_run(const struct vector *v, bool with_claims, struct buf *payload)
{
	struct jwk *one = NULL;
	struct jwks *set = NULL;
	const struct jwk *key = NULL;
	json_t *claims = NULL;
	enum rg_err r;

	r = vector_key(v, &one, &set, &key);
	if (r != RG_OK || !v->has_token)
		goto out;
	if (json_is_true(json_object_get(v->ctx, "raw"))) {
		r = jws_verify_raw(v->token.p, v->token.len, key, payload);
		goto out;
	}
	r = vector_verify(v->token.p, v->token.len, key, &claims);
	if (r == RG_OK)
		(void)json_put(payload, claims);
	if (r == RG_OK && with_claims && v->expect != NULL)
		r = vector_check_claims(v, claims, jwk_alg(key));
out:
	json_decref(claims);
	jwk_free(&one);
	jwks_free(&set);
	return r;
}

static inline int
vector_by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of all vectors, sorted; each is to be freed. */
static inline size_t
vector_list(char *names[VECTOR_MAX])
{
	DIR *dir = opendir(VECTOR_DIR "cases");
	struct dirent *entry;
	size_t n = 0, len;

	if (dir == NULL)
		vector_die(VECTOR_DIR "cases", "can't be read");
	while ((entry = readdir(dir)) != NULL) {
		len = strlen(entry->d_name);
		if (len < 6 || strcmp(entry->d_name + len - 5, ".want") != 0)
			continue;
		if (n == VECTOR_MAX)
			vector_die(entry->d_name, "too many vectors");
		names[n++] = strndup(entry->d_name, len - 5);
	}
	closedir(dir);
	qsort(names, n, sizeof(names[0]), vector_by_name);
	return n;
}

#endif
