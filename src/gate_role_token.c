/* SPDX-License-Identifier: ISC */
/* Signed tokens with somebody's roles, and the keys they are signed with. */
#include "gate_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "jose/keygen.h"
#include "jose/sign.h"
#include "store/role_key.h"

#define JTI_LEN 22

/* ---- keys
 * -------------------------------------------------------------------- */

/* The published form: what RFC 7517 calls kid, use and alg, too. */
static char *
published(const struct jose_key *key, const char *kid)
{
	json_t *jwk = jose_key_jwk(key);
	char *text = NULL;

	if (jwk != NULL &&
	    json_object_set_new(jwk, "kid", json_string(kid)) == 0 &&
	    json_object_set_new(jwk, "use", json_string("sig")) == 0 &&
	    json_object_set_new(jwk, "alg", json_string("ES256")) == 0)
		text = gate_json_text(jwk);
	json_decref(jwk);
	return text;
}

/* Sealed within the transaction: gate_keys.c says why. */
static enum rg_err
add_sealed(struct gate *g, struct role_key_row *row, const struct buf *pem)
{
	struct buf sealed = BUF_INIT;
	enum rg_err r;

	r = seal(
	    gate_keys(g), GATE_SEAL_ROLE_KEY, buf_str(pem), pem->len, &sealed);
	row->sealed = buf_str(&sealed);
	if (r == RG_OK)
		r = store_role_key_add(g->store, row);
	row->sealed = NULL;
	buf_clear(&sealed);
	return r;
}

static enum rg_err
write_key(struct gate *g, const struct gate_context *ctx,
    struct role_key_row *row, const struct buf *pem, struct err *e)
{
	enum rg_err r;

	if ((r = store_begin(g->store)) == RG_OK &&
	    (r = add_sealed(g, row, pem)) == RG_OK &&
	    (r = store_role_keys_forget(
		 g->store, ctx->now - GATE_KEY_OVERLAP)) == RG_OK)
		r = gate_audit(g, ctx, "key.rotated", ctx->actor, "",
		    json_pack("{s:s, s:I}", "kid", row->kid, "signs_from",
			(json_int_t)row->signs_from));
	if (r == RG_E_EXISTS) /* which one would sign is not said by time */
		(void)err_set(e, r,
		    "another key signs from the same second on: try again");
	return gate_commit(g, r, "keeping the key", e);
}

enum rg_err
gate_key_rotate(struct gate *g, int64_t lead, const struct gate_context *ctx,
    char **kid, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	char name[JOSE_THUMBPRINT_LEN + 1];
	struct role_key_row row = {0};
	struct jose_key *key = NULL;
	struct buf pem = BUF_INIT;
	char *public = NULL;

	*kid = NULL;
	if ((r = jose_key_generate(&pem)) != RG_OK ||
	    (r = jose_key_parse(buf_str(&pem), pem.len, JOSE_ES256, &key, e)) !=
		RG_OK ||
	    (r = jose_key_thumbprint(key, name)) != RG_OK) {
		(void)err_set(e, r, "making a key");
		goto out;
	}
	if ((public = published(key, name)) == NULL ||
	    (*kid = strdup(name)) == NULL) {
		r = err_set(e, RG_E_NOMEM, "making a key");
		goto out;
	}
	row.kid = name;
	row.public_jwk = public;
	row.created_at = ctx->now;
	row.signs_from = ctx->now + lead;
	r = write_key(g, ctx, &row, &pem, e);
out:
	buf_clear(&pem);
	jose_key_free(&key);
	free(public);
	if (r != RG_OK) {
		free(*kid);
		*kid = NULL;
	}
	return r;
}

struct published {
	json_t *keys;
	int64_t now;
};

static enum rg_err
take_public(void *ctx, const struct role_key_row *row)
{
	struct published *p = ctx;
	json_t *jwk = NULL;

	/* It signs no more, and all that it signed is dead. */
	if (row->signs_until != 0 &&
	    row->signs_until + GATE_KEY_OVERLAP < p->now)
		return RG_OK;
	if (json_load_strict(row->public_jwk, strlen(row->public_jwk), &jwk) !=
	    RG_OK)
		return RG_E_STORE_CORRUPT;
	return json_array_append_new(p->keys, jwk) == 0 ? RG_OK : RG_E_NOMEM;
}

enum rg_err
gate_role_keys(struct gate *g, int64_t now, json_t **out, struct err *e)
{
	struct published p = {json_array(), now};
	enum rg_err r;

	*out = NULL;
	if ((r = store_each_role_key(g->store, take_public, &p)) != RG_OK) {
		json_decref(p.keys);
		return gate_store_err(g, r, "keys", e);
	}
	*out = json_pack("{s:o}", "keys", p.keys);
	return *out == NULL ? err_set(e, RG_E_NOMEM, "keys") : RG_OK;
}

/* ---- tokens
 * ------------------------------------------------------------------ */

struct current {
	int64_t now;
	char *kid;
	char *sealed;
};

/* The last one whose time has come; they arrive oldest first. */
static enum rg_err
take_current(void *ctx, const struct role_key_row *row)
{
	struct current *c = ctx;

	if (row->signs_from > c->now)
		return RG_OK;
	free(c->kid);
	free(c->sealed);
	c->kid = strdup(row->kid);
	c->sealed = strdup(row->sealed);
	return c->kid == NULL || c->sealed == NULL ? RG_E_NOMEM : RG_OK;
}

/* The key that signs now, and its kid, which the caller frees. */
static enum rg_err
signing_key(struct gate *g, int64_t now, struct jose_key **key, char **kid,
    struct err *e)
{
	struct current c = {now, NULL, NULL};
	struct buf pem = BUF_INIT;
	enum rg_err r;

	(void)gate_keys(g);
	r = store_each_role_key(g->store, take_current, &c);
	if (r != RG_OK)
		(void)gate_store_err(g, r, "keys", e);
	else if (c.kid == NULL)
		r = err_set(e, RG_E_CONF,
		    "%s: [role_token]: no key signs role tokens yet: make one "
		    "with rolegatectl key rotate --now",
		    g->settings->path);
	else if ((r = gate_open_sealed(
		      g, GATE_SEAL_ROLE_KEY, c.sealed, &pem)) != RG_OK)
		(void)err_set(
		    e, r, "the key file is not that of key %s", c.kid);
	else
		r = jose_key_parse(buf_str(&pem), pem.len, JOSE_ES256, key, e);
	buf_clear(&pem);
	free(c.sealed);
	*kid = c.kid;
	return r;
}

static json_t *
claims_of(const struct settings *s, const struct gate_identity *id, int64_t now)
{
	const struct access_decision *d = &id->decision;
	char jti[JTI_LEN + 1];
	int64_t exp = now + s->role_token_lifetime;

	random_name(jti, JTI_LEN);
	if (exp > id->expires_at)
		exp = id->expires_at;
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s*, s:s, s:s, s:s,"
			 " s:o, s:o, s:b, s:I, s:I, s:I}",
	    "iss", s->public_url, "aud", s->role_token_audience, "sub", id->id,
	    "jti", jti, "kind", id->kind, "provider", id->provider, "tid",
	    id->tenant[0] == '\0' ? NULL : id->tenant, "name", id->name,
	    "preferred_username", id->username, "email", id->email, "roles",
	    json_strings(d->roles, d->role_count), "permissions",
	    json_strings(d->permissions, d->permission_count), "is_admin",
	    d->is_admin, "policy_version", (json_int_t)id->policy_version,
	    "iat", (json_int_t)now, "exp", (json_int_t)exp);
}

enum rg_err
gate_role_token(struct gate *g, const struct gate_identity *id,
    const struct gate_context *ctx, struct buf *token, struct err *e)
{
	enum rg_err r = RG_E_CONF;
	struct jose_key *key = NULL;
	json_t *header = NULL, *claims = NULL;
	char *kid = NULL;

	if (g->settings->role_token_audience == NULL)
		return err_set(e, r, "no [role_token] is configured");
	if ((r = signing_key(g, ctx->now, &key, &kid, e)) != RG_OK)
		goto out;
	header = json_pack("{s:s}", "kid", kid);
	claims = claims_of(g->settings, id, ctx->now);
	if (header == NULL || claims == NULL) {
		r = err_set(e, RG_E_NOMEM, "a role token");
		goto out;
	}
	if ((r = jose_sign(key, header, claims, token)) != RG_OK)
		(void)err_set(e, r, "a role token");
out:
	jose_key_free(&key);
	json_decref(header);
	json_decref(claims);
	free(kid);
	return r;
}

enum rg_err
gate_role_token_check(struct gate *g, int64_t now, struct err *e)
{
	struct jose_key *key = NULL;
	char *kid = NULL;
	enum rg_err r;

	if (!g->settings->role_token_always)
		return RG_OK;
	r = signing_key(g, now, &key, &kid, e);
	jose_key_free(&key);
	free(kid);
	return r;
}
