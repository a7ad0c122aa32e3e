/* SPDX-License-Identifier: ISC */
/*
 * A second opinion: libjwt 1.10.2 judges the token of each vector, given the
 * key that a careless caller would give it. Wherever it differs from rolegate,
 * tests/vectors/libjwt-differences.txt must name the rule that explains it,
 * and an entry without a difference is wrong as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jwt.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "vector.h"

#define DIFFERENCES VECTOR_DIR "libjwt-differences.txt"
#define RULES_MAX 64
#define NUMBER_MAX 2048

struct rule {
	char name[32];
	bool
	    accepts; /* what libjwt does and rolegate doesn't, or the reverse */
	size_t used;
};

struct entry {
	char vector[80];
	const struct rule *rule;
	bool differs;
};

struct differences {
	struct rule rules[RULES_MAX];
	struct entry entries[VECTOR_MAX];
	size_t n_rules, n_entries;
};

/* base64url as a careless reader takes it: what is not of it, is skipped. */
static size_t
lax_decode(const char *s, size_t len, unsigned char *out, size_t max)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				       "mnopqrstuvwxyz0123456789-_";
	const char *c;
	unsigned acc = 0, bits = 0;
	size_t i, n = 0;

	for (i = 0; i < len && s[i] != '\0' && n < max; i++) {
		c = strchr(alphabet, s[i] == '+'   ? '-'
				     : s[i] == '/' ? '_'
						   : s[i]);
		if (c == NULL)
			continue;
		acc = (acc << 6 | (unsigned)(c - alphabet)) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (unsigned char)(acc >> bits & 0xff);
		}
	}
	return n;
}

static size_t
member(const json_t *jwk, const char *name, unsigned char *out, size_t max)
{
	const char *s = json_str(jwk, name);

	return s == NULL ? 0 : lax_decode(s, strlen(s), out, max);
}

static bool
push_rsa(OSSL_PARAM_BLD *bld, const json_t *jwk, BIGNUM *n, BIGNUM *e)
{
	unsigned char raw[NUMBER_MAX];
	size_t len;

	len = member(jwk, "n", raw, sizeof(raw));
	BN_bin2bn(raw, (int)len, n);
	len = member(jwk, "e", raw, sizeof(raw));
	BN_bin2bn(raw, (int)len, e);
	return OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	       OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1;
}

/* `point` must live as long as `bld`; "x" and "y" lose surplus zeros. */
static bool
push_point(OSSL_PARAM_BLD *bld, const json_t *jwk, unsigned char point[160])
{
	const char *crv = json_str(jwk, "crv");
	unsigned char raw[NUMBER_MAX];
	size_t i, len, size;

	size = crv == NULL		       ? 0
	       : strcmp(crv, "P-256") == 0     ? 32
	       : strcmp(crv, "P-384") == 0     ? 48
	       : strcmp(crv, "P-521") == 0     ? 66
	       : strcmp(crv, "secp256k1") == 0 ? 32
					       : 0;
	point[0] = 4;
	for (i = 0; i < 2; i++) {
		len = member(jwk, i == 0 ? "x" : "y", raw, sizeof(raw));
		if (size == 0 || len < size)
			return false;
		memcpy(point + 1 + i * size, raw + len - size, size);
	}
	return OSSL_PARAM_BLD_push_utf8_string(
		   bld, OSSL_PKEY_PARAM_GROUP_NAME, crv, 0) == 1 &&
	       OSSL_PARAM_BLD_push_octet_string(
		   bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * size) == 1;
}

/* A key without any policy: 512 bits and e = 1 are fine. */
static EVP_PKEY *
lax_key(const json_t *jwk)
{
	unsigned char point[160];
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_new(), *e = BN_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;
	const char *kty = json_str(jwk, "kty"), *type = NULL;
	size_t len;

	if (kty != NULL && strcmp(kty, "RSA") == 0)
		type = push_rsa(bld, jwk, n, e) ? "RSA" : NULL;
	else if (kty != NULL && strcmp(kty, "EC") == 0)
		type = push_point(bld, jwk, point) ? "EC" : NULL;
	else if (kty != NULL && strcmp(kty, "OKP") == 0) {
		len = member(jwk, "x", point, 32);
		type = OSSL_PARAM_BLD_push_octet_string(
			   bld, OSSL_PKEY_PARAM_PUB_KEY, point, len) == 1
			   ? "ED25519"
			   : NULL;
	}
	if (type == NULL)
		goto out;
	params = OSSL_PARAM_BLD_to_param(bld);
	ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
out:
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(n);
	BN_free(e);
	ERR_clear_error();
	return pkey;
}

/* The key of the header's kid, else the first; borrowed from `doc`. */
static const json_t *
lax_choose(const struct vector *v, const json_t *doc)
{
	unsigned char raw[NUMBER_MAX];
	const json_t *keys = json_object_get(doc, "keys"), *one;
	const char *want = NULL, *kid;
	json_t *header;
	size_t i, len;

	if (v->jwk.len > 0)
		return doc;
	len =
	    lax_decode(v->token.p, strcspn(v->token.p, "."), raw, sizeof(raw));
	header = json_loadb((char *)raw, len, JSON_DISABLE_EOF_CHECK, NULL);
	want = json_str(header, "kid");
	one = json_array_get(keys, 0);
	for (i = 0; want != NULL && i < json_array_size(keys); i++) {
		kid = json_str(json_array_get(keys, i), "kid");
		if (kid != NULL && strcmp(kid, want) == 0) {
			one = json_array_get(keys, i);
			break;
		}
	}
	json_decref(header);
	return one;
}

/*
 * libjwt reads and writes past the end of an empty part, and puts the token on
 * the stack: it is not asked about such tokens.
 */
static bool
harms_libjwt(const struct buf *token)
{
	const char *s = buf_str(token);

	return token->len == 0 || token->len > JWS_MAX_TOKEN || s[0] == '.' ||
	       s[token->len - 1] == '.' || strstr(s, "..") != NULL;
}

/* 1 accepted, 0 refused, -1 not asked */
static int
ask_libjwt(const struct vector *v)
{
	const struct buf *text = v->jwk.len > 0 ? &v->jwk : &v->jwks;
	const json_t *jwk;
	json_t *doc;
	EVP_PKEY *pkey = NULL;
	BIO *bio = NULL;
	jwt_t *jwt = NULL;
	char *pem = NULL;
	long pem_len;
	int verdict = -1;

	if (harms_libjwt(&v->token))
		return -1;
	doc = json_loadb(buf_str(text), text->len, 0, NULL);
	jwk = lax_choose(v, doc);
	pkey = lax_key(jwk);
	if (pkey == NULL)
		goto out;
	bio = BIO_new(BIO_s_mem());
	if (PEM_write_bio_PUBKEY(bio, pkey) != 1)
		goto out;
	pem_len = BIO_get_mem_data(bio, &pem);
	verdict = jwt_decode(&jwt, buf_str(&v->token), (unsigned char *)pem,
		      (int)pem_len) == 0 &&
		  jwt_get_alg(jwt) != JWT_ALG_NONE;
out:
	jwt_free(jwt);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	json_decref(doc);
	ERR_clear_error();
	return verdict;
}

static void
add_line(struct differences *d, char *line)
{
	struct rule *rule = &d->rules[d->n_rules];
	struct entry *entry = &d->entries[d->n_entries];
	char *second = strchr(line, ' ');
	size_t i;

	if (line[0] == '#' || line[0] == '\n' || line[0] == ' ')
		return;
	if (second == NULL)
		vector_die(line, "not a line of " DIFFERENCES);
	*second++ = '\0';
	second[strcspn(second, ": \n")] = '\0';
	if (strcmp(line, "accepts") == 0 || strcmp(line, "refuses") == 0) {
		if (d->n_rules++ == RULES_MAX)
			vector_die(line, "too many rules");
		snprintf(rule->name, sizeof(rule->name), "%.31s", second);
		rule->accepts = line[0] == 'a';
		return;
	}
	snprintf(entry->vector, sizeof(entry->vector), "%.79s", line);
	for (i = 0; i < d->n_rules; i++) {
		if (strcmp(d->rules[i].name, second) == 0) {
			entry->rule = &d->rules[i];
			d->rules[i].used++;
		}
	}
	if (entry->rule == NULL || d->n_entries++ == VECTOR_MAX)
		vector_die(line, "its rule is not explained");
}

static void
load_differences(struct differences *d)
{
	char line[512];
	FILE *f = fopen(DIFFERENCES, "r");

	memset(d, 0, sizeof(*d));
	if (f == NULL)
		vector_die(DIFFERENCES, "can't be read");
	while (fgets(line, sizeof(line), f) != NULL)
		add_line(d, line);
	fclose(f);
}

static struct entry *
find_entry(struct differences *d, const char *vector)
{
	size_t i;

	for (i = 0; i < d->n_entries; i++) {
		if (strcmp(d->entries[i].vector, vector) == 0)
			return &d->entries[i];
	}
	return NULL;
}

/* Compares one vector; true when it is as the table says. */
static bool
compare(struct differences *d, const char *name, size_t counts[3])
{
	struct buf payload = BUF_INIT;
	struct vector v;
	struct entry *entry = find_entry(d, name);
	bool ours, fine = true;
	int theirs = -1;

	vector_load(name, &v);
	ours = vector_run(&v, false, &payload) == RG_OK;
	if (v.has_token)
		theirs = ask_libjwt(&v);
	counts[theirs < 0 ? 2 : ours == (theirs == 1)]++;
	if (theirs >= 0 && ours != (theirs == 1)) {
		fine = entry != NULL && entry->rule->accepts == (theirs == 1);
		if (!fine)
			fprintf(stderr, "%s: libjwt %s it, unexplained\n", name,
			    theirs == 1 ? "accepts" : "refuses");
		else
			entry->differs = true;
	}
	buf_clear(&payload);
	vector_clear(&v);
	return fine;
}

static void
test_differences_are_explained(void **state)
{
	static struct differences d;
	static char *names[VECTOR_MAX];
	size_t i, n, bad = 0, counts[3] = {0, 0, 0};

	(void)state;
	load_differences(&d);
	n = vector_list(names);
	for (i = 0; i < n; i++) {
		if (!compare(&d, names[i], counts))
			bad++;
		free(names[i]);
	}
	for (i = 0; i < d.n_entries; i++) {
		if (!d.entries[i].differs) {
			fprintf(stderr, "%s: no such difference any more\n",
			    d.entries[i].vector);
			bad++;
		}
	}
	for (i = 0; i < d.n_rules; i++) {
		if (d.rules[i].used == 0) {
			fprintf(stderr, "rule %s explains nothing\n",
			    d.rules[i].name);
			bad++;
		}
	}
	fprintf(stderr, "%zu agree, %zu differ, %zu not asked\n", counts[1],
	    counts[0], counts[2]);
	assert_int_equal(bad, 0);
	/* An oracle that agrees with everything by silence is none. */
	assert_true(counts[1] > 300);
	assert_true(counts[0] > 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_differences_are_explained),
	};

	return cmocka_run_group_tests_name("jose_libjwt", tests, NULL, NULL);
}
