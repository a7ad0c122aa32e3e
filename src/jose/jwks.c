/* SPDX-License-Identifier: ISC */
/* Key sets, RFC 7517 section 5; declared in jwk.h */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "jose/internal.h"

struct jwks {
	size_t count;
	struct jwk *keys[JWKS_MAX_KEYS];
};

/* What may be left out of a set; all else is about the set as a whole. */
static bool
is_skippable(enum rg_err r)
{
	return r == RG_E_JWK_FORMAT || r == RG_E_JWK_TYPE ||
	       r == RG_E_JWK_WEAK || r == RG_E_JWK_USE || r == RG_E_JWK_ALG;
}

static bool
has_kid(const struct jwks *s, const char *kid)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		if (strcmp(s->keys[i]->kid, kid) == 0)
			return true;
	}
	return false;
}

/* Puts all usable keys into `s`; *why is the reason of the last one left out */
static enum rg_err
add_keys(struct jwks *s, const json_t *list, enum jose_alg rsa_default,
    enum rg_err *why, struct err *e)
{
	struct jwk *k = NULL;
	size_t i;
	enum rg_err r;

	for (i = 0; i < json_array_size(list); i++) {
		if (!json_is_object(json_array_get(list, i)))
			return err_set(e, RG_E_JWK_FORMAT,
			    "key %zu of the set is not an object", i);
		r = jwk_parse(json_array_get(list, i), -1, rsa_default, &k);
		if (is_skippable(r)) {
			*why = r;
			continue;
		}
		if (r != RG_OK)
			return err_set(e, r, "key %zu of the set", i);
		if (k->kid[0] != '\0' && has_kid(s, k->kid)) {
			r = err_set(
			    e, RG_E_JWK_DUPLICATE, "kid \"%s\"", k->kid);
			jwk_free(&k);
			return r;
		}
		s->keys[s->count++] = k;
	}
	return RG_OK;
}

enum rg_err
jwks_parse(const char *text, size_t len, enum jose_alg rsa_default,
    struct jwks **out, struct err *e)
{
	struct jwks *s = NULL;
	json_t *doc = NULL;
	const json_t *list;
	enum rg_err why = RG_OK, r = RG_E_INTERNAL;

	*out = NULL;
	if (len > JWKS_MAX_TEXT) {
		r = err_set(e, RG_E_TOO_LARGE, "a key set of %zu bytes", len);
		goto out;
	}
	if ((r = json_load_strict(text, len, &doc)) != RG_OK) {
		(void)err_set(e, r, "the key set is not a strict JSON object");
		goto out;
	}
	list = json_object_get(doc, "keys");
	if (!json_is_array(list)) {
		r = err_set(e, RG_E_JWK_FORMAT, "the set has no keys array");
		goto out;
	}
	if (json_array_size(list) > JWKS_MAX_KEYS) {
		r = err_set(e, RG_E_TOO_LARGE, "a key set of %zu keys",
		    json_array_size(list));
		goto out;
	}
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		r = err_set(e, RG_E_NOMEM, "reading a key set");
		goto out;
	}
	if ((r = add_keys(s, list, rsa_default, &why, e)) != RG_OK)
		goto out;
	if (s->count == 0) {
		r = err_set(e, RG_E_JWKS_EMPTY, "%zu keys; the last: %s",
		    json_array_size(list), err_name(why));
		goto out;
	}
	*out = s;
	s = NULL;
	r = RG_OK;
out:
	jwks_free(&s);
	json_decref(doc);
	return r;
}

void
jwks_free(struct jwks **s)
{
	size_t i;

	if (*s == NULL)
		return;
	for (i = 0; i < (*s)->count; i++)
		jwk_free(&(*s)->keys[i]);
	free(*s);
	*s = NULL;
}

size_t
jwks_count(const struct jwks *s)
{
	return s->count;
}

enum rg_err
jwks_select(const struct jwks *s, const char *kid, enum jose_alg alg,
    const struct jwk **out)
{
	const struct jwk *found = NULL;
	size_t i;

	*out = NULL;
	for (i = 0; i < s->count; i++) {
		if (kid != NULL ? strcmp(s->keys[i]->kid, kid) != 0
				: s->keys[i]->alg != alg)
			continue;
		/* Only keys without a kid can be found twice. */
		if (found != NULL)
			return RG_E_KID_MISSING;
		found = s->keys[i];
	}
	if (found == NULL)
		return RG_E_KID_UNKNOWN;
	*out = found;
	return RG_OK;
}
